"""The same month on the operators' console: two of them send a refund again, and every page is looked at."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page

from local.demo import APPROVER, PLANNER
from local.world.operators import Operator
from local.world.web import now_ms
from tests.e2e.bidder_month import READER, BidderMonth
from tests.e2e.operator_window import WINDOW, draft_a_year, sign_in
from tests.e2e.phone import chromium, look_at

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(not chromium(), reason="no Chromium; remedy: apt-get install chromium"),
]

WITHIN_MS = 60_000
# What the period's machine sent again by itself was the first.
BATCH = "重发第2批"
# Below the period -> what the picture is called, in the order of the month.
SECTIONS = {
    "": "day",
    "/plan": "plan",
    "/approvals": "approvals",
    "/problems": "problems",
    "/deposits": "deposits",
    "/deposits?kind=credits": "credits",
    "/doubtful": "doubtful",
    "/differences": "differences",
    "/auction": "auction",
    "/texts": "texts",
    "/treasury": "treasury",
    "/refunds": "refunds",
    "/files": "files",
    "/attachments": "attachments",
    "/hotline": "hotline",
    "/changes": "changes",
    "/contacts": "contacts",
}
# A page that the first link of a kind on another page leads to.
FIRST_OF = {
    "/approvals": ("approvals", "approval"),
    "/texts": ("texts", "campaign"),
    "/treasury": ("treasury", "notice"),
    "/refunds": ("refunds", "failed-refund"),
}


def signed_in(browser: Browser, going: BidderMonth, operator: Operator) -> Page:
    """An operator's window, signed in at the local provider."""
    page = browser.new_context(viewport=WINDOW, locale="zh-CN").new_page()
    sign_in(page, going.url, going.month.period, operator.name, operator.password)
    return page


def open_card(page: Page, going: BidderMonth, title: str) -> None:
    """Open what waits for a second person, as soon as it does."""
    until_ms = now_ms() + WITHIN_MS
    card = page.locator(".cards a", has_text=title)
    while now_ms() < until_ms:
        page.goto(f"{going.url}/console/{going.month.period}/approvals")
        if card.count():
            card.first.click()
            return
        page.wait_for_timeout(1_000)
    raise TimeoutError(f"no {title} waits: {page.inner_text('main')[:500]}; {going.faults}")


def test_a_refund_batch_is_refused_to_who_made_it_and_approved_by_another(going: BidderMonth, browser: Browser) -> None:
    going.until_over()
    faults: list[str] = []
    maker = signed_in(browser, going, PLANNER)
    refunds = f"{going.url}/console/{going.month.period}/refunds"
    maker.goto(refunds)
    maker.get_by_role("button", name="启动下一重退批次").click()
    open_card(maker, going, f"退款批次：{BATCH}")
    maker.get_by_text("不能审批自己提交的事项").wait_for()
    assert maker.locator("form.decide").count() == 0
    faults += look_at(maker, "console-own-refused")
    # Nor does it help to send the form that is not offered
    status, said = maker.evaluate(
        """async () => {
            const form = { csrf: document.querySelector('[name=csrf]').value, decision: 'approved', reason: '' }
            const answer = await fetch(location.href, { method: 'POST', body: new URLSearchParams(form) })
            return [answer.status, await answer.text()]
        }"""
    )
    assert (status, "SELF_APPROVAL" in said) == (403, True)
    second = signed_in(browser, going, APPROVER)
    open_card(second, going, f"退款批次：{BATCH}")
    faults += look_at(second, "console-approval")
    assert "¥" in second.inner_text(".totals")
    second.get_by_role("button", name="同意", exact=True).click()
    assert second.get_by_role("status").inner_text() == "审批结论已记录。"
    # And the file goes to the bank, which answers
    until_ms = now_ms() + WITHIN_MS
    answered = second.locator("tr", has_text=BATCH).filter(has_text="已回盘")
    while not answered.count():
        assert now_ms() < until_ms, second.inner_text("main")
        second.wait_for_timeout(1_000)
        second.goto(refunds)
    assert faults == []


def test_every_page_of_the_console_shows_the_month(going: BidderMonth, browser: Browser) -> None:
    page, home = signed_in(browser, going, READER), f"{going.url}/console/{going.month.period}"
    code, faults = going.corrector.code, []
    for below, name in (*SECTIONS.items(), (f"/hotline/{code}", "story"), (f"/applicants/{code}", "applicant")):
        answered = page.goto(f"{home}{below}")
        assert answered, below
        assert answered.status == 200, below
        faults += look_at(page, f"console-{name}")
        if below in FIRST_OF:
            section, one = FIRST_OF[below]
            link = page.locator(f'main a[href*="/{section}/"]').first
            if name != "refunds" or link.count():
                link.click()
                page.wait_for_url(re.compile(f"/{section}/"))
                faults += look_at(page, f"console-{one}") if one != "approval" else []
    for below, name in (("/calendar", "calendar"), ("/trail", "trail"), ("/plans/new", "draft")):
        page.goto(f"{going.url}/console{below}")
        faults += look_at(page, f"console-{name}")
    draft_a_year(page, going.url)
    faults += look_at(page, "console-calendar-draft")
    visitor = browser.new_page(viewport=WINDOW, locale="zh-CN")
    visitor.goto(f"{going.url}/console/sign-in")
    faults += look_at(visitor, "console-sign-in")
    assert faults == []
