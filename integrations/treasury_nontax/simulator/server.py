"""The simulated treasury's two doors: TCP for the hub's frames, HTTP for whoever plays the month.

Controls (JSON): ``POST /_pay {pay_code, amount_fen, payer_name, push?, copies?, paid_at?}``, ``POST /_push {}``
(again all that the hub has not acknowledged), ``POST /_hub {url}``, ``POST /_void {pay_code}``,
``POST /_silent {requests, worked?}`` (the next frames get no answer), ``POST /_busy {requests}`` (the next frames get
an error that says nothing of the notice), ``POST /_fault {kind, requests, numbers?, seconds?, worked?}`` with ``kind``
``silent``, ``busy``, ``delay`` (answers after ``seconds``), ``wrong_mac`` or ``half_frame``, for the next frames or
only those whose message number is in ``numbers``; ``GET /_state``.
"""

from __future__ import annotations

import base64
import contextlib
import socketserver
import threading
from datetime import datetime
from typing import Any, Self

import requests

from integrations.simulated import HOST, HttpSimulator, Reply, Request, as_json
from integrations.treasury_nontax.simulator import wire
from integrations.treasury_nontax.simulator.books import Books, Push
from integrations.treasury_nontax.simulator.faults import Fault, read_fault

FRAME_BYTES_MAX = 1_000_000


class TreasurySimulator(HttpSimulator):
    """A treasury on this machine. ``address`` is for the hub, ``url`` for the controls; port 0 takes a free one."""

    def __init__(self, secret: str, hub_url: str = "", tcp_port: int = 0, http_port: int = 0) -> None:
        super().__init__(http_port)
        self.books = Books(secret)
        self.hub_url = hub_url
        self.faults: list[Fault] = []
        self._tcp = _Tcp((HOST, tcp_port), _FrameHandler)
        self._tcp.simulator = self
        self._frames = threading.Thread(target=self._tcp.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    @property
    def address(self) -> str:
        """``host:port`` of the TCP door."""
        return f"{HOST}:{self._tcp.server_address[1]}"

    def start(self) -> Self:
        """Open both doors."""
        self._frames.start()
        return super().start()

    def stop(self) -> None:
        """Close both doors; what was written down is gone."""
        self._tcp.shutdown()
        self._tcp.server_close()
        super().stop()

    def serve(self, request: Request) -> Reply:
        """A control, or the state."""
        if request.method == "GET":
            known = request.path == "/_state"
            return as_json(200, self.books.state()) if known else as_json(404, {"error": "GET /_state"})
        return as_json(*self.control(request.path, request.given()))

    def take(self, request: bytes) -> bytes | None:
        """Answer a frame, or not, or wrongly, as the controls have it."""
        with self.books.lock:
            fault = self._fault(request)
            if fault is None:
                return self.books.answer(request)
            if fault.kind == "busy":
                return self.books.error("", "", "系统忙,请稍后再试")
            answer = self.books.answer(request) if fault.worked else b""
        # Outside the lock: others are answered meanwhile.
        return fault.spoil(answer)

    def _fault(self, request: bytes) -> Fault | None:
        number = request[19:23].decode("ascii", "replace")
        for fault in self.faults:
            if fault.requests > 0 and (not fault.numbers or number in fault.numbers):
                fault.requests -= 1
                return fault
        return None

    def push(self, push: Push) -> None:
        """Hand a confirmation to the hub's door and keep its answer; without one it can be pushed again."""
        # As the relay at the end of the leased line hands it on.
        frame = base64.b64encode(push.frame).decode()
        push.attempts += 1
        try:
            reply = requests.post(f"{self.hub_url}/treasury/messages", json={"frame": frame}, timeout=20)
            number, _, fields = wire.unpack(base64.b64decode(reply.json()["frame"]), self.books.token)
        except (requests.RequestException, wire.BadFrame, KeyError, ValueError) as error:
            push.answer = type(error).__name__
            return
        push.answer, push.result, push.information = number, fields.get("Result", ""), fields.get("Information", "")

    def control(self, path: str, given: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Do what a control asks; an HTTP status and what to answer."""
        if path == "/_pay":
            return self._pay(given)
        if path == "/_push":
            waiting = [push for push in list(self.books.pushes) if not push.result]
            for push in waiting:
                self.push(push)
            return 200, {"pushed": len(waiting), "acknowledged": sum(push.answer == "8001" for push in waiting)}
        if path == "/_hub":
            self.hub_url = str(given["url"]).rstrip("/")
        elif path in ("/_silent", "/_busy", "/_fault"):
            kind = str(given["kind"]) if path == "/_fault" else path.removeprefix("/_")
            self.faults.append(read_fault(kind, given))
        elif path == "/_void" and given["pay_code"] in self.books.notices:
            self.books.notices[given["pay_code"]].stats = "2"
        else:
            return 404, {"error": f"no control at {path}, or it names an unknown pay code"}
        return 200, {}

    def _pay(self, given: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        pay_code = str(given["pay_code"])
        if pay_code not in self.books.notices:
            return 404, {"error": f"no notice {pay_code}"}
        paid_at = datetime.fromisoformat(given["paid_at"]) if given.get("paid_at") else None
        push = self.books.pay(pay_code, int(given["amount_fen"]), str(given["payer_name"]), paid_at)
        for _ in range(int(given.get("copies", 1)) if given.get("push", True) else 0):
            self.push(push)
        shown = {"answer": push.answer, "result": push.result, "information": push.information}
        return 200, {"message_id": push.message_id, "state": self.books.notices[pay_code].stats, **shown}


class _Tcp(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    simulator: TreasurySimulator


class _FrameHandler(socketserver.StreamRequestHandler):
    timeout = 10
    server: _Tcp

    def handle(self) -> None:
        """One frame in, one frame out."""
        # A peer that goes away in the middle is no concern of the treasury's.
        with contextlib.suppress(OSError, ValueError):
            head = self.rfile.read(8)
            length = int(head)
            if 8 < length <= FRAME_BYTES_MAX:
                answer = self.server.simulator.take(head + self.rfile.read(length - 8))
                if answer is not None:
                    self.wfile.write(answer)
