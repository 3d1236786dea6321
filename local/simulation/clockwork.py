"""Virtual time and the strands that live in it. One runs at a time; the seed decides which of two is first.

A strand is a greenlet: a handler that waits for DynamoDB, a machine that waits for the 25th, a bidder who waits for a
text. Whoever pauses gives the others their turn, so that two may meet between any two calls.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable
from typing import Any

from greenlet import getcurrent, greenlet


class Killed(BaseException):
    """A function's process is gone between two instructions: no handler of its own may catch it."""


class Stalled(RuntimeError):
    """More happened than any month needs: something goes round in circles."""


class Strand(greenlet):  # type: ignore[misc]
    """Something that goes on in virtual time. ``request``: what the API's function works on in it just now."""

    def __init__(self, name: str, body: Callable[[], Any]) -> None:
        super().__init__(self._live)
        self.name = name
        self.result: Any = None
        self.error: BaseException | None = None
        self.request: Any = None
        self.invocation: Any = None
        self.ended = False
        self._body = body
        self._waiting: list[Callable[[], None]] = []

    def _live(self) -> None:
        try:
            self.result = self._body()
        except BaseException as error:  # whoever joins it is told
            self.error = error
        self.ended = True
        for tell in self._waiting:
            tell()


class Clockwork:
    """The clock, and what is due when (epoch ms)."""

    def __init__(self, rng: random.Random, start_ms: int, events_max: int) -> None:
        self.now_ms = start_ms
        self.events = 0
        # What everybody's own clock says besides: a jump of it moves nobody in the queue.
        self.skew_ms = 0
        self._rng = rng
        self._events_max = events_max
        self._due: list[tuple[int, float, int, Callable[[], Any]]] = []
        self._numbers = 0
        self._main = getcurrent()
        self.strands: list[Strand] = []

    def at(self, at_ms: int, act: Callable[[], Any]) -> None:
        """Have something done at an instant; what is due at the same one comes in an order that the seed decides."""
        self._numbers += 1
        heapq.heappush(self._due, (max(at_ms, self.now_ms), self._rng.random(), self._numbers, act))

    def after(self, by_ms: int, act: Callable[[], Any]) -> None:
        """The same, so long from now."""
        self.at(self.now_ms + by_ms, act)

    def spawn(self, name: str, body: Callable[[], Any], at_ms: int = 0) -> Strand:
        """A strand that begins at an instant, or now."""
        strand = Strand(name, body)
        strand.parent = self._main
        self.strands.append(strand)
        self.at(at_ms, strand.switch)
        return strand

    @property
    def current(self) -> Strand | None:
        """The strand that runs now; ``None`` outside of all."""
        running = getcurrent()
        return running if isinstance(running, Strand) else None

    def pause(self, ms: float) -> None:
        """Let virtual time go by in the strand that runs."""
        strand = self.current
        if strand is None:
            self.now_ms += int(ms)
            return
        self.after(max(0, round(ms)), strand.switch)
        self._main.switch()

    def pause_until(self, at_ms: int) -> None:
        """The same, up to an instant."""
        self.pause(max(0, at_ms - self.now_ms))

    def park(self) -> Any:
        """Wait until somebody ``wake``s this strand; returns what it is woken with."""
        return self._main.switch()

    def wake(self, strand: Strand, told: Any = None) -> None:
        """Let a parked strand go on."""
        self.after(0, lambda: None if strand.ended else strand.switch(told))

    def end(self, strand: Strand) -> None:
        """End a strand where it stands."""
        self.after(0, lambda: None if strand.ended else strand.throw(Killed))

    def join(self, strand: Strand) -> Any:
        """Wait for a strand's end: its result, or what it raised."""
        if not strand.ended:
            here = self.current
            if here is None:
                raise RuntimeError("only a strand waits")
            strand._waiting.append(lambda: self.wake(here))
            self.park()
        if strand.error is not None:
            raise strand.error
        return strand.result

    def run(self, until_ms: int, done: Callable[[], bool]) -> None:
        """Let everything happen up to an instant, or until ``done``. Raises ``Stalled``."""
        while self._due and not done():
            at_ms, _, _, act = heapq.heappop(self._due)
            if at_ms > until_ms:
                return
            self.now_ms = max(self.now_ms, at_ms)
            self.events += 1
            if self.events > self._events_max:
                raise Stalled(f"{self.events} events by {self.now_ms}")
            act()

    def clear(self) -> None:
        """End whatever still goes on."""
        self._due.clear()
        for strand in self.strands:
            if strand and not strand.dead:
                strand.throw(Killed)
