"""A doubtful payment put right by two operators' hands, for a bidder who comes to the counter (保证金信息更正).

The first says whose it is, from the bidder's papers; a second one, who is not the first, says the same. The payer must
bear the applicant's name here too: whose name is on no list has no doubtful payment, but one that goes back.
"""

from __future__ import annotations

from chalicelib.applicants import records as applicants
from chalicelib.deposits import records
from chalicelib.deposits.corrections import assign
from chalicelib.deposits.records import CreditRecord, CreditState, DepositRecord
from chalicelib.kernel.errors import Conflict, InvalidInput, NotAllowed, NotFound, Problem, TooEarlyOrLate
from chalicelib.kernel.tables import Transaction
from chalicelib.periods.audit import Act, Actor, note
from chalicelib.periods.records import load_plan


def check_open(period: str, now_ms: int) -> None:
    """Raises ``TooEarlyOrLate`` (``CORRECTIONS_CLOSED``) after the period's deadline."""
    if now_ms >= load_plan(period).at("corrections_close"):
        raise TooEarlyOrLate("CORRECTIONS_CLOSED", "本期保证金信息更正已截止")


def propose(period: str, ref: str, code: str, *, actor: Actor) -> None:
    """Note whose deposit an operator says that a doubtful payment (``channel#serial``) is; a later word counts.

    Raises ``NotFound`` (``PAYMENT_NOT_FOUND``, or the applicant's), ``InvalidInput`` (``PAYER_NAME``) where the payer
    does not bear the applicant's name, ``Conflict`` (``DEPOSIT_STANDS``) where the code has a deposit.
    """
    credit = _doubtful(period, ref, code)
    transaction = Transaction()
    transaction.update(
        CreditRecord(credit.pk, credit.sk),
        [CreditRecord.proposed_code.set(code), CreditRecord.proposed_by.set(actor.name)],
        CreditRecord.state == CreditState.DOUBTFUL,
    )
    after = {"code": code, "proposed_by": actor.name}
    note(transaction, actor, Act("correction.propose", f"{period} {ref}", _proposed(credit), after))
    transaction.commit()


def confirm(period: str, ref: str, code: str, *, actor: Actor, deposit_fen: int) -> DepositRecord:
    """A second person says the same: the payment is the code's deposit. The same word again changes nothing.

    Raises what ``propose`` raises, ``NotAllowed`` (``SELF_APPROVAL``) for the proposer, ``Conflict``
    (``CORRECTION_DIFFERS``) where the two did not say the same, or nobody has proposed anything.
    """
    done = records.find_deposit(period, code)
    standing = _find(period, ref)
    if done is not None and done.credit_ref == ref and standing is not None and standing.confirmed_by == actor.name:
        return done
    credit = _doubtful(period, ref, code)
    if credit.proposed_by == actor.name:
        raise NotAllowed("SELF_APPROVAL", "经办人不能复核自己提交的更正")
    if credit.proposed_code != code:
        raise Conflict("CORRECTION_DIFFERS", "两次填写的申请编码不一致,或尚未提交更正")
    as_proposed = (CreditRecord.proposed_code == code) & (CreditRecord.proposed_by == credit.proposed_by)
    act = Act("correction.confirm", f"{period} {ref}", _proposed(credit), {"code": code, "state": CreditState.MATCHED})
    return assign(credit, code, deposit_fen, actor.at_ms, confirmed=(actor, act), condition=as_proposed)


def _proposed(credit: CreditRecord) -> dict[str, str]:
    """What stands proposed of a payment; empty where nobody has said anything."""
    return {"code": credit.proposed_code, "proposed_by": credit.proposed_by} if credit.proposed_by else {}


def _find(period: str, ref: str) -> CreditRecord | None:
    channel, _, serial = ref.partition("#")
    return records.find_credit(period, channel, serial)


def _doubtful(period: str, ref: str, code: str) -> CreditRecord:
    applicant = applicants.get(period, code)
    credit = _find(period, ref)
    if credit is None or credit.state != CreditState.DOUBTFUL:
        raise NotFound("PAYMENT_NOT_FOUND", "没有这一笔存疑付款")
    if credit.payer_lookup != applicant.name_lookup:
        problem = Problem(0, "application_code", code, "an application of the payer's own name")
        raise InvalidInput("PAYER_NAME", "付款人户名与申请人不一致", problems=(problem,))
    if records.find_deposit(period, code) is not None:
        raise Conflict("DEPOSIT_STANDS", "该申请编码已有保证金")
    return credit
