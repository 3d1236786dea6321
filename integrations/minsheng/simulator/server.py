"""The bank over HTTP on 127.0.0.1: the link (``/eweb/b2e/connect.do``) and the control doors (``/_...``).

| door | does |
|---|---|
| POST ``/eweb/b2e/connect.do`` | qryDtl, qryBal, batchCostReimb, batchXfer, and the queries of both |
| POST ``/_credits`` | ``[{serial, booked_at_ms, amount_fen, account, name, memo}]`` comes in, in order of time |
| POST ``/_tell`` | ``{credits, copies?, spoil?}``: tells the hub of credits as they come in, see ``Teller`` |
| POST ``/_accounts`` | ``{account: "failed" | "working" | "paid"}``: what becomes of payments to these from now on |
| POST ``/_slow`` | ``{"slow": true}``: batches are worked through only when ``/_finish`` is called |
| POST ``/_day`` | ``{day}``: a compressed month's day ends, with all that was booked since the last one |
| POST ``/_finish`` | works every batch through |
| POST ``/_faults`` | ``{fault: n}`` or ``{"fault:trnCode": n}``: the next n calls (of that code) go wrong |
| GET ``/_state`` | balance, batches, and every payment made |

Faults: ``refuse`` 503, unread; ``silence`` unread, no answer for ``silence_seconds``; ``mute`` taken, unanswered;
``unknown`` taken, answered WEC02; ``half`` taken, half the answer; ``garbage`` taken, answered with what is no XML;
``wrong_total`` a total that is not its rows'; ``duplicate`` the last row of the answer comes twice; ``turn_away`` a
batch of a new number is not taken, and answered W6191.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from html import escape
from typing import Any

from integrations.minsheng.simulator import paper
from integrations.minsheng.simulator.account import Account, RefusalError
from integrations.minsheng.simulator.paper import Asked
from integrations.simulated import HttpSimulator, Reply, Request, Teller, as_json

LINK = "/eweb/b2e/connect.do"
FAULTS = ("refuse", "silence", "mute", "unknown", "half", "garbage", "wrong_total", "duplicate", "turn_away")
BATCHES = ("batchCostReimb", "batchXfer")
ASKS = ("qryBatchCostReimb", "qryBatchXfer")


class MinshengSimulator(HttpSimulator):
    """The bank. Use it as a context, or start and stop it.

    ``login`` is client, user and password; ``page_max`` is how many rows of detail one reply holds at most,
    ``balance_fen`` what stands in the account before.
    ``secret`` signs the notices to the hub's door ``hub_url``.
    """

    def __init__(
        self,
        login: tuple[str, str, str],
        account_no: str,
        *,
        port: int = 0,
        page_max: int = 100,
        balance_fen: int = 0,
        compressed: bool = False,
        silence_seconds: float = 30.0,
        secret: str = "",
        hub_url: str = "",
        now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
    ) -> None:
        super().__init__(port)
        self._login = login
        self._page_max = page_max
        self._silence_seconds = silence_seconds
        self._now_ms = now_ms
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self.faults: dict[str, int] = {}
        self.account = Account(account_no, now_ms, balance_fen, compressed=compressed)
        self._teller = Teller(secret, account_no, hub_url, now_ms)

    def stop(self) -> None:
        """Stop listening and free the port; who is kept waiting is let go."""
        self._stopped.set()
        super().stop()

    def _use_fault(self, name: str, trn_code: str) -> bool:
        with self._lock:
            return self._spend(name, trn_code)

    def _spend(self, name: str, trn_code: str) -> bool:
        for key in (f"{name}:{trn_code}", name):
            if self.faults.get(key, 0) > 0:
                self.faults[key] -= 1
                return True
        return False

    def answer(self, content_type: str, content: bytes) -> tuple[int | None, bytes]:
        """The link. Status ``None``: the connection ends without an answer."""
        try:
            if content_type.split(";", maxsplit=1)[0].strip() != "application/x-NS-BDES":
                raise ValueError("Content-Type")
            asked = paper.read_request(content)
        except (ValueError, KeyError):
            return 400, b""
        if self._use_fault("refuse", asked.trn_code):
            return 503, b""
        if self._use_fault("silence", asked.trn_code):
            self._stopped.wait(self._silence_seconds)
            return None, b""
        code, message, body = self._served(asked)
        if self._use_fault("mute", asked.trn_code):
            return None, b""
        return 200, self._written(asked, code, message, body)

    def _written(self, asked: Asked, code: str, message: str, body: str) -> bytes:
        if self._use_fault("unknown", asked.trn_code):
            code, message, body = "WEC02", "交易结果未知", ""
        told = paper.reply(asked.trn_code, code, message, body, self._now_ms())
        if self._use_fault("half", asked.trn_code):
            return told[: len(told) // 2]
        if self._use_fault("garbage", asked.trn_code):
            return "系统繁忙,请稍后再试".encode("gb18030")
        return told

    def _served(self, asked: Asked) -> tuple[str, str, str]:
        if (asked["clientId"], asked["userId"], asked["userPswd"]) != self._login:
            return "E1003", "用户或密码不正确", ""
        try:
            with self._lock:
                serve = self._serve(asked)
            return "0", "ok", serve()
        except RefusalError as refusal:
            return refusal.code, str(refusal), ""
        except ValueError as error:
            return "E0002", f"必输项格式不正确: {error}", ""

    def _serve(self, asked: Asked) -> Callable[[], str]:
        if asked.trn_code in BATCHES:
            if asked["insId"] not in self.account.batches and self._spend("turn_away", asked.trn_code):
                raise RefusalError("W6191", "交易失败")
            self.account.take(asked)
            ids = f"<trnId>{asked['trnId']}</trnId><insId>{asked['insId']}</insId>"
            return lambda: f"<batchTransfers>{ids}</batchTransfers>"
        if asked.trn_code in ASKS:
            told = self.account.results(asked["insId"], asked.trn_code)
            return lambda: self._results(asked, *told)
        if asked["acntNo"] != self.account.account_no:
            raise RefusalError("W3317", "该账户不存在")
        if asked.trn_code == "qryBal":
            number, balance = self.account.account_no, paper.yuan(self.account.balance_fen)
            row = f"<acntInfo><acntNo>{number}</acntNo><balance>{balance}</balance></acntInfo>"
            return lambda: f"<trnId>{asked['trnId']}</trnId><acntList>{row}</acntList>"
        if asked.trn_code == "qryDtl":
            bookings = self.account.between(asked["dateFrom"], asked["dateTo"])
            return lambda: self._detail(asked, bookings)
        raise RefusalError("E0001", "交易码不存在")

    def _results(self, asked: Asked, state: str, told: list[tuple[paper.Payment, str, str]]) -> str:
        rows = list(told)
        total = sum(payment.amount_fen for payment, _, _ in rows)
        if rows and self._use_fault("duplicate", asked.trn_code):
            rows.append(rows[-1])
        if self._use_fault("wrong_total", asked.trn_code):
            total += 1
        content = escape(paper.results(asked.trn_code.removeprefix("qry").replace("Batch", "batch"), rows))
        sums = f"<totalRow>{len(told)}</totalRow><totalAmt>{paper.yuan(total)}</totalAmt>" if rows else ""
        ids = f"<trnId>{asked['trnId']}</trnId><insId>{asked['insId']}</insId>"
        return f"{ids}<statusCode>{state}</statusCode>{sums}<fileContent>{content}</fileContent>"

    def _detail(self, asked: Asked, bookings: list[paper.Booking]) -> str:
        start, end = int(asked["startNo"]), int(asked["endNo"])
        shown = bookings[start - 1 : min(end, start - 1 + self._page_max)]
        total = len(bookings)
        if shown and self._use_fault("duplicate", asked.trn_code):
            shown.append(shown[-1])
        if self._use_fault("wrong_total", asked.trn_code):
            total += 1
        return paper.detail(self.account.account_no, shown, total, asked["trnId"])

    def serve(self, request: Request) -> Reply | None:
        """The link and the controls."""
        if request.path == LINK:
            status, told = self.answer(request.headers.get("Content-Type", ""), request.body)
            return None if status is None else Reply(status, told, "application/x-NS-BDES")
        try:
            if request.path == "/_tell":
                # Its detail shows a sequence number behind the serial; so do its notices.
                return as_json(200, self._teller.tell_all(request.given(), paper.shown_serial))
            return as_json(200, self.control(request.path, request.given()))
        except RefusalError as refusal:
            return as_json(int(refusal.code), {"error": str(refusal)})

    def control(self, door: str, given: Any) -> Any:
        """A control door; raises ``RefusalError``."""
        with self._lock:
            match door:
                case "/_credits":
                    for came in given:
                        self.account.credit(came)
                    return {"taken": len(given)}
                case "/_accounts":
                    self.account.failing.update(given)
                    return {"failing": len(self.account.failing)}
                case "/_slow":
                    self.account.slow = bool(given["slow"])
                    return given
                case "/_finish" | "/_day":
                    if door == "/_day":
                        self.account.close_day(given["day"])
                    else:
                        self.account.finish()
                    return {}
                case "/_faults":
                    unknown = sorted({name.split(":")[0] for name in given} - set(FAULTS))
                    if unknown:
                        raise RefusalError("404", f"no fault is called {', '.join(unknown)}")
                    self.faults.update(given)
                    return self.faults
                case "/_state":
                    return {**self.account.state(), "faults": dict(self.faults)}
        raise RefusalError("404", f"no door is called {door}")
