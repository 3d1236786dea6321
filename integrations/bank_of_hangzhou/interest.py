"""The bank's own interest, where its profile has a file for it: bytes -> the port's records. Pure."""

from __future__ import annotations

from integrations.bank_of_hangzhou.codec import repeated
from integrations.bank_of_hangzhou.envelope import (
    check_count,
    check_total,
    need_control_fields,
    open_envelope,
    read_header,
    read_rows,
)
from integrations.bank_of_hangzhou.profile import Profile
from integrations.ports import InterestAdvice, InterestLine


def read_interest(content: bytes, sidecar: bytes, profile: Profile) -> InterestAdvice:
    """Decode an interest advice, by a profile that has its layouts.

    Raises ``FileRefused`` where digest, header, an interest or a control total is wrong. Rows with another fault, and
    repeated serials, are left out and listed.
    """
    lines = open_envelope(content, sidecar, profile)
    header = read_header(lines[0], profile.layouts["interest_header"], profile)
    check_count(header, len(lines) - 1)
    rows = list(read_rows(lines, profile.layouts["interest_row"], profile))
    need_control_fields(rows, ("interest_fen",))
    check_total(header, "total_fen", sum(row.values["interest_fen"] for row in rows))
    problems = [problem for row in rows for problem in row.problems]
    problems.extend(repeated(rows, "serial", "a serial that no other row has"))
    faulty = {problem.line for problem in problems}
    return InterestAdvice(
        account_no=header["account_no"],
        leaves_on=header["leaves_on"],
        lines=tuple(InterestLine(line=row.line, **row.values) for row in rows if row.line not in faulty),
        problems=tuple(problems),
    )
