"""Pages: who opens which, what they show, and that a form is only worth what its session is."""

from __future__ import annotations

import dataclasses
import re

import pytest

from chalicelib.console import door
from chalicelib.console.addresses import PAGES
from chalicelib.console.pages import Page as Address
from chalicelib.kernel.errors import Problem
from chalicelib.periods import audit
from chalicelib.periods.approvals import find_approval, request_approval
from chalicelib.periods.audit import Act, Actor
from chalicelib.periods.operators import ROLES
from chalicelib.periods.plan import Plan
from chalicelib.periods.problems import record_problems
from chalicelib.periods.reaching import reach
from chalicelib.periods.records import PeriodState, save_plan
from local.identity import Identity
from tests.console.conftest import FakeHub
from tests.console.console_desk import PERIOD, Browser, html_faults, operator
from tests.periods.conftest import plan, rules  # noqa: F401 (fixtures)

SCRIPT = "<script>alert('x')</script>"
ALL = ROLES
READERS = ("planner", "approver", "cashier", "auditor")
DESK = ("planner", "cashier", "support")
AT_THE_DESK = (*DESK, "approver")
# Every address and who opens it: one that is not here fails.
DOORS = {
    "GET /console": ALL,
    "GET /console/trail": ("auditor",),
    "GET /console/plans/new": ("planner",),
    "POST /console/plans/drafts": ("planner",),
    "POST /console/plans": ("planner",),
    "POST /console/{period}/plan/amendments": ("planner",),
    "POST /console/{period}/plan/restart": ("planner",),
    "GET /console/{period}/problems": ALL,
    "GET /console/{period}/texts/{campaign}": ALL,
    "POST /console/{period}/texts/{campaign}/dry-run": ALL,
    "POST /console/{period}/texts/{campaign}/start": ("planner",),
    "GET /console/{period}/treasury/{pay_code}": ALL,
    "POST /console/{period}/treasury/{pay_code}/proposals": ("cashier",),
    "POST /console/{period}/treasury/{pay_code}/confirmations": ("approver",),
    "POST /console/{period}/refunds/again": ("cashier",),
    "GET /console/{period}/refunds/{our_ref}": ALL,
    "POST /console/{period}/refunds/{our_ref}/proposals": ("cashier",),
    "POST /console/{period}/refunds/{our_ref}/confirmations": ("approver",),
    "POST /console/{period}/files/again": ("cashier",),
    "GET /console/calendar": ALL,
    "POST /console/calendar/drafts": ("planner",),
    "POST /console/calendar": ("planner",),
    "GET /console/{period}/attachments": READERS,
    "POST /console/{period}/attachments": ("planner",),
    "GET /console/{period}/changes": AT_THE_DESK,
    "GET /console/{period}/applicants/{code}": AT_THE_DESK,
    "POST /console/{period}/applicants/{code}/changes": DESK,
    "POST /console/{period}/applicants/{code}/changes/confirmations": ("approver",),
    "POST /console/{period}/applicants/{code}/activation": DESK,
    "GET /console/{period}": ALL,
    "GET /console/{period}/approvals": ALL,
    "GET /console/{period}/approvals/{approval}": ALL,
    "POST /console/{period}/approvals/{approval}": ("approver",),
    "GET /console/{period}/plan": ALL,
    "GET /console/{period}/deposits": ALL,
    "GET /console/{period}/doubtful": ALL,
    "POST /console/{period}/doubtful/proposals": ("cashier",),
    "POST /console/{period}/doubtful/confirmations": ("approver",),
    "GET /console/{period}/differences": ALL,
    "GET /console/{period}/auction": ALL,
    "POST /console/{period}/auction/pauses": ("planner",),
    "GET /console/{period}/texts": ALL,
    "GET /console/{period}/treasury": ALL,
    "GET /console/{period}/refunds": ALL,
    "GET /console/{period}/files": READERS,
    "GET /console/{period}/files/{shelf}/{name}": READERS,
    "GET /console/{period}/hotline": ALL,
    "POST /console/{period}/hotline": DESK,
    "GET /console/{period}/hotline/{code}": DESK,
    "POST /console/{period}/hotline/{code}": DESK,
    "GET /console/{period}/contacts": ALL,
}


@pytest.fixture
def month(hub: FakeHub, plan: Plan) -> Plan:  # noqa: F811
    """A period whose plan stands and whose machine runs."""
    save_plan(plan, PeriodState.RUNNING, "wang", Actor("wang", ("planner",), hub.clock.now_ms()))
    return plan


def ask_for_word(hub: FakeHub, made_by: str = "zhao", **totals: object) -> str:
    content = totals or {"count": 12, "principal_fen": 2_400_000, "interest_fen": 120}
    made = request_approval(
        PERIOD, "refund_batch", "1", content, made_by=made_by, task_token="token", machines=hub.machines
    )
    return f"/console/{PERIOD}/approvals/{made.id}"


def test_every_page_is_on_the_list() -> None:
    assert {f"{each.method} {each.path}": each.roles for each in PAGES} == DOORS


@pytest.mark.parametrize("role", ROLES)
def test_each_role_opens_its_own_pages_only(
    role: str, hub: FakeHub, month: Plan, identity: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = operator(identity, "li", role)
    seen: list[str] = []

    def reached(address: Address) -> Address:
        def view(ask: object) -> object:
            seen.append(f"{address.method} {address.path}")
            return door.outside("refused.html", message="here")

        return dataclasses.replace(address, view=view)  # type: ignore[arg-type]

    token = browser.token()
    monkeypatch.setattr(door, "PAGES", tuple(reached(each) for each in PAGES))
    for address in PAGES:
        path = address.path.replace("{period}", PERIOD).replace("{", "").replace("}", "")
        answer = browser.ask(address.method, path, {"csrf": token} if address.method == "POST" else None)
        if role not in address.roles:
            assert (answer.status, "ROLE_NEEDED" in answer.body) == (403, True), address
    assert seen == [f"{each.method} {each.path}" for each in PAGES if role in each.roles]


def test_given_a_period_when_the_day_is_opened_then_milestones_and_what_waits_are_there(
    hub: FakeHub, month: Plan, identity: Identity
) -> None:
    reach(PERIOD, "plan_due", 1_790_000_000_000)
    record_problems(PERIOD, "deposits", [Problem(3, "amount", SCRIPT, "yuan")], "AMOUNT", "金额不正确")
    ask_for_word(hub)
    browser = operator(identity, "li", "approver")
    assert browser.get("/console").goes_to == f"/console/{PERIOD}"
    day = browser.get(f"/console/{PERIOD}")
    assert html_faults(day.body) == []
    # What no machine marks has passed; it is not undone
    row = re.search(r"保证金缴纳截止\(支付宝\).*?</tr>", day.body, re.DOTALL)
    assert row
    assert ("已过" in row[0], "未完成" in row[0]) == (True, False)
    for shown in ("保证金缴纳开始", "已完成", "等我处理", "退款批次", "¥ 24,000.00", "金额不正确"):
        assert shown in day.body, shown
    # What a file held is text here
    assert SCRIPT not in day.body
    assert "&lt;script&gt;" in day.body


def test_given_something_to_decide_when_a_second_person_approves_then_its_machine_is_told(
    hub: FakeHub, month: Plan, identity: Identity
) -> None:
    address = ask_for_word(hub)
    browser = operator(identity, "li", "approver")
    shown = browser.get(address)
    assert html_faults(shown.body) == []
    assert shown.body.index("¥ 24,000.00") < shown.body.index('<form method="post" class="decide"')
    done = browser.post(address, decision="approved")
    assert (done.status, done.goes_to) == (303, f"/console/{PERIOD}/approvals?said=decided")
    assert hub.machines.answers == {"token": {"decision": "approved", "by": "li"}}
    assert "已同意" in browser.get(done.goes_to).body
    (entry,) = [each for each in audit.trail(f"{_month(hub)}").acts if each["act"] == "refund_batch.decide"]
    assert (entry["by"], entry["after"]["decision"]) == ("li", "approved")


def test_given_ones_own_proposal_then_it_is_refused_in_words_and_by_rule(
    hub: FakeHub, month: Plan, identity: Identity
) -> None:
    address = ask_for_word(hub, made_by="li")
    browser = operator(identity, "li", "approver", "cashier")
    shown = browser.get(address)
    assert "不能审批自己提交的事项" in shown.body
    assert 'class="decide"' not in shown.body
    refused = browser.post(address, decision="approved")
    assert (refused.status, "SELF_APPROVAL" in refused.body) == (403, True)
    assert html_faults(refused.body) == []
    assert hub.machines.answers == {}


def test_given_a_rejection_without_a_reason_then_it_is_asked_for(hub: FakeHub, month: Plan, identity: Identity) -> None:
    address = ask_for_word(hub)
    browser = operator(identity, "li", "approver")
    assert browser.post(address, decision="rejected", reason=" ").status == 400
    assert find_approval(address.rpartition("/")[2]).decision == ""
    assert browser.post(address, decision="rejected", reason="两笔金额不符").status == 303
    assert "两笔金额不符" in browser.get(address).body


@pytest.mark.parametrize("token", ["", "0" * 64, "字"])
def test_given_a_form_of_another_session_then_nothing_is_done(
    token: str, hub: FakeHub, month: Plan, identity: Identity
) -> None:
    address = ask_for_word(hub)
    browser, other = operator(identity, "li", "approver"), operator(identity, "qian", "approver")
    for wrong in (token, other.token()):
        refused = browser.ask("POST", address, {"csrf": wrong, "decision": "approved"})
        assert (refused.status, "页面已过期" in refused.body) == (403, True)
    assert browser.ask("POST", address, {"decision": "approved"}).status == 403
    assert hub.machines.answers == {}


def test_given_an_approval_of_another_period_then_the_address_is_not_its(
    hub: FakeHub, month: Plan, identity: Identity
) -> None:
    address = ask_for_word(hub)
    browser = operator(identity, "li", "approver")
    assert browser.get(address.replace(f"/{PERIOD}/", "/2026-04/", 1)).status == 404


def test_given_names_and_totals_with_markup_then_they_are_text(hub: FakeHub, month: Plan, identity: Identity) -> None:
    address = ask_for_word(hub, reason=SCRIPT, count=1)
    browser = operator(identity, "li", "approver")
    for page in (browser.get(address), browser.get(f"/console/{PERIOD}"), browser.get(f"/console/{PERIOD}/approvals")):
        assert SCRIPT not in page.body
        assert "&lt;script&gt;" in page.body
        assert html_faults(page.body) == []


def test_given_many_acts_when_an_auditor_leafs_through_then_each_is_shown_once(
    hub: FakeHub, month: Plan, identity: Identity
) -> None:
    now_ms = hub.clock.now_ms()
    for number in range(120):
        who = Actor("zhao" if number % 2 else "wang", ("cashier",), now_ms + number)
        audit.note_alone(who, Act("test.act", f"thing-{number:03d}"))
    browser = operator(identity, "sun", "auditor")
    first = browser.get("/console/trail?act=test.act&by=zhao")
    assert html_faults(first.body) == []
    seen: list[str] = []
    page = first
    for _ in range(10):
        seen += [f"thing-{number:03d}" for number in range(120) if f"thing-{number:03d}" in page.body]
        if "下一页" not in page.body:
            break
        following = page.body.partition('rel="next" href="')[2].partition('"')[0].replace("&amp;", "&")
        page = browser.get(f"/console/trail{following}")
    assert seen == [f"thing-{number:03d}" for number in range(1, 120, 2)]
    assert browser.get("/console/trail?month=2026-99").status == 400
    assert browser.get("/console/trail?after=x").status == 400


def test_static_files_are_kept_for_ever_under_their_digest(hub: FakeHub, identity: Identity) -> None:
    stranger = Browser(identity)
    page = stranger.get("/console/sign-in")
    address = page.body.partition('stylesheet" href="')[2].partition('"')[0]
    style = stranger.get(address)
    assert (style.status, "immutable" in style.headers["Cache-Control"]) == (200, True)
    assert stranger.get("/console/static/000000000000/console.css").status == 404
    assert stranger.get("/console/static/../door.py").status == 404


def _month(hub: FakeHub) -> str:
    from chalicelib.kernel.clock import local_date

    return f"{local_date(hub.clock.now_ms()):%Y-%m}"
