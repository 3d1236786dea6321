"""The console's function on an AWS in memory, with an identity provider of its own."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from chalicelib.console import door, sessions
from chalicelib.console.oidc import Client, Provider
from chalicelib.kernel import aws as aws_doors
from chalicelib.kernel.clock import SetClock, SystemClock
from chalicelib.kernel.files import S3Files
from chalicelib.kernel.ids import SystemEntropy
from chalicelib.kernel.privacy import Vault
from chalicelib.kernel.settings import Settings
from local.identity import Identity
from tests.console.console_desk import CONSOLE_URL
from tests.messages.campaign_desk import Carrier
from tests.periods.conftest import FakeMachines

REDIRECT = f"{CONSOLE_URL}{door.SIGNED_IN}"


@dataclass
class FakeKeys:
    """A vault for accounts that two operators key in."""

    _vault: Vault = field(default_factory=lambda: Vault(bytes(32), bytes(range(32)), SystemEntropy()))

    def vault(self) -> Vault:
        return self._vault


@dataclass
class FakeHub:
    """What the console takes from the hub."""

    machines: FakeMachines = field(default_factory=FakeMachines)
    clock: SetClock = field(default_factory=lambda: SetClock(SystemClock().now_ms()))
    entropy: SystemEntropy = field(default_factory=SystemEntropy)
    keys: FakeKeys = field(default_factory=FakeKeys)
    carriers: Callable[[], dict[str, Carrier]] = lambda: {"aliyun": Carrier()}
    settings: Settings = field(default_factory=lambda: Settings({**os.environ, "BIDS_MEASURED_AS": "hub-Bid"}))
    files: S3Files = field(default_factory=lambda: S3Files(aws_doors.client("s3"), Settings(dict(os.environ))))


@pytest.fixture(scope="session")
def _provider() -> Iterator[Identity]:
    with Identity("console", "secret-of-the-client", REDIRECT) as running:
        yield running


@pytest.fixture
def identity(_provider: Identity) -> Identity:
    _provider.people.clear()
    _provider.claims.clear()
    _provider.grants.clear()
    return _provider


@pytest.fixture
def hub(identity: Identity, monkeypatch: pytest.MonkeyPatch, aws: None) -> FakeHub:
    made = FakeHub()
    known = Provider(Client(identity.issuer, identity.client_id, identity.client_secret, REDIRECT))
    for module in [each for name, each in sys.modules.items() if name.startswith("chalicelib.console.")]:
        if hasattr(module, "hub"):
            monkeypatch.setattr(module, "hub", lambda: made)
    monkeypatch.setattr(door, "provider", lambda: known)
    assert sessions.IDLE_MS < sessions.SESSION_MS
    return made
