"""The hotline: an application's story from the rooms, contacts that are kept, handed over and counted."""

from __future__ import annotations

import pytest

from chalicelib.applicants.records import ApplicantRecord, applicant_pk, phone_entry
from chalicelib.console import contacts
from chalicelib.console.contacts import Contact
from chalicelib.console.faq import faq
from chalicelib.kernel.clock import at_shanghai, local_date
from chalicelib.periods import audit
from chalicelib.periods.audit import Actor
from chalicelib.periods.records import PeriodState, save_plan
from local.identity import Identity
from tests.console.conftest import FakeHub
from tests.console.console_desk import html_faults, operator
from tests.deposits.deposit_month import DEPOSIT, PERIOD, PLAN, DepositMonth, code, name

HOTLINE = f"/console/{PERIOD}/hotline"
SCRIPT = "<script>alert('x')</script>"


@pytest.fixture
def month(hub: FakeHub) -> DepositMonth:
    made = DepositMonth(applicants=5)
    made.pay(2, memo=code(2), amount_fen=DEPOSIT)
    made.take_statement()
    made.close_auction([2])
    save_plan(PLAN, PeriodState.RUNNING, "wang", Actor("wang", ("planner",), hub.clock.now_ms()))
    return made


def test_given_a_bidder_when_looked_up_then_the_story_is_told_without_personal_data_and_the_look_is_noted(
    hub: FakeHub, month: DepositMonth, identity: Identity
) -> None:
    browser = operator(identity, "sun", "support")
    going = browser.post(HOTLINE, code=code(2))
    assert going.goes_to == f"{HOTLINE}/{code(2)}"
    story = browser.get(going.goes_to)
    assert html_faults(story.body) == []
    for told in ("列入申请人名单", "保证金到账", "2000.00 元，持有"):
        assert told in story.body, told
    assert name(2) not in story.body
    # The result is not published: nobody is told of bids
    assert "最后有效报价" not in story.body
    acts = list(audit.trail(f"{local_date(hub.clock.now_ms()):%Y-%m}").acts)
    assert ("sun", "hotline.look_up", f"{PERIOD} {code(2)}") in [(a["by"], a["act"], a["subject"]) for a in acts]
    assert browser.post(HOTLINE, code="999999").status == 404
    assert browser.post(HOTLINE, code="' or 1").status == 400


def test_given_a_contact_when_logged_and_handed_over_then_the_colleague_finds_it(
    hub: FakeHub, month: DepositMonth, identity: Identity
) -> None:
    browser, colleague = operator(identity, "sun", "support"), operator(identity, "zhou", "support")
    address = f"{HOTLINE}/{code(2)}"
    said = {"category": "complaint", "text": SCRIPT, "handed_to": "zhou"}
    assert browser.post(address, **{**said, "category": "none"}).status == 400
    assert browser.post(address, **{**said, "handed_to": "nobody"}).status == 400
    assert browser.post(address, **{**said, "text": "x" * 501}).status == 400
    assert contacts.contacts_of(PERIOD, code(2)) == []
    assert browser.post(address, **said).goes_to == f"{address}?said=kept"
    story, mine = browser.get(address).body, colleague.get(HOTLINE).body
    for page in (story, mine):
        assert SCRIPT not in page
        assert "&lt;script&gt;" in page
        assert html_faults(page) == []
    assert "来电：投诉" in story
    assert "没有转交给您的来电" in browser.get(HOTLINE).body


def test_given_contacts_of_two_months_then_they_are_counted_by_category(
    hub: FakeHub, month: DepositMonth, identity: Identity
) -> None:
    hub.clock.at_ms = max(hub.clock.at_ms, at_shanghai("2026-03-20T09:00"))
    now = hub.clock.now_ms()
    for number, category in enumerate(("complaint", "complaint", "refund")):
        contacts.keep(Contact(PERIOD, code(2), category, f"call {number}"), Actor("sun", ("support",), now + number))
    this = f"{local_date(now):%Y-%m}"
    assert contacts.by_category([this]) == {this: {"complaint": 2, "refund": 1}}
    page = operator(identity, "sun", "support").get(f"/console/{PERIOD}/contacts")
    assert html_faults(page.body) == []
    assert "data:image/svg+xml;base64," in page.body
    assert '<td class="number">2</td>' in page.body


@pytest.mark.parametrize(("words", "count"), [("断网", 1), ("报价 两次", 1), ("没有这样的词", 0)])
def test_kept_answers_are_found_by_their_words(words: str, count: int) -> None:
    assert len(faq().fitting(words)) == count


def test_given_a_phone_when_looked_up_then_its_applications_are_found_and_the_phone_is_kept_nowhere(
    hub: FakeHub, month: DepositMonth, identity: Identity
) -> None:
    phone = "13800138000"
    lookup = hub.keys.vault().lookup("phone", phone)
    browser = operator(identity, "sun", "support")
    nobody = browser.post(HOTLINE, phone=phone)
    assert (nobody.status, "没有以该手机号登记的申请" in nobody.body) == (200, True)
    for number in (2, 3):
        ApplicantRecord(applicant_pk(PERIOD, code(number)), code(number)).update(
            [ApplicantRecord.phone_lookup.set(lookup)]
        )
        phone_entry(PERIOD, code(number), lookup).save()
        # A code whose applicant has another phone by now is not found
        phone_entry(PERIOD, code(4), lookup).save()
        hub.clock.advance(1)
        found = browser.post(HOTLINE, phone=phone)
        if number == 2:
            assert found.goes_to == f"{HOTLINE}/{code(2)}"
    assert html_faults(found.body) == []
    assert [code(number) in found.body for number in (2, 3, 4)] == [True, True, False]
    assert phone not in found.body
    assert browser.post(HOTLINE, phone="1380013800").status == 400
    acts = list(audit.trail(f"{local_date(hub.clock.now_ms()):%Y-%m}").acts)
    assert [each["act"] for each in acts].count("hotline.look_up_phone") == 3
    assert phone not in str(acts)
