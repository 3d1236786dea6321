"""A drawing as a list of what is on it, put down once and shown twice: as pixels and as SVG. Pure.

Lengths are in units of the drawing; a point's y grows downwards, and a text stands on its baseline.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from xml.sax.saxutils import escape

from PIL import Image, ImageDraw, ImageFont

_FONT_FILE = Path(__file__).parent / "fonts" / "NotoSansSC-Regular.ttf"
# Whoever looks at the SVG may have another font: the first is the one that widths were measured with.
_FAMILIES = "'Noto Sans SC','Noto Sans CJK SC','Source Han Sans SC','PingFang SC','Microsoft YaHei',sans-serif"
_ANCHORS = {"start": "ls", "middle": "ms", "end": "rs"}
# One weight is shipped; a bold text is drawn with an outline, in both renderings.
_BOLD_OUTLINE = 0.5
PIXELS_PER_UNIT = 2


@dataclass(frozen=True)
class Box:
    """A rectangle. ``fill`` and ``line`` are colours such as ``#1d5fa8``, or empty for none."""

    x: float
    y: float
    width: float
    height: float
    fill: str = ""
    line: str = ""
    radius: float = 0


@dataclass(frozen=True)
class Words:
    """One line of text. ``anchor``: where ``x`` is, ``start``, ``middle`` or ``end``."""

    x: float
    y: float
    text: str
    size: float
    color: str
    anchor: str = "start"
    bold: bool = False


Shape = Box | Words


@dataclass(frozen=True)
class Drawing:
    """What is drawn, from back to front, on a white ground."""

    width: int
    height: int
    title: str
    shapes: Sequence[Shape]


@cache
def _font(size_px: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(_FONT_FILE), size_px, layout_engine=ImageFont.Layout.BASIC)


def text_width(text: str, size: float) -> float:
    """How wide a line of text is."""
    return _font(round(size * PIXELS_PER_UNIT)).getlength(text) / PIXELS_PER_UNIT


def fitting(text: str, size: float, width: float) -> float:
    """The size, not above ``size``, at which a text is no wider than ``width``."""
    wide = text_width(text, size)
    return size if wide <= width else size * width / wide


def to_png(drawing: Drawing) -> bytes:
    """The drawing as a PNG of ``PIXELS_PER_UNIT`` pixels a unit; the same drawing gives the same bytes."""
    scale = PIXELS_PER_UNIT
    image = Image.new("RGB", (drawing.width * scale, drawing.height * scale), "#ffffff")
    pen = ImageDraw.Draw(image)
    for shape in drawing.shapes:
        if isinstance(shape, Box):
            corners = (shape.x, shape.y, shape.x + shape.width, shape.y + shape.height)
            pen.rounded_rectangle(
                [round(each * scale) for each in corners],
                radius=shape.radius * scale,
                fill=shape.fill or None,
                outline=shape.line or None,
                width=scale,
            )
        else:
            pen.text(
                (shape.x * scale, shape.y * scale),
                shape.text,
                fill=shape.color,
                font=_font(round(shape.size * scale)),
                anchor=_ANCHORS[shape.anchor],
                stroke_width=_BOLD_OUTLINE * scale if shape.bold else 0,
            )
    out = io.BytesIO()
    image.save(out, "PNG", dpi=(150, 150))
    return out.getvalue()


def to_svg(drawing: Drawing) -> str:
    """The drawing as an SVG that scales with its page."""
    shapes = "\n".join(_svg(shape) for shape in drawing.shapes)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {drawing.width} {drawing.height}" '
        f'width="{drawing.width}" height="{drawing.height}" role="img" font-family="{_FAMILIES}">\n'
        f"<title>{escape(drawing.title)}</title>\n"
        f'<rect width="{drawing.width}" height="{drawing.height}" fill="#ffffff"/>\n{shapes}\n</svg>\n'
    )


def _svg(shape: Shape) -> str:
    if isinstance(shape, Box):
        radius = f' rx="{_number(shape.radius)}"' if shape.radius else ""
        line = f' stroke="{shape.line}"' if shape.line else ""
        return (
            f'<rect x="{_number(shape.x)}" y="{_number(shape.y)}" width="{_number(shape.width)}" '
            f'height="{_number(shape.height)}"{radius} fill="{shape.fill or "none"}"{line}/>'
        )
    outline = f' stroke="{shape.color}" stroke-width="{2 * _BOLD_OUTLINE:g}"' if shape.bold else ""
    return (
        f'<text x="{_number(shape.x)}" y="{_number(shape.y)}" font-size="{_number(shape.size)}" fill="{shape.color}" '
        f'text-anchor="{shape.anchor}"{outline}>{escape(shape.text)}</text>'
    )


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
