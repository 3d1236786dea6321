"""The month is sealed: its packages go on one disc, and everything that it left is listed for the archive."""

from __future__ import annotations

from chalicelib.evidence.archive import as_csv, as_page, catalogue
from chalicelib.evidence.disc import image
from chalicelib.evidence.package import sha256_of, verifier_source
from chalicelib.evidence.stamping import SUFFIX
from chalicelib.kernel.files import Files

DISC, PAGE, TABLE = "disc.iso", "catalogue.html", "catalogue.csv"


def archive(period: str, files: Files) -> dict[str, str]:
    """Lay ``archive/{period}/`` down in the evidence bucket: the disc's image and the catalogue, as page and table.

    Returns each name with its SHA-256. Again from the same files gives the same bytes.
    """
    packages = {
        key: files.read("evidence", key) for key in files.keys("evidence", f"{period}/") if key.endswith(".zip")
    }
    others = {key: files.read("outbox", key) for key in files.keys("outbox", "") if period in key}
    # The time stamps that packages have; each is of the class of its package.
    stamps = {key: files.read("evidence", key) for key in files.keys("evidence", f"{period}/") if key.endswith(SUFFIX)}
    entries = catalogue(packages, {**others, **stamps})
    page = as_page(period, f"小客车增量指标竞价 {period} 期档案目录", entries)
    table = as_csv(period, entries)
    on_disc = {key.rsplit("/", 1)[-1]: content for key, content in (*packages.items(), *stamps.items())}
    on_disc |= {"案卷目录.html": page, "案卷目录.csv": table, "verify.py": verifier_source()}
    made = {DISC: image(period, on_disc), PAGE: page, TABLE: table}
    types = {DISC: "application/x-iso9660-image", PAGE: "text/html; charset=utf-8", TABLE: "text/csv"}
    for name, content in made.items():
        files.write("evidence", f"archive/{period}/{name}", content, types[name])
    return {name: sha256_of(content) for name, content in made.items()}
