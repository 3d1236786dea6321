"""docs/capacity.md and its pictures, from what the model found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from local.capacity.cost import cost_yuan
from local.capacity.model import SETTINGS, Day, Provision
from local.load.curve import BIDS_MEAN, DAY, SCRIPTED_SECONDS, SCRIPTED_SHARE, real_rate


@dataclass(frozen=True)
class Finding:
    """One size of auction: with nothing provisioned, and with what was found to be enough."""

    bidders: int
    plain: Day
    provision: Provision
    provided: Day


Sweep = Mapping[str, Sequence[tuple[int, Day]]]


def peak(bidders: int) -> float:
    """Bids a second in the last second but a half."""
    return real_rate(0.5, bidders)


def write(findings: Sequence[Finding], sweep: Sweep, reserve: float, folder: Path) -> None:
    """Write the page and both pictures."""
    _draw_arrivals([each.bidders for each in findings], folder / "capacity-arrivals.png")
    _draw_sweep(sweep, folder / "capacity-limits.png")
    # Markdown for people who may write to this repository anyway: there is nothing to escape.
    pages = Environment(loader=FileSystemLoader(Path(__file__).parent), undefined=StrictUndefined)  # noqa: S701
    text = pages.get_template("page.md.jinja").render(
        findings=findings,
        breaks={name: _break(days) for name, days in sweep.items()},
        costs=[cost_yuan(each.bidders, each.provision.environments) for each in findings],
        peak=peak,
        reserve=reserve,
        bids_mean=BIDS_MEAN,
        last_minute_share=DAY[-1].share,
        scripted_share=SCRIPTED_SHARE,
        scripted_seconds=SCRIPTED_SECONDS,
        gateway=SETTINGS["gateway"],
        table=SETTINGS["table"],
        function=SETTINGS["lambda"],
        default_rate=SETTINGS["gateway"]["rate_per_second"],
    )
    (folder / "capacity.md").write_text(text + "\n")


def _break(days: Sequence[tuple[int, Day]]) -> str:
    broken = [bidders for bidders, day in days if day.not_in_time * 1_000 > day.asked]
    return f"from {broken[0]:,} bidders on" if broken else f"not up to {days[-1][0]:,} bidders"


def _draw_arrivals(sizes: Sequence[int], path: Path) -> None:
    pyplot = _pyplot()
    figure, axes = pyplot.subplots(figsize=(9, 4.5))
    at = [left / 10 for left in range(900, -1, -1)]
    for bidders in sizes:
        axes.plot([-each for each in at], [real_rate(each, bidders) for each in at], label=f"{bidders:,} bidders")
    limits = {
        "API Gateway, default": SETTINGS["gateway"]["rate_per_second"],
        "new table": SETTINGS["table"]["new_table_writes_per_second"],
    }
    for name, limit in limits.items():
        axes.axhline(limit, color="black", linewidth=0.8, linestyle=":")
        axes.text(-89, limit * 1.08, f"{name}: {limit:,}/s", fontsize=8)
    axes.set_yscale("log")
    axes.set_ylim(1, 20_000)
    axes.set_xlabel("seconds to the close")
    axes.set_ylabel("bids a second")
    axes.legend(loc="lower left")
    axes.grid(alpha=0.3)
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    pyplot.close(figure)


def _draw_sweep(sweep: Sweep, path: Path) -> None:
    pyplot = _pyplot()
    figure, (above, below) = pyplot.subplots(2, 1, figsize=(9, 6.5), sharex=True)
    for name, days in sweep.items():
        sizes = [bidders / 1_000 for bidders, _ in days]
        late = [100 * day.not_in_time / max(1, day.asked) for _, day in days]
        above.plot(sizes, late, marker="o", label=name)
        below.plot(sizes, [max(1, day.percentile_ms(99)) for _, day in days], marker="o", label=name)
    above.set_ylabel("bids of the last half-minute\nnot in time, %")
    below.set_ylabel("p99 of those that were, ms")
    below.set_yscale("log")
    below.set_xlabel("thousand bidders")
    above.legend(loc="upper left")
    for axes in (above, below):
        axes.grid(alpha=0.3)
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    pyplot.close(figure)


def _pyplot() -> Any:
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    return pyplot
