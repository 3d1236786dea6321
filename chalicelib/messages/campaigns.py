"""The campaigns as data: which template goes to whom, and what fills it. domain.md: SMS 1 to 5, result and refunds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from chalicelib.kernel.errors import InvalidInput
from chalicelib.messages import audiences
from chalicelib.messages.audiences import Recipient
from chalicelib.periods.plan import Plan


@dataclass(frozen=True)
class Campaign:
    """Texts of one kind. ``audience`` is asked at the moment of sending: somebody who has just paid gets nothing."""

    name: str
    template: str
    audience: Callable[[Plan], Iterator[Recipient]]


CAMPAIGNS: Mapping[str, Campaign] = {
    name: Campaign(name, name, audience)
    for name, audience in (
        ("deposit_unpaid", audiences.deposit_unpaid),
        ("activate", audiences.qualified),
        ("not_activated", audiences.not_activated),
        ("pay_price", audiences.price_due),
        ("price_unpaid", audiences.price_due),
        ("result", audiences.bidders),
        ("refund_done", audiences.refunded),
        ("refund_failed", audiences.refund_failed),
    )
}


def campaign(name: str) -> Campaign:
    """A campaign by name. Raises ``InvalidInput`` (``CAMPAIGN_UNKNOWN``) naming those there are."""
    if name not in CAMPAIGNS:
        raise InvalidInput("CAMPAIGN_UNKNOWN", f"没有该短信批次: {name};可用: {', '.join(CAMPAIGNS)}")
    return CAMPAIGNS[name]
