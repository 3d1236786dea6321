"""The console in a browser: signing in at the provider, what axe finds, keyboard, and approving without JavaScript."""

from __future__ import annotations

import hashlib
import io
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, sync_playwright

from chalicelib.applicants.desk import propose_change
from chalicelib.console import auction_pages, door
from chalicelib.console.oidc import Client, Provider
from chalicelib.evidence.attachments import attachment_of, register
from chalicelib.kernel.errors import Problem
from chalicelib.periods.approvals import request_approval
from chalicelib.periods.audit import Actor
from chalicelib.periods.operators import OperatorRecord
from chalicelib.periods.problems import record_problems
from chalicelib.periods.records import PeriodState, save_plan
from local.identity import Identity
from tests.applicants.applicants_office import WANG, Listed, take_in_file
from tests.console.conftest import FakeHub
from tests.console.console_desk import PASSWORD
from tests.console.console_month import PAY_CODE, REF, busy_half_hour, came_back, notice, open_auction
from tests.deposits.deposit_month import DEPOSIT, PERIOD, PLAN, DepositMonth, code
from tests.e2e.phone import SCREENS, SERIOUS, chromium, open_browser, save_screen

pytestmark = pytest.mark.skipif(not chromium(), reason="no Chromium; remedy: apt-get install chromium")

# Address below the period -> what its picture is called.
PAGES = {
    "": "day",
    "/approvals": "approvals",
    "/plan": "plan",
    "/problems": "problems",
    "/deposits": "deposits",
    "/doubtful": "doubtful",
    "/differences": "differences",
    "/auction": "auction",
    "/texts": "texts",
    "/texts/deposit_unpaid": "campaign",
    "/treasury": "treasury",
    f"/treasury/{PAY_CODE}": "notice",
    "/refunds": "refunds",
    f"/refunds/{REF}": "failed-refund",
    "/files": "files",
    "/hotline": "hotline",
    f"/hotline/{code(2)}": "story",
    "/contacts": "contacts",
    "/../plans/new": "draft",
    "/changes": "changes",
    f"/applicants/{WANG.code}": "applicant",
    "/attachments": "attachments",
    # The last one: what is typed in there is looked at too.
    "/../calendar": "calendar",
}
# A year's notice as somebody copies it.
NOTICE = {
    "year": "2027",
    "source": "国务院办公厅关于 2027 年部分节假日安排的通知（示例）",
    "holidays": "1月1日至3日、2月5日至11日、4月3日至5日、5月1日至5日、6月9日、9月15日、10月1日至7日",
    "workdays": "2月14日、10月9日",
}


def _handler() -> type[BaseHTTPRequestHandler]:
    one_at_a_time = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Quiet."""

        def do_GET(self) -> None:
            parts, length = urlsplit(self.path), int(self.headers.get("Content-Length") or 0)
            event = {
                "httpMethod": self.command,
                "path": parts.path,
                "queryStringParameters": dict(parse_qsl(parts.query)),
                "headers": dict(self.headers.items()),
                "body": self.rfile.read(length).decode(),
            }
            with one_at_a_time:
                answer = door.handle(event, None)
            body = answer["body"].encode()
            self.send_response(answer["statusCode"])
            for name, value in {**answer["headers"], "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            for cookie in answer.get("multiValueHeaders", {}).get("Set-Cookie", ()):
                self.send_header("Set-Cookie", cookie)
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815

    return Handler


@pytest.fixture
def url(hub: FakeHub, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The console on a port of 127.0.0.1, with a month in it and a provider that knows its operators."""
    month = DepositMonth(applicants=4)
    month.pay(2, memo=code(2), amount_fen=DEPOSIT)
    month.pay(1, memo="保证金", amount_fen=DEPOSIT)
    month.take_statement()
    save_plan(PLAN, PeriodState.RUNNING, "wang", Actor("wang", ("planner",), hub.clock.now_ms()))
    for subject, made_by in (("1", "zhao"), ("2", "li")):
        totals = {"count": 12, "principal_fen": 2_400_000}
        request_approval(PERIOD, "refund_batch", subject, totals, made_by=made_by, machines=hub.machines)
    OperatorRecord("operator#li", roles={"approver", "cashier", "planner"}, password_hash="").save()
    problems = [Problem(line, "身份证号", "17 位", "18 characters") for line in (3, 17, 41)]
    record_problems(PERIOD, f"regulator/applicants/{PERIOD}.csv", problems, "ROW_INVALID", "申请人名单第几行有误")
    monkeypatch.setattr(auction_pages, "measured", lambda *_: busy_half_hour(opens_at_ms))
    opens_at_ms = open_auction(hub)
    busy_half_hour(opens_at_ms)
    notice(hub)
    came_back()
    take_in_file(io.BytesIO(b"list"), Listed((WANG,)), vault=hub.keys.vault(), now_ms=hub.clock.now_ms() - 1)
    propose_change(
        PLAN,
        WANG.code,
        "phone",
        reason="手机丢失，本人到场",
        actor=Actor("zhao", ("cashier",), hub.clock.now_ms()),
        vault=hub.keys.vault(),
        phone="13900000009",
    )
    for kind, named in (("video", "竞价现场录像.mp4"), ("scan", "公证工作记录.pdf")):
        digest = hashlib.sha256(named.encode()).hexdigest()
        told = {"name": named, "kind": kind, "bytes": 734_003_200, "sha256": digest, "sm3": digest[::-1]}
        register(PERIOD, attachment_of(told), Actor("wang", ("planner",), hub.clock.now_ms()))
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler())
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    at = f"http://127.0.0.1:{server.server_address[1]}"
    back = f"{at}{door.SIGNED_IN}"
    with Identity("console", "secret", back, people={"li": PASSWORD}) as provider:
        known = Provider(Client(provider.issuer, "console", "secret", back))
        monkeypatch.setattr(door, "provider", lambda: known)
        yield at
    server.shutdown()
    server.server_close()


def sign_in(page: Page, url: str) -> None:
    page.goto(f"{url}/console")
    page.get_by_role("link", name="登录").click()
    page.fill("input[name=name]", "li")
    page.fill("input[name=password]", PASSWORD)
    page.click("button")
    page.wait_for_url(f"{url}/console/{PERIOD}")


def look_at(page: Page, name: str) -> None:
    """A picture where somebody wants one, and what axe says of the page."""
    if SCREENS:
        save_screen(page.screenshot(full_page=True), Path(SCREENS) / f"console-{name}.png")
    found = Axe().run(page).response["violations"]
    assert [each["id"] for each in found if each["impact"] in SERIOUS] == [], name


def test_an_operator_signs_in_reads_and_approves_in_a_browser(hub: FakeHub, url: str) -> None:
    with sync_playwright() as playwright:
        browser = open_browser(playwright)
        # Given an operator who signed in at the provider
        page = browser.new_page(viewport={"width": 1280, "height": 820}, locale="zh-CN")
        blocked: list[str] = []
        page.on("console", lambda said: blocked.append(said.text) if "Content Security" in said.text else None)
        sign_in(page, url)
        (cookie,) = page.context.cookies()
        assert (cookie["name"], cookie["httpOnly"], cookie["secure"]) == ("__Host-console", True, True)
        # Then no page has a serious fault or breaks its own policy, and htmx is at work
        for below, name in PAGES.items():
            # Each look at an application is an act of its own instant on the trail.
            hub.clock.advance(1)
            answered = page.goto(f"{url}/console/{PERIOD}{below}")
            assert answered, below
            assert answered.status == 200, below
            look_at(page, name)
        for field, text in NOTICE.items():
            page.fill(f"[name={field}]", text)
        page.get_by_role("button", name="核对").click()
        page.get_by_text("放假 27 天").wait_for()
        look_at(page, "calendar-draft")
        assert page.evaluate("typeof htmx") == "object"
        assert blocked == []
        # And the first key leads past the menu
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "跳到正文"
        # And one's own proposal offers no form
        page.goto(f"{url}/console/{PERIOD}/approvals")
        page.locator(".cards a", has_text="经办 li").click()
        assert page.get_by_text("不能审批自己提交的事项").is_visible()
        assert page.locator("form.decide").count() == 0
        # When another one's is approved in a browser without JavaScript
        plain = browser.new_page(java_script_enabled=False)
        sign_in(plain, url)
        plain.locator(".cards a", has_text="经办 zhao").click()
        plain.get_by_role("button", name="同意", exact=True).click()
        # Then it is said
        assert plain.get_by_role("status").inner_text() == "审批结论已记录。"
        browser.close()
