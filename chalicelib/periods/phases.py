"""The phases of a bidding window, as data: when, how many bids, and what bounds a price besides reserve and tick. Pure.

Most cities have one phase, bounded by the cap. Shanghai has two: a first bid up to the warning price (警示价), then
changes near the lowest winning price as it stands when the change is processed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from chalicelib.periods.toml_table import TomlTable

# cap: the cap, where there is one; warning_price: at most the notice's; around_lowest: the lowest winning price at the
# moment of processing, give or take ``band_fen``.
LIMITS = ("cap", "warning_price", "around_lowest")
_BAND_FEN_MAX = 10**9


@dataclass(frozen=True)
class Phase:
    """A part of the window; minutes count from midnight, and the end is exclusive."""

    name: str
    opens_minute: int
    closes_minute: int
    bids_max: int  # of one bidder in this phase; the first bid and a change count alike
    newcomers: bool  # whether one may bid who did not bid in an earlier phase
    limit: str  # one of LIMITS
    # For around_lowest, else 0: the band either side of the lowest winning price, how often that is found anew, and how
    # old the one may be that a bid is held to.
    band_fen: int
    lowest_every_seconds: int = 0
    lowest_age_seconds_max: int = 0


def whole_window(opens_minute: int, closes_minute: int, bids_max: int) -> tuple[Phase, ...]:
    """The one phase of a city that names none."""
    return (Phase("bidding", opens_minute, closes_minute, bids_max, newcomers=True, limit="cap", band_fen=0),)


def read_phases(table: TomlTable) -> tuple[Phase, ...]:
    """The phases of a rule set's ``[[phases]]``; faults are noted in the table."""
    phases = []
    for entry in table.tables("phases"):
        limit = entry.text("limit", "|".join(LIMITS))
        moving = limit == "around_lowest"
        phases.append(
            Phase(
                name=entry.text("name", r"[a-z_]{2,20}"),
                opens_minute=entry.minute("opens"),
                closes_minute=entry.minute("closes"),
                bids_max=entry.whole("bids_max", 1, 100),
                newcomers=entry.flag("newcomers"),
                limit=limit,
                band_fen=entry.whole("band_fen", 1, _BAND_FEN_MAX) if moving else 0,
                lowest_every_seconds=entry.whole("lowest_every_seconds", 1, 60) if moving else 0,
                lowest_age_seconds_max=entry.whole("lowest_age_seconds_max", 2, 120) if moving else 0,
            )
        )
        entry.close()
    return tuple(phases)


def phase_faults(
    phases: Sequence[Phase],
    *,
    opens_minute: int,
    closes_minute: int,
    bids_max: int,
    tick_fen: int,
    cap_multiple: int,
) -> list[tuple[str, str]]:
    """What phases must be to each other and to the rest of the rules: key and remedy of each fault."""
    if not phases:
        return []
    faults = []
    if (phases[0].opens_minute, phases[-1].closes_minute) != (opens_minute, closes_minute):
        faults.append(("phases", "phases from timetable.auction_opens to timetable.auction_closes"))
    if any(phase.closes_minute <= phase.opens_minute for phase in phases):
        faults.append(("phases", "a phase that closes after it opens"))
    if any(later.opens_minute != earlier.closes_minute for earlier, later in pairwise(phases)):
        faults.append(("phases", "each phase opening when the one before it closes"))
    if len({phase.name for phase in phases}) < len(phases):
        faults.append(("phases", "names that differ"))
    if sum(phase.bids_max for phase in phases) != bids_max:
        faults.append(("bids_max", "the sum of the phases' bids_max"))
    if not phases[0].newcomers:
        faults.append(("phases[0].newcomers", "true: nobody has bid before the first phase"))
    if any(phase.lowest_every_seconds > phase.lowest_age_seconds_max // 2 for phase in phases):
        faults.append(("phases", "a lowest_age_seconds_max of at least twice lowest_every_seconds"))
    if any(phase.band_fen % tick_fen for phase in phases):
        faults.append(("phases", "a band_fen that is a multiple of tick_fen"))
    if cap_multiple == 0 and any(phase.limit == "cap" for phase in phases):
        faults.append(("cap_multiple", "from 1 to 100 where a phase is bounded by the cap"))
    return faults
