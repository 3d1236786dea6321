"""A treasury room with its simulated treasury, fresh for every test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from treasury_room import SECRET, TreasuryRoom

from integrations.treasury_nontax.simulator import TreasurySimulator


@pytest.fixture
def room(aws: None) -> Iterator[TreasuryRoom]:
    with TreasurySimulator(SECRET) as simulator:
        yield TreasuryRoom(simulator)
