"""The month is sealed: its packages go on one disc, and everything that it left is listed for the archive."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from itertools import chain

from chalicelib.evidence.archive import as_csv, as_page, catalogue
from chalicelib.evidence.disc import image
from chalicelib.evidence.measuring import Content, opened, sha256_of
from chalicelib.evidence.package import verifier_source
from chalicelib.evidence.stamping import SUFFIX
from chalicelib.kernel.files import Files

DISC, PAGE, TABLE = "disc.iso", "catalogue.html", "catalogue.csv"


def archive(period: str, files: Files) -> dict[str, str]:
    """Lay ``archive/{period}/`` down in the evidence bucket: the disc's image and the catalogue, as page and table.

    Returns each name with its SHA-256. Again from the same files gives the same bytes.
    """
    sealed = list(files.keys("evidence", f"{period}/"))
    # The time stamps that packages have; each is of the class of its package.
    stamps = {key: files.read("evidence", key) for key in sealed if key.endswith(SUFFIX)}
    outbox = [key for key in files.keys("outbox", "") if period in key]
    with ExitStack() as held, tempfile.TemporaryFile() as disc:
        packages = {key: held.enter_context(files.fetch("evidence", key)) for key in sealed if key.endswith(".zip")}
        entries = catalogue(packages, chain(_one_by_one(files, outbox), stamps.items()))
        page = as_page(period, f"小客车增量指标竞价 {period} 期档案目录", entries)
        table = as_csv(period, entries)
        with_stamps: dict[str, Content] = {**packages, **stamps}
        on_disc = {key.rsplit("/", 1)[-1]: content for key, content in with_stamps.items()}
        on_disc |= {"案卷目录.html": page, "案卷目录.csv": table, "verify.py": verifier_source()}
        image(disc, period, on_disc)
        made: dict[str, tuple[Content, str]] = {
            DISC: (disc, "application/x-iso9660-image"),
            PAGE: (page, "text/html; charset=utf-8"),
            TABLE: (table, "text/csv"),
        }
        for name, (content, kind) in made.items():
            files.store("evidence", f"archive/{period}/{name}", opened(content), kind)
        return {name: sha256_of(content) for name, (content, _) in made.items()}


def _one_by_one(files: Files, keys: Iterable[str]) -> Iterator[tuple[str, Content]]:
    for key in keys:
        with files.fetch("outbox", key) as content:
            yield key, content
