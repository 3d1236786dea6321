"""A share of the bidders in one process, each on a connection of his own that stays open for the whole window.

``python -m local.load.pool FILE``: reads its orders there (``Orders``) and writes what each bidder saw beside it. A
request's latency counts from the instant it was meant to be sent: one that waits behind its predecessor, or behind a
busy machine, waits in the figures too (no coordinated omission).
"""

from __future__ import annotations

import asyncio
import gc
import json
import random
import sys
from collections import deque
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from chalicelib.kernel.tokens import Session, issue
from local.load.bidders import Action, Script, script
from local.load.web import now_ms

ATTEMPTS_MAX = 6
RETRY_SECONDS = (0.3, 1.0)
ANSWER_SECONDS_MAX = 30.0
CONNECTS_AT_ONCE = 100


@dataclass(frozen=True)
class Orders:
    """What a pool is to do: bidders ``first, first + step, ...`` below ``sessions``."""

    first: int
    step: int
    sessions: int
    seed: int
    ports: tuple[int, ...]
    period: str
    opens_at_ms: int
    closes_at_ms: int
    broadcasts_at_ms: tuple[int, ...]
    key_id: str
    session_key: str

    @property
    def seconds(self) -> float:
        """How long the window is."""
        return (self.closes_at_ms - self.opens_at_ms) / 1_000

    def save(self, path: Path) -> None:
        """Write the orders down for the process that carries them out."""
        path.write_text(json.dumps(asdict(self)))

    @staticmethod
    def load(path: Path) -> Orders:
        """Read them there."""
        content = json.loads(path.read_text())
        return Orders(**{**content, **{name: tuple(content[name]) for name in ("ports", "broadcasts_at_ms")}})


@dataclass(frozen=True)
class Seen:
    """One request as its bidder saw it. ``status`` 0: there was never an answer. ``body`` only of bids."""

    bidder: int
    kind: str
    request_id: str
    price_yuan: int
    due_ms: float
    sent_ms: float
    done_ms: float
    attempts: int
    status: int
    body: str


class Phone(asyncio.Protocol):
    """One bidder's connection: one request at a time, others wait for their turn."""

    def __init__(self, orders: Orders, who: Script, seen: list[Seen]) -> None:
        self.who, self.orders, self.seen = who, orders, seen
        session = Session(who.code, "bid", orders.period, who.bidder_class, orders.closes_at_ms + 600_000)
        token = issue(session, orders.key_id, bytes.fromhex(orders.session_key))
        address = f"10.{who.number >> 16 & 255}.{who.number >> 8 & 255}.{who.number & 255}"
        self._head = (
            f"POST /bids HTTP/1.1\r\nhost: load\r\nauthorization: Bearer {token}\r\n"
            f"content-type: application/json\r\nx-forwarded-for: {address}\r\ncontent-length: "
        )
        self.transport: asyncio.Transport | None = None
        self.waiting: deque[Action] = deque()
        self.doing: Action | None = None
        self._held = b""
        self._sent_ms = 0.0
        self._attempts = 0
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ready."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101
        self.transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        """A request under way has no answer: ask again under the same id, once there is a connection."""
        del exc
        self.transport, self._held = None, b""
        if self.doing is not None:
            self._again_or_give_up()

    def mean_to(self, action: Action) -> None:
        """It is due now."""
        if self.doing is None:
            self._begin(action)
        else:
            self.waiting.append(action)

    def _begin(self, action: Action) -> None:
        self.doing, self._attempts, self._sent_ms = action, 0, 0.0
        self._send()

    def _send(self) -> None:
        action = self.doing
        if action is None:
            return
        self._attempts += 1
        if self.transport is None:
            self._reconnect()
            return
        self._sent_ms = self._sent_ms or now_ms()
        if action.kind == "poll":
            at_ms = self.orders.opens_at_ms + action.at_s * 1_000
            number = sum(at_ms >= each for each in self.orders.broadcasts_at_ms)
            name = f"broadcast-{number}.json" if number else "window.json"
            self.transport.write(f"GET /auction/{self.orders.period}/{name} HTTP/1.1\r\nhost: load\r\n\r\n".encode())
        else:
            body = json.dumps({"request_id": action.request_id, "price": action.price_yuan})
            self.transport.write(f"{self._head}{len(body)}\r\n\r\n{body}".encode())
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(ANSWER_SECONDS_MAX, self._hang_up)

    def _hang_up(self) -> None:
        if self.transport is not None:
            self.transport.abort()

    def _reconnect(self) -> None:
        async def connect() -> None:
            loop = asyncio.get_running_loop()
            try:
                await loop.create_connection(lambda: self, "127.0.0.1", self.port)
            except OSError:
                self._again_or_give_up()
            else:
                self._attempts -= 1
                self._send()

        self._task = asyncio.get_running_loop().create_task(connect())

    @property
    def port(self) -> int:
        """The front that this bidder is at."""
        return self.orders.ports[self.who.number % len(self.orders.ports)]

    def data_received(self, data: bytes) -> None:
        """Take an answer that is whole."""
        held = self._held = self._held + data
        end = held.find(b"\r\n\r\n")
        if end < 0:
            return
        at = held.index(b"Content-Length: ") + 16
        if len(held) < end + 4 + int(held[at : held.index(b"\r\n", at)]):
            return
        self._held = b""
        self._answered(int(held[9:12]), held[end + 4 :])

    def _answered(self, status: int, body: bytes) -> None:
        action = self.doing
        if self._timer is not None:
            self._timer.cancel()
        if action is None:
            return
        # What is not known is asked again; a loop that floods asks something new anyway.
        if action.kind == "bid" and (status == 429 or status >= 500) and self._attempts < ATTEMPTS_MAX:
            self._later()
            return
        self._done(status, body.decode() if action.kind != "poll" else "")

    def _again_or_give_up(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._attempts < ATTEMPTS_MAX:
            self._later()
        else:
            self._done(0, "")

    def _later(self) -> None:
        pause = random.uniform(*RETRY_SECONDS)  # noqa: S311
        asyncio.get_running_loop().call_later(pause, self._send)

    def _done(self, status: int, body: str) -> None:
        action = self.doing
        assert action is not None  # noqa: S101
        at_ms = now_ms()
        due_ms = self.orders.opens_at_ms + action.at_s * 1_000
        if action.kind == "flood":  # a loop means to send when the last answer is there
            due_ms = self._sent_ms
        self.seen.append(
            Seen(
                self.who.number,
                action.kind,
                action.request_id,
                action.price_yuan,
                due_ms,
                self._sent_ms,
                at_ms,
                self._attempts,
                status,
                body,
            )
        )
        self.doing = None
        if self.waiting:
            self._begin(self.waiting.popleft())


def _timeline(phones: list[Phone]) -> Iterator[tuple[float, Phone, Action]]:
    due = [(action.at_s, phone, action) for phone in phones for action in phone.who.actions]
    return iter(sorted(due, key=lambda each: each[0]))


async def _connect(phones: list[Phone]) -> None:
    gate = asyncio.Semaphore(CONNECTS_AT_ONCE)
    loop = asyncio.get_running_loop()

    async def one(phone: Phone) -> None:
        async with gate:
            await loop.create_connection(lambda: phone, "127.0.0.1", phone.port)

    await asyncio.gather(*(one(phone) for phone in phones))


async def _run(orders: Orders, seen: list[Seen]) -> int:
    numbers = range(orders.first, orders.sessions, orders.step)
    phones = [Phone(orders, script(one, orders.seed, orders.seconds), seen) for one in numbers]
    timeline = _timeline(phones)
    await _connect(phones)
    ready_ms = now_ms()
    gc.collect()
    gc.freeze()
    for turn, (at_s, phone, action) in enumerate(timeline):
        wait_s = (orders.opens_at_ms - now_ms()) / 1_000 + at_s
        if wait_s > 0.001:
            await asyncio.sleep(wait_s)
        elif turn % 20 == 0:
            await asyncio.sleep(0)  # whoever is behind with sending must still hear the answers
        phone.mean_to(action)
    until_ms = now_ms() + ATTEMPTS_MAX * ANSWER_SECONDS_MAX * 1_000
    while any(phone.doing is not None for phone in phones) and now_ms() < until_ms:
        await asyncio.sleep(0.1)
    for phone in phones:
        if phone.transport is not None:
            phone.transport.close()
    return ready_ms


def seen_in(path: Path) -> tuple[int, list[Seen]]:
    """When a pool was connected, and what its bidders saw."""
    content = json.loads(path.with_suffix(".seen").read_text())
    return content["ready_ms"], [Seen(*each) for each in content["seen"]]


def main(path: Path) -> None:
    """Carry out the orders and write down what was seen."""
    seen: list[Seen] = []
    ready_ms = asyncio.run(_run(Orders.load(path), seen))
    content = {"ready_ms": ready_ms, "seen": [tuple(vars(each).values()) for each in seen]}
    path.with_suffix(".seen").write_text(json.dumps(content))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
