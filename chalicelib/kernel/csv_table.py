"""Tables as CSV, for people and for the notary: UTF-8 with BOM (spreadsheets then read Chinese), CRLF (RFC 4180)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

CSV_TYPE = "text/csv"


def csv_table(headings: Sequence[str], rows: Iterable[Sequence[str | int]]) -> bytes:
    """Headings and rows as a file; the same table always gives the same bytes."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(headings)
    writer.writerows(rows)
    return text.getvalue().encode("utf-8-sig")
