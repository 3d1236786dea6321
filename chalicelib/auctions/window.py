"""Preparing the auction: the signed window for the bid function, the committed seed, and the notice for everybody."""

from __future__ import annotations

import hashlib
from typing import Any

from chalicelib.auctions import records
from chalicelib.bidding.records import BidsTable
from chalicelib.bidding.rules import DRAIN_MS, PriceLimits, Window
from chalicelib.bidding.window import sign
from chalicelib.kernel.clock import Clock, local_text, utc_text
from chalicelib.kernel.errors import Conflict, NotFound
from chalicelib.kernel.files import Files, write_json
from chalicelib.kernel.ids import Entropy
from chalicelib.kernel.money import FEN_PER_YUAN
from chalicelib.kernel.privacy import Vault
from chalicelib.periods.plan import Plan
from chalicelib.periods.rules import RuleSet

SEED_BYTES = 32
FACT = "auction"


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
    standing = records.fact(plan.period, FACT)
    if standing is None:
        standing = records.keep(plan.period, FACT, {**_terms(plan, rules), **_new_seed(plan.period, entropy, vault)})
    wanted = {**standing, **_terms(plan, rules)}
    if wanted != standing:
        if clock.now_ms() >= standing["opens_at_ms"]:
            raise Conflict("WINDOW_STANDS", "竞价窗口已开启,不能再变更")
        records.replace(plan.period, FACT, wanted, standing)
    table.save_window(plan.period, sign(_window(plan.period, wanted), window_key))
    write_json(files, "public", f"auction/{plan.period}/window.json", _notice(plan.period, wanted))
    return {
        "opens_at": utc_text(wanted["opens_at_ms"]),
        "closes_at": utc_text(wanted["closes_at_ms"]),
        "count_from": utc_text(wanted["closes_at_ms"] + DRAIN_MS),
    }


def prepared(period: str) -> dict[str, Any]:
    """The auction as it was prepared. Raises ``NotFound`` (``AUCTION_NOT_PREPARED``)."""
    standing: dict[str, Any] | None = records.fact(period, FACT)
    if standing is None:
        raise NotFound("AUCTION_NOT_PREPARED", f"本期竞价尚未准备: {period}")
    return standing


def limits_of(auction: dict[str, Any]) -> dict[str, PriceLimits]:
    """The price limits of each class of a prepared auction."""
    return {
        name: PriceLimits(terms["reserve_fen"], terms["tick_fen"], terms["cap_fen"])
        for name, terms in auction["classes"].items()
    }


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
        "classes": {
            name: {
                "quota": quota,
                "reserve_fen": rules.reserve_fen,
                "tick_fen": rules.tick_fen,
                # A first auction has no earlier average, hence no cap.
                "cap_fen": rules.cap_fen(average) if (average := plan.last_average_fen.get(name)) else None,
            }
            for name, quota in plan.quotas.items()
        },
    }


def _window(period: str, auction: dict[str, Any]) -> Window:
    return Window(period, auction["opens_at_ms"], auction["closes_at_ms"], auction["bids_max"], limits_of(auction))


def _notice(period: str, auction: dict[str, Any]) -> dict[str, Any]:
    return {
        "period": period,
        "opens_at": local_text(auction["opens_at_ms"]),
        "closes_at": local_text(auction["closes_at_ms"]),
        "opens_at_ms": auction["opens_at_ms"],
        "closes_at_ms": auction["closes_at_ms"],
        "bids_max": auction["bids_max"],
        "seed_commitment": auction["seed_commitment"],
        "classes": {
            name: {
                "quota": terms["quota"],
                "reserve": terms["reserve_fen"] // FEN_PER_YUAN,
                "tick": terms["tick_fen"] // FEN_PER_YUAN,
                "cap": None if terms["cap_fen"] is None else terms["cap_fen"] // FEN_PER_YUAN,
            }
            for name, terms in auction["classes"].items()
        },
    }
