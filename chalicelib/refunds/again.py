"""Send again what came back since the last batch: the period's machine sends ``again-1``, operators the others."""

from __future__ import annotations

from chalicelib.deposits import records as deposits
from chalicelib.deposits.records import CreditState
from chalicelib.kernel.errors import Conflict
from chalicelib.kernel.machines import Machines
from chalicelib.periods.audit import Act, Actor, note_alone
from chalicelib.periods.records import find_period
from chalicelib.refunds import records
from chalicelib.refunds.rules import BatchStatus, RefundState, batch_kind

MACHINE = "refund_batch"
_ENDED = (BatchStatus.RETURNED, BatchStatus.REFUSED)
_MINUTE_MS = 60_000


def start_again(period: str, machines: Machines, actor: Actor) -> str:
    """Start the machine of the next batch that sends again and return the batch's name; a second person approves it.

    One that was started here and has not come to its end is started once more, at most once a minute: none of its
    steps is done twice. Raises ``Conflict``: ``AGAIN_EARLY`` while the period's own machine has not made and ended
    ``again-1``, ``AGAIN_NOTHING`` where nothing waits to be sent.
    """
    batch = next_batch(period)
    act = Act("refunds.again", f"{period}/{batch}", {}, {"batch": batch})
    note_alone(actor, act)
    given = {"period": period, "attempt": find_period(period).attempt, "batch": batch, "made_by": actor.name}
    machines.start(MACHINE, f"{period}-{batch}-{actor.at_ms // _MINUTE_MS}", given)
    return batch


def next_batch(period: str) -> str:
    """The batch that is to be started next; raises as ``start_again`` does."""
    number = 1
    while records.find_head(period, f"again-{number}") is not None and _ended(period, f"again-{number}"):
        number += 1
    batch = batch_kind(f"again-{number}").name
    if number == 1:
        raise Conflict("AGAIN_EARLY", "首次重退由本期流程办理,尚未办结")
    if records.find_head(period, batch) is None and not _anything_waits(period):
        raise Conflict("AGAIN_NOTHING", "没有可以重新退付的款项")
    return batch


def _ended(period: str, batch: str) -> bool:
    head = records.find_head(period, batch)
    files = records.batch_files(period, batch)
    return head is not None and bool(head.cut) and all(file.state in _ENDED for file in files)


def _anything_waits(period: str) -> bool:
    for failure in records.failed(period):
        refund = records.find_refund(failure.sk) if failure.answered_at_ms else None
        if refund is not None and refund.state == RefundState.FAILED:
            return True
    # Payments that a late statement brought after the last batch.
    return any(credit.state == CreditState.RETURNABLE for credit in deposits.credits(period))
