"""The usual row of a statement, read with one expression made from the layout. Pure.

What the expression does not take is no fault yet: such a row is read field by field, which says what is wrong with it.
Both ways give the same for what both take; a property test holds them together.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from operator import itemgetter

from integrations.bank_of_hangzhou.fields import SKIPPED, Field
from integrations.bank_of_hangzhou.profile import Profile
from integrations.ports import Direction, StatementLine

QuickReader = Callable[[int, str], StatementLine | None]

_MOMENT = "%Y%m%d%H%M%S%f"
_MINUTE_CHARS, _SECOND_CHARS = 12, 14
_REMEMBERED_MAX = 100_000
_IN_ORDER = (
    "serial",
    "booked_at_ms",
    "value_date",
    "direction",
    "amount_fen",
    "account_no",
    "account_name",
    "memo",
    "our_ref",
)


def quick_reader(layout: Sequence[Field], profile: Profile) -> QuickReader:
    """Reads a line by a layout, or gives ``None`` for one that has to be read field by field."""
    fields = {field.name: field for field in layout}
    moment, day = fields.get("booked_at_ms"), fields.get("value_date")
    usual = set(fields) == set(_IN_ORDER) and len(profile.delimiter) == 1 and SKIPPED not in fields
    if not usual or moment is None or day is None or moment.format != _MOMENT:
        return lambda _line, _text: None
    delimiter = re.escape(profile.delimiter)
    expression = re.compile(delimiter.join(f"({_pattern(field, delimiter)})" for field in layout))
    in_order = itemgetter(*(list(fields).index(name) for name in _IN_ORDER))
    directions = {said: Direction(meant) for said, meant in profile.directions.items()}
    blank = object.__new__
    minutes: dict[str, int] = {}
    days: dict[str, object] = {}

    def read(line: int, text: str) -> StatementLine | None:
        found = expression.fullmatch(text)
        if found is None:
            return None
        serial, at, dated, said, amount, *rest = in_order(found.groups())
        try:
            began_ms = minutes.get(at[:_MINUTE_CHARS])
            if began_ms is None:
                _forget(minutes)
                began_ms = minutes[at[:_MINUTE_CHARS]] = moment.read(at[:_MINUTE_CHARS] + "00000", {})
            dated_on = days.get(dated)
            if dated_on is None:
                _forget(days)
                dated_on = days[dated] = day.read(dated, {})
        except ValueError:
            return None
        seconds, direction = int(at[_MINUTE_CHARS:_SECOND_CHARS]), directions.get(said)
        if seconds > 59 or direction is None:
            return None
        booked_at_ms = began_ms + seconds * 1_000 + int(at[_SECOND_CHARS:])
        account_no, account_name, memo, our_ref = rest
        # A frozen dataclass sets each of its ten fields by a call of its own: of a million rows, most of the time.
        read_line = blank(StatementLine)
        read_line.__dict__.update(
            line=line,
            serial=serial,
            booked_at_ms=booked_at_ms,
            value_date=dated_on,
            direction=direction,
            amount_fen=int(amount),
            account_no=account_no,
            account_name=account_name,
            memo=memo,
            our_ref=our_ref,
        )
        return read_line

    return read


def _forget(remembered: dict[str, int] | dict[str, object]) -> None:
    if len(remembered) >= _REMEMBERED_MAX:
        remembered.clear()


def _pattern(field: Field, delimiter: str) -> str:
    match field.kind:
        case "digits":
            return f"[0-9]{{{field.length}}}"
        case "count" | "fen":
            return "[0-9]{1,18}"
        case "moment":
            return "[0-9]{17}"
        case "day" | "direction":
            return rf"[^{delimiter}]*"
        case _:
            return rf"[^\x00-\x1f\x7f{delimiter}]{{{int(field.required)},{field.longest}}}"
