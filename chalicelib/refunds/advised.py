"""A bank's own interest: heard once for a batch, before its payments are planned, booked in place of ours (ADR 0076).

``{channel}/interest/{period}/{day}/{file}`` in the inbox is of the payments that leave on that day.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date

from chalicelib.kernel.errors import Conflict, FileRefused, NotFound, Problem
from chalicelib.kernel.files import Files
from chalicelib.periods.plan import Plan
from chalicelib.periods.problems import record_problems, record_refusal
from chalicelib.refunds import records
from chalicelib.refunds.rules import FIRST, SECOND, Due, Source, batch_kind
from integrations.ports import AdvisingBank, DepositBank, InterestAdvice

SIDECAR = ".sm3"
# Of what was paid above a deposit that stays, of what the treasury is sent and of interest, no bank tells a figure.
_TOLD_OF = (Source.DEPOSIT, Source.CREDIT)


@dataclass(frozen=True)
class Figure:
    """What a file says of a credit; ``line`` is the file's."""

    principal_fen: int
    interest_fen: int
    line: int


@dataclass
class Advised:
    """What banks computed for a batch: figures by credit (``channel#serial``), and each channel's file.

    ``problems`` are what a person has to see of it, by file.
    """

    figures: dict[str, Figure] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    problems: dict[str, list[Problem]] = field(default_factory=dict)

    def interest_fen(self, due: Due, own_fen: int, differs_fen_max: int) -> int:
        """The interest on a payment: the bank's figure where it sent one for as much principal, else our own."""
        channel = due.credit.partition("#")[0]
        if due.source not in _TOLD_OF or channel not in self.files:
            return own_fen
        told = self.figures.get(due.credit)
        if told is None or told.principal_fen != due.principal_fen:
            found = str(told.principal_fen) if told else ""
            remedy = f"{due.principal_fen}, what is paid back of {due.credit}; our own figure counts"
            self._note(channel, Problem(told.line if told else 0, "principal_fen", found, remedy))
            return own_fen
        if abs(told.interest_fen - own_fen) > differs_fen_max:
            remedy = f"{own_fen} by the dated rates for {due.credit}; the bank's figure is booked"
            self._note(channel, Problem(told.line, "interest_fen", str(told.interest_fen), remedy))
        return told.interest_fen

    def _note(self, channel: str, problem: Problem) -> None:
        self.problems.setdefault(self.files[channel], []).append(problem)

    def list_problems(self, period: str) -> None:
        """Put what differs on the operators' list."""
        for key, problems in self.problems.items():
            record_problems(period, key, problems, "INTEREST_DIFFERS", "银行计息与本系统测算不一致")


@dataclass(frozen=True)
class Listening:
    """Where a batch's figures come from: the period, the batch, its day, and the banks behind the channels."""

    files: Files
    period: str
    batch: str
    leaves_on: date
    channels: Sequence[str]
    bank: Callable[[str], DepositBank]


def hear(where: Listening) -> Advised:
    """What banks computed for a batch, once: what is there at the first call counts, and is kept for every other.

    A file that is wrong as a whole is on the operators' list, and the one before it, or our own figures, count.
    """
    key = _kept_key(where.period, where.batch)
    try:
        return _read_kept(where.files.read("work", key))
    except NotFound:
        heard = _hear(where)
    # Whoever runs at the same time may have heard another file since: what was kept first counts.
    with suppress(Conflict):
        where.files.write_once("work", key, heard, "application/json")
    return _read_kept(where.files.read("work", key))


def list_unheard(files: Files, plan: Plan, channels: Sequence[str]) -> int:
    """Put figures on the operators' list that came when the batch of their day was made; returns how many files."""
    period, unheard = plan.period, 0
    for batch in (FIRST, SECOND):
        if records.find_head(period, batch) is None:
            continue
        heard = set(json.loads(files.read("work", _kept_key(period, batch)))["heard"])
        for channel in channels:
            for key in _keys(files, channel, period, plan.day(batch_kind(batch).milestone)):
                if key not in heard:
                    unheard += 1
                    problem = Problem(0, "file", key.rpartition("/")[2], "before the batch of its day is made")
                    record_problems(period, key, [problem], "INTEREST_LATE", "计息文件到达时该批退款已生成,未采用")
    return unheard


def _hear(where: Listening) -> bytes:
    heard: list[str] = []
    files: dict[str, str] = {}
    figures: dict[str, list[int]] = {}
    for channel in where.channels:
        keys = list(_keys(where.files, channel, where.period, where.leaves_on))
        heard += keys
        for key in reversed(keys):
            advice = _advice(where, channel, key)
            if advice is not None:
                files[channel] = key
                for each in advice.lines:
                    figures[f"{channel}#{each.serial}"] = [each.principal_fen, each.interest_fen, each.line]
                break
    return json.dumps({"heard": heard, "files": files, "figures": figures}, sort_keys=True).encode()


def _advice(where: Listening, channel: str, key: str) -> InterestAdvice | None:
    bank, sidecar = where.bank(channel), b""
    if not isinstance(bank, AdvisingBank) or not bank.advises_interest:
        problem = Problem(
            0, "file", key.rpartition("/")[2], f"a profile of {channel} that has the layout of such a file"
        )
        record_problems(where.period, key, [problem], "INTEREST_UNREADABLE", "该银行的接口配置中没有计息文件")
        return None
    with suppress(NotFound):
        sidecar = where.files.read("inbox", key + SIDECAR)
    try:
        advice = bank.read_interest(where.files.read("inbox", key), sidecar)
        if advice.leaves_on != where.leaves_on:
            problem = Problem(1, "leaves_on", advice.leaves_on.isoformat(), f"{where.leaves_on}, as its folder says")
            raise FileRefused("DAY_DIFFERS", "计息文件的日期不符", problems=(problem,))
    except FileRefused as refused:
        record_refusal(where.period, key, refused)
        return None
    if advice.problems:
        record_problems(where.period, key, advice.problems, "INTEREST_LINES", "计息文件部分明细未采用")
    return advice


def _keys(files: Files, channel: str, period: str, day: date) -> list[str]:
    listed = files.keys("inbox", f"{channel}/interest/{period}/{day}/")
    return sorted(key for key in listed if not key.endswith(SIDECAR))


def _kept_key(period: str, batch: str) -> str:
    return f"refunds/{period}/{batch}/interest.json"


def _read_kept(content: bytes) -> Advised:
    kept = json.loads(content)
    return Advised({credit: Figure(*figure) for credit, figure in kept["figures"].items()}, kept["files"])
