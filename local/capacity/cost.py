"""What an auction day costs, in yuan, at the prices of ``settings.toml``. Pure."""

from __future__ import annotations

from local.capacity.model import SETTINGS
from local.load.curve import BIDS_MEAN

_MILLION = 1_000_000
_GB = 1024**3


def cost_yuan(bidders: int, environments: int) -> dict[str, float]:
    """By item, for one auction day with so many environments provisioned."""
    prices, day = SETTINGS["prices"], SETTINGS["day"]
    memory_gb = SETTINGS["lambda"]["memory_mb"] / 1_024
    bids = bidders * BIDS_MEAN
    requests = bids * day["requests_per_accepted"]
    polls = bidders * day["polls_per_bidder"]
    compute_s = requests * SETTINGS["lambda"]["service_ms"] / 1_000
    return {
        "bids: API Gateway (?)": requests * prices["gateway_million_requests"] / _MILLION,
        "bids: Lambda (?)": requests * prices["lambda_million_requests"] / _MILLION
        + compute_s * memory_gb * prices["lambda_gb_second"],
        "bids: DynamoDB writes": bids * prices["dynamodb_million_writes"] / _MILLION,
        "provisioned concurrency": environments
        * memory_gb
        * day["warm_hours"]
        * 3_600
        * prices["lambda_provisioned_gb_second"],
        "polls: CDN (?)": polls * prices["cdn_million_requests"] / _MILLION
        + polls * day["poll_bytes"] / _GB * prices["cdn_gb"],
    }
