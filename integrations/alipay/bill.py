"""A day's bill (业务明细): 25 columns between ``#`` lines, checked against its own totals and the summary. Pure."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

from chalicelib.kernel.clock import local_date
from chalicelib.kernel.errors import Problem
from chalicelib.kernel.money import fen_from_yuan, yuan_text
from integrations.alipay.answers import read_time
from integrations.alipay.bill_archive import DETAIL, open_archive, refused
from integrations.alipay.profile import Profile
from integrations.ports import BillKind, WalletBill, WalletBillLine

COLUMNS = (
    "支付宝交易号",
    "商户订单号",
    "业务类型",
    "商品名称",
    "创建时间",
    "完成时间",
    "门店编号",
    "门店名称",
    "操作员",
    "终端号",
    "对方账户",
    "订单金额（元）",
    "商家实收（元）",
    "支付宝红包（元）",
    "集分宝（元）",
    "支付宝优惠（元）",
    "商家优惠（元）",
    "券核销金额（元）",
    "券名称",
    "商家红包消费金额（元）",
    "卡消费金额（元）",
    "退款批次号/请求号",
    "服务费（元）",
    "分润（元）",
    "备注",
)
SUMMARY_COLUMNS = (
    "门店编号",
    "门店名称",
    "交易订单总笔数",
    "退款订单总笔数",
    "订单金额（元）",
    "商家实收（元）",
    "支付宝优惠（元）",
    "商家优惠（元）",
    "卡消费金额（元）",
    "服务费（元）",
    "分润（元）",
    "实收净额（元）",
)
SUM = "合计"

_PADDING = " \t\r"
_YUAN = r"(-?\d{1,13}(?:\.\d{1,2})?)元"
_ACCOUNT = re.compile(r"#账号：\[(\d{16})(?:0156)?\]", re.ASCII)
_DAY = re.compile(r"#起始日期：\[(\d{4})年(\d\d)月(\d\d)日 00:00:00\]", re.ASCII)
_PAYMENTS = re.compile(rf"#+交易合计：(\d{{1,9}})笔，商家实收共{_YUAN}", re.ASCII)
_REFUNDS = re.compile(rf"#+退款合计：(\d{{1,9}})笔，商家实收退款共{_YUAN}", re.ASCII)
_SHOWN_MAX = 40
_SHOWABLE = re.compile(r"[-+0-9.,: ]{0,40}|[\u4e00-\u9fff]{1,6}")

Totals = dict[BillKind, tuple[int, int]]


def read_bill(content: bytes, profile: Profile) -> WalletBill:
    """Decode a bill as Alipay gives it (csv.zip).

    Raises ``FileRefused`` where the archive, head or foot is wrong, or where rows, foot and summary do not agree. Rows
    with a fault of their own are left out and listed; a row whose kind or amount can't be read refuses the bill.
    """
    archive = open_archive(content, profile.bill_bytes_max)
    lines = archive.detail.split("\n")
    start, end = _table(lines, profile)
    account_no = _need(_ACCOUNT, lines[:start], "账号")[1]
    first = _need(_DAY, lines[:start], "起始日期")
    day = _checked(lambda: date(*(int(part) for part in first.groups())), "起始日期")
    totals = _foot(lines, end)
    rows, problems = _rows(lines, start + 1, end, profile)
    _check_totals(rows, problems, totals)
    _check_summary(archive.summary, totals, profile)
    problems.extend(_strangers(rows, day if profile.bill_days_checked else None))
    faulty = {problem.line for problem in problems}
    return WalletBill(
        account_no=account_no,
        day=day,
        payments_fen=totals[BillKind.PAYMENT][1],
        refunds_fen=totals[BillKind.REFUND][1],
        lines=tuple(row for row in rows if row.line not in faulty),
        problems=tuple(sorted(problems, key=lambda problem: problem.line)),
    )


def _table(lines: list[str], profile: Profile) -> tuple[int, int]:
    """Where the line of column names stands, and the line that ends the list."""
    marks = [at for at, line in enumerate(lines) if line.startswith("#-") and f"{DETAIL}列表" in line]
    if len(marks) != 2 or "结束" not in lines[marks[1]] or "结束" in lines[marks[0]]:
        raise refused(
            "BILL_FRAME", "账单首尾标记不符", Problem(0, "列表", f"{len(marks)} marks", "one start and one end")
        )
    start, end = marks[0] + 1, marks[1]
    names = tuple(name.strip(_PADDING) for name in lines[start].split(","))
    if names != COLUMNS:
        raise refused("BILL_COLUMNS", "账单列名不符", *_wrong_names(names, start + 1))
    if end - start > profile.bill_lines_max:
        raise refused(
            "BILL_FRAME", "账单行数过多", Problem(0, "列表", str(end - start), f"<= {profile.bill_lines_max}")
        )
    return start, end


def _wrong_names(names: tuple[str, ...], line: int) -> Iterator[Problem]:
    if len(names) != len(COLUMNS):
        yield Problem(line, "columns", str(len(names)), str(len(COLUMNS)))
    for found, wanted in zip(names, COLUMNS, strict=False):
        if found != wanted:
            yield Problem(line, wanted, ascii(found[:_SHOWN_MAX]), f"the column {wanted}")


def _foot(lines: list[str], end: int) -> Totals:
    totals: Totals = {}
    for kind, pattern, name in ((BillKind.PAYMENT, _PAYMENTS, "交易合计"), (BillKind.REFUND, _REFUNDS, "退款合计")):
        found = _need(pattern, lines[end:], name)
        # Refunds are negative here in some bills and positive in others: the name says what they are.
        totals[kind] = (int(found[1]), abs(fen_from_yuan(found[2])))
    return totals


def _need(pattern: re.Pattern[str], lines: list[str], name: str) -> re.Match[str]:
    found = [match for line in lines if (match := pattern.match(line))]
    if len(found) != 1:
        raise refused("BILL_FRAME", f"账单缺少{name}", Problem(0, name, f"{len(found)} lines", "one such # line"))
    return found[0]


def _checked(read: Callable[[], Any], name: str) -> Any:
    try:
        return read()
    except ValueError:
        raise refused("BILL_FRAME", f"账单{name}不正确", Problem(0, name, "", "a value that exists")) from None


def _rows(lines: list[str], start: int, end: int, profile: Profile) -> tuple[list[WalletBillLine], list[Problem]]:
    rows, problems = [], []
    for at in range(start, end):
        if not lines[at].strip(_PADDING):
            continue
        row = _Row(at + 1, lines[at], profile)
        if row.uncounted:
            raise refused("BILL_ROWS", "账单明细无法核对合计", *row.problems)
        rows.append(row.booked())
        problems.extend(row.problems)
    return rows, problems


class _Row:
    """One line taken apart; every field that is wrong becomes a problem that shows nothing personal."""

    def __init__(self, line: int, text: str, profile: Profile) -> None:
        self.line = line
        self.problems: list[Problem] = []
        # Nearly no line has a quote in it; those that have are the csv module's.
        parts = text.split(",") if '"' not in text else _quoted(text)
        self._parts = [part.strip(_PADDING) for part in parts]
        self.uncounted = len(self._parts) != len(COLUMNS)
        if self.uncounted:
            self._wrong("columns", str(len(self._parts)), f"{len(COLUMNS)} columns")
            return
        kind = profile.bill_kinds.get(self._parts[2])
        if kind is None:
            self._wrong(COLUMNS[2], self._parts[2], f"one of {', '.join(profile.bill_kinds)}")
        self._kind = kind or BillKind.PAYMENT
        self._amount_fen = self._fen(11)
        self._received_fen = self._fen(12)
        self.uncounted = bool(self.problems)

    def booked(self) -> WalletBillLine:
        """The line as a record. Refunds come with or without a minus: the kind says what they are."""
        serial, our_ref, refund_ref = self._parts[0], self._parts[1], self._parts[21]
        for index in (0, 1) if self._kind is BillKind.PAYMENT else (0, 1, 21):
            if not self._parts[index]:
                self._wrong(COLUMNS[index], "", "a value; the field must not be empty")
        if self._kind is BillKind.PAYMENT and min(self._amount_fen, self._received_fen) < 0:
            self._wrong(COLUMNS[11], yuan_text(self._amount_fen), "an amount >= 0 where 业务类型 is a payment")
        return WalletBillLine(
            line=self.line,
            kind=self._kind,
            serial=serial,
            our_ref=our_ref,
            refund_ref=refund_ref if self._kind is BillKind.REFUND else "",
            amount_fen=abs(self._amount_fen),
            received_fen=abs(self._received_fen),
            fee_fen=self._fen(22),
            created_at_ms=self._time(4),
            finished_at_ms=self._time(5),
        )

    def _fen(self, index: int) -> int:
        try:
            return fen_from_yuan(self._parts[index])
        except ValueError:
            self._wrong(COLUMNS[index], self._parts[index], "an amount in yuan with at most two decimals")
            return 0

    def _time(self, index: int) -> int:
        try:
            return read_time(self._parts[index])
        except ValueError:
            self._wrong(COLUMNS[index], self._parts[index], "an instant that exists, yyyy-MM-dd HH:mm:ss")
            return 0

    def _wrong(self, name: str, found: str, remedy: str) -> None:
        self.problems.append(Problem(self.line, name, _shown(found), remedy))


def _quoted(text: str) -> list[str]:
    try:
        return next(csv.reader([text], strict=True), [])
    except csv.Error:
        return []


def _shown(text: str) -> str:
    """A value as a problem shows it: numbers, times and short Chinese words; of all else, which may be a person's, only
    how long it is.
    """
    return text if _SHOWABLE.fullmatch(text) else f"{len(text)} characters"


def _check_totals(rows: list[WalletBillLine], problems: list[Problem], totals: Totals) -> None:
    for kind, (count, received_fen) in totals.items():
        found = [row.received_fen for row in rows if row.kind is kind]
        if (len(found), sum(found)) != (count, received_fen):
            told, seen = f"{count}笔 {yuan_text(received_fen)}", f"{len(found)}笔 {yuan_text(sum(found))}"
            raise refused("BILL_TOTAL", "账单明细与合计不符", Problem(0, f"{kind} total", told, seen), *problems)


def _check_summary(text: str, totals: Totals, profile: Profile) -> None:
    """The summary member's last row (合计) against the detail's foot."""
    rows = [[part.strip(_PADDING) for part in line.split(",")] for line in text.split("\n") if line.strip(_PADDING)]
    sums = [row for row in rows if row[0] == SUM]
    names = tuple(next((row for row in rows if row[0] == SUMMARY_COLUMNS[0]), ()))
    if names != SUMMARY_COLUMNS or len(sums) != 1 or len(sums[0]) != len(SUMMARY_COLUMNS):
        raise refused("BILL_SUMMARY", "账单汇总格式不符", Problem(0, SUM, f"{len(sums)} rows", "one row of 12 columns"))
    (payments, paid_fen), (refunds, refunded_fen) = totals[BillKind.PAYMENT], totals[BillKind.REFUND]
    wanted_fen = paid_fen - refunded_fen if profile.bill_summary_received == "net" else paid_fen
    for index, wanted in ((2, str(payments)), (3, str(refunds)), (5, yuan_text(wanted_fen))):
        found = sums[0][index]
        if not _is_same(found, wanted):
            problem = Problem(0, SUMMARY_COLUMNS[index], _shown(found), wanted)
            raise refused("BILL_SUMMARY", "账单汇总与明细不符", problem)


def _is_same(found: str, wanted: str) -> bool:
    try:
        return fen_from_yuan(found) == fen_from_yuan(wanted)
    except ValueError:
        return False


def _strangers(rows: list[WalletBillLine], day: date | None) -> Iterator[Problem]:
    """Rows that the bill should not have: of another day than ``day`` (where it counts), or twice."""
    seen: set[tuple[BillKind, str, str]] = set()
    for row in rows:
        if day is not None and row.finished_at_ms and local_date(row.finished_at_ms) != day:
            yield Problem(row.line, COLUMNS[5], local_date(row.finished_at_ms).isoformat(), f"a time on {day}")
        key = (row.kind, row.serial, row.refund_ref)
        if key in seen:
            yield Problem(row.line, COLUMNS[0], "twice", "a trade, or refund of it, that no other line has")
        seen.add(key)
