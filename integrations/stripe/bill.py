"""A day's bill: the gateway's balance transactions of that day, kept page by page as they came. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from http import HTTPStatus
from typing import Any

from chalicelib.kernel.errors import FileRefused, Pending, Problem
from integrations.bundle import Part, fact, read_bundle, write_bundle
from integrations.ports import BillKind, WalletBill, WalletBillLine
from integrations.stripe.answers import FEN_MAX, our_ref_of, read_body, read_page, seconds_of

KIND = "stripe-bill"
_KINDS = {
    "charge": BillKind.PAYMENT,
    "payment": BillKind.PAYMENT,
    "refund": BillKind.REFUND,
    "payment_refund": BillKind.REFUND,
}
# What the gateway pays out to our bank is no business with a bidder.
_LEFT_OUT = frozenset({"payout"})


@dataclass(frozen=True)
class Day:
    """A day of the account's, from one instant up to, not including, another (epoch ms)."""

    day: date
    from_ms: int
    to_ms: int


def write_bill(account_no: str, day: Day, pages: Sequence[bytes]) -> bytes:
    """The pages, the newest first, as one file."""
    facts = {"account_no": account_no, "day": day.day.isoformat(), "from_ms": day.from_ms, "to_ms": day.to_ms}
    return write_bundle(KIND, facts, [Part({}, page) for page in pages])


def read_bill(content: bytes) -> WalletBill:
    """Decode a bill. Raises ``FileRefused`` where the file or a page can't be read; a booking that can't be is a
    problem, and the others are kept."""
    bundle = read_bundle(content, KIND, len(content))
    from_ms, to_ms = fact(bundle.facts, "from_ms", int), fact(bundle.facts, "to_ms", int)
    try:
        day = date.fromisoformat(fact(bundle.facts, "day", str))
        booked = [each for part in bundle.parts for each in read_page(read_body(HTTPStatus.OK, part.content))[0]]
        of_day = [each for each in booked if from_ms <= seconds_of(each["created"]) * 1_000 < to_ms]
    except (ValueError, TypeError, KeyError, Pending):
        raise FileRefused("FILE_INVALID", "支付网关账单无法读取") from None
    lines: list[WalletBillLine] = []
    problems: list[Problem] = []
    # The oldest first, as a statement has them; what is given back in the second of its payment comes after it.
    of_day.reverse()
    in_order = sorted(of_day, key=lambda each: (each["created"], _KINDS.get(str(each.get("type"))) or ""))
    for number, each in enumerate(in_order, 1):
        if str(each.get("type")) in _LEFT_OUT:
            continue
        try:
            lines.append(_line(number, each))
        except (ValueError, TypeError, KeyError) as wrong:
            problems.append(Problem(number, "balance_transaction", str(each.get("type"))[:40], str(wrong)))
    sums = {kind: sum(line.amount_fen for line in lines if line.kind is kind) for kind in BillKind}
    account_no = fact(bundle.facts, "account_no", str)
    return WalletBill(account_no, day, sums[BillKind.PAYMENT], sums[BillKind.REFUND], tuple(lines), tuple(problems))


def _line(number: int, booking: Mapping[str, Any]) -> WalletBillLine:
    kind = _KINDS.get(str(booking.get("type")))
    if kind is None:
        raise ValueError("a payment or a refund; look at the gateway's own list")
    if booking.get("currency") != "cny":
        raise ValueError("cny")
    fen, fee_fen = _fen(booking["amount"]), _fen(booking["fee"])
    if (fen > 0) is not (kind is BillKind.PAYMENT):
        raise ValueError("an amount whose sign is that of its type")
    source = booking["source"]
    intent = source["payment_intent"]
    if not isinstance(intent, dict) or not isinstance(intent["id"], str):
        raise ValueError("its payment intent, expanded")
    return WalletBillLine(
        line=number,
        kind=kind,
        serial=intent["id"],
        our_ref=our_ref_of(intent),
        refund_ref=our_ref_of(source) if kind is BillKind.REFUND else "",
        amount_fen=abs(fen),
        received_fen=abs(fen - fee_fen),
        fee_fen=-fee_fen,
        created_at_ms=seconds_of(intent["created"]) * 1_000,
        finished_at_ms=booking["created"] * 1_000,
    )


def _fen(found: Any) -> int:
    if type(found) is not int or abs(found) >= FEN_MAX:
        raise ValueError("a whole number of fen")
    return found
