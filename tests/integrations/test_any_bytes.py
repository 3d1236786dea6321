"""Rule: whatever bytes come in, a codec gives sound records or refuses by name; nothing else comes out of it.

`make fuzz SECONDS=600` tries far more of them than a run of the tests does; what it finds is kept in ``crashers/``, a
file each, by codec and by what was wrong.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.kernel.errors import HubError
from tests.integrations.byte_edits import EXAMPLES, LONG, TRIED, Edit, edited, edits, odd_words
from tests.integrations.codec_table import CODECS, Codec
from tests.integrations.soundness import faults, refusal_faults

CRASHERS = Path(__file__).parent / "crashers"
BY_NAME = {each.name: each for each in CODECS}
KEPT = sorted(CRASHERS.glob("*/*"))


def read(codec: Codec, content: bytes) -> None:
    """Any other exception than a refusal of ours goes up, and fails the test."""
    try:
        read = codec.read(content)
    except HubError as refused:
        found = list(refusal_faults(refused))
    else:
        found = list(faults(read))
    assert not found, (codec.name, content)


@pytest.mark.parametrize("codec", CODECS, ids=BY_NAME)
def test_given_the_golden_bytes_then_each_codec_takes_them(codec: Codec) -> None:
    if codec.refusal:
        with pytest.raises(HubError, match=codec.refusal):
            codec.read(codec.golden)
    else:
        assert not list(faults(codec.read(codec.golden)))


@pytest.mark.parametrize("codec", CODECS, ids=BY_NAME)
def test_given_any_change_to_the_golden_bytes_when_read_then_it_is_read_or_refused(codec: Codec) -> None:
    @settings(TRIED, max_examples=max(1, EXAMPLES // 3) if codec.slow else EXAMPLES)
    @given(edits)
    def changed(changes: list[Edit]) -> None:
        read(codec, edited(codec.golden, changes))

    changed()


@pytest.mark.parametrize("codec", CODECS, ids=BY_NAME)
def test_given_an_odd_word_in_the_place_of_another_when_read_then_it_is_read_or_refused(codec: Codec) -> None:
    tried = list(odd_words(codec.golden))
    # All of them where there is time; else some of each word, and of each odd one.
    most = EXAMPLES * (5 if LONG else 1) if codec.slow else len(tried) if LONG else 2 * EXAMPLES
    step = max(1, len(tried) // most) | 1
    for content in tried[::step]:
        read(codec, content)


@pytest.mark.parametrize("codec", CODECS, ids=BY_NAME)
def test_given_any_bytes_at_all_when_read_then_they_are_read_or_refused(codec: Codec) -> None:
    @settings(TRIED, max_examples=max(1, EXAMPLES // 6))
    @given(st.binary(max_size=200))
    def anything(content: bytes) -> None:
        read(codec, content)

    anything()


@pytest.mark.parametrize("kept", KEPT, ids=lambda kept: f"{kept.parent.name}-{kept.name}")
def test_given_what_once_crashed_when_read_then_it_is_read_or_refused(kept: Path) -> None:
    read(BY_NAME[kept.parent.name], kept.read_bytes())
