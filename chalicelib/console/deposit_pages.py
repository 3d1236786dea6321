"""Deposits: by channel and state, payment by payment, the doubtful ones, and what the books differ in."""

from __future__ import annotations

from urllib.parse import urlencode

from chalicelib.console import words
from chalicelib.console.pages import Ask
from chalicelib.console.rendering import page
from chalicelib.console.tables import COUNT, MOMENT, MONEY, STATE, Column, Listed
from chalicelib.console.web import Answer, redirect
from chalicelib.deposits import correction_desk
from chalicelib.deposits.difference_records import last_found
from chalicelib.deposits.listing import counts, listed_page
from chalicelib.deposits.records import CreditRecord, CreditState, DepositRecord
from chalicelib.kernel.errors import InvalidInput
from chalicelib.periods.records import load_period_rules

_STATES = {"credits": words.CREDITS, "deposits": words.DEPOSITS}
_KINDS = {"deposits": "保证金", "credits": "来款"}
_CREDIT_COLUMNS = (
    Column("渠道", words=words.CHANNELS),
    Column("流水号"),
    Column("到账时间", MOMENT),
    Column("金额", MONEY),
    Column("申请编码"),
    Column("状态", STATE, words.CREDITS),
    Column("原因", words=words.REASONS),
)
_DEPOSIT_COLUMNS = (
    Column("申请编码"),
    Column("渠道", words=words.CHANNELS),
    Column("流水号"),
    Column("起息日"),
    Column("保证金", MONEY),
    Column("溢缴", MONEY),
    Column("状态", STATE, words.DEPOSITS),
    Column("延期自"),
)


def show(ask: Ask) -> Answer:
    """``?kind=&state=&channel=&after=``: counts in front, then a page of what fits."""
    asked = ask.request.query
    kind = asked.get("kind") or "deposits"
    if kind not in _KINDS:
        raise InvalidInput("PAGE_INVALID", "分页参数不正确")
    state, channel = asked.get("state", ""), asked.get("channel", "")
    found = listed_page(ask.period, kind, state=state, channel=channel, after=asked.get("after", ""))
    kept = {"kind": kind, "state": state, "channel": channel}
    following = f"?{urlencode({**kept, 'after': found.after})}" if found.after else ""
    standing = counts(ask.period, kind)
    rows = [_credit_row(each) if isinstance(each, CreditRecord) else _deposit_row(each) for each in found.items]
    columns = _CREDIT_COLUMNS if kind == "credits" else _DEPOSIT_COLUMNS
    summary = Listed(
        f"{_KINDS[kind]}合计",
        (
            Column("渠道", words=words.CHANNELS),
            Column("状态", STATE, _STATES[kind]),
            Column("笔数", COUNT),
            Column("金额", MONEY),
        ),
        [(of, at, many, much) for (of, at), (many, much) in standing.by.items()],
    )
    return page(
        ask,
        "deposits.html",
        kinds=_KINDS,
        states=_STATES[kind],
        chosen=kept,
        whole=standing.whole,
        summary=summary,
        listed=Listed(_KINDS[kind], columns, rows, following=following),
    )


def doubtful(ask: Ask) -> Answer:
    """Payments whose code is missing or wrong, and the two operators' forms to put one right."""
    found = listed_page(
        ask.period, "credits", state=CreditState.DOUBTFUL, after=ask.request.query.get("after", ""), limit=50
    )
    waits = [each for each in found.items if isinstance(each, CreditRecord)]
    following = f"?{urlencode({'after': found.after})}" if found.after else ""
    return page(ask, "doubtful.html", credits=waits, following=following)


def propose(ask: Ask) -> Answer:
    """A cashier says whose a doubtful payment is."""
    ref, code = _payment(ask)
    correction_desk.check_open(ask.period, ask.now_ms)
    correction_desk.propose(ask.period, ref, code, actor=ask.actor)
    return redirect(f"/console/{ask.period}/doubtful?said=proposed")


def confirm(ask: Ask) -> Answer:
    """An approver who is not the first one says the same."""
    ref, code = _payment(ask)
    correction_desk.check_open(ask.period, ask.now_ms)
    deposit_fen = load_period_rules(ask.period).deposit_fen
    correction_desk.confirm(ask.period, ref, code, actor=ask.actor, deposit_fen=deposit_fen)
    return redirect(f"/console/{ask.period}/doubtful?said=confirmed")


def differences(ask: Ask) -> Answer:
    """What the last reconciliation found."""
    return page(ask, "differences.html", found=last_found(ask.period))


def _payment(ask: Ask) -> tuple[str, str]:
    ref = ask.field("payment", r"[a-z_]{2,20}#[0-9A-Za-z_-]{1,64}", "渠道与流水号")
    return ref, ask.field("application_code", r"[0-9A-Za-z]{6,32}", "申请编码为 6 至 32 位数字或字母")


def _credit_row(each: CreditRecord) -> tuple[object, ...]:
    return (each.channel, each.serial, each.arrived_at_ms, each.amount_fen, each.code, each.state, each.reason)


def _deposit_row(each: DepositRecord) -> tuple[object, ...]:
    return (
        each.code,
        each.channel,
        each.serial,
        each.value_date,
        each.amount_fen,
        each.excess_fen,
        each.state,
        each.rolled_from,
    )
