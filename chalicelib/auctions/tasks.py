"""The auction's steps in the state machines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from chalicelib.applicants.records import listed
from chalicelib.auctions import broadcast as broadcasting
from chalicelib.auctions import close as closing
from chalicelib.auctions import exporting, live, lowest, pauses, publishing, schedule, warming, window
from chalicelib.bidding.door import DYNAMODB, Door
from chalicelib.bidding.records import BidsTable
from chalicelib.kernel.aws import client
from chalicelib.kernel.clock import utc_text
from chalicelib.kernel.errors import Pending
from chalicelib.kernel.log import logger
from chalicelib.kernel.steps import run_step
from chalicelib.periods.records import load_period_rules, load_plan, rules_text_of
from chalicelib.wiring import hub

# Between two looks at what is being warmed.
_LOOK_AGAIN_MS = 10_000


def _table() -> BidsTable:
    return BidsTable(Door(DYNAMODB), hub().settings.need("BIDS_TABLE"))


def _prepare(event: dict[str, Any]) -> dict[str, str]:
    """``{period}`` -> ``{opens_at, closes_at, count_from}``."""
    here, period = hub(), event["period"]
    return window.prepare(
        load_plan(period),
        load_period_rules(period),
        clock=here.clock,
        entropy=here.entropy,
        vault=here.keys.vault(),
        window_key=here.keys.window_key(),
        table=_table(),
        files=here.files,
    )


def _agenda(period: str) -> dict[str, Any]:
    found = lowest.last_kept(period)
    return schedule.agenda(
        period,
        window.prepared(period),
        now_ms=hub().clock.now_ms(),
        told=broadcasting.told(period),
        lowest_at_ms=None if found is None else found.at_ms,
    )


def _next(event: dict[str, Any]) -> dict[str, Any]:
    """``{period}`` -> ``{do, at, number}``: what is due (``schedule.agenda``)."""
    return _agenda(event["period"])


def _lowest(event: dict[str, Any]) -> dict[str, Any]:
    """``{period}`` -> ``{do, at, number}``: the lowest winning price is found, and what is due after that."""
    here = hub()
    lowest.refresh(
        event["period"], clock=here.clock, window_key=here.keys.window_key(), table=_table(), files=here.files
    )
    return _agenda(event["period"])


def _pause(event: dict[str, Any]) -> dict[str, Any]:
    """``{period, number, reason}``, approved -> ``{number, from, until, version}``."""
    here = hub()
    return pauses.begin_pause(
        event["period"],
        int(event["number"]),
        event["reason"],
        clock=here.clock,
        window_key=here.keys.window_key(),
        table=_table(),
        files=here.files,
    )


def _resume(event: dict[str, Any]) -> dict[str, Any]:
    """``{period, number}``, approved -> ``{number, from, until, version}``."""
    here = hub()
    return pauses.end_pause(
        event["period"],
        int(event["number"]),
        clock=here.clock,
        window_key=here.keys.window_key(),
        table=_table(),
        files=here.files,
    )


def _receipt_key(event: dict[str, Any]) -> dict[str, str]:
    """``{period, public_key}``, the bid function's own word -> ``{key}`` in the public bucket."""
    return publishing.publish_receipt_key(event["period"], event["public_key"], hub().files)


def _warm(event: dict[str, Any]) -> dict[str, Any]:
    """``{period}`` -> ``{due, ready, environments, table, again_at}``. ``Pending`` (``NOT_WARM``) at the opening.

    Nothing is asked for, and ``due`` is false, while the opening is further off than ``window.WARM_AHEAD_MS``.
    """
    now_ms, opens_at_ms = hub().clock.now_ms(), window.prepared(event["period"])["opens_at_ms"]
    if now_ms < opens_at_ms - window.WARM_AHEAD_MS:
        return {"due": False, "ready": False}
    found = warming.warm(_strength(auction=True), dynamodb=client("dynamodb"), functions=client("lambda"))
    logger.info("warming", extra=found)
    if now_ms >= opens_at_ms and not found["ready"]:
        raise Pending("NOT_WARM", f"开拍时扩容尚未就绪: {found['environments']}; {found['table']}")
    return {"due": True, **found, "again_at": utc_text(now_ms + _LOOK_AGAIN_MS)}


def _cool(event: dict[str, Any]) -> dict[str, Any]:
    """``{period}`` -> ``{environments}``."""
    del event
    return warming.cool(_strength(auction=False), functions=client("lambda"))


def _strength(*, auction: bool) -> warming.Strength:
    here = hub().settings
    return warming.strength(here.environment, here.need("BIDS_TABLE"), auction=auction)


def _broadcast(event: dict[str, Any]) -> dict[str, Any]:
    """``{period, number}``, number from 1 -> the broadcast."""
    here, period = hub(), event["period"]
    return broadcasting.broadcast(
        load_plan(period),
        load_period_rules(period),
        int(event["number"]),
        clock=here.clock,
        table=_table(),
        files=here.files,
    )


def _close(event: dict[str, Any]) -> dict[str, Any]:
    """``{period}`` -> the result, without the seed: that is published, not passed around."""
    here, period = hub(), event["period"]
    result = closing.close(
        load_plan(period),
        load_period_rules(period),
        qualified=Counter(applicant.bidder_class for applicant in listed(period) if applicant.qualified),
        clock=here.clock,
        vault=here.keys.vault(),
        table=_table(),
        files=here.files,
    )
    return {"period": period, "classes": result["classes"]}


def _publish(event: dict[str, Any]) -> dict[str, str]:
    """``{period}`` -> ``{key}`` of the result in the public bucket."""
    return publishing.publish(event["period"], hub().files)


def _export(event: dict[str, Any]) -> dict[str, list[dict[str, str]]]:
    """``{period}`` -> ``{files: [{name, key}]}`` for the notary."""
    return exporting.export(load_plan(event["period"]), rules_text_of(event["period"]), hub().files)


def _current(event: dict[str, Any]) -> dict[str, str]:
    """``{period}``, whose plan was approved -> ``{period}`` of ``current.json``, by which pages find their period."""
    return live.publish_current(event["period"], hub().files)


def _shown(step: Callable[[dict[str, Any]], Any]) -> Callable[[dict[str, Any]], Any]:
    # A step that changes what bidders see, and then that as it stands.
    def run(event: dict[str, Any]) -> Any:
        done = step(event)
        live.publish_live(event["period"], hub().clock.now_ms(), hub().files)
        return done

    return run


STEPS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "current": _current,
    "prepare": _shown(_prepare),
    "receipt_key": _receipt_key,
    "warm": _warm,
    "next": _next,
    "broadcast": _shown(_broadcast),
    "lowest": _shown(_lowest),
    "pause": _shown(_pause),
    "resume": _shown(_resume),
    "close": _close,
    "publish": _shown(_publish),
    "export": _export,
    "cool": _cool,
}


def handle(event: dict[str, Any], context: object) -> Any:
    """The Lambda entry point."""
    del context
    return run_step("auctions", STEPS, event)
