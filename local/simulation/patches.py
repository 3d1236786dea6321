"""The few places where the hub's code touches the real machine: clock, randomness, AWS, the network.

They are put aside while a month is simulated and put back afterwards. What stands behind them is the month that is
``play``ed just now.
"""

from __future__ import annotations

import io
import logging
import os
import random
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from datetime import datetime
from functools import cache
from typing import Any
from unittest.mock import patch

from botocore.loaders import JSONFileLoader

from local.simulation.clockwork import Clockwork

REGION = "cn-north-1"
ROOMS = (
    "PERIODS", "AUDIT", "APPLICANTS", "DEPOSITS", "LEDGER", "TREASURY", "REFUNDS", "AUCTIONS", "BIDS", "BIDLOG",
    "MESSAGES", "EVIDENCE", "CONSOLE", "KEYS",
)  # fmt: skip
BUCKETS = ("INBOX", "OUTBOX", "WORK", "PUBLIC", "EVIDENCE")
MACHINES = ("PERIOD", "AUCTION_PAUSE", "REFUND_BATCH", "SMS_CAMPAIGN", "ANNOUNCEMENT")
QUEUES = {"CONFIRMATIONS_QUEUE": "ConfirmationsQueue", "NOTICES_QUEUE": "NoticesQueue", "CODES_QUEUE": "CodesQueue"}


def environment() -> dict[str, str]:
    """What the template gives to the functions, all of them at once."""
    from local.counterparties import (
        ACCOUNT_NO,
        ALIPAY_APP_ID,
        ALIPAY_SELLER_ID,
        MINSHENG_ACCOUNT_NO,
        TREASURY_ACCOUNT_NO,
    )
    from local.simulation.parties import secrets

    camel = {name: "".join(part.title() for part in name.split("_")) for name in MACHINES}
    return {
        # Models took their table's name when they were defined: in a process of tests, another one than here.
        **{f"{name}_TABLE": os.environ.get(f"{name}_TABLE") or name.lower() for name in ROOMS},
        **{f"{name}_BUCKET": name.lower() for name in BUCKETS},
        **{f"{name}_MACHINE": f"{camel[name]}Machine" for name in MACHINES},
        **{name: name for name in secrets()},
        **QUEUES,
        "PRIVACY_KEY": "privacy",
        # A month's statements stand for several days each, as in any compressed month.
        "STAGE": "local",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "simulated",
        "AWS_SECRET_ACCESS_KEY": "simulated",
        "HANGZHOU_URL": "http://bank.simulated",
        "HANGZHOU_ACCOUNT_NO": ACCOUNT_NO,
        "MINSHENG_URL": "http://minsheng.simulated",
        "MINSHENG_ACCOUNT_NO": MINSHENG_ACCOUNT_NO,
        "ALIPAY_URL": "http://alipay.simulated/gateway.do",
        "ALIPAY_APP_ID": ALIPAY_APP_ID,
        "ALIPAY_SELLER_ID": ALIPAY_SELLER_ID,
        "SMS_URL": "http://carrier.simulated/",
        "SMS_QUIET_HOURS": "21:00-08:00",
        "TREASURY_ADDRESS": "treasury.simulated:9000",
        "TREASURY_ACCOUNT_NO": TREASURY_ACCOUNT_NO,
        "TREASURY_ACCOUNT_NAME": "市财政非税收入专户",
        "ADDRESS_TRIES_MAX": "600",
        "HEAD_SECONDS": "3600",
        "BID_ALIAS": "bid:live",
        "BID_CONCURRENCY": "1",
        "AUCTION_BID_CONCURRENCY": "2",
        "AUCTION_READ_UNITS": "12000",
        "AUCTION_WRITE_UNITS": "10000",
        "POWERTOOLS_TRACE_DISABLED": "1",
    }  # fmt: skip


def set_environment() -> None:
    """Before any room is imported: models take their table's name when they are defined."""
    os.environ.update(environment())
    os.environ.pop("AWS_ENDPOINT_URL", None)


_LOAD = JSONFileLoader.load_file


class InTurn:
    """A pool of threads without threads: nothing runs beside anything else here."""

    def __init__(self, *_: Any, **__: Any) -> None:
        """However many were wanted."""

    def __enter__(self) -> InTurn:  # noqa: D105
        return self

    def __exit__(self, *_: object) -> None:  # noqa: D105
        return None

    def map(self, act: Callable[..., Any], *items: Any) -> Iterator[Any]:
        """One after another."""
        return map(act, *items)


class _Entropy:
    """Randomness that repeats itself."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(f"entropy {seed}")  # noqa: S311 (a simulation guards no secret)


@cache
def _description(path: str) -> Any:

    return _LOAD(JSONFileLoader(), path)


@contextmanager
def play(world: Any, seed: int) -> Iterator[None]:
    """Put the month of ``world`` (``local.simulation.world.World``) in the machine's place."""
    import botocore.client
    import chalice.app
    import requests.adapters

    import chalicelib.bidding.door as bid_door
    import integrations.treasury_nontax.client as treasury_client
    import integrations.treasury_nontax.simulator.books as treasury_books
    from chalicelib.bidding import listing, log
    from chalicelib.kernel import files, ids, metrics, passwords
    from chalicelib.kernel.settings import settings
    from chalicelib.messages.sender import Sender
    from chalicelib.periods import amendment
    from integrations.alipay.account import AlipayAccount
    from local.simulation.parties import Line

    work: Clockwork = world.clockwork
    entropy = _Entropy(seed)
    random.seed(seed)
    slept = time.sleep

    def now_ms() -> int:
        return work.now_ms + work.skew_ms

    def call(client: Any, operation: str, asked: Any) -> Any:
        return world.cloud.call(client.meta.service_model.service_name, operation, asked)

    def post(door: Any, operation: str, body: bytes, _connect_s: float, wait_s: float) -> Any:
        return world.cloud.reply(door.service.name, operation, body, wait_s * 1_000)

    class Moment(datetime):
        """The treasury's own clock."""

        @classmethod
        def now(cls, tz: Any = None) -> datetime:  # type: ignore[override]
            return datetime.fromtimestamp(work.now_ms / 1_000, tz)

    class Sockets:
        """As much of ``socket`` as the treasury's client uses."""

        create_connection = staticmethod(lambda *_: Line(world.parties.exchange))

    def fetch(store: Any, bucket: str, key: str) -> Any:
        return io.BytesIO(store.read(bucket, key))

    current = property(
        lambda _app: work.current.request if work.current else None,
        lambda _app, request: setattr(work.current, "request", request) if work.current else None,
    )
    with ExitStack() as stack:
        for target, name, made in (
            (time, "time", lambda: now_ms() / 1_000),
            (time, "time_ns", lambda: now_ms() * 1_000_000),
            (time, "sleep", lambda seconds: work.pause(seconds * 1_000)),
            (ids.SystemEntropy, "token", lambda _self, size: entropy.rng.randbytes(size)),
            (ids.SystemEntropy, "below", lambda _self, limit: entropy.rng.randrange(limit)),
            # Each model has a client of its own: the services' descriptions are read once a process.
            (JSONFileLoader, "load_file", lambda _self, path: _description(path)),
            (botocore.client.BaseClient, "_make_api_call", call),
            (bid_door.Door, "_send", post),
            (requests.adapters.HTTPAdapter, "send", lambda _self, asked, **_: world.parties.send(asked)),
            (treasury_client, "socket", Sockets),
            (treasury_books, "datetime", Moment),
            (listing, "ThreadPoolExecutor", InTurn),
            (files.S3Files, "fetch", fetch),
            (log, "write", lambda *_, **__: None),
            (metrics, "single_metric", lambda **_: nullcontext()),
            # A machine looks at the plan once a day, not once an hour.
            (amendment, "LOOKS_A_PERIOD", 40),
            # A month of sign-ins would be nothing but Argon2.
            (passwords, "_MEMORY_KIB", 8),
            (passwords, "_ITERATIONS", 1),
        ):
            stack.enter_context(patch.object(target, name, made))
        stack.enter_context(patch.object(chalice.app.Chalice, "current_request", current, create=True))
        stack.enter_context(patch.dict(AlipayAccount.__init__.__kwdefaults__, pause=time.sleep))
        pausing = tuple(time.sleep if each is slept else each for each in Sender.__init__.__defaults__ or ())
        stack.enter_context(patch.object(Sender.__init__, "__defaults__", pausing))
        stack.enter_context(patch.dict(os.environ, environment()))
        stack.callback(logging.disable, logging.root.manager.disable)
        logging.disable(logging.CRITICAL)
        settings.cache_clear()
        forget()
        yield
    settings.cache_clear()
    forget()


def forget() -> None:
    """What a new process begins without: settings stay, hubs and desks are made anew."""
    from chalicelib import wiring
    from chalicelib.bidding import bid

    wiring.hub.cache_clear()
    bid.desk.cache_clear()
