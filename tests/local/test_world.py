"""Rule: the actors do what was planted, repeat themselves where it must not matter, and keep what they saw."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.periods.plan import Plan
from local.month import Month
from local.world.activation import activate_all, try_bad_codes, try_unqualified
from local.world.addresses import Addresses
from local.world.bidders import bid_all, bid_out_of_time, sign_in_bidders
from local.world.counterparties import close_accounts, drop_applicant_lists, drop_qualification, pay_in, state_account
from local.world.depositors import correct_deposits, sign_in_correctors
from local.world.operators import Approver, Operator, publish_plan
from local.world.payees import give_other_accounts
from local.world.phones import all_texts, sms_templates
from local.world.web import DoorShutError, ask, need, now_ms
from local.world.winners import owed_price, pay_prices, read_notices
from tests.local.fake_doors import FakeDoors


@pytest.fixture
def doors() -> Iterator[Any]:
    with FakeDoors() as fake:
        yield fake


@pytest.fixture
def dropped() -> dict[str, bytes]:
    return {}


@pytest.fixture
def at(doors: Any, dropped: dict[str, bytes]) -> Addresses:
    return Addresses(f"{doors.url}/", doors.url, doors.url, doors.url, dropped.__setitem__)


@pytest.fixture
def now(month: Month, plan: Plan) -> Month:
    """The month with milestones that are still to come, so that nobody is too late."""
    ahead_ms = now_ms() + 60_000 - plan.at("deposits_open")
    milestones = {name: replace(one, at_ms=one.at_ms + ahead_ms) for name, one in plan.milestones.items()}
    return replace(month, plan=replace(plan, milestones=milestones))


def test_given_a_month_when_the_counterparties_act_then_files_and_payments_arrive(
    at: Addresses, month: Month, doors: Any, dropped: dict[str, bytes]
) -> None:
    keys = [*drop_applicant_lists(at, month), *drop_qualification(at, month)]
    assert list(dropped) == keys == [file.key for file in month.files]
    assert sum(pay_in(at, month, day) for day in month.credit_days) == len(month.payments)
    state_account(at, month.credit_days[0])
    close_accounts(at, month)
    assert doors.calls[-2:] == [
        ("POST", "/_statement", {"day": "2026-03-10"}),
        ("POST", "/_accounts", dict(month.failing_accounts)),
    ]


def test_given_doubtful_deposits_when_corrected_then_each_names_its_own_payment(
    at: Addresses, now: Month, doors: Any
) -> None:
    # The statement is not booked yet when the first ones ask.
    doors.refusals_first["/deposits/corrections"] = 2
    done = correct_deposits(at, now, sign_in_correctors(at, now))
    assert done.corrected == {person.code for person, _ in now.bidders(corrects=True)}
    assert not done.refused
    for code, body in doors.corrected.items():
        assert body["payer_account_tail"] == now.payment_of(code).account[-4:]
        assert body["amount_yuan"] == "2000.00"


def test_given_qualified_bidders_when_activation_opens_then_all_who_mean_to_activate_and_wrong_codes_fail(
    at: Addresses, now: Month
) -> None:
    done = activate_all(at, now)
    assert len(done.activated) == now.expected()["activated"]
    mistyping = sum(1 for _ in now.bidders(qualified=True, activates=True, wrong_sms_code_first=True))
    assert done.wrong_codes_refused == mistyping > 0
    assert (done.faults, dict(done.refused)) == ([], {})


def test_given_a_hub_that_lets_the_unqualified_in_when_they_try_then_it_is_a_fault(at: Addresses, now: Month) -> None:
    done = try_unqualified(at, now, activate_all(at, now))
    assert done.faults == ["a bidder who is not qualified activated"] * 3


def test_given_an_open_window_when_all_bid_then_receipts_and_refusals_are_as_planted(
    at: Addresses, month: Month
) -> None:
    codes = [person.code for person, _ in month.bidders(qualified=True, activates=True)]
    seen = bid_all(at, month, sign_in_bidders(at, month, codes))
    expected = month.expected()
    assert seen.faults == []
    assert dict(sorted(seen.refused.items())) == expected["refusals"]
    assert len(seen.receipts) == expected["bidders"]
    assert seen.repeats_same > 0
    assert seen.accepted == sum(len(kept) for kept in seen.receipts.values())


def test_given_a_hub_that_takes_a_bid_out_of_time_when_tried_then_it_is_a_fault(at: Addresses, month: Month) -> None:
    codes = [person.code for person, _ in month.bidders(qualified=True, activates=True)][:3]
    seen = bid_out_of_time(at, month, sign_in_bidders(at, month, codes), "CLOSED")
    assert seen.faults == ["a bid that had to be refused as CLOSED was accepted"]


def test_given_winners_when_texted_then_all_but_the_defaulters_pay_what_the_text_says(
    at: Addresses, month: Month, doors: Any
) -> None:
    bidders = [person.code for person, _ in month.bidders(qualified=True, activates=True)][:40]
    for number, code in enumerate(bidders[:20]):
        text = f"【竞价】申请编码{code}:您已竞得指标,成交价{12_000 + number}元,缴款码{number:020d},请于3月30日前缴款。"
        doors.phones[month.person(code).phone].append(text)
    owed = read_notices(at, month, bidders, 20, now_ms() + 2_000)
    assert set(owed) == set(bidders[:20])
    done = pay_prices(at, month, owed, now_ms())
    assert len(done.defaulters) == 2
    assert done.paid_fen.keys() == set(bidders[:20]) - done.defaulters
    assert {paid["pay_code"]: paid["amount_fen"] for paid in doors.paid} == {
        owed[code].pay_code: fen for code, fen in done.paid_fen.items()
    }
    assert (done.repeats, done.faults) == (3, [])


def test_given_a_losers_phone_when_read_then_nothing_is_owed() -> None:
    assert owed_price(["【竞价】2026-03期竞价已结束,您未竞得指标。"]) is None
    assert owed_price(["成交价12,000.50元,缴款码" + "1" * 20]) is not None


def test_given_accounts_that_are_gone_when_others_are_given_then_a_strangers_is_refused(
    at: Addresses, month: Month
) -> None:
    done = give_other_accounts(at, month, now_ms() + 5_000)
    assert done.given == set(month.new_accounts)
    assert (done.strangers_refused, done.faults) == (2, [])


def test_given_things_that_wait_when_a_second_person_looks_then_makers_are_refused_and_all_is_approved(
    at: Addresses, doors: Any
) -> None:
    doors.approvals = [
        {"id": "1", "kind": "plan", "made_by": "planner"},
        {"id": "2", "kind": "refund_batch", "made_by": "system:refund_batch"},
    ]
    planner, second = Operator("planner", "p"), Operator("second", "s")
    assert publish_plan(at, planner, {"period": "2026-03"}) == "2026-03"
    approver = Approver(at, second, planner, "2026-03")
    approver.look("second", "planner")
    assert approver.approved == {"plan": 1, "refund_batch": 1}
    assert (approver.self_approvals_refused, approver.faults) == (1, [])
    assert doors.decided == {"1": "second", "2": "second"}


def test_given_a_door_that_refuses_when_it_is_needed_then_the_error_names_door_and_code(
    at: Addresses, doors: Any
) -> None:
    doors.refusals_first["/_push"] = 1
    with pytest.raises(DoorShutError, match="POST /_push answered 404 NOT_YET"):
        need("POST", f"{at.treasury}/_push", body={})


def test_given_nobody_at_home_when_asked_then_the_answer_says_so() -> None:
    assert ask("GET", "http://127.0.0.1:9/", attempts=1).code == "ConnectionError"


def test_given_texts_of_every_template_when_phones_are_read_then_each_is_recognised(
    at: Addresses, month: Month, doors: Any
) -> None:
    person, templates = month.people[0], sms_templates()
    doors.phones[person.phone] = ["【竞价】" + re.sub(r"\$\{\w+\}", "1", text) for text in templates.values()]
    assert [text.template for text in all_texts(at, month.people[:2], templates)] == list(templates)


def test_given_bad_codes_when_tried_then_a_code_is_aged_and_another_typed_wrong_five_times(
    at: Addresses, now: Month, doors: Any
) -> None:
    aged: list[str] = []
    seen = try_bad_codes(at, now, aged.append)
    (code,) = aged
    willing = {person.code for person, _ in now.bidders(qualified=True, activates=True)}
    assert code not in willing
    assert len(seen["expired"]) == 1
    assert len(seen["too_many"]) == 6
    assert all(seen["too_many"][:5])
