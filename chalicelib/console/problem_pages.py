"""What was wrong with what came in, line by line: applicants' lists, statements, notices. By source and by pages."""

from __future__ import annotations

from collections import Counter
from urllib.parse import urlencode

from chalicelib.console.pages import Ask
from chalicelib.console.rendering import page
from chalicelib.console.web import Answer
from chalicelib.kernel.errors import InvalidInput
from chalicelib.periods.problems import list_problems

PAGE = 50
_PLACE_DIGITS_MAX = 6


def listing(ask: Ask) -> Answer:
    """``?source=&from=``: the sources with how many each, then a page of one's or of all."""
    asked = ask.request.query
    source, begin = asked.get("source", ""), asked.get("from", "0")
    if not (begin.isascii() and begin.isdigit()) or len(begin) > _PLACE_DIGITS_MAX:
        raise InvalidInput("PAGE_INVALID", "分页参数不正确")
    listed = list_problems(ask.period)
    fitting = [each for each in listed if source in ("", each.source)]
    end = int(begin) + PAGE
    following = f"?{urlencode({'source': source, 'from': end})}" if len(fitting) > end else ""
    return page(
        ask,
        "problems.html",
        sources=sorted(Counter(each.source for each in listed).items()),
        chosen=source,
        problems=fitting[int(begin) : end],
        total=len(fitting),
        following=following,
    )
