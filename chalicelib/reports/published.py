"""Results that cities published, for comparison: a .csv with a source for each row. Pure.

``city,period,class,quota,bidders,lowest_yuan,average_yuan,bid_at_lowest,won_at_lowest,last_winner_at,source``; what was
not published is left empty, a year that is not given is ``????-04``.
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from pathlib import Path

from chalicelib.kernel.errors import FileRefused, Problem

CITIES = {"hangzhou": "杭州", "guangzhou": "广州", "shenzhen": "深圳", "tianjin": "天津", "shanghai": "上海"}
CLASSES = ("individual", "unit")
COLUMNS = (
    "city", "period", "class", "quota", "bidders", "lowest_yuan", "average_yuan",
    "bid_at_lowest", "won_at_lowest", "last_winner_at", "source",
)  # fmt: skip
_COUNTS = ("quota", "bidders", "lowest_yuan", "average_yuan", "bid_at_lowest", "won_at_lowest")
_PERIOD = re.compile(r"(?:20\d\d|\?{4})-(?:0[1-9]|1[0-2])", re.ASCII)
_COUNT = re.compile(r"(?:\d{1,9})?", re.ASCII)
_TIME = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{3})?", re.ASCII)
_FILE = Path(__file__).with_name("published-results.csv")
ROWS_MAX = 20_000


@dataclass(frozen=True)
class Published:
    """One auction as its city published it; prices in whole yuan, ``None`` where nothing was said."""

    city: str
    period: str
    bidder_class: str
    quota: int | None
    bidders: int | None
    lowest_yuan: int | None
    average_yuan: int | None
    bid_at_lowest: int | None
    won_at_lowest: int | None
    last_winner_at: str
    source: str


@dataclass(frozen=True)
class Read:
    """What was read: good rows, and what is wrong with the others."""

    rows: tuple[Published, ...]
    problems: tuple[Problem, ...]


def shipped() -> Read:
    """The results that come with the hub."""
    return read_published(_FILE.read_bytes())


def read_published(content: bytes) -> Read:
    """Read a file. Raises ``FileRefused`` (``PUBLISHED_UNREADABLE``) where it is no such table at all; a wrong row is a
    problem, and the good ones are kept."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _refused(0, "file", "bytes", "UTF-8") from error
    lines = csv.reader(io.StringIO(text, newline=""))
    headings = tuple(next(lines, ()))
    if headings != COLUMNS:
        raise _refused(1, "headings", ",".join(headings)[:80], ",".join(COLUMNS))
    rows: list[Published] = []
    problems: list[Problem] = []
    seen: dict[tuple[str, str, str], int] = {}
    for number, cells in enumerate(lines, start=2):
        if not any(cells):
            continue
        if number > ROWS_MAX:
            raise _refused(number, "file", f"more than {ROWS_MAX} rows", f"at most {ROWS_MAX} rows")
        if len(cells) != len(COLUMNS):
            problems.append(Problem(number, "row", f"{len(cells)} fields", f"{len(COLUMNS)} fields"))
            continue
        row = dict(zip(COLUMNS, (cell.strip() for cell in cells), strict=True))
        wrong = _faults(number, row)
        key = (row["city"], row["period"], row["class"])
        if not wrong and key in seen:
            wrong = [
                Problem(number, "period", row["period"], f"one row a city, period and class; line {seen[key]} has it")
            ]
        problems += wrong
        if not wrong:
            seen[key] = number
            rows.append(_published(row))
    return Read(tuple(rows), tuple(problems))


def _refused(line: int, name: str, found: str, remedy: str) -> FileRefused:
    problem = Problem(line, name, found, remedy)
    return FileRefused("PUBLISHED_UNREADABLE", "公布结果文件无法读取", problems=(problem,))


def _faults(number: int, row: dict[str, str]) -> list[Problem]:
    found = []
    if row["city"] not in CITIES:
        found.append(Problem(number, "city", row["city"][:20], f"one of {', '.join(CITIES)}"))
    if not _PERIOD.fullmatch(row["period"]):
        found.append(Problem(number, "period", row["period"][:20], "a year and month such as 2026-03, or ????-03"))
    if row["class"] not in CLASSES:
        found.append(Problem(number, "class", row["class"][:20], f"one of {', '.join(CLASSES)}"))
    found += [
        Problem(number, name, row[name][:20], "a whole number from 0 to 999999999, or nothing")
        for name in _COUNTS
        if not _COUNT.fullmatch(row[name])
    ]
    if not found and row["lowest_yuan"] and row["average_yuan"] and int(row["lowest_yuan"]) > int(row["average_yuan"]):
        found.append(Problem(number, "average_yuan", row["average_yuan"], "at least the lowest price"))
    if row["last_winner_at"] and not _TIME.fullmatch(row["last_winner_at"]):
        found.append(Problem(number, "last_winner_at", row["last_winner_at"][:20], "a time such as 09:56:15.739"))
    if not row["source"]:
        found.append(Problem(number, "source", "", "where it was published"))
    return found


def _published(row: dict[str, str]) -> Published:
    counts = {name: int(row[name]) if row[name] else None for name in _COUNTS}
    return Published(
        city=row["city"],
        period=row["period"],
        bidder_class=row["class"],
        last_winner_at=row["last_winner_at"],
        source=row["source"],
        **counts,
    )
