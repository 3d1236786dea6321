"""A second person's word: one for each thing, never the maker's."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.kernel.errors import Conflict, InvalidInput, NotAllowed, NotFound
from chalicelib.periods.approvals import Approval, decide, find_approval, request_approval, waiting
from tests.periods.conftest import FakeMachines, approver

pytestmark = pytest.mark.usefixtures("aws")

TOTALS = {"count": 12, "principal_fen": 2_400_000, "interest_fen": 120}


def request(machines: FakeMachines, token: str = "token", **changed: Any) -> Approval:
    given = {"kind": "refund_batch", "subject": "1", "totals": TOTALS, "made_by": "zhao", **changed}
    return request_approval("2026-03", **given, task_token=token, machines=machines)


def say(
    machines: FakeMachines, approval: Approval, decision: str = "approved", by: str = "li", reason: str = ""
) -> Approval:
    return decide(approval.id, decision, reason=reason, actor=approver(by), machines=machines)


def test_given_a_request_when_approved_then_its_machine_is_told_who_and_what(machines: FakeMachines) -> None:
    approval = request(machines)
    assert [each.id for each in waiting("2026-03")] == [approval.id]
    assert machines.answers == {}
    decided = say(machines, approval)
    assert machines.answers == {"token": {"decision": "approved", "by": "li"}}
    assert (decided.decision, decided.decided_by, decided.decided_at_ms) == ("approved", "li", 5_000)
    assert waiting("2026-03") == []


def test_given_the_maker_when_deciding_then_it_is_not_allowed(machines: FakeMachines) -> None:
    approval = request(machines)
    with pytest.raises(NotAllowed, match="SELF_APPROVAL"):
        say(machines, approval, by="zhao")
    assert machines.answers == {}
    assert find_approval(approval.id).decision == ""


def test_given_a_decision_when_given_again_then_it_is_the_same(machines: FakeMachines) -> None:
    approval = request(machines)
    first = say(machines, approval)
    again = decide(approval.id, "approved", reason="", actor=approver(at_ms=9_000), machines=machines)
    assert again == first


@pytest.mark.parametrize(("decision", "by"), [("rejected", "li"), ("approved", "qian")])
def test_given_a_decision_when_another_is_given_then_it_is_refused(
    decision: str, by: str, machines: FakeMachines
) -> None:
    approval = request(machines)
    say(machines, approval)
    with pytest.raises(Conflict, match="ALREADY_DECIDED"):
        say(machines, approval, decision, by, "two lines are wrong")
    assert machines.answers == {"token": {"decision": "approved", "by": "li"}}


def test_given_a_decision_stands_when_asked_again_then_the_machine_is_told_at_once(machines: FakeMachines) -> None:
    approval = request(machines)
    say(machines, approval)
    assert request(machines, "second attempt").id == approval.id
    assert machines.answers["second attempt"] == {"decision": "approved", "by": "li"}


def test_given_the_answer_was_lost_when_the_decision_is_given_again_then_the_machine_is_told(
    machines: FakeMachines,
) -> None:
    class Down(FakeMachines):
        def answer(self, task_token: str, output: dict[str, Any]) -> bool:
            raise ConnectionError

    approval = request(machines)
    with pytest.raises(ConnectionError):
        say(Down(), approval)
    say(machines, approval)
    assert machines.answers == {"token": {"decision": "approved", "by": "li"}}


def test_given_other_totals_when_asked_then_the_old_word_does_not_count(machines: FakeMachines) -> None:
    say(machines, request(machines))
    changed = request(machines, "token 2", totals={**TOTALS, "principal_fen": 2_600_000})
    assert [each.id for each in waiting("2026-03")] == [changed.id]
    assert "token 2" not in machines.answers


def test_given_a_rejection_then_it_needs_a_reason(machines: FakeMachines) -> None:
    approval = request(machines)
    with pytest.raises(InvalidInput, match="REASON_INVALID"):
        say(machines, approval, "rejected", reason=" ")
    assert say(machines, approval, "rejected", reason="合计不符").reason == "合计不符"
    assert machines.answers == {"token": {"decision": "rejected", "by": "li"}}


def test_given_a_word_that_is_none_then_it_is_refused(machines: FakeMachines) -> None:
    with pytest.raises(InvalidInput, match="DECISION_INVALID"):
        say(machines, request(machines), "perhaps")
    with pytest.raises(InvalidInput, match="APPROVAL_KIND"):
        request(machines, kind="holiday")


@pytest.mark.parametrize("approval_id", ["", "2026-03", "2026-03-none", "none-at-all", "2026-03-" + "0" * 32])
def test_given_no_such_approval_then_it_is_not_found(approval_id: str, machines: FakeMachines) -> None:
    with pytest.raises(NotFound, match="APPROVAL_UNKNOWN"):
        decide(approval_id, "approved", reason="", actor=approver(), machines=machines)


def test_given_a_rejection_when_another_machine_proposes_the_same_then_it_is_asked_anew(machines: FakeMachines) -> None:
    first = request(machines)
    say(machines, first, "rejected", reason="合计不符")
    assert request(machines).id == first.id
    again = request(machines, token="another")
    assert again.id != first.id
    assert request(machines, token="another").id == again.id
    assert say(machines, again, "approved").decision == "approved"
    assert request(machines, token="third").id == again.id
