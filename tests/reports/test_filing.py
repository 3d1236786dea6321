"""Finance's files: complete, with digests, the same again; after the seal a numbered amendment and nothing else."""

from __future__ import annotations

import csv
import hashlib
import inspect
import io
import json
from dataclasses import replace
from datetime import date
from typing import Any

import openpyxl
import pytest
from months import DEPOSIT_FEN, a_month, credit
from pdf_fonts import fonts_left_out
from pypdf import PdfReader

from chalicelib.kernel.errors import Conflict
from chalicelib.kernel.files import MemoryFiles
from chalicelib.ledger import accounts
from chalicelib.reports import vouchers
from chalicelib.reports.chart_of_accounts import finance_profile, read_profile
from chalicelib.reports.csv_sheets import NAMES
from chalicelib.reports.filing import file_month
from chalicelib.reports.month import Month, Posted

FOLDER = "reports/2026-03/"


def filed(
    month: Month, files: MemoryFiles | None = None, *, sealed: bool = False
) -> tuple[MemoryFiles, dict[str, Any]]:
    files = files or MemoryFiles()
    return files, file_month(files, month, sealed=sealed)


def manifest(files: MemoryFiles, suffix: str = "") -> dict[str, Any]:
    content: dict[str, Any] = json.loads(files.read("outbox", f"{FOLDER}manifest{suffix}.json"))
    return content


def rows(files: MemoryFiles, name: str) -> list[dict[str, str]]:
    text = files.read("outbox", FOLDER + name)
    assert text.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(text.decode("utf-8-sig"), newline="")))


def late(month: Month) -> Month:
    """The month after a payment came to light late: a credit, and its posting."""
    more = Posted(date(2026, 4, 20), "credit", "bank:hangzhou", DEPOSIT_FEN, 0, 1)
    owed = Posted(date(2026, 4, 20), "credit", "returnable:2026-03", 0, DEPOSIT_FEN, 1)
    first, *others = month.credits
    return replace(
        month,
        credits=(
            replace(first, state="returnable", reason="second_payment"),
            *others,
            credit(8, DEPOSIT_FEN, "returnable"),
        ),
        posted=(*month.posted, more, owed),
    )


def test_given_a_month_when_filed_then_every_file_is_listed_with_its_digests() -> None:
    files, told = filed(a_month())

    assert told == {"key": f"{FOLDER}settlement-2026-03.xlsx", "sealed": False, "amendment": 0, "changed": False}
    listed = manifest(files)["files"]
    names = {each["name"] for each in listed}
    assert names == {
        *(f"csv/{name}.csv" for name in NAMES.values()),
        *("settlement-2026-03.xlsx", "settlement-2026-03.pdf", "vouchers-2026-03.csv", "figures-2026-03.json"),
        "SHA256SUMS",
    }
    for each in listed:
        content = files.read("outbox", FOLDER + each["name"])
        assert (each["bytes"], each["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())
        assert each["sm3"] == hashlib.new("sm3", content).hexdigest()


def test_given_the_same_month_when_filed_again_then_the_same_bytes() -> None:
    assert filed(a_month())[0].held == filed(a_month())[0].held


def test_given_the_sheets_when_read_as_csv_then_they_hold_what_the_workbook_shows() -> None:
    files, told = filed(a_month())
    book = openpyxl.load_workbook(io.BytesIO(files.read("outbox", told["key"])), data_only=True)

    assert list(NAMES) == book.sheetnames
    for sheet, name in list(NAMES.items())[1:]:
        headings, *data = csv.reader(io.StringIO(files.read("outbox", f"{FOLDER}csv/{name}.csv").decode("utf-8-sig")))
        shown = [[cell.value for cell in row] for row in book[sheet].iter_rows(min_row=4)]
        assert headings == [cell for cell in shown[0] if cell], sheet
        for line, found in enumerate(data, start=1):
            for text, value in zip(found, shown[line], strict=False):
                same = float(text) == pytest.approx(value) if isinstance(value, int | float) else True
                assert same, (sheet, line, text, value)


def test_given_text_that_a_spreadsheet_would_run_when_written_as_csv_then_it_is_quoted() -> None:
    month = a_month()
    evil = replace(next(iter(month.credits)), payer="=cmd|' /C calc'!A0")
    files, _ = filed(replace(month, credits=(evil,)))

    assert rows(files, "csv/17-credits.csv")[0]["付款人"].startswith("'=")


def test_given_the_pdf_when_read_then_it_says_what_the_cover_says_in_chinese() -> None:
    files, _ = filed(a_month())
    content = files.read("outbox", f"{FOLDER}settlement-2026-03.pdf")
    pages = PdfReader(io.BytesIO(content)).pages
    text = "".join(page.extract_text() for page in pages)

    assert {(round(float(page.mediabox.width)), round(float(page.mediabox.height))) for page in pages} == {(595, 842)}
    for said in ("月度结算摘要", "13,950.50", "银行余额账簿差额", "试算平衡", "财务负责人", "杭州银行"):
        assert said in text, said
    assert fonts_left_out(content) == set()


def test_given_the_postings_when_made_into_vouchers_then_each_balances_in_finance_s_codes() -> None:
    files, _ = filed(a_month())
    lines = rows(files, "vouchers-2026-03.csv")

    assert list(lines[0]) == list(vouchers.COLUMNS)
    assert {(line["日期"][:7], line["凭证号"]) for line in lines} == {
        ("2026-03", "1"),
        ("2026-03", "2"),
        ("2026-04", "1"),
    }
    assert lines[0] | {"附单据数": ""} == {
        **{"日期": "2026-03-10", "凭证字": "记", "凭证号": "1", "附单据数": "", "分录号": "1"},
        **{"摘要": "收到竞价保证金(2026-03期)", "科目编码": "100201", "科目名称": "银行存款-杭州银行"},
        **{"借方金额": "13950.50", "贷方金额": "", "辅助核算": "渠道:杭州银行", "制单人": "Hangpai"},
    }
    sides = {"借方金额": 0.0, "贷方金额": 0.0}
    for line in lines:
        for side in sides:
            sides[side] += float(line[side] or 0)
    assert sides["借方金额"] == pytest.approx(sides["贷方金额"]) != 0


def test_given_a_leg_that_is_missing_when_made_into_vouchers_then_they_are_refused() -> None:
    with pytest.raises(ValueError, match="does not balance"):
        vouchers.vouchers("2026-03", a_month().posted[1:], finance_profile())


def test_given_another_profile_when_written_then_its_columns_and_encoding() -> None:
    shipped = finance_profile()
    other = replace(
        shipped, voucher=replace(shipped.voucher, columns=("摘要", "借方金额"), encoding="gb18030", separator="\t")
    )

    text = vouchers.voucher_file(vouchers.vouchers("2026-03", a_month().posted, other), other).decode("gb18030")
    assert text.splitlines()[:2] == ["摘要\t借方金额", "收到竞价保证金(2026-03期)\t13950.50"]


def test_given_the_ledger_s_chart_when_finance_reads_it_then_every_account_has_a_code_of_its_own() -> None:
    makers = [make for make in vars(accounts).values() if inspect.isfunction(make)]
    named = [make(*["2026-03"] * len(inspect.signature(make).parameters)) for make in makers]
    named += [accounts.INTEREST_INCOME, accounts.INTEREST_EXPENSE]

    codes = {name: finance_profile().account(name).code for name in named}

    assert len(named) == 13
    assert len(set(codes.values())) == len(codes)


def test_given_a_profile_without_a_part_when_read_then_it_is_named() -> None:
    with pytest.raises(ValueError, match="kinds"):
        read_profile("[accounts]\n[voucher]\n")


def test_given_a_sealed_month_when_nothing_changed_then_nothing_is_written() -> None:
    files, _ = filed(a_month())
    before = dict(files.held)

    _, told = filed(a_month(), files, sealed=True)

    assert told == {"key": f"{FOLDER}settlement-2026-03.xlsx", "sealed": True, "amendment": 0, "changed": False}
    assert files.held == before


def test_given_a_sealed_month_when_something_came_late_then_a_numbered_amendment_says_what() -> None:
    files, _ = filed(a_month())
    before = dict(files.held)

    _, told = filed(late(a_month()), files, sealed=True)

    assert told == {
        "key": f"{FOLDER}settlement-2026-03-amendment-1.xlsx",
        "sealed": True,
        "amendment": 1,
        "changed": True,
    }
    assert {key: files.held[key] for key in before} == before
    changed = {(row["表"], row["变化"], row["栏目"]): row for row in rows(files, "changes-2026-03-amendment-1.csv")}
    assert changed["到账明细", "修改", "状态"] | {"行": ""} == {
        **{"表": "到账明细", "变化": "修改", "行": "", "栏目": "状态", "原值": "已匹配", "现值": "待退回"},
    }
    assert "20260310000000000008" in changed["到账明细", "新增", ""]["现值"]
    assert changed["封面", "修改", "金额(元)"]
    book = openpyxl.load_workbook(io.BytesIO(files.read("outbox", told["key"])))
    assert book.sheetnames[1] == "更正说明"
    assert "更正第1号" in book["封面"]["A1"].value
    # Only what was posted since, for the finance software has the rest.
    assert [line["借方金额"] or line["贷方金额"] for line in rows(files, "vouchers-2026-03-amendment-1.csv")] == [
        "2000.00"
    ] * 2


def test_given_an_amendment_when_filed_again_then_it_stands_until_more_comes() -> None:
    files, _ = filed(a_month())
    amended = late(a_month())
    filed(amended, files, sealed=True)
    before = dict(files.held)

    _, again = filed(amended, files, sealed=True)
    assert (again["amendment"], again["changed"], files.held) == (1, False, before)

    _, more = filed(replace(amended, applicants=amended.applicants + 1), files, sealed=True)
    assert (more["amendment"], more["changed"]) == (2, True)
    assert [row["栏目"] for row in rows(files, "changes-2026-03-amendment-2.csv")] == ["人数/笔数"]
    assert rows(files, "vouchers-2026-03-amendment-2.csv") == []
    assert {key: files.held[key] for key in before} == before


def test_given_a_sealed_file_that_was_altered_when_compared_then_it_is_refused() -> None:
    files, _ = filed(a_month())
    files.held["outbox", f"{FOLDER}csv/17-credits.csv"] += b"x"

    with pytest.raises(Conflict, match="FINANCE_FILE_ALTERED"):
        filed(late(a_month()), files, sealed=True)
