"""What the purchaser publishes of a period as data: quotas, dates and rules, as JSON and as CSV. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from chalicelib.kernel.clock import from_ms
from chalicelib.kernel.csv_table import csv_table
from chalicelib.kernel.money import yuan_text
from chalicelib.periods.milestones import Milestone
from chalicelib.periods.published import BROADCASTS, PUBLISHED
from chalicelib.periods.words import CHANNELS, CLASSES
from chalicelib.reports.announcement import Announcement

COLUMNS = ("类别", "代码", "项目", "值", "日期")


def announcement_data(found: Announcement) -> dict[str, Any]:
    """``{period, city, title, edition: {number, state, issued_on, reason, changes}, quotas, dates: {milestone: {at,
    date}}, broadcasts, rules}``. Instants are ISO 8601 with +08:00, prices yuan as text."""
    plan, edition = found.plan, found.edition
    return {
        "period": plan.period,
        "city": plan.city,
        "title": found.title,
        "edition": {
            "number": edition.number,
            "state": "published" if edition.issued_on else "draft",
            "issued_on": edition.issued_on.isoformat() if edition.issued_on else None,
            "reason": edition.reason,
            "changes": [asdict(change) for change in edition.changes],
        },
        "rehearsal": found.rehearsal,
        "quotas": dict(plan.quotas),
        "dates": {name: _moment(plan.milestones[name]) for name in PUBLISHED if name != BROADCASTS},
        "broadcasts": [_moment(each) for each in plan.broadcasts],
        "rules": _rules(found),
    }


def announcement_json(found: Announcement) -> bytes:
    """``announcement_data`` for programs that people may read too."""
    return (json.dumps(announcement_data(found), ensure_ascii=False, indent=2) + "\n").encode()


def announcement_csv(found: Announcement) -> bytes:
    """A row a quota, date and rule: kind, key, name, value, and for a date its business day."""
    return csv_table(COLUMNS, _rows(found))


def _moment(milestone: Milestone) -> dict[str, str]:
    return {"at": from_ms(milestone.at_ms).isoformat(timespec="seconds"), "date": milestone.date.isoformat()}


def _rules(found: Announcement) -> dict[str, Any]:
    plan, rules = found.plan, found.rules
    averages = plan.last_average_fen
    caps = {name: rules.cap_fen(average) for name, average in averages.items() if average}
    return {
        "version": rules.version,
        "deposit_yuan": yuan_text(rules.deposit_fen),
        "reserve_yuan": yuan_text(rules.reserve_fen),
        "tick_yuan": yuan_text(rules.tick_fen),
        "cap_yuan": {name: yuan_text(cap) for name, cap in caps.items() if cap is not None},
        "warning_yuan": {name: yuan_text(price) for name, price in plan.warning_fen.items()},
        "bids_max": rules.bids_max,
        "broadcast_trim_percent": rules.broadcast_trim_percent,
        "rollover_periods": rules.rollover_periods,
        "settlement_working_days": rules.settlement_working_days,
        "default_ban_months": rules.default_ban_months,
        "banks": list(rules.channels),
        "wallets": list(rules.wallets),
        "more_quota": asdict(rules.more_quota) if rules.more_quota else None,
    }


def _rows(found: Announcement) -> Iterator[tuple[str, ...]]:
    plan, edition = found.plan, found.edition
    yield "公告", "edition", "版次", edition.label, edition.issued_on.isoformat() if edition.issued_on else ""
    for name, count in plan.quotas.items():
        yield "竞价数量", f"quotas.{name}", f"{CLASSES[name]}增量指标（个）", str(count), ""
    for name, label, milestone in found.moments():
        yield "日程", name, label, from_ms(milestone.at_ms).isoformat(timespec="seconds"), milestone.date.isoformat()
    told = _rules(found)
    named = {
        "version": "规则版本",
        "deposit_yuan": "保证金（元）",
        "reserve_yuan": "最低报价（元）",
        "tick_yuan": "报价单位（元）",
        "bids_max": "报价次数上限",
        "broadcast_trim_percent": "播报去除比例（%）",
        "rollover_periods": "延期退保期数",
        "settlement_working_days": "缴款工作日数",
        "default_ban_months": "违约限制月数",
    }
    for key, label in named.items():
        yield "规则", f"rules.{key}", label, str(told[key]), ""
    for key, label in (("cap_yuan", "最高限价"), ("warning_yuan", "警示价")):
        for name, price in told[key].items():
            yield "规则", f"rules.{key}.{name}", f"{CLASSES[name]}{label}（元）", price, ""
    for key, label in (("banks", "保证金缴纳银行"), ("wallets", "保证金缴纳钱包（限个人）")):
        yield "规则", f"rules.{key}", label, "、".join(CHANNELS.get(name, name) for name in told[key]), ""
