"""Texts: where each campaign stands, how it would read and cost now, and starting it."""

from __future__ import annotations

from typing import Any

from chalicelib.console.pages import Ask
from chalicelib.console.rendering import page
from chalicelib.console.web import Answer, redirect
from chalicelib.kernel.errors import NotFound
from chalicelib.messages.campaigns import Campaign, campaigns
from chalicelib.messages.standing import standing
from chalicelib.messages.starting import city_of, look_ahead, start_campaign
from chalicelib.wiring import hub

REQUEST_BYTES = 12


def listing(ask: Ask) -> Answer:
    """Every campaign: who got theirs, and who did not."""
    known = campaigns(city_of(ask.period)).values()
    return page(ask, "texts.html", listed=[(each, standing(ask.period, each.name)) for each in known])


def show(ask: Ask) -> Answer:
    """One campaign: how it stands, and the forms."""
    return _shown(ask, None)


def try_out(ask: Ask) -> Answer:
    """How many would get it now, what it costs, and how the first ones read, masked. Nothing is sent."""
    return _shown(ask, look_ahead(ask.period, _chosen(ask).name, hub().carriers()))


def start(ask: Ask) -> Answer:
    """A planner starts it; beyond the campaign's limit its machine asks for a second person's word first."""
    request_id = ask.field("request_id", r"[0-9a-z]{8,40}", "请重新打开本页后再提交")
    start_campaign(ask.period, _chosen(ask).name, request_id, actor=ask.actor, machines=hub().machines)
    return redirect(f"/console/{ask.period}/texts/{ask.named['campaign']}?said=started")


def _shown(ask: Ask, seen: dict[str, Any] | None) -> Answer:
    chosen = _chosen(ask)
    # One number a page: the form sent twice starts one machine.
    request_id = hub().entropy.token(REQUEST_BYTES).hex()
    found = standing(ask.period, chosen.name)
    return page(ask, "campaign.html", chosen=chosen, found=found, seen=seen, request_id=request_id)


def _chosen(ask: Ask) -> Campaign:
    known = campaigns(city_of(ask.period))
    if ask.named["campaign"] not in known:
        raise NotFound("CAMPAIGN_UNKNOWN", "没有这一短信批次")
    return known[ask.named["campaign"]]
