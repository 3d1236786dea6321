"""The steps that state machines call in this room."""

from __future__ import annotations

from contextlib import suppress
from functools import cache
from typing import Any

from chalicelib.deposits import (
    corrections,
    exporting,
    fetching,
    notices,
    paying,
    qualifying,
    reconciling,
    statement_records,
    statements,
)
from chalicelib.deposits.intake import Account, Intake, intake_of
from chalicelib.kernel.errors import Pending, ReconciliationOpen
from chalicelib.kernel.steps import Step, run_step
from chalicelib.ledger import sealing
from chalicelib.periods.openings import openings
from chalicelib.periods.reaching import reached
from chalicelib.periods.records import load_period_rules, load_plan
from chalicelib.wiring import hub

# Until this milestone a period's own machine takes in its payments, day by day: which of two payments of a code is the
# first must not hang on another machine being faster. From then on whoever meets them books them.
INTAKE_DONE = "deposits_close"
LAST_DAY = "9999-12-31"


def _fetch_statement(event: dict[str, Any]) -> str:
    parts, period, channel = hub(), event["period"], event["channel"]

    def anyone_paid() -> bool:
        if channel not in load_period_rules(period).wallets:
            return True
        due = (each for each in load_plan(period).statements if each.channel == channel)
        ends_ms = next(each.ends_ms for each in due if each.day.isoformat() == event["day"])
        return paying.anyone_paid(period, parts.wallet(channel), ends_ms, parts.clock.now_ms())

    wanted = fetching.Wanted(period, event["month"], event["day"], int(event["after"]))
    return fetching.fetch_statement(parts.files, parts.bank(channel), wanted, anyone_paid)


def _read_statement(event: dict[str, Any]) -> dict[str, Any]:
    parts = hub()
    return statements.read_statement(
        parts.files,
        parts.bank(event["channel"]),
        parts.keys.vault(),
        period=event["period"],
        day=event["day"],
        key=event["key"],
        code_pattern=load_period_rules(event["period"]).code_pattern,
    )


def _book(event: dict[str, Any]) -> dict[str, int]:
    account = _account(event["channel"], event["period"])
    return statements.book_chunk(hub().files, account, event["period"], event["key"])


def _account(channel: str, own: str) -> Account:
    """A channel's account, as the machine of the period ``own`` sees it: that one can judge its payments, or it would
    not be at its statements yet."""
    parts, vault = hub(), hub().keys.vault()

    @cache
    def terms(period: str) -> Intake:
        if period != own and INTAKE_DONE not in reached(period):
            raise Pending("INTAKE_NOT_READY", f"{period} 期保证金由该期流程入账,请稍候")
        return intake_of(load_plan(period), load_period_rules(period), channel, vault, parts.clock)

    opens_ms = {**openings(), own: load_plan(own).at("deposits_open")}
    ours = tuple(each for each in parts.own_accounts() if each.channel != channel)
    return Account(channel, opens_ms, terms, vault, parts.clock, ours)


def _close_statement(event: dict[str, Any]) -> dict[str, int]:
    closed = statements.close_statement(event["period"], event["channel"], event["day"])
    lines = statement_records.lines_of_day(event["channel"], event["day"])
    sealing.seal_all({event["period"], *(line.period for line in lines)}, hub().clock.now_ms())
    # What differs is listed every day; only a milestone and the month's end are held up by it.
    with suppress(ReconciliationOpen):
        _hold_books(event["period"], event["day"], final=False)
    return closed


def _hold_books(period: str, last: str, *, final: bool) -> dict[str, int]:
    days = [statement.day.isoformat() for statement in load_plan(period).statements]
    return reconciling.reconcile(period, min(days), min(max(days), last), final=final, at_ms=hub().clock.now_ms())


def _settle_notices(event: dict[str, Any]) -> dict[str, int]:
    return notices.settle_notices(event["period"], event["channel"], event["day"], hub().clock.now_ms())


def _close_corrections(event: dict[str, Any]) -> dict[str, int]:
    day = load_plan(event["period"]).day("corrections_close")
    return corrections.close_corrections(event["period"], day, hub().clock.now_ms())


def _summary(event: dict[str, Any]) -> dict[str, Any]:
    _hold_books(event["period"], max(due.day for due in load_plan(event["period"]).intake).isoformat(), final=False)
    return exporting.summarize(hub().files, hub().keys.vault(), event["period"])


def _qualify(event: dict[str, Any]) -> dict[str, int]:
    return qualifying.qualify(hub().files, hub().regulator(), event["period"], event["key"])


def _export_qualified(event: dict[str, Any]) -> dict[str, Any]:
    return exporting.export_qualified(hub().files, event["period"])


def _hold_before_paying(event: dict[str, Any]) -> dict[str, int]:
    return _hold_books(event["period"], LAST_DAY, final=False)


def _reconcile(event: dict[str, Any]) -> dict[str, int]:
    sealing.seal(event["period"], hub().clock.now_ms())
    return _hold_books(event["period"], LAST_DAY, final=True)


STEPS: dict[str, Step] = {
    "fetch_statement": _fetch_statement,
    "read_statement": _read_statement,
    "book": _book,
    "close_statement": _close_statement,
    "settle_notices": _settle_notices,
    "close_corrections": _close_corrections,
    "summary": _summary,
    "qualify": _qualify,
    "export_qualified": _export_qualified,
    "hold_books": _hold_before_paying,
    "reconcile": _reconcile,
}


def handle(event: dict[str, Any], context: object) -> Any:
    """One step: ``event["step"]`` names it."""
    del context
    return run_step("deposits", STEPS, event)
