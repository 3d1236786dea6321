"""An earlier commit's package, made by that commit's own packager: what a running hub is updated from."""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

from local.package import ROOT

_FOLDER = ROOT / ".local" / "earlier"
# Where nothing was tagged yet.
_BACK = 20


def last_tag() -> str:
    """The last tag before this commit; without any, the commit ``HEAD~20``."""
    asked = _git("describe", "--tags", "--abbrev=0", "HEAD^", check=False)
    return asked.stdout.decode().strip() or f"HEAD~{_BACK}"


def package_at(commit: str) -> tuple[str, Path]:
    """Package what a commit holds. Returns its short name and the folder with ``sam.json`` and ``deployment.zip``.

    ``RuntimeError`` says what went wrong: no such commit, or its packager failed.
    """
    found = _git("rev-parse", "--short", f"{commit}^{{commit}}", check=False)
    if found.returncode:
        raise RuntimeError(f"there is no commit {commit!r} here; remedy: FROM=<tag or commit>")
    name = found.stdout.decode().strip()
    tree = _FOLDER / name
    shutil.rmtree(tree, ignore_errors=True)
    tree.mkdir(parents=True)
    with tarfile.open(fileobj=io.BytesIO(_git("archive", "--format=tar", name).stdout)) as archive:
        archive.extractall(tree, filter="tar")
    done = subprocess.run(
        [sys.executable, "-m", "local.package", "local"], cwd=tree, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"packaging {name} failed; the end of what it said:\n{done.stderr[-2_000:]}")
    return name, tree / "build" / "local"


def _git(*words: str, check: bool = True) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, check=check)
