"""A file of rows under headings, whichever of the two forms it came in: what the codecs of both files start from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter

from chalicelib.kernel.errors import FileRefused, Problem

# A cell's text, or why it has none that can be trusted.
Cell = str | Problem


@dataclass(frozen=True)
class Row:
    """One row: the line people see in their editor, and the cells by our own names of the columns."""

    line: int
    cells: Mapping[str, str]


_NONE: Mapping[str, str] = {}

# A row's line and the cells of our columns in our order, as they stand; or what is wrong with the row as such.
Picked = tuple[int, tuple[Cell, ...]] | Problem


def picked_rows(
    lines: Iterable[tuple[int, Sequence[Cell]]],
    columns: Mapping[str, str],
    rows_max: int,
    optional: Mapping[str, str] = _NONE,
) -> Iterator[Picked]:
    """Find the headings in the first line that is not blank, and pick our columns' cells from every further row.

    ``columns`` maps our names to the headings; those ``optional`` ones that the file has come after them. Raises
    ``FileRefused``: codes ``FILE_HEADER``, ``FILE_EMPTY``, ``FILE_TOO_LONG``.
    """
    coming = iter(lines)
    places, width = _places(coming, columns, optional)
    pick = itemgetter(*places)
    count = 0
    for line, cells in coming:
        if not (cells and cells[0]) and _blank(cells):
            continue
        count += 1
        if count > rows_max:
            raise FileRefused("FILE_TOO_LONG", f"文件超过{rows_max}行,请拆分后重新发送")
        if len(cells) == width or (len(cells) > width and _blank(cells[width:])):
            yield line, pick(cells)
        else:
            remedy = f"{width} cells, as many as there are headings; quote a cell that holds a comma"
            yield Problem(line, "row", f"{len(cells)} cells", remedy)
    if not count:
        raise FileRefused("FILE_EMPTY", "文件没有数据行")


def row_of(line: int, cells: Sequence[Cell], columns: Mapping[str, str]) -> Row | list[Problem]:
    """The row under our own names, its cells trimmed; or why cells of it can't be trusted."""
    faults = [cell for cell in cells if isinstance(cell, Problem)]
    return faults or Row(line, {name: str(cell).strip() for name, cell in zip(columns, cells, strict=True)})


def _blank(cells: Sequence[Cell]) -> bool:
    return not any(isinstance(cell, Problem) or cell.strip() for cell in cells)


def _places(
    lines: Iterator[tuple[int, Sequence[Cell]]], columns: Mapping[str, str], optional: Mapping[str, str]
) -> tuple[list[int], int]:
    line, first = next(((line, cells) for line, cells in lines if not _blank(cells)), (1, ()))
    headings = [cell.strip() if isinstance(cell, str) else "" for cell in first]
    problems = tuple(
        Problem(line, heading, "missing" if heading not in headings else "more than once", "exactly one such column")
        for heading in (*columns.values(), *optional.values())
        if headings.count(heading) != 1 and not (heading in optional.values() and heading not in headings)
    )
    if problems:
        raise FileRefused("FILE_HEADER", "文件的列标题与约定不符", problems=problems)
    found = [*columns.values(), *(heading for heading in optional.values() if heading in headings)]
    return [headings.index(heading) for heading in found], len(headings)
