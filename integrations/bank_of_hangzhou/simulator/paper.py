"""The bank's own writing and reading of its files, by hand: what the hub's codec is held against."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

CHINA = timezone(timedelta(hours=8))


@dataclass(frozen=True)
class Booking:
    """One movement on the account. ``value_date`` is YYYYMMDD; empty means the day of the statement that shows it."""

    serial: str
    booked_at_ms: int
    value_date: str
    direction: str
    amount_fen: int
    account: str
    name: str
    memo: str
    our_ref: str


@dataclass(frozen=True)
class Order:
    """One row of a batch: a payment that the hub ordered."""

    line: int
    our_ref: str
    account: str
    name: str
    principal_fen: int
    interest_fen: int


def local_digits(at_ms: int) -> str:
    """YYYYMMDDHHMMSSmmm in China."""
    seconds, millis = divmod(at_ms, 1000)
    return datetime.fromtimestamp(seconds, CHINA).strftime("%Y%m%d%H%M%S") + f"{millis:03d}"


def sm3_hex(content: bytes) -> str:
    """The digest of the sidecar."""
    return hashlib.new("sm3", content).hexdigest()


def sidecar(content: bytes, name: str) -> bytes:
    """Digest, two spaces, file name."""
    return f"{sm3_hex(content)}  {name}\n".encode()


def _bytes(rows: Iterable[Sequence[object]]) -> bytes:
    return "".join("|".join(str(part) for part in row) + "\n" for row in rows).encode("gb18030")


def statement(head: tuple[str, str, str], opening_fen: int, closing_fen: int, bookings: Sequence[Booking]) -> bytes:
    """A T+1 statement; ``head`` is batch number, account number and day (YYYYMMDD)."""
    batch_no, account_no, day = head
    total = sum(each.amount_fen for each in bookings)
    rows: list[Sequence[object]] = [(batch_no, account_no, day, opening_fen, len(bookings), total, closing_fen)]
    rows.extend(
        (
            each.serial,
            local_digits(each.booked_at_ms),
            each.value_date or day,
            each.direction,
            each.amount_fen,
            each.account,
            each.name,
            each.memo,
            each.our_ref,
        )
        for each in bookings
    )
    return _bytes(rows)


def interest_advice(head: tuple[str, str], figures: Sequence[tuple[str, int, int]]) -> bytes:
    """The bank's own interest; ``head`` is account number and day (YYYYMMDD), a figure serial, principal, interest."""
    rows: list[Sequence[object]] = [(*head, len(figures), sum(interest for _, _, interest in figures))]
    return _bytes([*rows, *figures])


def days_between(first: str, last: str) -> int:
    """From one day (YYYYMMDD) to another."""
    begin, end = (datetime.strptime(day, "%Y%m%d").replace(tzinfo=CHINA) for day in (first, last))
    return (end - begin).days


def with_wrong_total(content: bytes) -> bytes:
    """A statement whose header says one fen more than its rows."""
    head, rest = content.split(b"\n", 1)
    parts = head.split(b"|")
    parts[5] = str(int(parts[5]) + 1).encode()
    return b"|".join(parts) + b"\n" + rest


def with_other_word(content: bytes) -> bytes:
    """A return file that says of the first payment that was made that its account is gone."""
    rows = content.split(b"\n")
    made = next(number for number, row in enumerate(rows) if b"|0000|" in row)
    rows[made] = b"|".join([*rows[made].split(b"|")[:3], "1003|账户已销户".encode("gb18030")])
    return b"\n".join(rows)


def read_batch(content: bytes) -> tuple[str, list[Order]]:
    """Batch number and orders of a batch file. Raises ``ValueError`` where count or total are not the header's."""
    head, *rows = content.decode("gb18030").splitlines()
    batch_no, count, total = head.split("|")
    orders = []
    for row in rows:
        line, our_ref, account, name, principal, interest, _memo = row.split("|")
        orders.append(Order(int(line), our_ref, account, name, int(principal), int(interest)))
    if len(orders) != int(count):
        raise ValueError("count of the header is not the number of rows")
    if sum(order.principal_fen + order.interest_fen for order in orders) != int(total):
        raise ValueError("total of the header is not the sum of the rows")
    return batch_no, orders


def batch_return(batch_no: str, answers: Sequence[tuple[Order, str, str]]) -> bytes:
    """A return file: each order with its code and text."""
    total = sum(order.principal_fen + order.interest_fen for order, _, _ in answers)
    rows: list[Sequence[object]] = [(batch_no, len(answers), total)]
    rows.extend(
        (order.line, order.our_ref, order.principal_fen + order.interest_fen, code, text)
        for order, code, text in answers
    )
    return _bytes(rows)
