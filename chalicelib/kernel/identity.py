"""Check digits of ID cards (GB 11643) and unified social credit codes (GB 32100)."""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache

_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECKS = "10X98765432"
_ID_CARD = re.compile(r"\d{17}[\dX]", re.ASCII)

_USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_USCC = re.compile(rf"[{_USCC_ALPHABET}]{{18}}", re.ASCII)


def id_card_check(first17: str) -> str:
    """The 18th character for 17 digits (GB 11643: weighted sum mod 11)."""
    return _ID_CHECKS[sum(int(digit) * weight for digit, weight in zip(first17, _ID_WEIGHTS, strict=True)) % 11]


def id_card_fault(number: str) -> str | None:
    """What is wrong with an ID card number, as a remedy in English; ``None`` where nothing is."""
    if _ID_CARD.fullmatch(number) is None:
        return "18 characters: 17 digits and a digit or X"
    birth = _weighed_birth(number[6:14])
    if birth < 0:
        return "a birth date that exists in positions 7 to 14"
    if _ID_CHECKS[(_weighed(number[:6], 0) + birth + _weighed(number[14:17], 14)) % 11] != number[17]:
        return "a check character that fits the first 17 digits"
    return None


# A list of a million people has few regions, 40,000 birthdays and 1,000 sequence numbers: each part's share of the sum
# is worked out once. Bounded, so that a list of nonsense does not fill the memory.
@lru_cache(maxsize=1 << 14)
def _weighed(digits: str, first: int) -> int:
    return sum(int(digit) * weight for digit, weight in zip(digits, _ID_WEIGHTS[first:], strict=False))


@lru_cache(maxsize=1 << 16)
def _weighed_birth(digits: str) -> int:
    try:
        date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return -1
    return _weighed(digits, 6)


def uscc_check(first17: str) -> str:
    """The 18th character for 17 characters (GB 32100: weights 3^(i-1) mod 31, alphabet without I O S V Z)."""
    total = sum(_USCC_ALPHABET.index(char) * pow(3, place, 31) for place, char in enumerate(first17))
    return _USCC_ALPHABET[(31 - total % 31) % 31]


def uscc_fault(code: str) -> str | None:
    """What is wrong with a unit's code, as a remedy in English; ``None`` where nothing is."""
    if _USCC.fullmatch(code) is None:
        return "18 characters of digits and capital letters without I O S V Z"
    if uscc_check(code[:17]) != code[17]:
        return "a check character that fits the first 17 characters"
    return None
