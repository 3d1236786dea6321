"""A period's archive (档案): every file by class and retention, and the catalogue (案卷目录) to print. Pure.

A file inside a sealed package is listed under its package, so that each page of evidence is found without a computer.
"""

from __future__ import annotations

import html
import io
import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from chalicelib.evidence.measuring import Content, opened, sha256_of
from chalicelib.evidence.package import is_ours
from chalicelib.evidence.verifying import open_package
from chalicelib.kernel.clock import SHANGHAI
from chalicelib.kernel.csv_table import csv_table

HEADINGS = ("序号", "档案类别", "类别名称", "题名", "所在证据包", "字节数", "SHA-256", "保管期限", "保管至", "依据")
_FOR_GOOD = "永久"


@dataclass(frozen=True)
class ArchiveClass:
    """A class of the archive; ``years`` 0: kept for good. ``law_years``: what a law asks for, 0 where none does."""

    code: str
    title: str
    pattern: str
    years: int
    law_years: int
    source: str


@dataclass(frozen=True)
class Entry:
    """A file of the archive; ``package`` is the sealed package it lies in, empty for one that lies alone."""

    kept: ArchiveClass
    name: str
    package: str
    size: int
    sha256: str


@cache
def classes() -> tuple[ArchiveClass, ...]:
    """The table of classes and retention periods."""
    table = tomllib.loads(Path(__file__).with_name("retention.toml").read_text())
    return tuple(ArchiveClass(**each) for each in table["class"])


def class_of(name: str) -> ArchiveClass:
    """The class of a file by its name; the last class takes whatever no other does."""
    return next(each for each in classes() if re.search(each.pattern, name))


def locked_until(period: str, names: Iterable[str]) -> datetime | None:
    """Until when the law asks for a package of these files; ``None`` where it asks for none of them."""
    years = max((class_of(name).law_years for name in names), default=0)
    return datetime(int(period[:4]) + years + 1, 1, 1, tzinfo=SHANGHAI) if years else None


def catalogue(packages: Mapping[str, Content], others: Iterable[tuple[str, Content]]) -> list[Entry]:
    """Every file of a period, by class, then by name. ``packages``: key -> sealed zip; ``others``: key and file, of
    which one is read at a time."""
    found = [*_packed(packages), *(_alone(name, content) for name, content in others)]
    return sorted(found, key=lambda entry: (entry.kept.code, entry.package, entry.name))


def _packed(packages: Mapping[str, Content]) -> Iterator[Entry]:
    for key, content in packages.items():
        yield _alone(key, content)
        manifest: dict[str, Any] = json.loads(open_package(content).manifest_bytes)
        for file in manifest["files"]:
            if not is_ours(file["name"]):
                yield Entry(class_of(file["name"]), file["name"], key, file["bytes"], file["sha256"])
        for attached in manifest.get("attachments", ()):
            yield Entry(class_of("attachment"), attached["name"], key, attached["bytes"], attached["sha256"])


def _alone(name: str, content: Content) -> Entry:
    return Entry(class_of(name), name, "", opened(content).seek(0, io.SEEK_END), sha256_of(content))


def as_csv(period: str, entries: Iterable[Entry]) -> bytes:
    """The catalogue as a table."""
    return csv_table(HEADINGS, (_row(number, period, entry) for number, entry in enumerate(entries, 1)))


def as_page(period: str, title: str, entries: list[Entry]) -> bytes:
    """The catalogue as a page to print (A4 across): a table a class, with room for who hands over and who takes in."""
    body = "".join(_section(period, kept, entries) for kept in classes() if any(e.kept == kept for e in entries))
    page = _PAGE.format(title=html.escape(title), period=html.escape(period), count=len(entries), body=body)
    return page.encode()


def _section(period: str, kept: ArchiveClass, entries: list[Entry]) -> str:
    rows = "".join(
        f"<tr><td>{number}</td><td>{html.escape(entry.name)}</td><td>{html.escape(entry.package or '—')}</td>"
        f"<td class=n>{entry.size:,}</td><td class=d>{entry.sha256[:32]}<br>{entry.sha256[32:]}</td></tr>"
        for number, entry in enumerate(entries, 1)
        if entry.kept == kept
    )
    until = _until(period, kept)
    heading = f"{kept.code} {kept.title}　保管期限: {_years(kept)}　保管至: {until}　依据: {html.escape(kept.source)}"
    names = "<tr><th>序号<th>题名<th>所在证据包<th>字节数<th>SHA-256</tr>"
    return f"<h2>{heading}</h2><table><thead>{names}</thead><tbody>{rows}</tbody></table>"


def _row(number: int, period: str, entry: Entry) -> tuple[str | int, ...]:
    kept = entry.kept
    return (
        number,
        kept.code,
        kept.title,
        entry.name,
        entry.package,
        entry.size,
        entry.sha256,
        _years(kept),
        _until(period, kept),
        kept.source,
    )


def _years(kept: ArchiveClass) -> str:
    return f"{kept.years} 年" if kept.years else _FOR_GOOD


def _until(period: str, kept: ArchiveClass) -> str:
    # Years are counted from the first day after the year that a file belongs to (会计档案管理办法 第十四条).
    return f"{int(period[:4]) + kept.years}-12-31" if kept.years else _FOR_GOOD


_PAGE = """<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><title>{title}</title><style>
@page {{ size: A4 landscape; margin: 15mm }}
body {{ font: 10pt/1.5 "Noto Serif SC", "Noto Serif CJK SC", SimSun, serif; color: #000;
  margin: 0 auto; max-width: 267mm }}
h1 {{ font-size: 18pt; text-align: center; margin: 0 0 2mm }}
h2 {{ font-size: 10.5pt; margin: 6mm 0 1.5mm; break-after: avoid }}
p {{ text-align: center; margin: 0 0 4mm }}
table {{ border-collapse: collapse; width: 100%; table-layout: fixed }}
th, td {{ border: 0.3pt solid #000; padding: 1mm 1.5mm; text-align: left; overflow-wrap: anywhere;
  vertical-align: top }}
th:nth-child(1) {{ width: 11mm }} th:nth-child(3) {{ width: 62mm }} th:nth-child(4) {{ width: 24mm }}
th:nth-child(5) {{ width: 66mm }}
td.n {{ text-align: right; font-variant-numeric: tabular-nums }} td.d {{ font: 8pt/1.4 monospace }}
tr {{ break-inside: avoid }} thead {{ display: table-header-group }}
footer {{ margin-top: 12mm; display: flex; justify-content: space-between; break-inside: avoid }}
</style></head><body><h1>{title}</h1><p>期号 {period}　共 {count} 件</p>{body}
<footer><span>移交人: ________________</span><span>接收人: ________________</span>
<span>日期: ______ 年 ____ 月 ____ 日</span></footer>
</body></html>
"""
