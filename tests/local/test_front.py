"""The front on this machine: what a phone gets from it is what a CDN would give."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import requests

from local.front import Front, Serving
from local.processes import free_port

SCRIPT = "js/app.0123abcd.js"


class Behind(ThreadingHTTPServer):
    """The hub's API and the public bucket, as far as a front can tell."""

    seen: list[tuple[str, str, dict[str, str], bytes]]


@pytest.fixture
def behind() -> Iterator[Behind]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Quiet."""

        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            server.seen.append((self.command, self.path, dict(self.headers.items()), body))
            known = {
                "/bucket/auction/2026-03/live.json": (200, "public, max-age=0, s-maxage=60", b'{"closed": false}'),
                "/bucket/current.json": (200, "", b"{}"),
                "/stage/me?x=1": (200, "", b'{"name": "*"}'),
                "/stage/console/2026-03": (200, "no-store", b"<h1>day</h1>"),
                "/stage/bids": (409, "no-store", b'{"code": "NO_BIDS_LEFT"}'),
            }
            status, age, content = known.get(self.path, (403, "", b"<Error/>"))
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Server", "behind")
            if "/console" in self.path:
                self.send_header("Content-Security-Policy", "default-src 'none'")
                self.send_header("Set-Cookie", "a=1; Path=/")
                self.send_header("Set-Cookie", "b=2; Path=/")
            if age:
                self.send_header("Cache-Control", age)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_GET  # noqa: N815

    server = Behind(("127.0.0.1", 0), Handler)
    server.seen = []
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def front(behind: Behind, tmp_path: Path) -> Iterator[Front]:
    (tmp_path / "js").mkdir()
    (tmp_path / "index.html").write_text("<title>竞价</title>")
    (tmp_path / SCRIPT).write_text("x" * 5_000)
    (tmp_path.parent / "secret.txt").write_text("not for anybody")
    url = f"http://127.0.0.1:{behind.server_address[1]}"
    made = Front(free_port(), str(tmp_path), f"{url}/stage", f"{url}/bucket")
    with Serving(made):
        yield made


def test_given_the_pages_then_what_bears_a_hash_is_kept_and_the_frame_is_not(front):
    frame, script = requests.get(f"{front.url}/"), requests.get(f"{front.url}/{SCRIPT}")

    assert frame.headers["Cache-Control"] == "no-cache"
    assert "竞价" in frame.content.decode()
    assert "default-src 'self'" in frame.headers["Content-Security-Policy"]
    assert "immutable" in script.headers["Cache-Control"]
    assert script.headers["Content-Encoding"] == "gzip"
    assert script.text == "x" * 5_000
    assert requests.get(f"{front.url}/{SCRIPT}", headers={"Accept-Encoding": "identity"}).text == script.text
    assert requests.get(f"{front.url}/config.json").json()["api"] == "/api"


@pytest.mark.parametrize(
    "path", ["/js/gone.11112222.js", "/../secret.txt", "/%2e%2e/secret.txt", "/js/../../secret.txt"]
)
def test_given_a_path_that_is_no_file_of_the_pages_then_nothing_else_is_shown(front, path):
    import http.client

    connection = http.client.HTTPConnection("127.0.0.1", front.port)
    connection.request("GET", path)
    answer = connection.getresponse()
    assert b"not for anybody" not in answer.read()
    assert answer.status == 404


def test_given_a_request_to_the_api_then_it_goes_there_whole_and_its_answer_is_never_kept(front, behind):
    token = {"Authorization": "Bearer t", "X-Forwarded-For": "10.0.0.1"}
    refused = requests.post(f"{front.url}/api/bids", data=b'{"price": 1}', headers=token)
    mine = requests.get(f"{front.url}/api/me?x=1", headers=token)

    assert (refused.status_code, refused.json()) == (409, {"code": "NO_BIDS_LEFT"})
    assert mine.headers["Cache-Control"] == "no-store"
    assert "behind" not in mine.headers.get("Server", "")
    (method, path, headers, body), _ = behind.seen
    assert (method, path, headers["Authorization"], body) == ("POST", "/stage/bids", "Bearer t", b'{"price": 1}')
    # And nobody can say from where he comes
    assert "X-Forwarded-For" not in headers


def test_given_a_public_file_with_an_age_then_it_is_fetched_once_and_one_without_each_time(front, behind):
    for _ in range(3):
        assert requests.get(f"{front.url}/public/auction/2026-03/live.json").json() == {"closed": False}
        assert requests.get(f"{front.url}/public/current.json").status_code == 200
    assert [path for _, path, _, _ in behind.seen].count("/bucket/auction/2026-03/live.json") == 1
    assert [path for _, path, _, _ in behind.seen].count("/bucket/current.json") == 3
    # And a file that is not there is told as such, without the bucket's own words
    missing = requests.get(f"{front.url}/public/auction/2026-04/live.json")
    assert (missing.status_code, missing.json()) == (404, {})


def test_given_nothing_behind_then_the_front_says_so(tmp_path):
    nobody = f"http://127.0.0.1:{free_port()}"
    with Serving(Front(port := free_port(), str(tmp_path), nobody, nobody)):
        answer = requests.get(f"http://127.0.0.1:{port}/api/me")
        assert (answer.status_code, answer.json()["code"]) == (502, "GATEWAY")
        assert requests.post(f"http://127.0.0.1:{port}/public/current.json").status_code == 405
        # And without pages, how to get them
        assert "make pages" in requests.get(f"http://127.0.0.1:{port}/").text


def test_given_the_console_then_its_cookies_and_guards_pass_and_the_apis_do_not(behind, front):
    console = requests.get(f"{front.url}/console/2026-03", headers={"Cookie": "__Host-console=x", "HX-Request": "true"})
    assert (console.status_code, console.headers["Content-Security-Policy"]) == (200, "default-src 'none'")
    assert console.raw.headers.getlist("Set-Cookie") == ["a=1; Path=/", "b=2; Path=/"]
    requests.get(f"{front.url}/api/me?x=1", headers={"Cookie": "__Host-console=x"})
    (_, path, headers, _), (_, _, to_api, _) = behind.seen
    assert (path, headers["Cookie"], headers["HX-Request"]) == ("/stage/console/2026-03", "__Host-console=x", "true")
    assert "Cookie" not in to_api
