"""A bid desk on an AWS in memory, and bids as API Gateway hands them over."""

from __future__ import annotations

import json
import uuid
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from chalicelib.bidding.bid import Desk, answer
from chalicelib.bidding.records import BidsTable
from chalicelib.bidding.rules import PriceLimits, Window
from chalicelib.bidding.window import lowests, sign, windows
from chalicelib.kernel.clock import SetClock, at_shanghai
from chalicelib.kernel.signing import Signer
from chalicelib.kernel.tokens import Session, issue
from tests.api.described import faults
from tests.bidding.aws_server import AwsServer

PERIOD = "2026-03"
OPENS = at_shanghai("2026-03-25T09:00:00.000")
CLOSES = at_shanghai("2026-03-25T15:00:00.000")
KEYS = {"k1": b"session key of the tests"}
WINDOW_KEY = b"window key of the tests"
LIMITS = PriceLimits(reserve_fen=1_000_000, tick_fen=10_000, cap_fen=4_000_000)
WINDOW = Window(PERIOD, OPENS, CLOSES, 3, {"individual": LIMITS, "unit": LIMITS})


def request_id(number: int) -> str:
    """A client's request id."""
    return str(uuid.UUID(int=number))


def token(code: str = "A", bidder_class: str = "individual", audience: str = "bid", expires: int = CLOSES) -> str:
    """A bidder's token, good until a minute after the close."""
    return issue(Session(code, audience, PERIOD, bidder_class, expires + 60_000), "k1", KEYS["k1"])


@dataclass
class BidDesk:
    """The desk under test, its door open to a server in front of an AWS in memory, with a clock that stands."""

    server: AwsServer
    clock: SetClock = field(default_factory=lambda: SetClock(OPENS + 1_000))

    def __post_init__(self) -> None:
        self.table = BidsTable(self.server.door(), "bids_table")
        self.desk = Desk(
            self.clock,
            self.table,
            windows(self.table.window, WINDOW_KEY),
            lowests(self.table.lowest, WINDOW_KEY),
            KEYS,
            Signer(bytes(32)),
        )
        self.lay_window(WINDOW)

    def lay_window(self, window: Window) -> None:
        """Lay another window down, and forget that it was done."""
        self.table.save_window(PERIOD, sign(window, WINDOW_KEY))
        self.calls.clear()

    @property
    def calls(self) -> Counter[str]:
        """How often each operation reached AWS."""
        return self.server.calls

    def event(self, price: Any, request: Any = 1, *, code: str = "A", at_ms: int | None = None) -> dict[str, Any]:
        """A bid as API Gateway hands it over; ``at_ms`` is the gateway's stamp."""
        number = request_id(request) if isinstance(request, int) else request
        return {
            "headers": {"authorization": f"Bearer {token(code)}"},
            "body": json.dumps({"request_id": number, "price": price}),
            "isBase64Encoded": False,
            "requestContext": {"requestTimeEpoch": self.clock.now_ms() if at_ms is None else at_ms},
        }

    def send(self, event: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """The HTTP status and the JSON of the answer."""
        done = answer(event, self.desk)
        sent, seen = event.get("body") or "", {name.lower(): value for name, value in done["headers"].items()}
        raw = sent.encode() if isinstance(sent, str) and not event.get("isBase64Encoded") else b""
        assert not faults("POST", "/bids", done["statusCode"], seen, done["body"], sent=raw)
        return done["statusCode"], json.loads(done["body"])

    def bid(
        self, price: Any, request: Any = 1, *, code: str = "A", at_ms: int | None = None
    ) -> tuple[int, dict[str, Any]]:
        """Send a bid."""
        return self.send(self.event(price, request, code=code, at_ms=at_ms))
