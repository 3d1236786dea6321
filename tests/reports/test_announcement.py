"""The announcement: what it says, that it says the plan's numbers and no others, and that its pictures agree."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from dataclasses import replace
from datetime import date
from typing import Any
from xml.etree import ElementTree

import pytest
from docx import Document
from PIL import Image

from chalicelib.kernel.clock import at_shanghai
from chalicelib.periods.calendar import STATE_COUNCIL
from chalicelib.periods.milestones import Milestone
from chalicelib.periods.plan import Plan, compress, nominal
from chalicelib.periods.published import BROADCASTS, PUBLISHED
from chalicelib.periods.rules import load_rules, read_rules, rule_text
from chalicelib.reports.announcement import Announcement, Edition, changes_between, issue_day
from chalicelib.reports.announcement_files import TYPES, announcement_files
from chalicelib.reports.calendar_picture import calendar_drawing
from chalicelib.reports.drawing import PIXELS_PER_UNIT, Box, Words, text_width

QUOTAS = {"individual": 2_133, "unit": 267}


def plan_of(period: str = "2026-03", city: str = "hangzhou", **numbers: Any) -> Plan:
    given = {"last_average_fen": {"individual": 1_926_500, "unit": 2_521_700}, **numbers}
    return nominal(period, load_rules(city), QUOTAS, lows_fen={}, last_mean_fen={}, **given)


def announcement(plan: Plan, edition: Edition | None = None) -> Announcement:
    return Announcement(plan, load_rules(plan.city), STATE_COUNCIL, edition or Edition())


def text_of(docx: bytes) -> str:
    document = Document(io.BytesIO(docx))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(each.text for each in document.paragraphs), *cells])


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    return announcement_files(announcement(plan_of()))


@pytest.mark.parametrize("name", ["announcement.docx", "announcement.html"])
def test_given_a_plan_when_announced_then_it_says_what_a_bidder_must_know(name: str, files: dict[str, bytes]) -> None:
    said = text_of(files[name]) if name.endswith("docx") else files[name].decode()
    for part in ("竞价数量", "竞价时间", "竞买保证金", "竞价规则", "成交规则", "缴款", "退款", "咨询"):
        assert part in said
    for fact in (
        "杭州市小客车增量指标竞价公告",
        "2,133",
        "267",
        "2,400",
        "2026年3月25日（星期三）09:00至15:00",
        "竞价当日11:00、13:00",
        "保证金为每个申请编码2,000元",
        "2026年3月7日（星期六）09:00至2026年3月17日（星期二）17:00",
        "报价不低于10,000元，并且为100元的整数倍",
        "个人38,530元、单位50,434元",
        "报价1次、修改2次",
        "2026年3月8日（星期日）24:00前提交申请",
        "年利率0.05%",
        "24个月内不得再次参加竞价",
        "第1版草案（待批准）",
    ):
        assert fact in said, fact


def test_given_other_rules_when_announced_then_no_number_of_hangzhou_is_left() -> None:
    text = rule_text("hangzhou")
    for before, after in (
        ("deposit_fen = 200_000", "deposit_fen = 345_600"),
        ("reserve_fen = 1_000_000", "reserve_fen = 1_230_000"),
        ("tick_fen = 10_000", "tick_fen = 30_000"),
        ("cap_multiple = 2 ", "cap_multiple = 3 "),
        ("bids_max = 3 ", "bids_max = 5 "),
        ("default_ban_months = 24", "default_ban_months = 36"),
        ("rollover_periods = 1 ", "rollover_periods = 4 "),
        ("percent = 50\n", "percent = 40\n"),
        ("broadcast_trim_percent = 10", "broadcast_trim_percent = 15"),
    ):
        assert before in text
        text = text.replace(before, after)
    made = announcement_files(replace(announcement(plan_of()), rules=read_rules(text)))
    said = text_of(made["announcement.docx"])
    for fact in (
        "3,456元",
        "12,300元",
        "300元的整数倍",
        "57,795元",
        "修改4次",
        "36个月",
        "最多延期4期",
        "增加40%",
        "各15%",
    ):
        assert fact in said, fact
    for gone in ("2,000元", "10,000元", "38,530", "24个月", "50%"):
        assert gone not in said, gone


def test_given_a_city_with_phases_and_no_wallet_then_its_own_rules_are_told() -> None:
    prices = {"individual": 9_200_000, "unit": 9_300_000}
    plan = plan_of("2026-02", "shanghai", last_average_fen={}, warning_fen=prices)
    said = text_of(announcement_files(announcement(plan))["announcement.docx"])
    for fact in ("10:30至11:00", "不高于警示价", "上下300元以内", "个人92,000元、单位93,000元", "通过杭州银行缴纳"):
        assert fact in said, fact
    assert "支付宝" not in said
    assert "延期退保" not in said
    assert "增加" not in said


def test_the_same_plan_gives_the_same_bytes_and_no_time_of_packing(files: dict[str, bytes]) -> None:
    assert announcement_files(announcement(plan_of())) == files
    with zipfile.ZipFile(io.BytesIO(files["announcement.docx"])) as packed:
        assert {info.date_time for info in packed.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert files.keys() == TYPES.keys()
    # And another day of issue is another document
    issued = announcement_files(announcement(plan_of(), Edition(1, date(2026, 3, 6))))
    assert all(issued[name] != files[name] for name in files)


def test_the_data_carry_every_published_date(files: dict[str, bytes]) -> None:
    data = json.loads(files["announcement.json"])
    assert data["quotas"] == QUOTAS
    assert data["dates"].keys() == PUBLISHED.keys() - {BROADCASTS}
    assert data["dates"]["applications_close"] == {"at": "2026-03-09T00:00:00+08:00", "date": "2026-03-08"}
    assert [each["at"] for each in data["broadcasts"]] == ["2026-03-25T11:00:00+08:00", "2026-03-25T13:00:00+08:00"]
    assert data["rules"]["cap_yuan"] == {"individual": "38530.00", "unit": "50434.00"}
    rows = list(csv.DictReader(io.StringIO(files["announcement.csv"].decode("utf-8-sig"))))
    dated = [row for row in rows if row["类别"] == "日程"]
    assert {row["代码"] for row in dated} == PUBLISHED.keys()
    assert [row["值"] for row in dated] == sorted(row["值"] for row in dated)
    assert [row["值"] for row in rows if row["类别"] == "竞价数量"] == ["2133", "267"]


@pytest.mark.parametrize("period", ["2026-03", "2023-06", "2026-02", "2025-12"])
def test_both_pictures_show_every_milestone_on_its_day_and_nothing_outside(period: str) -> None:
    found = announcement(plan_of(period))
    drawing = calendar_drawing(found)
    words = [shape for shape in drawing.shapes if isinstance(shape, Words)]
    shown = [shape.text for shape in words]
    for _, label, milestone in found.moments():
        assert label in shown
        assert any(milestone.time_text in text for text in shown)
    for shape in words:
        left = {"start": 0.0, "middle": 0.5, "end": 1.0}[shape.anchor] * text_width(shape.text, shape.size)
        assert shape.x - left >= 0
        assert shape.x - left + text_width(shape.text, shape.size) <= drawing.width + 1, shape.text
    boxes = [shape for shape in drawing.shapes if isinstance(shape, Box)]
    assert all(box.x + box.width <= drawing.width and box.y + box.height <= drawing.height for box in boxes)


def test_days_off_and_worked_weekends_are_marked() -> None:
    found = announcement(plan_of("2023-06"))
    # 2023-06-22 to 24: Dragon Boat; the 25th, a Sunday, was worked and the auction's day
    assert [found.day_mark(date(2023, 6, day)) for day in (21, 22, 23, 24, 25)] == ["", "休", "休", "休", "班"]
    shown = [shape.text for shape in calendar_drawing(found).shapes if isinstance(shape, Words)]
    assert shown.count("班") == 2  # the day, and the legend
    # And of a year that is not announced nothing is said but that
    assert found.day_mark(date(2039, 1, 1)) == ""


def test_the_png_and_the_svg_are_of_one_drawing(files: dict[str, bytes]) -> None:
    drawing = calendar_drawing(announcement(plan_of()))
    image = Image.open(io.BytesIO(files["calendar.png"]))
    assert image.size == (drawing.width * PIXELS_PER_UNIT, drawing.height * PIXELS_PER_UNIT)
    svg = ElementTree.fromstring(files["calendar.svg"])
    texts = [each.text for each in svg.iter("{http://www.w3.org/2000/svg}text")]
    assert texts == [shape.text for shape in drawing.shapes if isinstance(shape, Words)]
    # And where the drawing has the auction day's colour, the pixels have it too
    bar = next(shape for shape in drawing.shapes if isinstance(shape, Box) and shape.fill == "#b3261e")
    at = (round((bar.x + bar.width / 2) * PIXELS_PER_UNIT), round((bar.y + bar.height / 2) * PIXELS_PER_UNIT))
    red, green, blue = image.convert("RGB").getpixel(at)  # type: ignore[misc]
    assert (abs(red - 0xB3) < 8, abs(green - 0x26) < 8, abs(blue - 0x1E) < 8) == (True, True, True)


def test_an_amended_edition_names_reason_and_what_moved() -> None:
    first = plan_of()
    later = Milestone(at_shanghai("2026-03-18T17:00"), date(2026, 3, 18))
    second = replace(first, milestones={**first.milestones, "deposits_close": later, "month_end": later})
    changes = changes_between(first, second)
    # The month's end is the hub's own affair
    assert [each.label for each in changes] == ["保证金缴纳截止(银行)"]
    edition = Edition(2, date(2026, 3, 9), "银行系统维护", changes)
    said = text_of(announcement_files(announcement(second, edition))["announcement.docx"])
    for fact in (
        "本公告为第2版，自公布之日起替代第1版。变更原因：银行系统维护。",
        "2026年3月17日（星期二）17:00",
        "2026年3月18日（星期三）17:00",
        "2026年3月9日",
    ):
        assert fact in said, fact


def test_a_compressed_month_says_that_it_is_a_rehearsal() -> None:
    plan = plan_of()
    names = [*plan.milestones, *(f"broadcast-{n}" for n, _ in enumerate(plan.broadcasts, start=1))]
    names.sort(key=lambda name: plan.at(name) if name in plan.milestones else plan.broadcasts[int(name[-1]) - 1].at_ms)
    offsets = {name: 1_000 * place for place, name in enumerate(names)}
    statement = plan.intake[0]
    offsets[f"statement-{statement.channel}-{statement.day}"] = 0
    start_ms = at_shanghai("2026-11-23T10:00:00")
    short = compress(plan, offsets, start_ms)
    found = announcement(short)
    assert found.rehearsal
    assert "演练" in text_of(announcement_files(found)["announcement.docx"])
    assert not announcement(plan).rehearsal
    # Its day of issue is of its own calendar, not the rehearsal's
    assert issue_day(short, start_ms) == plan.day("plan_due")
    assert issue_day(plan, start_ms) == date(2026, 11, 23)
