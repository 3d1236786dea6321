"""SMS codes and passwords: how long, how often, how many tries. Pure; domain.md "A period" 8, interfaces.md "SMS"."""

from __future__ import annotations

import re
from collections.abc import Sequence

CODE_DIGITS = 6
CODE_LIVES_MS = 5 * 60_000
CODE_TRIES_MAX = 5

# The carriers' own limits for one number, as (within ms, codes at most): 1 a minute, 5 an hour, 10 a day.
CODE_LIMITS = ((60_000, 1), (3_600_000, 5), (86_400_000, 10))
REMEMBERED_MS = 86_400_000

# Few enough against guessing: of one code from one address, and of one code from anywhere, which is more, so that it
# takes ten addresses that try without an end to keep a bidder out of the auction's last minutes. An address stands for
# many bidders (mobile carriers put thousands behind one), so its limit is a setting.
LOGIN_TRIES_MAX = 10
LOGIN_TRIES_ANYWHERE_MAX = 100
CODE_REQUESTS_MAX = 20
PHONE_REQUESTS_MAX = 10
WINDOW_MS = 60_000

PASSWORD_CHARACTERS_MIN = 8
PASSWORD_CHARACTERS_MAX = 64


def may_send_code(sent_at_ms: Sequence[int], now_ms: int) -> bool:
    """Whether another code may go out, given when earlier ones did."""
    return all(
        sum(1 for at_ms in sent_at_ms if now_ms - at_ms < within_ms) < codes_max for within_ms, codes_max in CODE_LIMITS
    )


def password_fault(password: str) -> str | None:
    """What would make a password acceptable, in English; ``None`` where it is."""
    if not PASSWORD_CHARACTERS_MIN <= len(password) <= PASSWORD_CHARACTERS_MAX:
        return f"{PASSWORD_CHARACTERS_MIN} to {PASSWORD_CHARACTERS_MAX} characters"
    if not (re.search(r"[A-Za-z]", password) and re.search(r"[0-9]", password)):
        return "at least one letter and one digit"
    return None
