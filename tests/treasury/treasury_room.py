"""A treasury room on an AWS in memory: winners with deposits, the simulated treasury over TCP, the door over HTTP."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import requests

from chalicelib.applicants.records import ApplicantRecord, applicant_pk, name_lookup, owner_of
from chalicelib.auctions.records import Standing, keep_same, save_standings
from chalicelib.deposits.records import DepositRecord, DepositState, deposit_key
from chalicelib.kernel.clock import SetClock, local_text
from chalicelib.kernel.files import MemoryFiles
from chalicelib.kernel.ids import SystemEntropy
from chalicelib.kernel.privacy import Vault
from chalicelib.ledger import accounts, records
from chalicelib.ledger.rules import move
from chalicelib.periods.plan import nominal
from chalicelib.periods.rules import load_rules
from chalicelib.treasury import clearing, deadline, defaulting, notices, registering
from chalicelib.treasury import records as treasury_records
from chalicelib.treasury.confirmations import handle
from chalicelib.treasury.receiving import receive
from chalicelib.treasury.records import NoticeRecord
from chalicelib.treasury.registering import Office
from chalicelib.treasury.winners import all_winners
from integrations.treasury_nontax.client import TreasuryClient
from integrations.treasury_nontax.profile import default_profile
from integrations.treasury_nontax.simulator import TreasurySimulator

PERIOD = "2026-03"
SECRET = "a token of both sides"
DEPOSIT_FEN = 200_000
PLAN = nominal(
    PERIOD,
    load_rules("hangzhou"),
    {"individual": 3, "unit": 1},
    last_average_fen={},
    lows_fen={},
    last_mean_fen={},
)
# code, class, rank, price in fen: ranks are not in the order of the codes.
WINNERS = (
    ("2026030000001", "individual", 3, 3_000_000),
    ("2026030000002", "individual", 1, 3_500_000),
    ("2026030000003", "individual", 2, 3_200_000),
    ("2026030000009", "unit", 1, 2_900_000),
)
LOSER = "2026030000005"
BY_RANK = ("2026030000002", "2026030000003", "2026030000001", "2026030000009")


@dataclass
class ListQueue:
    """A queue that a test works off by hand."""

    bodies: list[str] = field(default_factory=list)

    def send(self, body: str) -> None:
        self.bodies.append(body)

    def event(self) -> dict[str, Any]:
        taken, self.bodies = self.bodies, []
        return {"Records": [{"messageId": f"m{number}", "body": body} for number, body in enumerate(taken)]}


class TreasuryRoom:
    """Everything a step of the settlement is handed."""

    def __init__(self, treasury: TreasurySimulator) -> None:
        self.simulator = treasury
        self.plan = PLAN
        self.closed_at_ms = PLAN.at("auction_closes")
        self.clock = SetClock(self.closed_at_ms + 1_000)
        self.files = MemoryFiles()
        self.vault = Vault(bytes(32), bytes(range(32)), SystemEntropy())
        profile = replace(default_profile(), connect_timeout_seconds=1, answer_timeout_seconds=1)
        self.link = TreasuryClient(treasury.address, SECRET, profile, self.clock)
        self.queue = ListQueue()
        save_standings(PERIOD, [Standing(c, k, p, self.clock.now_ms(), r, won=True) for c, k, r, p in WINNERS])
        save_standings(PERIOD, [Standing(LOSER, "individual", 1_000_000, self.clock.now_ms(), 4, won=False)])
        keep_same(
            PERIOD,
            "result",
            {"classes": {"individual": {"winners": 3, "quota": 3}, "unit": {"winners": 1, "quota": 2}}},
        )
        for number, (code, bidder_class, _, _) in enumerate(WINNERS):
            self._applicant(code, bidder_class, f"张{number}")
            self._deposit(code)

    def _applicant(self, code: str, bidder_class: str, name: str) -> None:
        def seal(text: str) -> str:
            return self.vault.seal(text, owner_of(PERIOD, code))

        ApplicantRecord(
            applicant_pk(PERIOD, code),
            code,
            period=PERIOD,
            code=code,
            bidder_class=bidder_class,
            id_type="id_card",
            sealed_name=seal(name),
            sealed_id_number=seal("110101199003070011"),
            sealed_phone=seal("13800000000"),
            name_lookup=name_lookup(self.vault, name),
            id_lookup="",
            phone_lookup="",
            content_lookup="",
            valid_from="2026-01-01",
            valid_until="2026-12-31",
            qualified=True,
        ).save()

    def _deposit(self, code: str) -> None:
        DepositRecord(
            *deposit_key(PERIOD, code),
            period=PERIOD,
            code=code,
            channel="hangzhou",
            serial=f"S{code}",
            amount_fen=DEPOSIT_FEN,
            excess_fen=50,
            value_date="2026-03-10",
            state=DepositState.HELD,
        ).save()
        day = PLAN.day("deposits_close")
        bank, held = accounts.bank("hangzhou"), accounts.held(PERIOD)
        amount = DEPOSIT_FEN + 50
        cause = f"credit/hangzhou/S{code}"
        records.post(move(cause, "credit", PERIOD, day, 0, debit=bank, credit=held, amount_fen=amount, subject=code))

    @property
    def office(self) -> Office:
        return Office(self.link, self.vault, self.clock)

    def issue(self) -> dict[str, Any]:
        return notices.issue_notices(self.files, self.plan, all_winners(PERIOD), self.closed_at_ms)

    def register(self) -> dict[str, int]:
        key = f"treasury/{PERIOD}/register/0001.json"
        return registering.register(self.files, self.office, PERIOD, key)

    def open_settlement(self) -> None:
        self.issue()
        self.register()
        self.clock.at_ms = self.plan.at("settlement_opens")

    def control(self, name: str, **given: Any) -> dict[str, Any]:
        answer = requests.post(f"{self.simulator.url}/{name}", json=given, timeout=10)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def pay(self, code: str, *, amount_fen: int | None = None, at_ms: int | None = None, **more: Any) -> dict[str, Any]:
        notice = self.notice(code)
        return self.control(
            "_pay",
            pay_code=notice.pay_code,
            amount_fen=int(notice.amount_fen) if amount_fen is None else amount_fen,
            payer_name="张三",
            paid_at=local_text(at_ms or self.clock.now_ms()) + "+08:00",
            **more,
        )

    def work_off(self) -> dict[str, Any]:
        return handle(self.queue.event(), None)

    def notice(self, code: str) -> NoticeRecord:
        found = treasury_records.find_notice(PERIOD, code)
        assert found is not None
        return found

    def pass_deadline(self) -> None:
        self.clock.at_ms = self.plan.at("settlement_closes")

    def verify(self) -> dict[str, int]:
        return deadline.verify(self.link, self.clock, PERIOD)

    def propose(self) -> dict[str, int]:
        return defaulting.propose_defaulters(self.clock, PERIOD)

    def default(self) -> dict[str, int]:
        return defaulting.default(self.clock, self.plan, "王主管")

    def clear(self) -> dict[str, Any]:
        return clearing.clearing(self.files, PERIOD)

    @contextmanager
    def door(self) -> Iterator[str]:
        """The door over HTTP on this machine, its confirmations in ``queue``; the simulator is told where it is."""
        with door_at(lambda frame: receive(frame, self.link, self.queue, self.clock)) as url:
            self.control("_hub", url=url)
            yield url


@contextmanager
def door_at(take: Any) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            given = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            reply = take(base64.b64decode(given["frame"]))
            answer = json.dumps({"frame": base64.b64encode(reply.frame).decode()}).encode()
            self.send_response(reply.status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def held_fen() -> dict[str, int]:
    """Balances of the period's accounts."""
    from chalicelib.ledger.rules import balances

    return balances(records.entries(PERIOD))


def body_of(message_id: str) -> str:
    return json.dumps({"message_id": message_id})
