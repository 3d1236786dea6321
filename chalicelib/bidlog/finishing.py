"""After the close: the log is held against the table, signed for the last time, and handed over for the notary."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from chalicelib.bidding.listing import Bidder
from chalicelib.bidlog import records
from chalicelib.bidlog.heads import publish_head
from chalicelib.bidlog.rules import HEADS, TABLE, Entry, line_of, table_of
from chalicelib.kernel.clock import Clock
from chalicelib.kernel.errors import Conflict, Pending
from chalicelib.kernel.files import Files
from chalicelib.kernel.ids import canonical
from chalicelib.kernel.signing import Signer

SHOWN_MAX = 5


def entries_of(bidders: Iterable[Bidder]) -> list[Entry]:
    """Every accepted bid as the log should hold it, in the order of their times."""
    found = [
        Entry(one.bidder_class, one.code, number, bid.price_fen, bid.bid_at_ms, bid.request_id)
        for one in bidders
        for number, bid in enumerate(one.placed, 1)
    ]
    return sorted(found, key=lambda entry: (entry.bid_at_ms, entry.bidder_class, entry.code))


def finish(
    period: str,
    bidders: Iterable[Bidder],
    *,
    wait_until_ms: int,
    clock: Clock,
    signer: Signer,
    files: Files,
) -> dict[str, Any]:
    """Sign the final head and leave ``bid-log.csv`` and ``tree-heads.json`` in the work bucket; again is the same.

    ``{"size", "caught_up"}``: how many bids the stream had not brought by ``wait_until_ms`` and were appended here.
    Until then raises ``Pending`` (``BID_LOG_BEHIND``). Raises ``Conflict`` (``BID_LOG_DIFFERS``) where the log holds a
    bid that the table does not, or holds it otherwise: then one of them was tampered with.
    """
    heads, caught_up = records.heads(period), 0
    if not any(signed["head"]["final"] for signed in heads):
        caught_up = _catch_up(period, entries_of(bidders), wait_until_ms, clock)
        publish_head(period, clock=clock, signer=signer, files=files, final=True)
        heads = records.heads(period)
    until = next(at for at, signed in enumerate(heads) if signed["head"]["final"])
    size = heads[until]["head"]["size"]
    files.write("work", f"auction/{period}/{TABLE}", table_of(list(records.lines(period, 0, size))))
    files.write("work", f"auction/{period}/{HEADS}", canonical(heads[: until + 1]))
    return {"size": size, "caught_up": caught_up}


def _catch_up(period: str, entries: list[Entry], wait_until_ms: int, clock: Clock) -> int:
    held = set(records.lines(period, 0, records.size_of(period)))
    wanted = {line_of(period, entry): entry for entry in entries}
    if strange := sorted(held - wanted.keys()):
        # A line without its request number, which would give its leaf away.
        shown = "; ".join(",".join(line.split(",")[1:4]) for line in strange[:SHOWN_MAX])
        raise Conflict("BID_LOG_DIFFERS", f"出价日志与出价表不符,共 {len(strange)} 笔: {shown}")
    missing = [entry for line, entry in wanted.items() if line not in held]
    if missing and clock.now_ms() < wait_until_ms:
        raise Pending("BID_LOG_BEHIND", f"出价日志尚缺 {len(missing)} 笔出价")
    return records.append(period, missing)
