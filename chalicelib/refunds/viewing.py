"""What a bidder sees of money on its way back: each payment, where it stands, and whether it needs another account."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from chalicelib.applicants import records as applicants
from chalicelib.applicants.records import ApplicantRecord
from chalicelib.deposits import records as deposits
from chalicelib.kernel.money import yuan_text
from chalicelib.kernel.privacy import Vault, mask_id
from chalicelib.refunds import records
from chalicelib.refunds.records import RefundRecord
from chalicelib.refunds.rules import RefundState, Source, refund_number


def own_refunds(period: str, code: str, vault: Vault) -> dict[str, Any]:
    """``{"refunds": [{"our_ref", "source", "state", "principal_yuan", "interest_yuan", "leaves_on", "account",
    "reason", "answered"}]}``, the last attempt of each payment; ``account`` is masked.

    Nothing is looked through: numbers follow from their causes, and of those that came back there are few. ``answered``
    says that another account was given. Raises ``NotFound``.
    """
    shown = [_shown(refund, vault) for refund in refunds_of(applicants.get(period, code))]
    return {"refunds": [each for each in shown if each["state"] != RefundState.REPLACED]}


def refunds_of(applicant: ApplicantRecord) -> list[RefundRecord]:
    """Every attempt to pay something back to an applicant, by its number."""
    found = {refund.our_ref: refund for refund in (*_by_cause(applicant), *_that_came_back(applicant))}
    return [found[our_ref] for our_ref in sorted(found)]


def _by_cause(applicant: ApplicantRecord) -> Iterator[RefundRecord]:
    period, code = applicant.period, applicant.code
    causes = [(Source.DEPOSIT, code), (Source.EXCESS, code)]
    if _alone(applicant):
        causes += [(Source.CREDIT, credit.ref) for credit in deposits.credits_of_payer(period, applicant.name_lookup)]
    for source, key in causes:
        attempt = 1
        while refund := records.find_refund(refund_number(period, source, key, attempt)):
            yield refund
            attempt += 1


def _that_came_back(applicant: ApplicantRecord) -> Iterator[RefundRecord]:
    alone = _alone(applicant)
    for failure in records.failed(applicant.period):
        nameless = alone and not failure.code and failure.payee_lookup == applicant.name_lookup
        if (failure.code == applicant.code or nameless) and (refund := records.find_refund(failure.sk)):
            yield refund
            attempt = int(refund.attempt) + 1
            again = refund_number(refund.period, Source(refund.source), refund.source_key, attempt)
            if following := records.find_refund(again):
                yield following


def _alone(applicant: ApplicantRecord) -> bool:
    """Whether nobody else on the list bears the name: otherwise nothing is said of a payment without a code."""
    return applicants.codes_named(applicant.period, applicant.name_lookup) == [applicant.code]


def _shown(refund: RefundRecord, vault: Vault) -> dict[str, Any]:
    failure = records.find_failed(refund.our_ref)
    account_no, _ = refund.payee(vault)
    return {
        "our_ref": refund.our_ref,
        "source": str(refund.source),
        "state": str(refund.state),
        "principal_yuan": yuan_text(int(refund.principal_fen)),
        "interest_yuan": yuan_text(int(refund.interest_fen)),
        "leaves_on": refund.leaves_on,
        "account": mask_id(account_no),
        "reason": failure.reason if failure else "",
        "answered": bool(failure and failure.answered_at_ms),
    }
