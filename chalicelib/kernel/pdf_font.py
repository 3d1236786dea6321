"""The Chinese font of every PDF: shipped with the hub, so that a page looks the same wherever it is made."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from reportlab.graphics.shapes import STATE_DEFAULTS
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

FONT = "NotoSansSC"
FONT_FILE = Path(__file__).parents[1] / "reports" / "fonts" / "NotoSansSC-Regular.ttf"


@cache
def font() -> str:
    """The font's name, registered with the PDF library."""
    pdfmetrics.registerFont(TTFont(FONT, str(FONT_FILE)))
    # No bold cut is shipped; what asks for one is given the regular one rather than a font without Chinese.
    pdfmetrics.registerFontFamily(FONT, normal=FONT, bold=FONT, italic=FONT, boldItalic=FONT)
    # A drawing sets its default font before it draws anything, and a page that names Helvetica must carry it.
    STATE_DEFAULTS["fontName"] = FONT
    return FONT
