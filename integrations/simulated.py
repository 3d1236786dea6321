"""What every simulated counterparty needs and none of them is about: a server on 127.0.0.1, and telling the hub.

Only simulators use it. It shares nothing with the codecs and clients that they are there to test.
"""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

import requests

HOST = "127.0.0.1"
POLL_S = 0.02
CHINA = timezone(timedelta(hours=8))


@dataclass(frozen=True)
class Request:
    """What came in; ``query`` is what stands behind the ``?``."""

    method: str
    path: str
    query: str
    headers: Message[str, str]
    body: bytes

    def given(self) -> Any:
        """The body as JSON; an empty object where there is none. Raises ``ValueError``."""
        return json.loads(self.body or b"{}")


@dataclass(frozen=True)
class Reply:
    """What goes out."""

    status: int
    body: bytes
    content_type: str = "application/json"


def as_json(status: int, content: Any) -> Reply:
    """A reply in JSON."""
    return Reply(status, json.dumps(content, ensure_ascii=False).encode())


class HttpSimulator:
    """A counterparty over HTTP, each request in a thread of its own. Use it as a context, or start and stop it.

    ``keeps_alive``: a connection may carry more than one request. A subclass has ``serve``; its ``None`` ends the
    connection without an answer. ``KeyError``, ``TypeError`` and ``ValueError`` out of it say that the request was
    wrong: 400.
    """

    keeps_alive = False

    def __init__(self, port: int = 0) -> None:
        self._server = ThreadingHTTPServer((HOST, port), _handler(self))
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self._thread = threading.Thread(target=self._server.serve_forever, args=(POLL_S,), daemon=True)

    def serve(self, request: Request) -> Reply | None:
        """Answer a request."""
        raise NotImplementedError

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        """Where it listens, without a slash at the end."""
        return f"http://{HOST}:{self.port}"

    def start(self) -> Self:
        """Listen, in a thread of its own."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stop listening and free the port; what was written down is gone."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> Self:
        """Listen."""
        return self.start()

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self.stop()


def _handler(simulator: HttpSimulator) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1" if simulator.keeps_alive else "HTTP/1.0"
        # Without this an idle kept-alive connection would hold its thread for ever.
        timeout = 30
        # Head and body leave as one packet; apart, the second waits 40 ms for the first one's acknowledgement.
        wbufsize = -1

        def _serve(self) -> None:
            path, _, query = self.path.partition("?")
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            try:
                reply = simulator.serve(Request(str(self.command), path, query, self.headers, body))
            except (KeyError, TypeError, ValueError) as error:
                reply = as_json(400, {"error": f"{type(error).__name__}: {error}"})
            if reply is None:
                self.close_connection = True
                return
            self.send_response(reply.status)
            self.send_header("Content-Type", reply.content_type)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body)

        def do_GET(self) -> None:
            self._serve()

        def do_POST(self) -> None:
            self._serve()

        def do_PUT(self) -> None:
            self._serve()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (http.server's own name)
            """Say nothing: what passes holds personal data."""

    return Handler


class Teller:
    """A bank's counter that tells the hub of credits as they come in, signed by the bank's own hand.

    ``spoil`` of a telling: ``signature`` (altered after signing), ``stale`` (signed an hour ago), ``account`` (rightly
    signed, another's account).
    """

    def __init__(self, secret: str, account_no: str, hub_url: str, now_ms: Callable[[], int]) -> None:
        self._secret = secret.encode()
        self._account_no = account_no
        self._now_ms = now_ms
        self._numbers = itertools.count(1)
        self.hub_url = hub_url

    def tell(self, came: Mapping[str, Any], serial: str, *, copies: int = 1, spoil: str = "") -> list[int]:
        """Tell of a credit (as ``/_credits`` takes it), the same telling so many times; the hub's HTTP statuses."""
        booked = datetime.fromtimestamp(int(came["booked_at_ms"]) / 1_000, CHINA)
        content = {
            "account_no": "0000000000000000" if spoil == "account" else self._account_no,
            "serial": serial,
            "booked_at": f"{booked:%Y-%m-%dT%H:%M:%S}.{int(came['booked_at_ms']) % 1_000:03d}",
            "value_date": str(came.get("value_date") or f"{booked:%Y-%m-%d}"),
            "amount_fen": int(came["amount_fen"]),
            "payer_account": str(came["account"]),
            "payer_name": str(came["name"]),
            "memo": str(came.get("memo", "")),
        }
        at_ms = self._now_ms()
        stamp = str(at_ms - 3_600_000 if spoil == "stale" else at_ms)
        nonce = f"telling-{at_ms}-{next(self._numbers):06d}"
        body = json.dumps(content, ensure_ascii=False).encode()
        signed = f"{stamp}\n{nonce}\n{hashlib.sha256(body).hexdigest()}".encode()
        headers = {
            "Content-Type": "application/json",
            "X-Timestamp": stamp,
            "X-Nonce": nonce,
            "X-Signature": hmac.new(self._secret, signed, hashlib.sha256).hexdigest(),
        }
        if spoil == "signature":
            body = body.replace(b'"amount_fen": ', b'"amount_fen": 1')
        return [requests.post(self.hub_url, data=body, headers=headers, timeout=20).status_code for _ in range(copies)]

    def tell_all(self, given: Mapping[str, Any], serial_of: Callable[[str], str] = str) -> dict[str, list[int]]:
        """A control's ``{credits, copies?, spoil?}``: serial as the hub has it -> statuses."""
        how = {name: given[name] for name in ("copies", "spoil") if name in given}
        serials = [serial_of(str(came["serial"])) for came in given["credits"]]
        return {serial: self.tell(came, serial, **how) for serial, came in zip(serials, given["credits"], strict=True)}
