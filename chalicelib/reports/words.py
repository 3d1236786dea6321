"""The states and kinds of every room in the words that finance reads."""

from __future__ import annotations

from collections.abc import Mapping

from chalicelib.deposits.records import CreditState, DepositState
from chalicelib.deposits.rules import CodeFault, ReturnReason
from chalicelib.periods import words as names
from chalicelib.refunds.rules import FIRST, REMITTANCE, SECOND, RefundState, Source
from chalicelib.treasury.lists import FINDINGS, RECEIPT_STATES
from chalicelib.treasury.rules import NoticeStatus

CLASSES, CHANNELS = names.CLASSES, names.CHANNELS
CREDITS: dict[str, str] = {
    CreditState.MATCHED: "已匹配",
    CreditState.DOUBTFUL: "存疑",
    CreditState.RETURNABLE: "待退回",
    CreditState.RETURNING: "退回中",
    CreditState.RETURNED: "已退回",
}
REASONS: dict[str, str] = {
    CodeFault.MISSING: "无编码",
    CodeFault.WRONG: "编码错误",
    CodeFault.CUT: "编码截断",
    ReturnReason.EARLY: "早于开放时间",
    ReturnReason.LATE: "逾期",
    ReturnReason.SHORT: "金额不足",
    ReturnReason.SECOND_PAYMENT: "重复缴纳",
    ReturnReason.UNKNOWN_PAYER: "付款人不在名单",
    ReturnReason.NEVER_CORRECTED: "逾期未更正",
}
DEPOSITS: dict[str, str] = {
    DepositState.HELD: "持有",
    DepositState.ROLLED: "延期",
    DepositState.FORFEITED: "没收",
    DepositState.REFUNDING: "退款中",
    DepositState.REFUNDED: "已退款",
}
REFUNDS: dict[str, str] = {
    RefundState.PLANNED: "已编制",
    RefundState.SENT: "已发送",
    RefundState.PAID: "已付",
    RefundState.FAILED: "失败",
    RefundState.REPLACED: "失败已重发",
}
SOURCES: dict[str, str] = {
    Source.DEPOSIT: "保证金",
    Source.EXCESS: "溢缴款",
    Source.CREDIT: "不符来款",
    Source.FORFEIT: "没收上缴",
}
BATCHES: dict[str, str] = {FIRST: "第一批", SECOND: "第二批", REMITTANCE: "上缴财政"}
ROLLED_IN, ROLLED_OUT = "转入", "转出"
NOTICES: dict[str, str] = {
    NoticeStatus.ISSUED: "待登记",
    NoticeStatus.REGISTERED: "待缴款",
    NoticeStatus.PAID: "已缴款",
    NoticeStatus.VOID: "已作废",
    NoticeStatus.DEFAULTED: "违约",
}
PROOFS: dict[str, str] = {"": "", "confirmation": "财政确认", "inquiry": "财政查询"}
UNMATCHED: dict[str, str] = {"payment": "有缴款无票据", "receipt": "有票据无缴款"}
RECEIPTS: dict[str, str] = {state.value: label for state, label in RECEIPT_STATES.items()}
SURPLUS: dict[str, str] = {finding.value: label for finding, label in FINDINGS.items()}


def word(words: Mapping[str, str], key: str) -> str:
    """The word for a state; a state that nobody named is shown as it is rather than hidden."""
    return words.get(key, key)


def batch_word(batch: str) -> str:
    """A refund batch: 第一批, 第二批, 上缴财政, 重发第1批."""
    again = batch.removeprefix("again-")
    return f"重发第{again}批" if again != batch else word(BATCHES, batch)
