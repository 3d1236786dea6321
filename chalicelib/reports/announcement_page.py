"""The announcement as one HTML page that prints on A4, its calendar drawn into it. Pure."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from chalicelib.reports.announcement import Announcement, Table
from chalicelib.reports.announcement_text import amended, closing, lead, remark, sections

_TEMPLATES = Path(__file__).parent / "templates"


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.tests["table"] = lambda block: isinstance(block, Table)
    return environment.get_template("announcement.html.jinja")


def announcement_html(found: Announcement, calendar_svg: str) -> bytes:
    """The page in UTF-8."""
    page = _template().render(
        found=found,
        lead=lead(found),
        parts=[part for part in (amended(found), *sections(found)) if part],
        remark=remark(found),
        closing=closing(found),
        calendar_svg=calendar_svg,
    )
    return f"{page}\n".encode()
