"""The close: all bids, verified, ranked, the quota decided, the result kept once. Run twice it gives the same bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from json.encoder import encode_basestring as quoted
from typing import Any

from chalicelib.auctions import lowest, records
from chalicelib.auctions.bids_csv import write_bids
from chalicelib.auctions.more_quota import QuotaDecision, decide_quota
from chalicelib.auctions.records import Standing
from chalicelib.auctions.rules import Bid, Result, rank, result
from chalicelib.auctions.schedule import window_of
from chalicelib.auctions.verifying import NOTHING, accepted_bids, check_bidders
from chalicelib.auctions.window import open_seed, prepared
from chalicelib.bidding.listing import Bidder, all_bidders
from chalicelib.bidding.records import BidsTable
from chalicelib.bidding.rules import DRAIN_MS
from chalicelib.kernel.clock import Clock
from chalicelib.kernel.collector import no_cycles_sought
from chalicelib.kernel.errors import TooEarlyOrLate
from chalicelib.kernel.files import Files
from chalicelib.kernel.privacy import Vault
from chalicelib.periods.plan import Plan
from chalicelib.periods.rules import RuleSet

# How many rows of a ranking are made into text at once.
DIGEST_ROWS = 4_096


@dataclass(frozen=True)
class ClassOutcome:
    """One class, counted: every accepted bid, the ranking, and what is announced of it."""

    bids: tuple[Bid, ...]
    ranked: tuple[Bid, ...]
    decision: QuotaDecision
    result: Result


def count(
    bids: Sequence[Bid], standing: Iterable[Bid], bidder_class: str, *, plan: Plan, rules: RuleSet, seed: bytes
) -> ClassOutcome:
    """Count one class of all its bids, of which ``standing`` are those that stand (``accepted_bids``).

    Pure: the plan gives the announced quota and the history, the rule set the rest.
    """
    ranked = rank(standing, seed)
    rule = rules.more_quota if rules.more_quota and rules.more_quota.bidder_class == bidder_class else None
    decision = decide_quota(
        ranked,
        plan.quotas[bidder_class],
        rule,
        plan.last_mean_fen.get(bidder_class),
        plan.lows_fen.get(bidder_class, ()),
    )
    outcome = result(ranked, decision.quota, rules.broadcast_trim_percent)
    return ClassOutcome(tuple(bids), tuple(ranked), decision, outcome)


@no_cycles_sought()
def close(
    plan: Plan,
    rules: RuleSet,
    *,
    qualified: Mapping[str, int],
    clock: Clock,
    vault: Vault,
    table: BidsTable,
    files: Files,
) -> dict[str, Any]:
    """Close the auction and return its result; again gives the same or raises ``Conflict`` and changes nothing.

    ``qualified`` is how many bidders of each class were qualified. Raises ``TooEarlyOrLate`` (``STILL_DRAINING``) while
    a bid may be under way or the auction is paused (``AUCTION_PAUSED``), ``Conflict`` where
    the table holds what the bid function can't have written
    (``BIDS_INCONSISTENT``) or where another result stands (``AUCTION_FACT_STANDS``).

    Shape: ``{"period", "seed", "seed_commitment", "ranking_sha256", "classes": {class: {"qualified", "more_quota",
    and the keys of Result.as_dict()}}}``.
    """
    auction = prepared(plan.period)
    window = window_of(plan.period, auction)
    if any(pause.until_ms is None for pause in window.pauses):
        raise TooEarlyOrLate("AUCTION_PAUSED", "竞价已暂停,恢复并结束后方可开标")
    if clock.now_ms() < window.closes_at_ms + DRAIN_MS:
        raise TooEarlyOrLate("STILL_DRAINING", "仍可能有在途出价,稍后开标")
    seed = open_seed(plan.period, auction, vault)
    bidders = all_bidders(table, plan.period)
    check_bidders(bidders, window, lowest.kept(plan.period) if len(window.phases) > 1 else NOTHING)
    outcomes = _count_all(bidders, plan, rules, seed)
    standings = [standing for name, outcome in outcomes.items() for standing in _standings(name, outcome)]
    content = {
        "period": plan.period,
        "seed": seed.hex(),
        "seed_commitment": auction["seed_commitment"],
        "ranking_sha256": ranking_digest((one.bidder_class, one.rank, one.code, one.won) for one in standings),
        "classes": {
            name: {
                "qualified": qualified.get(name, 0),
                "more_quota": outcome.decision.as_dict(),
                **outcome.result.as_dict(),
            }
            for name, outcome in outcomes.items()
        },
    }
    # First the result, which binds every rank by its digest: a count that differs stops here and overwrites nothing.
    records.keep_same(plan.period, "result", content)
    records.save_standings(plan.period, standings)
    for name, outcome in outcomes.items():
        files.write("work", bids_key(plan.period, name), write_bids(outcome.bids), "text/csv")
    return content


def ranking_digest(ranks: Iterable[tuple[str, int, str, bool]]) -> str:
    """SHA-256 (hex) of the canonical JSON of ``[[class, rank, code, won], ...]``, a piece at a time.

    Written by hand: a million rows as lists, and as one text, would stand in memory at once beside everything else. A
    test holds it to ``canonical``.
    """
    digest, rows, between = hashlib.sha256(b"["), iter(ranks), ""
    while piece := list(islice(rows, DIGEST_ROWS)):
        lines = [
            f"[{quoted(name)},{place},{quoted(code)},{'true' if won else 'false'}]" for name, place, code, won in piece
        ]
        digest.update((between + ",".join(lines)).encode())
        between = ","
    digest.update(b"]")
    return digest.hexdigest()


def bids_key(period: str, bidder_class: str) -> str:
    """Where the close leaves a class's accepted bids in the work bucket."""
    return f"auction/{period}/bids-{bidder_class}.csv"


def _count_all(bidders: Sequence[Bidder], plan: Plan, rules: RuleSet, seed: bytes) -> dict[str, ClassOutcome]:
    return {
        name: count(*accepted_bids(bidders, name), name, plan=plan, rules=rules, seed=seed)
        for name in sorted(plan.quotas)
    }


def _standings(bidder_class: str, outcome: ClassOutcome) -> list[Standing]:
    return [
        Standing(bid.code, bidder_class, bid.price_fen, bid.bid_at_ms, place, won=place <= outcome.decision.quota)
        for place, bid in enumerate(outcome.ranked, 1)
    ]
