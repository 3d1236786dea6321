"""The plan: drafted from known months, compressed, held to its order, and the same through JSON."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from chalicelib.kernel.clock import local_text
from chalicelib.kernel.errors import InvalidInput
from chalicelib.periods.calendar import STATE_COUNCIL, WorkCalendar, YearNotice
from chalicelib.periods.milestones import MILESTONES
from chalicelib.periods.plan import Plan, check_against, compress, machine_input, nominal
from chalicelib.periods.plan_json import from_json, to_json
from chalicelib.periods.rules import RuleSet, load_rules

START_MS = 1_790_000_000_000
QUOTAS = {"individual": 60, "unit": 10}
NO_PAST: dict[str, Any] = {"last_average_fen": {}, "lows_fen": {}, "last_mean_fen": {}}


def draft(period: str, rules: RuleSet, **more: Any) -> Plan:
    return nominal(period, rules, QUOTAS, **NO_PAST, **more)


@pytest.mark.parametrize(
    ("period", "auction"),
    [
        ("2014-05", "2014-05-26"),  # the 25th was a Sunday
        ("2023-02", "2023-02-27"),  # the 25th was a Saturday
        ("2023-06", "2023-06-25"),  # a Sunday, and a make-up workday
        ("2026-03", "2026-03-25"),
    ],
)
def test_given_a_known_month_when_drafted_then_the_auction_falls_on_the_known_day(
    period: str, auction: str, rules: RuleSet
) -> None:
    assert draft(period, rules).day("auction_opens").isoformat() == auction


def test_given_march_2026_when_drafted_then_every_milestone_is_the_notice_s(plan: Plan) -> None:
    assert {name: local_text(plan.at(name))[:16] for name in MILESTONES} == {
        "plan_due": "2026-03-08T17:00",
        "applications_close": "2026-03-09T00:00",
        "applicants_to_notary": "2026-03-09T15:00",
        "deposits_open": "2026-03-07T09:00",
        "deposit_reminder": "2026-03-15T09:00",
        "alipay_closes": "2026-03-16T17:00",
        "deposits_close": "2026-03-17T17:00",
        "corrections_close": "2026-03-18T17:00",
        "deposits_to_notary": "2026-03-19T15:00",
        "qualification_by": "2026-03-20T17:00",
        "activation_opens": "2026-03-23T09:00",
        "activation_reminder": "2026-03-24T09:00",
        "activation_closes": "2026-03-24T17:00",
        "auction_opens": "2026-03-25T09:00",
        "auction_closes": "2026-03-25T15:00",
        "settlement_opens": "2026-03-26T09:00",
        "settlement_reminder": "2026-03-30T09:00",
        "settlement_closes": "2026-03-30T17:00",
        "refunds_1_by": "2026-04-04T17:00",
        "refunds_2_by": "2026-04-07T17:00",
        "failed_refunds_after": "2026-04-11T00:00",
        "month_end": "2026-04-15T17:00",
    }
    assert plan.day("applications_close") == date(2026, 3, 8)
    assert [local_text(each.at_ms)[11:16] for each in plan.broadcasts] == ["11:00", "13:00"]


def test_given_a_drafted_plan_then_each_day_has_its_statement_and_the_corrections_day_is_the_last_of_intake(
    plan: Plan,
) -> None:
    assert [each.channel for each in plan.statements[:4]] == ["hangzhou", "minsheng", "alipay", "hangzhou"]
    days = [each.day for each in plan.statements if each.channel == "minsheng"]
    assert days == [date(2026, 3, 7) + timedelta(days=number) for number in range(39)]
    assert plan.intake[-1].day == date(2026, 3, 18)
    assert local_text(plan.intake[0].due.at_ms) == "2026-03-09T09:00:00.000"
    assert plan.intake + plan.closing == plan.statements


def test_given_national_day_when_the_settlement_passes_the_7th_then_batch_2_follows_it(rules: RuleSet) -> None:
    plan = draft("2026-09", rules)
    assert plan.day("settlement_closes") == date(2026, 10, 8)
    assert plan.day("refunds_2_by") == date(2026, 10, 9)


def test_given_a_plan_when_the_notice_names_the_auction_day_then_the_rest_follows(rules: RuleSet) -> None:
    plan = draft("2026-02", rules, dates={"auction_opens": date(2026, 2, 28)})
    assert plan.day("auction_closes") == date(2026, 2, 28)
    assert plan.day("activation_opens") == date(2026, 2, 26)
    assert plan.day("settlement_opens") == date(2026, 3, 2)


@pytest.mark.parametrize(
    ("day", "field"),
    [
        (date(2026, 10, 26), None),
        (date(2026, 10, 25), "auction_opens"),  # a Sunday
        (date(2026, 11, 9), "auction_opens"),  # the next period
    ],
)
def test_given_an_auction_on_a_day_off_or_in_another_month_then_the_plan_is_refused(
    day: date, field: str | None, rules: RuleSet
) -> None:
    if field is None:
        assert draft("2026-10", rules, dates={"auction_opens": day}).day("auction_opens") == day
        return
    with pytest.raises(InvalidInput, match="PLAN_INVALID") as refused:
        draft("2026-10", rules, dates={"auction_opens": day})
    assert field in [problem.field for problem in refused.value.problems]


def test_given_shanghai_then_a_saturday_may_be_named_and_the_plan_needs_a_warning_price() -> None:
    shanghai, saturday = load_rules("shanghai"), {"auction_opens": date(2026, 10, 24)}
    warning = {"individual": 8_950_000, "unit": 8_950_000}
    plan = draft("2026-10", shanghai, dates=saturday, warning_fen=warning)
    assert plan.day("auction_opens") == date(2026, 10, 24)
    assert plan.broadcasts == ()
    assert from_json(json.loads(json.dumps(to_json(plan)))) == plan
    for wrong in ({}, {"individual": 8_950_000}, {**warning, "unit": 8_950_050}):
        with pytest.raises(InvalidInput, match="warning_fen"):
            draft("2026-10", shanghai, dates=saturday, warning_fen=wrong)


def test_given_a_city_without_a_warning_price_when_one_is_given_then_it_is_refused(rules: RuleSet) -> None:
    with pytest.raises(InvalidInput, match="warning_fen"):
        draft("2026-03", rules, warning_fen={"individual": 2_000_000, "unit": 2_000_000})


@pytest.mark.parametrize("channel", ["cmbc", ""])
def test_given_statements_of_other_banks_than_the_rules_name_then_the_plan_does_not_fit_them(
    channel: str, plan: Plan, rules: RuleSet
) -> None:
    more = replace(plan.statements[0], channel=channel)
    with pytest.raises(InvalidInput, match="statements"):
        check_against(replace(plan, statements=(*plan.statements, more)), rules, STATE_COUNCIL)
    without = tuple(each for each in plan.statements if each not in plan.intake)
    with pytest.raises(InvalidInput, match="statements"):
        check_against(replace(plan, statements=without), rules, STATE_COUNCIL)


def test_given_a_year_not_announced_then_the_draft_says_so_until_the_notice_is_entered(rules: RuleSet) -> None:
    with pytest.raises(InvalidInput, match="CALENDAR_UNKNOWN"):
        draft("2099-03", rules)
    calendar = WorkCalendar({2099: YearNotice(frozenset(), frozenset())})
    assert draft("2099-03", rules, calendar=calendar).day("auction_opens") == date(2099, 3, 25)


@pytest.mark.parametrize("period", ["2026-13", "2026-3", "26-03", "2026-03 ", "1999-03"])
def test_given_a_name_that_is_no_period_then_it_is_refused(period: str, rules: RuleSet) -> None:
    with pytest.raises(InvalidInput, match="PERIOD_INVALID"):
        draft(period, rules)


def offsets(*statements: str) -> dict[str, int]:
    named = {name: number * 1_000 for number, name in enumerate(MILESTONES)}
    named["broadcast-1"] = named["auction_opens"] + 300
    named["broadcast-2"] = named["auction_opens"] + 600
    for number, name in enumerate(statements):
        named[name] = named["deposits_open"] + 100 * number
    return named


def test_given_offsets_when_compressed_then_instants_change_and_dates_stay(plan: Plan) -> None:
    kept = offsets("statement-hangzhou-2026-03-10", "statement-hangzhou-2026-03-18")
    kept["statement-hangzhou-2026-04-14"] = kept["month_end"] - 1
    short = compress(plan, kept, START_MS)
    assert short.at("plan_due") == START_MS
    assert short.at("month_end") == START_MS + 21_000
    assert {name: short.day(name) for name in MILESTONES} == {name: plan.day(name) for name in MILESTONES}
    assert [each.day.isoformat() for each in short.intake] == ["2026-03-10", "2026-03-18"]
    assert [each.day.isoformat() for each in short.closing] == ["2026-04-14"]
    assert short.daily == short.closing
    kept["statement-hangzhou-2026-04-14"] = kept["month_end"]
    assert compress(plan, kept, START_MS).daily == ()
    assert short.quotas == plan.quotas


def test_given_a_statement_when_its_day_ends_then_at_midnight_and_in_a_compressed_month_when_it_is_due(
    plan: Plan,
) -> None:
    real = next(each for each in plan.intake if each.day.isoformat() == "2026-03-10")
    assert (local_text(real.ends_ms)[:19], local_text(real.due.at_ms)[:10]) == ("2026-03-11T00:00:00", "2026-03-11")
    short = compress(plan, offsets("statement-hangzhou-2026-03-10"), START_MS)
    assert short.intake[0].ends_ms == short.intake[0].due.at_ms == START_MS + offsets()["deposits_open"]


def test_given_a_compressed_month_when_its_days_are_asked_for_then_they_meet_at_whole_seconds(plan: Plan) -> None:
    first, last = "2026-03-10", "2026-03-18"
    short = compress(plan, offsets(f"statement-hangzhou-{first}", f"statement-hangzhou-{last}"), START_MS + 999)
    opens_ms = short.at("deposits_open") // 1_000 * 1_000

    def day(of: str, channel: str = "hangzhou") -> tuple[int, int] | None:
        return short.short_day(channel, date.fromisoformat(of))

    assert (day(first), day(last)) == ((0, opens_ms), (opens_ms, opens_ms + 1_000))
    assert (day("2026-03-11"), day(first, "minsheng")) == (None, None)
    assert plan.short_day("hangzhou", date.fromisoformat(first)) is None


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"auction_opens": None}, "auction_opens"),
        ({"broadcast-2": None}, "broadcast-2"),
        ({"statement-cmbc-2026-03-10": 5}, "statement-cmbc-2026-03-10"),
        ({"statement-hangzhou-2026-03-10": None}, "statements"),
        ({"auction_closes": 0}, "auction_closes"),
        ({"broadcast-1": 0}, "broadcasts"),
        ({"statement-hangzhou-2026-03-10": 21_000}, "statements"),
    ],
)
def test_given_offsets_that_do_not_fit_then_the_name_is_told(
    change: dict[str, int | None], field: str, plan: Plan
) -> None:
    changed: dict[str, int | None] = {**offsets("statement-hangzhou-2026-03-10"), **change}
    with pytest.raises(InvalidInput) as refused:
        compress(plan, {name: each for name, each in changed.items() if each is not None}, START_MS)
    assert refused.value.code == "PLAN_INVALID"
    assert field in [problem.field for problem in refused.value.problems]


def test_given_a_plan_when_written_and_read_then_it_is_equal(plan: Plan) -> None:
    assert from_json(json.loads(json.dumps(to_json(plan)))) == plan


@pytest.mark.parametrize(
    ("path", "found", "field"),
    [
        (("period",), "2026-00", "period"),
        (("city",), 5, "city"),
        (("milestones",), None, "milestones"),
        (("milestones", "auction_opens", "at"), "tomorrow", "milestones.auction_opens.at"),
        (("milestones", "auction_opens", "date"), 20260325, "milestones.auction_opens.date"),
        (("milestones", "lunch"), {"at": "2026-03-25T12:00", "date": "2026-03-25"}, "milestones.lunch"),
        (("milestones", "deposits_close"), {"at": "2026-03-17T17:00", "date": "2026-03-19"}, "corrections_close"),
        (("broadcasts",), "none", "broadcasts"),
        (("statements",), [], "statements"),
        (("statements",), ["2026-03-10"], "statements[0]"),
        (("quota",), {"individual": 5, "unit": 5}, "quota"),
        (("milestones", "auction_opens", "time"), "09:00", "milestones.auction_opens.time"),
        (("quotas",), {}, "quotas"),
        (("quotas",), {"individual": 0, "unit": 0}, "quotas"),
        (("quotas",), {"individual": 5}, "quotas"),
        (("quotas", "unit"), "5", "quotas.unit"),
        (("quotas", "unit"), True, "quotas.unit"),
        (("last_average_fen", "company"), 5, "last_average_fen.company"),
        (("lows_fen", "unit"), [-1], "lows_fen.unit"),
        (("warning_fen",), {"unit": "high"}, "warning_fen.unit"),
        (("period",), "2026-04", "auction_opens"),
    ],
)
def test_given_a_wrong_field_when_read_then_it_is_named(
    path: tuple[str, ...], found: object, field: str, plan: Plan
) -> None:
    body: dict[str, Any] = json.loads(json.dumps(to_json(plan)))
    table = body
    for name in path[:-1]:
        table = table[name]
    table[path[-1]] = found
    with pytest.raises(InvalidInput) as refused:
        from_json(body)
    assert field in [problem.field for problem in refused.value.problems]


def test_given_a_day_with_two_statements_then_the_plan_is_refused(plan: Plan) -> None:
    body = to_json(replace(plan, statements=(plan.statements[0], *plan.statements)))
    with pytest.raises(InvalidInput, match="PLAN_INVALID"):
        from_json(body)


def test_given_a_plan_then_the_machine_is_given_instants_in_utc(plan: Plan) -> None:
    given = machine_input(plan, 2)
    assert (given["period"], given["attempt"]) == ("2026-03", 2)
    assert given["plan"]["at"]["auction_opens"] == "2026-03-25T01:00:00.000Z"
    assert given["plan"]["broadcasts"] == ["2026-03-25T03:00:00.000Z", "2026-03-25T05:00:00.000Z"]
    assert given["plan"]["statements"][0][0] == {
        "channel": "hangzhou",
        "day": "2026-03-07",
        "month": "2026-03",
        "due": "2026-03-09T01:00:00.000Z",
    }
    assert given["plan"]["closing"][-1][-1]["day"] == "2026-04-14"
    assert given["plan"]["daily"][0][0] == given["plan"]["closing"][0][0]
    assert given["plan"]["classes"] == ["individual", "unit"]
