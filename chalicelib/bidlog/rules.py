"""What a leaf of the bid log is, and what a signed tree head says. Pure.

A leaf is one line of text about one accepted bid, made of what stands on the bidder's receipt. Only hashes of leaves
are ever public; the client's own request number, which nobody can guess, keeps a price from being found by trying.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from chalicelib.evidence import merkle
from chalicelib.evidence.proofs import is_consistent, is_included
from chalicelib.kernel.clock import local_text
from chalicelib.kernel.money import FEN_PER_YUAN
from chalicelib.kernel.signing import Signer, holds

WHAT = "hangpai bid log"
# In an auction's package.
TABLE, HEADS = "bid-log.csv", "tree-heads.json"
HEADINGS = ("期号", "类别", "申请编码", "第几次出价", "报价", "出价时间", "请求号")


class Entry(NamedTuple):
    """An accepted bid as the log takes it in; ``number`` from 1 is which of its bidder's it is."""

    bidder_class: str
    code: str
    number: int
    price_fen: int
    bid_at_ms: int
    request_id: str


def line_of(period: str, entry: Entry) -> str:
    """The leaf's text: a row of ``bid-log.csv``."""
    return (
        f"{period},{entry.bidder_class},{entry.code},{entry.number},{entry.price_fen // FEN_PER_YUAN},"
        f"{local_text(entry.bid_at_ms)},{entry.request_id}"
    )


def line_of_receipt(receipt: Mapping[str, Any]) -> str:
    """The same from a receipt. Raises ``KeyError`` where it is not one."""
    names = ("period", "bidder_class", "application_code", "bid_number", "price", "bid_at", "request_id")
    return ",".join(str(receipt[name]) for name in names)


def leaf_of(line: str) -> bytes:
    """A leaf's hash."""
    return merkle.leaf_hash(line.encode())


def table_of(lines: Sequence[str]) -> bytes:
    """``bid-log.csv``: its Merkle root in a package's manifest is the log's own root."""
    return "".join(f"{line}\r\n" for line in (",".join(HEADINGS), *lines)).encode("utf-8-sig")


def signed_head(
    period: str, size: int, root: bytes, at_ms: int, signer: Signer, *, final: bool = False
) -> dict[str, Any]:
    """A signed tree head: ``{"head": {...}, "signature", "public_key"}``, Ed25519 over the head's canonical JSON."""
    head = {
        "what": WHAT,
        "period": period,
        "size": size,
        "root": root.hex(),
        "at": local_text(at_ms),
        "at_ms": at_ms,
        "final": final,
    }
    return {"head": head, "signature": signer.sign(head), "public_key": signer.public_key}


def head_faults(signed: Mapping[str, Any], public_key: str | None = None) -> list[str]:
    """What is wrong with a signed head, in English."""
    faults = [] if holds(signed["head"], signed["signature"], signed["public_key"]) else ["the signature does not fit"]
    if public_key is not None and signed["public_key"] != public_key:
        faults.append("signed with a key that is not the hub's")
    if signed["head"]["what"] != WHAT:
        faults.append("not a head of the bid log")
    return [f"head of {signed['head']['at']}: {fault}" for fault in faults]


def receipt_faults(receipt: Mapping[str, Any], proof: Mapping[str, Any], public_key: str | None = None) -> list[str]:
    """What is wrong with the proof, as the API gives it, that a receipt's bid is in the log."""
    faults, head = head_faults(proof["head"], public_key), proof["head"]["head"]
    leaf, path = leaf_of(line_of_receipt(receipt)), [bytes.fromhex(text) for text in proof["proof"]]
    if receipt["period"] != head["period"]:
        faults.append(f"the head is of period {head['period']}, the receipt of {receipt['period']}")
    if not is_included(leaf, proof["index"], head["size"], path, bytes.fromhex(head["root"])):
        faults.append(f"the receipt's bid is not leaf {proof['index']} of the {head['size']} that the head covers")
    return faults


def growth_faults(older: Mapping[str, Any], proof: Mapping[str, Any], public_key: str | None = None) -> list[str]:
    """What is wrong with the proof that the log of an older head grew into that of a newer one."""
    faults = head_faults(older, public_key) + head_faults(proof["head"], public_key)
    was, now = older["head"], proof["head"]["head"]
    path = [bytes.fromhex(text) for text in proof["proof"]]
    roots = bytes.fromhex(was["root"]), bytes.fromhex(now["root"])
    if was["period"] != now["period"]:
        faults.append(f"the heads are of periods {was['period']} and {now['period']}")
    if not is_consistent(was["size"], now["size"], *roots, path):
        faults.append(
            f"the log of {now['size']} leaves did not grow from the older one of {was['size']}: it was changed"
        )
    return faults
