"""The period's applicants as a list for the notary: sorted, personal data masked, the same bytes each time."""

from __future__ import annotations

from collections.abc import Iterable

from chalicelib.applicants.records import ApplicantRecord
from chalicelib.applicants.rules import CLASS_WORDS, HEADINGS, ID_TYPE_WORDS
from chalicelib.kernel.csv_table import csv_table
from chalicelib.kernel.privacy import Vault, mask_id, mask_name, mask_phone


def applicants_csv(applicants: Iterable[ApplicantRecord], vault: Vault) -> bytes:
    """CSV (``csv_table``), one row a code, sorted by code."""
    rows = (
        (
            record.code,
            CLASS_WORDS[record.bidder_class],
            mask_name(record.name(vault)),
            ID_TYPE_WORDS[record.id_type],
            mask_id(record.id_number(vault)),
            mask_phone(record.phone(vault)),
            record.valid_from,
            record.valid_until,
        )
        for record in sorted(applicants, key=lambda applicant: applicant.code)
    )
    return csv_table(HEADINGS, rows)
