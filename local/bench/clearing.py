"""Clearing a month at the treasury's simulator over TCP: notices up, payments asked, against a bare loop of the frames.

The simulator is a process of its own; payments are made in it between the two rounds of messages, off the clock.
"""

from __future__ import annotations

import multiprocessing
import socket
import time
from collections.abc import Callable
from datetime import date
from multiprocessing.connection import Connection

from local.bench.measure import Measure

NOTICES = 12_000
_TOKEN = "a-token-of-the-bench"  # noqa: S105 (of nobody)
_PRICE_FEN = 3_150_000


def _serve(pipe: Connection) -> None:
    from integrations.treasury_nontax.simulator import TreasurySimulator

    with TreasurySimulator(_TOKEN) as simulator:
        pipe.send(simulator.address)
        while pipe.recv() == "pay":
            for pay_code in list(simulator.books.notices):
                simulator.books.pay(pay_code, _PRICE_FEN, "张三", None)
            pipe.send(len(simulator.books.notices))


def _clear(address: str, pay_all: Callable[[], int]) -> tuple[float, list[bytes]]:
    """Register and ask about every notice as the hub does; seconds, and the frames that were sent."""
    from integrations.ports import Notice, NoticeState
    from integrations.treasury_nontax.client import TreasuryClient

    sent: list[bytes] = []

    class Recording(TreasuryClient):
        def _exchange(self, request: bytes) -> bytes:
            sent.append(request)
            return super()._exchange(request)

    link = Recording(address, _TOKEN)
    codes = [f"3301002630{number:010d}" for number in range(1, NOTICES + 1)]
    began = time.perf_counter()
    for number, code in enumerate(codes):
        link.register(Notice(code, "张三", _PRICE_FEN, date(2026, 3, 25), date(2026, 3, 30)), f"N{number:08d}")
    spent = time.perf_counter() - began
    if pay_all() != NOTICES:
        raise RuntimeError("the treasury does not have every notice")
    began = time.perf_counter()
    paid = sum(link.ask(code, f"Q{number:08d}") is NoticeState.PAID for number, code in enumerate(codes))
    spent += time.perf_counter() - began
    if paid != NOTICES:
        raise RuntimeError(f"{paid} of {NOTICES} notices are paid")
    return spent, sent


def _bare(address: str, frames: list[bytes]) -> float:
    """Send the same frames and read each answer to its end, and nothing else."""
    host, _, port = address.rpartition(":")
    began = time.perf_counter()
    for frame in frames:
        with socket.create_connection((host, int(port)), 5) as connection:
            connection.sendall(frame)
            size, held = int(connection.recv(8, socket.MSG_WAITALL)), 8
            while held < size:
                part = connection.recv(min(size - held, 65_536))
                if not part:
                    raise RuntimeError("the treasury ended in the middle of an answer")
                held += len(part)
    return time.perf_counter() - began


def clearing() -> list[Measure]:
    """12,000 notices registered and, once they are paid, asked about, one message after another."""
    ours, theirs = multiprocessing.Pipe()
    simulator = multiprocessing.get_context("spawn").Process(target=_serve, args=(theirs,), daemon=True)
    simulator.start()

    def pay_all() -> int:
        ours.send("pay")
        return int(ours.recv())

    try:
        address = str(ours.recv())
        spent, frames = _clear(address, pay_all)
        bare = _bare(address, frames)
    finally:
        ours.send("end")
        simulator.join(10)
    what = "elapsed, 12,000 notices registered, paid and asked about over TCP; a bare loop of the same frames"
    return [Measure("clearing-12k", what, "s", spent, bare, 1.5)]
