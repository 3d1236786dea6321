"""The desk: what two operators change of an application, and an activation while the bidder stands at the counter."""

from __future__ import annotations

from datetime import date

from chalicelib.applicants import desk
from chalicelib.applicants.records import get
from chalicelib.applicants.views import own_state
from chalicelib.console.pages import Ask
from chalicelib.console.rendering import page
from chalicelib.console.web import Answer, redirect
from chalicelib.kernel.errors import InvalidInput, Problem
from chalicelib.periods.audit import Act, note_alone
from chalicelib.periods.records import load_plan
from chalicelib.wiring import hub

CLERKS = ("planner", "cashier", "support")
READERS = (*CLERKS, "approver")
_REASON = r"(?s).{2,200}"


def waiting(ask: Ask) -> Answer:
    """Changes that wait for another operator, and the way to an application by its code (``?code=``)."""
    code = ask.request.query.get("code", "").strip()
    if code:
        return redirect(_address(ask, get(ask.period, code).code))
    return page(ask, "changes.html", waits=desk.waiting(ask.period))


def show(ask: Ask) -> Answer:
    """An application as the bidder sees it, masked; what waits for a second word; the forms of this role."""
    applicant = get(ask.period, ask.named["code"])
    note_alone(ask.actor, Act("desk.look_up", f"{ask.period} {applicant.code}"))
    proposed = desk.proposed_for(ask.period, applicant.code)
    plan = load_plan(ask.period)
    activating = plan.at("activation_opens") <= ask.now_ms < plan.at("activation_closes")
    return page(
        ask,
        "applicant.html",
        found=own_state(applicant, hub().keys.vault()),
        proposed=proposed if proposed is not None and proposed.state == desk.WAITING else None,
        kinds=desk.KINDS,
        activating=activating,
    )


def propose(ask: Ask) -> Answer:
    """One operator says what is to be changed; nothing changes before another one confirms it."""
    kind = ask.choice("kind", desk.KINDS, "请选择变更事项")
    phone = ask.field("phone", r"1[3-9]\d{9}", "新手机号为 11 位数字") if kind == desk.PHONE else ""
    desk.propose_change(
        load_plan(ask.period),
        ask.named["code"],
        kind,
        reason=ask.field("reason", _REASON, "原因为 2 至 200 个字"),
        actor=ask.actor,
        vault=hub().keys.vault(),
        phone=phone,
        valid_until=_day(ask) if kind == desk.VALIDITY else None,
    )
    return redirect(f"{_address(ask, ask.named['code'])}?said=proposed")


def confirm(ask: Ask) -> Answer:
    """An approver who is somebody else confirms the change that stood on the page."""
    change_id = ask.field("change_id", r"[0-9A-Za-z_-]{1,80}", "请回到页面重新确认")
    desk.confirm_change(load_plan(ask.period), ask.named["code"], change_id, actor=ask.actor)
    return redirect(f"{_address(ask, ask.named['code'])}?said=confirmed")


def activate(ask: Ask) -> Answer:
    """The bidder is present, showed the ID that is typed in here, and typed the password himself, twice."""
    form, here = ask.request.form, hub()
    id_number = ask.field("id_number", r"[0-9A-Za-z]{18}", "证件号码为 18 位")
    password = form.get("password", "")
    if password != form.get("repeated", ""):
        problem = Problem(0, "password", "", "两次输入的密码须一致")
        raise InvalidInput("FORM_INVALID", "两次输入的密码不一致，请重新输入", problems=(problem,))
    desk.activate_on_site(
        load_plan(ask.period),
        ask.named["code"],
        id_number,
        password,
        rollover=form.get("rollover") == "yes",
        actor=ask.actor,
        vault=here.keys.vault(),
        entropy=here.entropy,
    )
    return redirect(f"{_address(ask, ask.named['code'])}?said=activated")


def _day(ask: Ask) -> date:
    text = ask.field("valid_until", r"\d{4}-\d{2}-\d{2}", "请填写新的有效期截止日")
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        problem = Problem(0, "valid_until", text, "真实存在的日期")
        raise InvalidInput("FORM_INVALID", "没有这一天，请检查日期", problems=(problem,)) from error


def _address(ask: Ask, code: str) -> str:
    return f"/console/{ask.period}/applicants/{code}"
