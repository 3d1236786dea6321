"""PynamoDB set-up shared by every room's records, and transactions that say why they were refused."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from pynamodb.connection import Connection
from pynamodb.exceptions import TransactWriteError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action
from pynamodb.models import Model
from pynamodb.transactions import TransactWrite

from chalicelib.kernel.aws import REGION
from chalicelib.kernel.errors import Conflict
from chalicelib.kernel.ids import SystemEntropy

# DynamoDB takes 100 actions in one transaction.
TRANSACTION_ACTIONS_MAX = 100

# Reasons of a cancelled transaction that pass by themselves, and how often it is tried.
_PASSING = {"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}
_TRIES_MAX = 4


def table_name(variable: str) -> str:
    """The deployed name of a table, from the environment; its variable's own name where no template set it."""
    return os.environ.get(variable, variable)


class HubMeta:
    """What every model's ``Meta`` inherits: region, and time-outs shorter than PynamoDB's 15 s and 30 s."""

    region = REGION
    connect_timeout_seconds = 2
    read_timeout_seconds = 5
    max_retry_attempts = 4
    billing_mode = "PAY_PER_REQUEST"


@cache
def _connection() -> Connection:
    return Connection(
        region=REGION,
        connect_timeout_seconds=HubMeta.connect_timeout_seconds,
        read_timeout_seconds=HubMeta.read_timeout_seconds,
        max_retry_attempts=HubMeta.max_retry_attempts,
    )


@dataclass
class Transaction:
    """Writes that happen together or not at all. Collect, then ``commit``."""

    _puts: list[tuple[Model, Condition | None]] = field(default_factory=list)
    _updates: list[tuple[Model, list[Action], Condition | None]] = field(default_factory=list)
    _checks: list[tuple[type[Model], Any, Any, Condition]] = field(default_factory=list)

    def put(self, record: Model, condition: Condition | None = None) -> None:
        """Write a whole item."""
        self._puts.append((record, condition))

    def update(self, record: Model, actions: Iterable[Action], condition: Condition | None = None) -> None:
        """Change an item in place; ``record`` needs only its keys."""
        self._updates.append((record, list(actions), condition))

    def check(self, model: type[Model], hash_key: Any, range_key: Any, condition: Condition) -> None:
        """Hold an item to a condition without writing it."""
        self._checks.append((model, hash_key, range_key, condition))

    def commit(self) -> None:
        """Write. Raises ``Conflict`` (``CONDITION_FAILED``) where a condition did not hold; nothing is written then.

        Throttling, and a conflict with somebody who writes the same items just now, are tried again a few times, since
        nothing was written and the SDK takes a cancelled transaction for an answer; then raised as they are.
        """
        count = len(self._puts) + len(self._updates) + len(self._checks)
        if not 0 < count <= TRANSACTION_ACTIONS_MAX:
            raise ValueError(f"a transaction takes 1 to {TRANSACTION_ACTIONS_MAX} actions, not {count}")
        for tried in range(1, _TRIES_MAX + 1):
            try:
                self._write()
                return
            except TransactWriteError as error:
                reasons = {reason.code for reason in error.cancellation_reasons if reason}
                if "ConditionalCheckFailed" in reasons:
                    raise Conflict("CONDITION_FAILED", "记录状态已变化,本次操作未执行") from error
                if tried == _TRIES_MAX or not reasons or not reasons <= _PASSING:
                    raise
            _pause(tried)

    def _write(self) -> None:
        with TransactWrite(connection=_connection()) as write:
            for model, hash_key, range_key, condition in self._checks:
                write.condition_check(model, hash_key, range_key, condition=condition)
            for record, guard in self._puts:
                write.save(record, condition=guard)
            for record, actions, guard in self._updates:
                write.update(record, actions=actions, condition=guard)


def _pause(tried: int) -> None:
    # Two that met each other must not meet again: up to 50, 100, 200 ms.
    time.sleep(SystemEntropy().below(50 << (tried - 1)) / 1_000)
