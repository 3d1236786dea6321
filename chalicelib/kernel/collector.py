"""Python's collector of cycles, out of the way of those who make a million small records at once."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def no_cycles_sought() -> Iterator[None]:
    """A million small records hold no cycle; to look for one again and again costs more than to make them.

    What is not needed any more is freed all the same, by its count of references.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
