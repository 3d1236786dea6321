"""What a bidder is shown of their own record: masked, since screens are looked at by others too."""

from __future__ import annotations

from typing import Any

from chalicelib.applicants.records import ApplicantRecord
from chalicelib.kernel.clock import local_text
from chalicelib.kernel.privacy import Vault, mask_id, mask_name, mask_phone

# What a bidder reads of why there is no right to bid; the audit's own reason stands beside it.
REFUSALS = {
    "no_deposit": "未在规定期限内足额到账保证金",
    "no_result": "尚未收到资格审核结果",
    "audit_failed": "资格审核未通过",
    "withdrawn": "申请已撤回",
}


def refusal_text(applicant: ApplicantRecord) -> str:
    """Why the applicant is not qualified, in Chinese; empty where there is no refusal."""
    if not applicant.refusal:
        return ""
    text = REFUSALS.get(applicant.refusal, "未取得本期竞买资格")
    # A reason stands only beside an audit that was not passed.
    return f"{text}: {applicant.audit_reason}" if applicant.audit_reason else text


def own_state(applicant: ApplicantRecord, vault: Vault) -> dict[str, Any]:
    """The applicant's state. ``audit``: ``""`` | ``passed`` | ``failed``; ``activated_at``: local time or ``None``."""
    return {
        "period": applicant.period,
        "application_code": applicant.code,
        "bidder_class": applicant.bidder_class,
        "name": mask_name(applicant.name(vault)),
        "id_number": mask_id(applicant.id_number(vault)),
        "phone": mask_phone(applicant.phone(vault)),
        "valid_from": applicant.valid_from,
        "valid_until": applicant.valid_until,
        "audit": applicant.audit,
        "audit_reason": applicant.audit_reason,
        "qualified": applicant.qualified,
        "refusal": applicant.refusal,
        "refusal_text": refusal_text(applicant),
        "withdrawn_at": local_text(int(applicant.withdrawn_at_ms)) if applicant.withdrawn else None,
        "activated_at": local_text(int(applicant.activated_at_ms)) if applicant.activated else None,
        "rollover": applicant.rollover,
        "locked": applicant.locked,
    }
