"""From what a room says to HTML: every value is escaped, amounts are yuan, instants are Asia/Shanghai."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from chalicelib.console import words
from chalicelib.console.pages import Ask
from chalicelib.console.web import Answer
from chalicelib.kernel.clock import from_ms
from chalicelib.periods.listing import listed_periods

_HERE = Path(__file__).parent
STATIC = {"console.css": "text/css; charset=utf-8", "htmx-2.0.11.min.js": "text/javascript; charset=utf-8"}


def page(ask: Ask, template: str, *, status: int = 200, **shown: Any) -> Answer:
    """A page in the console's frame. htmx takes the part that it refreshes out of the whole."""
    period = ask.named.get("period", "")
    periods = listed_periods()
    frame = {
        "operator": ask.operator,
        "role_words": "、".join(words.ROLES[role] for role in ask.operator.roles),
        "csrf": ask.operator.csrf,
        "now_ms": ask.now_ms,
        "period": period,
        "periods": periods,
        "menu_of": period or next(iter(periods), ""),
        "address": ask.page.path,
        "may": ask.may,
        "said": words.SAID.get(ask.request.query.get("said", ""), ""),
        "sections": words.SECTIONS,
    }
    return Answer(environment().get_template(template).render({**frame, **shown}), status)


def outside(template: str, *, status: int = 200, **shown: Any) -> Answer:
    """A page for somebody who is not signed in."""
    return Answer(environment().get_template(template).render(shown), status)


@cache
def static_file(name: str) -> tuple[bytes, str]:
    """A file that pages refer to, and a digest that names its content."""
    content = (_HERE / "static" / name).read_bytes()
    return content, hashlib.sha256(content).hexdigest()[:12]


@cache
def environment() -> Environment:
    """The templates. A name that a view forgot is an error, not a gap."""
    made = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "yuan": lambda fen: words.yuan(int(fen)),
        "moment": moment,
        "day": lambda at_ms: f"{from_ms(int(at_ms)):%m-%d}",
        "count": lambda number: f"{int(number):,}",
        "word": _word,
        "shown": words.total,
    }
    made.globals |= {
        "static": lambda name: f"/console/static/{static_file(name)[1]}/{name}",
        "words": words,
    }
    return made


def moment(at_ms: Any) -> str:
    """``2026-03-25 09:00:00``; nothing for an instant that is not there."""
    return f"{from_ms(int(at_ms)):%Y-%m-%d %H:%M:%S}" if at_ms else "—"


def _word(key: Any, table: Mapping[str, str]) -> str:
    return table.get(str(key), str(key))
