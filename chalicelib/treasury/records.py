"""The treasury's table: notices, the pay codes given out, and the confirmations that came in.

| item | pk | sk |
|---|---|---|
| notice | ``{period}#{shard of code}`` | ``notice#{code}`` |
| a void notice that another took the place of | ``{period}#{shard of code}`` | ``replaced#{code}#{pay code}`` |
| money that is no payment of a notice | ``{period}#surplus`` | ``surplus#{message id}`` |
| way back from a pay code | ``paycode#{pay code}`` | ``paycode`` |
| confirmation | ``confirmation#{message id}`` | ``confirmation`` |
| a year's counter of pay codes | ``counter#{region}#{year}`` | ``counter`` |
| a period's block of pay codes | ``{period}#block`` | ``block`` |
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import UpdateError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action
from pynamodb.models import Model

from chalicelib.kernel.errors import NotFound
from chalicelib.kernel.shards import SHARDS, shard_of
from chalicelib.kernel.tables import HubMeta, Transaction, table_name
from chalicelib.periods.audit import Act, Actor, commit_noted
from chalicelib.treasury.rules import OPEN, RELEASE, NoticeStatus, VoidState

NOTICE = "notice#"
REPLACED = "replaced#"
SURPLUS = "surplus#"

_CONDITION_FAILED = "ConditionalCheckFailedException"


class NoticeRecord(Model):
    """A winner's payment notice. ``amount_fen`` is the price; ``message_id`` is our number for its upload.

    ``paid_by`` is ``confirmation`` (5996) or ``inquiry`` (8997); instants are epoch ms, 0 until they happen;
    ``unpaid_at_ms`` is when the treasury last said that it is unpaid; ``forfeited_fen`` what a default cost;
    ``opens_at_ms`` from when on it can be paid, ``late_at_ms`` when it was paid too late; ``qr_text`` what the treasury
    wants in its QR code, where it says so. ``void_*``: see ``voiding``. ``replaces`` is the void notice's pay code that
    this one took the place of, ``first_pay_code`` the first in such a row, both empty on a first notice.
    """

    class Meta(HubMeta):
        """Where it is kept."""

        table_name = table_name("TREASURY_TABLE")

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    period = UnicodeAttribute()
    code = UnicodeAttribute()
    bidder_class = UnicodeAttribute()
    rank = NumberAttribute()
    pay_code = UnicodeAttribute()
    amount_fen = NumberAttribute()
    issued_on = UnicodeAttribute()
    due_on = UnicodeAttribute()
    due_at_ms = NumberAttribute()
    message_id = UnicodeAttribute()
    state = UnicodeAttribute()
    registered_at_ms = NumberAttribute(default=0)
    paid_at_ms = NumberAttribute(default=0)
    paid_by = UnicodeAttribute(default="")
    bank_serial = UnicodeAttribute(default="")
    unpaid_at_ms = NumberAttribute(default=0)
    proposed_at_ms = NumberAttribute(default=0)
    defaulted_at_ms = NumberAttribute(default=0)
    defaulted_by = UnicodeAttribute(default="")
    forfeited_fen = NumberAttribute(default=0)
    opens_at_ms = NumberAttribute(default=0)
    late_at_ms = NumberAttribute(default=0)
    qr_text = UnicodeAttribute(default="")
    replaces = UnicodeAttribute(default="")
    first_pay_code = UnicodeAttribute(default="")
    void_state = UnicodeAttribute(default=VoidState.NONE)
    void_cause = UnicodeAttribute(default="")
    void_then = UnicodeAttribute(default="")
    void_proposed_by = UnicodeAttribute(default="")
    void_confirmed_by = UnicodeAttribute(default="")
    voided_at_ms = NumberAttribute(default=0)

    @property
    def status(self) -> NoticeStatus:
        """The state as a word of the trade."""
        return NoticeStatus(self.state)

    @property
    def released(self) -> bool:
        """Whether two persons released the winner from a notice that is void."""
        return self.status == NoticeStatus.VOID and self.void_then == RELEASE and self.void_state == VoidState.DONE

    @property
    def undecided(self) -> bool:
        """Whether it is void, or about to be, and nobody has decided yet what becomes of the winner."""
        if self.status in OPEN:
            return self.void_state == VoidState.CONFIRMED
        return self.status == NoticeStatus.VOID and not self.released

    @property
    def issue_day(self) -> date:
        """The accounting day it was issued on."""
        return date.fromisoformat(self.issued_on)

    @property
    def due_day(self) -> date:
        """The accounting day it must be paid by."""
        return date.fromisoformat(self.due_on)


class PayCodeRecord(Model):
    """Leads from a pay code to the notice that bears it."""

    class Meta(HubMeta):
        """Where it is kept."""

        table_name = table_name("TREASURY_TABLE")

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    period = UnicodeAttribute()
    code = UnicodeAttribute()


class ConfirmationRecord(Model):
    """The treasury's word on one payment, as it came in. ``finding`` is empty until it was worked off."""

    class Meta(HubMeta):
        """Where it is kept."""

        table_name = table_name("TREASURY_TABLE")

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    message_id = UnicodeAttribute()
    pay_code = UnicodeAttribute()
    amount_fen = NumberAttribute()
    confirmed_at_ms = NumberAttribute()
    bank_serial = UnicodeAttribute()
    received_at_ms = NumberAttribute()
    digest = UnicodeAttribute()
    finding = UnicodeAttribute(default="")


class SurplusRecord(Model):
    """Money that the treasury has and that pays no notice: too little, too much, too late, twice or under a wrong code.

    It is on the treasury's accounts and not on ours: the treasury gives it back.
    """

    class Meta(HubMeta):
        """Where it is kept."""

        table_name = table_name("TREASURY_TABLE")

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    message_id = UnicodeAttribute()
    pay_code = UnicodeAttribute()
    code = UnicodeAttribute(default="")
    finding = UnicodeAttribute()
    amount_fen = NumberAttribute()
    confirmed_at_ms = NumberAttribute()
    bank_serial = UnicodeAttribute()


def notice_key(period: str, code: str) -> tuple[str, str]:
    """The table key of a notice."""
    return f"{period}#{shard_of(code)}", f"{NOTICE}{code}"


def pay_code_record(pay_code: str, period: str, code: str) -> PayCodeRecord:
    """The item that finds a notice by its pay code."""
    return PayCodeRecord(f"paycode#{pay_code}", "paycode", period=period, code=code)


def confirmation_key(message_id: str) -> tuple[str, str]:
    """The table key of a confirmation."""
    return f"confirmation#{message_id}", "confirmation"


def find_notice(period: str, code: str) -> NoticeRecord | None:
    """The notice of an application code in a period, read consistently."""
    try:
        return NoticeRecord.get(*notice_key(period, code), consistent_read=True)
    except NoticeRecord.DoesNotExist:
        return None


def notice_by_pay_code(pay_code: str) -> NoticeRecord | None:
    """The notice that bears a pay code, whatever its period."""
    try:
        way = PayCodeRecord.get(f"paycode#{pay_code}", "paycode", consistent_read=True)
    except PayCodeRecord.DoesNotExist:
        return None
    notice = find_notice(way.period, way.code)
    if notice is None or notice.pay_code == pay_code:
        return notice
    return NoticeRecord.get(*replaced_key(way.period, way.code, pay_code), consistent_read=True)


def replaced_key(period: str, code: str, pay_code: str) -> tuple[str, str]:
    """The table key of a void notice that another took the place of."""
    return f"{period}#{shard_of(code)}", f"{REPLACED}{code}#{pay_code}"


def replaced(period: str) -> Iterator[NoticeRecord]:
    """Every void notice of a period that another took the place of."""
    for shard in SHARDS:
        yield from NoticeRecord.query(f"{period}#{shard}", NoticeRecord.sk.startswith(REPLACED), consistent_read=True)


def surplus(period: str) -> Iterator[SurplusRecord]:
    """Every payment of a period that pays no notice."""
    yield from SurplusRecord.query(f"{period}#surplus", SurplusRecord.sk.startswith(SURPLUS), consistent_read=True)


def notices(period: str) -> Iterator[NoticeRecord]:
    """Every notice of a period, in no particular order."""
    for shard in SHARDS:
        yield from NoticeRecord.query(f"{period}#{shard}", NoticeRecord.sk.startswith(NOTICE), consistent_read=True)


def paid(period: str, code: str) -> bool:
    """Whether a winner's price was paid by the treasury's word."""
    notice = find_notice(period, code)
    return notice is not None and notice.status == NoticeStatus.PAID


def released(period: str, code: str) -> bool:
    """Whether a winner whose notice is void was released: he owes nothing and his deposit goes back."""
    notice = find_notice(period, code)
    return notice is not None and notice.released


def undecided(period: str, code: str) -> bool:
    """Whether a winner's notice is void and nobody has decided yet what becomes of him: his deposit stays held."""
    notice = find_notice(period, code)
    return notice is not None and notice.undecided


def find_confirmation(message_id: str) -> ConfirmationRecord:
    """A confirmation as it came in; ``NotFound`` (``CONFIRMATION_UNKNOWN``) where none has this number."""
    try:
        return ConfirmationRecord.get(*confirmation_key(message_id), consistent_read=True)
    except ConfirmationRecord.DoesNotExist:
        raise NotFound("CONFIRMATION_UNKNOWN", f"没有该缴款确认报文: {message_id[:40]}") from None


def open_notice() -> Condition:
    """The condition that a notice may still be paid."""
    return NoticeRecord.state.is_in(*OPEN)


def defaultable() -> Condition:
    """The condition that a notice may default: open, and not about to be voided."""
    not_being_voided: Condition = NoticeRecord.void_state != VoidState.CONFIRMED
    both: Condition = open_notice() & not_being_voided
    return both


def advance(
    period: str,
    code: str,
    actions: Iterable[Action],
    condition: Condition,
    noted: tuple[Actor, Act] | None = None,
) -> bool:
    """Move a notice on; ``False`` where it no longer stands where it was thought to, and nothing was written.

    ``noted``: the operator whose act it is, and the act, for the audit trail.
    """
    if noted is not None:
        transaction = Transaction()
        advance_in(transaction, period, code, actions, condition)
        return commit_noted(transaction, *noted)
    try:
        NoticeRecord(*notice_key(period, code)).update(list(actions), condition=condition)
    except UpdateError as error:
        if error.cause_response_code == _CONDITION_FAILED:
            return False
        raise
    return True


def advance_in(
    transaction: Transaction, period: str, code: str, actions: Iterable[Action], condition: Condition
) -> None:
    """Add a step of a notice to a transaction."""
    transaction.update(NoticeRecord(*notice_key(period, code)), actions, condition)
