"""Envelope encryption: each period's data keys, wrapped by a key that never leaves KMS (docs/decisions/0015).

A wrapped key is an item of its own, numbered within its period, and is never changed until it is destroyed. What is
sealed names its key, so that after a rotation the earlier fields still open. Unwrapped keys stay in memory for a while,
so that KMS is asked a few times an hour and not for every field.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from chalicelib.kernel.clock import Clock
from chalicelib.kernel.errors import Gone
from chalicelib.kernel.privacy import DataKey

HELD_MAX = 64
HELD_MS = 3_600_000
# How long a process goes on sealing with a key after another one rotated it.
NEWEST_MS = 300_000
# Random nonces of 96 bits: NIST SP 800-38D allows 2^32 fields a key; a process asks anew long before.
SEALS_MAX = 1 << 24

_KEY_ID = re.compile(r"([0-9a-z-]{1,16})\.([0-9]{1,6})", re.ASCII)


@dataclass
class _Newest:
    key: DataKey
    asked_at_ms: int
    seals: int = 0


@dataclass
class WrappedKeys:
    """Data keys in a table, wrapped by the KMS key ``wrapping_key``. Threads may share it."""

    kms: Any = field(repr=False)
    dynamodb: Any = field(repr=False)
    table: str
    wrapping_key: str
    clock: Clock
    _held: OrderedDict[str, tuple[int, DataKey]] = field(default_factory=OrderedDict, repr=False)
    _newest: dict[str, _Newest] = field(default_factory=dict, repr=False)

    def newest(self, scope: str) -> DataKey:
        """The key that fields of a period are sealed with; the period's first one is made when it is first needed."""
        now_ms = self.clock.now_ms()
        known = self._newest.get(scope)
        if known is None or now_ms - known.asked_at_ms >= NEWEST_MS or known.seals >= SEALS_MAX:
            number = self._last_number(scope)
            key = self.known(f"{scope}.{number}") if number else self._make(scope, 1)
            known = self._newest[scope] = _Newest(key, now_ms)
        known.seals += 1
        return known.key

    def known(self, key_id: str) -> DataKey:
        """The key of an id, unwrapped by KMS where it is not at hand. Raises ``KeyError``, ``Gone`` once destroyed."""
        now_ms = self.clock.now_ms()
        at_ms, key = self._held.get(key_id, (0, None))
        if key is None or now_ms - at_ms >= HELD_MS:
            key = self._unwrap(key_id)
            self._hold(key, now_ms)
        return key

    def rotate(self, scope: str) -> str:
        """Make the period's next key and return its id; fields sealed before still open with theirs."""
        key = self._make(scope, self._last_number(scope) + 1)
        self._newest.pop(scope, None)
        return key.key_id

    def _last_number(self, scope: str) -> int:
        found = self.dynamodb.query(
            TableName=self.table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": scope}},
            ProjectionExpression="sk",
            ScanIndexForward=False,
            ConsistentRead=True,
            Limit=1,
        )["Items"]
        return int(found[0]["sk"]["S"]) if found else 0

    def _make(self, scope: str, number: int) -> DataKey:
        made = self.kms.generate_data_key(KeyId=self.wrapping_key, KeySpec="AES_256", EncryptionContext=_context(scope))
        item = {
            **_place(scope, number),
            "wrapped": {"B": made["CiphertextBlob"]},
            "made_at_ms": {"N": str(self.clock.now_ms())},
        }
        try:
            self.dynamodb.put_item(TableName=self.table, Item=item, ConditionExpression="attribute_not_exists(pk)")
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            # Somebody was first: theirs is the key, and ours was never used.
            return self.known(f"{scope}.{number}")
        key = DataKey(f"{scope}.{number}", AESGCM(made["Plaintext"]))
        self._hold(key, self.clock.now_ms())
        return key

    def _unwrap(self, key_id: str) -> DataKey:
        parts = _KEY_ID.fullmatch(key_id)
        if parts is None:
            raise KeyError(key_id)
        scope, number = parts[1], int(parts[2])
        found = self.dynamodb.get_item(TableName=self.table, Key=_place(scope, number), ConsistentRead=True)
        if "Item" not in found:
            raise KeyError(key_id)
        if "wrapped" not in found["Item"]:
            raise Gone("PERSONAL_DATA_DESTROYED", "个人信息保存期限已满,已按规定销毁")
        opened = self.kms.decrypt(
            CiphertextBlob=found["Item"]["wrapped"]["B"],
            KeyId=self.wrapping_key,
            EncryptionContext=_context(scope),
        )
        return DataKey(key_id, AESGCM(opened["Plaintext"]))

    def _hold(self, key: DataKey, now_ms: int) -> None:
        self._held[key.key_id] = (now_ms, key)
        self._held.move_to_end(key.key_id)
        while len(self._held) > HELD_MAX:
            self._held.popitem(last=False)


def destroy_keys(dynamodb: Any, table: str, scope: str, now_ms: int) -> int:
    """Destroy every key of a period, for good, and return how many; what was sealed with them never opens again.

    The numbered items stay and say when: nobody makes the period another key under a number that was used. It needs
    nothing of KMS, so who destroys need not be able to open.
    """
    listed = dynamodb.query(
        TableName=table,
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": scope}},
        ProjectionExpression="pk, sk, destroyed_at_ms",
        ConsistentRead=True,
    )["Items"]
    standing = [item for item in listed if "destroyed_at_ms" not in item]
    for item in standing:
        dynamodb.update_item(
            TableName=table,
            Key={name: item[name] for name in ("pk", "sk")},
            UpdateExpression="SET destroyed_at_ms = :now REMOVE #wrapped",
            ExpressionAttributeNames={"#wrapped": "wrapped"},
            ExpressionAttributeValues={":now": {"N": str(now_ms)}},
        )
    return len(standing)


def _context(scope: str) -> dict[str, str]:
    # Bound into the wrapping: a wrapped key moved to another period does not open there. It shows in CloudTrail.
    return {"hangpai": "personal data", "period": scope}


def _place(scope: str, number: int) -> dict[str, Any]:
    return {"pk": {"S": scope}, "sk": {"S": f"{number:06d}"}}
