"""The ring of session keys: one to sign with, the earlier ones still accepted, so that a rotation ends no session.

The secret is either one text, the key ``k1``, or JSON that names its keys, the newest first:
``{"k2": "...", "k1": "...", "window": "..."}``. ``window`` is what the auction window is signed with; it stays when
session keys change, since the window of an open auction has been signed already.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping

from chalicelib.kernel.clock import Clock
from chalicelib.kernel.ids import Entropy

FIRST = "k1"
WINDOW = "window"
KEYS_KEPT = 2
# A process that meets a token under a key it does not know looks for new keys, but not at every such token: whoever
# makes up key ids must not make it ask all day. Whoever issues looks now and then by itself.
ASK_AGAIN_MS = 30_000
GROWS_OLD_MS = 300_000

_KEY_ID = re.compile(r"k[0-9]{1,6}", re.ASCII)


def texts_of(secret: str) -> dict[str, str]:
    """Key id -> the text it is derived from, the newest first. Raises ``ValueError`` where there is no key."""
    if not secret.startswith("{"):
        return {FIRST: secret}
    found = {name: text for name, text in json.loads(secret).items() if _KEY_ID.fullmatch(name) and text}
    if not found:
        raise ValueError("the session secret names no key")
    return dict(sorted(found.items(), key=lambda pair: int(pair[0][1:]), reverse=True))


def window_text(secret: str) -> str:
    """The text that the auction window's key is derived from: before the first rotation, the only key's."""
    named = json.loads(secret).get(WINDOW) if secret.startswith("{") else None
    return str(named or list(texts_of(secret).values())[-1])


def rotated(secret: str, entropy: Entropy, keep: int = KEYS_KEPT) -> str:
    """The secret after a rotation: one key more, ``keep`` of them left, the window's as it was."""
    texts = texts_of(secret)
    newest = f"k{int(next(iter(texts))[1:]) + 1}"
    ring = {newest: entropy.token(32).hex(), **texts}
    return json.dumps({**dict(list(ring.items())[:keep]), WINDOW: window_text(secret)})


def retired(secret: str) -> str:
    """The secret with its newest key alone, the window's as it was: tokens under another open nothing any more."""
    newest, text = next(iter(texts_of(secret).items()))
    return json.dumps({newest: text, WINDOW: window_text(secret)})


class KeyRing(Mapping[str, bytes]):
    """Key id -> session key, the newest first; read again when it has grown old or a new id turns up."""

    def __init__(self, read: Callable[[], dict[str, bytes]], clock: Clock) -> None:
        self._read = read
        self._clock = clock
        self._read_at_ms = clock.now_ms()
        self._keys = read()

    def __contains__(self, key_id: object) -> bool:
        """Whether a token under this id may still hold."""
        if key_id in self._keys:
            return True
        if not (isinstance(key_id, str) and _KEY_ID.fullmatch(key_id)):
            return False
        self._refresh(ASK_AGAIN_MS)
        return key_id in self._keys

    def __getitem__(self, key_id: str) -> bytes:
        """The key."""
        return self._keys[key_id]

    def __iter__(self) -> Iterator[str]:
        """The ids, the newest first; asked by whoever signs."""
        self._refresh(GROWS_OLD_MS)
        return iter(self._keys)

    def __len__(self) -> int:
        """How many keys are accepted."""
        return len(self._keys)

    def _refresh(self, older_than_ms: int) -> None:
        now_ms = self._clock.now_ms()
        if now_ms - self._read_at_ms < older_than_ms:
            return
        self._read_at_ms = now_ms
        try:
            self._keys = self._read()
        except Exception:
            # Whichever door it is read through: the known keys are still good.
            return
