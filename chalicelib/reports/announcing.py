"""Drafting and publishing a period's announcement from its plan's versions.

Each approved version is an edition of its own and stays where it is: ``announcement/{period}/v{n}/``. What holds now
stands above them, ``announcement/{period}/``, so that a link to it never grows old.
"""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.kernel.errors import NotFound
from chalicelib.kernel.files import Files, read_json
from chalicelib.periods.approvals import APPROVED
from chalicelib.periods.calendar_table import hub_calendar
from chalicelib.periods.records import load_period_rules
from chalicelib.periods.versions import VersionRecord, find_version, versions
from chalicelib.reports.announcement import Announcement, Edition, changes_between, issue_day
from chalicelib.reports.announcement_files import TYPES, announcement_files

_MARK = "announcement.json"


def publish(files: Files, period: str) -> list[int]:
    """Write every edition that is not out yet, the latest above the others too; returns the numbers of those written.

    Again writes nothing. An edition that was written is left as it is, whatever has become of the templates since.
    """
    written: list[int] = []
    while True:
        listed = _editions(period)
        for number, version in enumerate(listed, start=1):
            if not _number(files, f"announcement/{period}/v{number}"):
                _write(files, f"announcement/{period}/v{number}", announcement_of(period, version.number))
                written.append(number)
        # Asked again after it was written: another edition may have been approved meanwhile.
        if not listed or _number(files, f"announcement/{period}") == len(listed):
            return written
        _write(files, f"announcement/{period}", announcement_of(period, listed[-1].number))


def announcement_of(period: str, number: int = 0) -> Announcement:
    """The announcement of a version of the plan, the latest for 0; a draft where nobody has approved it.

    Raises ``NotFound`` (``PERIOD_UNKNOWN``, ``VERSION_UNKNOWN``).
    """
    rules = load_period_rules(period)
    version = find_version(period, number)
    before = [each for each in _editions(period) if each.number < version.number]
    edition = _edition(version, before)
    return Announcement(version.as_plan(), rules, hub_calendar(), edition)


def _edition(version: VersionRecord, before: Sequence[VersionRecord]) -> Edition:
    plan = version.as_plan()
    issued = issue_day(plan, int(version.decided_at_ms)) if version.decision == APPROVED else None
    changes = changes_between(before[-1].as_plan(), plan) if before else ()
    return Edition(len(before) + 1, issued, version.reason if before else "", changes)


def _editions(period: str) -> list[VersionRecord]:
    """The approved versions, the first one first; two that say the same, one after the other, are one."""
    approved = [each for each in versions(period) if each.decision == APPROVED]
    return [each for place, each in enumerate(approved) if not place or approved[place - 1].digest != each.digest]


def _number(files: Files, folder: str) -> int:
    """Which edition lies in a folder; 0 for none, or one that was broken off."""
    try:
        return int(read_json(files, "public", f"{folder}/{_MARK}")["edition"]["number"])
    except NotFound:
        return 0


def _write(files: Files, folder: str, found: Announcement) -> None:
    made = announcement_files(found)
    # The mark comes last: an edition that was broken off is written again.
    for name in sorted(made, key=lambda each: each == _MARK):
        files.write("public", f"{folder}/{name}", made[name], TYPES[name])
