"""What the bank answers of a batch (``qryBatchCostReimb``, ``qryBatchXfer``): its state, and each payment's. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from chalicelib.kernel.errors import Problem
from chalicelib.kernel.money import yuan_text
from integrations.bundle import check_digest, fact, read_bundle
from integrations.minsheng import codec
from integrations.minsheng.codec import Order
from integrations.minsheng.envelope import read_reply, refused
from integrations.minsheng.profile import Profile, Way
from integrations.minsheng.rows import Row, read_rows, read_yuan
from integrations.ports import BatchReturn, PaymentOutcome, ReturnLine


@dataclass(frozen=True)
class Answer:
    """A bank's answer about one request. ``said`` is a word of ``reply_codes``, ``state`` one of ``batch_states``."""

    said: str
    state: str
    code: str
    rows: tuple[Row, ...]
    problems: tuple[Problem, ...]

    @property
    def total_fen(self) -> int:
        """What the rows add up to."""
        return sum(row.values["amount_fen"] for row in self.rows)


def read_answer(xml: bytes, way: Way, ins_id: str, profile: Profile) -> Answer:
    """Decode an answer. Rows that say the same twice are taken once and listed.

    Raises ``FileRefused`` where it is no whole answer, is about another number, a row has no readable number or amount,
    or the totals it brings are not what its rows add up to.
    """
    reply = read_reply(xml, way.ask_code, profile)
    if reply.said != "accepted":
        return Answer(reply.said, "pending", reply.code, (), ())
    if reply.text("insId") != ins_id:
        raise refused("REPLY_FOREIGN", "应答不是所问的流水号", Problem(0, "insId", "", ins_id))
    rows = read_rows(reply.text("fileContent"), way.returned, codec.separators(profile))
    faults = [fault for row in rows if not {"line", "amount_fen"} <= set(row.values) for fault in row.problems]
    if faults:
        raise refused("ROWS_UNREADABLE", "明细无法核对合计", *faults)
    kept, problems = _once(rows)
    code = reply.text("statusCode")
    answer = Answer(reply.said, profile.batch_states.get(code, "pending"), code, tuple(kept), tuple(problems))
    _check_told(answer, reply.text("totalRow"), reply.text("totalAmt"))
    return answer


def _once(rows: Sequence[Row]) -> tuple[list[Row], list[Problem]]:
    seen: dict[int, Row] = {}
    kept, problems = [], []
    for row in rows:
        number = row.values["line"]
        standing = seen.get(number)
        if standing is not None:
            problems.append(Problem(row.line, "line", str(number), "a row's number that no other row has"))
        if standing is None or standing.values != row.values:
            kept.append(row)
        seen.setdefault(number, row)
    return kept, problems


def _check_told(answer: Answer, count: str, amount: str) -> None:
    if count and count.lstrip("0") != str(len(answer.rows) or ""):
        problem = Problem(0, "totalRow", ascii(count[:20]), f"{len(answer.rows)}, the number of rows")
        raise refused("COUNT_DIFFERS", "应答笔数与明细不一致", problem)
    if amount:
        try:
            right = read_yuan(amount) == answer.total_fen
        except ValueError:
            right = False
        if not right:
            remedy = f"{yuan_text(answer.total_fen)}, what the rows add up to"
            raise refused(
                "TOTAL_DIFFERS", "应答合计金额与明细不一致", Problem(0, "totalAmt", ascii(amount[:20]), remedy)
            )


def differs(answer: Answer, order: Order) -> Problem | None:
    """How the bank's rows differ from what was ordered; ``None`` where count and total are the same."""
    if len(answer.rows) != len(order.payments):
        return Problem(0, "totalRow", str(len(answer.rows)), f"{len(order.payments)}, as ordered")
    if answer.total_fen != order.total_fen:
        return Problem(0, "totalAmt", yuan_text(answer.total_fen), f"{yuan_text(order.total_fen)}, as ordered")
    return None


def read_return(content: bytes, sidecar: bytes, profile: Profile) -> BatchReturn:
    """Decode a fetched return.

    Raises ``FileRefused`` where digest or head is wrong, the bank had no result yet, or its rows are not in count and
    total what was ordered. A code that the profile does not know is ``PENDING``.
    """
    check_digest(content, sidecar)
    bundle = read_bundle(content, "return", profile.bytes_max)
    lines: list[ReturnLine] = []
    problems: list[Problem] = []
    for part in bundle.parts:
        order = codec.read_order(part, profile)
        answer = read_answer(part.content, order.way, order.ins_id, profile)
        told, faults = _lines(answer, order, len(lines))
        lines.extend(told)
        problems.extend(faults)
    return BatchReturn(fact(bundle.facts, "batch_no", str), tuple(lines), tuple(problems))


def _lines(answer: Answer, order: Order, start: int) -> tuple[list[ReturnLine], list[Problem]]:
    if answer.said == "not_found" and order.turned_away:
        return _all_failed(order, start, answer.code, "整批被拒收"), []
    if answer.said != "accepted" or answer.state == "pending":
        raise refused("RETURN_NOT_READY", "银行尚无结果", Problem(0, "statusCode", ascii(answer.code[:20]), "a result"))
    if answer.state == "failed" and not answer.rows:
        return _all_failed(order, start, answer.code, "整批失败"), list(answer.problems)
    difference = differs(answer, order)
    if difference is not None:
        raise refused("TOTAL_DIFFERS", "回盘与所发指令的笔数或金额不一致", difference)
    problems = [*answer.problems, *(problem for row in answer.rows for problem in row.problems)]
    lines = []
    numbers = Counter(row.values["line"] for row in answer.rows)
    for row in answer.rows:
        number = row.values["line"]
        if number > len(order.payments):
            problems.append(Problem(row.line, "line", str(number), f"1 to {len(order.payments)}"))
        elif not row.problems and numbers[number] == 1:
            lines.append(_line(row, order, start))
    return lines, problems


def _all_failed(order: Order, start: int, code: str, reason: str) -> list[ReturnLine]:
    return [
        ReturnLine(start + number, ref, amount, PaymentOutcome.FAILED, code, reason)
        for number, (ref, amount) in enumerate(order.payments, start=1)
    ]


def _line(row: Row, order: Order, start: int) -> ReturnLine:
    code = row.values["code"]
    return ReturnLine(
        line=start + row.values["line"],
        our_ref=order.payments[row.values["line"] - 1][0],
        amount_fen=row.values["amount_fen"],
        outcome=PaymentOutcome(order.way.return_codes.get(code, PaymentOutcome.PENDING)),
        code=code,
        reason=row.values["reason"],
    )
