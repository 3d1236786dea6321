"""A month with one of everything, as the workbook is given it."""

from __future__ import annotations

import io
from datetime import date

from chalicelib.kernel.clock import at_shanghai
from chalicelib.reports.month import (
    BalanceRow,
    BankRow,
    CreditRow,
    DepositRow,
    Month,
    NoticeRow,
    Posted,
    ReceiptRow,
    RefundRow,
    SurplusRow,
)
from chalicelib.reports.workbook import bind, write_workbook

DEPOSIT_FEN = 200_000
ON_TIME, LATE = at_shanghai("2026-03-10T09:15:02.123"), at_shanghai("2026-03-18T08:00:00")


def written(month: Month) -> bytes:
    """The month's workbook."""
    target = io.BytesIO()
    write_workbook(bind(month), target)
    return target.getvalue()


def credit(number: int, amount_fen: int, state: str, reason: str = "", code: str = "") -> CreditRow:
    arrived = LATE if reason == "late" else ON_TIME
    serial, day = f"2026031000000000{number:04d}", date(2026, 3, 10)
    return CreditRow("hangzhou", serial, arrived, day, amount_fen, code, state, reason, "张**", "622848****0018")


def deposit(number: int, state: str, excess_fen: int = 0) -> DepositRow:
    code, serial = f"202603000000{number}", f"2026031000000000{number:04d}"
    return DepositRow(code, "hangzhou", serial, DEPOSIT_FEN, excess_fen, date(2026, 3, 10), state)


def refund(number: int, batch: str, state: str, principal_fen: int, interest_fen: int) -> RefundRow:
    source = "forfeit" if batch == "remittance" else "deposit"
    ref, leaves, code = f"RF202603{number:024d}", date(2026, 4, 3), f"202603000000{number}"
    bank_code = {"paid": "0000", "failed": "1001", "replaced": "1003"}.get(state, "")
    return RefundRow(
        ref,
        batch,
        "hangzhou",
        source,
        code,
        principal_fen,
        interest_fen,
        leaves,
        state,
        bank_code,
        "李*",
        "622848****0026",
    )


def notice(number: int, state: str, amount_fen: int) -> NoticeRow:
    is_paid, lost = state == "paid", DEPOSIT_FEN if state == "defaulted" else 0
    at_ms = at_shanghai("2026-03-27T10:15:02")
    return NoticeRow(
        code=f"202603000000{number}",
        bidder_class="unit" if number == 9 else "individual",
        rank=1 if number == 9 else number,
        amount_fen=amount_fen,
        pay_code=f"3301002630000000000{number}",
        state=state,
        paid_at_ms=at_ms if is_paid else 0,
        paid_by="confirmation" if is_paid else "",
        bank_serial="2026032722001485061457" if is_paid else "",
        forfeited_fen=lost,
        defaulted_at_ms=at_ms if lost else 0,
        defaulted_by="王主管" if lost else "",
    )


def announced(quota: int, winners: int, lowest: int | None) -> dict[str, object]:
    return {
        "quota": quota,
        "qualified": 5,
        "bidders": 4,
        "winners": winners,
        "lowest": lowest,
        "average": lowest and lowest + 1_250,
        "at_lowest": 3,
        "won_at_lowest": 1,
        "last_winner_at": lowest and "2026-03-25T09:56:15.739",
    }


def a_month() -> Month:
    """March 2026: seven payments in, four deposits, three winners of whom one defaulted, one refund that came back."""
    credits_fen = 4 * DEPOSIT_FEN + 5_050 + 190_000 + 2 * DEPOSIT_FEN
    paid_out = 200_013 + 205_063 + 200_000 + 200_000
    return Month(
        period="2026-03",
        title="杭州市小客车增量指标竞价",
        made_on=date(2026, 4, 15),
        applicants=12,
        qualified=10,
        activated=9,
        results={"individual": announced(3, 2, 28_500), "unit": announced(1, 1, 31_000)},
        credits=(
            credit(1, DEPOSIT_FEN, "matched", code="2026030000001"),
            credit(2, DEPOSIT_FEN + 5_050, "matched", code="2026030000002"),
            credit(3, DEPOSIT_FEN, "matched", "code_cut", "2026030000003"),
            credit(9, DEPOSIT_FEN, "matched", code="2026030000009"),
            credit(5, 190_000, "returned", "short", "2026030000005"),
            credit(6, DEPOSIT_FEN, "returnable", "late", "2026030000006"),
            credit(7, DEPOSIT_FEN, "doubtful", "code_missing"),
        ),
        deposits=(
            deposit(1, "refunded"),
            deposit(2, "refunded", 5_050),
            deposit(3, "forfeited"),
            deposit(9, "held"),
        ),
        refunds=(
            refund(1, "1", "paid", DEPOSIT_FEN, 13),
            refund(4, "1", "replaced", 190_000, 0),
            refund(2, "2", "paid", DEPOSIT_FEN + 5_050, 13),
            refund(5, "again-1", "failed", 190_000, 0),
            refund(3, "remittance", "paid", DEPOSIT_FEN, 0),
        ),
        notices=(notice(1, "paid", 3_150_000), notice(3, "defaulted", 2_850_000), notice(9, "registered", 3_100_000)),
        banks=(
            BankRow(
                "hangzhou",
                1_000_000,
                credits_fen,
                26,
                paid_out,
                1_000_026 + credits_fen - paid_out,
                26 + credits_fen - paid_out - 7_000,
                7_000,
            ),
        ),
        receipts=(
            ReceiptRow(
                "2026030000001", "33010026300000000001", "0000000001", "a1b2c3", 3_150_000, "written_off", ON_TIME, LATE
            ),
        ),
        surplus=(
            SurplusRow("33010026300000000003", "2026030000003", "too_late", 2_850_000, 2_850_000, LATE, "20260402"),
        ),
        posted=(
            Posted(date(2026, 3, 10), "credit", "bank:hangzhou", credits_fen, 0, 7),
            Posted(date(2026, 3, 10), "credit", "held:2026-03", 0, credits_fen, 7),
            Posted(date(2026, 3, 21), "bank_interest", "bank:hangzhou", 26, 0, 1),
            Posted(date(2026, 3, 21), "bank_interest", "interest_income", 0, 26, 1),
            Posted(date(2026, 4, 3), "refund_paid", "bank:hangzhou", 0, paid_out + 7_000, 5),
            Posted(date(2026, 4, 3), "refund_paid", "held:2026-03", paid_out + 7_000, 0, 5),
        ),
        entries=13,
        balances=(
            BalanceRow("bank:hangzhou", credits_fen + 26, paid_out + 7_000, credits_fen + 26 - paid_out - 7_000),
            BalanceRow("held:2026-03", paid_out + 7_000, credits_fen, paid_out + 7_000 - credits_fen),
            BalanceRow("interest_income", 0, 26, -26),
        ),
    )
