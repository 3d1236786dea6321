"""Pages of a list: ``limit`` and an opaque ``cursor`` in, the rows and the ``next`` cursor out.

A cursor names the last row that was given, not a number of rows: what comes into the list meanwhile neither repeats a
row nor hides one.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from chalicelib.kernel.errors import InvalidInput, Problem
from chalicelib.kernel.ids import digest_of

PAGE_MAX = 1_000
_DIGEST_CHARACTERS = 16

Row = TypeVar("Row")


def page_of(
    rows: Sequence[Row], asked: Mapping[str, str] | None, key: Callable[[Row], Any] = lambda row: row
) -> tuple[list[Row], str]:
    """The rows asked for by the query parameters ``limit`` (1 to ``PAGE_MAX``, which is also what it is without) and
    ``cursor``, and the next page's cursor, ``""`` on the last. ``key`` gives what names a row and never changes.

    Raises ``InvalidInput`` (``PAGE_INVALID``), also where the row that the cursor names is gone.
    """
    given = asked or {}
    limit, cursor = _limit(str(given.get("limit") or PAGE_MAX)), str(given.get("cursor") or "")
    begin = _after(rows, cursor, key) if cursor else 0
    chosen = list(rows[begin : begin + limit])
    end = begin + len(chosen)
    return chosen, _cursor(end, key(chosen[-1])) if chosen and end < len(rows) else ""


def _limit(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:9]) <= PAGE_MAX:
        raise _wrong("limit", f"1 to {PAGE_MAX}")
    return int(text)


def _after(rows: Sequence[Row], cursor: str, key: Callable[[Row], Any]) -> int:
    place, digest = _read(cursor)
    if 0 < place <= len(rows) and _digest(key(rows[place - 1])) == digest:
        return place
    # Rows came in before it, or went.
    for number, row in enumerate(rows, 1):
        if _digest(key(row)) == digest:
            return number
    raise _wrong("cursor", "`next` of the page before; the list has changed: begin it anew")


def _cursor(place: int, named: Any) -> str:
    return base64.urlsafe_b64encode(f"{place}.{_digest(named)}".encode()).decode().rstrip("=")


def _read(cursor: str) -> tuple[int, str]:
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode("ascii")
        place, _, digest = text.partition(".")
        if len(digest) == _DIGEST_CHARACTERS and len(place) <= 9:
            return int(place), digest
    except (binascii.Error, ValueError):
        pass
    raise _wrong("cursor", "`next` of the page before, as it was given")


def _digest(named: Any) -> str:
    return digest_of(named)[:_DIGEST_CHARACTERS]


def _wrong(field: str, remedy: str) -> InvalidInput:
    return InvalidInput("PAGE_INVALID", "分页参数不正确", problems=(Problem(0, field, "", remedy),))
