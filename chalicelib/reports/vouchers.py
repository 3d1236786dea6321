"""Accounting vouchers (记账凭证) for finance's software: a voucher for each day and kind of entry. Pure.

Lines are the ledger's legs added up by account, in finance's own codes; debits equal credits in every voucher.
"""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from chalicelib.kernel.money import yuan_text
from chalicelib.reports.chart_of_accounts import FinanceAccount, FinanceProfile
from chalicelib.reports.month import Posted

COLUMNS = (
    "日期", "凭证字", "凭证号", "附单据数", "分录号", "摘要",
    "科目编码", "科目名称", "借方金额", "贷方金额", "辅助核算", "制单人",
)  # fmt: skip


@dataclass(frozen=True)
class VoucherLine:
    """One line: an account with either a debit or a credit, in fen."""

    account: FinanceAccount
    debit_fen: int
    credit_fen: int


@dataclass(frozen=True)
class Voucher:
    """A voucher; ``number`` counts within its month, ``papers`` says how many entries it sums up."""

    day: date
    number: int
    summary: str
    papers: int
    lines: tuple[VoucherLine, ...]

    def __post_init__(self) -> None:  # noqa: D105
        left = sum(line.debit_fen - line.credit_fen for line in self.lines)
        if left:
            raise ValueError(f"voucher {self.number} of {self.day} does not balance: {left} fen are left over")


def vouchers(period: str, posted: Iterable[Posted], profile: FinanceProfile) -> list[Voucher]:
    """What was posted, as vouchers by day and kind. Raises ``ValueError`` where one does not balance."""
    made: list[Voucher] = []
    counted: dict[str, int] = defaultdict(int)
    in_order = sorted(posted, key=lambda each: (each.day, each.kind, each.account))
    for (day, kind), group in groupby(in_order, key=lambda each: (each.day, each.kind)):
        found = list(group)
        counted[f"{day:%Y-%m}"] += 1
        made.append(
            Voucher(
                day,
                counted[f"{day:%Y-%m}"],
                f"{profile.kinds.get(kind, kind)}({period}期)",
                max(each.entries for each in found),
                _lines(found, profile),
            )
        )
    return made


def _lines(found: Sequence[Posted], profile: FinanceProfile) -> tuple[VoucherLine, ...]:
    debits = [VoucherLine(profile.account(each.account), each.debit_fen, 0) for each in found if each.debit_fen]
    credits_of = [VoucherLine(profile.account(each.account), 0, each.credit_fen) for each in found if each.credit_fen]
    return (*debits, *credits_of)


def since(posted: Iterable[Posted], before: Iterable[Posted]) -> list[Posted]:
    """What was posted since: by day, kind and account what there is now and was not before."""
    stood = {(each.day, each.kind, each.account): each for each in before}
    later = []
    for each in posted:
        old = stood.get((each.day, each.kind, each.account))
        more = Posted(
            each.day,
            each.kind,
            each.account,
            each.debit_fen - (old.debit_fen if old else 0),
            each.credit_fen - (old.credit_fen if old else 0),
            each.entries - (old.entries if old else 0),
        )
        if more.debit_fen or more.credit_fen:
            later.append(more)
    return later


def voucher_file(made: Iterable[Voucher], profile: FinanceProfile) -> bytes:
    """The vouchers in the profile's columns, separator and encoding, a row a line."""
    form = profile.voucher
    out = io.StringIO()
    writer = csv.writer(out, delimiter=form.separator, lineterminator="\r\n")
    writer.writerow(form.columns)
    for voucher in made:
        for place, line in enumerate(voucher.lines, start=1):
            row = _row(voucher, place, line, profile)
            writer.writerow([row[column] for column in form.columns])
    return out.getvalue().encode(form.encoding)


def _row(voucher: Voucher, place: int, line: VoucherLine, profile: FinanceProfile) -> Mapping[str, str]:
    cells = (
        voucher.day.isoformat(),
        profile.voucher.word,
        str(voucher.number),
        str(voucher.papers),
        str(place),
        voucher.summary,
        line.account.code,
        line.account.name,
        yuan_text(line.debit_fen) if line.debit_fen else "",
        yuan_text(line.credit_fen) if line.credit_fen else "",
        line.account.aside,
        profile.voucher.prepared_by,
    )
    return dict(zip(COLUMNS, cells, strict=True))
