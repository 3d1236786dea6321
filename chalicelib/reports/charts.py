"""Charts: one drawing for the PDF and as SVG. Pure: the same figures give the same drawing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from reportlab.graphics import renderSVG
from reportlab.graphics.charts.barcharts import VerticalBarChart
from reportlab.graphics.charts.legends import Legend
from reportlab.graphics.charts.linecharts import HorizontalLineChart
from reportlab.graphics.shapes import Drawing, String
from reportlab.graphics.widgets.markers import makeMarker
from reportlab.lib.colors import HexColor, white

from chalicelib.kernel.pdf_font import font

INK, GREY, GRID = HexColor("#1a1a1a"), HexColor("#666666"), HexColor("#e1e4e9")
PALETTE = tuple(HexColor(each) for each in ("#2f5d9b", "#e08a2c", "#4b9a6a", "#b5483c", "#7a63a8", "#6b7480"))
WIDTH, HEIGHT = 500.0, 210.0
Series = Mapping[str, Sequence[float | None]]
# A browser has the shipped font under another name, or a system's own; without any it would fall back to a serif.
_FAMILIES = "'Noto Sans SC', 'Noto Sans CJK SC', 'PingFang SC', 'Microsoft YaHei', sans-serif"
# More categories than this do not fit side by side: every n-th is named.
_NAMED_MAX = 16
_WHOLE_MAX = 8


def bars(title: str, categories: Sequence[str], series: Series, *, stacked: bool = False) -> Drawing:
    """Columns by category, side by side or one on another."""
    chart = VerticalBarChart()
    chart.bars.strokeColor = white
    chart.bars.strokeWidth = 0.4
    chart.groupSpacing = 8
    chart.barSpacing = 1
    if stacked:
        chart.categoryAxis.style = "stacked"
    chart.valueAxis.valueMin = 0
    chart.valueAxis.rangeRound = "ceiling"
    if max((value or 0 for values in series.values() for value in values), default=0) <= _WHOLE_MAX:
        # Few people are counted in whole ones.
        chart.valueAxis.valueStep = 1
    for place in range(len(series)):
        chart.bars[place].fillColor = PALETTE[place % len(PALETTE)]
    return _drawing(title, chart, categories, series)


def lines(title: str, categories: Sequence[str], series: Series, *, from_zero: bool = False) -> Drawing:
    """Lines over categories in their order; a gap where there is nothing. ``from_zero``: the axis begins there."""
    chart = HorizontalLineChart()
    if from_zero:
        chart.valueAxis.valueMin = 0
    chart.joinedLines = 1
    for place in range(len(series)):
        chart.lines[place].strokeColor = PALETTE[place % len(PALETTE)]
        chart.lines[place].strokeWidth = 1.6
        chart.lines[place].symbol = makeMarker("FilledCircle", size=4)
    return _drawing(title, chart, categories, series)


def svg(drawing: Drawing) -> bytes:
    """The drawing as SVG."""
    made: str = renderSVG.drawToString(drawing)
    return made.replace(f"font-family: {font()};", f"font-family: {_FAMILIES};").encode()


def _drawing(title: str, chart: Any, categories: Sequence[str], series: Series) -> Drawing:
    name = font()
    drawing = Drawing(WIDTH, HEIGHT)
    drawing.add(String(0, HEIGHT - 14, title, fontName=name, fontSize=11, fillColor=INK))
    chart.x, chart.y, chart.width, chart.height = 62, 48, WIDTH - 74, HEIGHT - 86
    chart.data = [tuple(values) for values in series.values()] or [(0,)]
    every = max(1, -(-len(categories) // _NAMED_MAX))
    chart.categoryAxis.categoryNames = [
        each if place % every == 0 else "" for place, each in enumerate(categories)
    ] or [""]
    for axis in (chart.categoryAxis, chart.valueAxis):
        axis.labels.fontName = name
        axis.labels.fontSize = 8
        axis.labels.fillColor = GREY
        axis.strokeColor = GREY
    chart.categoryAxis.labels.dy = -2
    chart.valueAxis.visibleGrid = 1
    chart.valueAxis.gridStrokeColor = GRID
    chart.valueAxis.labelTextFormat = _grouped
    drawing.add(chart)
    drawing.add(_legend(list(series), name))
    return drawing


def _grouped(value: float) -> str:
    return f"{value:,.0f}"


def _legend(names: Sequence[str], name: str) -> Legend:
    legend = Legend()
    legend.x, legend.y = 62, 8
    legend.boxAnchor = "sw"
    legend.fontName, legend.fontSize, legend.fillColor = name, 8, GREY
    legend.columnMaximum = 1
    legend.alignment = "right"
    legend.dx = legend.dy = 7
    legend.deltax = 70
    legend.strokeWidth = 0
    legend.strokeColor = None
    legend.colorNamePairs = [(PALETTE[place % len(PALETTE)], each) for place, each in enumerate(names)]
    return legend
