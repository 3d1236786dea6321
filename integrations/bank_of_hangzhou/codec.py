"""The bank's three files: bytes <-> the port's records, by the profile. Pure."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Sequence
from itertools import islice

from chalicelib.kernel.errors import InvalidInput, Problem
from integrations.bank_of_hangzhou.envelope import (
    Row,
    check_total,
    open_envelope,
    read_header,
    read_row,
    read_rows,
    refused,
    sm3,
    write_line,
)
from integrations.bank_of_hangzhou.profile import Profile
from integrations.bank_of_hangzhou.quick import QuickReader, quick_reader
from integrations.ports import (
    BatchFile,
    BatchReturn,
    Direction,
    PaymentOutcome,
    RefundLine,
    ReturnLine,
    Statement,
    StatementLine,
)


def read_statement(content: bytes, sidecar: bytes, profile: Profile) -> Statement:
    """Decode a T+1 statement.

    Raises ``FileRefused`` where digest, header, an amount, a direction or a control total is wrong. Rows with another
    fault are left out and listed as problems; the day can't be closed over them.
    """
    lines = open_envelope(content, sidecar, profile)
    header = read_header(lines, profile.layouts["statement_header"], profile)
    good, rows = _statement_rows(lines, profile)
    _need_control_fields(rows, ("amount_fen", "direction"))
    total_fen = sum(line.amount_fen for line in good)
    check_total(header, "total_fen", total_fen + sum(row.values["amount_fen"] for row in rows))
    # What came in and what went out, once more with its sign.
    debits_fen = sum(line.amount_fen for line in good if line.direction is Direction.DEBIT)
    moved = total_fen - 2 * debits_fen + sum(_signed(row) for row in rows)
    check_total(header, "closing_fen", header["opening_fen"] + moved)
    problems = [problem for row in rows for problem in row.problems]
    problems.extend(_repeated_serials(good, rows))
    empty = [line.line for line in good if line.amount_fen == 0]
    empty += [row.line for row in rows if row.values["amount_fen"] == 0]
    problems.extend(Problem(line, "amount_fen", "0", "an amount > 0") for line in sorted(empty))
    faulty = {problem.line for problem in problems}
    return Statement(
        batch_no=header["batch_no"],
        account_no=header["account_no"],
        day=header["day"],
        opening_fen=header["opening_fen"],
        closing_fen=header["closing_fen"],
        lines=tuple(line for line in good if line.line not in faulty) if faulty else tuple(good),
        problems=tuple(problems),
    )


def _statement_rows(lines: Sequence[str], profile: Profile) -> tuple[list[StatementLine], list[Row]]:
    """The rows in which nothing is wrong, and those in which something is."""
    layout = profile.layouts["statement_row"]
    quick = quick_reader(layout, profile)
    good: list[StatementLine] = []
    wrong: list[Row] = []
    # Each new object makes the collector look at all earlier ones again and again, and none of them is garbage.
    collecting = gc.isenabled()
    gc.disable()
    try:
        _read_each(lines, quick, profile, (good, wrong))
    finally:
        if collecting:
            gc.enable()
    return good, wrong


def _read_each(
    lines: Sequence[str], quick: QuickReader, profile: Profile, into: tuple[list[StatementLine], list[Row]]
) -> None:
    layout, (good, wrong) = profile.layouts["statement_row"], into
    for number, text in enumerate(islice(lines, 1, None), start=2):
        line = quick(number, text)
        if line is None:
            row = read_row(number, text, layout, profile)
            if row.problems:
                wrong.append(row)
                continue
            line = _statement_line(row)
        good.append(line)


def _repeated_serials(good: list[StatementLine], wrong: list[Row]) -> list[Problem]:
    serials = {line.serial for line in good}
    if len(serials) == len(good) and not any(row.values.get("serial") in serials for row in wrong):
        rows = wrong
    else:
        rows = [*(Row(line.line, {"serial": line.serial}, ()) for line in good), *wrong]
    return _repeated(sorted(rows, key=lambda row: row.line), "serial", "a serial that no other row has")


def _statement_line(row: Row) -> StatementLine:
    return StatementLine(line=row.line, **{**row.values, "direction": Direction(row.values["direction"])})


def _signed(row: Row) -> int:
    amount: int = row.values["amount_fen"]
    return -amount if row.values["direction"] == Direction.DEBIT else amount


def _need_control_fields(rows: Iterable[Row], names: tuple[str, ...]) -> None:
    problems = [problem for row in rows if not all(name in row.values for name in names) for problem in row.problems]
    if problems:
        raise refused("ROWS_UNREADABLE", "明细无法核对合计", problems)


def _repeated(rows: Iterable[Row], name: str, remedy: str) -> list[Problem]:
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
    header = read_header(lines, profile.layouts["return_header"], profile)
    rows = list(read_rows(lines, profile.layouts["return_row"], profile))
    _need_control_fields(rows, ("amount_fen",))
    check_total(header, "total_fen", sum(row.values["amount_fen"] for row in rows))
    problems = [problem for row in rows for problem in row.problems]
    problems.extend(_repeated(rows, "our_ref", "a reference that no other row has"))
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
