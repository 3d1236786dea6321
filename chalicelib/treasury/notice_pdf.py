"""The payment notice (缴款通知书) on one A4 page. Pure: the same content gives the same bytes.

Made when it is asked for and kept nowhere: it bears a person's name and number (docs/decisions/0027).
"""

from __future__ import annotations

import io

from reportlab.graphics import renderPDF
from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.graphics.shapes import Drawing
from reportlab.lib.colors import Color, HexColor
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfgen.canvas import Canvas

from chalicelib.kernel.capitals import capital_amount
from chalicelib.kernel.money import yuan_text
from chalicelib.kernel.pdf_font import font
from chalicelib.treasury.notice_page import VOID, NoticePage

_WIDTH, _HEIGHT = A4
_LEFT, _RIGHT = 56.0, _WIDTH - 56.0
_INK, _GREY, _LINE = HexColor("#1a1a1a"), HexColor("#666666"), HexColor("#b8bec6")
_BLUE, _PALE, _RED = HexColor("#123f7a"), HexColor("#f1f5fa"), HexColor("#c01515")
_ROW, _LABEL = 29.0, 96.0
_QR = 128.0
# Print has full-width points where screens have narrow ones.
_WIDE = str.maketrans({",": "，", ";": "；", "(": "（", ")": "）"})
_NEVER_FIRST = "，。；：、）”"


def notice_pdf(page: NoticePage) -> bytes:
    """The page as a PDF."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4, invariant=1, pageCompression=1, initialFontName=font())
    canvas.setTitle(f"缴款通知书 {page.pay_code}")
    canvas.setAuthor(page.guide.collector)
    _head(canvas, page)
    bottom = _table(canvas, page, _HEIGHT - 196)
    bottom = _amount(canvas, page, bottom - 14)
    bottom = _ways(canvas, page, bottom - 18)
    _notes(canvas, page, bottom - 16)
    _foot(canvas, page)
    if page.stamp:
        _stamp(canvas, page.stamp)
    canvas.showPage()
    canvas.save()
    return out.getvalue()


def _text(canvas: Canvas, at: tuple[float, float], text: str, size: float, color: Color = _INK) -> None:
    canvas.setFillColor(color)
    canvas.setFont(font(), size)
    canvas.drawString(*at, text)


def _head(canvas: Canvas, page: NoticePage) -> None:
    canvas.setFillColor(_BLUE)
    canvas.rect(0, _HEIGHT - 12, _WIDTH, 12, stroke=0, fill=1)
    canvas.setFont(font(), 12)
    canvas.drawCentredString(_WIDTH / 2, _HEIGHT - 62, page.title)
    canvas.setFont(font(), 26)
    canvas.drawCentredString(_WIDTH / 2, _HEIGHT - 100, "缴 款 通 知 书")
    canvas.setStrokeColor(_BLUE)
    canvas.setLineWidth(1.2)
    canvas.line(_LEFT, _HEIGHT - 118, _RIGHT, _HEIGHT - 118)
    _text(canvas, (_LEFT, _HEIGHT - 142), f"{page.name}：", 12)
    said = f"您在{page.period}期竞价中成交。请按下列缴款码和金额，在截止时间前一次足额缴纳成交价款。"
    _text(canvas, (_LEFT, _HEIGHT - 164), said, 11)


def _table(canvas: Canvas, page: NoticePage, top: float) -> float:
    """Facts in rows of two; returns the table's lower edge."""
    rows = (
        (("申请编码", page.code), ("竞买人类别", f"{page.class_word}  第 {page.rank} 名")),
        (("买受人", page.name), ("证件号码", page.id_number)),
        (("收缴单位", page.guide.collector), ("收费项目", page.guide.item)),
        (("收款人", page.guide.payee), ("收款银行", page.guide.bank)),
        (("开具日期", page.issued_on), ("缴款截止", page.due_text)),
    )
    half = (_RIGHT - _LEFT) / 2
    for number, row in enumerate(rows):
        y = top - _ROW * (number + 1)
        for side, (label, value) in enumerate(row):
            x = _LEFT + half * side
            label_width = 70.0
            canvas.setStrokeColor(_LINE)
            canvas.setLineWidth(0.6)
            canvas.setFillColor(_PALE)
            canvas.rect(x, y, label_width, _ROW, fill=1)
            canvas.rect(x, y, half, _ROW, fill=0)
            _text(canvas, (x + 8, y + 10), label, 10, _GREY)
            color = _RED if label == "缴款截止" else _INK
            _fitted(canvas, (x + label_width + 8, y + 10), value, half - label_width - 14, color)
    return top - _ROW * len(rows)


def _fitted(canvas: Canvas, at: tuple[float, float], text: str, width: float, color: Color) -> None:
    """A text in one line, smaller or in two lines where it is long, such as a company's name."""
    size = 10.5
    if pdfmetrics.stringWidth(text, font(), size) <= width:
        _text(canvas, at, text, size, color)
        return
    size = 8.0
    lines = _split(text, size, width)
    while len(lines) > 2 and size > 5:
        size -= 0.5
        lines = _split(text, size, width)
    for number, line in enumerate(lines[:2]):
        _text(canvas, (at[0], at[1] + 6 - 11 * number), line, size, color)


def _amount(canvas: Canvas, page: NoticePage, top: float) -> float:
    """Pay code and amount in large, beside the QR code; returns the lower edge."""
    height = _QR + 32
    bottom = top - height
    canvas.setFillColor(_PALE)
    canvas.setStrokeColor(_BLUE)
    canvas.setLineWidth(0.8)
    canvas.roundRect(_LEFT, bottom, _RIGHT - _LEFT, height, 5, fill=1)
    left = _LEFT + 18
    _text(canvas, (left, top - 26), "缴款码", 10, _GREY)
    spaced = " ".join(page.pay_code[first : first + 4] for first in range(0, len(page.pay_code), 4))
    _text(canvas, (left, top - 50), spaced, 19, _BLUE)
    _text(canvas, (left, top - 82), "金额(小写)", 10, _GREY)
    _text(canvas, (left, top - 106), f"¥ {_grouped(page.amount_fen)}", 19)
    _text(canvas, (left, top - 128), "金额(大写)", 10, _GREY)
    _text(canvas, (left, top - 147), capital_amount(page.amount_fen), 12)
    if page.stamp == VOID:
        # Nobody is to scan what must not be paid.
        return bottom
    _qr(canvas, page.qr_text, (_RIGHT - _QR - 16, bottom + 22))
    canvas.setFillColor(_GREY)
    canvas.setFont(font(), 8.5)
    canvas.drawCentredString(_RIGHT - _QR / 2 - 16, bottom + 10, "扫码缴款（请核对缴款码与金额）")
    return bottom


def _qr(canvas: Canvas, text: str, at: tuple[float, float]) -> None:
    widget = QrCodeWidget(text, barLevel="M")
    x, y, right, top = widget.getBounds()
    drawing = Drawing(_QR, _QR, transform=[_QR / (right - x), 0, 0, _QR / (top - y), 0, 0])
    drawing.add(widget)
    canvas.setFillColor(HexColor("#ffffff"))
    canvas.rect(*at, _QR, _QR, stroke=0, fill=1)
    renderPDF.draw(drawing, canvas, *at)


def _ways(canvas: Canvas, page: NoticePage, top: float) -> float:
    _text(canvas, (_LEFT, top - 8), "缴款方式", 12, _BLUE)
    return _numbered(canvas, page.guide.ways, top - 28)


def _notes(canvas: Canvas, page: NoticePage, top: float) -> None:
    _text(canvas, (_LEFT, top - 8), "注意事项", 12, _BLUE)
    notes = (
        "请一次足额缴款。分次、多缴、少缴或错填缴款码的款项不作为成交价款,由财政部门按规定退回。",
        f"以财政部门确认的缴款时间为准。{page.due_text}后未足额缴款的视为违约，保证金不予退还并上缴国库,"
        "并按规定限制再次参加竞价。",
        "缴款后,财政电子票据由财政部门开具,可在本平台查询和下载。竞买保证金在第二批退款中退还。",
        "本通知书由系统开具,如信息有误,请在缴款前与收缴单位联系。作废的通知书不得缴款。",
    )
    bottom = _numbered(canvas, notes, top - 28)
    if page.remark:
        _text(canvas, (_LEFT, bottom - 14), page.remark, 10, _RED)


def _numbered(canvas: Canvas, lines: tuple[str, ...], top: float) -> float:
    y = top
    for number, text in enumerate(lines, start=1):
        _text(canvas, (_LEFT, y), f"{number}.", 10)
        for line in _split(text.translate(_WIDE), 10, _RIGHT - _LEFT - 18):
            _text(canvas, (_LEFT + 18, y), line, 10)
            y -= 16
    return y


def _split(text: str, size: float, width: float) -> list[str]:
    """Lines no wider than ``width``: Chinese breaks after any character, but no line begins with a point."""
    lines = [""]
    for character in text:
        fits = pdfmetrics.stringWidth(lines[-1] + character, font(), size) <= width
        if fits or character in _NEVER_FIRST:
            lines[-1] += character
        else:
            lines.append(character)
    return lines


def _foot(canvas: Canvas, page: NoticePage) -> None:
    canvas.setStrokeColor(_LINE)
    canvas.setLineWidth(0.6)
    canvas.line(_LEFT, 62, _RIGHT, 62)
    _text(canvas, (_LEFT, 46), f"{page.guide.collector}    缴款码 {page.pay_code}", 8.5, _GREY)
    canvas.setFont(font(), 8.5)
    canvas.drawRightString(_RIGHT, 46, "第 1 页 共 1 页")


def _stamp(canvas: Canvas, stamp: str) -> None:
    color = _RED if stamp == VOID else HexColor("#1d7a3a")
    canvas.saveState()
    canvas.translate(_WIDTH / 2, _HEIGHT / 2 + 20)
    canvas.rotate(28)
    canvas.setStrokeColor(color)
    canvas.setFillColor(color)
    canvas.setStrokeAlpha(0.35)
    canvas.setFillAlpha(0.35)
    canvas.setLineWidth(6)
    width = 96.0 * len(stamp) + 60
    canvas.roundRect(-width / 2, -66, width, 132, 14, fill=0)
    canvas.setFont(font(), 92)
    canvas.drawCentredString(0, -32, stamp)
    canvas.restoreState()


def _grouped(fen: int) -> str:
    whole, _, part = yuan_text(fen).partition(".")
    return f"{int(whole):,}.{part}"
