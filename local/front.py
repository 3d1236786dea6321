"""What a CDN is in production: pages, API, console and public files on one origin of 127.0.0.1.

``python -m local.front FILE`` serves what the JSON file (``Front``) describes until it is ended. Pages bear hashes and
are kept for ever, the public files as long as their own Cache-Control says, the API's answers never.
"""

from __future__ import annotations

import gzip
import http.client
import json
import mimetypes
import os
import re
import signal
import sys
import threading
import time
from dataclasses import asdict, dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

from local import processes
from local.counterparties import ALIPAY_APP_ID
from local.package import ROOT
from local.stage import Stage

PAGES = ROOT / "build" / "pages" / "h5"
CONFIG = {"api": "/api", "files": "/public", "alipay_app_id": ALIPAY_APP_ID}
BODY_BYTES_MAX = 10 * 1024 * 1024
TIMEOUT_S = 30
_READY_WITHIN_S = 10
_HASHED = re.compile(r"\.[0-9a-f]{8}\.(js|css)$")
_PRESSED = ("text/", "application/javascript", "application/json", "image/svg")
# Whatever a page may need comes from here; Taro sets styles at run time and brings fonts inside them.
_GUARDS = {
    "Content-Security-Policy": (
        "default-src 'self'; font-src 'self' data:; img-src 'self' data:; style-src 'self' 'unsafe-inline'; "
        "frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
_TO_API = ("accept", "authorization", "content-type", "idempotency-key", "if-match", "if-none-match")
# The console's pages alone keep cookies, and bring their own guards.
_TO_CONSOLE = (*_TO_API, "cookie", "hx-request")
_FROM_CONSOLE = (
    "content-security-policy",
    "x-content-type-options",
    "x-frame-options",
    "referrer-policy",
    "hx-redirect",
)
_FROM_API = (
    "content-type",
    "cache-control",
    "etag",
    "location",
    "retry-after",
    "content-disposition",
    "idempotency-replayed",
    "ratelimit-limit",
    "ratelimit-remaining",
    "ratelimit-reset",
)
_BAR = b'<script src="/sandbox/bar.js" defer></script>'
_END = b"</body>"


@dataclass(frozen=True)
class Front:
    """Where it listens, and where it passes things on to."""

    port: int
    pages: str
    api_url: str
    public_url: str
    # Where a sandbox stands: its bar is put on top of every page.
    sandbox_url: str = ""

    @property
    def url(self) -> str:
        """What a browser opens."""
        return f"http://127.0.0.1:{self.port}"


@dataclass(frozen=True)
class Answer:
    """An answer as it goes out."""

    status: int
    headers: dict[str, str]
    body: bytes
    cookies: tuple[str, ...] = ()


def _passed_on(method: str, url: str, headers: dict[str, str], body: bytes | None) -> Answer:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=TIMEOUT_S)
    try:
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        connection.request(method, path, body=body, headers=headers)
        reply = connection.getresponse()
        came = reply.getheaders()
        kept = {name: value for name, value in came if name.lower() in (*_FROM_API, *_FROM_CONSOLE)}
        cookies = tuple(value for name, value in came if name.lower() == "set-cookie")
        return Answer(reply.status, kept, reply.read(), cookies)
    except OSError:
        return Answer(502, {"Content-Type": "application/problem+json"}, b'{"code":"GATEWAY","status":502}')
    finally:
        connection.close()


class PublicFiles:
    """The public bucket behind a cache that does what each file's Cache-Control says; it keeps no missing file."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._lock = threading.Lock()
        self._kept: dict[str, tuple[float, Answer]] = {}

    def get(self, path: str) -> Answer:
        """A file by its key."""
        with self._lock:
            until, answer = self._kept.get(path, (0.0, None))
            if answer is not None and time.monotonic() < until:
                return answer
        found = _passed_on("GET", f"{self._url}/{path}", {}, None)
        if found.status >= 400:
            return Answer(404, {"Content-Type": "application/json", "Cache-Control": "max-age=1"}, b"{}")
        # A shared cache goes by its own age where there is one.
        kept = found.headers.get("Cache-Control", "")
        age = re.search(r"s-maxage=(\d+)", kept) or re.search(r"max-age=(\d+)", kept)
        with self._lock:
            self._kept[path] = (time.monotonic() + int(age[1] if age else 0), found)
        return found


def page_file(pages: Path, path: str) -> Answer:
    """A file of the pages; an address without a file is the pages' own, and theirs to answer."""
    wanted = (pages / path.lstrip("/")).resolve()
    file = wanted if wanted.is_relative_to(pages.resolve()) and wanted.is_file() else pages / "index.html"
    if not file.is_file():
        hint = "页面尚未构建: make pages\n"
        return Answer(404, {"Content-Type": "text/plain; charset=utf-8"}, hint.encode())
    if file.name == "index.html" and "." in path.rsplit("/", 1)[-1] and path != "/index.html":
        return Answer(404, {"Content-Type": "text/plain"}, b"")
    kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    age = "public, max-age=31536000, immutable" if _HASHED.search(file.name) else "no-cache"
    shown = f"{kind}; charset=utf-8" if kind.startswith(("text/", "application/javascript")) else kind
    return Answer(200, {"Content-Type": shown, "Cache-Control": age, **_GUARDS}, file.read_bytes())


def with_bar(answer: Answer) -> Answer:
    """A page with the sandbox's bar on it; anything else as it is."""
    if not answer.headers.get("Content-Type", "").startswith("text/html") or _BAR in answer.body:
        return answer
    return replace(answer, body=answer.body.replace(_END, _BAR + _END))


def _handler(front: Front) -> type[BaseHTTPRequestHandler]:
    files, pages = PublicFiles(front.public_url), Path(front.pages)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing: a path may name somebody."""

        def _handle(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            if length > BODY_BYTES_MAX:
                self._answer(Answer(413, {"Connection": "close"}, b""))
                return
            body = self.rfile.read(length) if length else None
            path = self.path.split("?", 1)[0]
            if self.path.startswith("/api/"):
                headers = {name: value for name, value in self.headers.items() if name.lower() in _TO_API}
                answer = _passed_on(self.command, front.api_url + self.path.removeprefix("/api"), headers, body)
                self._answer(Answer(answer.status, {"Cache-Control": "no-store", **answer.headers}, answer.body))
            elif path == "/console" or path.startswith("/console/"):
                headers = {name: value for name, value in self.headers.items() if name.lower() in _TO_CONSOLE}
                self._answer(_passed_on(self.command, front.api_url + self.path, headers, body))
            elif front.sandbox_url and path.startswith("/sandbox/"):
                kind = {"Content-Type": self.headers.get("Content-Type", "text/plain")}
                self._answer(_passed_on(self.command, front.sandbox_url + self.path, kind, body))
            elif self.command not in ("GET", "HEAD"):
                self._answer(Answer(405, {"Allow": "GET, HEAD"}, b""))
            elif path.startswith("/public/"):
                self._answer(files.get(path.removeprefix("/public/")))
            elif path == "/config.json":
                config = json.dumps(CONFIG).encode()
                self._answer(Answer(200, {"Content-Type": "application/json", "Cache-Control": "max-age=60"}, config))
            else:
                self._answer(page_file(pages, path))

        do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_PATCH = _handle  # noqa: N815

        def _answer(self, answer: Answer) -> None:
            answer = with_bar(answer) if front.sandbox_url else answer
            body, headers = answer.body, dict(answer.headers)
            pressed = headers.get("Content-Type", "").startswith(_PRESSED) and len(body) > 1_000
            if pressed and "gzip" in self.headers.get("Accept-Encoding", ""):
                body = gzip.compress(body, 6)
                headers |= {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
            self.send_response(answer.status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            for cookie in answer.cookies:
                self.send_header("Set-Cookie", cookie)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

    return Handler


class Serving:
    """A front in threads of this process: ``with Serving(front):``."""

    def __init__(self, front: Front) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", front.port), _handler(front))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)

    def __enter__(self) -> Serving:
        """Listen."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def front_of(stage: Stage, sandbox_url: str = "") -> Front:
    """The front of a stage, on the port that the console was told of."""
    public = f"{stage.aws.url}/{stage.bucket('public')}"
    return Front(stage.front_port, str(PAGES), stage.api_url, public, sandbox_url)


def start(name: str, stage: Stage, *, lasting: bool, sandbox_url: str = "") -> Front:
    """Start a stage's front as a process of its own. ``RuntimeError`` where it does not answer."""
    front = front_of(stage, sandbox_url)
    file = stage.aws.folder / "front.json"
    file.write_text(json.dumps(asdict(front)))
    log = stage.aws.folder / "front.log"
    command = [sys.executable, "-m", "local.front", str(file)]
    process = processes.start(f"{name}-front", command, {**os.environ, "PYTHONPATH": str(ROOT)}, log, lasting=lasting)
    until = time.monotonic() + _READY_WITHIN_S
    while _passed_on("GET", f"{front.url}/config.json", {}, None).status != 200:
        if time.monotonic() > until or not process.alive():
            raise RuntimeError(f"the front did not come up; the end of its log:\n{processes.end_of(log)}")
        time.sleep(0.1)
    return front


def main() -> None:
    """Serve until a signal ends it."""
    front = Front(**json.loads(Path(sys.argv[1]).read_text()))
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    with Serving(front):
        signal.sigwait({signal.SIGTERM, signal.SIGINT})


if __name__ == "__main__":
    main()
