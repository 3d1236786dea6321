"""A failed payment of a payer who is no applicant, or shares his name with one: two operators give its account."""

from __future__ import annotations

import json

import pytest

from chalicelib.deposits import corrections
from chalicelib.kernel.errors import Conflict, NotAllowed, NotFound
from chalicelib.periods.audit import Actor, trail
from chalicelib.refunds import records
from chalicelib.refunds.accounts import Account, failed_list, give_account
from chalicelib.refunds.desk import confirm_account, propose_account
from chalicelib.refunds.preparing import prepare
from tests.deposits.deposit_month import DEPOSIT, PERIOD, PLAN, DepositMonth, account_no, code
from tests.refunds.refund_steps import run

CASHIER = Actor("cashier", ("cashier",), 1)
APPROVER = Actor("approver", ("approver",), 1)
OTHER = Account("6222990000000000001", "路人甲")


@pytest.fixture
def month(aws: None) -> DepositMonth:
    """A stranger's payment came without a code, and its refund came back."""
    month = DepositMonth(applicants=2)
    month.pay(9, memo="", payer_name=OTHER.name)
    month.take_statement()
    month.clock.at_ms = PLAN.at("corrections_close")
    corrections.close_corrections(PERIOD, PLAN.day("corrections_close"), 1)
    month.close_auction(winners=[])
    month.account.failing = {account_no(9): "1003"}
    assert run(month, "1") == {"paid": 0, "failed": 1, "pending": 0}
    return month


@pytest.fixture
def our_ref(month: DepositMonth) -> str:
    return str(records.failed(PERIOD)[0].sk)


def test_given_two_operators_who_write_the_same_then_the_money_goes_there_once(month, our_ref):
    propose_account(our_ref, OTHER, actor=CASHIER, vault=month.vault)
    assert failed_list(month.files, month.vault, PERIOD)["answered"] == 0
    for at_ms in (1, 2):
        confirm_account(our_ref, OTHER, actor=Actor("approver", ("approver",), at_ms), vault=month.vault)

    assert run(month, "again-1") == {"paid": 1, "failed": 0, "pending": 0}

    assert [payment["account"] for payment in month.account.payments] == [OTHER.number]
    assert records.find_failed(our_ref).confirmed_by == "approver"
    assert OTHER.number not in json.dumps(records.find_failed(our_ref).to_simple_dict(), default=str)
    with pytest.raises(NotFound, match="NO_FAILED_REFUND"):
        propose_account(our_ref, OTHER, actor=CASHIER, vault=month.vault)
    # Then the trail tells who wrote what, by digests and without the account
    acts = trail("1970-01").acts
    assert [(act["by"], act["act"], act["subject"]) for act in acts] == [
        ("cashier", "refund_account.propose", our_ref),
        ("approver", "refund_account.confirm", our_ref),
        ("approver", "refund_account.confirm", our_ref),
    ]
    assert acts[0]["after"]["account_digest"] == acts[1]["after"]["account_digest"] != ""
    assert OTHER.number not in json.dumps(acts)
    assert OTHER.name not in json.dumps(acts, ensure_ascii=False)


def test_given_one_person_or_another_account_then_nothing_counts(month, our_ref):
    with pytest.raises(Conflict, match="ACCOUNT_DIFFERS"):
        confirm_account(our_ref, OTHER, actor=APPROVER, vault=month.vault)
    propose_account(our_ref, OTHER, actor=CASHIER, vault=month.vault)
    with pytest.raises(NotAllowed, match="SELF_APPROVAL"):
        confirm_account(our_ref, OTHER, actor=CASHIER, vault=month.vault)
    with pytest.raises(Conflict, match="ACCOUNT_DIFFERS"):
        confirm_account(our_ref, Account(OTHER.number, "路人乙"), actor=APPROVER, vault=month.vault)

    assert prepare("again-1", month.means())["count"] == 0


def test_given_a_proposal_changed_while_it_is_confirmed_then_the_confirmation_does_not_count(
    month, our_ref, monkeypatch
):
    propose_account(our_ref, OTHER, actor=CASHIER, vault=month.vault)
    seen = records.find_failed(our_ref)
    propose_account(our_ref, Account("6222990000000000002", OTHER.name), actor=CASHIER, vault=month.vault)
    monkeypatch.setattr(records, "find_failed", lambda ref: seen)

    with pytest.raises(Conflict, match="ACCOUNT_DIFFERS"):
        confirm_account(our_ref, OTHER, actor=APPROVER, vault=month.vault)


def test_given_two_applicants_of_one_name_then_neither_can_claim_a_payment_without_a_code(aws):
    month = DepositMonth(applicants=1)
    month.apply(1, name_lookup="")
    same = month.vault.lookup("name", "申请人0")
    month.apply(2, name_lookup=same)
    from chalicelib.applicants.records import ApplicantNameRecord, name_pk

    ApplicantNameRecord(name_pk(PERIOD, same), code(2)).save()
    month.pay(0, memo="", amount_fen=DEPOSIT - 1)
    month.take_statement()
    month.close_auction(winners=[])
    month.account.failing = {account_no(0): "1001"}
    run(month, "1")

    with pytest.raises(NotFound, match="NO_FAILED_REFUND"):
        give_account(PERIOD, code(2), Account("6222990000000000002", "申请人0"), vault=month.vault, now_ms=1)
