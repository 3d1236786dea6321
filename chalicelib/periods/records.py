"""A period's own item: its plan, the rules it began with, and how far it has come. States only move forward."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import DoesNotExist, PutError, UpdateError
from pynamodb.expressions.condition import Condition
from pynamodb.models import Model

from chalicelib.kernel.errors import Conflict, InvalidInput, NotFound, Problem
from chalicelib.kernel.ids import digest_of
from chalicelib.kernel.tables import HubMeta, Transaction, table_name
from chalicelib.periods.audit import Act, Actor, note
from chalicelib.periods.listing import note_listed
from chalicelib.periods.openings import note_opening
from chalicelib.periods.plan import Plan
from chalicelib.periods.plan_json import from_json, to_json
from chalicelib.periods.rules import RuleSet, load_rules, read_rules, rule_text
from chalicelib.periods.versions import DRAFT, VersionRecord, add_version

_SORT_KEY = "period"


class PeriodState(StrEnum):
    """How far a period is. A new attempt takes a stopped one up again; nothing else goes back."""

    DRAFT = "draft"
    RUNNING = "running"
    REJECTED = "rejected"
    STOPPED = "stopped"
    FINISHED = "finished"


class PeriodRecord(Model):
    """One period. ``plan`` is JSON, ``rules`` the TOML that the period began with, ``plan_digest`` names the plan."""

    class Meta(HubMeta):
        """The room's table."""

        table_name = table_name("PERIODS_TABLE")

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True, default=_SORT_KEY)
    plan = UnicodeAttribute()
    plan_digest = UnicodeAttribute()
    rules = UnicodeAttribute()
    state = UnicodeAttribute()
    attempt = NumberAttribute(default=1)
    made_by = UnicodeAttribute()
    approved_by = UnicodeAttribute(default="")
    error = UnicodeAttribute(default="")


@dataclass(frozen=True)
class Period:
    """A period as it stands. ``approved_by`` is empty until a second person has approved this very plan."""

    plan: Plan
    plan_digest: str
    state: PeriodState
    attempt: int
    made_by: str
    approved_by: str
    error: str


def plan_digest(plan: Plan) -> str:
    """What names a plan's content: equal plans, equal digests."""
    return digest_of(to_json(plan))


def save_plan(plan: Plan, state: PeriodState, by: str, actor: Actor | None = None) -> Period:
    """Keep a plan as its period's next version, and the text of its city's current rules; the same plan again changes
    nothing. ``actor`` is the operator whose act it is, for the trail; no operator, no entry.

    Another plan takes the place of one that was rejected or stopped, as the next attempt, under the rules the period
    began with; it needs an approval of its own. Raises ``Conflict`` (``PLAN_STANDS``) where the standing plan is in
    use, ``InvalidInput`` (``RULES_VERSION``) where the plan was drafted under other rules.
    """
    try:
        standing = _record(plan.period)
    except NotFound:
        record = _new_record(plan, state, by)
        transaction = Transaction()
        transaction.put(record, PeriodRecord.pk.does_not_exist())
        note_listed(transaction, plan.period)
        _note_draft(transaction, plan, by, actor, replaces="")
        try:
            transaction.commit()
            return _period(record)
        except Conflict:
            standing = _record(plan.period)
    if standing.plan_digest == plan_digest(plan):
        return _period(standing)
    return _replace_plan(standing, plan, state, by, actor)


def find_period(period: str) -> Period:
    """A period as it stands. Raises ``NotFound`` (``PERIOD_UNKNOWN``)."""
    return _period(_record(period))


def load_plan(period: str) -> Plan:
    """A period's plan. Raises ``NotFound`` (``PERIOD_UNKNOWN``)."""
    return from_json(json.loads(_record(period).plan))


def load_period_rules(period: str) -> RuleSet:
    """The rule set that the period began with, whatever the city's current one is. Raises ``NotFound``."""
    return read_rules(_record(period).rules)


def stands(plan: Plan) -> bool:
    """Whether this very plan is the period's."""
    try:
        return _record(plan.period).plan_digest == plan_digest(plan)
    except NotFound:
        return False


def rules_for(plan: Plan) -> RuleSet:
    """The rules that a plan is held to: those its period began with, otherwise the city's current ones."""
    try:
        return load_period_rules(plan.period)
    except NotFound:
        return load_rules(plan.city)


def rules_text_of(period: str) -> str:
    """The TOML that the period began with, as it is sealed into evidence. Raises ``NotFound``."""
    return str(_record(period).rules)


def move(
    period: str, to: PeriodState, *, since: tuple[PeriodState, ...], attempt: int | None = None, error: str = ""
) -> bool:
    """Move a period on from one of the states ``since``; ``False`` where it stands elsewhere, and nothing changes."""
    condition = PeriodRecord.state.is_in(*since)
    if attempt is not None:
        condition &= PeriodRecord.attempt == attempt
    return _update(period, [PeriodRecord.state.set(to), PeriodRecord.error.set(error)], condition)


def next_attempt(period: str, attempt: int, *, since: tuple[PeriodState, ...], actor: Actor) -> bool:
    """Make the period a draft again as the attempt after ``attempt``; ``False`` where it stands elsewhere."""
    transaction = Transaction()
    transaction.update(
        PeriodRecord(period, _SORT_KEY),
        [
            PeriodRecord.state.set(PeriodState.DRAFT),
            PeriodRecord.attempt.set(attempt + 1),
            PeriodRecord.error.set(""),
        ],
        PeriodRecord.state.is_in(*since) & (PeriodRecord.attempt == attempt),
    )
    note(transaction, actor, Act("period.restart", period, {"attempt": attempt}, {"attempt": attempt + 1}))
    return _commits(transaction)


def amend(transaction: Transaction, version: VersionRecord, by: str) -> None:
    """Put an approved amendment in the place of the plan it was drafted over, into a transaction that fails where that
    plan does not stand any more, or the period has ended."""
    transaction.update(
        PeriodRecord(version.pk, _SORT_KEY),
        [
            PeriodRecord.plan.set(version.plan),
            PeriodRecord.plan_digest.set(version.digest),
            PeriodRecord.made_by.set(version.made_by),
            PeriodRecord.approved_by.set(by),
        ],
        PeriodRecord.state.is_in(PeriodState.DRAFT, PeriodState.RUNNING, PeriodState.STOPPED)
        & (PeriodRecord.plan_digest == version.replaces),
    )


def mark_approved(period: str, digest: str, by: str) -> bool:
    """Note who approved the plan that ``digest`` names, and with it when deposits open; ``False`` where another plan
    stands by now."""
    if not _update(period, [PeriodRecord.approved_by.set(by)], PeriodRecord.plan_digest == digest):
        return False
    note_opening(period, load_plan(period).at("deposits_open"))
    return True


def mark_rejected(period: str, digest: str) -> bool:
    """End the attempt whose plan was turned down; ``False`` where another plan stands, or the period has moved on."""
    open_states = PeriodRecord.state.is_in(PeriodState.DRAFT, PeriodState.RUNNING)
    actions = [PeriodRecord.state.set(PeriodState.REJECTED)]
    return _update(period, actions, open_states & (PeriodRecord.plan_digest == digest))


def _new_record(plan: Plan, state: PeriodState, by: str) -> PeriodRecord:
    rules = rule_text(plan.city)
    _hold_version(plan, read_rules(rules))
    return PeriodRecord(
        plan.period,
        plan=json.dumps(to_json(plan), ensure_ascii=False),
        plan_digest=plan_digest(plan),
        rules=rules,
        state=state,
        made_by=by,
    )


def _note_draft(transaction: Transaction, plan: Plan, by: str, actor: Actor | None, *, replaces: str) -> None:
    digest, at_ms = plan_digest(plan), actor.at_ms if actor else 0
    number = add_version(transaction, plan, digest, kind=DRAFT, by=by, at_ms=at_ms, replaces=replaces)
    if actor:
        before = {"plan_digest": replaces} if replaces else {}
        note(transaction, actor, Act("plan.draft", plan.period, before, {"version": number, "plan_digest": digest}))


def _replace_plan(standing: PeriodRecord, plan: Plan, state: PeriodState, by: str, actor: Actor | None) -> Period:
    replaceable = (PeriodState.REJECTED, PeriodState.STOPPED)
    rules = read_rules(standing.rules)
    if plan.city != rules.city:
        raise Conflict("PLAN_STANDS", f"本期工作计划已存在: {plan.period}")
    _hold_version(plan, rules)
    actions = [
        PeriodRecord.plan.set(json.dumps(to_json(plan), ensure_ascii=False)),
        PeriodRecord.plan_digest.set(plan_digest(plan)),
        PeriodRecord.state.set(state),
        PeriodRecord.attempt.set(standing.attempt + 1),
        PeriodRecord.made_by.set(by),
        PeriodRecord.approved_by.set(""),
        PeriodRecord.error.set(""),
    ]
    condition = PeriodRecord.state.is_in(*replaceable) & (PeriodRecord.attempt == standing.attempt)
    transaction = Transaction()
    transaction.update(PeriodRecord(plan.period, _SORT_KEY), actions, condition)
    _note_draft(transaction, plan, by, actor, replaces=standing.plan_digest)
    if not _commits(transaction):
        raise Conflict("PLAN_STANDS", f"本期工作计划正在执行或已完成,不能更换: {plan.period}")
    return find_period(plan.period)


def _hold_version(plan: Plan, rules: RuleSet) -> None:
    if plan.rules_version != rules.version:
        problem = Problem(0, "rules_version", plan.rules_version[:20], f"{rules.version}, the version of this period")
        raise InvalidInput("RULES_VERSION", "工作计划与本期规则版本不一致", problems=(problem,))


def _record(period: str) -> PeriodRecord:
    try:
        return PeriodRecord.get(period, _SORT_KEY, consistent_read=True)
    except DoesNotExist as error:
        raise NotFound("PERIOD_UNKNOWN", f"没有这一期: {period[:20]}") from error


def _period(record: PeriodRecord) -> Period:
    return Period(
        plan=from_json(json.loads(record.plan)),
        plan_digest=record.plan_digest,
        state=PeriodState(record.state),
        attempt=int(record.attempt),
        made_by=record.made_by,
        approved_by=record.approved_by,
        error=record.error,
    )


def _update(period: str, actions: list[Any], condition: Condition) -> bool:
    try:
        PeriodRecord(period, _SORT_KEY).update(actions, condition=condition)
    except UpdateError as error:
        if _lost_race(error):
            return False
        raise
    return True


def _commits(transaction: Transaction) -> bool:
    try:
        transaction.commit()
    except Conflict:
        return False
    return True


def _lost_race(error: PutError | UpdateError) -> bool:
    return error.cause_response_code == "ConditionalCheckFailedException"
