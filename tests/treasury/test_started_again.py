"""A settlement that is killed, stopped or left without answers, and started again: nothing is skipped or lost."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from treasury_room import BY_RANK, DEPOSIT_FEN, TreasuryRoom

from chalicelib.kernel.errors import Pending
from integrations.ports import NoticeState

MACHINE = Path(__file__).resolve().parents[2] / "state_machines" / "settlement.asl.json"


def after_proposal(proposed: dict[str, int]) -> str:
    """Where the machine goes from ``AnyDefaulters``."""
    choice = json.loads(MACHINE.read_text())["States"]["AnyDefaulters"]
    for rule in choice["Choices"]:
        if proposed[rule["Variable"].rpartition(".")[2]] > rule["NumericGreaterThan"]:
            return str(rule["Next"])
    return str(choice["Default"])


def test_given_defaults_carried_out_when_the_machine_starts_again_then_their_deposits_are_still_remitted(
    room: TreasuryRoom,
) -> None:
    room.open_settlement()
    room.pass_deadline()
    room.verify()
    assert after_proposal(room.propose()) == "Approve"
    assert room.default()["forfeit_fen"] == len(BY_RANK) * DEPOSIT_FEN

    # It stopped before or in the remittance and was started again from its first step.
    room.issue()
    room.register()
    room.verify()

    assert after_proposal(room.propose()) == "Remit"


def test_given_nobody_in_default_then_there_is_nothing_to_remit(room: TreasuryRoom) -> None:
    room.open_settlement()
    for code in BY_RANK:
        room.pay(code, push=False)
    room.pass_deadline()
    room.verify()

    assert after_proposal(room.propose()) == "Clearing"


def test_given_a_pass_that_was_cut_short_when_verified_again_then_it_goes_on_where_it_ended(
    room: TreasuryRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    room.open_settlement()
    room.pass_deadline()
    asked: list[str] = []

    def ask(pay_code: str, message_id: str) -> NoticeState:
        asked.append(pay_code)
        if len(asked) == 3:
            raise KeyboardInterrupt
        return NoticeState.UNPAID

    monkeypatch.setattr(room.link, "ask", ask)
    with pytest.raises(KeyboardInterrupt):
        room.verify()
    room.clock.advance(60_000)

    assert room.verify()["unpaid"] == len(BY_RANK)
    assert len(asked) == len(BY_RANK) + 1


def test_given_a_treasury_that_is_down_when_verified_then_the_pass_ends_early_and_nobody_is_taken_for_unpaid(
    room: TreasuryRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    room.open_settlement()
    room.pass_deadline()
    asked: list[str] = []

    def ask(pay_code: str, message_id: str) -> NoticeState:
        asked.append(pay_code)
        raise Pending("TREASURY_SILENT", "-")

    monkeypatch.setattr(room.link, "ask", ask)
    monkeypatch.setattr("chalicelib.treasury.deadline.SILENT_IN_A_ROW_MAX", 2, raising=False)
    with pytest.raises(Pending, match="VERIFICATION_PENDING"):
        room.verify()

    assert len(asked) == 2
    with pytest.raises(Pending, match="NOT_VERIFIED"):
        room.propose()
