"""The hub's recount: what of an auction's sealed result its sealed bids, rules and seed do not give again.

And whether a bidder's receipt has its bid among them. It knows rooms that evidence does not, so it stands outside.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Any

from chalicelib.auctions.bids_csv import read_bids
from chalicelib.auctions.more_quota import decide_quota
from chalicelib.auctions.rules import rank, result, standing_bids
from chalicelib.auctions.verifying import sealed_phase_faults
from chalicelib.bidding.rules import PriceLimits
from chalicelib.bidlog.verifying import log_faults
from chalicelib.evidence.verifying import Opened
from chalicelib.kernel.clock import local_text
from chalicelib.kernel.errors import HubError
from chalicelib.kernel.ids import digest_of
from chalicelib.kernel.money import FEN_PER_YUAN
from chalicelib.kernel.signing import holds
from chalicelib.periods.rules import RuleSet, read_rules

# Class, rank, code, whether it won.
Standing = list[str | int | bool]

# What a missing member, a wrong type or a wrong digit in a package raises while it is counted again.
_CANNOT_READ = (HubError, KeyError, ValueError, TypeError, AttributeError, IndexError)


@dataclass(frozen=True)
class _Terms:
    """What a class is counted by: rules, seed, the window as it was published, what earlier periods left, and the
    lowest winning prices that were given out, where a phase is bounded by them."""

    rules: RuleSet
    seed: bytes
    window: dict[str, Any]
    history: dict[str, Any]
    lowests: dict[str, dict[str, int]]


def recount_faults(package: Opened) -> list[str]:
    """What of an auction's sealed result its sealed bids, rules and seed do not give again."""
    try:
        return [*_log_faults(package), *_recounted(package)]
    except _CANNOT_READ as error:
        return [f"recount: a file it needs is missing or not as the hub writes it: {error!r}"]


def _log_faults(package: Opened) -> list[str]:
    try:
        classes = sorted(json.loads(package.members["result.json"])["classes"])
        key = package.signature["public_key"]
        return list(log_faults(package.members, package.manifest["period"], classes, key))
    except _CANNOT_READ as error:
        return [f"bid log: a file it needs is missing or not as the hub writes it: {error!r}"]


def _recounted(package: Opened) -> Iterator[str]:
    members = package.members
    rules = read_rules(members["rules.toml"].decode())
    told, window, history = (json.loads(members[f"{name}.json"]) for name in ("result", "window", "history"))
    lowests = json.loads(members.get("lowest.json", b"{}"))
    seed = bytes.fromhex(members["seed.txt"].decode())
    if f"{rules.city} {rules.version}" != package.manifest["rules_version"]:
        yield f"rules.toml: {rules.city} {rules.version}, sealed under {package.manifest['rules_version']}"
    if told["period"] != package.manifest["period"]:
        yield f"result.json: of period {told['period']}"
    if told["seed"] != seed.hex() or told["seed_commitment"] != hashlib.sha256(seed).hexdigest():
        yield "seed.txt: not the seed of the result, or not the one that was committed to before the opening"
    if (window["period"], window["seed_commitment"]) != (told["period"], told["seed_commitment"]):
        yield "window.json: of another period, or its commitment is not the result's"
    standings: list[Standing] = []
    for name in sorted(told["classes"]):
        terms = _Terms(rules, seed, window, history[name], lowests)
        standings += yield from _recounted_class(name, told["classes"][name], members[f"bids-{name}.csv"], terms)
    if digest_of(standings) != told["ranking_sha256"]:
        yield "recount: the ranking is not the one whose digest is in result.json"


def _recounted_class(
    name: str, told: dict[str, Any], content: bytes, terms: _Terms
) -> Generator[str, None, list[Standing]]:
    """Yield what differs in one class; return its ranks, as the ranking's digest is taken over them."""
    rules, average_fen = terms.rules, terms.history["last_average_fen"]
    cap_fen = None if average_fen is None else rules.cap_fen(average_fen)
    said, cap = terms.window["classes"][name], None if cap_fen is None else cap_fen // FEN_PER_YUAN
    if (said["cap"], said["quota"]) != (cap, told["more_quota"]["announced"]):
        yield f"window.json {name}: its cap is not that of history.json, or its quota not that of result.json"
    read = read_bids(content, PriceLimits(rules.reserve_fen, rules.tick_fen, cap_fen), rules.bids_max)
    for problem in read.problems:
        yield f"bids-{name}.csv: row at line {problem.line}: {problem.field}: expected {problem.remedy}"
    for bid in read.bids:
        if not _taken_then(terms.window, at := local_text(bid.bid_at_ms)):
            yield f"bids-{name}.csv: {bid.code} bid at {at}, outside the window or in a pause"
    yield from sealed_phase_faults(read.bids, name, terms.window, terms.lowests)
    ranked = rank(standing_bids(read.bids), terms.seed)
    rule = rules.more_quota if rules.more_quota and rules.more_quota.bidder_class == name else None
    announced, history = told["more_quota"]["announced"], terms.history
    decided = decide_quota(ranked, announced, rule, history["last_mean_fen"], history["lows_fen"]).as_dict()
    counted = {"more_quota": decided, **result(ranked, _quota(decided), rules.broadcast_trim_percent).as_dict()}
    for key, value in counted.items():
        if told.get(key) != value:
            yield f"recount {name} {key}: sealed {told.get(key)}, counted {value}"
    return [[name, place, bid.code, place <= _quota(decided)] for place, bid in enumerate(ranked, 1)]


def _taken_then(window: dict[str, Any], at: str) -> bool:
    """Whether bids were taken at a time, both as ``2026-03-25T09:56:15.739``: such texts compare as times do."""
    paused = any(pause["from"] <= at and (pause["until"] is None or at < pause["until"]) for pause in window["pauses"])
    return bool(window["opens_at"] <= at < window["closes_at"]) and not paused


def _quota(decided: dict[str, Any]) -> int:
    return int(decided["announced"]) + int(decided["added"])


def receipt_faults(package: Opened, content: bytes, public_key: str | None) -> list[str]:
    """What is wrong with a bidder's receipt, or with its place among the sealed bids."""
    try:
        return list(_receipt(package, json.loads(content), public_key))
    except _CANNOT_READ as error:
        return [f"receipt: it or its class's bids are missing or not as the hub writes them: {error!r}"]


def _receipt(package: Opened, held: dict[str, Any], public_key: str | None) -> Iterator[str]:
    receipt = held["receipt"]
    if not holds(receipt, held["signature"], held["public_key"]):
        yield "receipt: the signature does not fit it"
    if public_key is not None and held["public_key"] != public_key:
        yield "receipt: signed with a key that is not the hub's"
    if receipt["period"] != package.manifest["period"]:
        yield f"receipt: of period {receipt['period']}, the package is of {package.manifest['period']}"
        return
    name = f"bids-{receipt['bidder_class']}.csv"
    rows = package.members[name].decode("utf-8-sig").splitlines()[1:]
    wanted = f"{receipt['application_code']},{receipt['price']},{receipt['bid_at']}"
    own = sorted((row for row in rows if row.startswith(f"{receipt['application_code']},")), key=lambda row: row[-23:])
    if wanted not in own:
        yield f"receipt: the bid it confirms is not among the rows of {name}"
    elif own.index(wanted) + 1 != receipt["bid_number"]:
        yield f"receipt: bid number {receipt['bid_number']} is number {own.index(wanted) + 1} of its bidder in {name}"
