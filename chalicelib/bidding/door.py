"""The bid function's own door to AWS: botocore without boto3, and time-outs that fit a bidder who waits."""

from __future__ import annotations

from functools import cache
from typing import Any

import botocore.session
from botocore.config import Config

# Two attempts and the pause between them (at most a second) end before ``rules.FUNCTION_TIMEOUT_MS`` does.
CONNECT_SECONDS_MAX = 0.5
READ_SECONDS_MAX = 1.5
ATTEMPTS_MAX = 2

# A retry is safe: a first write that did arrive makes the second one a repeat of the same request.
_CONFIG = Config(
    connect_timeout=CONNECT_SECONDS_MAX,
    read_timeout=READ_SECONDS_MAX,
    retries={"mode": "standard", "total_max_attempts": ATTEMPTS_MAX},
    parameter_validation=False,
    tcp_keepalive=True,
)


@cache
def client(service: str) -> Any:
    """The process's client; region and endpoint come from the environment."""
    return botocore.session.get_session().create_client(service, config=_CONFIG)
