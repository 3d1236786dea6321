"""What operators do on the pages: each act by its room's own use case, by two people, and on the trail."""

from __future__ import annotations

import html
import json
import re

import pytest

from chalicelib.kernel import aws as aws_doors
from chalicelib.kernel.clock import local_date, local_text
from chalicelib.kernel.errors import Problem
from chalicelib.periods.audit import Actor, trail
from chalicelib.periods.problems import record_problems
from chalicelib.periods.records import PeriodState, find_period, mark_approved, move, save_plan
from chalicelib.refunds import records as refunds
from chalicelib.refunds.records import BatchHead, FailedRecord, batches_pk
from chalicelib.treasury.receipt_records import receipts_of
from chalicelib.treasury.records import notice_by_pay_code
from local.identity import Identity
from tests.console.conftest import FakeHub
from tests.console.console_desk import html_faults, operator
from tests.console.console_month import PAY_CODE, REF, came_back, issued, moved, notice
from tests.deposits.deposit_month import DEPOSIT, PERIOD, PLAN, DepositMonth, code

HOME = f"/console/{PERIOD}"
ACCOUNT = {"account_no": "6222990000000000001", "account_name": "路人甲"}


@pytest.fixture
def month(hub: FakeHub) -> DepositMonth:
    made = DepositMonth(applicants=4)
    made.pay(2, memo=code(2), amount_fen=DEPOSIT)
    made.take_statement()
    save_plan(PLAN, PeriodState.RUNNING, "wang", Actor("wang", ("planner",), hub.clock.now_ms()))
    return made


@pytest.fixture
def queue(hub: FakeHub) -> str:
    url: str = aws_doors.client("sqs").create_queue(QueueName="confirmations")["QueueUrl"]
    hub.settings.environment["CONFIRMATIONS_QUEUE"] = url  # type: ignore[index]
    return url


def acts(hub: FakeHub) -> list[tuple[str, str]]:
    return [(each["by"], each["act"]) for each in trail(f"{local_date(hub.clock.now_ms()):%Y-%m}").acts]


def test_given_a_notice_when_two_say_the_same_then_it_is_being_voided(
    hub: FakeHub, month: DepositMonth, queue: str, identity: Identity
) -> None:
    notice(hub)
    address = f"{HOME}/treasury/{PAY_CODE}"
    assert f'href="{address}"' in operator(identity, "sun", "auditor").get(f"{HOME}/treasury").body
    both = operator(identity, "zhao", "cashier", "approver")
    assert html_faults(both.get(address).body) == []
    assert both.post(f"{address}/proposals", act="void", then="reissue", cause="").status == 400
    assert both.post(f"{address}/proposals", act="void", then="reissue", cause="户名有误").goes_to.endswith("proposed")
    # The first one's own word is not asked for, and does not count
    assert "不能复核自己提交的内容" in both.get(address).body
    own = both.post(f"{address}/confirmations", act="void", then="reissue")
    assert (own.status, "SELF_APPROVAL" in own.body) == (403, True)
    other = operator(identity, "li", "approver")
    assert other.post(f"{address}/confirmations", act="void", then="release").status == 409
    assert other.post(f"{address}/confirmations", act="void", then="reissue").status == 303
    found = notice_by_pay_code(PAY_CODE)
    assert found is not None
    assert (found.void_state, found.void_proposed_by, found.void_confirmed_by) == ("confirmed", "zhao", "li")
    (message,) = aws_doors.client("sqs").receive_message(QueueUrl=queue)["Messages"]
    assert json.loads(message["Body"]) == {"void": PAY_CODE}
    assert {("zhao", "notice.propose_void"), ("li", "notice.confirm_void")} <= set(acts(hub))
    assert other.get(address.replace(PERIOD, "2026-04")).status == 404


def test_given_a_refund_that_came_back_when_two_key_the_same_account_in_then_it_counts(
    hub: FakeHub, month: DepositMonth, identity: Identity
) -> None:
    came_back()
    address = f"{HOME}/refunds/{REF}"
    cashier, approver = operator(identity, "zhao", "cashier"), operator(identity, "li", "approver")
    assert f'href="{address}"' in cashier.get(f"{HOME}/refunds").body
    assert approver.post(f"{address}/confirmations", **ACCOUNT).status == 409
    assert cashier.post(f"{address}/proposals", **{**ACCOUNT, "account_no": "1"}).status == 400
    assert cashier.post(f"{address}/proposals", **ACCOUNT).goes_to.endswith("proposed")
    shown = approver.get(address)
    assert html_faults(shown.body) == []
    # What the first keyed in is not shown to the second
    assert ACCOUNT["account_no"] not in shown.body
    assert approver.post(f"{address}/confirmations", **{**ACCOUNT, "account_name": "路人乙"}).status == 409
    assert approver.post(f"{address}/confirmations", **ACCOUNT).goes_to.endswith("confirmed")
    found = refunds.find_failed(REF)
    assert found is not None
    assert (found.confirmed_by, found.answered_at_ms > 0) == ("li", True)


def test_given_a_campaign_then_it_is_tried_out_and_started_once_a_page(
    hub: FakeHub, month: DepositMonth, identity: Identity
) -> None:
    browser = operator(identity, "wang", "planner")
    address = f"{HOME}/texts/deposit_unpaid"
    assert f'href="{address}"' in browser.get(f"{HOME}/texts").body
    tried = browser.post(f"{address}/dry-run")
    assert html_faults(tried.body) == []
    assert "<dd>3</dd>" in tried.body.partition("人数")[2][:60]
    assert hub.machines.started == {}
    request_id = re.search(r'name="request_id" value="(\w+)"', browser.get(address).body)
    assert request_id
    for _ in range(2):
        hub.clock.advance(1)
        assert browser.post(f"{address}/start", request_id=request_id[1]).status == 303
    assert list(hub.machines.started) == [f"sms_campaign/{PERIOD}-deposit_unpaid-{request_id[1]}"]
    assert ("wang", "campaign.start") in acts(hub)
    assert browser.get(f"{HOME}/texts/none").status == 404


def test_given_a_stopped_period_when_restarted_then_its_next_attempt_runs(
    hub: FakeHub, month: DepositMonth, identity: Identity
) -> None:
    browser = operator(identity, "wang", "planner")
    assert "NOT_STOPPED" in browser.post(f"{HOME}/plan/restart").body
    move(PERIOD, PeriodState.STOPPED, since=(PeriodState.RUNNING,), attempt=1)
    assert browser.post(f"{HOME}/plan/restart").goes_to == f"{HOME}?said=started"
    assert list(hub.machines.started) == [f"period/{PERIOD}-2"]
    assert find_period(PERIOD).attempt == 2


def test_given_a_month_when_drafted_and_handed_in_then_it_waits_for_approval(
    hub: FakeHub, month: DepositMonth, identity: Identity
) -> None:
    browser = operator(identity, "wang", "planner")
    form = {"period": "2026-04", "city": "hangzhou", "quota_individual": "2133", "quota_unit": "267"}
    form |= {"last_average_individual": "19265", "last_average_unit": "25217", "lows": "17100,16800"}
    assert html_faults(browser.get("/console/plans/new").body) == []
    drafted = browser.post("/console/plans/drafts", **form)
    assert (drafted.status, html_faults(drafted.body)) == (200, [])
    assert "竞价开始" in drafted.body
    posted = _value(drafted.body, "plan")
    done = browser.post("/console/plans", plan=posted)
    assert done.goes_to == "/console/2026-04?said=proposed", done.body
    standing = find_period("2026-04")
    assert (standing.state, standing.made_by, dict(standing.plan.quotas)["individual"]) == ("draft", "wang", 2133)
    assert browser.post("/console/plans", plan="{").status == 400
    assert browser.post("/console/plans/drafts", **{**form, "period": "2026-13"}).status == 400


def test_given_a_plan_that_nobody_approved_when_a_milestone_is_moved_then_it_is_refused_in_words(
    hub: FakeHub, month: DepositMonth, identity: Identity
) -> None:
    planner, approver = operator(identity, "wang", "planner"), operator(identity, "li", "approver")
    moved = {"milestone": "auction_opens", "at": "2026-03-25T09:30", "reason": "场地检修"}
    refused = planner.post(f"{HOME}/plan/amendments", **moved)
    assert (refused.status, "PLAN_NOT_PUBLISHED" in refused.body) == (409, True)
    assert planner.post(f"{HOME}/plan/amendments", **{**moved, "at": "9 点半"}).status == 400
    assert planner.post(f"{HOME}/plan/amendments", **{**moved, "reason": " "}).status == 400
    assert approver.post(f"{HOME}/plan/amendments", **moved).status == 403


def test_given_problems_of_a_list_then_each_line_is_shown_by_source_and_page(
    hub: FakeHub, month: DepositMonth, identity: Identity
) -> None:
    wrong = [Problem(line, "身份证号", "x", "18 characters") for line in range(1, 121)]
    record_problems(PERIOD, "applicants/list.csv", wrong, "ROW_INVALID", "申请人名单有误")
    record_problems(PERIOD, "statements/x", [], "OTHER", "另一来源")
    browser = operator(identity, "li", "cashier")
    seen, address = [], f"{HOME}/problems?source=applicants%2Flist.csv"
    for _ in range(3):
        shown = browser.get(address)
        assert html_faults(shown.body) == []
        assert "另一来源" not in shown.body
        seen += [int(line) for line in re.findall(r"第 (\d+) 行", shown.body)]
        address = f"{HOME}/problems{_link(shown.body)}"
    assert seen == list(range(1, 121))
    assert browser.get(f"{HOME}/problems?from=x").status == 400


def test_given_a_closed_month_when_drawn_up_again_then_its_statements_are_asked_for(
    hub: FakeHub, month: DepositMonth, identity: Identity
) -> None:
    browser = operator(identity, "zhao", "cashier")
    assert "MONTH_OPEN" in browser.post(f"{HOME}/files/again", statements="").body
    move(PERIOD, PeriodState.FINISHED, since=(PeriodState.RUNNING,), attempt=1)
    assert "重新编制月结" in browser.get(f"{HOME}/files").body
    assert browser.post(f"{HOME}/files/again", statements="hangzhou").status == 400
    assert browser.post(f"{HOME}/files/again", statements="hangzhou 2026-04-20\n").status == 303
    ((name, given),) = hub.machines.started.items()
    assert (name.split("/")[0], given["plan"]["closing"][0][0]["day"]) == ("month_end", "2026-04-20")


def test_given_an_issued_receipt_when_two_say_it_is_wrong_then_it_is_being_reversed(
    hub: FakeHub, month: DepositMonth, identity: Identity
) -> None:
    notice(hub)
    issued()
    address = f"{HOME}/treasury/{PAY_CODE}"
    cashier, approver = operator(identity, "zhao", "cashier", "approver"), operator(identity, "li", "approver")
    assert "提出冲红" in cashier.get(address).body
    assert "提出冲红" not in approver.get(address).body
    assert approver.post(f"{address}/confirmations", act="reverse").status == 409
    assert cashier.post(f"{address}/proposals", act="reverse", cause=" ").status == 400
    assert cashier.post(f"{address}/proposals", act="reverse", cause="户名有误").goes_to.endswith("said=proposed")
    own = cashier.post(f"{address}/confirmations", act="reverse")
    assert (own.status, "SELF_APPROVAL" in own.body) == (403, True)
    shown = approver.get(address).body
    assert html_faults(shown) == []
    assert "户名有误" in shown
    for _ in range(2):
        hub.clock.advance(1)
        assert approver.post(f"{address}/confirmations", act="reverse").goes_to.endswith("said=confirmed")
    first, reversing = receipts_of(PERIOD, code(2))
    assert (first.reversal_proposed_by, first.reversal_confirmed_by) == ("zhao", "li")
    assert (reversing.reverses, reversing.state) == (first.number, "planned")
    assert {("zhao", "receipt.propose_reversal"), ("li", "receipt.confirm_reversal")} <= set(acts(hub))
    assert "复核冲红" not in approver.get(address).body


def test_given_a_published_plan_when_another_approves_a_moved_milestone_then_it_holds(
    hub: FakeHub, identity: Identity
) -> None:
    # Given a month that is on: its deposits opened a minute ago
    month = moved(PLAN, hub.clock.at_ms - PLAN.at("deposits_open") - 60_000)
    save_plan(month, PeriodState.RUNNING, "wang", Actor("wang", ("planner",), hub.clock.now_ms()))
    mark_approved(PERIOD, find_period(PERIOD).plan_digest, "li")
    planner, approver = operator(identity, "wang", "planner", "approver"), operator(identity, "li", "approver")
    assert "变更节点" in planner.get(f"{HOME}/plan").body
    later = month.at("deposits_close") // 1_000 * 1_000 + 60_000
    form = {"milestone": "deposits_close", "at": local_text(later)[:19], "reason": "银行系统维护"}
    assert planner.post(f"{HOME}/plan/amendments", **{**form, "milestone": "tea"}).status == 400
    assert planner.post(f"{HOME}/plan/amendments", **form).goes_to == f"{HOME}/plan?said=proposed"
    # Then it waits among the approvals with what moves from where, and the plan stands as it did
    waits = approver.get(f"{HOME}/approvals").body
    address = re.search(rf'href="({HOME}/approvals/[^"]+)"', waits)
    assert address
    assert "银行系统维护" in approver.get(address[1]).body
    assert find_period(PERIOD).plan.at("deposits_close") == month.at("deposits_close")
    own = planner.post(address[1], decision="approved", reason="")
    assert (own.status, "SELF_APPROVAL" in own.body) == (403, True)
    assert approver.post(address[1], decision="approved", reason="").status == 303
    amended = find_period(PERIOD).plan
    assert (amended.at("deposits_close"), amended.day("deposits_close")) == (later, month.day("deposits_close"))
    assert html_faults(planner.get(f"{HOME}/plan").body) == []


def test_given_another_account_after_the_first_batch_then_a_cashier_starts_the_next_and_nobody_else(
    hub: FakeHub, month: DepositMonth, identity: Identity
) -> None:
    came_back()
    BatchHead(batches_pk(PERIOD), "batch#again-1", cut=True).save()
    cashier = operator(identity, "zhao", "cashier")
    assert "AGAIN_NOTHING" in cashier.post(f"{HOME}/refunds/again").body
    FailedRecord(refunds.failed_pk(PERIOD), REF).update([FailedRecord.answered_at_ms.set(1)])
    assert operator(identity, "li", "approver").post(f"{HOME}/refunds/again").status == 403
    assert hub.machines.started == {}
    hub.clock.advance(1)
    assert cashier.post(f"{HOME}/refunds/again").goes_to == f"{HOME}/refunds?said=started"
    ((name, given),) = hub.machines.started.items()
    assert (name.split("/")[0], given["batch"], given["made_by"]) == ("refund_batch", "again-2", "zhao")
    assert ("zhao", "refunds.again") in acts(hub)


def test_given_nothing_to_send_again_then_it_is_said(hub: FakeHub, month: DepositMonth, identity: Identity) -> None:
    refused = operator(identity, "zhao", "cashier").post(f"{HOME}/refunds/again")
    assert (refused.status, "AGAIN_EARLY" in refused.body) == (409, True)


def _value(body: str, name: str) -> str:
    return html.unescape(body.partition(f'name="{name}" value="')[2].partition('"')[0])


def _link(body: str) -> str:
    return body.partition('rel="next" href="')[2].partition('"')[0].replace("&amp;", "&")
