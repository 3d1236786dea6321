"""A small month's auction, sealed, and hands that change packages as a forger would."""

from __future__ import annotations

import hashlib
import io
import json
import random
import subprocess
import sys
import zipfile
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from chalicelib.auctions.bids_csv import write_bids
from chalicelib.auctions.more_quota import decide_quota
from chalicelib.auctions.rules import Bid, rank, result, standing_bids
from chalicelib.bidlog.rules import HEADS, TABLE, Entry, leaf_of, line_of, signed_head, table_of
from chalicelib.evidence import merkle
from chalicelib.evidence.measuring import sha256_of
from chalicelib.evidence.package import Attachment, Previous, pack, package_key
from chalicelib.kernel.clock import at_shanghai, local_text
from chalicelib.kernel.ids import canonical, digest_of
from chalicelib.kernel.signing import Signer
from chalicelib.kernel.sm2 import Sm2Signer
from chalicelib.periods.rules import read_rules, rule_text

PERIOD = "2026-03"
SIGNER, FORGER = Signer(bytes(range(32))), Signer(bytes(32))
SEED = hashlib.sha256(b"seed of the tests").digest()
OPENS_MS = at_shanghai("2026-03-25T09:00:00.000")
RULES = "hangzhou 2026-01"
LAST_AVERAGE_FEN = 1_520_000
INDIVIDUALS, UNITS = "bids-individual.csv", "bids-unit.csv"


def bids_of(bidder_class: str, bidders: int) -> list[Bid]:
    """Bids with revisions up and down, shared prices, and last of all three bidders in one millisecond."""
    chance = random.Random(bidder_class)
    made = []
    for number in range(bidders):
        times = sorted(chance.sample(range(6 * 3_600_000), chance.choice((1, 1, 2, 3))))
        code = f"{bidder_class[0].upper()}{number:04d}"
        made += [Bid(code, chance.randrange(100, 130) * 10_000, OPENS_MS + at) for at in times]
    tied = [Bid(f"{bidder_class[0].upper()}9{number:03d}", 1_250_000, OPENS_MS + 21_599_999) for number in range(3)]
    return made + tied


def log_of(bids: Mapping[str, list[Bid]], heads: tuple[int, ...] = (0, 7, 40)) -> dict[str, bytes]:
    """The log of these bids, signed when it had so many leaves and at the end."""
    placed = sorted(
        (bid.bid_at_ms, name, bid.code, bid.price_fen) for name, of_class in bids.items() for bid in of_class
    )
    lines, seen = [], Counter[str]()
    for number, (bid_at_ms, name, code, price_fen) in enumerate(placed):
        seen[code] += 1
        lines.append(line_of(PERIOD, Entry(name, code, seen[code], price_fen, bid_at_ms, str(UUID(int=number)))))
    leaves = [leaf_of(line) for line in lines]
    signed = [
        signed_head(PERIOD, size, merkle.root(leaves[:size]), OPENS_MS + at, SIGNER, final=size == len(leaves))
        for at, size in enumerate((*heads, len(leaves)))
    ]
    return {TABLE: table_of(lines), HEADS: canonical(signed)}


def window_of(quotas: Mapping[str, int], pauses: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
    """The window as it is published, as far as a recount reads it."""
    return {
        "period": PERIOD,
        "opens_at": local_text(OPENS_MS),
        "closes_at": local_text(OPENS_MS + 6 * 3_600_000),
        "phases": [
            {
                "name": "bidding",
                "opens_at": local_text(OPENS_MS),
                "closes_at": local_text(OPENS_MS + 6 * 3_600_000),
                "bids_max": 3,
                "newcomers": True,
                "limit": "cap",
                "band": 0,
                "lowest_age_ms_max": 0,
            }
        ],
        "pauses": list(pauses),
        "seed_commitment": hashlib.sha256(SEED).hexdigest(),
        "classes": {
            name: {"quota": quota, "cap": 2 * LAST_AVERAGE_FEN // 100, "warning": None}
            for name, quota in quotas.items()
        },
    }


def auction_files(quotas: Mapping[str, int] | None = None, lows_fen: tuple[int, ...] = ()) -> dict[str, bytes]:
    """What the close exports of the auction; the result is made from the same rules, as the close makes it."""
    rules, told, standings, files = read_rules(rule_text("hangzhou")), {}, [], {}
    bids = {"individual": bids_of("individual", 60), "unit": bids_of("unit", 5)}
    for name, quota in (quotas or {"individual": 20, "unit": 30}).items():
        ranked = rank(standing_bids(bids[name]), SEED)
        rule = rules.more_quota if rules.more_quota and rules.more_quota.bidder_class == name else None
        decision = decide_quota(ranked, quota, rule, 1_000_000, lows_fen)
        outcome = result(ranked, decision.quota, rules.broadcast_trim_percent)
        told[name] = {"qualified": 90, "more_quota": decision.as_dict(), **outcome.as_dict()}
        standings += [[name, place, bid.code, place <= decision.quota] for place, bid in enumerate(ranked, 1)]
        files[f"bids-{name}.csv"] = write_bids(bids[name])
    content: dict[str, Any] = {
        "period": PERIOD,
        "seed": SEED.hex(),
        "seed_commitment": hashlib.sha256(SEED).hexdigest(),
        "ranking_sha256": digest_of(standings),
        "classes": told,
    }
    history = {
        name: {"last_average_fen": LAST_AVERAGE_FEN, "last_mean_fen": 1_000_000, "lows_fen": list(lows_fen)}
        for name in told
    }
    return {
        **files,
        **log_of({name: bids[name] for name in told}),
        "history.json": canonical(history),
        "window.json": canonical(window_of({name: told[name]["more_quota"]["announced"] for name in told})),
        "result.json": canonical(content),
        "rules.toml": rule_text("hangzhou").encode(),
        "seed.txt": f"{SEED.hex()}\n".encode(),
    }


def packed(*about: Any, **named: Any) -> bytes:
    """What ``pack`` writes."""
    package = io.BytesIO()
    pack(package, *about, **named)
    return package.getvalue()


def sealed(
    moment: str,
    files: Mapping[str, bytes],
    previous: tuple[str, bytes] | None = None,
    *,
    rules_version: str = RULES,
    signer: Signer = SIGNER,
    sm2: Sm2Signer | None = None,
    attachments: Sequence[Attachment] = (),
) -> bytes:
    """A package; ``previous`` is the moment and the bytes of the one before."""
    link = Previous(package_key(PERIOD, previous[0]), sha256_of(previous[1])) if previous else None
    return packed(
        PERIOD,
        moment,
        files,
        previous=link,
        rules_version=rules_version,
        signer=signer,
        sm2=sm2,
        attachments=attachments,
    )


def qualification() -> bytes:
    """The package that the auction's follows."""
    table = "申请编码,是否合格\r\n3301000000017,是\r\n3301000000025,否\r\n".encode("utf-8-sig")
    return sealed("qualification", {"qualification.csv": table})


def auction() -> bytes:
    """The auction's package."""
    return sealed("auction", auction_files(), ("qualification", qualification()))


def members_of(package: bytes) -> dict[str, bytes]:
    """A package's members, manifest and signature among them."""
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(members: Mapping[str, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    """Members as a zip."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return packed.getvalue()


def changed(package: bytes, changes: Mapping[str, bytes | None]) -> bytes:
    """The package with members replaced, added or (``None``) left out; nothing else is adjusted."""
    members: dict[str, bytes | None] = {**members_of(package), **changes}
    return zipped({name: content for name, content in members.items() if content is not None})


def lines_changed(package: bytes, name: str, change: Any) -> bytes:
    """The package with the lines of one table changed in place by ``change(lines)``."""
    lines = members_of(package)[name].splitlines(keepends=True)
    change(lines)
    return changed(package, {name: b"".join(lines)})


def resealed(package: bytes, changes: Mapping[str, bytes], *, signer: Signer, rules_version: str = RULES) -> bytes:
    """Sealed anew with other files: a forger who makes every digest right, or (with the hub's key) the hub itself."""
    members = members_of(package)
    link = json.loads(members["manifest.json"])["previous"]
    own = {name for name in members if name.endswith(".leaves")} | {"manifest.json", "signature.json", "verify.py"}
    files = {name: content for name, content in members.items() if name not in own}
    previous = Previous(link["key"], link["sha256"]) if link else None
    return packed(
        PERIOD, "auction", {**files, **changes}, previous=previous, rules_version=rules_version, signer=signer
    )


def run_shipped(folder: Path, package: bytes, *options: str) -> tuple[int, list[str]]:
    """Run the verifier as a notary does: the hub's ``verify.py`` alone in a folder, isolated from the hub."""
    (folder / "verify.py").write_bytes(members_of(auction())["verify.py"])
    (folder / "package.zip").write_bytes(package)
    command = [sys.executable, "-I", "-X", "utf8", "verify.py", "package.zip", *options]
    done = subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8", timeout=60)
    assert done.stderr == ""
    return done.returncode, done.stdout.splitlines()
