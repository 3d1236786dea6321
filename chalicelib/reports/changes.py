"""What is different from the month that was sealed, cell by cell, from the .csv files of both."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from chalicelib.kernel.errors import Conflict
from chalicelib.kernel.files import Files
from chalicelib.reports import csv_sheets
from chalicelib.reports.table import Cell, Column, Table

ADDED, REMOVED, CHANGED = "新增", "删除", "修改"
# What a row is known by, where its first cell is not enough; by position.
_KEYS = {"到账明细": (0, 1), "退款明细": (1,), "退款失败": (1,), "延期退保": (0, 1), "票据": (1, 2), "票据核对": (0, 1)}
_ROW = tuple[str, ...]


@dataclass(frozen=True)
class Change:
    """One cell, or a whole row (``heading`` empty), that is not what it was."""

    sheet: str
    what: str
    row: str
    heading: str
    before: str
    now: str


def compare(
    files: Files,
    period: str,
    standing: Mapping[str, Any],
    sheets: Iterable[tuple[str, Iterable[Sequence[str]]]],
    place: str,
) -> list[Change]:
    """Compare sheets with those of a manifest. Raises ``Conflict`` (``FINANCE_FILE_ALTERED``) where a sealed .csv is no
    longer what its manifest says. Sheets that are the same are not read at all."""
    found: list[Change] = []
    listed = {each["name"]: each["sha256"] for each in standing["files"]}
    suffix = f"-amendment-{standing['number']}" if standing["number"] else ""
    for sheet, rows in sheets:
        path = Path(place) / "sheet.csv"
        with path.open("wb") as target:
            csv_sheets.write_csv(rows, target)
        content = path.read_bytes()
        if sha256(content).hexdigest() == standing["sheets"].get(sheet):
            continue
        name = f"csv{suffix}/{csv_sheets.NAMES[sheet]}.csv"
        sealed = files.read("outbox", f"reports/{period}/{name}") if name in listed else b""
        if name in listed and sha256(sealed).hexdigest() != listed[name]:
            raise Conflict("FINANCE_FILE_ALTERED", f"结算文件与封存时的摘要不符: {name}")
        found += of_sheet(sheet, _read(sealed), _read(content))
    return found


def _read(content: bytes) -> list[_ROW]:
    return [tuple(row) for row in csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""))]


def of_sheet(sheet: str, before: Sequence[_ROW], now: Sequence[_ROW]) -> list[Change]:
    """The changes of one sheet; rows with the same key are compared cell by cell."""
    headings = now[0] if now else before[0]
    gone = Counter(before[1:])
    gone.subtract(now[1:])
    removed = [row for row in before[1:] if gone[row] > 0]
    added = [row for row in now[1:] if gone[row] < 0]
    by_key: dict[_ROW, list[_ROW]] = {}
    for row in removed:
        by_key.setdefault(_key(sheet, row), []).append(row)
    found: list[Change] = []
    for row in added:
        key = _key(sheet, row)
        if by_key.get(key):
            found += _cells(sheet, headings, by_key[key].pop(0), row)
        else:
            found.append(Change(sheet, ADDED, " ".join(key), "", "", _whole(row)))
    for rows in by_key.values():
        found += [Change(sheet, REMOVED, " ".join(_key(sheet, row)), "", _whole(row), "") for row in rows]
    return found


def _key(sheet: str, row: _ROW) -> _ROW:
    return tuple(row[place] for place in _KEYS.get(sheet, (0,)) if place < len(row))


def _whole(row: _ROW) -> str:
    return " | ".join(cell for cell in row if cell)


def _cells(sheet: str, headings: _ROW, before: _ROW, now: _ROW) -> Iterator[Change]:
    row = " ".join(_key(sheet, now))
    for heading, was, is_now in zip(headings, before, now, strict=False):
        if was != is_now:
            yield Change(sheet, CHANGED, row, heading, was, is_now)


def table(period: str, number: int, found: Sequence[Change]) -> Table:
    """The list of what changed, as a sheet of the amendment."""
    rows: list[tuple[Cell, ...]] = [
        (change.sheet, change.what, change.row, change.heading, change.before, change.now) for change in found
    ]
    columns = (
        Column("表", width=14),
        Column("变化", width=8),
        Column("行", width=34),
        Column("栏目", width=18),
        Column("原值", width=40),
        Column("现值", width=40),
    )
    note = f"{period} 期封存后的变化。原结算表不作改动。"
    return Table("更正说明", f"结算更正说明(第{number}号)", note, columns, rows, long=True)
