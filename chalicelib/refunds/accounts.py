"""Refunds that came back: their list, and another account of the same owner."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pynamodb.expressions.condition import Condition

from chalicelib.applicants import records as applicants
from chalicelib.kernel.csv_table import CSV_TYPE, csv_table
from chalicelib.kernel.errors import Conflict, InvalidInput, NotFound, Problem
from chalicelib.kernel.files import Files
from chalicelib.kernel.money import yuan_text
from chalicelib.kernel.privacy import Vault, mask_id, mask_name
from chalicelib.kernel.tables import Transaction
from chalicelib.periods.audit import Act, Actor, note
from chalicelib.refunds import records
from chalicelib.refunds.records import FailedRecord, RefundRecord
from chalicelib.refunds.rules import RefundState

COLUMNS = ("付款编号", "申请编码", "户名", "账号", "本金(元)", "代码", "原因", "已补充账号")


@dataclass(frozen=True)
class Account:
    """Another account to refund to."""

    number: str
    name: str


def give_account(period: str, code: str, account: Account, *, vault: Vault, now_ms: int) -> int:
    """Note another account for the failed refunds of an applicant; returns for how many.

    It counts for those that bear the application code, and for those without one that came from the applicant's own
    name, unless another applicant bears it too: then operators have to see whose they are. The owner must bear the
    applicant's name. Until it is sent, a later account takes an earlier one's place. Raises ``InvalidInput``
    (``ACCOUNT_NAME``) or ``NotFound`` (``NO_FAILED_REFUND``).
    """
    applicant = applicants.get(period, code)
    if applicants.name_lookup(vault, account.name) != applicant.name_lookup:
        problem = Problem(0, "account_name", f"{len(account.name)} characters", "the applicant's own name")
        raise InvalidInput("ACCOUNT_NAME", "收款账户户名须与申请人一致", problems=(problem,))
    only_one = applicants.codes_named(period, applicant.name_lookup) == [code]
    given = [
        note_account(each, account, vault, now_ms)
        for each, _ in _waiting(period)
        if each.code == code or (only_one and not each.code and each.payee_lookup == applicant.name_lookup)
    ]
    if not any(given):
        raise NotFound("NO_FAILED_REFUND", "没有待补充账号的退款")
    return sum(given)


def note_account(
    failure: FailedRecord,
    account: Account,
    vault: Vault,
    now_ms: int,
    *,
    confirmed: tuple[Actor, Act] | None = None,
    condition: Condition | None = None,
) -> bool:
    """Write an account down; ``False`` where the payment was sent again in between, or ``condition`` does not hold.

    ``confirmed``: the operator who keyed it in second, and the act for the audit trail. A bidder's own needs neither.
    """
    transaction = Transaction()
    if confirmed:
        note(transaction, *confirmed)
    transaction.check(RefundRecord, *records.refund_key(failure.sk), RefundRecord.state == RefundState.FAILED)
    transaction.update(
        FailedRecord(failure.pk, failure.sk),
        [
            FailedRecord.sealed_account_no.set(vault.seal(account.number, failure.owner, period=failure.period)),
            FailedRecord.sealed_account_name.set(vault.seal(account.name, failure.owner, period=failure.period)),
            FailedRecord.answered_at_ms.set(now_ms),
            FailedRecord.confirmed_by.set(confirmed[0].name if confirmed else ""),
        ],
        condition,
    )
    try:
        transaction.commit()
    except Conflict:
        return False
    return True


def failed_list(files: Files, vault: Vault, period: str) -> dict[str, Any]:
    """Write the list of refunds that came back and were not sent again, masked, to the outbox.

    Returns ``{"count", "answered", "key"}``; ``answered`` is how many have another account.
    """
    rows = []
    waiting = sorted(_waiting(period), key=lambda pair: pair[1].our_ref)
    for failure, refund in waiting:
        account_no, name = refund.payee(vault)
        rows.append(
            (
                refund.our_ref,
                refund.code,
                mask_name(name),
                mask_id(account_no),
                yuan_text(int(refund.principal_fen)),
                failure.bank_code,
                failure.reason,
                "是" if failure.answered_at_ms else "否",
            )
        )
    key = f"refunds/{period}/failed.csv"
    files.write("outbox", key, csv_table(COLUMNS, rows), CSV_TYPE)
    answered = sum(1 for failure, _ in waiting if failure.answered_at_ms)
    return {"count": len(waiting), "answered": answered, "key": key}


def _waiting(period: str) -> list[tuple[FailedRecord, RefundRecord]]:
    found = []
    for failure in records.failed(period):
        refund = records.find_refund(failure.sk)
        if refund is not None and refund.state == RefundState.FAILED:
            found.append((failure, refund))
    return found
