"""The deposit account inside the bank: what came in, what was ordered under which number, and what was paid."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from integrations.minsheng.simulator import paper
from integrations.minsheng.simulator.paper import Asked, Booking, Payment

# Transaction code -> the codes of a row that was paid, failed, is under way.
CODES = {"batchCostReimb": ("10", "20", "30"), "batchXfer": ("1", "2", "0")}
REASONS = {"failed": "户名不符", "working": "处理中", "paid": "交易成功"}
DEBIT, CREDIT = "1", "2"


class RefusalError(Exception):
    """The bank will not take it: its code and why."""

    def __init__(self, code: str, why: str) -> None:
        super().__init__(why)
        self.code = code


@dataclass
class Batch:
    """What was ordered under one number, and what became of each payment (``paid``, ``failed``, ``working``)."""

    trn_code: str
    content: str
    payments: list[Payment]
    outcomes: list[str]
    done: bool = True


@dataclass
class Account:
    """One account with state. Not safe for threads: the server holds a lock around it."""

    account_no: str
    now_ms: Callable[[], int]
    balance_fen: int = 0
    bookings: list[Booking] = field(default_factory=list)
    batches: dict[str, Batch] = field(default_factory=dict)
    payments: list[dict[str, str | int]] = field(default_factory=list)
    failing: dict[str, str] = field(default_factory=dict)
    slow: bool = False
    compressed: bool = False
    closings: dict[str, int] = field(default_factory=dict)
    _came: dict[str, Mapping[str, str | int]] = field(default_factory=dict)
    _numbers: Iterable[int] = field(default_factory=lambda: itertools.count(1))

    def _book(
        self, serial: str, at_ms: int, kind: str, amount_fen: int, *, account: str, name: str, explain: str
    ) -> None:
        self.balance_fen += amount_fen if kind == CREDIT else -amount_fen
        self.bookings.append(Booking(serial, at_ms, kind, amount_fen, account, name, explain, self.balance_fen))

    def credit(self, came: Mapping[str, str | int]) -> None:
        """Money comes in, in order of time. The same serial again is nothing new; with other content it is refused."""
        serial = str(came["serial"])
        standing = self._came.get(serial)
        if standing not in (None, came):
            raise RefusalError("409", f"serial {serial} stands with other content")
        if standing is not None:
            return
        at_ms = int(came["booked_at_ms"])
        if self.bookings and at_ms < self.bookings[-1].booked_at_ms:
            raise RefusalError("409", "the account books in order of time")
        self._came[serial] = dict(came)
        self._book(
            serial,
            at_ms,
            CREDIT,
            int(came["amount_fen"]),
            account=str(came["account"]),
            name=str(came["name"]),
            explain=str(came.get("memo", "")),
        )

    def take(self, asked: Asked) -> None:
        """Take a batch and pay it, once a number. Raises ``RefusalError``."""
        number, content = asked["insId"], asked["fileContent"]
        if not number or not asked["trnId"] or asked["payerAcct"] != self.account_no:
            raise RefusalError("E1001", "必输项缺失或付款账户不正确")
        if number in self.batches:
            raise RefusalError("E1002", "流水号重复")
        try:
            payments = paper.read_payments(asked.trn_code, content)
            total = paper.fen(asked["totalAmt"])
            right = int(asked["totalRow"]) == len(payments) and total == sum(each.amount_fen for each in payments)
        except ValueError as error:
            raise RefusalError("E1001", f"明细格式不正确: {error}") from error
        if not right:
            raise RefusalError("E1001", "总笔数或总金额不符")
        batch = Batch(asked.trn_code, content, payments, [], done=not self.slow)
        self.batches[number] = batch
        batch.outcomes = [self._pay(number, payment) for payment in payments]

    def _pay(self, number: str, payment: Payment) -> str:
        outcome = self.failing.get(payment.account, "paid")
        if outcome == "paid":
            serial = f"CMBCD{next(iter(self._numbers)):013d}"
            at_ms = max(self.now_ms(), self.bookings[-1].booked_at_ms if self.bookings else 0)
            self._book(
                serial,
                at_ms,
                DEBIT,
                payment.amount_fen,
                account=payment.account,
                name=payment.name,
                explain=payment.explain,
            )
            self.payments.append(
                {
                    "ins_id": number,
                    "account": payment.account,
                    "amount_fen": payment.amount_fen,
                    "explain": payment.explain,
                }
            )
        return outcome

    def finish(self) -> None:
        """Every batch is worked through."""
        for batch in self.batches.values():
            batch.done = True

    def results(self, number: str, ask_code: str) -> tuple[str, list[tuple[Payment, str, str]]]:
        """The state of a batch and its rows. Raises ``RefusalError`` where there is none of that number."""
        batch = self.batches.get(number)
        if batch is None or ask_code.lower() != f"qry{batch.trn_code}".lower():
            raise RefusalError("E1602", "未查询到该笔交易")
        if not batch.done:
            return "4", []
        paid, failed, working = CODES[batch.trn_code]
        codes = {"paid": paid, "failed": failed, "working": working}
        told = [
            (payment, codes[outcome], REASONS[outcome])
            for payment, outcome in zip(batch.payments, batch.outcomes, strict=True)
        ]
        return "0", told

    def close_day(self, day: str) -> None:
        """A compressed month's day ends: what was booked since the last one that ended is of this day. Ended once."""
        self.closings.setdefault(day, len(self.bookings))

    def between(self, first: str, last: str) -> list[Booking]:
        """The bookings of the days from first to last (YYYY-MM-DD). ``RefusalError`` where days are closed by
        hand and this one was not yet."""
        if self.closings or self.compressed:
            if last not in self.closings and first == last:
                raise RefusalError("W0001", "当日尚未日终")
            return self._closed_between(first, last)
        start, end = date.fromisoformat(first), date.fromisoformat(last)
        return [each for each in self.bookings if start <= each.moment.date() <= end]

    def _closed_between(self, first: str, last: str) -> list[Booking]:
        """Bookings by the day that they were closed with, which they bear instead of their instant's."""
        shown, start = [], 0
        for day, end in sorted(self.closings.items()):
            if first <= day <= last:
                shown += [replace(each, day=day) for each in self.bookings[start:end]]
            start = end
        return shown

    def state(self) -> dict[str, object]:
        """What tests and demonstrations look at."""
        return {
            "balance_fen": self.balance_fen,
            "bookings": len(self.bookings),
            "batches": sorted(self.batches),
            "payments": list(self.payments),
        }
