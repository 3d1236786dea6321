"""As much of an HTTP/1.1 server as a load needs: one request at a time on a kept connection, a body by its length."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Any

_REASONS = {200: b"OK", 400: b"Bad Request", 404: b"Not Found", 429: b"Too Many Requests"}


class Visitor(asyncio.Protocol):
    """A connection. Subclasses answer in ``request``, at once or later, with ``answer``."""

    def __init__(self) -> None:
        self._held = b""
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep where answers go."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        """Collect bytes and hand over what is whole."""
        held = self._held + data if self._held else data
        while (end := held.find(b"\r\n\r\n")) >= 0:
            line, *fields = held[:end].split(b"\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (each.partition(b":") for each in fields)}
            whole = end + 4 + int(headers.get(b"content-length", b"0"))
            if len(held) < whole:
                break
            method, path, _ = line.split(b" ", 2)
            body, held = held[end + 4 : whole], held[whole:]
            self.request(method, path, headers, body)
        self._held = held

    def request(self, method: bytes, path: bytes, headers: Mapping[bytes, bytes], body: bytes) -> None:
        """A whole request."""
        raise NotImplementedError

    def answer(self, status: int, body: bytes, content_type: bytes = b"application/json") -> None:
        """Send an answer, unless the peer has gone."""
        if self.transport is not None and not self.transport.is_closing():
            self.transport.write(
                b"HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s"
                % (status, _REASONS.get(status, b"-"), content_type, len(body), body)
            )


async def serve(port: int, visitor: Any) -> None:
    """Listen on 127.0.0.1 until the process ends."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(visitor, "127.0.0.1", port, backlog=4_096)
    await server.serve_forever()


def now_ms() -> int:
    """The machine's clock, which all processes of a run share."""
    return time.time_ns() // 1_000_000
