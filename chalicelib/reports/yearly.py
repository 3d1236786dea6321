"""The year's data tables: a row a period, month over month, other cities beside; as .xlsx, .csv, SVG and PDF. Pure."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import xlsxwriter

from chalicelib.kernel.money import FEN_PER_YUAN
from chalicelib.reports import charts, csv_sheets, words
from chalicelib.reports.figures import ClassFigures, MonthFigures
from chalicelib.reports.pen import Pen
from chalicelib.reports.published import CITIES, Published
from chalicelib.reports.table import Cell, Column, Kind, Table
from chalicelib.reports.tables_pdf import tables_pdf

_Rows = list[tuple[Cell, ...]]
_NAMES = {"年度汇总": "periods", "竞价数据": "auctions", "城市比较": "cities"}


def year_files(year: int, months: Sequence[MonthFigures], published: Iterable[Published]) -> dict[str, bytes]:
    """File name -> content: ``tables-2026.xlsx``, ``tables-2026.pdf``, a .csv a table and an .svg a chart."""
    in_order = sorted(months, key=lambda each: each.period)
    title = in_order[-1].title if in_order else CITIES["hangzhou"]
    tables = [periods_table(year, in_order), auctions_table(year, in_order), cities_table(year, in_order, published)]
    drawn = drawings(in_order)
    files = {
        f"tables-{year}.xlsx": _workbook(year, title, tables),
        f"tables-{year}.pdf": tables_pdf(f"{title} {year} 年数据表", tables, list(drawn.values())),
    }
    for table in tables:
        out = io.BytesIO()
        csv_sheets.write_csv(csv_sheets.table_rows(table), out)
        files[f"{_NAMES[table.sheet]}-{year}.csv"] = out.getvalue()
    files |= {f"{name}-{year}.svg": charts.svg(drawing) for name, drawing in drawn.items()}
    return files


def periods_table(year: int, months: Sequence[MonthFigures]) -> Table:
    """Participants, money and defaults, a row a period."""
    rows: _Rows = []
    for month in months:
        defaulted = sum(each.defaulted for each in month.classes.values())
        winners = sum(each.winners for each in month.classes.values())
        rows.append(
            (
                month.period,
                month.applicants,
                month.qualified,
                month.activated,
                sum(each.bidders for each in month.classes.values()),
                sum(each.quota for each in month.classes.values()),
                winners,
                defaulted,
                _share(defaulted, winners),
                month.rolled_out,
                month.deposit_fen,
                month.refunded_fen,
                month.paid_fen,
                month.forfeited_fen,
            )
        )
    counts = ("申请人", "审核合格", "已激活", "出价人数", "指标数", "买受人数", "违约人数")
    columns = (
        Column("期次", width=11),
        *(Column(name, Kind.COUNT, 10, total=True) for name in counts),
        Column("违约率", width=9),
        Column("延期人数", Kind.COUNT, 10, total=True),
        *(
            Column(name, Kind.MONEY, 18, total=True)
            for name in ("保证金(元)", "已退款(元)", "成交价款(元)", "没收保证金(元)")
        ),
    )
    return Table("年度汇总", f"{year} 年各期汇总表", "金额单位:元。", columns, rows)


def auctions_table(year: int, months: Sequence[MonthFigures]) -> Table:
    """Quota, bidders and prices, a row a period and class, with the change from the period before."""
    rows: _Rows = []
    last: dict[str, ClassFigures] = {}
    for month in months:
        for name, each in sorted(month.classes.items()):
            before = last.get(name)
            rows.append(
                (
                    month.period,
                    words.word(words.CLASSES, name),
                    each.quota,
                    each.qualified,
                    each.bidders,
                    each.winners,
                    _share(each.winners, each.bidders),
                    _fen(each.lowest),
                    _fen(each.average),
                    _change(each.bidders, before.bidders if before else None),
                    _change(each.lowest, before.lowest if before else None),
                    _change(each.average, before.average if before else None),
                    each.at_lowest,
                    each.won_at_lowest,
                    each.defaulted,
                    (each.last_winner_at or "").replace("T", " "),
                )
            )
            last[name] = each
    columns = (
        Column("期次", width=11),
        Column("类别", width=8),
        *(Column(name, Kind.COUNT, 10, total=True) for name in ("指标数", "合格人数", "出价人数", "买受人数")),
        Column("成交率", width=9),
        Column("最低成交价(元)", Kind.MONEY, 15),
        Column("平均成交价(元)", Kind.MONEY, 15),
        Column("出价人数环比", width=12),
        Column("最低价环比", width=12),
        Column("平均价环比", width=12),
        Column("最低价出价人数", Kind.COUNT, 10),
        Column("最低价成交人数", Kind.COUNT, 10),
        Column("违约人数", Kind.COUNT, 10, total=True),
        Column("末位成交时间", width=26),
    )
    return Table("竞价数据", f"{year} 年竞价数据表", "环比:与本年度上一期同类别相比。", columns, rows)


def cities_table(year: int, months: Sequence[MonthFigures], published: Iterable[Published]) -> Table:
    """This city's auctions of the year, and what other cities and earlier years published."""
    rows: _Rows = [
        (
            "本市",
            month.period,
            words.word(words.CLASSES, name),
            each.quota,
            each.bidders,
            _fen(each.lowest),
            _fen(each.average),
            each.at_lowest,
            each.won_at_lowest,
            "本系统",
        )
        for month in months
        for name, each in sorted(month.classes.items())
    ]
    for one in sorted(published, key=lambda each: (list(CITIES).index(each.city), each.period, each.bidder_class)):
        rows.append(
            (
                CITIES[one.city],
                one.period.replace("????", "年份不详"),
                words.word(words.CLASSES, one.bidder_class),
                one.quota,
                one.bidders,
                _fen(one.lowest_yuan),
                _fen(one.average_yuan),
                one.bid_at_lowest,
                one.won_at_lowest,
                one.source,
            )
        )
    columns = (
        Column("城市", width=11),
        Column("期次", width=14),
        Column("类别", width=8),
        Column("指标数", Kind.COUNT, 10),
        Column("出价人数", Kind.COUNT, 11),
        Column("最低成交价(元)", Kind.MONEY, 15),
        Column("平均成交价(元)", Kind.MONEY, 15),
        Column("最低价出价人数", Kind.COUNT, 10),
        Column("最低价成交人数", Kind.COUNT, 10),
        Column("来源", width=60),
    )
    note = "各城市公布数据口径不同,空白为未公布;人数一栏个别为合格人数,见来源。"
    return Table("城市比较", f"{year} 年与各城市公布结果比较表", note, columns, rows)


def drawings(months: Sequence[MonthFigures]) -> Mapping[str, Any]:
    """The charts by file name: prices, participants, defaults."""
    periods = [month.period for month in months]

    def by_class(read: Callable[[ClassFigures], float | None]) -> dict[str, list[float | None]]:
        return {
            words.word(words.CLASSES, name): [
                read(month.classes[name]) if name in month.classes else None for month in months
            ]
            for name in sorted({name for month in months for name in month.classes})
        }

    lowest, average = by_class(lambda each: each.lowest), by_class(lambda each: each.average)
    prices = {f"{name} 最低价": found for name, found in lowest.items()}
    prices |= {f"{name} 平均价": found for name, found in average.items()}
    if not months:
        return {}
    return {
        "prices": charts.lines("成交价(元)", periods, prices)
        if len(months) > 1
        else charts.bars("成交价(元)", periods, prices),
        "participants": charts.bars(
            "参与人数",
            periods,
            {
                "申请人": [month.applicants for month in months],
                "合格": [month.qualified for month in months],
                "出价": [sum(each.bidders for each in month.classes.values()) for month in months],
                "买受": [sum(each.winners for each in month.classes.values()) for month in months],
            },
        ),
        "defaults": charts.bars("违约人数", periods, by_class(lambda each: each.defaulted), stacked=True),
    }


def _workbook(year: int, title: str, tables: Iterable[Table]) -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"constant_memory": True})
    book.set_properties({"title": f"{title} {year} 年数据表", "author": "Hangpai", "created": datetime(year, 12, 31)})  # noqa: DTZ001
    pen = Pen(book, f"{title} {year} 年数据表")
    for table in tables:
        pen.table(table)
    book.close()
    return out.getvalue()


def _fen(yuan: int | None) -> int | None:
    return None if yuan is None else yuan * FEN_PER_YUAN


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f}%" if whole else ""


def _change(now: int | None, before: int | None) -> str:
    return f"{100 * (now - before) / before:+.1f}%" if now is not None and before else ""
