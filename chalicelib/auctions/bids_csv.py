"""BIDS.csv: accepted bids as the notary holds them. The same file comes out of the close and goes into a recount.

UTF-8, with or without a byte order mark; header ``申请编码,报价,出价时间``, or ``application_code,price,bid_at``; price
in whole yuan, time as ``2026-03-25T09:56:15.739`` in Asia/Shanghai; one row an accepted bid, in any order.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from chalicelib.auctions.rules import Bid
from chalicelib.bidding.rules import PriceFault, PriceLimits, price_fault
from chalicelib.kernel.clock import at_shanghai, local_text
from chalicelib.kernel.errors import Problem
from chalicelib.kernel.money import FEN_PER_YUAN

COLUMNS = ("application_code", "price", "bid_at")
HEADINGS = ("申请编码", "报价", "出价时间")
FOUND_CHARS_MAX = 40

_CODE = re.compile(r"[0-9A-Za-z-]{1,32}", re.ASCII)
_PRICE = re.compile(r"[1-9]\d{0,8}", re.ASCII)
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?", re.ASCII)


@dataclass(frozen=True)
class BidsFile:
    """What a file holds. Where there are problems, no count may be taken from the bids."""

    bids: tuple[Bid, ...]
    problems: tuple[Problem, ...]


@dataclass
class _Reader:
    """Takes rows in, one after the other, and holds what it has seen of each bidder."""

    limits: PriceLimits
    bids_max: int
    bids: list[Bid] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    _of_bidder: dict[str, dict[int, int]] = field(default_factory=dict)

    def take(self, line: int, row: Sequence[str]) -> None:
        """Take one row: a bid, or problems."""
        if len(row) != len(COLUMNS):
            self._fault(line, "row", ",".join(row), f"{len(COLUMNS)} columns: {','.join(COLUMNS)}")
            return
        code, price_fen, bid_at_ms = self._code(line, row[0]), self._price(line, row[1]), self._time(line, row[2])
        if code is not None and price_fen is not None and bid_at_ms is not None:
            self._add(line, Bid(code, price_fen, bid_at_ms))

    def _add(self, line: int, bid: Bid) -> None:
        prices = self._of_bidder.setdefault(bid.code, {})
        standing_fen = prices.setdefault(bid.bid_at_ms, bid.price_fen)
        if standing_fen != bid.price_fen:
            remedy = "one price at one time: this bidder has another price at the same millisecond in an earlier row"
            self._fault(line, "bid_at", local_text(bid.bid_at_ms), remedy)
        elif len(prices) > self.bids_max:
            remedy = f"at most {self.bids_max} bids of one bidder; remove rows that were not accepted bids"
            self._fault(line, "application_code", bid.code, remedy)
        else:
            self.bids.append(bid)

    def _code(self, line: int, text: str) -> str | None:
        if _CODE.fullmatch(text):
            return text
        self._fault(line, "application_code", text, "1 to 32 letters, digits or hyphens")
        return None

    def _price(self, line: int, text: str) -> int | None:
        if _PRICE.fullmatch(text) is None:
            self._fault(line, "price", text, "whole yuan in digits, such as 16000")
            return None
        price_fen = int(text) * FEN_PER_YUAN
        fault = price_fault(price_fen, self.limits)
        if fault is None:
            return price_fen
        remedies = {
            PriceFault.BELOW_RESERVE: f"at least the reserve price, {self.limits.reserve_fen // FEN_PER_YUAN} yuan",
            PriceFault.OFF_TICK: f"a multiple of {self.limits.tick_fen // FEN_PER_YUAN} yuan",
            PriceFault.ABOVE_CAP: f"at most the cap, {(self.limits.cap_fen or 0) // FEN_PER_YUAN} yuan",
        }
        self._fault(line, "price", text, remedies[fault])
        return None

    def _time(self, line: int, text: str) -> int | None:
        if _TIME.fullmatch(text):
            try:
                return at_shanghai(text)
            except ValueError:
                pass
        self._fault(line, "bid_at", text, "a time that exists, such as 2026-03-25T09:56:15.739 (Asia/Shanghai)")
        return None

    def _fault(self, line: int, name: str, found: str, remedy: str) -> None:
        self.problems.append(Problem(line, name, found[:FOUND_CHARS_MAX], remedy))


def read_bids(content: bytes, limits: PriceLimits, bids_max: int) -> BidsFile:
    """Read a file and check every row; all problems are found at once.

    The same row twice is one bid. More than ``bids_max`` bids of a bidder, or two prices of one at the same time, can't
    have been accepted and are problems.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return BidsFile((), (Problem(line, "file", content[error.start : error.end].hex(), "text in UTF-8"),))
    reader = _Reader(limits, bids_max)
    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = next(rows, [])
        if tuple(header) not in (COLUMNS, HEADINGS):
            remedy = f"the header {','.join(COLUMNS)}"
            return BidsFile((), (Problem(1, "header", ",".join(header)[:FOUND_CHARS_MAX], remedy),))
        for row in rows:
            if row:
                reader.take(rows.line_num, row)
    except csv.Error as error:
        reader.problems.append(Problem(rows.line_num, "row", str(error)[:FOUND_CHARS_MAX], "plain CSV"))
    return BidsFile(tuple(reader.bids), tuple(reader.problems))


def write_bids(bids: Iterable[Bid]) -> bytes:
    """Accepted bids as a file, ordered by time and code: the same bids always give the same bytes."""
    return "".join(_lines(sorted(bids, key=lambda bid: (bid.bid_at_ms, bid.code)))).encode("utf-8-sig")


def _lines(bids: Iterable[Bid]) -> Iterator[str]:
    yield ",".join(HEADINGS) + "\n"
    for bid in bids:
        yield f"{bid.code},{bid.price_fen // FEN_PER_YUAN},{local_text(bid.bid_at_ms)}\n"
