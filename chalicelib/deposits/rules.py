"""What becomes of a payment, and what interest it earns. Pure (domain.md, "Deposits")."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cache
from itertools import repeat
from typing import NamedTuple

from chalicelib.kernel.money import divide_half_up
from chalicelib.kernel.tuples import maker
from integrations.ports import OwnAccount

PPM = 1_000_000
CUT_CHARS_MIN = 6
CODE_CHARS_MAX = 32
_RUNS, _GAPS = re.compile(rf"[0-9]{{{CUT_CHARS_MIN},}}"), re.compile(r"[\s-]+")
# refunds/rules.py makes them.
_OUR_NUMBER = re.compile(r"RF(\d{4})(\d{2})[0-9a-f]{24}", re.ASCII)


class CodeFault(StrEnum):
    """Why a memo leads to no application: nothing like a code in it, one that is not listed, or the head of one."""

    MISSING = "code_missing"
    WRONG = "code_wrong"
    CUT = "code_cut"


class ReturnReason(StrEnum):
    """Why a payment goes back."""

    EARLY = "early"
    LATE = "late"
    SHORT = "short"
    SECOND_PAYMENT = "second_payment"
    UNKNOWN_PAYER = "unknown_payer"
    NEVER_CORRECTED = "never_corrected"


class CodeFound(NamedTuple):
    """What a memo says: each text in it that has the form of a code, in order, and what is wrong if none is listed."""

    candidates: tuple[str, ...]
    fault: CodeFault


_code_found = maker(CodeFound)


class Window(NamedTuple):
    """When deposits are taken, by arrival: from ``opens_ms`` to just before ``closes_ms``."""

    opens_ms: int
    closes_ms: int


class Payment(NamedTuple):
    """A credit with what is known around it. ``code`` is the one listed application its memo names, or empty;
    ``deposited`` whether that one holds a deposit; ``payer_listed`` whether an applicant bears the payer's name."""

    amount_fen: int
    arrived_at_ms: int
    code: str
    fault: CodeFault
    deposited: bool
    payer_listed: bool


class Matched(NamedTuple):
    """The deposit of ``code``; ``excess_fen`` was paid above it."""

    code: str
    excess_fen: int


_matched = maker(Matched)


@dataclass(frozen=True)
class Doubtful:
    """A known payer's payment that can be put right until the correction deadline."""

    reason: CodeFault


@dataclass(frozen=True)
class ToReturn:
    """Goes back with refund batch 1."""

    reason: ReturnReason


Outcome = Matched | Doubtful | ToReturn


def allot(at_ms: int, opens_ms: Mapping[str, int]) -> str:
    """The period that a payment arriving at an instant is for: the latest whose deposits had opened by then, and before
    the first one, that one. ``opens_ms``: period -> when its deposits open. Raises ``ValueError`` without any period.
    """
    if not opens_ms:
        raise ValueError("no period is published: nothing says what a payment is for")
    in_order = sorted((opens, period) for period, opens in opens_ms.items())
    opened = [period for opens, period in in_order if opens <= at_ms]
    return opened[-1] if opened else in_order[0][1]


def period_of_number(our_ref: str) -> str:
    """The period that stands in a number of ours (``RF202603`` and so on); empty where it is none of ours."""
    found = _OUR_NUMBER.fullmatch(our_ref)
    return f"{found[1]}-{found[2]}" if found else ""


def own_account(account_no: str, memo: str, own: Iterable[OwnAccount]) -> OwnAccount | None:
    """Which of our own accounts stands on a line's other side, if it is one."""
    return next((each for each in own if account_no and account_no == each.account_no and each.memo in memo), None)


def find_code(memo: str, code_pattern: str) -> CodeFound:
    """Look for application codes in a memo, whatever the width of its characters and the spaces in it."""
    text = unicodedata.normalize("NFKC", memo)
    standing_alone = _standing_alone(code_pattern)
    found = standing_alone(text) or standing_alone(_GAPS.sub("", text))
    if found:
        return CodeFound(tuple(dict.fromkeys(found)), CodeFault.WRONG)
    runs = _RUNS.findall(text)
    cut = any(_is_head_of_code(run, code_pattern) for run in runs)
    return CodeFound((), CodeFault.CUT if cut else CodeFault.WRONG if runs else CodeFault.MISSING)


def find_codes(memos: Sequence[str], code_pattern: str) -> list[CodeFound]:
    """What ``find_code`` says of each of many memos; at a fraction of the cost where most are what they should be, a
    code and no other digit."""
    joined = unicodedata.normalize("NFKC", "\n".join(memos))
    usual = _usual_memos(code_pattern)(joined)
    if len(usual) != len(memos):
        # One of them has more lines than one.
        return [find_code(memo, code_pattern) for memo in memos]
    found = list(map(_code_found, zip(zip(usual, strict=True), repeat(CodeFault.WRONG))))
    for place in [place for place, code in enumerate(usual) if not code]:
        found[place] = find_code(memos[place], code_pattern)
    return found


@cache
def _usual_memos(code_pattern: str) -> Callable[[str], list[str]]:
    # Of each line the code, where no other digit stands in it.
    usual = rf"^(?:[^0-9\n]*(?P<code>{code_pattern})[^0-9\n]*|[^\n]*)$"
    compiled = re.compile(usual, re.ASCII | re.MULTILINE)
    if compiled.groups > 1:
        return lambda text: [found["code"] or "" for found in compiled.finditer(text)]
    return compiled.findall


@cache
def _standing_alone(code_pattern: str) -> Callable[[str], list[str]]:
    standing_alone = re.compile(rf"(?<!\d)(?:{code_pattern})(?!\d)", re.ASCII)
    # Not findall: a pattern with groups of its own would give those.
    return lambda text: [found[0] for found in standing_alone.finditer(text)]


def _is_head_of_code(run: str, code_pattern: str) -> bool:
    lengths = range(1, CODE_CHARS_MAX - len(run) + 1)
    return any(re.fullmatch(code_pattern, run + "0" * more, re.ASCII) for more in lengths)


def match(payment: Payment, window: Window, deposit_fen: int) -> Outcome:
    """Decide about a payment.

    One code = one deposit = one payment, judged by arrival. Doubtful only where nothing but the code is wrong; all
    else that does not match goes back.
    """
    amount_fen, arrived_at_ms, code, fault, deposited, payer_listed = payment
    opens_ms, closes_ms = window
    if not opens_ms <= arrived_at_ms < closes_ms:
        return ToReturn(ReturnReason.EARLY if arrived_at_ms < opens_ms else ReturnReason.LATE)
    if amount_fen < deposit_fen:
        return ToReturn(ReturnReason.SHORT)
    if code:
        return ToReturn(ReturnReason.SECOND_PAYMENT) if deposited else _matched((code, amount_fen - deposit_fen))
    return Doubtful(fault) if payer_listed else ToReturn(ReturnReason.UNKNOWN_PAYER)


def interest_fen(
    principal_fen: int, arrived: date, leaves: date, rates: Sequence[tuple[date, int]], day_count: int
) -> int:
    """Simple interest in fen, from the day of arrival to the day before it leaves, each day at its own rate.

    ``rates``: (first day, annual rate in parts per million), ascending. Rounded half up once, at the end. Raises
    ``ValueError`` where a day has no rate: a rate is never guessed.
    """
    if principal_fen < 0:
        raise ValueError("interest is on a principal >= 0")
    if leaves <= arrived:
        return 0
    if not rates or rates[0][0] > arrived:
        raise ValueError(f"no interest rate is set for {arrived}")
    rate_days = 0
    for (begins, rate_ppm), ends in zip(rates, [*(day for day, _ in rates[1:]), leaves], strict=True):
        days = (min(ends, leaves) - max(begins, arrived)) // timedelta(days=1)
        rate_days += max(days, 0) * rate_ppm
    return divide_half_up(principal_fen * rate_days, day_count * PPM)
