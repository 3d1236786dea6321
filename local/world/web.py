"""Speaking HTTP as a client of the hub does: JSON in and out, and patience with answers that are not known."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

import requests

# The embedded AWS starts functions cold under many callers at once: few workers are faster than many.
WORKERS = 6
TIMEOUT_S = 30
# Every request to the hub may be made again; what is not known is asked again under the same id.
ATTEMPTS = 4
_UNKNOWN = frozenset({429, 500, 502, 503, 504})

Item = TypeVar("Item")
Made = TypeVar("Made")
_local = threading.local()


@dataclass(frozen=True)
class Answer:
    """What a door said. ``code`` is the refusal's stable code, empty where it was none."""

    status: int
    body: Any

    @property
    def ok(self) -> bool:
        """Whether it was done."""
        return 200 <= self.status < 300

    @property
    def code(self) -> str:
        """The stable code of a refusal, ``HTTP_<status>`` where the door gave none, empty for a yes."""
        if self.ok:
            return ""
        return str(self.body.get("code") or f"HTTP_{self.status}") if isinstance(self.body, dict) else "NO_JSON"


class DoorShutError(RuntimeError):
    """A door answered what no actor can go on from."""


def _session() -> requests.Session:
    # A session is not for several threads.
    if not hasattr(_local, "session"):
        _local.session = requests.Session()
    session: requests.Session = _local.session
    return session


def ask(method: str, url: str, *, body: Any = None, token: str = "", attempts: int = ATTEMPTS) -> Answer:
    """Send a request and return the answer. Unknown outcomes are asked again, ``attempts`` times in all."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    answer = Answer(0, None)
    for attempt in range(attempts):
        if attempt:
            time.sleep(0.3 * 2**attempt)
        try:
            response = _session().request(method, url, json=body, headers=headers, timeout=TIMEOUT_S)
        except requests.RequestException as error:
            answer = Answer(0, {"code": type(error).__name__})
            continue
        answer = Answer(response.status_code, _content(response))
        if answer.status not in _UNKNOWN:
            break
    return answer


def need(method: str, url: str, *, body: Any = None, token: str = "") -> Any:
    """The answer's content. Raises ``DoorShutError`` naming the door and the refusal where it was not done."""
    answer = ask(method, url, body=body, token=token)
    if not answer.ok:
        path = url.split("/", 3)[-1]
        raise DoorShutError(f"{method} /{path} answered {answer.status} {answer.code}: {answer.body}")
    return answer.body


def _content(response: requests.Response) -> Any:
    try:
        return response.json()
    except ValueError:
        return response.text


def each(items: Iterable[Item], act: Callable[[Item], Made], workers: int = WORKERS) -> list[Made]:
    """Let every item act, several at once; results in the items' order. The first error ends it."""
    with ThreadPoolExecutor(max_workers=workers) as pool:
        return list(pool.map(act, items))


def now_ms() -> int:
    """This machine's time in UTC epoch milliseconds."""
    return time.time_ns() // 1_000_000


def sleep_until(at_ms: int) -> None:
    """Sleep until an instant of the plan; at once where it has passed."""
    while (left := at_ms - now_ms()) > 0:
        time.sleep(min(left / 1_000, 1.0))


def until(deadline_ms: int, pause_s: float = 0.5) -> Iterator[int]:
    """Count attempts with a pause between them until the deadline; the first one comes at once."""
    attempt = 0
    while True:
        yield attempt
        attempt += 1
        if now_ms() + pause_s * 1_000 >= deadline_ms:
            return
        time.sleep(pause_s)
