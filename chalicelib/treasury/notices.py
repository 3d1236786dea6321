"""Every winner gets a payment notice the moment the auction closes, with a pay code by the order of the result."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from chalicelib.auctions.records import Winner
from chalicelib.kernel.errors import Conflict
from chalicelib.kernel.files import Files, write_json
from chalicelib.kernel.tables import TRANSACTION_ACTIONS_MAX, Transaction
from chalicelib.periods.plan import Plan
from chalicelib.treasury import records
from chalicelib.treasury.paycodes import Block, take_block
from chalicelib.treasury.records import NoticeRecord, PayCodeRecord, notice_key, pay_code_record
from chalicelib.treasury.rules import NoticeStatus, in_notice_order, message_id, pay_code_rule

# One notice is two items: itself and the way back from its pay code.
_NOTICES_A_TRANSACTION = TRANSACTION_ACTIONS_MAX // 2
# One chunk is registered by one function call, one TCP exchange a notice.
CHUNK_NOTICES = 50


def issue_notices(files: Files, plan: Plan, winners: Iterable[Winner], closed_at_ms: int) -> dict[str, Any]:
    """Write a notice for each winner, once, and the lists that ``register`` works through.

    ``closed_at_ms`` is when the auction really closed, pauses counted in: nobody can have paid before. Returns
    ``{"count", "amount_fen", "chunks": [{"key"}]}`` (keys in the work bucket). Raises ``Conflict`` where a winner's
    standing notice says something else, or the number of winners has changed.
    """
    ranked = in_notice_order(winners)
    if ranked:
        block = take_block(plan.period, pay_code_rule(plan.city), plan.day("auction_closes").year, len(ranked))
        notices = [_notice(plan, block, place, winner, closed_at_ms) for place, winner in enumerate(ranked)]
        _write(plan.period, notices)
    chunks = []
    for number, first in enumerate(range(0, len(ranked), CHUNK_NOTICES), start=1):
        key = f"treasury/{plan.period}/register/{number:04d}.json"
        codes = [winner.code for winner in ranked[first : first + CHUNK_NOTICES]]
        write_json(files, "work", key, {"codes": codes})
        chunks.append({"key": key})
    return {"count": len(ranked), "amount_fen": sum(winner.price_fen for winner in ranked), "chunks": chunks}


def _notice(plan: Plan, block: Block, position: int, winner: Winner, closed_at_ms: int) -> NoticeRecord:
    pk, sk = notice_key(plan.period, winner.code)
    pay_code = block.code(position)
    return NoticeRecord(
        pk,
        sk,
        period=plan.period,
        code=winner.code,
        bidder_class=winner.bidder_class,
        rank=winner.rank,
        pay_code=pay_code,
        amount_fen=winner.price_fen,
        issued_on=plan.day("auction_closes").isoformat(),
        due_on=plan.day("settlement_closes").isoformat(),
        due_at_ms=plan.at("settlement_closes"),
        opens_at_ms=closed_at_ms,
        message_id=message_id("8994", plan.period, pay_code),
        state=NoticeStatus.ISSUED,
    )


def _write(period: str, notices: Sequence[NoticeRecord]) -> None:
    standing = {notice.code: notice for notice in records.notices(period)}
    missing = []
    for notice in notices:
        there = standing.pop(notice.code, None)
        if there is None:
            missing.append(notice)
        else:
            _same(there, notice)
            _move_deadline(there, notice)
    if standing:
        raise Conflict("NOTICE_WITHOUT_WINNER", f"{len(standing)} 份缴款通知没有对应的买受人")
    for first in range(0, len(missing), _NOTICES_A_TRANSACTION):
        _put(missing[first : first + _NOTICES_A_TRANSACTION])


def _put(notices: Sequence[NoticeRecord]) -> None:
    transaction = Transaction()
    for notice in notices:
        transaction.put(notice, NoticeRecord.pk.does_not_exist())
        way = pay_code_record(notice.pay_code, notice.period, notice.code)
        transaction.put(way, PayCodeRecord.pk.does_not_exist())
    try:
        transaction.commit()
    except Conflict:
        # Another run may have been faster; then the same notices stand.
        for notice in notices:
            there = records.find_notice(notice.period, notice.code)
            if there is None:
                raise
            _same(there, notice)


def _same(there: NoticeRecord, notice: NoticeRecord) -> None:
    """Hold a standing notice to what the result says."""
    # A winner whose notice was voided has another one by now; the first was the result's.
    facts = [
        (each.first_pay_code or each.pay_code, int(each.amount_fen), each.bidder_class, int(each.rank))
        for each in (there, notice)
    ]
    if facts[0] != facts[1]:
        raise Conflict("NOTICE_DIFFERS", f"申请编码 {notice.code} 的缴款通知已按不同内容生成")


def _move_deadline(there: NoticeRecord, notice: NoticeRecord) -> None:
    """An operator may move the deadline by a new plan; who was called unpaid before it is asked about again."""
    if int(there.due_at_ms) != int(notice.due_at_ms):
        actions = [
            NoticeRecord.due_at_ms.set(int(notice.due_at_ms)),
            NoticeRecord.due_on.set(notice.due_on),
            NoticeRecord.proposed_at_ms.set(0),
        ]
        records.advance(notice.period, notice.code, actions, records.open_notice())
