"""The calendar picture: the period's month and as much of the next as the announcement reaches into. Pure.

Every published milestone stands on its day; days off and worked weekends are marked, and the days of a window shaded.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

from chalicelib.periods.milestones import Milestone
from chalicelib.periods.published import WEEKDAYS
from chalicelib.periods.words import CLASSES
from chalicelib.reports.announcement import Announcement
from chalicelib.reports.announcement_text import remark
from chalicelib.reports.drawing import Box, Drawing, Shape, Words, fitting, text_width

_WIDTH, _MARGIN = 1680, 56
_CELL = (_WIDTH - 2 * _MARGIN) / 7
_INK, _GREY, _PALE, _LINE, _RED = "#1c2430", "#6b7480", "#a9b1bb", "#d5dae0", "#c0392b"
_BLUE, _OFF, _BAND = "#123f7a", "#f7f7f8", "#eaf0f7"
_DAY_HEAD, _CHIP, _CELL_FOOT, _ROW_MIN = 46, 52, 8, 96
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class _Kind:
    """A kind of milestone: its colour, the shade of its window's days, and the window, if it has one."""

    label: str
    color: str
    shade: str
    names: tuple[str, ...]
    window: tuple[str, str] | None = None


_KINDS = (
    _Kind("计划与申请", "#4a5563", "#eef0f2", ("plan_due", "applications_close", "applicants_to_notary")),
    _Kind(
        "保证金",
        "#1d5fa8",
        "#e8f1fb",
        ("deposits_open", "deposits_close", "alipay_closes", "corrections_close", "deposits_to_notary"),
        ("deposits_open", "deposits_close"),
    ),
    _Kind(
        "资格激活",
        "#0c7d72",
        "#e3f4f2",
        ("activation_opens", "activation_closes"),
        ("activation_opens", "activation_closes"),
    ),
    _Kind(
        "竞价",
        "#b3261e",
        "#fdeceb",
        ("auction_opens", "broadcasts", "auction_closes"),
        ("auction_opens", "auction_closes"),
    ),
    _Kind(
        "缴款",
        "#a35a00",
        "#fcf1e0",
        ("settlement_opens", "settlement_closes"),
        ("settlement_opens", "settlement_closes"),
    ),
    _Kind("退款", "#6237a0", "#f1ebfa", ("refunds_1_by", "refunds_2_by", "failed_refunds_after")),
)
_KIND_OF = {name: kind for kind in _KINDS for name in kind.names}


@dataclass(frozen=True)
class _Chip:
    """What stands on a day: the times of one milestone, or of several that share a name."""

    times: str
    label: str
    kind: _Kind


def calendar_drawing(found: Announcement) -> Drawing:
    """The picture of an announcement's dates."""
    chips = _chips(found)
    first, last = min(chips), max(chips)
    shapes: list[Shape] = [*_head(found)]
    y = 176.0
    for month in _months(first, last):
        until = last if (last.year, last.month) == (month.year, month.month) else None
        drawn, y = _month(found, month, until, chips, y)
        shapes += drawn
        y += 34
    drawn, y = _foot(found, y, _days_unknown(found, first, last))
    return Drawing(_WIDTH, round(y + 40), f"{found.month_text}{found.rules.title}日历", [*shapes, *drawn])


def _chips(found: Announcement) -> dict[date, list[_Chip]]:
    by_day: dict[date, list[_Chip]] = {}
    for (day, name), group in groupby(found.moments(), key=lambda each: (each[2].date, each[0])):
        listed = list(group)
        times = "、".join(milestone.time_text for _, _, milestone in listed)
        by_day.setdefault(day, []).append(_Chip(times, listed[0][1], _KIND_OF[name]))
    return by_day


def _months(first: date, last: date) -> Iterator[date]:
    month = first.replace(day=1)
    while month <= last:
        yield month
        month = (month + 31 * _DAY).replace(day=1)


def _head(found: Announcement) -> Iterator[Shape]:
    plan = found.plan
    yield Box(0, 0, _WIDTH, 14, _BLUE)
    yield Words(_MARGIN, 78, found.rules.title, 26, _GREY)
    yield Words(_MARGIN, 134, f"{found.month_text}竞价日历", 46, _INK, bold=True)
    quotas = "　".join(f"{CLASSES[name]} {count:,}" for name, count in plan.quotas.items())
    auction = plan.milestones["auction_opens"]
    closes = plan.milestones["auction_closes"]
    right = _WIDTH - _MARGIN
    yield Words(right, 78, f"增量指标（个）　{quotas}", 24, _GREY, "end")
    when = f"{auction.date.month}月{auction.date.day}日 {auction.time_text}–{closes.time_text}"
    yield Words(right, 130, f"竞价 {when}", 34, _KIND_OF["auction_opens"].color, "end", bold=True)


def _month(
    found: Announcement, month: date, until: date | None, chips: dict[date, list[_Chip]], top: float
) -> tuple[list[Shape], float]:
    """One month's grid, to the end of the week of ``until`` where that is given; returns its lower edge too."""
    shapes: list[Shape] = [Words(_MARGIN, top + 34, f"{month.year}年{month.month}月", 30, _BLUE, bold=True)]
    y = top + 52
    shapes.append(Box(_MARGIN, y, 7 * _CELL, 42, _BAND))
    for column, name in enumerate(WEEKDAYS):
        color = _RED if column >= 5 else _INK
        shapes.append(Words(_MARGIN + (column + 0.5) * _CELL, y + 29, f"星期{name}", 20, color, "middle"))
    y += 42
    for week in _weeks(month, until):
        most = max(len(chips.get(day, ())) for day in week if day.month == month.month)
        height = max(_ROW_MIN, _DAY_HEAD + _CHIP * most + _CELL_FOOT)
        for column, day in enumerate(week):
            box = Box(_MARGIN + column * _CELL, y, _CELL, height, line=_LINE)
            shapes += _cell(found, day, box, chips.get(day, ())) if day.month == month.month else [box]
        y += height
    return shapes, y


def _weeks(month: date, until: date | None) -> Iterator[list[date]]:
    monday = month - month.weekday() * _DAY
    end = until or (month + 31 * _DAY).replace(day=1) - _DAY
    while monday <= end:
        yield [monday + column * _DAY for column in range(7)]
        monday += 7 * _DAY


def _cell(found: Announcement, day: date, box: Box, chips: Sequence[_Chip]) -> list[Shape]:
    mark = found.day_mark(day)
    kind = _window_of(found, day)
    shade = kind.shade if kind else _OFF if mark == "休" else ""
    number = _RED if mark == "休" else _INK
    shapes: list[Shape] = [
        Box(box.x, box.y, box.width, box.height, shade, _LINE),
        Words(box.x + 12, box.y + 34, str(day.day), 26, number, bold=bool(chips)),
    ]
    if mark:
        color = _RED if mark == "休" else _INK
        shapes.append(Box(box.x + box.width - 40, box.y + 12, 28, 28, "#ffffff", color, 6))
        shapes.append(Words(box.x + box.width - 26, box.y + 32.5, mark, 18, color, "middle"))
    for place, chip in enumerate(chips):
        shapes += _chip(chip, box.x + 8, box.y + _DAY_HEAD + place * _CHIP, box.width - 16)
    return shapes


def _chip(chip: _Chip, x: float, y: float, width: float) -> list[Shape]:
    inner = width - 24
    return [
        Box(x, y, width, _CHIP - 5, "#ffffff", chip.kind.color, 5),
        Box(x, y, 7, _CHIP - 5, chip.kind.color),
        Words(x + 16, y + 19, chip.times, fitting(chip.times, 16, inner), chip.kind.color, bold=True),
        Words(x + 16, y + 39, chip.label, fitting(chip.label, 17, inner), _INK),
    ]


def _window_of(found: Announcement, day: date) -> _Kind | None:
    def within(opens: Milestone, closes: Milestone) -> bool:
        return opens.date <= day <= closes.date

    milestones = found.plan.milestones
    return next((k for k in _KINDS if k.window and within(*(milestones[name] for name in k.window))), None)


def _days_unknown(found: Announcement, first: date, last: date) -> list[int]:
    """The years that the picture shows and the State Council has not announced."""
    return sorted({day.year for day in (first, last) if not found.is_announced(day)})


def _foot(found: Announcement, top: float, unknown: Sequence[int]) -> tuple[list[Shape], float]:
    shapes: list[Shape] = []
    x, y = float(_MARGIN), top + 20
    for kind in _KINDS:
        shapes += [Box(x, y - 17, 20, 20, kind.color, "", 4), Words(x + 28, y, kind.label, 19, _INK)]
        x += 28 + text_width(kind.label, 19) + 30
    for mark, label, color in (("休", "非工作日", _RED), ("班", "调休上班", _INK)):
        shapes += [Box(x, y - 20, 26, 26, "#ffffff", color, 6), Words(x + 13, y - 1, mark, 17, color, "middle")]
        shapes.append(Words(x + 34, y, label, 19, _INK))
        x += 34 + text_width(label, 19) + 30
    shapes.append(Words(x, y, "底色为办理期间；24:00 为当日结束", 19, _GREY))
    edition = found.edition
    issued = f"　{edition.issued_on:%Y-%m-%d}" if edition.issued_on else ""
    notes = [f"{found.title}　{found.month_text}　{edition.label}{issued}　以公告文本为准。", remark(found)]
    notes += [f"{year}年放假安排尚未公布，图中未标注。" for year in unknown]
    for note in filter(None, notes):
        y += 36
        shapes.append(Words(_MARGIN, y, note, 18, _GREY))
    return shapes, y
