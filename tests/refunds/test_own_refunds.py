"""What a bidder sees of his own money on its way back."""

from __future__ import annotations

import json

import pytest

from chalicelib.deposits import corrections
from chalicelib.kernel.errors import NotFound
from chalicelib.refunds.accounts import Account, give_account
from chalicelib.refunds.preparing import prepare
from chalicelib.refunds.viewing import own_refunds
from tests.deposits.deposit_month import DEPOSIT, PERIOD, PLAN, DepositMonth, account_no, code, name
from tests.refunds.refund_steps import run

NEW = "6222990000000000001"


@pytest.fixture
def month(aws: None) -> DepositMonth:
    """0 lost, 1 paid late and his account is gone, 2 paid nothing, 3 paid short and it was doubtful."""
    month = DepositMonth(applicants=4)
    month.pay(0)
    month.pay(1, at="2026-03-17T18:00:00", memo="")
    month.pay(3, memo="")
    month.take_statement()
    corrections.close_corrections(PERIOD, PLAN.day("corrections_close"), 1)
    month.close_auction(winners=[])
    month.account.failing = {account_no(1): "1003"}
    return month


def test_given_a_loser_then_his_payment_is_shown_from_plan_to_bank(month):
    assert own_refunds(PERIOD, code(0), month.vault) == {"refunds": []}
    prepare("1", month.means())
    assert [each["state"] for each in own_refunds(PERIOD, code(0), month.vault)["refunds"]] == ["planned"]

    run(month, "1")

    (mine,) = own_refunds(PERIOD, code(0), month.vault)["refunds"]
    assert (mine["source"], mine["state"], mine["principal_yuan"]) == ("deposit", "paid", f"{DEPOSIT // 100}.00")
    # And the account only as far as its owner knows it again
    assert account_no(0) not in json.dumps(mine)
    assert mine["account"].endswith(account_no(0)[-4:])


def test_given_a_payment_that_was_never_put_right_then_its_payer_sees_it_go_back(month):
    run(month, "1")

    (mine,) = own_refunds(PERIOD, code(3), month.vault)["refunds"]

    assert (mine["source"], mine["state"]) == ("credit", "paid")


def test_given_a_payment_that_came_back_then_why_and_what_became_of_the_other_account(month):
    run(month, "1")
    (mine,) = own_refunds(PERIOD, code(1), month.vault)["refunds"]
    assert mine["state"] == "failed"
    assert mine["reason"]
    assert not mine["answered"]

    give_account(PERIOD, code(1), Account(NEW, name(1)), vault=month.vault, now_ms=1)
    assert own_refunds(PERIOD, code(1), month.vault)["refunds"][0]["answered"]

    run(month, "again-1")
    (again,) = own_refunds(PERIOD, code(1), month.vault)["refunds"]
    assert (again["state"], again["account"][-4:], again["reason"]) == ("paid", NEW[-4:], "")


def test_given_nothing_on_its_way_or_nobody_on_the_list_then_nothing_is_said(month):
    run(month, "1")
    assert own_refunds(PERIOD, code(2), month.vault) == {"refunds": []}
    with pytest.raises(NotFound):
        own_refunds(PERIOD, "33019999999999", month.vault)


def test_given_two_applicants_of_one_name_then_neither_sees_a_payment_without_a_code(aws):
    month = DepositMonth(applicants=1)
    same = month.vault.lookup("name", name(0))
    month.apply(1, name_lookup=same)
    from chalicelib.applicants.records import ApplicantNameRecord, name_pk

    ApplicantNameRecord(name_pk(PERIOD, same), code(1)).save()
    month.pay(0, memo="", amount_fen=DEPOSIT - 1)
    month.take_statement()
    month.close_auction(winners=[])
    month.account.failing = {account_no(0): "1001"}
    run(month, "1")

    for number in (0, 1):
        assert own_refunds(PERIOD, code(number), month.vault) == {"refunds": []}
