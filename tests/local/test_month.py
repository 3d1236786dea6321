"""Rule: a drawn month holds every kind of bidder and payment, says what it planted, and repeats itself to the byte."""

from __future__ import annotations

import csv
import io
from collections import Counter
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from chalicelib.kernel.identity import id_card_fault
from chalicelib.periods.plan import Plan, nominal
from chalicelib.periods.rules import RuleSet
from local.casting import RARE_NAMES
from local.compressed import compressed
from local.conduct import BIDDERS_MIN, Paying, choose_defaulters, suggest_quotas
from local.month import ALIPAY, CHANNEL, CHANNELS, Month, make_month, make_roster, write_files
from local.payments import MINSHENG, deposit_slots
from local.people import PeopleMaker, make_people
from tests.local.conftest import AVERAGES, START_MS


def test_given_200_bidders_when_drawn_then_shares_are_as_set_out(month: Month) -> None:
    kinds = Counter(conduct.paying for conduct in month.conduct.values())
    assert kinds == {
        Paying.EXACT: 156,
        Paying.NEVER: 10,
        Paying.CODE_MISSING: 6,
        Paying.CODE_WRONG: 6,
        Paying.CODE_CUT: 6,
        Paying.LATE: 4,
        Paying.SHORT: 4,
        Paying.DOUBLE: 4,
        Paying.OVER: 4,
    }
    expected = month.expected()
    assert expected["applicants"] == {"individual": 176, "unit": 24}
    assert expected["corrected"] == 9
    assert expected["deposits_held"] == 156 + 4 + 4 + 9
    assert expected["audit_failed"] == 6
    assert expected["credits"] == 190 + 4 + 2
    assert set(expected["refusals"]) == {"NO_BIDS_LEFT", "BELOW_RESERVE", "OFF_TICK", "ABOVE_CAP", "REQUEST_REUSED"}


@pytest.mark.parametrize("bidders", [20, 57, 200])
def test_given_any_size_when_drawn_then_every_kind_happens_at_least_once(
    plan: Plan, rules: RuleSet, bidders: int
) -> None:
    month = make_month(make_roster(5, bidders), plan, rules)
    assert {conduct.paying for conduct in month.conduct.values()} == set(Paying)
    assert sum(month.expected()["applicants"].values()) == bidders
    assert len(month.failing_accounts) == len(month.new_accounts) == 2


def test_given_too_few_bidders_when_drawn_then_it_says_how_many_it_takes(plan: Plan, rules: RuleSet) -> None:
    with pytest.raises(ValueError, match="20 bidders or more"):
        make_month(make_roster(5, 19), plan, rules)


def test_given_the_same_seed_when_drawn_again_then_files_and_payments_are_the_same(
    month: Month, plan: Plan, rules: RuleSet
) -> None:
    again = make_month(make_roster(42, 200), plan, rules)
    assert [file.content for file in again.files] == [file.content for file in month.files]
    assert again.payments == month.payments
    assert again.conduct == month.conduct


def test_given_the_individuals_list_when_read_as_gb18030_then_only_the_planted_rows_are_wrong(month: Month) -> None:
    file = month.files[0]
    rows = list(csv.reader(io.StringIO(file.content.decode("gb18030"))))
    assert rows[0] == ["申请编码", "类别", "名称", "证件类型", "证件号码", "手机号码", "有效期起", "有效期止"]
    codes = [row[0] for row in rows[1:]]
    bad = [row for row in rows[1:] if id_card_fault(row[4]) or row[6].endswith("-02-30") or len(row[5]) != 11]
    doubled = [code for code in codes if codes.count(code) > 1]
    assert len(bad) + len(doubled) == file.bad_rows == 5
    assert file.key == "regulator/applicants/2026-03/individual/applicants-individual.csv"


def test_given_the_units_list_when_opened_as_a_workbook_then_its_cells_are_text(month: Month) -> None:
    file = month.files[1]
    sheet = openpyxl.load_workbook(io.BytesIO(file.content)).active
    assert sheet is not None
    rows = list(sheet.iter_rows(values_only=True))
    assert len(rows) == 1 + file.rows == 1 + 24 + file.bad_rows
    assert all(isinstance(cell, str) for row in rows for cell in row)


def test_given_payments_when_on_time_then_inside_the_window_and_late_ones_after_it(month: Month, plan: Plan) -> None:
    last_day = max(month.credit_days)
    for payment in month.payments:
        assert plan.day("deposits_open") <= payment.value_date <= payment.statement_day
        if payment.kind == Paying.LATE:
            assert payment.booked_at_ms >= plan.at("deposits_close")
            assert payment.statement_day == last_day
        else:
            assert plan.at("deposits_open") <= payment.booked_at_ms < plan.at("deposits_close")
    assert [slot.day for slot in deposit_slots(plan, "hangzhou")] == list(month.credit_days)


def test_given_doubtful_payments_when_drawn_then_no_listed_code_stands_in_the_memo(month: Month) -> None:
    codes = {person.code for person in month.people}
    for payment in month.payments:
        named = any(code in payment.memo for code in codes)
        assert named is (payment.kind not in {"code_missing", "code_wrong", "code_cut", "unknown_payer"}), payment


def test_given_a_double_payment_when_drawn_then_the_later_one_is_the_second(month: Month) -> None:
    for payment in month.payments:
        if payment.kind == "second_payment":
            first = month.payment_of(payment.code)
            assert first.kind == Paying.DOUBLE
            assert first.booked_at_ms <= payment.booked_at_ms


def test_given_accounts_that_will_fail_when_drawn_then_their_owners_can_name_another(month: Month) -> None:
    for code, account in month.new_accounts.items():
        assert month.payment_of(code).account in month.failing_accounts
        assert account != month.person(code).account_no


def test_given_losers_who_chose_rollover_when_the_month_ends_then_their_deposits_stay(month: Month) -> None:
    chose = [person.code for person, _ in month.bidders(qualified=True, activates=True, rollover=True)]
    assert month.rolled_over_fen(chose[:1]) == 200_000 * (len(chose) - 1) > 0


def test_given_winners_when_defaulters_are_chosen_then_one_over_payer_is_among_them(month: Month) -> None:
    over = sorted(code for code, conduct in month.conduct.items() if conduct.paying is Paying.OVER)
    exact = sorted(code for code, conduct in month.conduct.items() if conduct.paying is Paying.EXACT)
    chosen = choose_defaulters(1, [*over, *exact[:50]], month.conduct)
    assert len(chosen) == 4
    assert len(chosen & set(over)) == 1
    assert choose_defaulters(1, [], month.conduct) == set()


def test_given_people_when_quotas_are_suggested_then_about_a_third_of_the_bidders_win(month: Month) -> None:
    assert suggest_quotas(make_people(PeopleMaker(1), 200)) == {"individual": 46, "unit": 6}


def test_given_a_month_when_written_then_each_file_lies_under_its_inbox_key(month: Month, tmp_path: Path) -> None:
    written = write_files(month, tmp_path)
    assert {key: path.read_bytes() for key, path in written.items()} == {f.key: f.content for f in month.files}


@pytest.mark.parametrize("seed", range(12))
def test_given_the_smallest_month_over_all_channels_then_everybody_who_is_to_show_something_is_in_it(
    seed: int, rules: RuleSet
) -> None:
    roster = make_roster(seed, BIDDERS_MIN)
    quotas = suggest_quotas(roster.people)
    nothing: dict[str, Any] = {"lows_fen": {}, "last_mean_fen": {}}
    drafted = nominal("2026-03", rules, quotas, last_average_fen=AVERAGES, **nothing)
    month = make_month(roster, compressed(drafted, BIDDERS_MIN, START_MS, by_wallet=True), rules, CHANNELS)

    assert month.channels == CHANNELS
    by_wallet = [code for code, channel in month.channel_of.items() if channel == ALIPAY]
    assert any(month.conduct[code].qualified and not month.conduct[code].rollover for code in by_wallet)
    rare = {month.channel_of[person.code]: person for person in month.people if person.name in RARE_NAMES}
    assert rare.keys() == {CHANNEL, MINSHENG}
    assert (rare[MINSHENG].account_no,) == month.failing_at_minsheng
    assert not month.conduct[rare[MINSHENG].code].activates
    assert not month.conduct[rare[CHANNEL].code].rollover
    short = [code for code, does in month.conduct.items() if does.paying is Paying.SHORT]
    assert any(month.channel_of[code] == MINSHENG for code in short)
    listed = next(file for file in month.files if file.kind == "applicants" and file.label == "individual")
    assert rare[CHANNEL].name in listed.content.decode("gb18030")
