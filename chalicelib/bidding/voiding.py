"""Ending a bidder's sessions where bids are taken: a mark on the bidder's own item, that the bid's own write looks at.

No bid pays a read for it (docs/decisions/0052). Not imported by the bid function, which has no mapper.
"""

from __future__ import annotations

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.models import Model

from chalicelib.bidding.records import bidder_key
from chalicelib.kernel.tables import HubMeta, Transaction, table_name


class _BidderItem(Model):
    """As much of a bidder's item as is touched here; the bids beside it stay as they are."""

    class Meta(HubMeta):
        """The bids table."""

        table_name = table_name("BIDS_TABLE")

    pk = UnicodeAttribute(hash_key=True)
    sessions_from_ms = NumberAttribute()


def void_sessions(
    transaction: Transaction, period: str, bidder_class: str, code: str, *, sessions_from_ms: int
) -> None:
    """No session with an earlier ``sessions_from_ms`` bids any more once this is committed; it only rises."""
    rises = _BidderItem.sessions_from_ms.does_not_exist() | (_BidderItem.sessions_from_ms < sessions_from_ms)
    item = _BidderItem(bidder_key(period, bidder_class, code))
    transaction.update(item, [_BidderItem.sessions_from_ms.set(sessions_from_ms)], rises)
