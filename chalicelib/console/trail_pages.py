"""The audit trail: a month's acts, by whom and on what, and its sign-ins, for auditors."""

from __future__ import annotations

import re
from typing import Any

from chalicelib.console.pages import Ask
from chalicelib.console.rendering import page
from chalicelib.console.web import Answer
from chalicelib.kernel.clock import local_date
from chalicelib.kernel.errors import InvalidInput
from chalicelib.periods import audit
from chalicelib.periods.naming import month_of

PAGE = 50
# How much of a month is read to fill one page: a filter that fits hardly anything ends here, and the next page goes on.
READ_MAX = 2_000
_FILTER_CHARACTERS_MAX = 40
_MARK = re.compile(r"[0-9]{13}#[0-9a-f]{32}", re.ASCII)


def show(ask: Ask) -> Answer:
    """``?of=acts|sign-ins&month=&by=&act=&subject=&after=``: the acts that fit, oldest first."""
    asked = ask.request.query
    month = asked.get("month") or f"{local_date(ask.now_ms):%Y-%m}"
    month_of(month)
    filters = {name: asked.get(name, "").strip() for name in ("by", "act", "subject")}
    if any(len(each) > _FILTER_CHARACTERS_MAX for each in filters.values()):
        raise InvalidInput("FILTER_INVALID", f"筛选条件最多 {_FILTER_CHARACTERS_MAX} 个字符")
    book = asked.get("of") or audit.ACTS
    if book not in audit.BOOKS:
        raise InvalidInput("FILTER_INVALID", "请选择操作记录或登录记录")
    after = asked.get("after", "")
    if after and not _MARK.fullmatch(after):
        raise InvalidInput("PAGE_INVALID", "分页参数不正确")
    acts, following = _fitting(month, book, filters, after)
    return page(ask, "trail.html", month=month, book=book, filters=filters, acts=acts, following=following)


def _fitting(month: str, book: str, filters: dict[str, str], after: str) -> tuple[list[dict[str, Any]], str]:
    found: list[dict[str, Any]] = []
    for _ in range(READ_MAX // PAGE):
        part = audit.trail(month, book=book, after=after, limit=PAGE)
        fitting = [act for act in part.acts if all(wanted in act[name] for name, wanted in filters.items())]
        if found and len(found) + len(fitting) > PAGE:
            # What was read now does not fit any more: it is the next page's.
            return found, after
        found, after = found + fitting, part.after
        if not after:
            return found, ""
    return found, after
