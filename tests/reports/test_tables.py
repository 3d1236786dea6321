"""The year's tables: from what months filed, month over month, other cities beside; the same again."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import openpyxl
import pytest
from months import a_month
from pdf_fonts import fonts_left_out
from pypdf import PdfReader
from typer.testing import CliRunner

from chalicelib.kernel.errors import FileRefused
from chalicelib.kernel.files import MemoryFiles
from chalicelib.reports.figures import MonthFigures, figures_of, of_month
from chalicelib.reports.filing import file_month
from chalicelib.reports.published import COLUMNS, read_published, shipped
from chalicelib.reports.tabling import filed_months, write_tables
from chalicelib.reports.workbook import bind
from chalicelib.reports.yearly import year_files
from local.cli import app

HEADINGS = ",".join(COLUMNS)
GOOD = "guangzhou,2024-04,individual,4900,100,10200,11448,100,34,09:56:15.739,notice"


def two_months() -> list[MonthFigures]:
    march = of_month(bind(a_month()))
    individual = replace(march.classes["individual"], lowest=30_000, average=35_700, bidders=8)
    return [march, replace(march, period="2026-04", classes={**march.classes, "individual": individual})]


def rows(files: dict[str, bytes], name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(files[name].decode("utf-8-sig"), newline="")))


def test_given_two_months_when_tabled_then_each_has_its_rows_and_the_change_since_the_last() -> None:
    files = year_files(2026, two_months(), shipped().rows)

    periods = rows(files, "periods-2026.csv")
    assert [(row["期次"], row["申请人"], row["违约人数"], row["没收保证金(元)"]) for row in periods] == [
        ("2026-03", "12", "1", "2000.00"),
        ("2026-04", "12", "1", "2000.00"),
    ]
    [_, _, april, _] = rows(files, "auctions-2026.csv")
    assert (april["期次"], april["类别"], april["最低成交价(元)"]) == ("2026-04", "个人", "30000.00")
    # A sign leads, and a spreadsheet must not reckon with it.
    assert [april[name] for name in ("出价人数环比", "最低价环比", "平均价环比")] == ["'+100.0%", "'+5.3%", "'+20.0%"]
    cities = rows(files, "cities-2026.csv")
    assert {row["城市"] for row in cities} == {"本市", "杭州", "广州", "上海"}
    assert all(row["来源"] for row in cities)


def test_given_the_same_months_when_tabled_again_in_any_order_then_the_same_bytes() -> None:
    months = two_months()
    assert year_files(2026, months, shipped().rows) == year_files(2026, months[::-1], shipped().rows)


def test_given_the_files_when_opened_then_each_is_what_its_name_says() -> None:
    files = year_files(2026, two_months(), shipped().rows)

    assert openpyxl.load_workbook(io.BytesIO(files["tables-2026.xlsx"])).sheetnames == [
        "年度汇总",
        "竞价数据",
        "城市比较",
    ]
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(files["tables-2026.pdf"])).pages)
    assert "2026 年竞价数据表" in text
    assert fonts_left_out(files["tables-2026.pdf"]) == set()
    charts = [name for name in files if name.endswith(".svg")]
    assert charts == ["prices-2026.svg", "participants-2026.svg", "defaults-2026.svg"]
    for name in charts:
        assert ElementTree.fromstring(files[name]).tag.endswith("svg")


def test_given_a_year_without_months_when_tabled_then_its_tables_are_empty() -> None:
    files = year_files(2025, [], ())
    assert rows(files, "periods-2025.csv") == []
    assert not [name for name in files if name.endswith(".svg")]


def test_given_filed_months_when_the_machine_tables_them_then_the_last_amendment_counts() -> None:
    files = MemoryFiles()
    file_month(files, a_month(), sealed=False)
    file_month(files, replace(a_month(), applicants=13), sealed=True)

    told = write_tables(files, "2026-03")

    assert told["months"] == ["2026-03"]
    assert "tables/2026/tables-2026.xlsx" in told["keys"]
    assert [month.applicants for month in filed_months(files, 2026)] == [13]
    figures = json.loads(files.read("outbox", "reports/2026-03/figures-2026-03.json"))
    assert figures_of(figures) == of_month(bind(a_month()))


def test_given_what_is_shipped_when_read_then_every_row_is_good_and_has_a_source() -> None:
    read = shipped()
    assert not read.problems
    july = next(row for row in read.rows if (row.city, row.period) == ("hangzhou", "2014-07"))
    assert (july.lowest_yuan, july.bid_at_lowest, july.won_at_lowest) == (16_000, 317, 74)


@pytest.mark.parametrize(
    ("row", "field"),
    [
        (GOOD.replace("guangzhou", "gotham"), "city"),
        (GOOD.replace("2024-04", "2024-13"), "period"),
        (GOOD.replace("individual", "person"), "class"),
        (GOOD.replace("4900", "4,900").replace("4,900", "4 900"), "quota"),
        (GOOD.replace("10200", "-1"), "lowest_yuan"),
        (GOOD.replace("10200", "20000"), "average_yuan"),
        (GOOD.replace("09:56:15.739", "9:56"), "last_winner_at"),
        (GOOD.replace("notice", ""), "source"),
        (GOOD + ",more", "row"),
        (GOOD.replace("4900", "４９００"), "quota"),
    ],
)
def test_given_a_bad_row_when_read_then_it_is_named_and_the_good_ones_are_kept(row: str, field: str) -> None:
    good = GOOD.replace("individual", "unit")
    read = read_published(f"{HEADINGS}\r\n{good}\r\n{row}\r\n".encode())

    assert [(problem.line, problem.field) for problem in read.problems] == [(3, field)]
    assert [one.bidder_class for one in read.rows] == ["unit"]


def test_given_the_same_auction_twice_when_read_then_the_second_is_a_problem() -> None:
    read = read_published(f"{HEADINGS}\n{GOOD}\n{GOOD}\n".encode())
    assert [(problem.line, "line 2" in problem.remedy) for problem in read.problems] == [(3, True)]


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"a,b\n1,2\n"])
def test_given_another_file_when_read_then_it_is_refused_as_a_whole(content: bytes) -> None:
    with pytest.raises(FileRefused, match="PUBLISHED_UNREADABLE"):
        read_published(content)


def test_given_a_folder_when_the_command_is_run_then_files_are_written_and_bad_rows_named(tmp_path: Path) -> None:
    held = MemoryFiles()
    file_month(held, a_month(), sealed=False)
    (tmp_path / "figures-2026-03.json").write_bytes(held.read("outbox", "reports/2026-03/figures-2026-03.json"))
    (tmp_path / "more.csv").write_text(f"{HEADINGS}\n{GOOD}\n{GOOD.replace('guangzhou', 'gotham')}\n")
    out = tmp_path / "out"

    command = ["tables", str(tmp_path), "--year", "2026", "--compare", str(tmp_path / "more.csv"), "--out", str(out)]
    done = CliRunner().invoke(app, [*command, "--json"])

    assert done.exit_code == 2
    assert "more.csv:3: city" in done.stderr
    told = json.loads(done.stdout)
    assert told["months"] == ["2026-03"]
    assert [problem["line"] for problem in told["problems"]] == [3]
    assert "4900" in (out / "cities-2026.csv").read_text(encoding="utf-8-sig")


def test_given_the_command_line_when_started_then_it_needs_no_aws_library() -> None:
    code = "import sys, local.cli; sys.exit(any(m in sys.modules for m in ('boto3', 'botocore', 'pynamodb')))"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
