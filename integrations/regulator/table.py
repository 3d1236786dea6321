"""A file of rows under headings, whichever of the two forms it came in: what the codecs of both files start from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from chalicelib.kernel.errors import FileRefused, Problem

# A cell's text, or why it has none that can be trusted.
Cell = str | Problem


@dataclass(frozen=True)
class Row:
    """One row: the line people see in their editor, and the cells by our own names of the columns."""

    line: int
    cells: Mapping[str, str]


@dataclass
class Table:
    """The rows that could be read, and the problems of the rest."""

    rows: list[Row] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def read_table(lines: Iterable[tuple[int, Sequence[Cell]]], columns: Mapping[str, str], rows_max: int) -> Table:
    """Find the headings in the first line that is not blank, and put every further row's cells under them.

    ``columns`` maps our names to the headings. Raises ``FileRefused``: codes ``FILE_HEADER``, ``FILE_EMPTY``,
    ``FILE_TOO_LONG``.
    """
    filled = ((line, cells) for line, cells in lines if any(cells))
    places, width = _places(filled, columns)
    table = Table()
    for count, (line, cells) in enumerate(filled, start=1):
        if count > rows_max:
            raise FileRefused("FILE_TOO_LONG", f"文件超过{rows_max}行,请拆分后重新发送")
        _add(table, line, cells, places, width)
    if not table.rows and not table.problems:
        raise FileRefused("FILE_EMPTY", "文件没有数据行")
    return table


def _places(lines: Iterator[tuple[int, Sequence[Cell]]], columns: Mapping[str, str]) -> tuple[dict[str, int], int]:
    line, first = next(lines, (1, ()))
    headings = [cell if isinstance(cell, str) else "" for cell in first]
    problems = tuple(
        Problem(line, heading, "missing" if heading not in headings else "more than once", "exactly one such column")
        for heading in columns.values()
        if headings.count(heading) != 1
    )
    if problems:
        raise FileRefused("FILE_HEADER", "文件的列标题与约定不符", problems=problems)
    return {name: headings.index(heading) for name, heading in columns.items()}, len(headings)


def _add(table: Table, line: int, cells: Sequence[Cell], places: Mapping[str, int], width: int) -> None:
    if len(cells) < width or any(cells[width:]):
        remedy = f"{width} cells, as many as there are headings; quote a cell that holds a comma"
        table.problems.append(Problem(line, "row", f"{len(cells)} cells", remedy))
        return
    picked = {name: cells[place] for name, place in places.items()}
    faults = [cell for cell in picked.values() if isinstance(cell, Problem)]
    if faults:
        table.problems.extend(faults)
    else:
        table.rows.append(Row(line, {name: str(cell) for name, cell in picked.items()}))
