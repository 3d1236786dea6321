"""How many bids a second an endpoint takes: ``python -m local.load.endpoint_speed [URL]``, the load's own without one.

Four processes write through the bid function's own door, each a bid for a bidder of his own. The endpoint is given as
``http://host:port``; a table ``bids`` is made there where it can be made. Loopback only.
"""

from __future__ import annotations

import subprocess
import sys
import time
import uuid
from concurrent.futures import ProcessPoolExecutor
from urllib.parse import urlsplit

from chalicelib.bidding.door import DYNAMODB, PAGE, Door, Refused
from chalicelib.bidding.records import BidsTable
from chalicelib.bidding.rules import PlacedBid
from local.load.__main__ import await_port
from local.processes import free_port

WRITERS, BIDS = 4, 2_500


def _door(url: str) -> Door:
    who = {"AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": "cn-north-1"}
    return Door(DYNAMODB, {**who, "AWS_ENDPOINT_URL": url})


def _write(url: str, writer: int) -> None:
    table = BidsTable(_door(url), "bids")
    for number in range(BIDS):
        placed = PlacedBid(str(uuid.uuid4()), 1_600_000, number)
        assert table.place(f"2026-03#individual#{writer}-{number}-{uuid.uuid4()}", placed, 3).accepted  # noqa: S101


def measure(url: str) -> float:
    """Bids a second."""
    wanted = {
        "TableName": "bids",
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
        "BillingMode": "PAY_PER_REQUEST",
    }
    try:
        _door(url).call("CreateTable", wanted, PAGE)
    except Refused as refused:
        if refused.code not in ("UnknownOperationException", "ResourceInUseException"):
            raise
    began = time.perf_counter()
    with ProcessPoolExecutor(WRITERS) as pool:
        list(pool.map(_write, [url] * WRITERS, range(WRITERS)))
    return WRITERS * BIDS / (time.perf_counter() - began)


def main(url: str = "") -> None:
    """Measure and print."""
    if url:
        if urlsplit(url).hostname not in ("127.0.0.1", "localhost"):
            raise SystemExit("loopback only")
        print(f"{measure(url):.0f} bids/s at {url}")
        return
    port = free_port()
    own = subprocess.Popen([sys.executable, "-m", "local.load.endpoint", str(port)])
    try:
        await_port(port)
        print(f"{measure(f'http://127.0.0.1:{port}'):.0f} bids/s at the load's own endpoint")
    finally:
        own.terminate()
        own.wait()


if __name__ == "__main__":
    main(*sys.argv[1:2])
