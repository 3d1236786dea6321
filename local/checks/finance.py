"""Finance's files of the month: digests, the workbook recomputed, its balances those of the sealed book, vouchers."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import shutil
import subprocess
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import openpyxl

from chalicelib.kernel.money import fen_from_yuan
from local.checks.check import Check, check

_RECALCULATE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load"><prop oor:name="OOXMLRecalcMode" oor:op="fuse">
<value>0</value></prop></item></oor:items>"""
_FIRST_ROW = 5


def recomputed(workbook: bytes) -> bytes | None:
    """The workbook after LibreOffice opened it, recomputed every formula and saved it; ``None`` where there is none."""
    office = shutil.which("soffice")
    if office is None:
        return None
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "home" / "user").mkdir(parents=True)
        (folder / "home" / "user" / "registrymodifications.xcu").write_text(_RECALCULATE)
        (folder / "month.xlsx").write_bytes(workbook)
        home = f"-env:UserInstallation=file://{folder}/home"
        convert = ["--convert-to", "xlsx", "--outdir", str(folder / "out"), str(folder / "month.xlsx")]
        subprocess.run([office, home, "--headless", *convert], check=True, capture_output=True, timeout=240)
        return (folder / "out" / "month.xlsx").read_bytes()


def sealed_balances(package: bytes) -> dict[str, int]:
    """Account -> fen, as ``hangpai ledger check`` recomputes them from a sealed month."""
    from chalicelib.ledger.checking import check as check_book
    from chalicelib.ledger.checking import read_book

    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        return dict(check_book(read_book(archive.read("ledger.jsonl").decode())).balances)


def finance_files_hold(files: Mapping[str, bytes], period: str, balances: Mapping[str, int]) -> Check:
    """``files``: the outbox by key. ``balances``: account -> fen by the sealed book, recomputed."""
    folder = f"reports/{period}/"
    manifest = json.loads(files[f"{folder}manifest.json"])
    faults = [
        f"{each['name']} is not what the list of files says"
        for each in manifest["files"]
        if hashlib.sha256(files.get(folder + each["name"], b"")).hexdigest() != each["sha256"]
    ]
    written = files[f"{folder}settlement-{period}.xlsx"]
    by_office = recomputed(written)
    book = openpyxl.load_workbook(io.BytesIO(by_office or written), data_only=True)
    cells = 0
    for sheet in book:
        for row in sheet.iter_rows():
            cells += len(row)
            faults += [
                f"{sheet.title} {cell.coordinate}: {cell.value}"
                for cell in row
                if str(cell.value).startswith(("#", "Err:"))
            ]
    faults += [f"封面: {row[0].value} {row[2].value}" for row in book["封面"].iter_rows() if row[3].value == "不平"]
    shown = dict(_balances(book["试算平衡"]))
    faults += [
        f"{account}: {shown.get(account)} fen in the workbook, {balances.get(account)} fen by hangpai ledger check"
        for account in sorted({*shown, *balances})
        if shown.get(account) != balances.get(account)
    ]
    faults += _vouchers(files[f"{folder}vouchers-{period}.csv"])
    if not files[f"{folder}settlement-{period}.pdf"].startswith(b"%PDF"):
        faults.append("the summary is no PDF")
    how = "recomputed by LibreOffice" if by_office else "as written, for there is no LibreOffice here"
    seen = f"{len(manifest['files'])} files, {len(book.sheetnames)} sheets, {cells} cells {how}, {len(shown)} balances"
    return check("finance's files agree with hangpai ledger check", faults, seen)


def _balances(sheet: Any) -> Iterator[tuple[str, int]]:
    for row in sheet.iter_rows(min_row=_FIRST_ROW, values_only=True):
        if row[2]:
            yield str(row[2]), round(row[5] * 100)


def _vouchers(content: bytes) -> list[str]:
    left: dict[tuple[str, str], int] = {}
    for line in csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")):
        number = line["日期"], line["凭证号"]
        debit, credit = (fen_from_yuan(line[side] or "0") for side in ("借方金额", "贷方金额"))
        left[number] = left.get(number, 0) + debit - credit
    return [f"voucher {number} of {day} is out by {fen} fen" for (day, number), fen in left.items() if fen] or (
        [] if left else ["there is no voucher"]
    )
