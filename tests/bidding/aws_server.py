"""AWS's JSON protocol on a socket of this machine, in front of an AWS in memory, and faults on demand."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import botocore.session
from botocore.config import Config
from botocore.exceptions import ClientError

from chalicelib.bidding.door import DYNAMODB, Door, Patience, Refused, Service

# One session for all tests: it reads botocore's service descriptions once.
_SESSION = botocore.session.get_session()
# moto is not thread-safe; DynamoDB serializes writes to an item, and so does this lock.
_ONE_AT_A_TIME = threading.Lock()

_SERVICES = {"DynamoDB_20120810": "dynamodb", "secretsmanager": "secretsmanager"}


@cache
def _client(service: str) -> Any:
    # A test may have pointed the environment at this very server.
    return _SESSION.create_client(service, config=Config(ignore_configured_endpoint_urls=True))


def through_botocore(service: str, operation: str, content: Mapping[str, Any]) -> dict[str, Any]:
    """An operation on the AWS in memory. Raises ``Refused`` as the door does."""
    try:
        with _ONE_AT_A_TIME:
            answer: dict[str, Any] = _client(service)._make_api_call(operation, dict(content))
    except ClientError as error:
        raise Refused(error.response["Error"]["Code"], error.response) from error
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}


class MemoryDoor:
    """A door without a wire, straight to the AWS in memory."""

    def call(self, operation: str, content: Mapping[str, Any], patience: Patience) -> dict[str, Any]:
        return through_botocore("dynamodb", operation, content)

    def raw(self, operation: str, content: Mapping[str, Any], patience: Patience) -> bytes:
        return json.dumps(self.call(operation, content, patience)).encode()


@dataclass
class Request:
    """A request as it came: the head's lines by lower-case name, and the body."""

    operation: str
    headers: dict[str, str]
    body: bytes


# What to do instead of answering: handed the request and how to carry it out, it returns the bytes to send, if any.
Fault = Callable[[Request, Callable[[], bytes]], bytes | None]


@dataclass
class AwsServer:
    """Counts what it is asked, remembers the last request and the connections made; ``faults`` are used up in turn."""

    calls: Counter[str] = field(default_factory=Counter)
    seen: list[Request] = field(default_factory=list)
    connections: int = 0
    faults: list[Fault] = field(default_factory=list)
    port: int = 0
    _open: list[socket.socket] = field(default_factory=list)

    def door(self, service: Service = DYNAMODB) -> Door:
        return Door(service, self.environment())

    def environment(self) -> dict[str, str]:
        here = f"http://127.0.0.1:{self.port}"
        who = {"AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": "cn-north-1"}
        return {**who, "AWS_ENDPOINT_URL": here}

    def hang_up(self) -> None:
        """Close every connection, as a peer does with idle ones."""
        for connection in self._open:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._open.clear()

    def serve(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(connection)
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        reader = connection.makefile("rb")
        try:
            while request := _read(reader):
                self.calls[request.operation] += 1
                self.seen.append(request)
                fault = self.faults.pop(0) if self.faults else None
                answer = fault(request, lambda: _carry_out(request)) if fault else _carry_out(request)
                if answer is None:
                    break
                connection.sendall(answer)
        except OSError:
            pass
        finally:
            reader.close()
            connection.close()


def _read(reader: Any) -> Request | None:
    if not reader.readline():
        return None
    headers = {}
    while line := reader.readline().strip():
        name, _, value = line.decode().partition(":")
        headers[name] = value.strip()
    body = reader.read(int(headers["content-length"]))
    return Request(headers["x-amz-target"].partition(".")[2], headers, body)


def _carry_out(request: Request) -> bytes:
    service = _SERVICES[request.headers["x-amz-target"].partition(".")[0]]
    try:
        return http(200, through_botocore(service, request.operation, json.loads(request.body)))
    except Refused as refused:
        item = {"Item": refused.content["Item"]} if "Item" in refused.content else {}
        return http(400, {"__type": f"com.amazonaws.dynamodb.v20120810#{refused.code}", **item})


def http(status: int, content: Any) -> bytes:
    body = json.dumps(content, default=str).encode()
    return b"HTTP/1.1 %d X\r\nServer: Server\r\nContent-Length: %d\r\n\r\n%s" % (status, len(body), body)


def late(seconds: float) -> Fault:
    """It happens, but the answer comes too late."""

    def fault(request: Request, carry_out: Callable[[], bytes]) -> bytes:
        answer = carry_out()
        time.sleep(seconds)
        return answer

    return fault


def lost(request: Request, carry_out: Callable[[], bytes]) -> None:
    """It happens, and the connection breaks before the answer."""
    carry_out()


def never(request: Request, carry_out: Callable[[], bytes]) -> None:
    """It does not happen, and the connection breaks."""


def says(answer: bytes) -> Fault:
    """It does not happen; this is the answer."""
    return lambda request, carry_out: answer


@contextmanager
def aws_server() -> Iterator[AwsServer]:
    """A server that ends with the block."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = AwsServer(port=listener.getsockname()[1])
        thread = threading.Thread(target=server.serve, args=(listener,), daemon=True)
        thread.start()
        yield server
        listener.shutdown(socket.SHUT_RDWR)
        server.hang_up()
        thread.join(5)
