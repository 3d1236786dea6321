"""The announcement as a Word document on A4. Pure: the same announcement gives the same bytes."""

from __future__ import annotations

import io
import zipfile
from datetime import datetime
from typing import Any

from docx import Document
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor

from chalicelib.reports.announcement import Announcement, Table
from chalicelib.reports.announcement_text import amended, closing, lead, remark, sections

# What Word knows on every Chinese machine; elsewhere the reader's own take their place.
_BODY, _HEADING = "仿宋", "黑体"
_PAGE_WIDTH_CM, _TEXT_WIDTH_CM, _PICTURE_WIDTH_CM = 21, 15.6, 18.4
_BODY_PT, _CELL_PT = 14, 12
# Fewer rows than these, the headings counted, are not left alone at the end of a page.
_ROWS_TOGETHER = 4
_RULE_COLOR, _HEAD_FILL = "9AA3AE", "EAF0F7"
_GREY = RGBColor(0x55, 0x5F, 0x6B)
# The oldest time that a zip can bear: when a file was packed says nothing.
_EPOCH = (1980, 1, 1, 0, 0, 0)


def announcement_docx(found: Announcement, calendar_png: bytes) -> bytes:
    """The announcement with its calendar on a page of its own."""
    document = Document()
    _set_up(document, found)
    _line(document, found.title, size=22, bold=True, after=4)
    _line(document, f"{found.month_text}　{found.edition.label}", size=14, after=14)
    _paragraph(document, lead(found))
    for part in filter(None, [amended(found), *sections(found)]):
        _heading(document, part.heading)
        for block in part.blocks:
            if isinstance(block, Table):
                _table(document, block)
            else:
                _paragraph(document, block)
    if remark(found):
        _paragraph(document, f"注：{remark(found)}", color=_GREY)
    _signature(document, found)
    page = document.add_section()
    page.left_margin = page.right_margin = Cm((_PAGE_WIDTH_CM - _PICTURE_WIDTH_CM) / 2)
    _line(document, "附件：竞价日历", size=16, bold=True, after=8)
    document.add_picture(io.BytesIO(calendar_png), width=Cm(_PICTURE_WIDTH_CM))
    packed = io.BytesIO()
    document.save(packed)
    return _without_times(packed.getvalue())


def _set_up(document: Any, found: Announcement) -> None:
    page = document.sections[0]
    page.page_width, page.page_height = Cm(_PAGE_WIDTH_CM), Cm(29.7)
    page.left_margin = page.right_margin = Cm((_PAGE_WIDTH_CM - _TEXT_WIDTH_CM) / 2)
    page.top_margin, page.bottom_margin = Cm(3), Cm(2.6)
    style = document.styles["Normal"]
    style.font.name, style.font.size = "Times New Roman", Pt(_BODY_PT)
    style.element.rPr.rFonts.set(qn("w:eastAsia"), _BODY)
    _page_number(page.footer.paragraphs[0])
    core, issued = document.core_properties, found.edition.issued_on
    told = datetime(issued.year, issued.month, issued.day) if issued else datetime(*_EPOCH)  # noqa: DTZ001
    core.title, core.subject = found.title, f"{found.plan.period} {found.edition.label}"
    core.author = core.last_modified_by = found.rules.notice.office if found.rules.notice else ""
    core.created = core.modified = told
    core.revision, core.comments, core.language = 1, "", "zh-CN"


def _page_number(paragraph: Any) -> None:
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    run = paragraph.add_run()
    run.font.size = Pt(10)
    for kind, text in (("begin", ""), ("", "PAGE"), ("end", "")):
        part = OxmlElement("w:fldChar" if kind else "w:instrText")
        if kind:
            part.set(qn("w:fldCharType"), kind)
        else:
            part.text = text
        run._r.append(part)


def _write(paragraph: Any, text: str, *, font: str = _BODY, size: int = _BODY_PT, bold: bool = False) -> Any:
    run = paragraph.add_run(text)
    run.font.size, run.font.bold = Pt(size), bold
    run.font.name = "Times New Roman"
    run._r.get_or_add_rPr().rFonts.set(qn("w:eastAsia"), font)
    return run


def _line(document: Any, text: str, *, size: int, bold: bool = False, after: int = 0) -> None:
    paragraph = document.add_paragraph()
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    paragraph.paragraph_format.space_after = Pt(after)
    _write(paragraph, text, font=_HEADING if bold else _BODY, size=size, bold=bold)


def _heading(document: Any, text: str) -> None:
    paragraph = document.add_paragraph()
    shape = paragraph.paragraph_format
    shape.space_before, shape.space_after, shape.keep_with_next = Pt(10), Pt(4), True
    shape.first_line_indent = Pt(2 * _BODY_PT)
    _write(paragraph, text, font=_HEADING, bold=True)


def _paragraph(document: Any, text: str, *, color: RGBColor | None = None) -> None:
    paragraph = document.add_paragraph()
    shape = paragraph.paragraph_format
    # Two characters, as Chinese paragraphs begin.
    shape.first_line_indent, shape.line_spacing, shape.space_after = Pt(2 * _BODY_PT), Pt(25), Pt(2)
    run = _write(paragraph, text)
    if color is not None:
        run.font.color.rgb = color


def _table(document: Any, table: Table) -> None:
    made = document.add_table(rows=0, cols=len(table.headings))
    made.alignment, made.autofit = WD_TABLE_ALIGNMENT.CENTER, False
    _borders(made)
    for column, share in zip(made.columns, table.shares, strict=True):
        column.width = Cm(_TEXT_WIDTH_CM * share / 100)
    for number, texts in enumerate((table.headings, *table.rows)):
        row = made.add_row()
        _keep_whole(row, repeat=number == 0)
        for cell, text, share in zip(row.cells, texts, table.shares, strict=True):
            cell.width = Cm(_TEXT_WIDTH_CM * share / 100)
            paragraph = cell.paragraphs[0]
            paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
            paragraph.paragraph_format.space_before = paragraph.paragraph_format.space_after = Pt(3)
            paragraph.paragraph_format.keep_with_next = number < min(_ROWS_TOGETHER - 1, len(table.rows))
            _write(paragraph, text, size=_CELL_PT, font=_BODY if number else _HEADING, bold=not number)
            if not number:
                _shade(cell)
    after = document.add_paragraph().paragraph_format
    after.line_spacing, after.space_after = Pt(8), Pt(0)


def _keep_whole(row: Any, *, repeat: bool) -> None:
    """A row is not torn by a page's end; the headings stand on each page."""
    properties = row._tr.get_or_add_trPr()
    properties.append(OxmlElement("w:cantSplit"))
    if repeat:
        properties.append(OxmlElement("w:tblHeader"))


def _borders(table: Any) -> None:
    borders = OxmlElement("w:tblBorders")
    for side in ("top", "left", "bottom", "right", "insideH", "insideV"):
        line = OxmlElement(f"w:{side}")
        for name, value in (("val", "single"), ("sz", "6"), ("color", _RULE_COLOR)):
            line.set(qn(f"w:{name}"), value)
        borders.append(line)
    table._tbl.tblPr.append(borders)


def _shade(cell: Any) -> None:
    shade = OxmlElement("w:shd")
    for name, value in (("val", "clear"), ("color", "auto"), ("fill", _HEAD_FILL)):
        shade.set(qn(f"w:{name}"), value)
    cell._tc.get_or_add_tcPr().append(shade)


def _signature(document: Any, found: Announcement) -> None:
    for number, text in enumerate(closing(found)):
        paragraph = document.add_paragraph()
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        paragraph.paragraph_format.space_before = Pt(0 if number else 24)
        paragraph.paragraph_format.space_after = Pt(2)
        _write(paragraph, text)


def _without_times(packed: bytes) -> bytes:
    """The same archive, packed at no time."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(packed)) as source, zipfile.ZipFile(out, "w") as target:
        for name in source.namelist():
            info = zipfile.ZipInfo(name, _EPOCH)
            info.compress_type, info.create_system = zipfile.ZIP_DEFLATED, 3
            info.external_attr = 0o100644 << 16
            target.writestr(info, source.read(name))
    return out.getvalue()
