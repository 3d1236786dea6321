"""When each published period begins to take deposits: what tells which period a payment is for."""

from __future__ import annotations

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.models import Model

from chalicelib.kernel.tables import HubMeta, table_name

_PARTITION = "openings"


class OpeningRecord(Model):
    """One published period. A dozen a year: they share a partition."""

    class Meta(HubMeta):
        """The room's table."""

        table_name = table_name("PERIODS_TABLE")

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    opens_ms = NumberAttribute()


def note_opening(period: str, opens_ms: int) -> None:
    """A period's plan was published; another plan of the same period takes its place."""
    OpeningRecord(_PARTITION, period, opens_ms=opens_ms).save()


def openings() -> dict[str, int]:
    """Period -> the instant its deposits open, epoch ms, of every period that was ever published."""
    found = OpeningRecord.query(_PARTITION, consistent_read=True)
    return {record.sk: int(record.opens_ms) for record in found}
