"""The campaign's machine from beginning to end over its real steps: approval, rounds, and chunks that are left."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from machine_walk import Around, walk
from messages.campaign_desk import CAMPAIGN, Carrier, Desk, people, phone_of, shut, silence

from chalicelib.kernel.clock import at_shanghai, to_ms
from chalicelib.messages import campaigns as campaigns_of
from chalicelib.messages import tasks
from chalicelib.messages.campaigns import campaigns
from chalicelib.messages.standing import standing
from tests.applicants.applicants_office import PERIOD

pytestmark = pytest.mark.usefixtures("aws")

MACHINE = json.loads((Path(__file__).resolve().parents[2] / "state_machines" / "sms_campaign.asl.json").read_text())


class Stage:
    """A desk on which the machine runs; waiting moves the clock, and ``later`` is done once, at the first long wait."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, carrier: Carrier, decision: str = "approved") -> None:
        self.desk = Desk(monkeypatch, carrier)
        self.carrier, self.decision = carrier, decision
        self.asked: list[dict[str, Any]] = []
        self.problems: list[dict[str, Any]] = []
        self.queue: list[dict[str, Any]] = []
        self.waits: list[str] = []
        self.at_wait = lambda number: None
        self.around = Around(self.service, self.items, self.wait_until, self.wait_for)

    def run(self) -> str:
        self.around.visited.clear()
        return walk(MACHINE, {"period": PERIOD, "campaign": CAMPAIGN, "attempt": 1}, self.invoke, self.around)

    def invoke(self, function: str, event: dict[str, Any]) -> Any:
        event = json.loads(json.dumps(event))
        if function == "${Messages}":
            return json.loads(json.dumps(tasks.handle(event, None)))
        if event["step"] == "request_approval":
            self.asked.append(event)
            return {"decision": self.decision}
        self.problems.append(event)
        return None

    def service(self, name: str, given: dict[str, Any]) -> None:
        assert name == "sqs:sendMessage"
        self.queue.append(json.loads(json.dumps(given["MessageBody"])))

    def items(self, bucket: str, key: str) -> list[Any]:
        assert bucket == self.desk.settings.bucket("work")
        return list(json.loads(self.desk.files.read("work", key)))

    def wait_until(self, instant: str) -> None:
        self.waits.append(instant)
        self.at_wait(len(self.waits))
        at_ms = to_ms(datetime.fromisoformat(instant.replace("Z", "+00:00")))
        self.desk.clock.at_ms = max(self.desk.clock.now_ms(), at_ms)

    def wait_for(self, seconds: float) -> None:
        self.desk.clock.advance(round(seconds * 1_000))

    def redrive(self, body: dict[str, Any]) -> bool:
        """The queue, or its dead-letter queue redriven, gives a chunk out; whether it was worked off."""
        records = {"Records": [{"messageId": "1", "body": json.dumps(body)}]}
        return tasks.handle(records, None) == {"batchItemFailures": []}


def above(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    known = {name: replace(each, approval_above=size) for name, each in campaigns("hangzhou").items()}
    monkeypatch.setattr(campaigns_of, "campaigns", lambda city: known)


@pytest.mark.parametrize(
    ("size", "decision", "texts", "asked"), [(2, "approved", 3, 1), (2, "rejected", 0, 1), (3, "rejected", 3, 0)]
)
def test_given_a_campaign_above_its_size_then_a_second_person_sees_number_and_cost_and_decides(
    monkeypatch: pytest.MonkeyPatch, size: int, decision: str, texts: int, asked: int
) -> None:
    stage = Stage(monkeypatch, Carrier(), decision)
    people(3)
    above(monkeypatch, size)
    assert stage.run() == "Done"
    assert sum(stage.carrier.texts.values()) == texts
    # 3 texts of one part at 4.5 fen, rounded up
    seen = [(each["kind"], each["subject"], each["totals"]) for each in stage.asked]
    assert seen == [("sms_campaign", CAMPAIGN, {"count": 3, "parts": 3, "cost_fen": 14})] * asked


def test_given_numbers_over_a_limit_then_they_alone_have_theirs_in_a_later_round_by_day_and_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Given a campaign in the evening, and a number that the carrier lets have its text in the third round only
    stage = Stage(monkeypatch, Carrier())
    stage.desk.clock.at_ms = at_shanghai("2026-03-12T20:30:00")
    people(3)
    stage.carrier.limited = {phone_of(2)}
    stage.at_wait = lambda number: stage.carrier.limited.clear() if number == 3 else None
    assert stage.run() == "Done"
    # Then rounds follow an hour apart, and not at night
    assert stage.waits == ["2026-03-12T12:30:00.000Z", "2026-03-13T00:00:00.000Z", "2026-03-13T01:00:00.000Z"]
    assert stage.around.visited.count("Audience") == 3
    assert stage.carrier.texts == {phone_of(number): 1 for number in (1, 2, 3)}
    assert not stage.problems


def test_given_a_number_limited_for_good_then_the_rounds_come_to_an_end_and_he_is_seen_waiting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stage = Stage(monkeypatch, Carrier(limited={phone_of(1)}))
    few = {name: replace(each, rounds_max=3) for name, each in campaigns("hangzhou").items()}
    monkeypatch.setattr(campaigns_of, "campaigns", lambda city: few)
    people(2)
    assert stage.run() == "Done"
    assert stage.around.visited.count("Audience") == 3
    assert (standing(PERIOD, CAMPAIGN)["waiting"], stage.carrier.texts) == (1, {phone_of(2): 1})


def test_given_a_carrier_silent_for_hours_then_the_chunk_is_left_and_its_redrive_keeps_the_rule(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Given a batch that the carrier took, its answer lost, and no word from it since
    stage = Stage(monkeypatch, Carrier(ills=[silence()], takes=True, answers=False))
    people(3)
    assert stage.run() == "Done"
    # Then it is on the operators' list and in the queue, and pending
    assert [each["source"].partition(":")[0] for each in stage.problems] == [f"SMS campaign {CAMPAIGN}"]
    (left,) = stage.queue
    assert standing(PERIOD, CAMPAIGN)["pending"] == {"aliyun": 3}
    # When the queue gives it out while nobody answers, it comes back; once the carrier answers, it is found sent
    assert not stage.redrive(left)
    stage.carrier.answers = True
    assert stage.redrive(left)
    assert stage.redrive(left)
    assert (standing(PERIOD, CAMPAIGN)["sent"], set(stage.carrier.texts.values())) == (3, {1})


def test_given_a_chunk_in_the_dead_letters_when_the_campaign_was_started_again_then_its_redrive_sends_nothing_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Given a batch whose request was lost, left in the queue of the first start
    stage = Stage(monkeypatch, Carrier(ills=[silence()], answers=False))
    people(3)
    stage.run()
    stage.carrier.answers = True
    # When an operator starts the campaign again, and then redrives what lay there
    assert stage.run() == "Done"
    assert set(stage.carrier.texts.values()) == {1}
    assert stage.redrive(stage.queue[0])
    assert (len(stage.carrier.texts), set(stage.carrier.texts.values())) == (3, {1})


def test_given_an_account_that_is_shut_then_the_machine_ends_with_a_problem_and_the_next_start_sends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stage = Stage(monkeypatch, Carrier(ills=[shut()]))
    people(2)
    above(monkeypatch, 100)
    assert stage.run() == "Done"
    assert [each["error"] for each in stage.problems] == ["NotAllowed"]
    assert stage.run() == "Done"
    assert stage.carrier.texts == {phone_of(1): 1, phone_of(2): 1}
