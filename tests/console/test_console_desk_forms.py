"""The desk's forms: changes of an application by two, an activation on the spot, a year's calendar, attachments."""

from __future__ import annotations

import hashlib
import html
import io
import re
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.applicants import desk
from chalicelib.applicants.records import get
from chalicelib.console import words
from chalicelib.console.dates import RANGE_DAYS_MAX, days_written
from chalicelib.evidence.attachments import KINDS, attached_since
from chalicelib.kernel.clock import SetClock, local_date
from chalicelib.kernel.errors import InvalidInput
from chalicelib.periods.audit import Actor, trail
from chalicelib.periods.calendar_table import hub_calendar
from chalicelib.periods.records import PeriodState, save_plan
from local.identity import Identity
from tests.applicants.applicants_office import LI, PERIOD, WANG, Listed, plan, qualify, take_in_file
from tests.console.conftest import FakeHub
from tests.console.console_desk import Browser, html_faults, operator
from tests.console.console_month import moved

HOME = f"/console/{PERIOD}"
WANGS = f"{HOME}/applicants/{WANG.code}"
NEW_PHONE = "13900000009"
PASSWORD = "paizhao2026"
WHY = "手机丢失，本人到场"


class Ticking(SetClock):
    """Nobody looks twice in one millisecond."""

    def now_ms(self) -> int:
        self.advance(1)
        return self.at_ms


@pytest.fixture
def month(hub: FakeHub) -> FakeHub:
    """Two applicants, one of them qualified, while bidders activate."""
    # The provider's clock can't be set: the month is moved to it.
    at_ms = hub.clock.at_ms
    hub.clock = Ticking(at_ms)
    save_plan(
        moved(plan(), at_ms - plan().at("activation_opens") - 60_000),
        PeriodState.RUNNING,
        "wang",
        Actor("wang", ("planner",), at_ms),
    )
    take_in_file(io.BytesIO(b"list"), Listed((WANG, LI)), vault=hub.keys.vault(), now_ms=hub.clock.at_ms - 1_000)
    qualify(WANG.code)
    return hub


def acts(hub: FakeHub) -> list[tuple[str, str]]:
    return [(each["by"], each["act"]) for each in trail(f"{local_date(hub.clock.now_ms()):%Y-%m}").acts]


def change_on(browser: Browser) -> str:
    found = re.search(r'name="change_id" value="([^"]+)"', browser.get(WANGS).body)
    assert found
    return found[1]


def test_given_a_lost_phone_when_two_operators_say_so_then_it_is_changed_and_never_shown(
    month: FakeHub, identity: Identity
) -> None:
    clerk, approver = operator(identity, "sun", "support", "approver"), operator(identity, "li", "approver")
    shown = clerk.get(f"{HOME}/changes?code={WANG.code}")
    assert shown.goes_to == WANGS
    page = clerk.get(WANGS).body
    assert html_faults(page) == []
    assert "138****0001" in page
    assert WANG.phone not in page
    assert WANG.name not in page
    assert clerk.post(f"{WANGS}/changes", kind="phone", phone="1390000", reason=WHY).status == 400
    assert clerk.post(f"{WANGS}/changes", kind="phone", phone=NEW_PHONE, reason=" ").status == 400
    assert clerk.post(f"{WANGS}/changes", kind="name", phone=NEW_PHONE, reason=WHY).status == 400
    assert clerk.post(f"{WANGS}/changes", kind="phone", phone=NEW_PHONE, reason=WHY).goes_to == f"{WANGS}?said=proposed"
    # Then it waits where an approver finds it, and its proposer has no form
    assert "不能复核自己提交的内容" in clerk.get(WANGS).body
    waits = approver.get(f"{HOME}/changes").body
    assert html_faults(waits) == []
    assert WANGS in waits
    assert "更换手机" in waits
    change_id = change_on(approver)
    own = clerk.post(f"{WANGS}/changes/confirmations", change_id=change_id)
    assert (own.status, "OWN_CHANGE" in own.body) == (403, True)
    assert get(PERIOD, WANG.code).phone(month.keys.vault()) == WANG.phone
    done = approver.post(f"{WANGS}/changes/confirmations", change_id=change_id)
    assert done.goes_to == f"{WANGS}?said=confirmed"
    assert get(PERIOD, WANG.code).phone(month.keys.vault()) == NEW_PHONE
    assert "139****0009" in approver.get(WANGS).body
    assert "没有等待复核的变更" in approver.get(f"{HOME}/changes").body
    told = acts(month)
    assert {("sun", "applicant.propose_change"), ("li", "applicant.confirm_change"), ("li", "desk.look_up")} <= set(
        told
    )


@pytest.mark.parametrize(
    ("form", "holds"),
    [
        ({"kind": "password"}, lambda: get(PERIOD, WANG.code).password_hash == ""),
        ({"kind": "withdrawal"}, lambda: get(PERIOD, WANG.code).withdrawn),
        ({"kind": "validity", "valid_until": "2027-06-30"}, lambda: get(PERIOD, WANG.code).valid_until == "2027-06-30"),
    ],
    ids=lambda given: given["kind"] if isinstance(given, dict) else "",
)
def test_given_another_change_when_confirmed_then_it_is_made(
    form: dict[str, str], holds: object, month: FakeHub, identity: Identity
) -> None:
    clerk, approver = operator(identity, "zhao", "cashier"), operator(identity, "li", "approver")
    month.clock.advance(60_000)
    assert clerk.post(f"{WANGS}/changes", reason=WHY, **form).status == 303
    assert words.CHANGES[form["kind"]] in approver.get(WANGS).body
    before = holds()  # type: ignore[operator]
    assert form["kind"] == "password" or not before
    assert approver.post(f"{WANGS}/changes/confirmations", change_id=change_on(approver)).status == 303
    assert holds()  # type: ignore[operator]
    assert [each.sk for each in desk.waiting(PERIOD)] == []


def test_given_a_wrong_day_or_an_old_proposal_then_it_is_refused_in_words(month: FakeHub, identity: Identity) -> None:
    clerk, approver = operator(identity, "zhao", "cashier"), operator(identity, "li", "approver")
    for day in ("2027-02-30", "明年", "2026-01-01"):
        assert clerk.post(f"{WANGS}/changes", kind="validity", valid_until=day, reason=WHY).status == 400, day
    clerk.post(f"{WANGS}/changes", kind="password", reason=WHY)
    earlier = change_on(approver)
    month.clock.advance(1)
    clerk.post(f"{WANGS}/changes", kind="withdrawal", reason=WHY)
    refused = approver.post(f"{WANGS}/changes/confirmations", change_id=earlier)
    assert (refused.status, "CHANGE_UNKNOWN" in refused.body) == (404, True)


def test_every_kind_has_its_words() -> None:
    assert set(words.CHANGES) == set(desk.KINDS)
    assert set(words.ATTACHMENTS) == set(KINDS)


def test_given_a_bidder_at_the_counter_then_the_id_that_is_shown_activates_once(
    month: FakeHub, identity: Identity
) -> None:
    clerk = operator(identity, "sun", "support")
    form = {"id_number": WANG.id_number, "password": PASSWORD, "repeated": PASSWORD, "rollover": "yes"}
    assert "现场激活" in clerk.get(WANGS).body
    for wrong, status in (
        ({"repeated": "x"}, 400),
        ({"password": "1", "repeated": "1"}, 400),
        ({"id_number": LI.id_number}, 403),
    ):
        refused = clerk.post(f"{WANGS}/activation", **{**form, **wrong})
        assert refused.status == status, wrong
        assert PASSWORD not in refused.body
    assert not get(PERIOD, WANG.code).activated
    assert clerk.post(f"{WANGS}/activation", **form).goes_to == f"{WANGS}?said=activated"
    found = get(PERIOD, WANG.code)
    assert (found.activated, bool(found.rollover), found.activated_by) == (True, True, "sun")
    shown = clerk.get(WANGS).body
    assert html_faults(shown) == []
    assert "repeated" not in shown
    assert clerk.post(f"{WANGS}/activation", **form).status == 409
    # Who has no right to bid is offered no form
    other = clerk.get(f"{HOME}/applicants/{LI.code}").body
    assert "未取得竞买资格，不能激活" in other
    assert clerk.get(f"{HOME}/applicants/nobody1").status == 404


NOTICE = {
    "year": "2027",
    "source": "国办发明电〔2026〕x号",
    "holidays": "1月1日(周五)至3日(周日)、2月5日至11日,4月3日至5日;5月1日至5日。6月9日、9月15日 10月1日至7日",
    "workdays": "2月14日(周日)上班",
}


def test_given_next_year_s_notice_when_copied_in_and_looked_at_then_plans_know_its_days(
    month: FakeHub, identity: Identity
) -> None:
    browser = operator(identity, "wang", "planner")
    assert html_faults(browser.get("/console/calendar").body) == []
    bad = browser.post("/console/calendar/drafts", **{**NOTICE, "workdays": "2月14日上班"})
    assert (bad.status, "2月14日上班" in bad.body) == (400, True)
    form = {**NOTICE, "workdays": "2月14日(周日)"}
    drafted = browser.post("/console/calendar/drafts", **form)
    assert (drafted.status, html_faults(drafted.body)) == (200, [])
    assert "放假 27 天，调休上班 1 天" in drafted.body
    # Nothing is kept before it was looked at
    with pytest.raises(InvalidInput):
        hub_calendar().is_workday(date(2027, 1, 4))
    posted = {name: html.unescape(_hidden(drafted.body, name)) for name in NOTICE}
    assert browser.post("/console/calendar", **posted).goes_to == "/console/calendar?said=kept"
    known = hub_calendar()
    days = [date(2027, 1, 4), date(2027, 2, 14), date(2027, 2, 11), date(2027, 6, 9), date(2027, 3, 6)]
    assert [known.is_workday(day) for day in days] == [True, True, False, False, False]
    shown = browser.get("/console/calendar").body
    assert html_faults(shown) == []
    assert NOTICE["source"] in shown
    assert ("wang", "calendar.enter") in acts(month)
    # A notice without 1 October is not the whole notice
    assert browser.post("/console/calendar/drafts", **{**form, "holidays": "1月1日"}).status == 400
    assert "录入放假安排" not in operator(identity, "li", "approver").get("/console/calendar").body


@given(st.dates(date(2024, 1, 1), date(2027, 12, 10)), st.integers(0, RANGE_DAYS_MAX - 1), st.integers(0, 3))
def test_a_span_is_read_however_it_is_written(first: date, more: int, form: int) -> None:
    last = min(first + timedelta(days=more), date(first.year, 12, 31))
    same_month = f"{last.day}日" if last.month == first.month else f"{last.month}月{last.day}日"
    text = [
        f"{first.month}月{first.day}日至{same_month}",
        f"{first.month}月{first.day}日(周x) 至 {last.month}月{last.day}日(周y)",
        f"{first}~{last}",
        f"{first:%m-%d}到{last:%m-%d}",
    ][form]
    days = days_written(text, first.year, "holidays")
    assert days == [(first + timedelta(days=each)).isoformat() for each in range((last - first).days + 1)]


@pytest.mark.parametrize("text", ["二月五日", "2月30日", "5", "5月3日至1日", "1月1日至12月31日", "x"])
def test_what_is_no_day_is_named(text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        days_written(text, 2027, "holidays")
    assert refused.value.code == "DAYS_UNREADABLE"


def test_given_a_video_when_its_digests_are_typed_in_then_the_next_package_names_it(
    month: FakeHub, identity: Identity
) -> None:
    content = b"a video"
    form = {
        "name": "开标录像.mp4",
        "kind": "video",
        "bytes": str(len(content)),
        "sha256": hashlib.sha256(content).hexdigest().upper(),
        "sm3": "0b" * 32,
    }
    address = f"{HOME}/attachments"
    browser = operator(identity, "wang", "planner")
    assert html_faults(browser.get(address).body) == []
    for wrong in ({"sha256": "12"}, {"bytes": "0"}, {"bytes": "7.5"}, {"kind": "film"}, {"name": "../x"}):
        assert browser.post(address, **{**form, **wrong}).status == 400, wrong
    taken = browser.post(address, **form)
    assert (taken.status, html_faults(taken.body)) == (200, [])
    command = html.unescape(taken.body.partition("<pre")[2].partition("</code>")[0])
    assert f"attachments/{PERIOD}/{form['sha256'].lower()}" in command
    assert "'开标录像.mp4'" in command
    (kept,) = attached_since(PERIOD)
    assert (kept.name, kept.bytes, kept.sm3) == (form["name"], len(content), form["sm3"])
    # The same again is the same; the same file under another name is refused
    assert browser.post(address, **form).status == 200
    assert browser.post(address, **{**form, "name": "x.mp4"}).status == 409
    listed = operator(identity, "sun", "auditor").get(address).body
    assert "开标录像.mp4" in listed
    assert "登记附件" not in listed
    assert ("wang", "attachment.register") in acts(month)


def _hidden(body: str, name: str) -> str:
    return body.partition(f'name="{name}" value="')[2].partition('"')[0]
