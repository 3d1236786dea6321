"""Doors to AWS: one client a service and process, with time-outs shorter than any function's own."""

from __future__ import annotations

import os
from functools import cache
from typing import Any

import boto3
from botocore.config import Config

REGION = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "cn-north-1"

# Standard retries are safe here: every write that matters carries a condition or a key of its own.
_CONFIG = Config(
    region_name=REGION,
    connect_timeout=2,
    read_timeout=10,
    retries={"mode": "standard", "total_max_attempts": 4},
    s3={"addressing_style": "path"},
)


@cache
def client(service: str) -> Any:
    """The process's client of an AWS service. ``AWS_ENDPOINT_URL`` points it at an embedded AWS."""
    return boto3.client(service, config=_CONFIG)
