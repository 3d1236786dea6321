"""The year's tables from what each month filed, written to the outbox as the year goes on."""

from __future__ import annotations

from typing import Any

from chalicelib.kernel.csv_table import CSV_TYPE
from chalicelib.kernel.errors import NotFound
from chalicelib.kernel.files import Files, read_json
from chalicelib.periods.naming import month_of
from chalicelib.reports.figures import MonthFigures, figures_of
from chalicelib.reports.filing import XLSX
from chalicelib.reports.keys import figures_key, last_number, tables_folder
from chalicelib.reports.published import shipped
from chalicelib.reports.yearly import year_files

_TYPES = {".xlsx": XLSX, ".csv": CSV_TYPE, ".svg": "image/svg+xml", ".pdf": "application/pdf"}


def write_tables(files: Files, period: str) -> dict[str, Any]:
    """Write the tables of a period's year; the same months give the same bytes. Returns ``{"keys", "months"}``."""
    year = month_of(period).year
    months = list(filed_months(files, year))
    keys = []
    for name, content in year_files(year, months, shipped().rows).items():
        key = f"{tables_folder(year)}{name}"
        files.write("outbox", key, content, _TYPES[name[name.rindex(".") :]])
        keys.append(key)
    return {"keys": keys, "months": [month.period for month in months]}


def filed_months(files: Files, year: int) -> list[MonthFigures]:
    """The figures of the year's months that were filed, each as its last amendment has them."""
    found = []
    for month in range(1, 13):
        period = f"{year}-{month:02d}"
        try:
            found.append(figures_of(read_json(files, "outbox", figures_key(period, last_number(files, period)))))
        except NotFound:
            continue
    return found
