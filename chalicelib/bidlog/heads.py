"""Signed tree heads, and the proofs that anyone may ask for."""

from __future__ import annotations

from typing import Any

from chalicelib.bidlog import records
from chalicelib.bidlog.rules import leaf_of, signed_head
from chalicelib.bidlog.tiles import WIDTH, Tiles
from chalicelib.evidence import proofs
from chalicelib.kernel.clock import Clock
from chalicelib.kernel.errors import InvalidInput, NotFound, Problem
from chalicelib.kernel.files import Files, write_json
from chalicelib.kernel.signing import Signer


def publish_head(period: str, *, clock: Clock, signer: Signer, files: Files, final: bool = False) -> dict[str, Any]:
    """Sign the log as it stands and publish tiles, ``auction/{period}/log/head.json`` and ``heads.json``.

    One at a time: the function's concurrency is one, so that no older tile is written over a newer one. Once the final
    head stands it is the one that is published and returned.
    """
    last, size = records.last_head(period), records.size_of(period)
    covered = last["head"]["size"] if last else 0
    begin = covered - covered % WIDTH
    tiles = Tiles(period, files)
    tiles.extend(begin, (leaf_of(line) for line in records.lines(period, begin, size)))
    root = proofs.tree_hash(tiles.node, 0, size)
    signed = records.keep_head(period, signed_head(period, size, root, clock.now_ms(), signer, final=final))
    write_json(files, "public", f"auction/{period}/log/head.json", signed)
    write_json(files, "public", f"auction/{period}/log/heads.json", records.heads(period))
    return signed


def newest(period: str) -> dict[str, Any]:
    """The newest head. Raises ``NotFound`` (``NO_BID_LOG``)."""
    signed = records.last_head(period)
    if signed is None:
        raise NotFound("NO_BID_LOG", "本期尚无出价日志")
    return signed


def inclusion_proof(
    period: str, leaf: str, bidder_class: str, code: str, number: int, *, files: Files
) -> dict[str, Any]:
    """``{"head", "index", "leaf", "proof"}``: that a bid is in the log that the newest head covers.

    ``leaf`` (hex) is what only the receipt's holder can work out. Raises ``NotFound`` (``NOT_IN_BID_LOG``, also where
    no head covers it yet).
    """
    signed, place = newest(period), records.place_of(period, bidder_class, code, number)
    size = signed["head"]["size"]
    found = None if place is None or place >= size else next(records.lines(period, place, place + 1))
    if place is None or found is None or leaf_of(found).hex() != leaf:
        raise NotFound("NOT_IN_BID_LOG", "出价日志中尚无该笔出价,签名树头每分钟更新一次,请稍后再试")
    path = proofs.inclusion(Tiles(period, files).node, place, size)
    return {"head": signed, "index": place, "leaf": leaf, "proof": [step.hex() for step in path]}


def consistency_proof(period: str, older: int, files: Files) -> dict[str, Any]:
    """``{"head", "older", "proof"}``: that the log of the newest head begins with its first ``older`` leaves."""
    signed = newest(period)
    size = signed["head"]["size"]
    if not 0 <= older <= size:
        problem = Problem(0, "older", str(older), f"0 to {size}, the newest head's size")
        raise InvalidInput("BID_LOG_SIZE", f"日志长度应在 0 与 {size} 之间", problems=(problem,))
    path = proofs.consistency(Tiles(period, files).node, older, size)
    return {"head": signed, "older": older, "proof": [step.hex() for step in path]}
