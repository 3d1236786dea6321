"""The disc for the notary: an ISO 9660 image whose bytes depend on its files only. Rock Ridge and Joliet keep names."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import SimpleNamespace
from typing import IO, BinaryIO, cast

import pycdlib
from pycdlib import dates, headervd
from pycdlib import pycdlib as writer

from chalicelib.evidence.measuring import Content, opened

# 1980-01-01, as in the packages: the image says nothing of when it was made.
_MADE_S = 315_532_800
_JOLIET_CHARS_MAX = 64


@contextmanager
def _standing_clock() -> Iterator[None]:
    """The library asks the machine's clock and zone for every date; here it gets one instant, in UTC."""
    clock = SimpleNamespace(
        time=lambda: _MADE_S, localtime=time.gmtime, gmtime=time.gmtime, strftime=time.strftime, strptime=time.strptime
    )
    modules = (dates, headervd, writer)
    known = [vars(module)["time"] for module in modules]
    try:
        for module in modules:
            vars(module)["time"] = clock
        yield
    finally:
        for module, was in zip(modules, known, strict=True):
            vars(module)["time"] = was


def image(disc: IO[bytes], period: str, files: Mapping[str, Content]) -> None:
    """Write the image of these files (by name), all in its root; names may be Chinese, of up to 64 characters.

    Raises ``ValueError`` for a name that a disc can't hold.
    """
    wrong = [name for name in files if not 0 < len(name) <= _JOLIET_CHARS_MAX or set(name) & set('/\\:*?";')]
    if wrong:
        raise ValueError(f"no names for a disc: {wrong}")
    with _standing_clock():
        iso = pycdlib.PyCdlib()
        iso.new(interchange_level=3, joliet=3, rock_ridge="1.09", vol_ident=f"HANGPAI_{period.replace('-', '_')}")
        for number, name in enumerate(sorted(files), 1):
            size = opened(files[name]).seek(0, io.SEEK_END)
            iso.add_fp(
                cast(BinaryIO, opened(files[name])), size, f"/F{number:06d}.;1", rr_name=name, joliet_path=f"/{name}"
            )
        iso.write_fp(cast(BinaryIO, disc))
        iso.close()
