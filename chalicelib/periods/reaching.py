"""Which milestones a period's machines have reached, and when."""

from __future__ import annotations

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import PutError
from pynamodb.models import Model

from chalicelib.kernel.tables import HubMeta, table_name

# What the machines mark as they come to it. The plan's other milestones are instants for people, wallets and texts:
# they pass, and nothing is left undone by them.
MARKED = frozenset(
    {
        "applications_close",
        "applicants_to_notary",
        "deposits_open",
        "deposits_close",
        "corrections_close",
        "deposits_to_notary",
        "qualification_by",
        "activation_opens",
        "activation_closes",
        "auction_opens",
        "auction_closes",
        "settlement_opens",
        "settlement_closes",
        "refunds_1_by",
        "refunds_2_by",
        "failed_refunds_after",
    }
)


class ReachedRecord(Model):
    """A milestone that the period's machines have reached."""

    class Meta(HubMeta):
        """The room's table."""

        table_name = table_name("PERIODS_TABLE")

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    at_ms = NumberAttribute()


def reach(period: str, milestone: str, at_ms: int) -> int:
    """Note that a milestone was reached; the first time counts and is returned, epoch ms."""
    record = ReachedRecord(period, f"reached#{milestone}", at_ms=at_ms)
    try:
        record.save(condition=ReachedRecord.pk.does_not_exist())
    except PutError as error:
        if error.cause_response_code != "ConditionalCheckFailedException":
            raise
        record.refresh()
    return int(record.at_ms)


def reached(period: str) -> dict[str, int]:
    """The milestones reached so far and when, epoch ms."""
    found = ReachedRecord.query(period, ReachedRecord.sk.startswith("reached#"))
    return {record.sk.removeprefix("reached#"): int(record.at_ms) for record in found}
