"""Before the opening the bids' table and the bid function's environments are brought to strength; afterwards set back.

Environments that stand ready cost by the hour, so they go back to what the template says. A table's warm throughput
costs once, when it is raised, and AWS lowers it for nobody: there is nothing to set back (docs/decisions/0024).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

NOT_ASSERTED = "not asserted here"


@dataclass(frozen=True)
class Strength:
    """What is wanted: environments of the bid function's alias, and warm throughput of its table.

    0 units: this place does not tell a table's warm throughput (the embedded AWS reports 0 always); nothing is asked
    for or asserted then, and what is returned says so.
    """

    function: str
    alias: str
    environments: int
    table: str
    read_units: int
    write_units: int


def strength(environment: Mapping[str, str], table: str, *, auction: bool) -> Strength:
    """What the template wants on an auction day, or on any other."""
    environments = environment["AUCTION_BID_CONCURRENCY" if auction else "BID_CONCURRENCY"]
    return Strength(
        function=environment["BID_ALIAS"].rpartition(":")[0],
        alias=environment["BID_ALIAS"].rpartition(":")[2],
        environments=int(environments),
        table=table,
        read_units=int(environment["AUCTION_READ_UNITS"]),
        write_units=int(environment["AUCTION_WRITE_UNITS"]),
    )


def warm(wanted: Strength, *, dynamodb: Any, functions: Any) -> dict[str, Any]:
    """Ask for what is wanted where it is not there yet: ``{"ready", "environments", "table"}``.

    To be called until ready; the two texts say how far each is.
    """
    environments = _environments(wanted, functions)
    table = _table(wanted, dynamodb)
    ready = environments.startswith("READY") and (table.startswith("ACTIVE") or table == NOT_ASSERTED)
    return {"ready": ready, "environments": environments, "table": table}


def cool(wanted: Strength, *, functions: Any) -> dict[str, Any]:
    """Let the environments of an auction day go: ``{"environments"}``."""
    return {"environments": _environments(wanted, functions)}


def _environments(wanted: Strength, functions: Any) -> str:
    where = {"FunctionName": wanted.function, "Qualifier": wanted.alias}
    try:
        found = functions.get_provisioned_concurrency_config(**where)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ProvisionedConcurrencyConfigNotFoundException":
            raise
        found = {}
    if found.get("RequestedProvisionedConcurrentExecutions") != wanted.environments or found["Status"] == "FAILED":
        found = functions.put_provisioned_concurrency_config(
            **where, ProvisionedConcurrentExecutions=wanted.environments
        )
    available = found.get("AvailableProvisionedConcurrentExecutions", 0)
    return f"{found['Status']} {available} of {wanted.environments}"


def _table(wanted: Strength, dynamodb: Any) -> str:
    if not wanted.write_units:
        return NOT_ASSERTED
    found = dynamodb.describe_table(TableName=wanted.table)["Table"].get("WarmThroughput", {})
    read, write = found.get("ReadUnitsPerSecond", 0), found.get("WriteUnitsPerSecond", 0)
    status = str(found.get("Status", "ACTIVE"))
    if status == "ACTIVE" and (read < wanted.read_units or write < wanted.write_units):
        # Only ever up: a lower value is refused.
        more = {
            "ReadUnitsPerSecond": max(read, wanted.read_units),
            "WriteUnitsPerSecond": max(write, wanted.write_units),
        }
        dynamodb.update_table(TableName=wanted.table, WarmThroughput=more)
        status = "UPDATING"
    return f"{status} {read} reads, {write} writes a second"
