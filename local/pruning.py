"""Leaves out of the zip what no function of ours can reach: it is what Lambda unpacks at every cold start.

botocore brings a description of every service of AWS, and Pillow the codec of a format that we neither read nor write.
"""

from __future__ import annotations

import re
import shutil
import zipfile
from pathlib import Path

# A client is always asked for by its literal name: what no source names, no function speaks with.
_CLIENT = re.compile(r"""\bclient\(\s*["']([a-z0-9-]+)["']""")
_SERVICE = re.compile(r"botocore/data/([^/]+)/")
_UNUSED = re.compile(r"PIL/_avif\.|pillow\.libs/libavif|Cryptodome/SelfTest/")
# PynamoDB makes its own client of DynamoDB.
_ALWAYS = {"dynamodb"}


def services_used(sources: Path) -> set[str]:
    """The services that a folder of Python sources makes clients of, by botocore's names."""
    return _ALWAYS | {name for file in sources.rglob("*.py") for name in _CLIENT.findall(file.read_text())}


def prune(archive: Path, services: set[str]) -> None:
    """Write a zip anew without what is unused; entries keep their order and times."""
    pruned = archive.with_suffix(".pruned")
    with zipfile.ZipFile(archive) as whole, zipfile.ZipFile(pruned, "w", zipfile.ZIP_DEFLATED) as kept:
        for entry in whole.infolist():
            service = _SERVICE.match(entry.filename)
            if _UNUSED.match(entry.filename) or (service and service.group(1) not in services):
                continue
            kept.writestr(entry, whole.read(entry))
    shutil.move(pruned, archive)
