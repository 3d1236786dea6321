"""What a bidder is shown of their own record: masked, since screens are looked at by others too."""

from __future__ import annotations

from typing import Any

from chalicelib.applicants.records import ApplicantRecord
from chalicelib.kernel.clock import local_text
from chalicelib.kernel.privacy import Vault, mask_id, mask_name, mask_phone


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
        "activated_at": local_text(int(applicant.activated_at_ms)) if applicant.activated else None,
        "rollover": applicant.rollover,
        "locked": applicant.locked,
    }
