"""The hotline's desk (热线): find an application, read its story, log the contact, hand it over, answer, count."""

from __future__ import annotations

import base64
from datetime import date, timedelta

from chalicelib.applicants.records import codes_phoned, get
from chalicelib.console import contacts
from chalicelib.console.contacts import Contact
from chalicelib.console.faq import faq
from chalicelib.console.pages import Ask
from chalicelib.console.rendering import page
from chalicelib.console.timeline import timeline
from chalicelib.console.web import Answer, redirect
from chalicelib.kernel.clock import local_date
from chalicelib.kernel.errors import InvalidInput, Problem
from chalicelib.periods.audit import Act, note_alone
from chalicelib.periods.operators import roles_of
from chalicelib.reports.charts import bars, svg
from chalicelib.wiring import hub

DESK = ("planner", "cashier", "support")
MONTHS = 6
TEXT_CHARACTERS_MAX = 500
_CODE = r"[0-9A-Za-z]{6,32}"


def desk(ask: Ask) -> Answer:
    """Search, what was handed to me this month and last, and the kept answers (``?words=``)."""
    return _desk(ask, None)


def _desk(ask: Ask, phoned: list[str] | None) -> Answer:
    mine = [
        each
        for month in _months(ask.now_ms, 2)
        for each in contacts.contacts_in(month)
        if each.handed_to == ask.operator.name
    ]
    asked = ask.request.query.get("words", "").strip()[:40]
    return page(
        ask,
        "hotline.html",
        mine=mine,
        phoned=phoned,
        asked=asked,
        found=faq().fitting(asked),
        categories=faq().categories,
    )


def find(ask: Ask) -> Answer:
    """Go to an application by its code, or by the phone that is registered for it: the looking-up is on the trail."""
    if ask.request.form.get("phone"):
        phone = ask.field("phone", r"1[3-9]\d{9}", "手机号为 11 位数字")
        codes = codes_phoned(ask.period, hub().keys.vault().lookup("phone", phone))
        # The phone itself is on no page, in no address and not on the trail.
        note_alone(ask.actor, Act("hotline.look_up_phone", ask.period, {}, {"count": len(codes)}))
        return redirect(f"/console/{ask.period}/hotline/{codes[0]}") if len(codes) == 1 else _desk(ask, codes)
    code = ask.field("code", _CODE, "申请编码为 6 至 32 位数字或字母")
    get(ask.period, code)
    return redirect(f"/console/{ask.period}/hotline/{code}")


def story(ask: Ask) -> Answer:
    """An application's whole timeline."""
    applicant = get(ask.period, ask.named["code"])
    note_alone(ask.actor, Act("hotline.look_up", f"{ask.period} {applicant.code}"))
    return page(ask, "story.html", code=applicant.code, told=timeline(applicant), categories=faq().categories)


def log(ask: Ask) -> Answer:
    """Log a contact, perhaps handing it to a colleague."""
    applicant = get(ask.period, ask.named["code"])
    category = ask.request.form.get("category", "")
    if category not in faq().categories:
        problem = Problem(0, "category", "", ", ".join(faq().categories))
        raise InvalidInput("FORM_INVALID", "请选择来电类别", problems=(problem,))
    text = ask.field("text", rf"(?s).{{2,{TEXT_CHARACTERS_MAX}}}", f"内容为 2 至 {TEXT_CHARACTERS_MAX} 个字")
    to = ask.field("handed_to", r"[a-z][a-z0-9._-]{1,31}", "同事的用户名", empty=True)
    if to and not roles_of(to):
        raise InvalidInput("COLLEAGUE_UNKNOWN", "没有这位同事的操作员账号")
    contacts.keep(Contact(ask.period, applicant.code, category, text, to), ask.actor)
    return redirect(f"/console/{ask.period}/hotline/{applicant.code}?said=kept")


def counted(ask: Ask) -> Answer:
    """Contacts by category and month, as a table and a chart."""
    months = sorted(_months(ask.now_ms, MONTHS))
    by_month = contacts.by_category(months)
    categories = faq().categories
    series = {
        label: [by_month[month].get(key, 0) for month in months]
        for key, label in categories.items()
        if any(by_month[month].get(key) for month in months)
    }
    drawn = svg(bars("来电类别（按月）", months, series, stacked=True)) if series else b""
    return page(
        ask,
        "contacts.html",
        months=months,
        categories=categories,
        by_month=by_month,
        chart=base64.b64encode(drawn).decode(),
    )


def _months(now_ms: int, count: int) -> list[str]:
    """The latest months, this one first."""
    day: date = local_date(now_ms).replace(day=1)
    found = []
    for _ in range(count):
        found.append(f"{day:%Y-%m}")
        day = (day - timedelta(days=1)).replace(day=1)
    return found
