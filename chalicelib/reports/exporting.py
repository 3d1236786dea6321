"""What is sealed of a closed month: its workbook, and every posting of its ledger, to be added up again by anyone."""

from __future__ import annotations

from typing import Any

from chalicelib.kernel.clock import local_text
from chalicelib.kernel.csv_table import CSV_TYPE, csv_table
from chalicelib.kernel.files import Files
from chalicelib.kernel.money import yuan_text
from chalicelib.ledger.checking import book_text
from chalicelib.ledger.records import entries, kept_entries
from chalicelib.ledger.sealing import kept_segments

POSTING_COLUMNS = ("记账日", "记账时间", "分录号", "事由", "类型", "科目", "对象", "金额(元,借正贷负)")


def workbook_key(period: str) -> str:
    """Where a month's workbook lies in the outbox."""
    return f"reports/{period}/settlement-{period}.xlsx"


def export(files: Files, period: str) -> dict[str, Any]:
    """Write postings.csv, a row a leg in the order of booking, and ledger.jsonl, the book that ``hangpai ledger check``
    recomputes; returns the files to seal, the workbook among them."""
    rows = [
        (
            entry.day.isoformat(),
            local_text(entry.at_ms),
            entry.entry_id,
            entry.cause,
            entry.kind,
            leg.account,
            leg.subject,
            yuan_text(leg.amount_fen),
        )
        for entry in sorted(entries(period), key=lambda each: (each.at_ms, each.entry_id))
        for leg in entry.legs
    ]
    key = f"reports/{period}/postings.csv"
    files.write("work", key, csv_table(POSTING_COLUMNS, rows), CSV_TYPE)
    book_key = f"reports/{period}/ledger.jsonl"
    book = book_text(kept_entries(period), kept_segments(period))
    files.write("work", book_key, book.encode(), "application/x-ndjson")
    return {
        "files": [
            {"name": "ledger.jsonl", "key": book_key, "bucket": "work"},
            {"name": "postings.csv", "key": key, "bucket": "work"},
            {"name": "settlement.xlsx", "key": workbook_key(period), "bucket": "outbox"},
        ]
    }
