"""``python -m local.sandbox FILE``: the sandbox's process. It acts the month and answers the bar and its page."""

from __future__ import annotations

import json
import signal
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from jinja2 import Environment, FileSystemLoader

from local.conduct import DOUBTFUL
from local.counterparties import Scene, drop_into
from local.sandbox.director import Director
from local.sandbox.measuring import Measuring
from local.sandbox.phases import NEXT_TITLES, PHASES, TITLES
from local.sandbox.settings import Sandbox
from local.world.addresses import Addresses
from local.world.phones import texts
from local.world.web import ask, now_ms
from local.world.winners import owed_price

HERE = Path(__file__).parent
FILES = {"bar.js": "application/javascript; charset=utf-8", "page.css": "text/css; charset=utf-8"}
BODY_BYTES_MAX = 4_096


def director_of(sandbox: Sandbox) -> Director:
    """The director of a scene."""
    scene = Scene.from_json(Path(sandbox.scene).read_text())
    ports = scene.ports
    at = Addresses(
        scene.api_url,
        ports.bank_url,
        ports.carrier_url,
        ports.treasury_url,
        drop_into(scene),
        minsheng=ports.minsheng_url,
        alipay=ports.alipay_url,
    )
    return Director(at, sandbox.phase, sandbox.operator("planner"), sandbox.operator("approver"))


def bidder_cards(director: Director) -> list[dict[str, Any]]:
    """The ready bidders as the page and the card show them, with the texts on their phones, the newest first."""
    cards = []
    for role, person in director.by_hand.items():
        conduct, received = director.month.conduct[person.code], texts(director.at, person.phone)
        owed = owed_price(received)
        payment = director.month.payment_of(person.code)
        paid = f"{payment.value_date} 汇 {payment.amount_fen / 100:.2f} 元,汇款账号末 {payment.account[-4:]}"
        cards.append(
            {
                "role": role,
                "name": person.name,
                "code": person.code,
                "phone": person.phone,
                "id_number": person.id_number,
                "password": conduct.password,
                # On the way to a later phase he was activated with it; else he chooses one himself.
                "activated": PHASES.index(director.phase) > PHASES.index("activation"),
                "payment": paid if conduct.paying in DOUBTFUL else "",
                "owed": f"{owed.amount_fen / 100:.2f}" if owed else "",
                "texts": received[::-1],
            }
        )
    return cards


def pay(director: Director, code: str) -> None:
    """A ready winner pays his price at the treasury."""
    person = next((each for each in director.by_hand.values() if each.code == code), None)
    owed = owed_price(texts(director.at, person.phone)) if person else None
    if person and owed:
        body = {"pay_code": owed.pay_code, "amount_fen": owed.amount_fen, "payer_name": person.name}
        ask("POST", f"{director.at.treasury}/_pay", body=body, attempts=1)


def shown(director: Director) -> dict[str, Any]:
    """The state with its Chinese words."""
    state = director.state()
    coming = state.get("next")
    titled = {**coming, "title": NEXT_TITLES[coming["name"]]} if coming else None
    return {**state, "phase_title": TITLES.get(state["phase"], ""), "next": titled}


def handler(director: Director, sandbox: Sandbox) -> type[BaseHTTPRequestHandler]:
    """What answers below ``/sandbox/``."""
    pages = Environment(loader=FileSystemLoader(HERE), autoescape=True)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

        def do_GET(self) -> None:
            name = self.path.removeprefix("/sandbox/")
            if name == "state.json":
                self._answer(200, "application/json", json.dumps(shown(director), ensure_ascii=False).encode())
            elif name == "bidders.json":
                self._answer(200, "application/json", json.dumps(bidder_cards(director), ensure_ascii=False).encode())
            elif name in FILES:
                self._answer(200, FILES[name], (HERE / name).read_bytes())
            elif name == "":
                page = pages.get_template("page.html.jinja").render(
                    period=director.month.period, bidders=bidder_cards(director), operators=sandbox.operators
                )
                self._answer(200, "text/html; charset=utf-8", page.encode())
            else:
                self._answer(404, "text/plain", b"")

        def do_POST(self) -> None:
            length = min(int(self.headers.get("Content-Length") or 0), BODY_BYTES_MAX)
            body = self.rfile.read(length)
            if self.path == "/sandbox/next":
                moved = director.move_on()
                self._answer(moved.status or 503, "application/json", json.dumps(moved.body).encode())
            elif self.path == "/sandbox/pay":
                pay(director, parse_qs(body.decode()).get("code", [""])[0])
                self._answer(303, "text/plain", b"", Location="/sandbox/")
            else:
                self._answer(404, "text/plain", b"")

        def _answer(self, status: int, kind: str, body: bytes, **headers: str) -> None:
            self.send_response(status)
            for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            self.wfile.write(body)

    return Handler


def main() -> None:
    """Act and serve until a signal ends it."""
    sandbox = Sandbox.of(Path(sys.argv[1]))
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    director = director_of(sandbox)
    _ = director.by_hand
    measuring = Measuring.of(Scene.from_json(Path(sandbox.scene).read_text()).aws_environment, now_ms())
    server = ThreadingHTTPServer(("127.0.0.1", sandbox.port), handler(director, sandbox))
    server.daemon_threads = True
    for name, work in (
        ("serve", server.serve_forever),
        ("act", director.act),
        ("approve", director.approve_on_the_way),
        ("measure", measuring.keep_on),
    ):
        threading.Thread(target=work, name=name, daemon=True).start()
    signal.sigwait({signal.SIGTERM, signal.SIGINT})


if __name__ == "__main__":
    main()
