"""The rest of a month, to look at: the treasury and refunds."""

from __future__ import annotations

from chalicelib.console import words
from chalicelib.console.pages import Ask
from chalicelib.console.rendering import page
from chalicelib.console.tables import COUNT, LINK, MOMENT, MONEY, STATE, Column, Listed
from chalicelib.console.web import Answer
from chalicelib.refunds import records as refunds
from chalicelib.treasury.lists import FINDINGS, RECEIPT_STATES, TreasuryLists, treasury_lists

ROWS_SHOWN = 200


def treasury(ask: Ask) -> Answer:
    """Notices, receipts and what does not fit."""
    found = treasury_lists(ask.period)
    return page(ask, "lists.html", title="财政", lists=_treasury(found), tiles=_treasury_tiles(found))


def refunds_of(ask: Ask) -> Answer:
    """Batches by file, and the payments that came back."""
    files = refunds.batch_files(ask.period)
    failed = refunds.failed(ask.period)
    columns = (
        Column("批次"),
        Column("渠道", words=words.CHANNELS),
        Column("文件"),
        Column("笔数", COUNT),
        Column("本金", MONEY),
        Column("利息", MONEY),
        Column("状态", STATE, words.FILES),
        Column("审批"),
    )
    rows = [
        (
            words.batch_word(each.batch),
            each.channel,
            each.file_name,
            each.count_of_lines,
            each.principal_fen,
            each.interest_fen,
            each.state,
            each.approved_by,
        )
        for each in files
    ]
    back = Listed(
        "退回款项",
        (
            Column("付款编号", LINK, {"below": "refunds"}),
            Column("申请编码"),
            Column("原因"),
            Column("新账号"),
            Column("录入"),
            Column("复核"),
        ),
        [
            (
                each.sk,
                each.code,
                each.reason,
                "已提供" if each.answered_at_ms else "待提供",
                each.proposed_by,
                each.confirmed_by,
            )
            for each in failed[:ROWS_SHOWN]
        ],
        "没有退回的款项。",
    )
    tiles = [
        ("退款本金", "money", sum(int(each.principal_fen) for each in files)),
        ("利息", "money", sum(int(each.interest_fen) for each in files)),
        ("退回", "count", len(failed)),
    ]
    return page(
        ask, "lists.html", title="退款", lists=[Listed("批次文件", columns, rows), back], tiles=tiles, again=True
    )


def _treasury_tiles(found: TreasuryLists) -> list[tuple[str, str, int]]:
    states = [each.state for each in found.notices]
    tiles = [(label, "count", states.count(state)) for state, label in words.NOTICES.items()]
    surplus = sum(each.surplus_fen for each in found.surplus)
    return [*tiles, ("应退多缴", "money", surplus)]


def _treasury(found: TreasuryLists) -> list[Listed]:
    notices = (
        Column("缴款码", LINK, {"below": "treasury"}),
        Column("申请编码"),
        Column("类别", words=words.CLASSES),
        Column("金额", MONEY),
        Column("状态", STATE, words.NOTICES),
        Column("缴款时间", MOMENT),
        Column("没收", MONEY),
    )
    receipts = (
        Column("缴款码"),
        Column("票据号码"),
        Column("金额", MONEY),
        Column("状态", STATE, RECEIPT_STATES),
        Column("开具时间", MOMENT),
    )
    surplus = (
        Column("缴款码"),
        Column("情形", words=FINDINGS),
        Column("到账", MONEY),
        Column("应退", MONEY),
        Column("确认时间", MOMENT),
    )
    # Defaulters first: they are what somebody has to act on.
    ordered = sorted(found.notices, key=lambda each: (each.state != "defaulted", each.pay_code))
    return [
        Listed(
            "缴款通知书",
            notices,
            [
                (n.pay_code, n.code, n.bidder_class, n.amount_fen, n.state, n.paid_at_ms, n.forfeited_fen)
                for n in ordered[:ROWS_SHOWN]
            ],
        ),
        Listed(
            "多缴与不符",
            surplus,
            [
                (s.pay_code, s.finding, s.amount_fen, s.surplus_fen, s.confirmed_at_ms)
                for s in found.surplus[:ROWS_SHOWN]
            ],
            "没有多缴或不符的款项。",
        ),
        Listed(
            "电子票据",
            receipts,
            [(r.pay_code, r.number, r.amount_fen, r.state, r.issued_at_ms) for r in found.receipts[:ROWS_SHOWN]],
        ),
    ]
