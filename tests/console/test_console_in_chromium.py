"""The console in a browser: signing in at the provider, what axe finds, keyboard, and approving without JavaScript."""

from __future__ import annotations

import hashlib
import io
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

import pytest
from playwright.sync_api import sync_playwright

from chalicelib.applicants.desk import propose_change
from chalicelib.console import auction_pages, door
from chalicelib.console.oidc import Client, Provider
from chalicelib.deposits.comparing import Difference, Why
from chalicelib.deposits.difference_records import keep
from chalicelib.evidence.attachments import attachment_of, register
from chalicelib.kernel.errors import Problem
from chalicelib.periods.approvals import request_approval
from chalicelib.periods.audit import Actor
from chalicelib.periods.operators import ROLES, OperatorRecord
from chalicelib.periods.problems import record_problems
from chalicelib.periods.records import PeriodState, save_plan
from local.identity import Identity
from tests.applicants.applicants_office import WANG, Listed, take_in_file
from tests.console.conftest import FakeHub
from tests.console.console_desk import PASSWORD
from tests.console.console_month import PAY_CODE, REF, busy_half_hour, came_back, notice, open_auction
from tests.deposits.deposit_month import DEPOSIT, PERIOD, PLAN, DepositMonth, code
from tests.e2e.operator_window import WINDOW, draft_a_year, sign_in
from tests.e2e.phone import chromium, look_at, open_browser

pytestmark = pytest.mark.skipif(not chromium(), reason="no Chromium; remedy: apt-get install chromium")

# Address below the period -> what its picture is called.
PAGES = {
    "": "day",
    "/approvals": "approvals",
    "/plan": "plan",
    "/problems": "problems",
    "/deposits": "deposits",
    "/deposits?kind=credits": "credits",
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
    "/../trail": "trail",
    "/changes": "changes",
    f"/applicants/{WANG.code}": "applicant",
    "/attachments": "attachments",
    "/../calendar": "calendar",
}

DIFFERENCES = [
    Difference("LINE_NOT_BOOKED", Why.NOT_YET_BOOKED, "credit/hangzhou/HZ00000003", None, DEPOSIT, "as stated"),
    Difference("MOVED_HALF", Why.NOT_YET_STATED, "between:hangzhou-minsheng", 1_000_000, 0, "the other's statement"),
]


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
    OperatorRecord("operator#li", roles={*ROLES}, password_hash="").save()
    problems = [Problem(line, "身份证号", "17 位", "18 characters") for line in (3, 17, 41)]
    record_problems(PERIOD, f"regulator/applicants/{PERIOD}.csv", problems, "ROW_INVALID", "申请人名单第几行有误")
    keep(PERIOD, DIFFERENCES, hub.clock.now_ms())
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


def test_an_operator_signs_in_reads_and_approves_in_a_browser(hub: FakeHub, url: str) -> None:
    with sync_playwright() as playwright:
        browser = open_browser(playwright)
        # Given an operator who signed in at the provider
        page = browser.new_page(viewport=WINDOW, locale="zh-CN")
        blocked: list[str] = []
        page.on("console", lambda said: blocked.append(said.text) if "Content Security" in said.text else None)
        page.goto(f"{url}/console/sign-in")
        assert look_at(page, "console-sign-in") == []
        sign_in(page, url, PERIOD, "li", PASSWORD)
        (cookie,) = page.context.cookies()
        assert (cookie["name"], cookie["httpOnly"], cookie["secure"]) == ("__Host-console", True, True)
        # Then no page has a serious fault or breaks its own policy, and htmx is at work
        for below, name in PAGES.items():
            # Each look at an application is an act of its own instant on the trail.
            hub.clock.advance(1)
            answered = page.goto(f"{url}/console/{PERIOD}{below}")
            assert answered, below
            assert answered.status == 200, below
            assert look_at(page, f"console-{name}") == []
        draft_a_year(page, url)
        assert look_at(page, "console-calendar-draft") == []
        assert page.evaluate("typeof htmx") == "object"
        assert blocked == []
        # And the first key leads past the menu
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "跳到正文"
        # And one's own proposal offers no form
        page.goto(f"{url}/console/{PERIOD}/approvals")
        page.locator(".cards a", has_text="经办 li").click()
        page.get_by_text("不能审批自己提交的事项").wait_for()
        assert page.locator("form.decide").count() == 0
        assert look_at(page, "console-own-refused") == []
        page.goto(f"{url}/console/{PERIOD}/approvals")
        page.locator(".cards a", has_text="经办 zhao").click()
        assert look_at(page, "console-approval") == []
        # When another one's is approved in a browser without JavaScript
        plain = browser.new_page(java_script_enabled=False)
        sign_in(plain, url, PERIOD, "li", PASSWORD)
        plain.locator(".cards a", has_text="经办 zhao").click()
        plain.get_by_role("button", name="同意", exact=True).click()
        # Then it is said
        assert plain.get_by_role("status").inner_text() == "审批结论已记录。"
        browser.close()
