"""Who defaulted may not qualify again for as long as the city's rules say, under whatever application code.

All bans stand in one partition of the applicants' table, by the keyed hash of the ID: there are few, and whoever
qualifies a period's applicants reads them once.
"""

from __future__ import annotations

from datetime import date

from pynamodb.attributes import UnicodeAttribute
from pynamodb.models import Model

from chalicelib.applicants.records import ApplicantRecord
from chalicelib.kernel.tables import HubMeta, Transaction, table_name

_PK = "bans"
_MONTHS_A_YEAR = 12


class BanRecord(Model):
    """One person's or unit's ban: banned before the day ``until``. ``period`` and ``code`` are of the last default."""

    class Meta(HubMeta):
        """The applicants' table."""

        table_name = table_name("APPLICANTS_TABLE")

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    until = UnicodeAttribute()
    period = UnicodeAttribute()
    code = UnicodeAttribute()


def ban_until(defaulted_on: date, months: int) -> date:
    """The first day on which a defaulter may take part again: the first of a month, ``months`` after the default's."""
    years, month = divmod(defaulted_on.month - 1 + months + 1, _MONTHS_A_YEAR)
    return date(defaulted_on.year + years, month + 1, 1)


def add_ban(transaction: Transaction, applicant: ApplicantRecord, until: date) -> None:
    """Ban an applicant's person or unit in a transaction; a later default's ban takes an earlier one's place."""
    record = BanRecord(_PK, applicant.id_lookup, until=until.isoformat(), period=applicant.period, code=applicant.code)
    transaction.put(record)


def bans(period: str) -> set[str]:
    """The keyed hashes of the IDs that may not qualify in a period (``2026-03``)."""
    found = BanRecord.query(_PK, consistent_read=True)
    return {record.sk for record in found if record.until > f"{period}-01" and record.period < period}
