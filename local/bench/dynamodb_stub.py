"""AWS at the socket: a process of its own that answers every request at once, so that only the caller's CPU is seen.

It echoes a bid as the table would have stored it, serves one open window and the two secrets, and accepts whatever
else the stacks that are compared ask of DynamoDB.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

SECRET = "a secret of the benchmark"  # noqa: S105
FAR_MS = 4_000_000_000_000


def window_item() -> dict[str, Any]:
    """One open window, signed with the key that the function derives from ``SECRET``."""
    from chalicelib.bidding.rules import PriceLimits, Window
    from chalicelib.bidding.window import sign
    from local.bench.bids import PERIOD, keyring

    limits = PriceLimits(1_000_000, 10_000, 4_000_000)
    signed = sign(Window(PERIOD, 0, FAR_MS, 3, {"individual": limits}), keyring().window_key())
    return {"Item": {"pk": {"S": "window"}, "content": {"S": signed.content}, "mac": {"S": signed.mac}}}


def _answer(operation: str, content: dict[str, Any], window: dict[str, Any]) -> dict[str, Any]:
    if operation == "GetSecretValue":
        return {"SecretString": SECRET}
    if operation == "GetItem":
        return window
    if content.get("TableName") == "messages" and operation == "UpdateItem":
        return {"Attributes": {"state": {"S": "sent"}}}
    values = content.get("ExpressionAttributeValues", {}).values()
    placed = next((value for value in values if value.get("L")), None)
    if placed is None or operation != "UpdateItem":
        return {}
    bid = placed["L"][0]["M"]
    return {"Attributes": {"history": placed, "bid_at_ms": bid["bid_at_ms"], "request_ids": {"SS": ["x"]}}}


def _talk(connection: socket.socket, window: dict[str, Any]) -> None:
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    reader = connection.makefile("rb")
    while reader.readline():
        headers = {}
        while line := reader.readline().strip():
            name, _, value = line.decode().partition(":")
            headers[name.lower()] = value.strip()
        content = json.loads(reader.read(int(headers["content-length"])) or b"{}")
        body = json.dumps(_answer(headers["x-amz-target"].partition(".")[2], content, window)).encode()
        connection.sendall(
            b"HTTP/1.1 200 OK\r\nServer: Server\r\nDate: Wed, 25 Mar 2026 07:00:00 GMT\r\n"
            b"Content-Type: application/x-amz-json-1.0\r\nConnection: keep-alive\r\n"
            b"x-amzn-RequestId: 0F8FAD5BD9CB469FA16570867728950E\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
        )


def serve() -> None:
    """Listen on a free port, print it, and answer until the process ends."""
    window = window_item()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(listener.getsockname()[1], flush=True)
        while True:
            connection, _ = listener.accept()
            Thread(target=_talk, args=(connection, window), daemon=True).start()


@contextmanager
def stub() -> Iterator[dict[str, str]]:
    """The environment of a function whose AWS is a stub that ends with the block."""
    process = subprocess.Popen([sys.executable, "-m", "local.bench.dynamodb_stub"], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None  # noqa: S101
        yield {
            **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{int(process.stdout.readline())}",
            "AWS_ACCESS_KEY_ID": "AKID",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_SESSION_TOKEN": "t" * 400,
            "AWS_REGION": "cn-north-1",
            "AWS_DEFAULT_REGION": "cn-north-1",
            "AWS_LAMBDA_FUNCTION_NAME": "bid",
            "POWERTOOLS_METRICS_NAMESPACE": "bench",
            "BIDS_TABLE": "bids",
            "SESSION_SECRET": "session",
            "RECEIPT_SECRET": "receipt",
        }
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    serve()
