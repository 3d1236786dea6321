"""The door for the treasury's frames: checked, stored, queued, acknowledged; the work is done from the queue."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from pynamodb.exceptions import PutError

from chalicelib.kernel.clock import Clock, local_date
from chalicelib.kernel.errors import InvalidInput, Problem
from chalicelib.kernel.ids import canonical, digest_of
from chalicelib.kernel.log import logger
from chalicelib.kernel.queues import Queue
from chalicelib.periods.problems import record_problems
from chalicelib.treasury import records
from chalicelib.treasury.records import ConfirmationRecord
from integrations.ports import Confirmation, TreasuryLink

_CONDITION_FAILED = "ConditionalCheckFailedException"


@dataclass(frozen=True)
class Reply:
    """The frame that answers, and the HTTP status it travels with: 200 taken, 400 wrong, 409 other content."""

    status: int
    frame: bytes


def receive(frame: bytes, link: TreasuryLink, queue: Queue, clock: Clock) -> Reply:
    """Take a frame in. The same confirmation again is acknowledged again, with the same bytes on the same day.

    Nothing is acknowledged that is not stored and queued: an error on the way leaves as it is, and the treasury sends
    the frame again.
    """
    today = local_date(clock.now_ms())
    try:
        confirmation = link.read_confirmation(frame)
    except InvalidInput as wrong:
        # No reference: what could not be verified is not repeated back.
        logger.warning("treasury frame refused", extra={"code": wrong.code, "bytes": len(frame)})
        return Reply(400, link.refuse("", today, f"{wrong.code} {wrong.message}"))
    if not _store(confirmation, clock):
        return Reply(
            409, link.refuse(confirmation.message_id, today, "CONFIRMATION_CHANGED 同一报文标识号的内容不一致")
        )
    queue.send(canonical({"message_id": confirmation.message_id}).decode())
    return Reply(200, link.acknowledge(confirmation.message_id, today))


def _store(confirmation: Confirmation, clock: Clock) -> bool:
    """Write it down once; ``False`` where other content stands under its number, which goes to the operators' list."""
    record = ConfirmationRecord(
        *records.confirmation_key(confirmation.message_id),
        message_id=confirmation.message_id,
        pay_code=confirmation.pay_code,
        amount_fen=confirmation.amount_fen,
        confirmed_at_ms=confirmation.confirmed_at_ms,
        bank_serial=confirmation.bank_serial,
        received_at_ms=clock.now_ms(),
        digest=digest_of(asdict(confirmation)),
    )
    try:
        record.save(ConfirmationRecord.pk.does_not_exist())
    except PutError as error:
        if error.cause_response_code != _CONDITION_FAILED:
            raise
        standing = records.find_confirmation(confirmation.message_id)
        if standing.digest != record.digest:
            _list_changed(standing, confirmation)
            return False
    return True


def _list_changed(standing: ConfirmationRecord, confirmation: Confirmation) -> None:
    notice = records.notice_by_pay_code(confirmation.pay_code)
    period = notice.period if notice else month_of(confirmation.confirmed_at_ms)
    problem = Problem(
        0,
        "MsgID",
        f"{confirmation.message_id}: {confirmation.pay_code}, {confirmation.amount_fen} fen",
        f"{standing.pay_code}, {int(standing.amount_fen)} fen, as it first came; ask the treasury which holds",
    )
    source = f"treasury/confirmations/{confirmation.message_id}"
    record_problems(period, source, [problem], "CONFIRMATION_CHANGED", "财政缴款确认报文重复且内容不一致")


def month_of(at_ms: int) -> str:
    """The month of an instant, the period that a payment belongs to when nothing else tells."""
    return f"{local_date(at_ms):%Y-%m}"
