"""A real plan with its instants seconds apart, and the month drawn for it."""

from __future__ import annotations

import pytest

from chalicelib.periods.plan import Plan, compress, nominal
from chalicelib.periods.rules import RuleSet, load_rules
from local.conduct import suggest_quotas
from local.month import Month, make_month, make_roster

START_MS = 1_790_000_000_000
AVERAGES = {"individual": 1_600_000, "unit": 2_400_000}


@pytest.fixture(scope="session")
def rules() -> RuleSet:
    return load_rules("hangzhou")


def compressed_plan(rules: RuleSet, bidders: int) -> Plan:
    quotas = suggest_quotas(make_roster(42, bidders).people)
    plan = nominal("2026-03", rules, quotas, last_average_fen=AVERAGES, lows_fen={}, last_mean_fen={})
    # In the order of their dates, five seconds apart; the statements that are kept lie between.
    names = sorted(plan.milestones, key=lambda name: (plan.milestones[name].at_ms, name))
    offsets = {name: 5_000 * place for place, name in enumerate(names)}
    opens = offsets["auction_opens"]
    offsets |= {f"broadcast-{n}": opens + n * 1_000 for n in range(1, len(plan.broadcasts) + 1)}
    closes = offsets["deposits_close"]
    due = {"2026-03-10": closes - 6_000, "2026-03-17": closes + 4_000, "2026-04-09": offsets["month_end"] - 1_000}
    offsets |= {f"statement-hangzhou-{day}": at for day, at in due.items()}
    return compress(plan, offsets, START_MS)


@pytest.fixture(scope="session")
def plan(rules: RuleSet) -> Plan:
    return compressed_plan(rules, 200)


@pytest.fixture(scope="session")
def month(plan: Plan, rules: RuleSet) -> Month:
    return make_month(make_roster(42, 200), plan, rules)
