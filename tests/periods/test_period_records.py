"""A period's item: kept once, replaced only when stopped, moved only forward."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.kernel.errors import Conflict, InvalidInput, NotFound
from chalicelib.periods import reaching, records
from chalicelib.periods.plan import Plan
from chalicelib.periods.records import PeriodRecord, PeriodState, find_period, load_period_rules, load_plan, save_plan
from chalicelib.periods.rules import RuleSet

pytestmark = pytest.mark.usefixtures("aws")

OPEN = (PeriodState.DRAFT, PeriodState.RUNNING)


def test_given_no_period_when_loaded_then_it_is_not_found() -> None:
    with pytest.raises(NotFound, match="PERIOD_UNKNOWN"):
        load_plan("2026-03")


def test_given_a_plan_when_saved_then_plan_and_rules_are_kept(plan: Plan, rules: RuleSet) -> None:
    saved = save_plan(plan, PeriodState.DRAFT, "wang")
    assert (saved.state, saved.attempt, saved.made_by, saved.approved_by) == (PeriodState.DRAFT, 1, "wang", "")
    assert load_plan("2026-03") == plan
    assert load_period_rules("2026-03") == rules


def test_given_a_saved_plan_when_saved_again_by_another_then_nothing_changes(plan: Plan) -> None:
    saved = save_plan(plan, PeriodState.DRAFT, "wang")
    assert save_plan(plan, PeriodState.DRAFT, "li") == saved


def test_given_the_city_s_rules_change_when_a_period_has_begun_then_it_keeps_its_own(plan: Plan) -> None:
    save_plan(plan, PeriodState.DRAFT, "wang")
    older = records.rules_text_of("2026-03").replace("bids_max = 3", "bids_max = 2")
    PeriodRecord("2026-03", "period").update([PeriodRecord.rules.set(older)])
    assert load_period_rules("2026-03").bids_max == 2


def test_given_a_plan_of_other_rules_when_saved_then_the_version_is_asked_for(plan: Plan) -> None:
    with pytest.raises(InvalidInput, match="RULES_VERSION"):
        save_plan(replace(plan, rules_version="2019-01"), PeriodState.DRAFT, "wang")


@pytest.mark.parametrize("state", [PeriodState.DRAFT, PeriodState.RUNNING, PeriodState.FINISHED])
def test_given_a_plan_in_use_when_another_is_saved_then_it_is_refused(state: PeriodState, plan: Plan) -> None:
    save_plan(plan, state, "wang")
    with pytest.raises(Conflict, match="PLAN_STANDS"):
        save_plan(replace(plan, quotas={"individual": 61, "unit": 10}), PeriodState.DRAFT, "wang")
    assert load_plan("2026-03") == plan


@pytest.mark.parametrize("state", [PeriodState.REJECTED, PeriodState.STOPPED])
def test_given_a_plan_that_ended_when_another_is_saved_then_it_is_the_next_attempt_and_unapproved(
    state: PeriodState, plan: Plan
) -> None:
    first = save_plan(plan, state, "wang")
    records.mark_approved("2026-03", first.plan_digest, "li")
    other = replace(plan, quotas={"individual": 61, "unit": 10})
    saved = save_plan(other, PeriodState.DRAFT, "zhao")
    assert (saved.plan, saved.attempt, saved.made_by, saved.approved_by) == (other, 2, "zhao", "")


def test_given_a_period_when_moved_from_another_state_then_it_stays(plan: Plan) -> None:
    save_plan(plan, PeriodState.DRAFT, "wang")
    assert records.move("2026-03", PeriodState.RUNNING, since=OPEN, attempt=1)
    assert not records.move("2026-03", PeriodState.RUNNING, since=OPEN, attempt=2)
    assert records.move("2026-03", PeriodState.FINISHED, since=(PeriodState.RUNNING,))
    assert not records.move("2026-03", PeriodState.STOPPED, since=OPEN)
    assert find_period("2026-03").state is PeriodState.FINISHED


def test_given_no_period_when_moved_then_none_comes_to_be() -> None:
    assert not records.move("2026-03", PeriodState.RUNNING, since=OPEN)
    with pytest.raises(NotFound):
        find_period("2026-03")


def test_given_a_plan_was_replaced_when_the_old_one_is_approved_or_rejected_then_the_new_one_is_untouched(
    plan: Plan,
) -> None:
    old = save_plan(plan, PeriodState.STOPPED, "wang").plan_digest
    save_plan(replace(plan, quotas={"individual": 61, "unit": 10}), PeriodState.DRAFT, "wang")
    assert not records.mark_approved("2026-03", old, "li")
    assert not records.mark_rejected("2026-03", old)
    assert find_period("2026-03").state is PeriodState.DRAFT


def test_given_a_milestone_reached_when_reached_again_then_the_first_time_stands() -> None:
    assert reaching.reach("2026-03", "auction_opens", 1_000) == 1_000
    assert reaching.reach("2026-03", "auction_opens", 2_000) == 1_000
    assert reaching.reached("2026-03") == {"auction_opens": 1_000}
