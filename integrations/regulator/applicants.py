"""The applicant list (申请人名单): a table's rows as typed rows. Whether they hold is the hub's business."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from functools import lru_cache

from chalicelib.kernel.errors import Problem
from integrations.ports import ApplicantRow
from integrations.regulator.cells import Cells
from integrations.regulator.profile import Profile
from integrations.regulator.table import Picked, row_of

COLUMNS = ("code", "bidder_class", "name", "id_type", "id_number", "phone", "valid_from", "valid_until")


def applicant_rows(picked: Iterable[Picked], profile: Profile) -> Iterator[ApplicantRow | Problem]:
    """Each row whose cells all could be read, and the problems of each other, in the order of the file.

    A row written as the office's program writes it is taken by a few comparisons; whatever differs from that is looked
    at cell by cell.
    """
    classes, id_types, states = profile.classes, profile.id_types, profile.states
    for each in picked:
        if isinstance(each, Problem):
            yield each
            continue
        line, cells = each
        try:
            code, class_word, name, id_word, id_number, phone, from_text, until_text, *state = cells
            identifiers = code + id_number + phone  # type: ignore[operator]  # a Problem is caught below
            if identifiers.isascii() and identifiers.isalnum() and (name := name.strip()):  # type: ignore[union-attr]
                yield ApplicantRow(
                    line,
                    code.upper(),  # type: ignore[union-attr]
                    classes[class_word],  # type: ignore[index]
                    name,
                    id_types[id_word],  # type: ignore[index]
                    id_number.upper(),  # type: ignore[union-attr]
                    phone,  # type: ignore[arg-type]
                    _day(from_text),
                    _day(until_text),
                    *map(states.__getitem__, state),  # type: ignore[arg-type]
                )
                continue
        except (KeyError, ValueError, TypeError, AttributeError):
            # Another word, a date written otherwise, a cell that can't be trusted: which, is found out below.
            pass
        yield from _cell_by_cell(each, profile)


@lru_cache(maxsize=4_096)
def _day(text: str) -> date:
    day = date.fromisoformat(text)
    if day.isoformat() != text:
        raise ValueError(text)
    return day


def _cell_by_cell(picked: Picked, profile: Profile) -> Iterator[ApplicantRow | Problem]:
    assert not isinstance(picked, Problem)  # noqa: S101 (the caller's first question)
    columns = profile.applicant_columns
    if len(picked[1]) > len(columns):
        columns = {**columns, **profile.applicant_optional}
    source = row_of(*picked, columns)
    if isinstance(source, list):
        yield from source
        return
    cells = Cells(source, columns)
    code = cells.identifier("code")
    bidder_class = cells.word("bidder_class", profile.classes)
    name = cells.filled("name")
    id_type = cells.word("id_type", profile.id_types)
    id_number = cells.identifier("id_number")
    phone = cells.identifier("phone")
    valid_from, valid_until = cells.day("valid_from"), cells.day("valid_until")
    withdrawn = cells.word("state", profile.states) if "state" in columns else False
    if cells.problems or bidder_class is None or id_type is None or valid_from is None or valid_until is None:
        yield from cells.problems
        return
    yield ApplicantRow(
        source.line, code, bidder_class, name, id_type, id_number, phone, valid_from, valid_until, bool(withdrawn)
    )
