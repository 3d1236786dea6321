"""Files to take along: finance's, the purchaser's clearing data, and the notary's sealed packages."""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.console.pages import Ask
from chalicelib.console.rendering import page
from chalicelib.console.web import Answer, redirect
from chalicelib.kernel.errors import NotFound
from chalicelib.periods.audit import Act, note_alone
from chalicelib.periods.records import PeriodState, find_period
from chalicelib.reports.late import draw_up_again, statements_asked
from chalicelib.wiring import hub

LINK_SECONDS = 60
_LINE_WORDS = 2
READERS = ("planner", "approver", "cashier", "auditor")


@dataclass(frozen=True)
class Shelf:
    """A folder that files are taken from; ``{period}`` stands in its prefix."""

    title: str
    bucket: str
    prefix: str


SHELVES = {
    "reports": Shelf("财务报表", "outbox", "reports/{period}/"),
    "clearing": Shelf("清算数据", "outbox", "regulator/clearing/{period}/"),
    "announcement": Shelf("公告与日历", "public", "announcement/{period}/"),
    "evidence": Shelf("公证封存包", "evidence", "{period}/"),
}


def listing(ask: Ask) -> Answer:
    """What lies on each shelf."""
    files = hub().files
    found = {
        name: [
            key.removeprefix(_prefix(ask, shelf))
            for key in files.keys(shelf.bucket, _prefix(ask, shelf))
            if _own(ask, shelf, key)
        ]
        for name, shelf in SHELVES.items()
    }
    return page(ask, "files.html", shelves=SHELVES, found=found, finished=_finished(ask))


def fetch(ask: Ask) -> Answer:
    """Hand a file out by an address that is good for a minute. Who took what is on the trail first."""
    shelf, name = SHELVES.get(ask.named["shelf"]), ask.named["name"]
    files = hub().files
    if shelf is None or f"{_prefix(ask, shelf)}{name}" not in files.keys(shelf.bucket, _prefix(ask, shelf)):
        raise NotFound("FILE_UNKNOWN", "没有这个文件")
    note_alone(ask.actor, Act("file.download", f"{ask.period} {ask.named['shelf']}/{name}"))
    return redirect(files.link(shelf.bucket, f"{_prefix(ask, shelf)}{name}", LINK_SECONDS))


def draw_up(ask: Ask) -> Answer:
    """A cashier has a closed month drawn up again; ``statements``: a line each, channel and day."""
    lines = (line.split() for line in ask.request.form.get("statements", "").splitlines() if line.strip())
    asked = [{"channel": line[0], "day": line[1] if len(line) == _LINE_WORDS else ""} for line in lines]
    draw_up_again(ask.period, statements_asked({"statements": asked}), hub().machines, ask.actor)
    return redirect(f"/console/{ask.period}/files?said=started")


def _finished(ask: Ask) -> bool:
    return find_period(ask.period).state is PeriodState.FINISHED


def _own(ask: Ask, shelf: Shelf, key: str) -> bool:
    # Earlier editions lie in folders below; what is handed out is what holds now.
    return "/" not in key.removeprefix(_prefix(ask, shelf))


def _prefix(ask: Ask, shelf: Shelf) -> str:
    return shelf.prefix.format(period=ask.period)
