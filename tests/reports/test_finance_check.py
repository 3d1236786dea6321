"""Rule: finance's files agree with the book, and each thing that does not shows."""

from __future__ import annotations

import io
from dataclasses import replace

import openpyxl
import pytest
from months import a_month

from chalicelib.kernel.files import MemoryFiles
from chalicelib.reports.filing import file_month
from chalicelib.reports.month import Month
from local.checks import finance
from local.checks.finance import finance_files_hold

PERIOD = "2026-03"
BALANCES = {row.account: row.debit_fen - row.credit_fen for row in a_month().balances}
FOLDER = f"reports/{PERIOD}/"


@pytest.fixture(autouse=True)
def without_office(monkeypatch: pytest.MonkeyPatch) -> None:
    """The values as they were written: what LibreOffice makes of them is tested with the workbook."""
    monkeypatch.setattr(finance, "recomputed", lambda _: None)


def outbox(month: Month | None = None) -> dict[str, bytes]:
    files = MemoryFiles()
    file_month(files, month or a_month(), sealed=False)
    return {key: content for (_, key), content in files.held.items()}


def test_given_a_month_that_agrees_when_checked_then_it_holds() -> None:
    found = finance_files_hold(outbox(), PERIOD, BALANCES)
    assert found.holds, found.detail


def test_given_a_balance_that_differs_by_a_fen_when_checked_then_it_is_named() -> None:
    found = finance_files_hold(outbox(), PERIOD, BALANCES | {"interest_income": -25})
    assert not found.holds
    assert "interest_income: -26 fen in the workbook, -25 fen" in found.detail


def test_given_a_bank_that_differs_when_checked_then_the_cover_s_check_is_named() -> None:
    [bank] = a_month().banks
    found = finance_files_hold(outbox(replace(a_month(), banks=(replace(bank, closing_fen=1),))), PERIOD, BALANCES)
    assert "银行余额账簿差额" in found.detail


def test_given_a_file_that_is_another_when_checked_then_it_is_named() -> None:
    files = outbox()
    files[f"{FOLDER}csv/17-credits.csv"] += b"x"
    assert "csv/17-credits.csv is not what the list" in finance_files_hold(files, PERIOD, BALANCES).detail


def test_given_a_cell_in_error_when_checked_then_it_is_named() -> None:
    files = outbox()
    book = openpyxl.load_workbook(io.BytesIO(files[f"{FOLDER}settlement-{PERIOD}.xlsx"]), data_only=True)
    book["利息"]["C5"] = "#REF!"
    out = io.BytesIO()
    book.save(out)
    files[f"{FOLDER}settlement-{PERIOD}.xlsx"] = out.getvalue()
    assert "利息 C5: #REF!" in finance_files_hold(files, PERIOD, BALANCES).detail


def test_given_vouchers_out_by_a_fen_when_checked_then_it_is_named() -> None:
    files = outbox()
    name = f"{FOLDER}vouchers-{PERIOD}.csv"
    files[name] = files[name].replace(b"13950.50", b"13950.51", 1)
    assert "is out by 1 fen" in finance_files_hold(files, PERIOD, BALANCES).detail
