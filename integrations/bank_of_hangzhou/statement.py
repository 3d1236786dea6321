"""The bank's T+1 statement, of any length: read some hundred lines at a time, so that memory stays flat. Pure."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby, islice
from operator import itemgetter, lt
from typing import IO, Any

from chalicelib.kernel.collector import no_cycles_sought
from chalicelib.kernel.errors import Problem
from chalicelib.kernel.spool import Spool
from integrations.bank_of_hangzhou.envelope import (
    Row,
    check_count,
    check_digest,
    check_total,
    need_control_fields,
    read_header,
    read_row,
    refused,
    wrong_encoding,
)
from integrations.bank_of_hangzhou.profile import Profile
from integrations.bank_of_hangzhou.quick import quick_reader
from integrations.ports import Direction, Statement, StatementLine, StatementSummary

Take = Callable[[Sequence[StatementLine]], None]

# So many bytes and the rest of the last line make a block: some six hundred lines, which a processor's cache holds.
BLOCK_BYTES = 1 << 16
# A file with more is not a statement with wrong rows in it.
PROBLEMS_MAX = 10_000
# Below so many lines halving does not pay any more.
_ROWS_MIN = 32
_CONTROLS = bytes({*range(0x20), 0x7F} - {0x0A})
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")
_SERIAL, _AMOUNT, _DIRECTION = (
    itemgetter(StatementLine._fields.index(name)) for name in ("serial", "amount_fen", "direction")
)


@dataclass(frozen=True)
class _Numbered:
    """A row's serial and its line."""

    serial: str
    line: int


def read_statement(content: bytes, sidecar: bytes, profile: Profile) -> Statement:
    """Decode a T+1 statement whole; raises as ``stream_statement``."""
    lines: list[StatementLine] = []
    told = stream_statement(io.BytesIO(content), sidecar, profile, lines.extend)
    return told.with_lines(lines)


def stream_statement(source: IO[bytes], sidecar: bytes, profile: Profile, take: Take) -> StatementSummary:
    """Decode a T+1 statement, handing its lines to ``take`` in order; ``source`` can be gone through again.

    Nothing that was handed over counts before this returns, and of that nothing in ``left_out``. Raises ``FileRefused``
    where digest, header, an amount, a direction or a control total is wrong. Rows with another fault are left out and
    listed as problems; the day can't be closed over them.
    """
    check_digest(source, sidecar, profile)
    reading = _Reading(profile, take)
    with no_cycles_sought():
        for line, text, clean in _blocks(source, profile):
            reading.go_on(line, text, clean=clean)
        return reading.end(source)


def _blocks(source: IO[bytes], profile: Profile) -> Iterator[tuple[int, str, bool]]:
    """Whole lines, without the last one's end: the number of the first, their text, and whether it is free of control
    characters but line ends."""
    source.seek(0)
    line, position = 1, 0
    while block := source.read(BLOCK_BYTES):
        block += source.readline()
        try:
            text = block.decode(profile.encoding)
        except UnicodeDecodeError as error:
            at = line + block[: error.start].count(b"\n")
            raise wrong_encoding(at, position + error.start, profile) from None
        # By a table of bytes, since in these encodings such a byte is never a part of another character.
        clean = len(block.translate(None, _CONTROLS)) == len(block)
        if not clean and "\r" in text:
            text = text.replace("\r\n", "\n").removesuffix("\r")
            clean = _CONTROL.search(text) is None
        yield line, text.removesuffix("\n"), clean
        line += block.count(b"\n")
        position += len(block)


@dataclass
class _Reading:
    """A statement as far as it was read."""

    profile: Profile
    take: Take
    header: Mapping[str, Any] | None = None
    rows: int = 0
    good: int = 0
    total_fen: int = 0
    moved_fen: int = 0
    wrong: list[Row] = field(default_factory=list)
    empty: list[int] = field(default_factory=list)
    # Whether each serial was above the one before: then none can stand twice.
    ascending: bool = True
    last_serial: str = ""

    def __post_init__(self) -> None:
        self.layout = self.profile.layouts["statement_row"]
        self.quick = quick_reader(self.layout, self.profile)

    def go_on(self, line: int, text: str, *, clean: bool) -> None:
        """Take in a block; the first one begins with the header."""
        if self.header is None:
            head, ended, text = text.partition("\n")
            self.header = read_header(head, self.profile.layouts["statement_header"], self.profile)
            if not ended:
                return
            line += 1
        self.rows += text.count("\n") + 1
        read = self.quick(line, text) if clean else None
        if read is not None:
            self._count(read)
        else:
            self._halve(line, text.split("\n"))

    def _halve(self, line: int, texts: list[str]) -> None:
        """Find the rows that have to be read field by field; the others are read at once."""
        middle = len(texts) // 2
        if len(texts) < _ROWS_MIN:
            self._one_by_one(line, texts)
            return
        for first, half in ((line, texts[:middle]), (line + middle, texts[middle:])):
            text = "\n".join(half)
            read = self.quick(first, text) if _CONTROL.search(text) is None else None
            if read is not None:
                self._count(read)
            else:
                self._halve(first, half)

    def _one_by_one(self, line: int, texts: list[str]) -> None:
        good = []
        for number, text in enumerate(texts, start=line):
            row = read_row(number, text, self.layout, self.profile)
            if row.problems:
                self.wrong.append(row)
                self._hold_problems()
            else:
                direction = Direction(row.values["direction"])
                good.append(StatementLine(line=number, **{**row.values, "direction": direction}))
        if good:
            self._count(good)

    def _count(self, lines: list[StatementLine]) -> None:
        amounts = list(map(_AMOUNT, lines))
        total_fen = sum(amounts)
        self.good += len(lines)
        self.total_fen += total_fen
        self.moved_fen += total_fen
        # Counted by identity; a set would ask each for its hash, which is a call of Python's in an Enum.
        if list(map(_DIRECTION, lines)).count(Direction.CREDIT) < len(lines):
            self.moved_fen -= 2 * sum(line.amount_fen for line in lines if line.direction is Direction.DEBIT)
        if not min(amounts):
            self.empty += [line.line for line in lines if not line.amount_fen]
            self._hold_problems()
        if self.ascending:
            serials = list(map(_SERIAL, lines))
            self.ascending = self.last_serial < serials[0] and all(map(lt, serials, islice(serials, 1, None)))
            self.last_serial = serials[-1]
        self.take(lines)

    def _hold_problems(self) -> None:
        if len(self.wrong) + len(self.empty) > PROBLEMS_MAX:
            problems = [problem for row in self.wrong for problem in row.problems][:PROBLEMS_MAX]
            raise refused("ROWS_WRONG", f"错误明细超过 {PROBLEMS_MAX} 行,文件未采用", problems)

    def end(self, source: IO[bytes]) -> StatementSummary:
        """Hold what was read to the header's count and totals, and say what of it does not count."""
        header = self.header
        if header is None:
            raise refused("FILE_EMPTY", "文件为空")
        check_count(header, self.rows)
        need_control_fields(self.wrong, ("amount_fen", "direction"))
        amounts = [(row.values["amount_fen"], row.values["direction"] == Direction.DEBIT) for row in self.wrong]
        check_total(header, "total_fen", self.total_fen + sum(amount for amount, _ in amounts))
        # What came in and what went out, once more with its sign.
        moved_fen = self.moved_fen + sum(-amount if debit else amount for amount, debit in amounts)
        check_total(header, "closing_fen", header["opening_fen"] + moved_fen)
        problems = [problem for row in self.wrong for problem in row.problems]
        repeated = self._repeated(source)
        problems += repeated
        empty = [*self.empty, *(row.line for row in self.wrong if row.values["amount_fen"] == 0)]
        problems += [Problem(line, "amount_fen", "0", "an amount > 0") for line in sorted(empty)]
        wrong = {row.line for row in self.wrong}
        left_out = frozenset({problem.line for problem in repeated} | set(empty)) - wrong
        return StatementSummary(
            batch_no=header["batch_no"],
            account_no=header["account_no"],
            day=header["day"],
            opening_fen=header["opening_fen"],
            closing_fen=header["closing_fen"],
            count=self.good - len(left_out),
            problems=tuple(problems),
            left_out=left_out,
        )

    def _repeated(self, source: IO[bytes]) -> list[Problem]:
        """Every row of a serial that stands in more than one: which of them holds is not for the hub to guess."""
        if self.ascending and not any("serial" in row.values for row in self.wrong):
            return []
        found: list[list[Problem]] = []
        spool = Spool.of(_Numbered, ("serial", "line"), self._serials(source))
        for serial, same in groupby(spool, key=lambda each: each.serial):
            first, *others = (each.line for each in same)
            if others:
                remedy = "a serial that no other row has"
                found.append([Problem(line, "serial", serial, remedy) for line in (first, *others)])
            if len(found) > PROBLEMS_MAX:
                raise refused("ROWS_WRONG", f"重复流水号超过 {PROBLEMS_MAX} 个,文件未采用", found[0])
        return [problem for same in sorted(found, key=lambda each: each[0].line) for problem in same]

    def _serials(self, source: IO[bytes]) -> Iterator[_Numbered]:
        place = next(number for number, each in enumerate(self.layout) if each.name == "serial")
        layout = self.layout[place]
        for first, text, _ in _blocks(source, self.profile):
            for line, row in enumerate(text.split("\n"), start=first):
                cells = row.split(self.profile.delimiter)
                if line == 1 or len(cells) != len(self.layout):
                    continue
                try:
                    yield _Numbered(layout.read(cells[place], {}), line)
                except ValueError:
                    continue
