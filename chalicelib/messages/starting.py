"""An operator looks at a campaign without sending it, and starts it: one way for the API and for the console."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalicelib.kernel.errors import InvalidInput
from chalicelib.kernel.machines import Machines
from chalicelib.messages.campaigns import Campaign, campaign
from chalicelib.messages.dry_run import dry_run
from chalicelib.messages.lists import addressed
from chalicelib.periods.audit import Act, Actor, note_alone
from chalicelib.periods.naming import month_of
from chalicelib.periods.records import load_period_rules, load_plan
from integrations.ports import SmsCarrier

MACHINE = "sms_campaign"
_REQUEST_CHARACTERS = range(8, 41)


def city_of(period: str) -> str:
    """The city whose campaigns a period has."""
    month_of(period)
    return load_period_rules(period).city


def look_ahead(period: str, name: str, carriers: Mapping[str, SmsCarrier]) -> dict[str, Any]:
    """``{count, parts, cost_fen, samples, approval}`` of those who would get it now; nothing is sent and nothing kept.

    ``approval``: whether a second person will be asked. Raises ``InvalidInput`` (``CAMPAIGN_UNKNOWN``).
    """
    chosen = campaign(name, city_of(period))
    carrier = next(iter(carriers.values()))
    seen = dry_run(chosen, addressed(load_plan(period), chosen, carrier), carrier)
    return {**seen, "approval": seen["count"] > chosen.approval_above}


def start_campaign(period: str, name: str, request_id: object, *, actor: Actor, machines: Machines) -> Campaign:
    """Start a campaign's machine; the same request id again starts nothing.

    Whoever has the campaign's text already gets none: so an operator sends what a stopped campaign left. Raises
    ``InvalidInput``: ``CAMPAIGN_UNKNOWN``, or ``BODY_INVALID`` for an id that is not 8 to 40 letters and digits.
    """
    chosen = campaign(name, city_of(period))
    if not isinstance(request_id, str) or len(request_id) not in _REQUEST_CHARACTERS or not request_id.isalnum():
        raise InvalidInput("BODY_INVALID", "请求字段不正确: request_id")
    # Before it starts: what is sent is never without who had it sent.
    note_alone(actor, Act("campaign.start", f"{period} {chosen.name}", {}, {"request_id": request_id}))
    given = {"period": period, "campaign": chosen.name, "attempt": 0}
    machines.start(MACHINE, f"{period}-{chosen.name}-{request_id}", given)
    return chosen
