"""Which periods there are, drafts too: what an operator chooses from."""

from __future__ import annotations

from pynamodb.attributes import UnicodeAttribute
from pynamodb.models import Model

from chalicelib.kernel.tables import HubMeta, Transaction, table_name

_PARTITION = "periods"


class ListedRecord(Model):
    """One period. A dozen a year: they share a partition."""

    class Meta(HubMeta):
        """The room's table."""

        table_name = table_name("PERIODS_TABLE")

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)


def note_listed(transaction: Transaction, period: str) -> None:
    """A period begins, as part of the transaction that makes it."""
    transaction.put(ListedRecord(_PARTITION, period))


def listed_periods() -> list[str]:
    """Every period, the latest first."""
    return [record.sk for record in ListedRecord.query(_PARTITION, scan_index_forward=False, consistent_read=True)]
