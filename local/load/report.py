"""What a run found: figures for people and programs, and a picture of the rate over time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from local.load.pool import Seen

if TYPE_CHECKING:  # it imports records, which take their tables' names from the environment of a run
    from local.load.checks import Verdict

PERCENTS = (50, 99, 99.9)


@dataclass(frozen=True)
class Run:
    """What is known of a run beside what its bidders saw."""

    sessions: int
    seed: int
    seconds: float
    opens_at_ms: int
    environments: int
    fronts: Sequence[dict[str, int]]
    close_seconds: float
    machine: str
    flooders: frozenset[int]
    connected_late_ms: int

    @property
    def open_at_once(self) -> int:
        """Connections open at once, over all fronts."""
        return sum(front["open_max"] for front in self.fronts)


def percentile(ordered: Sequence[float], percent: float) -> float:
    """The nearest rank; 0 of nothing."""
    if not ordered:
        return 0.0
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


def latencies_ms(seen: Iterable[Seen]) -> list[float]:
    """From when each request was meant to be sent to its answer, in order."""
    return sorted(one.done_ms - one.due_ms for one in seen if one.status)


def figures(run: Run, seen: Sequence[Seen], verdict: Verdict) -> dict[str, Any]:
    """Everything that was counted, for ``result.json``."""
    bids = [one for one in seen if one.kind == "bid" and one.bidder not in run.flooders]
    floods = [one for one in seen if one.kind == "flood"]
    per_second = Counter(int((one.due_ms - run.opens_at_ms) // 1_000) for one in bids)
    return {
        "sessions": run.sessions,
        "open_at_once": run.open_at_once,
        "seed": run.seed,
        "seconds": run.seconds,
        "environments": run.environments,
        "waiting_max": max(front["waiting_max"] for front in run.fronts),
        "accepted": verdict.accepted,
        "repeats": verdict.repeats,
        "refused": dict(verdict.refused.most_common()),
        "lost": verdict.lost,
        "mismatched": verdict.mismatched,
        "polls": sum(one.kind == "poll" and one.status == 200 for one in seen),
        "bids_a_second_max": max(per_second.values(), default=0),
        "attempts_more": sum(one.attempts - 1 for one in seen),
        "bid_ms": _percentiles(bids),
        "last_seconds_bid_ms": _percentiles(
            [one for one in bids if one.due_ms >= run.opens_at_ms + (run.seconds - 3) * 1_000]
        ),
        "poll_ms": _percentiles([one for one in seen if one.kind == "poll"]),
        "flood_ms": _percentiles(floods),
        "flooders": len(run.flooders),
        "flood_requests": len(floods),
        "flood_accepted": sum(one.status == 201 for one in floods),
        "flood_limited": sum(one.status == 429 for one in floods),
        "connected_late_ms": run.connected_late_ms,
        "close_seconds": round(run.close_seconds, 1),
        "machine": run.machine,
        "examples": verdict.examples[:20],
    }


def _percentiles(seen: Iterable[Seen]) -> dict[str, float]:
    ordered = latencies_ms(seen)
    return {f"p{percent}".replace(".", "_"): round(percentile(ordered, percent), 1) for percent in PERCENTS}


def last_line(found: dict[str, Any]) -> str:
    """The line that a run ends with."""
    return (
        f"sessions={found['sessions']} accepted={found['accepted']} refused={sum(found['refused'].values())} "
        f"lost={found['lost']} mismatched={found['mismatched']} p99_ms={round(found['bid_ms']['p99'])}"
    )


def lines(found: dict[str, Any]) -> list[tuple[str, str]]:
    """The figures as people read them."""
    wait = "p50 {p50:g} ms, p99 {p99:g} ms, p99.9 {p99_9:g} ms".format_map
    return [
        (
            "bidders, each on a connection of his own",
            f"{found['sessions']:,} ({found['open_at_once']:,} at once)",
        ),
        ("the last of them connected", _late(found["connected_late_ms"])),
        ("window", f"{found['seconds']:g} s, {found['environments']} function environments"),
        ("bids accepted", f"{found['accepted']:,}"),
        ("bids refused", ", ".join(f"{code} {count:,}" for code, count in found["refused"].items()) or "none"),
        ("same request sent again, same receipt", f"{found['repeats']:,}"),
        ("lost", f"{found['lost']:,}"),
        ("receipts that do not match the result", f"{found['mismatched']:,}"),
        ("requests tried again after no answer, 429 or 5xx", f"{found['attempts_more']:,}"),
        ("busiest second", f"{found['bids_a_second_max']:,} bids due"),
        ("latency of a bid, from when it was due", wait(found["bid_ms"])),
        ("latency of a bid in the last 3 seconds", wait(found["last_seconds_bid_ms"])),
        ("latency of a poll", f"{wait(found['poll_ms'])}, {found['polls']:,} polls"),
        (
            "bidders who flood",
            f"{found['flooders']}, {found['flood_requests']:,} requests: {found['flood_accepted']} accepted, "
            f"{found['flood_limited']:,} limited (429); {wait(found['flood_ms'])}",
        ),
        ("longest queue before a front's environments", f"{found['waiting_max']:,}"),
        ("close: scan, verify, rank, keep every rank, seal, publish", f"{found['close_seconds']:g} s"),
        ("machine", found["machine"]),
    ]


def page(run: Run, found: dict[str, Any]) -> str:
    """docs/load.md."""
    # Markdown without anything from outside: there is nothing to escape.
    pages = Environment(loader=FileSystemLoader(Path(__file__).parent), undefined=StrictUndefined)  # noqa: S701
    given = {**found, "lines": lines(found), "last_line": last_line(found), "fronts": len(run.fronts)}
    return pages.get_template("page.md.jinja").render(given) + "\n"


def _late(late_ms: int) -> str:
    return f"{late_ms / 1_000:.1f} s after the opening" if late_ms > 0 else "before the opening"


def draw(run: Run, seen: Sequence[Seen], verdict: Verdict, path: Path) -> None:
    """Bids a second by outcome and polls above, latency by second below."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    width_ms = 1_000 if run.seconds > 20 else 200
    per_second = 1_000 / width_ms

    def slot(one: Seen) -> float:
        return ((one.due_ms - run.opens_at_ms) // width_ms) / per_second

    bids = [one for one in seen if one.kind == "bid"]
    kinds = {
        "accepted": [one for one in bids if one.status == 201],
        "refused": [one for one in bids if one.status not in (0, 201)],
        "polls": [one for one in seen if one.kind == "poll"],
        "flood": [one for one in seen if one.kind == "flood"],
    }
    colours = {"accepted": "#1b7837", "refused": "#d95f02", "flood": "#762a83", "polls": "#9ecae1"}
    figure, (above, below) = pyplot.subplots(2, 1, figsize=(10, 7), sharex=True, height_ratios=(3, 2))
    highest = 1.0
    for name, chosen in kinds.items():
        counts = sorted(Counter(map(slot, chosen)).items())
        rates = [n * per_second for _, n in counts]
        # A flood is a second or two long, and higher than everybody else together: dots, at the edge where they are.
        dots = name == "flood"
        if not dots:
            highest = max(highest, *rates, 1.0)
        label = f"flood (up to {max(rates, default=0):,.0f})" if dots else name
        shown_at = [min(rate, highest) for rate in rates] if dots else rates
        above.plot(
            [at for at, _ in counts],
            shown_at,
            label=label,
            color=colours[name],
            marker="^" if dots else None,
            linestyle="none" if dots else "-",
        )
    above.axvline(run.seconds, color="black", linewidth=0.8, linestyle=":")
    above.set_ylabel("requests due a second")
    above.set_title(f"{run.sessions:,} bidders, {verdict.accepted:,} bids accepted, {verdict.lost} lost")
    above.legend(loc="upper left")
    waits: dict[float, list[float]] = {}
    for one in bids:
        if one.status and one.bidder not in run.flooders:
            waits.setdefault(slot(one), []).append(one.done_ms - one.due_ms)
    at = sorted(waits)
    for percent, colour in ((50, "#1b7837"), (99, "#d95f02")):
        shown = [max(1.0, percentile(sorted(waits[each]), percent)) for each in at]
        below.plot(at, shown, label=f"p{percent} of a bid", color=colour)
    below.axvline(run.seconds, color="black", linewidth=0.8, linestyle=":")
    below.set_yscale("log")
    below.set_ylabel("latency from due time, ms")
    below.set_xlabel("seconds since the window opened (dotted: the close)")
    below.legend(loc="upper center")
    for axes in (above, below):
        axes.grid(alpha=0.3)
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    pyplot.close(figure)
