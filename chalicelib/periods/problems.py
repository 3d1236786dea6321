"""The operators' list of what was wrong with what came in. Writing the same problem down again changes nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.models import Model

from chalicelib.kernel import metrics
from chalicelib.kernel.errors import FileRefused, Problem
from chalicelib.kernel.ids import id_from
from chalicelib.kernel.tables import HubMeta, table_name

# A file of nothing but faults is one fault: the rest of its lines are counted, not listed.
PROBLEMS_MAX = 1_000
CORRECTED = "a corrected file in the same folder"
_PREFIX = "problem#"


class ProblemRecord(Model):
    """One problem of a period, keyed by its content."""

    class Meta(HubMeta):
        """The room's table."""

        table_name = table_name("PERIODS_TABLE")

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    source = UnicodeAttribute()
    code = UnicodeAttribute()
    message = UnicodeAttribute()
    line = NumberAttribute(default=0)
    field = UnicodeAttribute(default="")
    found = UnicodeAttribute(default="")
    remedy = UnicodeAttribute(default="")


@dataclass(frozen=True)
class ListedProblem:
    """A problem as operators see it: where it came from, a stable code, a Chinese sentence, and the place in a file."""

    source: str
    code: str
    message: str
    problem: Problem

    def as_dict(self) -> dict[str, Any]:
        """The problem as the API shows it."""
        return {"source": self.source, "code": self.code, "message": self.message, **self.problem.as_dict()}


def record_problems(period: str, source: str, problems: Iterable[Problem], code: str, message: str) -> int:
    """List problems for the operators, one entry each; without any, the code and message alone are one entry.

    ``source`` is a step or a file's key without personal data. Beyond ``PROBLEMS_MAX`` one entry says how many more
    there are. Returns how many entries were written, repeats included.
    """
    listed = list(problems)
    more = len(listed) - PROBLEMS_MAX
    if more > 0:
        listed = [*listed[:PROBLEMS_MAX], Problem(0, "", f"{more} more", "correct those that are listed first")]
    entries = listed or [Problem(0, "", "", "")]
    with ProblemRecord.batch_write() as batch:
        for record in {each.sk: each for each in (_record(period, source, p, code, message) for p in entries)}.values():
            batch.save(record)
    metrics.count(metrics.PROBLEMS_LISTED, len(entries))
    return len(entries)


def record_refusal(period: str, key: str, refused: FileRefused) -> None:
    """List why a file was refused as a whole, by its key; what would be right is a corrected file, where nothing more
    is known."""
    problems = refused.problems or [Problem(0, "file", key.rsplit("/", 1)[-1], CORRECTED)]
    record_problems(period, key, problems, refused.code, refused.message)


def list_problems(period: str) -> list[ListedProblem]:
    """Everything on a period's list, by source and line."""
    found = ProblemRecord.query(period, ProblemRecord.sk.startswith(_PREFIX), consistent_read=True)
    listed = (
        ListedProblem(
            each.source, each.code, each.message, Problem(int(each.line), each.field, each.found, each.remedy)
        )
        for each in found
    )
    return sorted(listed, key=lambda each: (each.source, each.code, each.problem.line, each.problem.field))


def _record(period: str, source: str, problem: Problem, code: str, message: str) -> ProblemRecord:
    content = id_from(source, code, message, problem.line, problem.field, problem.found, problem.remedy)
    return ProblemRecord(
        period,
        f"{_PREFIX}{content}",
        source=source,
        code=code,
        message=message,
        line=problem.line,
        field=problem.field,
        found=problem.found,
        remedy=problem.remedy,
    )
