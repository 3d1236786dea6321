"""Tables and charts on A4 pages, landscape. Pure: the same tables give the same bytes."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from reportlab.lib.colors import HexColor, white
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import KeepTogether, Paragraph, SimpleDocTemplate, Spacer
from reportlab.platypus import Table as Grid

from chalicelib.kernel.pdf_font import font
from chalicelib.reports.csv_sheets import table_rows
from chalicelib.reports.table import Kind, Table

_BLUE, _GREY, _LINE = HexColor("#123f7a"), HexColor("#666666"), HexColor("#c9cfd8")
_PAGE = landscape(A4)
_WIDTH = _PAGE[0] - 30 * mm


def tables_pdf(title: str, tables: Sequence[Table], drawings: Sequence[Any]) -> bytes:
    """The tables, each with its note, then the charts."""
    out = io.BytesIO()
    document = SimpleDocTemplate(
        out,
        pagesize=_PAGE,
        leftMargin=15 * mm,
        rightMargin=15 * mm,
        topMargin=16 * mm,
        bottomMargin=16 * mm,
        title=title,
        author="Hangpai",
        invariant=1,
        initialFontName=font(),
    )

    def furniture(canvas: Any, page: Any) -> None:
        canvas.setFillColor(_GREY)
        canvas.setFont(font(), 8)
        canvas.drawString(15 * mm, 9 * mm, title)
        canvas.drawRightString(_PAGE[0] - 15 * mm, 9 * mm, f"第 {page.page} 页")

    story: list[Any] = [Paragraph(title, _style(17, textColor=_BLUE, spaceAfter=6))]
    for table in tables:
        story += [
            Paragraph(table.title, _style(12, textColor=_BLUE, spaceBefore=12, spaceAfter=2)),
            Paragraph(table.note, _style(8, textColor=_GREY, spaceAfter=4)),
            _grid(table),
        ]
    for drawing in drawings:
        story.append(KeepTogether([Spacer(1, 18), drawing]))
    document.build(story, onFirstPage=furniture, onLaterPages=furniture)
    return out.getvalue()


def _style(size: float, **given: Any) -> ParagraphStyle:
    return ParagraphStyle(f"t{size}", **{"fontName": font(), "fontSize": size, "leading": size * 1.4, **given})


def _grid(table: Table) -> Grid:
    cell, head = _style(7, leading=9), _style(7, leading=9, textColor=white)
    number, right = _style(7, leading=9, alignment=2), _style(7, leading=9, alignment=2, textColor=white)
    headings, *rows = table_rows(table)
    kinds = [column.kind for column in table.columns]
    body = [
        [
            # Points and slashes are where a long source may break.
            Paragraph(text.replace("/", "/ "), cell if kind is Kind.TEXT else number)
            for text, kind in zip(row, kinds, strict=True)
        ]
        for row in rows
    ]
    weights = [column.width for column in table.columns]
    grid = Grid(
        [
            [Paragraph(each, head if kind is Kind.TEXT else right) for each, kind in zip(headings, kinds, strict=True)],
            *(body or [["无"] + [""] * (len(kinds) - 1)]),
        ],
        colWidths=[_WIDTH * weight / sum(weights) for weight in weights],
        repeatRows=1,
    )
    grid.setStyle(
        [
            ("FONT", (0, 0), (-1, -1), font(), 7),
            ("BACKGROUND", (0, 0), (-1, 0), _BLUE),
            ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
            ("LINEBELOW", (0, 0), (-1, -1), 0.4, _LINE),
            ("LEFTPADDING", (0, 0), (-1, -1), 3),
            ("RIGHTPADDING", (0, 0), (-1, -1), 3),
        ]
    )
    return grid
