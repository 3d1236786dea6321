"""Envelope encryption on the KMS and table of the template: rotation, misuse, and how often KMS is asked."""

from __future__ import annotations

import os
from collections import Counter
from typing import Any

import pytest
from botocore.exceptions import ClientError
from cryptography.exceptions import InvalidTag

from chalicelib.kernel.aws import client
from chalicelib.kernel.clock import SetClock
from chalicelib.kernel.data_keys import HELD_MS, NEWEST_MS, WrappedKeys
from chalicelib.kernel.ids import SystemEntropy
from chalicelib.kernel.privacy import Vault

pytestmark = pytest.mark.usefixtures("aws")
OWNER = "2026-03/3301260000001"


class CountedKms:
    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()

    def __getattr__(self, name: str) -> Any:
        self.calls[name] += 1
        return getattr(client("kms"), name)


class Process:
    """A process of the hub with keys of its own in memory."""

    def __init__(self, at_ms: int = 1_000) -> None:
        self.kms, self.clock = CountedKms(), SetClock(at_ms)
        self.keys = WrappedKeys(
            self.kms, client("dynamodb"), os.environ["KEYS_TABLE"], os.environ["PRIVACY_KEY"], self.clock
        )
        self.vault = Vault(self.keys, b"l" * 32, SystemEntropy())


def test_given_a_field_sealed_by_one_process_then_another_opens_it_and_kms_was_asked_once_each() -> None:
    one, other = Process(), Process()
    sealed = [one.vault.seal(f"13800000{number:03d}", OWNER) for number in range(50)]
    assert [other.vault.open(each, OWNER) for each in sealed][7] == "13800000007"
    assert one.kms.calls == {"generate_data_key": 1}
    assert other.kms.calls == {"decrypt": 1}
    assert sealed[0].startswith("2026-03.1:")


def test_given_a_rotation_then_new_fields_name_the_new_key_and_the_old_ones_still_open() -> None:
    here, elsewhere = Process(), Process()
    before = here.vault.seal("王小明", OWNER)
    elsewhere.vault.seal("x", OWNER)
    assert here.keys.rotate("2026-03") == "2026-03.2"
    after = here.vault.seal("王小明", OWNER)
    assert after.startswith("2026-03.2:")
    assert {here.vault.open(each, OWNER) for each in (before, after)} == {"王小明"}
    assert elsewhere.vault.seal("x", OWNER).startswith("2026-03.1:")
    elsewhere.clock.advance(NEWEST_MS)
    assert elsewhere.vault.seal("x", OWNER).startswith("2026-03.2:")


def test_given_two_periods_then_each_has_a_key_of_its_own_and_what_has_no_period_another() -> None:
    vault = Process().vault
    ids = [vault.seal("x", owner).partition(":")[0] for owner in (OWNER, "2026-04/1", "HP2026031")]
    assert ids == ["2026-03.1", "2026-04.1", "hub.1"]


def test_given_two_processes_that_make_the_first_key_at_once_then_both_seal_with_the_same() -> None:
    one, other = Process(), Process()
    one.keys._make("2026-03", 1)
    key = other.keys._make("2026-03", 1)
    assert key.key_id == "2026-03.1"
    assert one.vault.open(other.vault.seal("x", OWNER), OWNER) == "x"


def test_given_a_wrapped_key_moved_to_another_period_then_kms_does_not_unwrap_it() -> None:
    Process().vault.seal("x", OWNER)
    table = client("dynamodb")
    (item,) = table.scan(TableName=os.environ["KEYS_TABLE"])["Items"]
    table.put_item(TableName=os.environ["KEYS_TABLE"], Item={**item, "pk": {"S": "2026-04"}})
    with pytest.raises(ClientError):
        Process().vault.seal("x", "2026-04/1")


@pytest.mark.parametrize("forged", ["2026-03.2:", "2026-03.9:", "nothing:", "", "2026-03.1.1:"])
def test_given_a_field_that_names_another_key_then_it_does_not_open(forged: str) -> None:
    here = Process()
    sealed = here.vault.seal("x", OWNER)
    here.keys.rotate("2026-03")
    with pytest.raises((InvalidTag, KeyError)):
        here.vault.open(forged + sealed.partition(":")[2], OWNER)


def test_given_an_hour_then_a_key_is_unwrapped_again() -> None:
    here = Process()
    sealed = here.vault.seal("x", OWNER)
    here.clock.advance(HELD_MS)
    here.vault.open(sealed, OWNER)
    assert here.kms.calls["decrypt"] == 1
