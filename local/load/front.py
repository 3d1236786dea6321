"""What stands between bidders and the function: the public objects, API Gateway's event and stamp, and environments.

``python -m local.load.front PORT ENVIRONMENTS PUBLIC_DIR``. A request waits here for a free environment; its stamp is
of when it came, as API Gateway's is, so that waiting costs nobody his place.
"""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from uuid import uuid4

from local.load.environment import EVENT_BYTES_MAX
from local.load.web import Visitor, now_ms, serve

# Longer than a caller waits; a gateway would have answered 429 long before.
WAITING_MAX = 20_000
OBJECT_AGE_MS = 1_000


def gateway_event(headers: Mapping[bytes, bytes], body: bytes, at_ms: int) -> dict[str, object]:
    """API Gateway's proxy event for ``POST /bids`` that came at ``at_ms``."""
    shown = {name.decode(): value.decode("latin-1") for name, value in headers.items()}
    source = shown.get("x-forwarded-for", "127.0.0.1")
    return {
        "resource": "/bids",
        "path": "/bids",
        "httpMethod": "POST",
        "headers": shown,
        "multiValueHeaders": {name: [value] for name, value in shown.items()},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": None,
        "stageVariables": None,
        "body": body.decode("utf-8", "replace"),
        "isBase64Encoded": False,
        "requestContext": {
            "resourcePath": "/bids",
            "httpMethod": "POST",
            "path": "/api/bids",
            "stage": "api",
            "requestId": str(uuid4()),
            "identity": {"sourceIp": source, "userAgent": "load"},
            "requestTimeEpoch": at_ms,
        },
    }


class Front:
    """Environments, idle or busy, and who waits for one."""

    def __init__(self, environments: int, public: Path) -> None:
        self.public = public
        self.open = self.open_max = self.waiting_max = self.turned_away = 0
        self._idle: deque[socket.socket] = deque()
        self._waiting: deque[tuple[Visitor, bytes]] = deque()
        self._served: dict[socket.socket, Visitor] = {}
        self._objects: dict[str, tuple[int, bytes | None]] = {}
        for _ in range(environments):
            self._start()

    def _start(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        command = [sys.executable, "-m", "local.load.environment", str(theirs.fileno())]
        # What a function logs is CloudWatch's to keep; its errors are to be seen.
        subprocess.Popen(command, pass_fds=(theirs.fileno(),), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        theirs.close()
        if ours.recv(EVENT_BYTES_MAX) != b"{}":
            raise RuntimeError("an environment did not start")
        ours.settimeout(0)
        asyncio.get_running_loop().add_reader(ours, self._answered, ours)
        self._idle.append(ours)

    def bid(self, caller: Visitor, event: bytes) -> None:
        """Hand an event to a free environment, or let it wait."""
        if self._idle:
            channel = self._idle.popleft()
            self._served[channel] = caller
            channel.send(event)
        elif len(self._waiting) < WAITING_MAX:
            self._waiting.append((caller, event))
            self.waiting_max = max(self.waiting_max, len(self._waiting))
        else:
            self.turned_away += 1
            caller.answer(429, b'{"message":"Too Many Requests"}')

    def _answered(self, channel: socket.socket) -> None:
        data = channel.recv(EVENT_BYTES_MAX)
        caller = self._served.pop(channel)
        if not data:  # the process is gone: as Lambda, say so and start another
            asyncio.get_running_loop().remove_reader(channel)
            channel.close()
            caller.answer(502, b'{"message":"Internal server error"}')
            self._start()
        else:
            reply = json.loads(data)
            kind = reply["headers"]["Content-Type"].encode()
            self._idle.append(channel)
            caller.answer(reply["statusCode"], reply["body"].encode(), kind)
        if self._waiting:
            self.bid(*self._waiting.popleft())

    def object(self, path: str) -> bytes | None:
        """A public object, looked at again once a second as a cache does."""
        read_at_ms, content = self._objects.get(path, (0, None))
        if now_ms() >= read_at_ms + OBJECT_AGE_MS:
            file = self.public / path.lstrip("/")
            inside = file.resolve().is_relative_to(self.public.resolve())
            content = file.read_bytes() if inside and file.is_file() else None
            self._objects[path] = (now_ms(), content)
        return content

    def state(self) -> bytes:
        """What the run asks of its front."""
        shown = ("open", "open_max", "waiting_max", "turned_away")
        return json.dumps({name: getattr(self, name) for name in shown}).encode()


async def _main(port: int, environments: int, public: Path) -> None:
    front = Front(environments, public)

    class Bidder(Visitor):
        """A bidder's connection."""

        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            """One more is open."""
            super().connection_made(transport)
            front.open += 1
            front.open_max = max(front.open_max, front.open)

        def connection_lost(self, exc: Exception | None) -> None:
            """One fewer."""
            del exc
            front.open -= 1

        def request(self, method: bytes, path: bytes, headers: Mapping[bytes, bytes], body: bytes) -> None:
            """A bid goes to the function, anything else is an object."""
            if (method, path) == (b"POST", b"/bids"):
                front.bid(self, json.dumps(gateway_event(headers, body, now_ms())).encode())
            elif path == b"/~state":
                self.answer(200, front.state())
            elif (found := front.object(path.decode())) is not None:
                self.answer(200, found)
            else:
                self.answer(404, b"{}")

    await serve(port, Bidder)


if __name__ == "__main__":
    asyncio.run(_main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])))
