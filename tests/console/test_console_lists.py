"""Lists of a month that the rooms made: paging, filters, and a doubtful payment put right on the page."""

from __future__ import annotations

import inspect
import re
from itertools import cycle

import pytest

from chalicelib.console import words
from chalicelib.deposits import comparing, moving, reconciling, records
from chalicelib.deposits.comparing import Difference, Why
from chalicelib.deposits.difference_records import keep
from chalicelib.deposits.listing import listed_page
from chalicelib.kernel.clock import local_date
from chalicelib.kernel.errors import InvalidInput
from chalicelib.periods.audit import Actor, trail
from chalicelib.periods.records import PeriodState, save_plan
from local.identity import Identity
from tests.console.conftest import FakeHub
from tests.console.console_desk import Browser, html_faults, operator
from tests.deposits.deposit_month import CHANNEL, DEPOSIT, PERIOD, PLAN, DepositMonth, code

HOME = f"/console/{PERIOD}"
# Every code that a reconciliation gives, as the rooms that find differences spell it.
CODES = {
    code
    for room in (comparing, moving, reconciling)
    for code in re.findall(r'"([A-Z]+(?:_[A-Z]+)+)"', inspect.getsource(room))
} - {"RECONCILIATION_OPEN", "DEPOSITS_TABLE"}
PAGES = (
    "plan",
    "deposits",
    "deposits?kind=credits",
    "doubtful",
    "differences",
    "auction",
    "texts",
    "treasury",
    "refunds",
    "hotline",
)


@pytest.fixture
def month(hub: FakeHub) -> DepositMonth:
    made = DepositMonth(applicants=5)
    for number in (2, 3, 4):
        made.pay(number, memo=code(number), amount_fen=DEPOSIT)
    made.ref = f"{CHANNEL}#{made.pay(1, memo='保证金', amount_fen=DEPOSIT + 5)}"  # type: ignore[attr-defined]
    made.take_statement()
    save_plan(PLAN, PeriodState.RUNNING, "wang", Actor("wang", ("planner",), hub.clock.now_ms()))
    return made


@pytest.mark.parametrize("page", PAGES)
def test_given_a_month_when_a_list_is_opened_then_it_is_sound(
    page: str, hub: FakeHub, month: DepositMonth, identity: Identity
) -> None:
    shown = operator(identity, "li", "auditor").get(f"{HOME}/{page}")
    assert (shown.status, html_faults(shown.body)) == (200, [])
    assert 'aria-current="page"' in shown.body


def test_given_deposits_when_leafed_through_then_each_is_listed_once(month: DepositMonth) -> None:
    seen: list[str] = []
    after = ""
    for _ in range(9):
        found = listed_page(PERIOD, "deposits", after=after, limit=1)
        seen += [each.code for each in found.items]
        after = found.after
        if not after:
            break
    assert sorted(seen) == [code(number) for number in (2, 3, 4)]
    assert [each.code for each in listed_page(PERIOD, "credits", state="doubtful").items] == [""]
    assert listed_page(PERIOD, "deposits", channel="minsheng").items == ()
    for wrong in ({"after": "x"}, {"after": "00~deposit#'"}, {"limit": 0}, {"kind": "people"}):
        with pytest.raises(InvalidInput):
            listed_page(PERIOD, **{"kind": "deposits", **wrong})  # type: ignore[arg-type]


def test_given_deposits_then_counts_and_amounts_stand_in_front(
    hub: FakeHub, month: DepositMonth, identity: Identity
) -> None:
    body = operator(identity, "li", "auditor").get(f"{HOME}/deposits").body
    assert re.search(r'持有</span></td><td class="number">3</td><td class="number">6,000\.00</td>', body)
    assert code(3) in body


def test_given_a_doubtful_payment_when_two_operators_say_the_same_then_it_is_a_deposit(
    hub: FakeHub, month: DepositMonth, identity: Identity
) -> None:
    cashier, approver = operator(identity, "li", "cashier"), operator(identity, "wang", "approver")
    both = operator(identity, "zhao", "cashier", "approver")
    said = {"payment": month.ref, "application_code": code(1)}  # type: ignore[attr-defined]
    late = cashier.post(f"{HOME}/doubtful/proposals", **said)
    assert (late.status, "CORRECTIONS_CLOSED" in late.body) == (409, True)
    # The rest happens before the deadline
    hub.clock.at_ms = PLAN.at("corrections_close") - 1
    assert "提出更正" in cashier.get(f"{HOME}/doubtful").body
    assert approver.post(f"{HOME}/doubtful/proposals", **said).status == 403
    assert cashier.post(f"{HOME}/doubtful/proposals", payment="x", application_code=code(1)).status == 400
    assert both.post(f"{HOME}/doubtful/proposals", **said).status == 303
    own = both.post(f"{HOME}/doubtful/confirmations", **said)
    assert (own.status, "SELF_APPROVAL" in own.body) == (403, True)
    other = approver.post(f"{HOME}/doubtful/confirmations", **{**said, "application_code": code(2)})
    assert other.status == 400
    assert records.find_deposit(PERIOD, code(1)) is None
    done = approver.post(f"{HOME}/doubtful/confirmations", **said)
    assert done.goes_to == f"{HOME}/doubtful?said=confirmed"
    deposit = records.find_deposit(PERIOD, code(1))
    assert deposit is not None
    assert (deposit.credit_ref, int(deposit.excess_fen)) == (month.ref, 5)  # type: ignore[attr-defined]
    assert "没有存疑付款" in approver.get(f"{HOME}/doubtful").body


def test_given_a_reconciliation_then_the_page_says_whether_it_balances(
    hub: FakeHub, month: DepositMonth, identity: Identity
) -> None:
    browser = operator(identity, "li", "auditor")
    assert "还没有对账" in browser.get(f"{HOME}/differences").body
    reconciling.reconcile(PERIOD, at_ms=PLAN.at("month_end"))
    keep(PERIOD, [], PLAN.at("month_end"))
    assert "账实相符" in browser.get(f"{HOME}/differences").body

    found = [Difference(code, why, "M77", None, 5, "") for code, why in zip(sorted(CODES), cycle(Why), strict=False)]
    keep(PERIOD, found, PLAN.at("month_end"))

    shown = browser.get(f"{HOME}/differences").body
    assert set(words.DIFFERENCES) == CODES
    told = [*words.DIFFERENCES.values(), *words.WHYS.values()]
    assert [each for each in told if each not in shown] == []


def test_every_page_of_the_menu_opens(hub: FakeHub, month: DepositMonth, identity: Identity) -> None:
    browser: Browser = operator(identity, "li", "auditor")
    body = browser.get(HOME).body
    menu = re.findall(r'<a href="(/console[^"]*)"', body.partition('class="side"')[2].partition("</nav>")[0])
    assert len(menu) > 5
    assert [browser.get(address).status for address in menu] == [200] * len(menu)


def test_given_files_when_one_is_taken_then_its_address_is_short_lived_and_it_is_noted(
    hub: FakeHub, month: DepositMonth, identity: Identity
) -> None:
    hub.files.write("outbox", f"reports/{PERIOD}/settlement-{PERIOD}.xlsx", b"workbook")
    hub.files.write("outbox", "reports/2026-04/other.xlsx", b"of another month")
    browser = operator(identity, "sun", "auditor")
    shown = browser.get(f"{HOME}/files")
    assert html_faults(shown.body) == []
    assert f"settlement-{PERIOD}.xlsx" in shown.body
    assert "other.xlsx" not in shown.body
    taken = browser.get(f"{HOME}/files/reports/settlement-{PERIOD}.xlsx")
    assert (taken.status, f"reports/{PERIOD}/settlement-{PERIOD}.xlsx?" in taken.goes_to) == (303, True)
    acts = [(each["by"], each["act"]) for each in trail(f"{local_date(hub.clock.now_ms()):%Y-%m}").acts]
    assert ("sun", "file.download") in acts
    for wrong in ("reports/none.xlsx", "nowhere/x", "reports/..%2F2026-04%2Fother.xlsx"):
        assert browser.get(f"{HOME}/files/{wrong}").status == 404
