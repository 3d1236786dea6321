"""Alipay over HTTP on 127.0.0.1: the gateway, the bills, and the control doors (``/_...``, JSON).

| door | does |
|---|---|
| POST ``/gateway.do`` | a signed call |
| GET ``/bills/{key}`` | a bill whose URL was asked for less than 30 s ago |
| POST ``/_sign_in`` | ``{open_id}``: the user consents; gives ``auth_code`` |
| POST ``/_pay`` | ``{out_trade_no, at?, push?, copies?, spoil?}``: the user pays; the hub is told if ``push`` |
| POST ``/_close`` | ``{out_trade_no}``: an unpaid trade runs out of time |
| POST ``/_finish`` | ``{out_trade_no}``: a paid trade is past its time for refunds |
| POST ``/_push`` | ``{out_trade_no?, reverse?, all?, spoil?}``: tells the hub what it has not taken (or ``all``) |
| POST ``/_faults`` | ``{method: [fault, ...]}``: the next calls; see ``gateway.FAULTS`` |
| POST ``/_payees`` | ``{open_id: sub_code}``: transfers to these fail; an empty code heals |
| POST ``/_transfers`` | ``{next?, out_biz_no?, status?, error?}``: how new transfers begin, or how one ends |
| POST ``/_bills`` | ``{plus_refunds}``: the sign of refunds on bills |
| POST ``/_day`` | ``{day}``: a compressed month's day ends, with all that was booked since the last one |
| POST ``/_balance`` | ``{fen}`` |
| POST ``/_hub`` | ``{url}``: where notifications go |
| GET ``/_state`` | balance, trades, transfers, notifications, calls |
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from integrations.alipay.simulator import paper, wire
from integrations.alipay.simulator.books import SHANGHAI, Books, Refused, Trade, stamp
from integrations.alipay.simulator.gateway import FAULTS, Gateway
from integrations.alipay.simulator.post_office import PostOffice
from integrations.simulated import HttpSimulator, Reply, Request, as_json

BYTES = "application/octet-stream"
BILL_URL_LIFE = timedelta(seconds=30)


class AlipaySimulator(HttpSimulator):
    """Alipay. ``alipay_private`` is its own key, ``merchant_public`` the hub's; both PEM. Use it as a context."""

    def __init__(
        self,
        alipay_private: str,
        merchant_public: str,
        *,
        app_id: str,
        seller_id: str,
        hub_url: str = "",
        port: int = 0,
        balance_fen: int = 0,
        compressed: bool = False,
        now: Callable[[], datetime] = lambda: datetime.now(SHANGHAI),
    ) -> None:
        super().__init__(port)
        signer = wire.Signer.of(alipay_private, merchant_public)
        self._seller_id = seller_id
        self.now = now
        self.lock = threading.RLock()
        self.books = Books(now, balance_fen)
        self.gateway = Gateway(app_id, signer, self.books, self._bill_url)
        self.post = PostOffice(signer, app_id, seller_id, now, hub_url)
        self._bills: dict[str, tuple[date, datetime]] = {}
        self._plus_refunds = False
        self._compressed = compressed
        self._closings: dict[date, datetime] = {}

    @property
    def gateway_url(self) -> str:
        """The gateway."""
        return f"{self.url}/gateway.do"

    def serve(self, request: Request) -> Reply | None:
        """The gateway, a bill, the state, or a control."""
        # The official SDK writes the whole URL into its request line.
        if request.path.endswith("/gateway.do"):
            answer = self.call(request.query, request.body)
            return None if answer is None else Reply(*answer, BYTES)
        if request.method == "GET" and request.path == "/_state":
            return as_json(200, self.state())
        if request.method == "GET":
            bill = self.bill(request.path.removeprefix("/bills/"))
            return (
                as_json(403, {"error": "no such bill, or its URL is too old"})
                if bill is None
                else Reply(200, bill, BYTES)
            )
        return as_json(200, self.control(request.path, request.given()))

    def call(self, query: str, form: bytes) -> tuple[int, bytes] | None:
        """A call at the gateway; a refund that moved money is told to the hub when next pushed."""
        with self.lock:
            before = {key: len(trade.refunds) for key, trade in self.books.trades.items()}
            answer = self.gateway.take(query, form)
            for key, trade in self.books.trades.items():
                if len(trade.refunds) > before.get(key, 0):
                    self.post.write(trade)
            return answer

    def _bill_url(self, day: date) -> str:
        if not self._booked(day):
            raise Refused("isp.bill_not_exist")
        key = f"{len(self._bills) + 1:06d}.csv.zip"
        self._bills[key] = (day, self.now() + BILL_URL_LIFE)
        return f"{self.url}/bills/{key}"

    def bill(self, key: str) -> bytes | None:
        """A bill, while its URL lives."""
        with self.lock:
            day, until = self._bills.get(key, (date.min, self.now()))
            if self.now() >= until:
                return None
            return paper.bill(self._seller_id, day, self._booked(day), self.now(), plus_refunds=self._plus_refunds)

    def _booked(self, day: date) -> list[tuple[Trade, str, int, datetime]]:
        trades = list(self.books.trades.values())
        if not self._compressed:
            return paper.bookings(trades, day)
        if day not in self._closings:
            return []
        earlier = [at for closed, at in self._closings.items() if closed < day]
        return paper.bookings_between(trades, max(earlier, default=None), self._closings[day])

    def control(self, door: str, given: dict[str, Any]) -> dict[str, Any]:
        """Do what a control asks. ``KeyError`` and ``ValueError`` name what is wrong with it."""
        if door == "/_pay":
            return self._pay(given)
        if door == "/_push":
            return {"answers": self.post.push(**given)}
        with self.lock:
            if door == "/_day":
                self._closings.setdefault(date.fromisoformat(given["day"]), self.now())
                return {}
            return self._set(door, given)

    def _pay(self, given: dict[str, Any]) -> dict[str, Any]:
        at = datetime.fromisoformat(given["at"]).replace(tzinfo=SHANGHAI) if given.get("at") else None
        with self.lock:
            letter = self.post.write(self.books.pay(given["out_trade_no"], at))
        answers = []
        for _ in range(int(given.get("copies", 1)) if given.get("push", True) else 0):
            answers.append(self.post.deliver(letter, given.get("spoil", "")))
        return {"notify_id": letter.id, "answers": answers}

    def _set(self, door: str, given: dict[str, Any]) -> dict[str, Any]:
        match door:
            case "/_sign_in":
                code = self.books.serial("a")
                self.books.auth_codes[code] = given["open_id"]
                return {"auth_code": code}
            case "/_close" | "/_finish":
                trade = self.books.trades[given["out_trade_no"]]
                begin, end = ("WAIT_BUYER_PAY", "CLOSED") if door == "/_close" else ("TRADE_SUCCESS", "FINISHED")
                if trade.status != begin:
                    raise ValueError(f"the trade is {trade.status}")
                trade.status, trade.closed = f"TRADE_{end}", self.now()
                self.post.write(trade)
            case "/_faults":
                unknown = {fault for faults in given.values() for fault in faults} - set(FAULTS)
                if unknown:
                    raise ValueError(f"no fault is called {', '.join(sorted(unknown))}")
                self.gateway.faults.update({method: list(faults) for method, faults in given.items()})
            case "/_payees":
                known = {**self.books.failing_payees, **given}
                self.books.failing_payees = {key: code for key, code in known.items() if code}
            case "/_transfers":
                self.books.next_transfer_status = given.get("next", self.books.next_transfer_status)
                if "out_biz_no" in given:
                    self.books.settle_transfer(given["out_biz_no"], given["status"], given.get("error", ""))
            case "/_bills":
                self._plus_refunds = bool(given["plus_refunds"])
            case "/_balance":
                self.books.balance = int(given["fen"])
            case "/_hub":
                self.post.hub_url = str(given["url"])
            case _:
                raise KeyError(f"no control at {door}")
        return {}

    def state(self) -> dict[str, Any]:
        """Everything, as JSON shows it. Users stay inside."""
        with self.lock:
            trades = [
                {
                    "out_trade_no": trade.out_trade_no,
                    "trade_no": trade.number,
                    "fen": trade.fen,
                    "status": trade.status,
                    "paid_at": stamp(trade.paid) if trade.paid else "",
                    "refunds": {key: fen for key, (fen, _) in trade.refunds.items()},
                }
                for trade in self.books.trades.values()
            ]
            transfers = [
                {"out_biz_no": key, "fen": transfer.content[0], "status": transfer.status}
                for key, transfer in self.books.transfers.items()
            ]
            told = self.post.state()
            calls = list(self.gateway.calls)
            return {
                "balance_fen": self.books.balance,
                "trades": trades,
                "transfers": transfers,
                "told": told,
                "calls": calls,
                "faults": {method: list(left) for method, left in self.gateway.faults.items() if left},
            }
