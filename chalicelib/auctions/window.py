"""Preparing the auction: the signed window for the bid function, the committed seed, and the notice for everybody."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from typing import Any

from chalicelib.auctions import records
from chalicelib.auctions.schedule import broadcasts_of, window_of
from chalicelib.bidding.records import BidsTable
from chalicelib.bidding.rules import DRAIN_MS, WindowPhase
from chalicelib.bidding.window import sign
from chalicelib.kernel.clock import Clock, local_text, utc_text
from chalicelib.kernel.errors import Conflict, NotFound
from chalicelib.kernel.files import Files, write_json
from chalicelib.kernel.ids import Entropy
from chalicelib.kernel.money import whole_yuan
from chalicelib.kernel.privacy import Vault
from chalicelib.periods.phases import Phase
from chalicelib.periods.plan import Plan
from chalicelib.periods.rules import RuleSet

SEED_BYTES = 32
FACT = "auction"
# A table takes its time to be warmed; environments that stand ready cost by the hour. The machine looks at the plan
# every hour (``periods.amendment``), so that one look at least falls a whole hour before the opening.
WARM_AHEAD_MS = 2 * 60 * 60_000

_MS_PER_SECOND = 1_000
_MS_PER_DAY = 86_400_000


def prepare(
    plan: Plan,
    rules: RuleSet,
    *,
    clock: Clock,
    entropy: Entropy,
    vault: Vault,
    window_key: bytes,
    table: BidsTable,
    files: Files,
) -> dict[str, str]:
    """Lay down a period's window and publish ``auction/{period}/window.json``; again changes nothing.

    Until the window opens a changed plan may move it; the seed and its commitment stay. Afterwards a changed one raises
    ``Conflict`` (``WINDOW_STANDS``). Returns ``{"opens_at", "closes_at", "count_from"}`` as a Wait reads them:
    ``count_from`` is when no bid can be under way any more.
    """
    terms = _terms(plan, rules)
    standing = records.fact(plan.period, FACT)
    if standing is None:
        new = {**terms, "pauses": [], "version": 1, **_new_seed(plan.period, entropy, vault)}
        standing = records.keep(plan.period, FACT, new)
    wanted = {**standing, **terms}
    if wanted != standing:
        if clock.now_ms() >= standing["opens_at_ms"]:
            raise Conflict("WINDOW_STANDS", "竞价窗口已开启,不能再变更")
        wanted["version"] += 1
        records.replace(plan.period, FACT, wanted, standing)
    lay_down(plan.period, wanted, window_key=window_key, table=table, files=files)
    window = window_of(plan.period, wanted)
    return {
        "opens_at": utc_text(window.opens_at_ms),
        "closes_at": utc_text(window.closes_at_ms),
        "count_from": utc_text(window.closes_at_ms + DRAIN_MS),
    }


def closes_at_ms(plan: Plan) -> int:
    """When the auction closes, pauses counted in; by the plan where it has not been prepared.

    In a pause without an end it may be any time: a day after the pause began is said then.
    """
    auction = records.fact(plan.period, FACT)
    if auction is None:
        return plan.at("auction_closes")
    window = window_of(plan.period, auction)
    if window.pauses and window.pauses[-1].until_ms is None:
        return max(window.closes_at_ms, window.pauses[-1].from_ms + _MS_PER_DAY)
    return window.closes_at_ms


def lay_down(period: str, auction: dict[str, Any], *, window_key: bytes, table: BidsTable, files: Files) -> None:
    """Give the bid functions the window as it holds, and everybody the notice of it."""
    table.save_window(period, sign(window_of(period, auction), window_key))
    write_json(files, "public", f"auction/{period}/window.json", notice(period, auction))


def prepared(period: str) -> dict[str, Any]:
    """The auction as it was prepared. Raises ``NotFound`` (``AUCTION_NOT_PREPARED``)."""
    standing: dict[str, Any] | None = records.fact(period, FACT)
    if standing is None:
        raise NotFound("AUCTION_NOT_PREPARED", f"本期竞价尚未准备: {period}")
    return standing


def open_seed(period: str, auction: dict[str, Any], vault: Vault) -> bytes:
    """The seed of a prepared auction; it must be the one that was committed to."""
    seed = bytes.fromhex(vault.open(auction["sealed_seed"], _seed_owner(period)))
    if hashlib.sha256(seed).hexdigest() != auction["seed_commitment"]:
        raise Conflict("SEED_CHANGED", "随机种子与开标前公布的承诺值不符")
    return seed


def _seed_owner(period: str) -> str:
    return f"{period}/auction seed"


def _new_seed(period: str, entropy: Entropy, vault: Vault) -> dict[str, str]:
    seed = entropy.token(SEED_BYTES)
    sealed = vault.seal(seed.hex(), _seed_owner(period))
    return {"sealed_seed": sealed, "seed_commitment": hashlib.sha256(seed).hexdigest()}


def _terms(plan: Plan, rules: RuleSet) -> dict[str, Any]:
    return {
        "opens_at_ms": plan.at("auction_opens"),
        "closes_at_ms": plan.at("auction_closes"),
        "bids_max": rules.bids_max,
        "phases": [asdict(_phase(phase, plan, rules)) for phase in rules.phases],
        "phases_every_ms": [phase.lowest_every_seconds * _MS_PER_SECOND for phase in rules.phases],
        "broadcasts": [each.at_ms for each in plan.broadcasts],
        "pause_rule": asdict(rules.pause),
        "classes": {
            name: {
                "quota": quota,
                "reserve_fen": rules.reserve_fen,
                "tick_fen": rules.tick_fen,
                # A first auction has no earlier average, hence no cap.
                "cap_fen": rules.cap_fen(average) if (average := plan.last_average_fen.get(name)) else None,
                "warning_fen": plan.warning_fen.get(name),
            }
            for name, quota in plan.quotas.items()
        },
    }


def _phase(phase: Phase, plan: Plan, rules: RuleSet) -> WindowPhase:
    return WindowPhase(
        name=phase.name,
        opens_at_ms=_instant(phase.opens_minute, plan, rules),
        closes_at_ms=_instant(phase.closes_minute, plan, rules),
        bids_max=phase.bids_max,
        newcomers=phase.newcomers,
        limit=phase.limit,
        band_fen=phase.band_fen,
        lowest_age_ms_max=phase.lowest_age_seconds_max * _MS_PER_SECOND,
    )


def _instant(minute: int, plan: Plan, rules: RuleSet) -> int:
    # Phases divide the plan's window as they divide the rule set's: in a month that is compressed, too.
    opens, closes = rules.timetable.auction_opens_minute, rules.timetable.auction_closes_minute
    length_ms = plan.at("auction_closes") - plan.at("auction_opens")
    return plan.at("auction_opens") + (minute - opens) * length_ms // (closes - opens)


def notice(period: str, auction: dict[str, Any]) -> dict[str, Any]:
    """The window as everybody reads it: ``auction/{period}/window.json``, and in the notary's package."""
    window = window_of(period, auction)
    return {
        "period": period,
        "version": window.version,
        "opens_at": local_text(window.opens_at_ms),
        "closes_at": local_text(window.closes_at_ms),
        "opens_at_ms": window.opens_at_ms,
        "closes_at_ms": window.closes_at_ms,
        "bids_max": window.bids_max,
        "phases": [
            {
                "name": phase.name,
                "opens_at": local_text(phase.opens_at_ms),
                "closes_at": local_text(phase.closes_at_ms),
                "bids_max": phase.bids_max,
                "newcomers": phase.newcomers,
                "limit": phase.limit,
                "band": whole_yuan(phase.band_fen),
                "lowest_age_ms_max": phase.lowest_age_ms_max,
            }
            for phase in window.phases
        ],
        "broadcasts": [local_text(at_ms) for at_ms in broadcasts_of(auction)],
        "pauses": [
            {
                "number": number,
                "reason": told["reason"],
                "from": local_text(pause.from_ms),
                "until": None if pause.until_ms is None else local_text(pause.until_ms),
            }
            for number, (told, pause) in enumerate(zip(auction["pauses"], window.pauses, strict=True), 1)
        ],
        "seed_commitment": auction["seed_commitment"],
        "classes": {
            name: {
                "quota": terms["quota"],
                "reserve": whole_yuan(terms["reserve_fen"]),
                "tick": whole_yuan(terms["tick_fen"]),
                "cap": whole_yuan(terms["cap_fen"]),
                "warning": whole_yuan(terms["warning_fen"]),
            }
            for name, terms in auction["classes"].items()
        },
    }
