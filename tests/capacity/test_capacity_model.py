"""The model against what can be worked out by hand."""

from __future__ import annotations

import re

import pytest

from local.capacity.cost import cost_yuan
from local.capacity.model import SETTINGS, Bucket, Model, Provision
from local.load.curve import real_rate
from local.package import ROOT, merge_template

WIDE = Provision(environments=10**6, gateway_rate=10**6, gateway_burst=10**6, warm_writes=10**6)
SERVICE_SECONDS = SETTINGS["lambda"]["service_ms"] / 1_000


def once(provision: Provision, rate: float, seconds: float, seed: int = 1) -> Model:
    """A run in which nobody asks again."""
    model = Model(provision, lambda _: rate, seed)
    model.attempts = 1
    model.run(seconds)
    return model


def test_given_a_bucket_when_more_is_asked_than_comes_back_then_its_size_and_its_rate_are_what_one_gets() -> None:
    bucket = Bucket(100, 50)

    assert sum(bucket.take(at / 1_000) for at in range(10_000)) == pytest.approx(50 + 100 * 10, abs=1)


def test_given_a_gateway_when_asked_above_its_rate_then_burst_and_rate_get_through() -> None:
    day = once(Provision(10**6, gateway_rate=500, gateway_burst=200, warm_writes=10**6), 1_000, 10).day

    assert day.accepted == pytest.approx(200 + 500 * 10, rel=0.01)
    assert day.turned_away["gateway"] == day.asked - day.accepted


@pytest.mark.parametrize(("servers", "offered"), [(5, 3.0), (10, 10.0), (20, 15.0)])
def test_given_fixed_environments_when_arrivals_are_random_then_erlang_b_says_how_many_are_turned_away(
    servers: int, offered: float
) -> None:
    blocked = 1.0
    for number in range(1, servers + 1):
        blocked = offered * blocked / (number + offered * blocked)
    fixed = Provision(
        servers, gateway_rate=10**6, gateway_burst=10**6, warm_writes=10**6, environments_per_10_seconds=0
    )

    day = once(fixed, offered / SERVICE_SECONDS, 40).day

    assert day.turned_away["environments"] / day.asked == pytest.approx(blocked, abs=0.012)


def test_given_wide_stages_when_asked_then_nobody_is_turned_away_and_littles_law_holds() -> None:
    day = once(WIDE, 1_000, 20).day

    assert day.accepted == day.asked
    mean = sum(day.latencies_ms) / len(day.latencies_ms)
    assert mean == pytest.approx(SETTINGS["lambda"]["service_ms"], rel=0.03)


def test_given_no_environment_ready_when_asked_then_no_more_start_than_lambda_starts() -> None:
    slow = Provision(0, account_concurrency=10**6, gateway_rate=10**6, gateway_burst=10**6, warm_writes=10**6)
    model = Model(slow, lambda _: 20_000, 1)
    model.attempts = 1
    model.run(0.25)  # before the first start is over

    assert model.day.cold_starts == pytest.approx(1_000 + 100 * 0.25, abs=2)


def test_given_one_partition_when_more_is_written_then_a_thousand_a_second_and_the_first_thousand_are_taken() -> None:
    day = once(Provision(10**6, gateway_rate=10**6, gateway_burst=10**6, warm_writes=1_000), 3_000, 5).day

    assert day.accepted == pytest.approx(1_000 + 1_000 * 5, rel=0.03)


def test_given_those_turned_away_when_they_ask_again_then_every_bid_is_accounted_for() -> None:
    day = Model(Provision(), lambda left: real_rate(left, 166_000)).run(5)

    assert day.asked == day.accepted + day.too_late + day.given_up


def test_given_twice_the_bidders_when_the_cost_is_taken_then_what_is_paid_by_use_doubles() -> None:
    one, two = cost_yuan(10_000, 100), cost_yuan(20_000, 100)

    assert two["provisioned concurrency"] == one["provisioned concurrency"]
    assert two["bids: DynamoDB writes"] == pytest.approx(2 * one["bids: DynamoDB writes"])
    assert one["bids: DynamoDB writes"] == pytest.approx(10_000 * 1.95 * 11.1538 / 1e6)


def test_given_the_model_s_row_for_the_contract_s_bidders_then_the_template_provides_that_by_default() -> None:
    row = re.search(r"^\| 40,000 \|(.*)$", (ROOT / "docs" / "capacity.md").read_text(), re.MULTILINE)
    assert row is not None
    cells = [int(cell.replace(",", "")) for cell in row[1].split("|")[:4]]
    template = merge_template()
    defaults = {name: each["Default"] for name, each in template["Parameters"].items() if "Default" in each}
    bids = next(
        each
        for each in template["Resources"]["RestAPI"]["Properties"]["MethodSettings"]
        if each["ResourcePath"] == "/bids"
    )

    assert [defaults["AuctionBidConcurrency"], defaults["AuctionWriteUnits"], bids["ThrottlingRateLimit"]] == cells[1:]
