"""How payment codes are formed, in which order winners get them, and what a confirmation means for a notice. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, TypeVar

from chalicelib.kernel.errors import InvalidInput, Problem
from chalicelib.kernel.ids import id_from

PAY_CODE_DIGITS = 20
MESSAGE_ID_DIGITS = 20
# A treasury that is silent so often in a row is down: a pass ends while its function still has time to say so.
SILENT_IN_A_ROW_MAX = 5

# GB/T 2260: the treasury's pay codes begin with the division whose treasury is paid.
REGIONS = {
    "guangzhou": "440100",
    "hangzhou": "330100",
    "shanghai": "310100",
    "shenzhen": "440300",
    "tianjin": "120100",
}

_CLASS_ORDER = ("individual", "unit")


class NoticeStatus(StrEnum):
    """Where a notice stands; it only moves down this list, and never from one end state to another."""

    ISSUED = "issued"
    REGISTERED = "registered"
    PAID = "paid"
    VOID = "void"
    DEFAULTED = "defaulted"


OPEN = (NoticeStatus.ISSUED, NoticeStatus.REGISTERED)


class VoidState(StrEnum):
    """How far the voiding of a notice is; ``REFUSED`` by the treasury, such as for one paid meanwhile."""

    NONE = "none"
    PROPOSED = "proposed"
    CONFIRMED = "confirmed"
    DONE = "done"
    REFUSED = "refused"


# What becomes of the winner whose notice is void: another notice, or none and the deposit back.
REISSUE, RELEASE = "reissue", "release"


@dataclass(frozen=True)
class PayCodeRule:
    """A province's rule for pay codes (缴款码): region 6 + year 2 + ``kind`` 2 + sequence 10.

    ``check``, where a province has a check digit, makes it from the digits before it; the sequence then has nine.
    """

    region: str
    kind: str = "30"
    check: Callable[[str], str] | None = None

    def __post_init__(self) -> None:  # noqa: D105
        if re.fullmatch(r"\d{6}", self.region) is None or re.fullmatch(r"\d{2}", self.kind) is None:
            raise ValueError(f"a region has 6 digits and a kind 2, not {self.region!r} and {self.kind!r}")

    @property
    def sequence_max(self) -> int:
        """The last sequence number of a year."""
        return 10**10 - 1 if self.check is None else 10**9 - 1

    def code(self, year: int, sequence: int) -> str:
        """The pay code of a year's ``sequence`` (from 1): 20 digits."""
        if not 1 <= sequence <= self.sequence_max:
            raise ValueError(f"a sequence is 1 to {self.sequence_max}, not {sequence}")
        width = len(str(self.sequence_max))
        body = f"{self.region}{year % 100:02d}{self.kind}{sequence:0{width}d}"
        code = body if self.check is None else body + self.check(body)
        if re.fullmatch(rf"\d{{{PAY_CODE_DIGITS}}}", code, re.ASCII) is None:
            raise ValueError(f"the check-digit rule made {code!r}, which is not {PAY_CODE_DIGITS} digits")
        return code


def pay_code_rule(city: str) -> PayCodeRule:
    """The rule of a city's treasury. Raises ``InvalidInput`` (``REGION_UNKNOWN``) for a city without one."""
    if city not in REGIONS:
        problem = Problem(0, "city", city[:40], f"one of {', '.join(sorted(REGIONS))}")
        raise InvalidInput("REGION_UNKNOWN", f"没有该城市的财政区划代码: {city[:40]}", problems=(problem,))
    return PayCodeRule(REGIONS[city])


def message_id(*cause: str) -> str:
    """Our number for a message to the treasury: the same cause has the same number, so a repeat is known as one."""
    return id_from("treasury", *cause)[:MESSAGE_ID_DIGITS]


class Ranked(Protocol):
    """A winner, as far as the order of notices is concerned."""

    @property
    def code(self) -> str:
        """Application code."""
        ...

    @property
    def bidder_class(self) -> str:
        """``individual`` or ``unit``."""
        ...

    @property
    def rank(self) -> int:
        """Place in the class, from 1."""
        ...


W = TypeVar("W", bound=Ranked)


def in_notice_order(winners: Iterable[W]) -> list[W]:
    """Winners in the order their pay codes are given out: individuals, then units, each by rank.

    The order is a function of the result alone, so a second run gives everybody the same code.
    """
    return sorted(winners, key=lambda winner: (_CLASS_ORDER.index(winner.bidder_class), winner.rank, winner.code))


class Finding(StrEnum):
    """What a confirmation means for the notice it names."""

    PAYS = "pays"
    REPEATED = "repeated"
    UNKNOWN_CODE = "unknown_code"
    PARTIAL = "partial"
    OVERPAID = "overpaid"
    TOO_EARLY = "too_early"
    TOO_LATE = "too_late"
    PAID_TWICE = "paid_twice"
    NOTICE_VOID = "notice_void"
    NOT_PAYABLE = "not_payable"


@dataclass(frozen=True)
class Standing:
    """A notice as it stands when a confirmation is weighed. It can be paid from ``opens_at_ms`` to ``due_at_ms``."""

    status: NoticeStatus
    amount_fen: int
    due_at_ms: int
    bank_serial: str
    opens_at_ms: int = 0


# The treasury tells a payment's time in whole seconds.
_SECOND_MS = 1_000


def weigh(standing: Standing | None, amount_fen: int, confirmed_at_ms: int, bank_serial: str) -> Finding:
    """Decide what a confirmation (5996) means. The treasury's time of confirmation counts, not its arrival here.

    Only ``PAYS`` changes a notice; ``REPEATED`` changes nothing; everything else goes to the operators' list.
    """
    if standing is None:
        return Finding.UNKNOWN_CODE
    if standing.status in _SHUT:
        return _SHUT[standing.status]
    if amount_fen != standing.amount_fen:
        return Finding.PARTIAL if amount_fen < standing.amount_fen else Finding.OVERPAID
    return _weigh_time(standing, confirmed_at_ms, bank_serial)


def _weigh_time(standing: Standing, confirmed_at_ms: int, bank_serial: str) -> Finding:
    if standing.status == NoticeStatus.PAID and standing.bank_serial:
        return Finding.REPEATED if standing.bank_serial == bank_serial else Finding.PAID_TWICE
    if confirmed_at_ms + _SECOND_MS <= standing.opens_at_ms:
        return Finding.TOO_EARLY
    if confirmed_at_ms > standing.due_at_ms:
        return Finding.TOO_LATE
    # A notice may be paid by the treasury's answer to a question, which tells neither serial nor time: here they are.
    return Finding.REPEATED if standing.status == NoticeStatus.PAID else Finding.PAYS


# What no money can pay any more, whatever the amount.
_SHUT = {NoticeStatus.VOID: Finding.NOTICE_VOID, NoticeStatus.DEFAULTED: Finding.NOT_PAYABLE}


def surplus_fen(finding: Finding, amount_fen: int, price_fen: int, status: NoticeStatus | None) -> int:
    """How much of a payment on the list the treasury owes its payer, as the notice stands now.

    Where the treasury itself calls the notice paid, a part of the price belongs to it: only what is above it goes back.
    """
    if status == NoticeStatus.PAID and finding in (Finding.PARTIAL, Finding.OVERPAID, Finding.TOO_LATE):
        return max(amount_fen - price_fen, 0)
    return amount_fen


REMEDIES = {
    Finding.UNKNOWN_CODE: "a pay code that this hub issued; ask the treasury what was paid",
    Finding.PARTIAL: "the whole price in one payment; the treasury returns the part, or calls the notice paid",
    Finding.OVERPAID: "the price and no more; the treasury returns it, or what is above the price",
    Finding.TOO_EARLY: "a payment after the close of the auction; ask the treasury for its date",
    Finding.TOO_LATE: "a payment confirmed by the settlement deadline; decide with the regulator",
    Finding.PAID_TWICE: "one payment a notice; have the treasury return the second",
    Finding.NOTICE_VOID: "a notice that is not void; have the treasury return the payment",
    Finding.NOT_PAYABLE: "a notice that is still open; have the treasury return the payment",
}
