"""The bank's refund batch and return file: bytes <-> the port's records, by the profile. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from chalicelib.kernel.errors import InvalidInput, Problem
from integrations.bank_of_hangzhou.envelope import (
    Row,
    check_count,
    check_total,
    need_control_fields,
    open_envelope,
    read_header,
    read_rows,
    sm3,
    write_line,
)
from integrations.bank_of_hangzhou.profile import Profile
from integrations.ports import (
    BatchFile,
    BatchReturn,
    PaymentOutcome,
    RefundLine,
    ReturnLine,
)


def repeated(rows: Iterable[Row], name: str, remedy: str) -> list[Problem]:
    """Every row of a value that stands in more than one: which of them holds is not for the hub to guess."""
    by_value: dict[str, list[Row]] = {}
    for row in rows:
        if name in row.values:
            by_value.setdefault(row.values[name], []).append(row)
    return [Problem(row.line, name, value, remedy) for value, same in by_value.items() if len(same) > 1 for row in same]


def write_batch(batch_no: str, lines: tuple[RefundLine, ...], profile: Profile) -> BatchFile:
    """Encode a refund batch. Raises ``InvalidInput`` for no lines, too many, a repeated reference, or an odd value."""
    if not 0 < len(lines) <= profile.lines_max:
        raise InvalidInput("BATCH_SIZE", f"每个退款文件须为 1 至 {profile.lines_max} 笔")
    if len({line.our_ref for line in lines}) != len(lines):
        raise InvalidInput("BATCH_REPEATS", "退款文件中存在重复的付款编号")
    total_fen = sum(line.principal_fen + line.interest_fen for line in lines)
    header = {"batch_no": batch_no, "count": len(lines), "total_fen": total_fen}
    texts = [write_line(1, header, profile.layouts["batch_header"], profile)]
    for number, line in enumerate(lines, start=1):
        values = {
            "line": number,
            "our_ref": line.our_ref,
            "account_no": line.account_no,
            "account_name": line.account_name,
            "principal_fen": line.principal_fen,
            "interest_fen": line.interest_fen,
            "memo": line.memo,
        }
        texts.append(write_line(number + 1, values, profile.layouts["batch_row"], profile))
    content = "".join(text + profile.line_end for text in texts).encode(profile.encoding)
    return BatchFile(profile.batch_name.format(batch_no=batch_no), content, sm3(content))


def read_return(content: bytes, sidecar: bytes, profile: Profile) -> BatchReturn:
    """Decode a return file.

    Raises ``FileRefused`` where digest, header, an amount or a control total is wrong. Rows with another fault, and
    repeated references, are left out and listed. A code that the profile does not know is ``PENDING``.
    """
    lines = open_envelope(content, sidecar, profile)
    header = read_header(lines[0], profile.layouts["return_header"], profile)
    check_count(header, len(lines) - 1)
    rows = list(read_rows(lines, profile.layouts["return_row"], profile))
    need_control_fields(rows, ("amount_fen",))
    check_total(header, "total_fen", sum(row.values["amount_fen"] for row in rows))
    problems = [problem for row in rows for problem in row.problems]
    problems.extend(repeated(rows, "our_ref", "a reference that no other row has"))
    faulty = {problem.line for problem in problems}
    return BatchReturn(
        batch_no=header["batch_no"],
        lines=tuple(_return_line(row, profile) for row in rows if row.line not in faulty),
        problems=tuple(problems),
    )


def _return_line(row: Row, profile: Profile) -> ReturnLine:
    code = row.values["code"]
    return ReturnLine(
        line=row.line,
        our_ref=row.values["our_ref"],
        amount_fen=row.values["amount_fen"],
        outcome=PaymentOutcome(profile.return_codes.get(code, PaymentOutcome.PENDING)),
        code=code,
        reason=row.values["reason"],
    )
