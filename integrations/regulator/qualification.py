"""The audit's results (资格审核结果): a table's rows as typed rows."""

from __future__ import annotations

from collections.abc import Iterable

from chalicelib.kernel.errors import Problem
from integrations.ports import QualificationFile, QualificationRow
from integrations.regulator.cells import Cells
from integrations.regulator.profile import Profile
from integrations.regulator.table import Picked, row_of


def qualification_file(picked: Iterable[Picked], profile: Profile) -> QualificationFile:
    """The rows whose cells all could be read, and the problems of the others, in the order of the file."""
    rows: list[QualificationRow] = []
    problems: list[Problem] = []
    for each in picked:
        source = [each] if isinstance(each, Problem) else row_of(*each, profile.qualification_columns)
        if isinstance(source, list):
            problems.extend(source)
            continue
        cells = Cells(source, profile.qualification_columns)
        code = cells.identifier("code")
        passed = cells.word("result", profile.results)
        reason = cells.filled("reason") if passed is False else source.cells["reason"]
        if cells.problems or passed is None:
            problems.extend(cells.problems)
            continue
        if not passed and reason not in profile.reasons:
            # The audit's word counts all the same: a bidder who failed must not pass for want of a known word.
            heading = profile.qualification_columns["reason"]
            remedy = "a reason of the agreed table, or the table extended by this one"
            problems.append(Problem(source.line, heading, "another reason; the refusal was taken", remedy))
        rows.append(QualificationRow(source.line, code, passed, reason))
    return QualificationFile(tuple(rows), tuple(sorted(problems, key=lambda problem: problem.line)))
