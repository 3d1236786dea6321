"""The month's summary on A4 pages, with charts. Pure: the same month gives the same bytes."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from reportlab.lib.colors import HexColor, white
from reportlab.lib.enums import TA_CENTER
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import KeepTogether, Paragraph, SimpleDocTemplate, Spacer
from reportlab.platypus import Table as Grid

from chalicelib.kernel.money import FEN_PER_YUAN
from chalicelib.kernel.pdf_font import font
from chalicelib.reports import charts, cover
from chalicelib.reports.sheets import channels_of
from chalicelib.reports.table import Cell, Formula, Kind, Table
from chalicelib.reports.tally import CAME_BACK, Sum
from chalicelib.reports.words import CHANNELS, batch_word, word
from chalicelib.reports.workbook import Bound

_INK, _GREY, _LINE = HexColor("#1a1a1a"), HexColor("#666666"), HexColor("#c9cfd8")
_BLUE, _PALE, _GOOD, _BAD = HexColor("#123f7a"), HexColor("#f1f5fa"), HexColor("#1f7a3f"), HexColor("#b3261e")
_WIDTH = A4[0] - 36 * mm


def summary_pdf(bound: Bound, *, amendment: int = 0) -> bytes:
    """The pages: figures and checks, charts, refunds, treasury, reconciliation, trial balance, boxes to sign in."""
    out = io.BytesIO()
    month = bound.month
    name = f"月度结算摘要(更正第{amendment}号)" if amendment else "月度结算摘要"
    document = SimpleDocTemplate(
        out,
        pagesize=A4,
        leftMargin=18 * mm,
        rightMargin=18 * mm,
        topMargin=20 * mm,
        bottomMargin=18 * mm,
        title=f"{month.title} {month.period} {name}",
        author="Hangpai",
        invariant=1,
        initialFontName=font(),
    )

    def furniture(canvas: Any, page: Any) -> None:
        canvas.setFillColor(_BLUE)
        canvas.rect(0, A4[1] - 8, A4[0], 8, stroke=0, fill=1)
        canvas.setFillColor(_GREY)
        canvas.setFont(font(), 8)
        canvas.drawString(18 * mm, 10 * mm, f"{month.title} {month.period} {name}")
        canvas.drawRightString(A4[0] - 18 * mm, 10 * mm, f"第 {page.page} 页")

    document.build(_story(bound, name), onFirstPage=furniture, onLaterPages=furniture)
    return out.getvalue()


def _style(size: float, **given: Any) -> ParagraphStyle:
    return ParagraphStyle(
        f"s{size}", **{"fontName": font(), "fontSize": size, "leading": size * 1.4, "textColor": _INK, **given}
    )


def _story(bound: Bound, name: str) -> list[Any]:
    month, tables = bound.month, bound.tables
    story: list[Any] = [
        Paragraph(month.title, _style(12, alignment=TA_CENTER, textColor=_BLUE)),
        Paragraph(f"{month.period} 期{name}", _style(19, alignment=TA_CENTER, textColor=_BLUE, spaceBefore=4)),
        Paragraph(
            f"编制日期 {month.made_on.isoformat()}", _style(9, alignment=TA_CENTER, textColor=_GREY, spaceBefore=4)
        ),
        Spacer(1, 14),
        _tiles(bound),
        *_section("结账核对", _checks(bound)),
        *_section(
            "竞价结果",
            _grid(
                tables["竞价结果"],
                ("类别", "指标数", "合格人数", "出价人数", "买受人数", "最低成交价(元)", "平均成交价(元)"),
            ),
        ),
    ]
    if bound.found.arrivals:
        story.append(KeepTogether([Spacer(1, 16), _arrivals(bound)]))
    story += _section(
        "退款与上缴", _grid(tables["退款"], ("批次", "笔数", "本金(元)", "利息(元)", "已付(元)", "退回(元)"))
    )
    if bound.found.refunds:
        story.append(KeepTogether([Spacer(1, 16), _batches(bound)]))
    story += _section(
        "财政清分",
        _grid(
            tables["财政清分"], ("类别", "配额", "通知书(份)", "已缴(份)", "已缴价款(元)", "违约(份)", "没收保证金(元)")
        ),
    )
    story += _section(
        "保证金利息",
        _grid(
            tables["利息"],
            (
                "渠道",
                "计息笔数",
                "指令利息(元)",
                "退回利息(元)",
                "应付利息(元)",
                "已付利息(元)",
                "银行结息(元)",
                "结余(元)",
            ),
        ),
    )
    story += _section(
        "银行余额核对",
        _grid(
            tables["对账"], ("渠道", "期初余额(元)", "推算期末(元)", "对账单期末(元)", "账簿余额(元)", "账簿差额(元)")
        ),
    )
    story += _section(
        "试算平衡", _grid(tables["试算平衡"], ("科目编码", "科目名称", "借方(元)", "贷方(元)", "余额(元)"))
    )
    story.append(KeepTogether([Spacer(1, 20), _boxes()]))
    return story


def _section(title: str, *parts: Any) -> list[Any]:
    return [KeepTogether([Paragraph(title, _style(12, textColor=_BLUE, spaceBefore=16, spaceAfter=5)), *parts])]


def _tiles(bound: Bound) -> Grid:
    """The figures in eight tiles."""
    found, month = bound.found, bound.month
    every, paid = found.all_credits(), found.refunds_where(lambda _batch, _channel, state: state == "paid")
    prices = bound.tables["成交价款"]
    shown = (
        ("申请人", f"{month.applicants:,}", f"合格 {month.qualified:,},激活 {month.activated:,}"),
        ("到账(元)", _yuan(every.fen), f"{every.count:,} 笔"),
        ("保证金(元)", _yuan(found.all_deposits().fen), f"{found.all_deposits().count:,} 人"),
        ("延期转出(元)", _yuan(found.rolled_out.fen), f"转入 {_yuan(found.rolled_in.fen)}"),
        ("已付退款及上缴(元)", _yuan(paid.fen), f"{paid.count:,} 笔,含利息 {_yuan(paid.interest_fen)}"),
        ("成交价款实缴(元)", _yuan(prices.total_value("实缴(元)")), f"应缴 {_yuan(prices.total_value('应缴(元)'))}"),
        (
            "没收保证金(元)",
            _yuan(bound.tables["没收"].total_value("没收保证金(元)")),
            f"{len(bound.tables['没收'].rows)} 人违约",
        ),
        ("财政电子票据(张)", f"{len(month.receipts):,}", f"不符 {len(month.unmatched)} 笔"),
    )
    cells = [
        [
            Paragraph(label, _style(8.5, textColor=_GREY)),
            Paragraph(figure, _style(14, textColor=_BLUE, leading=20)),
            Paragraph(aside, _style(8, textColor=_GREY)),
        ]
        for label, figure, aside in shown
    ]
    grid = Grid([cells[:4], cells[4:]], colWidths=[_WIDTH / 4] * 4)
    grid.setStyle(
        [
            ("FONTNAME", (0, 0), (-1, -1), font()),
            ("BACKGROUND", (0, 0), (-1, -1), _PALE),
            ("INNERGRID", (0, 0), (-1, -1), 4, white),
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LEFTPADDING", (0, 0), (-1, -1), 8),
            ("TOPPADDING", (0, 0), (-1, -1), 7),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 8),
        ]
    )
    return grid


def _checks(bound: Bound) -> Grid:
    rows: list[list[Any]] = [["核对", "差额", "结论"]]
    colours = []
    for place, check in enumerate(bound.checks, start=1):
        value = int(check.difference.value)
        rows.append(
            [check.item, str(value) if check.counts else _yuan(value), cover.BALANCED if check.holds else cover.OPEN]
        )
        colours.append(("TEXTCOLOR", (2, place), (2, place), _GOOD if check.holds else _BAD))
    return _styled(
        rows, [_WIDTH * 0.62, _WIDTH * 0.23, _WIDTH * 0.15], [*colours, ("ALIGN", (2, 0), (2, -1), "CENTER")]
    )


def _grid(table: Table, headings: Sequence[str]) -> Grid:
    """Some columns of a sheet, with its totals."""
    places = [table.position(heading) for heading in headings]
    small = _style(8.5, leading=11)
    rows: list[list[Any]] = [[*headings]]
    for row in table.rows:
        rows.append(
            [
                Paragraph(str(row[place]), small) if isinstance(row[place], str) else _shown(row[place], table, place)
                for place in places
            ]
        )
    if not table.rows:
        rows.append(["无"] + [""] * (len(headings) - 1))
    totals = ["合计"]
    for place in places[1:]:
        column = table.columns[place]
        totals.append(_number(table.total_value(column.heading), column.kind) if column.total else "")
    rows.append(totals)
    weights = [max(table.columns[place].width, 9) for place in places]
    widths = [_WIDTH * weight / sum(weights) for weight in weights]
    extra: list[tuple[Any, ...]] = [
        ("BACKGROUND", (0, -1), (-1, -1), _PALE),
        ("LINEABOVE", (0, -1), (-1, -1), 0.8, _GREY),
        *(
            ("ALIGN", (shown, 0), (shown, -1), "LEFT")
            for shown, place in enumerate(places)
            if table.columns[place].kind is Kind.TEXT
        ),
    ]
    return _styled(rows, widths, extra)


def _styled(rows: list[list[Any]], widths: list[float], extra: Sequence[tuple[Any, ...]]) -> Grid:
    grid = Grid(rows, colWidths=widths, repeatRows=1)
    grid.setStyle(
        [
            ("FONT", (0, 0), (-1, -1), font(), 8.5),
            ("TEXTCOLOR", (0, 0), (-1, -1), _INK),
            ("BACKGROUND", (0, 0), (-1, 0), _BLUE),
            ("TEXTCOLOR", (0, 0), (-1, 0), white),
            ("ALIGN", (1, 0), (-1, -1), "RIGHT"),
            ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
            ("LINEBELOW", (0, 0), (-1, -1), 0.4, _LINE),
            ("TOPPADDING", (0, 0), (-1, -1), 3.5),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 4.5),
            *extra,
        ]
    )
    return grid


def _arrivals(bound: Bound) -> Any:
    days = sorted({day for day, _ in bound.found.arrivals})
    seen = {channel for _, channel in bound.found.arrivals}
    series = {
        word(CHANNELS, channel): [bound.found.arrivals.get((day, channel), Sum()).fen / FEN_PER_YUAN for day in days]
        for channel in channels_of(bound.found)
        if channel in seen
    }
    return charts.bars("每日到账金额(元)", [f"{day:%m-%d}" for day in days], series, stacked=True)


def _batches(bound: Bound) -> Any:
    batches = sorted({batch for batch, _, _ in bound.found.refunds})

    def of(states: Sequence[str]) -> list[float | None]:
        return [
            bound.found.refunds_where(lambda name, _by, state, of=batch: name == of and state in states).fen  # type: ignore[misc]
            / FEN_PER_YUAN
            for batch in batches
        ]

    return charts.bars(
        "各批次付款金额(元)", [batch_word(batch) for batch in batches], {"已付": of(("paid",)), "退回": of(CAME_BACK)}
    )


def _boxes() -> Grid:
    label = _style(9, textColor=_GREY, leading=16)
    cells = [Paragraph(f"{each}:<br/><br/>日期:", label) for each in cover.SIGNATURES]
    grid = Grid([cells[:2], cells[2:]], colWidths=[_WIDTH / 2] * 2, rowHeights=[58, 58])
    every = (0, 0), (-1, -1)
    grid.setStyle([("FONTNAME", *every, font()), ("GRID", *every, 0.6, _GREY), ("VALIGN", *every, "TOP")])
    return grid


def _shown(cell: Cell, table: Table, place: int) -> Any:
    value = cell.value if isinstance(cell, Formula) else cell
    return _number(value, table.columns[place].kind) if isinstance(value, int) else "" if value is None else str(value)


def _number(value: int, kind: Kind) -> str:
    return _yuan(value) if kind is Kind.MONEY else f"{value:,}"


def _yuan(fen: int) -> str:
    sign, fen = ("-", -fen) if fen < 0 else ("", fen)
    return f"{sign}{fen // FEN_PER_YUAN:,}.{fen % FEN_PER_YUAN:02d}"
