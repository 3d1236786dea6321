"""Money is an ``int`` of fen (CNY 1 = 100 fen); yuan exist only at the edges, as text."""

from __future__ import annotations

import re

FEN_PER_YUAN = 100

_YUAN = re.compile(r"(?P<sign>-?)(?P<whole>\d{1,13})(?:\.(?P<part>\d{1,2}))?", re.ASCII)


def fen_from_yuan(text: str) -> int:
    """Read an amount in yuan, such as ``"2000"`` or ``"10200.50"``, as fen.

    Raises ``ValueError`` for anything else: three decimals, separators, exponents, full-width digits.
    """
    found = _YUAN.fullmatch(text)
    if found is None:
        raise ValueError(f"not an amount in yuan with at most two decimals: {text!r}")
    fen = int(found["whole"]) * FEN_PER_YUAN + int((found["part"] or "0").ljust(2, "0"))
    return -fen if found["sign"] else fen


def yuan_text(fen: int) -> str:
    """Write fen as yuan with two decimals, without separators: ``200050`` -> ``"2000.50"``."""
    sign, fen = ("-", -fen) if fen < 0 else ("", fen)
    return f"{sign}{fen // FEN_PER_YUAN}.{fen % FEN_PER_YUAN:02d}"


def whole_yuan(fen: int | None) -> int | None:
    """A limit in whole yuan, the rest dropped; ``None`` where there is no limit."""
    return None if fen is None else fen // FEN_PER_YUAN


def divide_half_up(numerator: int, denominator: int) -> int:
    """Divide two non-negative integers exactly, rounding half up; the denominator must be positive."""
    if numerator < 0 or denominator <= 0:
        raise ValueError("divide_half_up takes a numerator >= 0 and a denominator > 0")
    return (2 * numerator + denominator) // (2 * denominator)


def whole_yuan_half_up(total_fen: int, count: int = 1) -> int:
    """Mean of ``count`` amounts that add up to ``total_fen``, in whole yuan, half up."""
    return divide_half_up(total_fen, count * FEN_PER_YUAN)
