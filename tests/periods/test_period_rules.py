"""Rule sets: what stands in them, and that a faulty one names what is wrong."""

from __future__ import annotations

import pytest

from chalicelib.kernel.errors import FileRefused, InvalidInput
from chalicelib.periods.phases import Phase
from chalicelib.periods.rules import load_rules, read_rules, rule_text

CITIES = ("guangzhou", "hangzhou", "shanghai", "shenzhen", "tianjin")
OPTIONAL = ("rates", "auction_on_workday", "wallets", "bank_differs_fen_max")


@pytest.mark.parametrize(
    ("city", "deposit_fen"),
    [("hangzhou", 200_000), ("guangzhou", 200_000), ("shenzhen", 500_000), ("tianjin", 200_000)],
)
def test_given_a_city_when_its_rules_are_loaded_then_the_published_numbers_stand(city: str, deposit_fen: int) -> None:
    rules = load_rules(city)
    assert rules.city == city
    assert (rules.deposit_fen, rules.reserve_fen, rules.tick_fen) == (deposit_fen, 1_000_000, 10_000)
    assert (rules.cap_multiple, rules.bids_max, rules.broadcast_trim_percent) == (2, 3, 10)
    assert rules.cap_fen(1_144_800) == 2_289_600
    assert rules.timetable.auction_opens_minute == 9 * 60
    assert rules.timetable.broadcast_minutes == (11 * 60, 13 * 60)
    assert rules.phases == (Phase("bidding", 9 * 60, 15 * 60, 3, newcomers=True, limit="cap", band_fen=0),)
    assert not rules.has_warning_price


def test_given_shanghai_then_a_bid_under_the_warning_price_and_two_changes_near_the_lowest() -> None:
    rules = load_rules("shanghai")
    assert (rules.deposit_fen, rules.bids_max, rules.has_warning_price) == (100_000, 3, True)
    assert rules.cap_fen(9_000_000) is None
    assert rules.phases == (
        Phase("first_bid", 10 * 60 + 30, 11 * 60, 1, newcomers=True, limit="warning_price", band_fen=0),
        Phase(
            "changes",
            11 * 60,
            11 * 60 + 30,
            2,
            newcomers=False,
            limit="around_lowest",
            band_fen=30_000,
            lowest_every_seconds=3,
            lowest_age_seconds_max=15,
        ),
    )


def test_given_hangzhou_then_individuals_may_get_more_quota_and_guangzhou_has_no_such_rule() -> None:
    more = load_rules("hangzhou").more_quota
    assert more is not None
    assert (more.bidder_class, more.percent, more.rounding, more.history_periods) == ("individual", 50, "down", 12)
    assert (more.bidders_multiple, more.lowest_percent_of_mean) == (2, 130)
    assert load_rules("guangzhou").more_quota is None


@pytest.mark.parametrize(
    ("text", "is_code"),
    [
        ("3301001234567", True),
        ("330100123456", False),
        ("33010012345678", False),
        ("３３０１００１２３４５６７", False),
    ],
)
def test_given_a_text_then_only_thirteen_digits_are_a_code(text: str, is_code: bool) -> None:
    assert load_rules("hangzhou").is_code(text) is is_code


@pytest.mark.parametrize(
    ("before", "after", "field"),
    [
        ("bids_max = 3", "bids_max = 0", "bids_max"),
        ("bids_max = 3", "bids_max = true", "bids_max"),
        ("bids_max = 3", "", "bids_max"),
        ("bids_max = 3", "bids_max = 3\nbid_max = 3", "bid_max"),
        ("reserve_fen = 1_000_000", "reserve_fen = 1_005_000", "reserve_fen"),
        ("tick_fen = 10_000", "tick_fen = 50", "tick_fen"),
        (r"'\d{13}'", "'['", "code_pattern"),
        ("day_count = 360", "day_count = 300", "interest.day_count"),
        ("from_date = 2015-10-24", "from_date = 2012-07-06", "interest.rates"),
        ("from_date = 2015-10-24", 'from_date = "2015"', "interest.rates[1].from_date"),
        ('rounding = "down"', 'rounding = "odd"', "more_quota.rounding"),
        ('auction_opens = "09:00"', 'auction_opens = "9"', "timetable.auction_opens"),
        ('broadcasts = ["11:00", "13:00"]', 'broadcasts = ["13:00", "11:00"]', "timetable.broadcasts"),
        ('refunds_1_by = "04 17:00"', 'refunds_1_by = "31 17:00"', "timetable.refunds_1_by"),
    ],
)
def test_given_a_faulty_rule_when_read_then_its_key_is_named(before: str, after: str, field: str) -> None:
    text = rule_text("hangzhou")
    assert before in text
    with pytest.raises(FileRefused) as refused:
        read_rules(text.replace(before, after))
    assert refused.value.code == "RULES_INVALID"
    assert field in [problem.field for problem in refused.value.problems]
    assert all(problem.remedy for problem in refused.value.problems)


@pytest.mark.parametrize(
    ("before", "after", "field"),
    [
        ('opens = "11:00"', 'opens = "11:01"', "phases"),
        ('\ncloses = "11:30"', '\ncloses = "11:31"', "phases"),
        ('opens = "10:30"\ncloses = "11:00"', 'opens = "10:30"\ncloses = "10:30"', "phases"),
        ('name = "changes"', 'name = "first_bid"', "phases"),
        ("bids_max = 2", "bids_max = 3", "bids_max"),
        ("newcomers = true", "newcomers = false", "phases[0].newcomers"),
        ("newcomers = true", 'newcomers = "yes"', "phases[0].newcomers"),
        ('limit = "warning_price"', 'limit = "cap"', "cap_multiple"),
        ('limit = "warning_price"', 'limit = "mood"', "phases[0].limit"),
        ("band_fen = 30_000", "band_fen = 30_050", "phases"),
        ("band_fen = 30_000", "", "phases[1].band_fen"),
        ('limit = "warning_price"', 'limit = "warning_price"\nband_fen = 30_000', "phases[0].band_fen"),
        ("broadcasts = []", "broadcasts = [11]", "timetable.broadcasts"),
        ("auction_on_workday = false", "auction_on_workday = 0", "timetable.auction_on_workday"),
        ("cap_multiple = 0", "cap_multiple = -1", "cap_multiple"),
    ],
)
def test_given_faulty_phases_when_read_then_their_key_is_named(before: str, after: str, field: str) -> None:
    text = rule_text("shanghai")
    assert before in text
    with pytest.raises(FileRefused) as refused:
        read_rules(text.replace(before, after))
    assert field in [problem.field for problem in refused.value.problems]


@pytest.mark.parametrize("city", CITIES)
def test_given_any_key_of_a_city_when_it_is_left_out_then_it_is_named_or_optional(city: str) -> None:
    lines = rule_text(city).splitlines()
    for place, line in enumerate(lines):
        key, equals, _ = line.partition(" = ")
        if not equals or not key.isidentifier() or key in OPTIONAL:
            continue
        with pytest.raises(FileRefused) as refused:
            read_rules("\n".join([*lines[:place], *lines[place + 1 :]]))
        assert any(problem.field.split(".")[-1] == key for problem in refused.value.problems), key


def test_given_a_text_of_before_the_phases_when_a_period_began_with_it_then_it_is_still_read() -> None:
    assert "[[phases]]" not in rule_text("hangzhou")
    assert "auction_on_workday" not in rule_text("hangzhou")
    assert load_rules("hangzhou").timetable.auction_on_workday


def test_given_several_faults_then_all_are_named_at_once() -> None:
    text = rule_text("hangzhou").replace("bids_max = 3", "bids_max = 0").replace("day_count = 360", "day_count = 1")
    with pytest.raises(FileRefused) as refused:
        read_rules(text)
    assert {problem.field for problem in refused.value.problems} == {"bids_max", "interest.day_count"}


def test_given_text_that_is_not_toml_then_it_is_refused_as_a_file() -> None:
    with pytest.raises(FileRefused, match="RULES_INVALID"):
        read_rules("city = ")


def test_given_an_unknown_city_then_the_known_ones_are_named() -> None:
    with pytest.raises(InvalidInput) as refused:
        load_rules("../hangzhou")
    assert refused.value.code == "CITY_UNKNOWN"
    assert refused.value.problems[0].remedy == "one of guangzhou, hangzhou, shanghai, shenzhen, tianjin"
