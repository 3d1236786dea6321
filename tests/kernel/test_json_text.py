"""JSON of others: what can't be stored, logged or answered again is refused where it comes in."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kernel.json_text import read_json

values = st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda each: st.lists(each) | each)


@given(values, st.booleans())
def test_given_any_json_when_read_then_it_is_what_was_written(value: Any, ascii_only: bool) -> None:
    assert read_json(json.dumps(value, ensure_ascii=ascii_only).encode()) == value


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"NaN",
        b"[-Infinity]",
        b"\xff",
        b'"\xed\xa0\x80"',
        b'"\\ud800"',
        b'{"\\uDFFF": 1}',
        b'"\\\\\\ud83d"',
        b"[" * 5_000 + b"]" * 5_000,
        b"9" * 5_000,
    ],
)
def test_given_what_nobody_can_write_again_when_read_then_it_is_no_json(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_json(content)


def test_given_a_byte_order_mark_or_a_whole_pair_when_read_then_it_is_taken() -> None:
    assert read_json(b'\xef\xbb\xbf"\\ud83d\\ude00"') == "\N{GRINNING FACE}"
    assert read_json(b'"\\\\ud800"') == "\\ud800"
