"""What is sealed of a closed month: finance's files, and every posting of its ledger, to be added up by anyone."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any

from chalicelib.kernel.clock import local_text
from chalicelib.kernel.csv_table import CSV_TYPE
from chalicelib.kernel.files import Files
from chalicelib.kernel.money import yuan_text
from chalicelib.kernel.spool import Spool
from chalicelib.ledger.checking import entry_line, segment_line
from chalicelib.ledger.records import kept_entries
from chalicelib.ledger.sealing import kept_segments
from chalicelib.reports.csv_sheets import write_csv
from chalicelib.reports.keys import folder, manifest_key, suffix

BOOK_TYPE = "application/x-ndjson"
POSTING_COLUMNS = ("记账日", "记账时间", "分录号", "事由", "类型", "科目", "对象", "金额(元,借正贷负)")


def workbook_key(period: str) -> str:
    """Where a month's workbook lies in the outbox."""
    return f"{folder(period)}settlement-{period}.xlsx"


@dataclass(frozen=True)
class _Kept:
    """An entry as it is kept, in the order of booking."""

    at_ms: int
    entry_id: str
    line: str


def export(files: Files, period: str) -> dict[str, Any]:
    """Write postings.csv, a row a leg in the order of booking, and ledger.jsonl, the book that ``hangpai ledger check``
    recomputes; returns the files to seal, finance's among them."""
    kept = _in_order(period)
    key, book_key = f"reports/{period}/postings.csv", f"reports/{period}/ledger.jsonl"
    with tempfile.TemporaryFile() as target:
        write_csv(_postings(kept), target)
        files.store("work", key, target, CSV_TYPE)
    with tempfile.TemporaryFile() as target:
        _write_book(kept, period, target)
        files.store("work", book_key, target, BOOK_TYPE)
    base = f"{folder(period)}settlement-{period}"
    return {
        "files": [
            {"name": "ledger.jsonl", "key": book_key, "bucket": "work"},
            {"name": "finance-files.json", "key": manifest_key(period), "bucket": "outbox"},
            {"name": "postings.csv", "key": key, "bucket": "work"},
            {"name": "settlement.pdf", "key": f"{base}.pdf", "bucket": "outbox"},
            {"name": "settlement.xlsx", "key": workbook_key(period), "bucket": "outbox"},
            {"name": "vouchers.csv", "key": f"{folder(period)}vouchers-{period}.csv", "bucket": "outbox"},
        ]
    }


def amendment_files(period: str, number: int) -> list[dict[str, str]]:
    """What is sealed of an amendment: finance's files of it, what changed, and the whole book as it stood then."""
    ends, at = suffix(number), folder(period)
    return [
        {"name": name, "key": key, "bucket": "outbox"}
        for name, key in {
            "changes.csv": f"{at}changes-{period}{ends}.csv",
            "finance-files.json": manifest_key(period, number),
            "ledger.jsonl": f"{at}ledger-{period}{ends}.jsonl",
            "settlement.pdf": f"{at}settlement-{period}{ends}.pdf",
            "settlement.xlsx": f"{at}settlement-{period}{ends}.xlsx",
            "vouchers.csv": f"{at}vouchers-{period}{ends}.csv",
        }.items()
    ]


def write_book(period: str, target: IO[bytes]) -> None:
    """Write the period's book as it stands now, JSON lines, entries in the order of booking and then the segments."""
    _write_book(_in_order(period), period, target)


def _in_order(period: str) -> Spool[_Kept]:
    kept = (_Kept(each["at_ms"], each["id"], entry_line(each)) for each in kept_entries(period))
    return Spool.of(_Kept, ("at_ms", "entry_id"), kept)


def _write_book(kept: Spool[_Kept], period: str, target: IO[bytes]) -> None:
    target.writelines(each.line.encode() for each in kept)
    target.writelines(segment_line(each).encode() for each in kept_segments(period))


def _postings(kept: Spool[_Kept]) -> Iterator[tuple[str, ...]]:
    yield POSTING_COLUMNS
    for each in kept:
        entry = json.loads(each.line)["entry"]
        for account, amount_fen, subject in entry["legs"]:
            yield (
                entry["day"],
                local_text(each.at_ms),
                each.entry_id,
                entry["cause"],
                entry["kind"],
                account,
                subject,
                yuan_text(amount_fen),
            )
