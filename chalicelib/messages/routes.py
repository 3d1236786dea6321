"""The messages' doors: the carriers' receipts, and the operators' campaigns."""

from __future__ import annotations

import hmac
from typing import Any

from chalice.app import Blueprint, Response

from chalicelib.kernel.errors import NotFound
from chalicelib.kernel.log import logger
from chalicelib.kernel.privacy import Vault
from chalicelib.messages.campaigns import campaigns
from chalicelib.messages.receipts import take_reports
from chalicelib.messages.standing import standing
from chalicelib.messages.starting import city_of, look_ahead, start_campaign
from chalicelib.periods import access
from chalicelib.wiring import hub

messages_routes = Blueprint(__name__)

REPORTS_DOOR = "sms-reports"
_KEY_DIGITS = 32


@messages_routes.route("/sms-reports", methods=["GET"])
def list_report_doors() -> dict[str, Any]:
    """By a planner, for setting a carrier up -> ``{carriers: [{name, path}]}``, in the order in which they are tried.

    A ``path`` is a secret between this hub and that carrier.
    """
    access.operator(messages_routes.current_request, "planner")
    here = hub()
    vault = here.keys.vault()
    paths = {name: f"/{REPORTS_DOOR}/{name}/{report_key(name, vault)}" for name in here.carriers()}
    return {"carriers": [{"name": name, "path": path} for name, path in paths.items()]}


@messages_routes.route("/sms-reports/{carrier}/{key}", methods=["POST"])
def take_sms_reports(carrier: str, key: str) -> Response:
    """A carrier's push -> what it wants to hear. ``key``: it was given this address with it; it signs nothing."""
    here = hub()
    vault, known = here.keys.vault(), here.carriers()
    # As bytes: of texts it compares ASCII only, and whoever tries addresses may write any.
    ours = vault.lookup(REPORTS_DOOR, carrier)[:32].encode()
    if not hmac.compare_digest(key.encode(errors="replace"), ours) or carrier not in known:
        raise NotFound("DOOR_UNKNOWN", "地址不存在")
    body = messages_routes.current_request.raw_body
    raw = body.encode() if isinstance(body, str) else body
    counts = take_reports(carrier, known[carrier].read_reports(raw), vault)
    logger.info("sms reports", extra={"carrier": carrier, **counts})
    return Response(dict(known[carrier].report_answer))


@messages_routes.route("/periods/{period}/campaigns", methods=["GET"])
def list_campaigns(period: str) -> dict[str, Any]:
    """By any operator -> ``{campaigns: [{name, stage, title, sent, delivered, failed, waiting, pending}]}``."""
    access.operator(messages_routes.current_request)
    known = campaigns(city_of(period))
    return {
        "campaigns": [
            {"name": each.name, "stage": each.stage, "title": each.title, **standing(period, each.name)}
            for each in known.values()
        ]
    }


@messages_routes.route("/periods/{period}/campaigns/{name}/dry-run", methods=["POST"])
def run_dry(period: str, name: str) -> dict[str, Any]:
    """By any operator -> ``{count, parts, cost_fen, samples, approval}``; nothing is sent and nothing kept."""
    access.operator(messages_routes.current_request)
    return look_ahead(period, name, hub().carriers())


@messages_routes.route("/periods/{period}/campaigns/{name}/start", methods=["POST"])
def start(period: str, name: str) -> Response:
    """By a planner, ``{request_id}`` of 8 to 40 letters and digits -> 202; the same id again starts nothing.

    Whoever has the campaign's text already gets none: so an operator sends what a stopped campaign left.
    """
    actor = access.actor(messages_routes.current_request, "planner")
    body = messages_routes.current_request.json_body
    request_id = body.get("request_id") if isinstance(body, dict) else None
    chosen = start_campaign(period, name, request_id, actor=actor, machines=hub().machines)
    return Response({"campaign": chosen.name, "state": "started"}, {}, 202)


def report_key(carrier: str, vault: Vault) -> str:
    """The last part of the address at which a carrier reports."""
    return vault.lookup(REPORTS_DOOR, carrier)[:_KEY_DIGITS]
