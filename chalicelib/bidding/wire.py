"""One kept HTTP/1.1 connection: a request out, a reply in, and never longer than it was told to wait.

As much of HTTP as AWS's JSON services speak (RFC 9112: a length or chunks, no trailers, no 1xx), because the standard
library's reader costs a bid more than everything else in it (docs/decisions/0012).
"""

from __future__ import annotations

import select
import socket
import time
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl

HEAD_BYTES_MAX = 64 * 1_024
BODY_BYTES_MAX = 32 * 1_024 * 1_024
# The answer to a bid is smaller than the first; a page of a scan comes in the others.
_FIRST_BYTES = 16 * 1_024
_MORE_BYTES = 256 * 1_024


class WireError(OSError):
    """The peer hung up, or what it says is not HTTP as it is read here. Nothing is known of the request's outcome."""


@dataclass(frozen=True)
class Address:
    """Where to connect. ``host_header`` is how the peer wants to be called."""

    host: str
    port: int
    tls: bool
    host_header: str


@dataclass(frozen=True)
class Reply:
    """The status and the whole body."""

    status: int
    body: bytes


@cache
def _tls() -> ssl.SSLContext:
    import ssl  # noqa: PLC0415 (an endpoint on this machine needs none, and it is slow to load)

    return ssl.create_default_context()


class Connection:
    """A connection that carries one request at a time. After an error it is of no more use: ``close`` it."""

    def __init__(self, address: Address, connect_seconds: float) -> None:
        """Connect. Raises ``OSError``, of which a time-out is one."""
        plain = socket.create_connection((address.host, address.port), connect_seconds)
        try:
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            self._socket = _tls().wrap_socket(plain, server_hostname=address.host) if address.tls else plain
        except BaseException:
            plain.close()
            raise
        self._poll = select.poll()
        self._poll.register(self._socket, select.POLLIN)
        self._wait_seconds = connect_seconds
        self.reusable = True

    def close(self) -> None:
        """Hang up."""
        self.reusable = False
        self._socket.close()

    def idle(self) -> bool:
        """Whether it may carry another request: nothing lies there to be read, not even the peer's good-bye."""
        return self.reusable and not self._poll.poll(0)

    def exchange(self, request: bytes, wait_seconds: float) -> Reply:
        """Send a request and read its reply, waiting ``wait_seconds`` at most. Raises ``OSError``."""
        until = time.monotonic() + wait_seconds
        self._wait(wait_seconds)
        self._socket.sendall(request)
        data = self._socket.recv(_FIRST_BYTES)
        if not data:
            raise WireError("the peer hung up")
        while (end := data.find(b"\r\n\r\n")) < 0:
            if len(data) > HEAD_BYTES_MAX:
                raise WireError("the reply's head does not end")
            data = self._more(data, until)
        head = data[:end].lower()
        status = head[9:12]
        if head[:7] != b"http/1." or not status.isdigit() or status < b"200":
            raise WireError("the reply is not one of HTTP/1.x")
        self.reusable = head[7:8] == b"1" and _header(head, b"connection") != b"close"
        body = data[end + 4 :]
        length = _header(head, b"content-length")
        if _header(head, b"transfer-encoding") == b"chunked":
            body = self._chunks(body, until)
        elif length is not None and length.isdigit() and int(length) <= BODY_BYTES_MAX:
            body = self._fill(body, int(length), until)
            if len(body) > int(length):
                raise WireError("the reply is longer than it says")
        else:
            raise WireError("the reply does not say how long it is")
        return Reply(int(status), body)

    def _wait(self, seconds: float) -> None:
        if seconds != self._wait_seconds:  # each change is a call to the system
            self._socket.settimeout(seconds)
            self._wait_seconds = seconds

    def _more(self, data: bytes, until: float) -> bytes:
        left = until - time.monotonic()
        if left <= 0:
            raise TimeoutError("the reply took too long")
        self._wait(left)
        got = self._socket.recv(_MORE_BYTES)
        if not got:
            raise WireError("the peer hung up")
        return data + got if data else got

    def _fill(self, data: bytes, size: int, until: float) -> bytes:
        if len(data) >= size:
            return data
        parts, have = [data], len(data)
        while have < size:
            parts.append(self._more(b"", until))
            have += len(parts[-1])
        return b"".join(parts)

    def _chunks(self, data: bytes, until: float) -> bytes:
        body = b""
        while True:
            while (end := data.find(b"\r\n")) < 0:
                data = self._more(data, until)
            try:
                size = int(data[:end].split(b";")[0], 16)
            except ValueError as error:
                raise WireError("a chunk's size is no number") from error
            if size < 0 or len(body) + size > BODY_BYTES_MAX:
                raise WireError("the reply is too long")
            data = self._fill(data[end + 2 :], size + 2, until)
            body, data = body + data[:size], data[size + 2 :]
            if size == 0:
                return body


def _header(head: bytes, name: bytes) -> bytes | None:
    at = head.find(b"\r\n" + name + b":")
    if at < 0:
        return None
    start = at + len(name) + 3
    end = head.find(b"\r\n", start)
    return head[start : end if end >= 0 else len(head)].strip()
