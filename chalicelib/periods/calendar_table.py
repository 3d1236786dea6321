"""The operator's calendar table: notices of years that the library does not know, or that were amended.

Every entry is kept, the latest of a year counts, and the one before it stays to be seen.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.models import Model

from chalicelib.kernel.errors import Conflict
from chalicelib.kernel.tables import HubMeta, Transaction, table_name
from chalicelib.periods.audit import Act, Actor, note
from chalicelib.periods.calendar import EnteredNotice, WorkCalendar, calendar_of, read_notice

# A notice is amended once or twice; a table that fills up is a program gone wrong.
ENTRIES_MAX = 99
_HASH_KEY = "calendar"


class NoticeRecord(Model):
    """One entry: a year's notice as JSON, who entered it and when. ``sk`` is year and number, ``2027#01``."""

    class Meta(HubMeta):
        """The room's table."""

        table_name = table_name("PERIODS_TABLE")

    pk = UnicodeAttribute(hash_key=True, default=_HASH_KEY)
    sk = UnicodeAttribute(range_key=True)
    notice = UnicodeAttribute()
    entered_by = UnicodeAttribute()
    entered_at_ms = NumberAttribute()


@dataclass(frozen=True)
class Entry:
    """A notice in the table; ``number`` counts the entries of its year from 1."""

    entered: EnteredNotice
    number: int
    entered_by: str
    entered_at_ms: int

    def as_dict(self) -> dict[str, Any]:
        """The entry as the API shows it."""
        return {
            **self.entered.as_dict(),
            "number": self.number,
            "entered_by": self.entered_by,
            "entered_at_ms": self.entered_at_ms,
        }


def enter_notice(entered: EnteredNotice, actor: Actor) -> Entry:
    """Put a notice on the table; what stands already is not entered again. Plans that were made stay as they are.

    Raises ``Conflict`` (``CALENDAR_CHANGED``) where another entry of the year came in at the same moment, or there are
    ``ENTRIES_MAX`` of it.
    """
    standing = [each for each in entries() if each.entered.year == entered.year]
    if standing and standing[-1].entered == entered:
        return standing[-1]
    number = len(standing) + 1
    record = NoticeRecord(
        _HASH_KEY,
        f"{entered.year}#{number:02d}",
        notice=json.dumps(entered.as_dict(), ensure_ascii=False),
        entered_by=actor.name,
        entered_at_ms=actor.at_ms,
    )
    changed = Conflict("CALENDAR_CHANGED", f"{entered.year} 年的放假安排刚被他人修改,请核对后再录入")
    if number > ENTRIES_MAX:
        raise changed
    transaction = Transaction()
    transaction.put(record, NoticeRecord.pk.does_not_exist())
    before = standing[-1].entered.as_dict() if standing else {}
    note(transaction, actor, Act("calendar.enter", str(entered.year), before, entered.as_dict()))
    try:
        transaction.commit()
    except Conflict as error:
        raise changed from error
    return _entry(record)


def entries() -> list[Entry]:
    """Every entry there is, by year and number."""
    return [_entry(record) for record in NoticeRecord.query(_HASH_KEY, consistent_read=True)]


def hub_calendar() -> WorkCalendar:
    """The calendar that plans are made and held to: the library's years, and the table's in their place."""
    return calendar_of(each.entered for each in entries())


def _entry(record: NoticeRecord) -> Entry:
    return Entry(
        entered=read_notice(json.loads(record.notice)),
        number=int(record.sk.partition("#")[2]),
        entered_by=record.entered_by,
        entered_at_ms=int(record.entered_at_ms),
    )
