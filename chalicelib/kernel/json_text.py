"""JSON that somebody else wrote: what Python's reader lets through and nobody downstream can write is refused here."""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

# Half of a pair: a text with one in it can't be stored, logged or answered, since UTF-8 has no bytes for it.
_HALF = re.compile(r"\\u[dD][89a-fA-F]")


def read_json(content: bytes | str) -> Any:
    """What the JSON (UTF-8) says.

    Raises ``ValueError`` for what is none: also ``NaN`` and infinities, half a surrogate pair, and what is nested
    deeper than anybody means it.
    """
    text = content if isinstance(content, str) else content.decode("utf-8-sig")
    try:
        found = json.loads(text, parse_constant=_no_number)
        check_text(text, found)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    return found


def check_text(text: str, found: Any) -> None:
    """Raise ``ValueError`` where what was read of a JSON text can't be written again."""
    if _HALF.search(text) is not None:
        json.dumps(found, ensure_ascii=False).encode()


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is no JSON")
