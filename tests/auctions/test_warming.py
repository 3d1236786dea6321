"""Brought to strength before the opening, asserted, and set back after the close."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from chalicelib.auctions.warming import NOT_ASSERTED, Strength, cool, strength, warm

ENVIRONMENT = {
    "BID_ALIAS": "arn:aws-cn:lambda:cn-north-1:1:function:bid:live",
    "BID_CONCURRENCY": "10",
    "AUCTION_BID_CONCURRENCY": "100",
    "AUCTION_READ_UNITS": "12000",
    "AUCTION_WRITE_UNITS": "10000",
}


@dataclass
class Aws:
    """Lambda and DynamoDB as far as warming asks them; both take their time."""

    requested: int | None = 10
    status: str = "READY"
    units: tuple[int, int] = (12_000, 4_000)
    table_status: str = "ACTIVE"
    asked: list[str] = field(default_factory=list)

    def get_provisioned_concurrency_config(self, FunctionName: str, Qualifier: str) -> dict[str, Any]:  # noqa: N803
        assert (FunctionName, Qualifier) == ("arn:aws-cn:lambda:cn-north-1:1:function:bid", "live")
        if self.requested is None:
            code = "ProvisionedConcurrencyConfigNotFoundException"
            raise ClientError({"Error": {"Code": code}}, "GetProvisionedConcurrencyConfig")
        available = self.requested if self.status == "READY" else 0
        return {
            "RequestedProvisionedConcurrentExecutions": self.requested,
            "AvailableProvisionedConcurrentExecutions": available,
            "Status": self.status,
        }

    def put_provisioned_concurrency_config(self, **asked: Any) -> dict[str, Any]:
        self.asked.append("put")
        self.requested, self.status = asked["ProvisionedConcurrentExecutions"], "IN_PROGRESS"
        return {"Status": self.status}

    def describe_table(self, TableName: str) -> dict[str, Any]:  # noqa: N803
        assert TableName == "bids"
        read, write = self.units
        warm = {"ReadUnitsPerSecond": read, "WriteUnitsPerSecond": write, "Status": self.table_status}
        return {"Table": {"WarmThroughput": warm}}

    def update_table(self, TableName: str, WarmThroughput: dict[str, int]) -> None:  # noqa: N803
        self.asked.append("update")
        assert TableName == "bids"
        self.table_status = "UPDATING"
        self.units = (WarmThroughput["ReadUnitsPerSecond"], WarmThroughput["WriteUnitsPerSecond"])


@pytest.fixture
def wanted() -> Strength:
    return strength(ENVIRONMENT, "bids", auction=True)


def test_given_a_cold_day_when_warmed_then_it_is_asked_for_once_and_ready_only_when_both_are(wanted: Strength) -> None:
    at = Aws()

    assert not warm(wanted, dynamodb=at, functions=at)["ready"]
    assert not warm(wanted, dynamodb=at, functions=at)["ready"]
    assert at.asked == ["put", "update"]
    at.status = "READY"
    assert warm(wanted, dynamodb=at, functions=at) == {
        "ready": False, "environments": "READY 100 of 100", "table": "UPDATING 12000 reads, 10000 writes a second",
    }  # fmt: skip
    at.table_status = "ACTIVE"
    assert warm(wanted, dynamodb=at, functions=at)["ready"]
    assert at.asked == ["put", "update"]


def test_given_a_table_warmer_than_wanted_then_it_is_left_alone(wanted: Strength) -> None:
    at = Aws(requested=100, units=(40_000, 40_000))

    assert warm(wanted, dynamodb=at, functions=at)["ready"]
    assert at.asked == []


@pytest.mark.parametrize("at", [Aws(requested=None), Aws(requested=100, status="FAILED")])
def test_given_no_environments_or_failed_ones_then_they_are_asked_for(wanted: Strength, at: Aws) -> None:
    warm(wanted, dynamodb=at, functions=at)

    assert "put" in at.asked


def test_given_a_place_that_tells_no_warm_throughput_then_it_is_said_and_nothing_asserted(wanted: Strength) -> None:
    at = Aws(requested=100, units=(0, 0))

    found = warm(replace(wanted, write_units=0), dynamodb=at, functions=at)

    assert (found["ready"], found["table"], at.asked) == (True, NOT_ASSERTED, [])


def test_given_the_day_is_over_when_cooled_then_the_environments_are_the_templates_again() -> None:
    at = Aws(requested=100)

    cool(strength(ENVIRONMENT, "bids", auction=False), functions=at)

    assert (at.requested, at.asked) == (10, ["put"])
