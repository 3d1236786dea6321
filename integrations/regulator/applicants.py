"""The applicant list (申请人名单): a table's rows as typed rows. Whether they hold is the hub's business."""

from __future__ import annotations

from integrations.ports import ApplicantFile, ApplicantRow
from integrations.regulator.cells import Cells
from integrations.regulator.profile import Profile
from integrations.regulator.table import Table


def applicant_file(table: Table, profile: Profile) -> ApplicantFile:
    """The rows whose cells all could be read, and the problems of the others, in the order of the file."""
    rows: list[ApplicantRow] = []
    problems = list(table.problems)
    for source in table.rows:
        cells = Cells(source, profile.applicant_columns)
        code = cells.identifier("code")
        bidder_class = cells.word("bidder_class", profile.classes)
        name = cells.filled("name")
        id_type = cells.word("id_type", profile.id_types)
        id_number = cells.identifier("id_number")
        phone = cells.identifier("phone")
        valid_from, valid_until = cells.day("valid_from"), cells.day("valid_until")
        if cells.problems or bidder_class is None or id_type is None or valid_from is None or valid_until is None:
            problems.extend(cells.problems)
            continue
        rows.append(
            ApplicantRow(
                line=source.line,
                code=code,
                bidder_class=bidder_class,
                name=name,
                id_type=id_type,
                id_number=id_number,
                phone=phone,
                valid_from=valid_from,
                valid_until=valid_until,
            )
        )
    return ApplicantFile(tuple(rows), tuple(sorted(problems, key=lambda problem: problem.line)))
