"""Small damage to bytes that were right: what lines, disks, editors and enemies do to a message."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

# How many changes are tried of one codec's bytes; `make fuzz` asks for more, and for others each time.
LONG = "FUZZ_EXAMPLES" in os.environ
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "30"))
TRIED = settings(
    max_examples=EXAMPLES, deadline=None, database=None, derandomize=not LONG, suppress_health_check=list(HealthCheck)
)

# What stands where a number, a day, a word or a JSON value stood.
ODD = (
    b"",
    b" ",
    b"0",
    b"-1",
    b"+1",
    b"1.5",
    b"1e400",
    b"NaN",
    b"9" * 19,
    b"9" * 40,
    b"9" * 5_000,
    b"null",
    b"true",
    b"[]",
    b"{}",
    b"[1]",
    b'"\\ud800"',
    b'"\\u0000"',
    b'"a"',
    b"[" * 3_000,
    b"\xb2",
    "²".encode(),
    "²".encode("gb18030"),
    "１２".encode(),
    "１２".encode("gb18030"),
    b"\x00",
    b"\xff\xff",
    b"\x81\x30\x81",
    b"%ED%A0%80",
    b"2026-02-30",
    b"9999-12-31",
    b"0001-01-01",
    b"0001-01-01T00:00:00",
    b"99991231",
    b"2026-03-10T24:00:00",
    b"<!DOCTYPE a>",
    b"&b;",
    b"'",
    b'"',
    b"\r\n",
)
# A word, a number, a day, or what stands between quotes.
_WORD = re.compile(rb'"[^"\r\n]{0,80}"|[0-9A-Za-z_.:+-]+')

Edit = tuple[str, int, int, bytes]

_places = st.integers(0, 1 << 20)
edits: st.SearchStrategy[list[Edit]] = st.lists(
    st.one_of(
        st.tuples(st.just("flip"), _places, st.integers(1, 255), st.just(b"")),
        st.tuples(st.just("cut"), _places, st.integers(1, 64), st.just(b"")),
        st.tuples(st.just("end"), _places, st.just(0), st.just(b"")),
        st.tuples(st.just("repeat"), _places, st.integers(1, 256), st.just(b"")),
        st.tuples(st.just("insert"), _places, st.just(0), st.binary(min_size=1, max_size=8)),
        st.tuples(st.just("insert"), _places, st.just(0), st.sampled_from(ODD)),
        st.tuples(st.just("word"), _places, st.just(0), st.sampled_from(ODD)),
        st.tuples(st.just("word"), _places, st.just(0), st.sampled_from(ODD)),
    ),
    min_size=1,
    max_size=3,
)


def edited(content: bytes, changes: Sequence[Edit]) -> bytes:
    """The bytes with each change made, one after another."""
    for what, place, count, put in changes:
        at = place % (len(content) + 1)
        if what == "flip" and content:
            at %= len(content)
            content = content[:at] + bytes([content[at] ^ count]) + content[at + 1 :]
        elif what == "cut":
            content = content[:at] + content[at + count :]
        elif what == "end":
            content = content[:at]
        elif what == "repeat":
            content = content[: at + count] + content[at : at + count] + content[at + count :]
        elif what == "insert":
            content = content[:at] + put + content[at:]
        elif what == "word":
            words = list(_WORD.finditer(content))
            if words:
                word = words[place % len(words)]
                content = content[: word.start()] + put + content[word.end() :]
    return content


def odd_words(content: bytes) -> Iterator[bytes]:
    """Each word of the bytes with each odd one in its place."""
    for word in _WORD.finditer(content):
        for odd in ODD:
            yield content[: word.start()] + odd + content[word.end() :]
