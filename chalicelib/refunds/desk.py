"""Another account by two operators' hands, for payments whose payer is no applicant, or not the only one of his name.

The first keys it in from the payer's papers, the second keys it in again from the same papers: what the first wrote is
not shown to him, and only what both wrote counts.
"""

from __future__ import annotations

from chalicelib.kernel.errors import Conflict, NotAllowed, NotFound
from chalicelib.kernel.privacy import Vault
from chalicelib.kernel.tables import Transaction
from chalicelib.periods.audit import Act, Actor, note
from chalicelib.refunds import records
from chalicelib.refunds.accounts import Account, note_account
from chalicelib.refunds.records import FailedRecord
from chalicelib.refunds.rules import RefundState


def propose_account(our_ref: str, account: Account, *, actor: Actor, vault: Vault) -> None:
    """Note what an operator keyed in for a failed payment; a later proposal takes an earlier one's place.

    Raises ``NotFound`` (``NO_FAILED_REFUND``) for a payment that did not fail or was sent again.
    """
    failure = _waiting(our_ref)
    proposed = _lookup(vault, our_ref, account)
    transaction = Transaction()
    transaction.update(
        FailedRecord(failure.pk, failure.sk),
        [FailedRecord.proposed_lookup.set(proposed), FailedRecord.proposed_by.set(actor.name)],
        FailedRecord.pk.exists(),
    )
    before = _digests(failure.proposed_lookup, failure.proposed_by)
    note(transaction, actor, Act("refund_account.propose", our_ref, before, _digests(proposed, actor.name)))
    transaction.commit()


def confirm_account(our_ref: str, account: Account, *, actor: Actor, vault: Vault) -> None:
    """A second person keys in the same: from now on the payment goes there, with the next batch that sends again.

    Raises ``NotFound`` (``NO_FAILED_REFUND``), ``NotAllowed`` (``SELF_APPROVAL``) for the proposer, ``Conflict``
    (``ACCOUNT_DIFFERS``) where the two did not write the same, or nobody has proposed anything.
    """
    failure = _waiting(our_ref)
    if failure.proposed_by == actor.name:
        raise NotAllowed("SELF_APPROVAL", "经办人不能复核自己录入的收款账号")
    proposed = _lookup(vault, our_ref, account)
    if failure.proposed_lookup != proposed:
        raise Conflict("ACCOUNT_DIFFERS", "两次录入的收款账号或户名不一致,或尚未录入")
    as_proposed = (FailedRecord.proposed_lookup == proposed) & (FailedRecord.proposed_by == failure.proposed_by)
    act = Act(
        "refund_account.confirm",
        our_ref,
        _digests(failure.proposed_lookup, failure.proposed_by),
        {**_digests(proposed, failure.proposed_by), "confirmed_by": actor.name},
    )
    if not note_account(failure, account, vault, actor.at_ms, confirmed=(actor, act), condition=as_proposed):
        raise Conflict("ACCOUNT_DIFFERS", "收款账号已被重新录入,或该款项已再次付出")


def _digests(account_lookup: str, proposed_by: str) -> dict[str, str]:
    # On the trail an account is its keyed digest: enough to see whether two wrote the same.
    return {"account_digest": account_lookup, "proposed_by": proposed_by}


def _waiting(our_ref: str) -> FailedRecord:
    failure, refund = records.find_failed(our_ref), records.find_refund(our_ref)
    if failure is None or refund is None or refund.state != RefundState.FAILED:
        raise NotFound("NO_FAILED_REFUND", "没有待补充账号的退款")
    return failure


def _lookup(vault: Vault, our_ref: str, account: Account) -> str:
    return vault.lookup("refund account", "\n".join((our_ref, account.number, account.name)))
