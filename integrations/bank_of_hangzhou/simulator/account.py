"""The deposit account inside the bank: what came in, what was paid out, and the files that tell of it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from integrations.bank_of_hangzhou.simulator import paper
from integrations.bank_of_hangzhou.simulator.paper import Booking, Order

PAID = ("0000", "交易成功")
REASONS = {"1001": "账户不存在", "1002": "户名不符", "1003": "账户已销户", "9999": "处理中"}
FIRST_FAILURES = ("1001", "1003")

Drop = Callable[[str, bytes], None]


class RefusalError(Exception):
    """The bank will not take it: HTTP status and why."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


@dataclass
class Account:
    """One account with state. Not safe for threads: the server holds a lock around it."""

    account_no: str
    drop: Drop
    fail_first: int
    now_ms: Callable[[], int]
    balance_fen: int = 0
    stated_fen: int = 0
    bookings: dict[str, Booking] = field(default_factory=dict)
    unstated: list[str] = field(default_factory=list)
    statements: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    batches: dict[str, bytes] = field(default_factory=dict)
    returns: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    payments: list[dict[str, str | int]] = field(default_factory=list)
    failing: dict[str, str] = field(default_factory=dict)
    periods_paid: set[str] = field(default_factory=set)
    _numbers: Iterable[int] = field(default_factory=lambda: itertools.count(1))

    def _number(self) -> int:
        return next(iter(self._numbers))

    def _book(self, booking: Booking) -> None:
        self.bookings[booking.serial] = booking
        self.unstated.append(booking.serial)
        self.balance_fen += booking.amount_fen * (-1 if booking.direction == "D" else 1)

    def credit(self, came: Mapping[str, str | int]) -> None:
        """Money comes in. The same serial again is nothing new; with other content it is refused."""
        booking = Booking(
            serial=str(came["serial"]),
            booked_at_ms=int(came["booked_at_ms"]),
            value_date=str(came["value_date"]).replace("-", ""),
            direction="C",
            amount_fen=int(came["amount_fen"]),
            account=str(came["account"]),
            name=str(came["name"]),
            memo=str(came.get("memo", "")),
            our_ref="",
        )
        standing = self.bookings.get(booking.serial)
        if standing not in (None, booking):
            raise RefusalError(409, f"serial {booking.serial} stands with other content")
        if standing is None:
            self._book(booking)

    def close_day(self, day: str, spoil: str = "") -> str:
        """Write the day's statement with everything since the last one, and drop it; again drops the same bytes.

        ``spoil``: a copy of it is dropped instead, under a name of its own, with the sidecar of the whole: ``half`` of
        it, or with a ``total`` that is not its rows' (and a sidecar that fits).
        """
        if day not in self.statements:
            digits = day.replace("-", "")
            shown = sorted((self.bookings[serial] for serial in self.unstated), key=lambda each: each.booked_at_ms)
            batch_no = f"{paper.local_digits(self.now_ms())[:14]}{self._number():010d}"
            head = (batch_no, self.account_no, digits)
            content = paper.statement(head, self.stated_fen, self.balance_fen, shown)
            self.stated_fen, self.unstated = self.balance_fen, []
            key = f"hangzhou/statement/{day[:7]}/{day}/HZB_STMT_{digits}.txt"
            self.statements[day] = (key, content)
        key, content = self.statements[day]
        if not spoil:
            return self._deliver(key, content)
        bad_key = f"{key.removesuffix('.txt')}_{spoil}.txt"
        if spoil == "total":
            return self._deliver(bad_key, paper.with_wrong_total(content))
        self.drop(f"{bad_key}.sm3", paper.sidecar(content, bad_key.rsplit("/", 1)[1]))
        self.drop(bad_key, content[: len(content) // 2])
        return bad_key

    def advise_interest(self, period: str, leaves_on: str, rate_ppm: int, odd: Mapping[str, int]) -> str:
        """Drop the bank's own interest on every credit up to a day, without fractions of a fen; ``odd``: fen on top, by
        serial. Returns the file's key."""
        day = leaves_on.replace("-", "")
        figures = []
        for each in self.bookings.values():
            if each.direction == "C":
                days = max(0, paper.days_between(each.value_date, day))
                interest_fen = each.amount_fen * days * rate_ppm // (360 * 1_000_000)
                figures.append((each.serial, each.amount_fen, interest_fen + odd.get(each.serial, 0)))
        content = paper.interest_advice((self.account_no, day), figures)
        return self._deliver(f"hangzhou/interest/{period}/{leaves_on}/HZB_INT_{day}.txt", content)

    def take_batch(self, name: str, content: bytes) -> bool:
        """Take a batch and pay it, once a name. ``False`` where the same file was there before."""
        if name in self.batches:
            if self.batches[name] != content:
                raise RefusalError(409, "another file stands under this name")
            return False
        try:
            batch_no, orders = paper.read_batch(content)
        except (ValueError, UnicodeError) as error:
            raise RefusalError(422, str(error)) from error
        if name != f"HZB_RFD_{batch_no}.txt" or len(batch_no) != 24 or not batch_no.isdigit():
            raise RefusalError(422, "the file is not named after its batch number")
        self.batches[name] = content
        # The hub puts the period at the head of the sequence: 14 digits of date and time, then YYYYMM.
        period = f"{batch_no[14:18]}-{batch_no[18:20]}"
        answers = self._pay(period, batch_no, orders)
        key = f"hangzhou/return/{period}/{batch_no}/HZB_RTN_{batch_no}.txt"
        self.returns[batch_no] = (key, paper.batch_return(batch_no, answers))
        return True

    def deliver_return(self, name: str, *, turned: bool = False) -> str:
        """Drop a batch's return file (again); ``turned``: under the same key one that takes back what it said."""
        key, content = self.returns[name.removeprefix("HZB_RFD_").removesuffix(".txt")]
        return self._deliver(key, paper.with_other_word(content) if turned else content)

    def _deliver(self, key: str, content: bytes) -> str:
        # The sidecar first: whoever sees the file finds its digest.
        self.drop(f"{key}.sm3", paper.sidecar(content, key.rsplit("/", 1)[1]))
        self.drop(key, content)
        return key

    def _pay(self, period: str, batch_no: str, orders: list[Order]) -> list[tuple[Order, str, str]]:
        # A remittance of one row is no refund batch to fail in.
        first = period not in self.periods_paid and len(orders) > self.fail_first
        if first:
            self.periods_paid.add(period)
        answers = []
        interest_fen = 0
        for place, order in enumerate(orders):
            code = self.failing.get(order.account, PAID[0])
            if code == PAID[0] and first and place < self.fail_first:
                code = FIRST_FAILURES[place % len(FIRST_FAILURES)]
            if code == PAID[0]:
                self._pay_out(batch_no, order)
                interest_fen += order.interest_fen
            answers.append((order, code, PAID[1] if code == PAID[0] else REASONS.get(code, "失败")))
        if interest_fen:
            serial = f"HZI{self._number():013d}"
            self._book(Booking(serial, self.now_ms(), "", "I", interest_fen, "", "杭州银行", f"利息 {batch_no}", ""))
        return answers

    def _pay_out(self, batch_no: str, order: Order) -> None:
        amount = order.principal_fen + order.interest_fen
        serial = f"HZD{self._number():013d}"
        self._book(
            Booking(serial, self.now_ms(), "", "D", amount, order.account, order.name, "保证金退款", order.our_ref)
        )
        self.payments.append(
            {"our_ref": order.our_ref, "account": order.account, "amount_fen": amount, "batch_no": batch_no}
        )

    def state(self) -> dict[str, object]:
        """What tests and demonstrations look at."""
        return {
            "balance_fen": self.balance_fen,
            "stated_fen": self.stated_fen,
            "bookings": len(self.bookings),
            "unstated": len(self.unstated),
            "statements": sorted(self.statements),
            "batches": sorted(self.batches),
            "payments": list(self.payments),
        }
