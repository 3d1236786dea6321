"""The announcement in words: the parts that such notices have, in their order. Pure.

Numbers and dates are the plan's and the rule set's. The wording follows the public notices of the cities' auctions.
"""

from __future__ import annotations

from chalicelib.periods.phases import Phase
from chalicelib.periods.rules import BIDDER_CLASSES, MoreQuota
from chalicelib.periods.words import CHANNELS, CLASSES
from chalicelib.reports.announcement import (
    Announcement,
    Section,
    Table,
    day_text,
    moment_text,
    span_text,
    yuan,
)

_NUMBERS = "一二三四五六七八九十"
_ROUNDINGS = {"down": "不足一个的部分舍去", "half_up": "不足一个的部分四舍五入", "up": "不足一个的部分进一"}
_PPM_PER_PERCENT = 10_000


def lead(found: Announcement) -> str:
    """The first paragraph."""
    party = found.rules.notice
    basis = f"根据{party.basis}及有关规定" if party else "根据小客车总量调控有关规定"
    return f"{basis}，现将{found.month_text}{found.rules.title}有关事项公告如下："


def sections(found: Announcement) -> list[Section]:
    """The numbered parts."""
    parts = [
        ("竞价数量", _quotas(found)),
        ("竞价时间", _window(found)),
        ("竞买资格", _entry(found)),
        ("竞买保证金", _deposit(found)),
        ("竞价规则", _bidding(found)),
        ("成交规则", _winning(found)),
        ("缴款", _payment(found)),
        ("退款", _refunds(found)),
        ("日程安排", _timetable(found)),
        ("咨询", _asking(found)),
    ]
    return [Section(f"{number}、{name}", blocks) for number, (name, blocks) in zip(_NUMBERS, parts, strict=False)]


def amended(found: Announcement) -> Section | None:
    """What an announcement says of the one whose place it takes; none in the first."""
    edition = found.edition
    if edition.number == 1:
        return None
    said = f"本公告为{edition.label}，自公布之日起替代第{edition.number - 1}版。"
    blocks: list[str | Table] = [said + (f"变更原因：{edition.reason}。" if edition.reason else "")]
    if edition.changes:
        rows = tuple((change.label, change.before, change.after) for change in edition.changes)
        blocks.append(Table(("变更事项", "原定", "变更为"), rows, (28, 36, 36)))
    return Section("变更说明", tuple(blocks))


def closing(found: Announcement) -> list[str]:
    """Signature and date, at the right."""
    party, issued = found.rules.notice, found.edition.issued_on
    lines = [party.office] if party else []
    return [*lines, f"{issued.year}年{issued.month}月{issued.day}日" if issued else "　　年　　月　　日"]


def remark(found: Announcement) -> str:
    """What a reader must know of a month that is a rehearsal; empty for a real one."""
    if not found.rehearsal:
        return ""
    return "本期为压缩时间的演练：日期为业务日期，时刻为演练当日的实际时刻。"


def _quotas(found: Announcement) -> tuple[str | Table, ...]:
    plan, more = found.plan, found.rules.more_quota
    rows = [(f"{CLASSES[name]}竞价", f"{plan.quotas[name]:,}") for name in BIDDER_CLASSES]
    rows.append(("合计", f"{sum(plan.quotas.values()):,}"))
    table = Table(("类别", "增量指标（个）"), tuple(rows), (50, 50))
    said = "本期增量指标竞价数量如下，个人与单位分别竞价、分别成交："
    return (said, table, _more(more)) if more and plan.quotas[more.bidder_class] else (said, table)


def _more(more: MoreQuota) -> str:
    lowest = f"{more.lowest_percent_of_mean / 100:g}"
    name = CLASSES[more.bidder_class]
    return (
        f"竞价结束时，{name}竞价同时满足下列条件的，本期{name}指标数量增加{more.percent}%（{_ROUNDINGS[more.rounding]}）："
        f"（1）参与报价人数不少于指标数量的{more.bidders_multiple}倍；（2）平均报价高于上期平均报价；"
        f"（3）最低成交价不低于此前{more.history_periods}期最低成交价的最高值；"
        f"（4）最低成交价不低于平均报价的{lowest}倍。"
    )


def _window(found: Announcement) -> tuple[str | Table, ...]:
    plan, phases = found.plan, found.rules.phases
    span = span_text(plan.milestones["auction_opens"], plan.milestones["auction_closes"])
    said = f"{span}。报价时间以竞价系统服务器收到报价的时间为准，精确到毫秒。"
    blocks: list[str | Table] = [said]
    if len(phases) > 1:
        rows = tuple((f"{_clock(each.opens_minute)}至{_clock(each.closes_minute)}", _phase(each)) for each in phases)
        blocks.append(Table(("时段", "报价"), rows, (30, 70)))
    if plan.broadcasts:
        times, trim = "、".join(each.time_text for each in plan.broadcasts), found.rules.broadcast_trim_percent
        cut = f"（去除最高、最低各{trim}%的报价后计算，四舍五入至元）" if trim else "（四舍五入至元）"
        blocks.append(f"竞价当日{times}，分别公布个人和单位截至该时刻的平均报价{cut}，供竞买人参考。")
    return tuple(blocks)


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


def _phase(phase: Phase) -> str:
    times = f"可报价{phase.bids_max}次" if phase.newcomers else f"已报价的竞买人可修改{phase.bids_max}次"
    bounds = {
        "cap": "不高于最高限价",
        "warning_price": "不高于警示价",
        "around_lowest": f"在系统处理时最低可成交价上下{yuan(phase.band_fen)}以内",
    }
    return f"{times}，{bounds[phase.limit]}"


def _entry(found: Announcement) -> tuple[str | Table, ...]:
    plan = found.plan
    activation = span_text(plan.milestones["activation_opens"], plan.milestones["activation_closes"])
    return (
        f"{moment_text(plan.milestones['applications_close'])}前提交申请并取得有效申请编码、按本公告足额缴纳保证金、"
        "经资格审核通过的个人和单位，具有本期竞买资格。",
        f"具有竞买资格的申请人应当在{activation}登录竞价系统，凭申请编码和登记手机收到的短信验证码激活资格、"
        "设置竞价密码。逾期未激活的，不能参加本期竞价，保证金按本公告退还。",
    )


def _deposit(found: Announcement) -> tuple[str | Table, ...]:
    plan, rules = found.plan, found.rules
    opens, closes, alipay = (plan.milestones[name] for name in ("deposits_open", "deposits_close", "alipay_closes"))
    banks, wallets = (_names(channels) for channels in (rules.channels, rules.wallets))
    until = f"；通过{wallets}缴纳的，截止时间为{moment_text(alipay)}" if wallets else ""
    ways = f"个人可以通过{wallets}或者{banks}缴纳，单位通过{banks}缴纳" if wallets else f"通过{banks}缴纳"
    return (
        f"保证金为每个申请编码{yuan(rules.deposit_fen)}，个人与单位相同。一个申请编码对应一份保证金，应当一次足额缴纳。",
        f"缴纳时间：{span_text(opens, closes)}，以到账时间为准{until}。",
        f"缴纳方式：{ways}。缴款人应当与申请人一致，汇款附言填写申请编码。",
        f"付款时未填写或者填错申请编码的，可以在{moment_text(plan.milestones['corrections_close'])}前办理保证金信息更正。"
        "逾期到账、金额不足、重复缴纳或者付款人不在申请人名单内的款项无效，按本公告退还。",
    )


def _names(channels: tuple[str, ...]) -> str:
    return "、".join(CHANNELS.get(name, name) for name in channels)


def _bidding(found: Announcement) -> tuple[str | Table, ...]:
    rules = found.rules
    changes = rules.bids_max - 1
    said = f"报价不低于{yuan(rules.reserve_fen)}，并且为{yuan(rules.tick_fen)}的整数倍。"
    more = (
        f"每个申请编码可以报价1次、修改{changes}次，修改后的报价可高可低，" if changes else "每个申请编码可以报价1次，"
    )
    return (*_bounds(found, said), f"{more}以最后一次有效报价为准。报价提交后不能撤回。")


def _bounds(found: Announcement, said: str) -> tuple[str, ...]:
    rules, plan = found.rules, found.plan
    if rules.has_warning_price:
        prices = "、".join(f"{CLASSES[name]}{yuan(fen)}" for name, fen in plan.warning_fen.items())
        return (said, f"本期警示价：{prices}。")
    if not rules.cap_multiple:
        return (said,)
    caps = [
        f"{CLASSES[name]}{yuan(cap)}"
        for name in BIDDER_CLASSES
        if (last := plan.last_average_fen.get(name)) and (cap := rules.cap_fen(last)) is not None
    ]
    limit = f"最高限价为上期同类竞价平均成交价的{rules.cap_multiple}倍"
    if not caps:
        return (said, f"{limit}；上期没有成交价的，不设最高限价。")
    return (said, f"{limit}，本期为：{'、'.join(caps)}。高于最高限价的报价无效。")


def _winning(found: Announcement) -> tuple[str | Table, ...]:
    del found
    return (
        "竞价结束后，分别按个人和单位的有效报价由高到低排序；报价相同的，按报价时间先后排序。"
        "排序在指标数量以内的为成交，成交价为竞买人自己的最后一次有效报价。",
        "有效报价人数少于指标数量的，有效报价全部成交。报价和时间均相同的，按竞价开始前公布其摘要、"
        "竞价结束后公布的随机数确定先后，任何人可以复核。",
        "竞价结束后公布参与人数、成交人数、最低成交价、平均成交价以及最低成交价的报价人数和成交人数。",
    )


def _payment(found: Announcement) -> tuple[str | Table, ...]:
    plan, rules = found.plan, found.rules
    span = span_text(plan.milestones["settlement_opens"], plan.milestones["settlement_closes"])
    ban = f"，{rules.default_ban_months}个月内不得再次参加竞价" if rules.default_ban_months else ""
    return (
        f"买受人凭缴款通知书上的缴款码，在{span}一次足额缴纳成交价款，以财政部门确认的缴款时间为准。",
        f"逾期未足额缴纳的视为违约：成交结果无效，保证金不予退还并上缴财政{ban}。",
    )


def _refunds(found: Announcement) -> tuple[str | Table, ...]:
    plan, rules = found.plan, found.rules
    first, second, failed = (plan.milestones[n] for n in ("refunds_1_by", "refunds_2_by", "failed_refunds_after"))
    later = f"选择延期退保的，保证金转入下期，最多延期{rules.rollover_periods}期，不在本期退还。"
    rate = _rate(found)
    return (
        f"未成交、未取得或者未激活资格的保证金以及无效款项，{moment_text(first)}前退还（第一批）；"
        f"买受人按期缴清价款的保证金、违约人多缴的款项，{moment_text(second)}前退还（第二批）。款项原路退回。",
        *((later,) if rules.rollover_periods else ()),
        f"保证金自到账之日起至退还前一日按银行活期存款利率计付利息（年利率{rate}%，按实际天数、"
        f"一年{rules.interest.day_count}天计算；利率调整的分段计算）。",
        f"{moment_text(failed)}后公布退款失败名单，名单内的竞买人应当登记新的收款账户，经核实后再次退款。",
    )


def _rate(found: Announcement) -> str:
    opened, rates = found.plan.day("deposits_open"), found.rules.interest.rates
    # They ascend by date; the first one stands for the time before it.
    standing = [each for each in rates if each.from_date <= opened] or rates[:1]
    return f"{standing[-1].annual_rate_ppm / _PPM_PER_PERCENT:g}"


def _timetable(found: Announcement) -> tuple[str | Table, ...]:
    rows = tuple((day_text(each.date), each.time_text, label) for _, label, each in found.moments())
    return (Table(("日期", "时间", "事项"), rows, (42, 18, 40)),)


def _asking(found: Announcement) -> tuple[str | Table, ...]:
    party = found.rules.notice
    where = (
        f"竞价系统和公告网址：{party.website}。咨询电话：{party.phone}。" if party else "咨询方式以竞价系统公布的为准。"
    )
    return (
        where,
        "本公告所列时间均为北京时间。请通过官方渠道办理，注意核对收款账户，谨防诈骗。",
    )
