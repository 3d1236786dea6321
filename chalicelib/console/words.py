"""What the console calls things: states and kinds in the words that operators use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalicelib.deposits.comparing import Why
from chalicelib.kernel.money import yuan_text
from chalicelib.periods.published import PUBLISHED
from chalicelib.periods.remedies import in_chinese
from chalicelib.reports.words import (
    CHANNELS,
    CLASSES,
    CREDITS,
    DEPOSITS,
    NOTICES,
    REASONS,
    REFUNDS,
    SOURCES,
    batch_word,
)
from chalicelib.treasury.lists import RECEIPT_STATES as RECEIPTS

__all__ = [
    "CHANNELS",
    "CLASSES",
    "CREDITS",
    "DEPOSITS",
    "NOTICES",
    "REASONS",
    "RECEIPTS",
    "REFUNDS",
    "SOURCES",
    "batch_word",
]

chinese = in_chinese

MILESTONES = PUBLISHED | {
    "deposit_reminder": "保证金缴纳提醒",
    "qualification_by": "竞买资格确认",
    "activation_reminder": "资格激活提醒",
    "settlement_reminder": "成交付款提醒",
    "month_end": "月末结账",
}
ROLES = {"planner": "计划", "approver": "审批", "cashier": "出纳", "auditor": "审计", "support": "客服"}
PERIODS = {
    "draft": "待审批",
    "running": "执行中",
    "rejected": "未通过",
    "stopped": "已停止",
    "finished": "已结束",
}
KINDS = {
    "plan": "工作计划",
    "amendment": "计划变更",
    "refund_batch": "退款批次",
    "defaulters": "违约名单",
    "remittance": "上缴财政",
    "sms_campaign": "短信群发",
    "auction_pause": "暂停竞价",
    "auction_resume": "恢复竞价",
}
DIFFERENCES = {
    "ACCOUNT_DIFFERS": "账号与前一日对账单不一致",
    "AMOUNT_DIFFERS": "金额不一致",
    "ANNOUNCED_OPEN": "已通知来款尚未列入对账单",
    "CHAIN_BROKEN": "期初余额与前一日期末余额不衔接",
    "DEBIT_UNEXPLAINED": "不明支出",
    "ENTRY_NOT_STATED": "已记账，对账单未列",
    "IN_TRANSIT": "付款结果未知",
    "LINE_NOT_BOOKED": "对账单已列，未记账",
    "LINE_TWICE": "对账单重复列示",
    "MOVED_HALF": "本单位账户间划转，对方账户尚未列示",
    "PLACE_DIFFERS": "款项去向与登记不符",
    "STATEMENT_OPEN": "对账单尚未结账",
    "SUM_NOT_ZERO": "借贷不平",
}
WHYS = {
    Why.NOT_YET_BOOKED: "尚未入账",
    Why.NOT_YET_STATED: "对账单尚未列示",
    Why.BOOKED_TWICE: "重复入账",
    Why.AMOUNT: "金额不符",
    Why.UNKNOWN: "原因待查",
}
DECISIONS = {"waiting": "待审批", "approved": "已同意", "rejected": "不同意"}
VERSIONS = {"waiting": "待审批", "rejected": "未通过", "published": "现行", "replaced": "已被替换"}
VERSION_KINDS = {"draft": "新计划", "amendment": "变更"}
TOTALS = {
    "quotas": "指标数",
    "auction_day": "竞价日",
    "rules_version": "规则版本",
    "version": "版本",
    "reason": "原因",
    "count": "笔数",
    "people": "人数",
    "payments": "笔数",
    "principal_fen": "本金",
    "interest_fen": "利息",
    "total_fen": "合计",
    "amount_fen": "金额",
    "defaulters": "违约人数",
    "forfeit_fen": "没收金额",
    "parts": "短信条数",
    "cost_fen": "预计费用",
    "batch": "批次",
    "channel": "渠道",
    "campaign": "短信",
    "individual": "个人",
    "unit": "单位",
    "made_by": "经办",
    "subject": "事项",
    "totals": "合计",
    "decision": "结论",
    "category": "类别",
    "handed_to": "转交",
    "plan_digest": "计划摘要",
    "session": "会话",
    "attempt": "执行次数",
    "number": "次序",
    "kind": "类别",
    "bytes": "长度",
    "sm3": "SM3",
    "change_id": "变更编号",
    "proposed_by": "提出",
    "confirmed": "复核",
    "state": "状态",
    "withdrawn": "撤回",
    "valid_until": "有效期至",
    "rollover": "延期退保",
    "activated": "激活",
    "year": "年份",
    "holidays": "放假",
    "workdays": "调休上班",
    "source": "依据",
}
FILES = {
    "planned": "待审批",
    "approved": "已审批",
    "sending": "发送中",
    "sent": "已发送",
    "returned": "已回盘",
    "refused": "银行拒收",
}
RESULT = {
    "quota": "指标数",
    "qualified": "有效竞买人",
    "bidders": "报价人数",
    "winners": "成交人数",
    "lowest": "最低成交价（元）",
    "average": "平均成交价（元）",
    "at_lowest": "报最低成交价人数",
    "won_at_lowest": "其中成交",
    "last_winner_at": "最后成交报价时间",
}
# Why a bid was refused: every code that the bid function knows.
BID_REFUSALS = {
    "BELOW_RESERVE": "低于保留价",
    "ABOVE_CAP": "高于最高限价",
    "OFF_TICK": "不是 100 元的整数倍",
    "NO_BIDS_LEFT": "报价次数已用完",
    "NO_BIDS_LEFT_IN_PHASE": "本阶段报价次数已用完",
    "NOT_OPEN": "竞价尚未开始",
    "CLOSED": "竞价已经结束",
    "PAUSED": "竞价暂停中",
    "TOO_FAST": "请求过于频繁",
    "REQUEST_REUSED": "请求号已用于其他报价",
    "BID_OVERTAKEN": "已有更晚的报价",
    "ABOVE_WARNING": "高于警示价",
    "OUT_OF_BAND": "超出修改区间",
    "LOWEST_STALE": "最低成交价暂未更新",
    "FIRST_BID_MISSING": "未作首次出价",
    "BAD_PRICE": "价格格式不正确",
    "BAD_REQUEST": "请求格式不正确",
    "BAD_REQUEST_ID": "请求号格式不正确",
    "TOKEN_INVALID": "登录凭证无效",
    "TOKEN_EXPIRED": "登录已过期",
    "TOKEN_AUDIENCE": "登录凭证用途不符",
    "TOKEN_VOID": "登录已失效",
    "CLOCK_DOUBTED": "时钟不一致，暂不受理",
}
VOIDS = {
    "none": "未提出",
    "proposed": "待复核",
    "confirmed": "已复核，待财政办理",
    "done": "已作废",
    "refused": "财政未同意",
}
CHANGES = {"phone": "更换手机", "password": "重置密码", "withdrawal": "撤回申请", "validity": "延长有效期"}
ATTACHMENTS = {"video": "录像", "audio": "录音", "scan": "扫描件", "photo": "照片", "other": "其他"}
UPLOADS = {"none": "未上传", "arrived": "已保管", "differs": "与登记不符"}
THEN = {"reissue": "重新开具", "release": "不再开具（放弃）"}
TROUBLES = {"Errors": "函数出错（次）", "Throttles": "被限流（次）"}
# Which states are good, which want a look, and which are bad: a colour beside the word, never in its place.
TONES = {
    **dict.fromkeys(("matched", "held", "paid", "refunded", "returned", "issued", "written_off"), "good"),
    **dict.fromkeys(("doubtful", "returnable", "planned", "sending", "registered"), "warn"),
    **dict.fromkeys(("failed", "forfeited", "defaulted", "refused", "void"), "bad"),
}
SAID = {
    "decided": "审批结论已记录。",
    "kept": "已保存。",
    "proposed": "已提交，等待另一位操作员确认。",
    "confirmed": "已确认。",
    "started": "已启动。",
    "activated": "已激活。",
    "signed-out": "已安全退出。",
}
# The menu: address below the period, what it is called, and the key that opens it.
SECTIONS = (
    ("", "今日", "1"),
    ("/approvals", "审批", "2"),
    ("/plan", "工作计划", "3"),
    ("/deposits", "保证金", "4"),
    ("/doubtful", "存疑付款", "5"),
    ("/differences", "对账差异", "6"),
    ("/auction", "竞价日", "7"),
    ("/texts", "短信", "8"),
    ("/treasury", "财政", "9"),
    ("/refunds", "退款", "0"),
    ("/files", "文件", "f"),
    ("/hotline", "热线", "h"),
    ("/changes", "申请变更", "g"),
)
# Who opens a section that is not everybody's.
SECTION_ROLES = {
    "/files": ("planner", "approver", "cashier", "auditor"),
    "/changes": ("planner", "approver", "cashier", "support"),
}


def matter(kind: str, subject: str) -> str:
    """What an approval is about; of a refund batch also which one: several may wait at once."""
    return f"{KINDS[kind]}：{batch_word(subject)}" if kind == "refund_batch" else KINDS.get(kind, kind)


def in_order(totals: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Totals as people read them: in the order of ``TOTALS``, such as principal before interest; the unnamed last."""
    places = {name: place for place, name in enumerate(TOTALS)}
    shown = [(name, each) for name, each in totals.items() if name != "changes"]
    return sorted(shown, key=lambda each: places.get(each[0], len(places)))


def total(name: str, found: Any) -> str:
    """A total by its name: amounts end in ``_fen``, counts are grouped, the rest is text."""
    if isinstance(found, bool) or not isinstance(found, int):
        return value(found)
    return f"¥ {yuan(found)}" if name.endswith("_fen") else f"{found:,}"


def yuan(fen: int) -> str:
    """``200050`` -> ``2,000.50``."""
    whole, _, part = yuan_text(abs(fen)).partition(".")
    return f"{'-' if fen < 0 else ''}{int(whole):,}.{part}"


def value(found: Any) -> str:
    """A value of whatever shape in one line."""
    if found is None or found == "":
        return "—"
    if isinstance(found, Mapping):
        return ",".join(f"{TOTALS.get(str(key), str(key))} {total(str(key), each)}" for key, each in found.items())
    if isinstance(found, list | tuple):
        return ",".join(value(each) for each in found)
    return str(found)
