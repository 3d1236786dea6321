"""Another account by two operators' hands, for payments whose payer is no applicant, or not the only one of his name.

The first keys it in from the payer's papers, the second keys it in again from the same papers: what the first wrote is
not shown to him, and only what both wrote counts.
"""

from __future__ import annotations

from chalicelib.kernel.errors import Conflict, NotAllowed, NotFound
from chalicelib.kernel.privacy import Vault
from chalicelib.refunds import records
from chalicelib.refunds.accounts import Account, note_account
from chalicelib.refunds.records import FailedRecord
from chalicelib.refunds.rules import RefundState


def propose_account(our_ref: str, account: Account, *, by: str, vault: Vault) -> None:
    """Note what an operator keyed in for a failed payment; a later proposal takes an earlier one's place.

    Raises ``NotFound`` (``NO_FAILED_REFUND``) for a payment that did not fail or was sent again.
    """
    failure = _waiting(our_ref)
    proposed = FailedRecord.proposed_lookup.set(_lookup(vault, our_ref, account))
    proposer = FailedRecord.proposed_by.set(by)
    FailedRecord(failure.pk, failure.sk).update([proposed, proposer], FailedRecord.pk.exists())


def confirm_account(our_ref: str, account: Account, *, by: str, vault: Vault, now_ms: int) -> None:
    """A second person keys in the same: from now on the payment goes there, with the next batch that sends again.

    Raises ``NotFound`` (``NO_FAILED_REFUND``), ``NotAllowed`` (``SELF_APPROVAL``) for the proposer, ``Conflict``
    (``ACCOUNT_DIFFERS``) where the two did not write the same, or nobody has proposed anything.
    """
    failure = _waiting(our_ref)
    if failure.proposed_by == by:
        raise NotAllowed("SELF_APPROVAL", "经办人不能复核自己录入的收款账号")
    proposed = _lookup(vault, our_ref, account)
    if failure.proposed_lookup != proposed:
        raise Conflict("ACCOUNT_DIFFERS", "两次录入的收款账号或户名不一致,或尚未录入")
    as_proposed = (FailedRecord.proposed_lookup == proposed) & (FailedRecord.proposed_by == failure.proposed_by)
    if not note_account(failure, account, vault, now_ms, confirmed_by=by, condition=as_proposed):
        raise Conflict("ACCOUNT_DIFFERS", "收款账号已被重新录入,或该款项已再次付出")


def _waiting(our_ref: str) -> FailedRecord:
    failure, refund = records.find_failed(our_ref), records.find_refund(our_ref)
    if failure is None or refund is None or refund.state != RefundState.FAILED:
        raise NotFound("NO_FAILED_REFUND", "没有待补充账号的退款")
    return failure


def _lookup(vault: Vault, our_ref: str, account: Account) -> str:
    return vault.lookup("refund account", "\n".join((our_ref, account.number, account.name)))
