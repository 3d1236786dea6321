"""The month's files for finance: workbook, PDF, a .csv per sheet, vouchers, figures, and their digests.

Before the month is sealed they are written anew each time the machine comes by, and the same month gives the same
bytes. Once it is sealed nothing of it is touched: what is different by then becomes a numbered amendment
(docs/decisions/0034).
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import IO, Any

from chalicelib.kernel.csv_table import CSV_TYPE
from chalicelib.kernel.files import Files, read_json
from chalicelib.reports import changes, csv_sheets, figures, vouchers
from chalicelib.reports.chart_of_accounts import finance_profile
from chalicelib.reports.exporting import BOOK_TYPE
from chalicelib.reports.keys import folder, last_number, manifest_key, suffix
from chalicelib.reports.month import Month, Posted
from chalicelib.reports.summary_pdf import summary_pdf
from chalicelib.reports.workbook import Bound, bind, write_workbook

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
WriteBook = Callable[[IO[bytes]], None]
PDF, JSON = "application/pdf", "application/json"


def _no_book(target: IO[bytes]) -> None:
    """Of a month whose ledger is not at hand."""
    del target


@dataclass
class _Filing:
    """Writes files into the outbox and remembers their digests."""

    files: Files
    period: str
    listed: list[dict[str, Any]]

    def put(self, name: str, content: bytes, content_type: str) -> None:
        """A small file."""
        self.files.write("outbox", folder(self.period) + name, content, content_type)
        self._list(name, hashlib.sha256(content).hexdigest(), hashlib.new("sm3", content).hexdigest(), len(content))

    def store(self, name: str, source: IO[bytes], content_type: str) -> str:
        """A file that may be large; returns its SHA-256."""
        source.seek(0)
        sha256, sm3, size = hashlib.sha256(), hashlib.new("sm3"), 0
        while block := source.read(1 << 20):
            sha256.update(block)
            sm3.update(block)
            size += len(block)
        self.files.store("outbox", folder(self.period) + name, source, content_type)
        self._list(name, sha256.hexdigest(), sm3.hexdigest(), size)
        return sha256.hexdigest()

    def _list(self, name: str, sha256: str, sm3: str, size: int) -> None:
        self.listed.append({"name": name, "bytes": size, "sha256": sha256, "sm3": sm3})


def file_month(files: Files, month: Month, *, sealed: bool, book: WriteBook = _no_book) -> dict[str, Any]:
    """Write the month's files, or what changed since it was sealed.

    ``book`` writes the ledger as it stands, which goes with an amendment.
    Returns ``{"key", "sealed", "amendment", "changed"}``: ``key`` is the workbook's that stands, ``amendment`` the
    number of the last one (0: none), ``changed`` whether one was made now.
    """
    bound = bind(month)
    if not sealed:
        _write(files, bound, 0, (), month.posted, book=book)
        return _told(month.period, 0, sealed=False, changed=False)
    number = last_number(files, month.period)
    standing: dict[str, Any] = read_json(files, "outbox", manifest_key(month.period, number))
    with tempfile.TemporaryDirectory() as place:
        found = changes.compare(files, month.period, standing, csv_sheets.sheet_rows(bound), place)
        if not found:
            return _told(month.period, number, sealed=True, changed=False)
        number += 1
        later = vouchers.since(month.posted, _posted(standing))
        _write(files, bound, number, found, later, book=book)
    return _told(month.period, number, sealed=True, changed=True)


def _told(period: str, number: int, *, sealed: bool, changed: bool) -> dict[str, Any]:
    key = f"{folder(period)}settlement-{period}{suffix(number)}.xlsx"
    return {"key": key, "sealed": sealed, "amendment": number, "changed": changed}


def _posted(manifest: dict[str, Any]) -> Iterator[Posted]:
    for day, kind, account, debit_fen, credit_fen, entries in manifest["posted"]:
        yield Posted(date.fromisoformat(day), kind, account, debit_fen, credit_fen, entries)


def _write(
    files: Files,
    bound: Bound,
    number: int,
    found: Sequence[changes.Change],
    posted: Sequence[Posted],
    *,
    book: WriteBook,
) -> None:
    month, ends = bound.month, suffix(number)
    filing = _Filing(files, month.period, [])
    table = changes.table(month.period, number, found) if found else None
    sheets: dict[str, str] = {}
    for sheet, rows in csv_sheets.sheet_rows(bound):
        with tempfile.TemporaryFile() as target:
            csv_sheets.write_csv(rows, target)
            name = f"csv{ends}/{csv_sheets.NAMES[sheet]}.csv"
            sheets[sheet] = filing.store(name, target, CSV_TYPE)
    if table is not None:
        with tempfile.TemporaryFile() as target:
            csv_sheets.write_csv(csv_sheets.table_rows(table), target)
            filing.store(f"changes-{month.period}{ends}.csv", target, CSV_TYPE)
        # What was posted since the seal stands in no package of the notary's: the book goes with the amendment, and
        # `hangpai ledger check --since` holds it to the sealed one.
        with tempfile.TemporaryFile() as target:
            book(target)
            filing.store(f"ledger-{month.period}{ends}.jsonl", target, BOOK_TYPE)
    with tempfile.TemporaryFile() as target:
        write_workbook(bound, target, amendment=number, changes=table)
        filing.store(f"settlement-{month.period}{ends}.xlsx", target, XLSX)
    filing.put(f"settlement-{month.period}{ends}.pdf", summary_pdf(bound, amendment=number), PDF)
    profile = finance_profile()
    made = vouchers.vouchers(month.period, posted, profile)
    filing.put(f"vouchers-{month.period}{ends}.csv", vouchers.voucher_file(made, profile), CSV_TYPE)
    filing.put(f"figures-{month.period}{ends}.json", _json(asdict(figures.of_month(bound))), JSON)
    sums = "".join(f"{each['sha256']}  {each['name']}\n" for each in filing.listed)
    filing.put(f"SHA256SUMS{ends}", sums.encode(), "text/plain")
    manifest = {
        "period": month.period,
        "number": number,
        "files": filing.listed,
        "sheets": sheets,
        "posted": [
            [each.day.isoformat(), each.kind, each.account, each.debit_fen, each.credit_fen, each.entries]
            for each in month.posted
        ],
    }
    # Last: whoever finds the list finds every file that it names, and an amendment that has one is never written again.
    if number:
        files.write_once("outbox", manifest_key(month.period, number), _json(manifest), JSON)
    else:
        files.write("outbox", manifest_key(month.period), _json(manifest), JSON)


def _json(content: Any) -> bytes:
    return json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True).encode()
