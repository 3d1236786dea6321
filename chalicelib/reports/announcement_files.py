"""An announcement as files: text, calendar picture and data, drawn from the same content. Pure."""

from __future__ import annotations

from chalicelib.kernel.csv_table import CSV_TYPE
from chalicelib.reports.announcement import Announcement
from chalicelib.reports.announcement_data import announcement_csv, announcement_json
from chalicelib.reports.announcement_docx import announcement_docx
from chalicelib.reports.announcement_page import announcement_html
from chalicelib.reports.calendar_picture import calendar_drawing
from chalicelib.reports.drawing import to_png, to_svg

DOCX = "announcement.docx"
TYPES = {
    DOCX: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "announcement.html": "text/html; charset=utf-8",
    "calendar.png": "image/png",
    "calendar.svg": "image/svg+xml",
    "announcement.json": "application/json",
    "announcement.csv": CSV_TYPE,
}


def announcement_files(found: Announcement) -> dict[str, bytes]:
    """Every file of ``TYPES`` by name; the same announcement gives the same bytes."""
    drawing = calendar_drawing(found)
    png, svg = to_png(drawing), to_svg(drawing)
    return {
        DOCX: announcement_docx(found, png),
        "announcement.html": announcement_html(found, svg),
        "calendar.png": png,
        "calendar.svg": svg.encode(),
        "announcement.json": announcement_json(found),
        "announcement.csv": announcement_csv(found),
    }
