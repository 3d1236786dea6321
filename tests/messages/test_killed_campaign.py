"""Must show: a campaign's worker killed anywhere, 200 random times; each person has one message or is reported pending.

Killed means: at a call to AWS or to the carrier chosen by the seed, before or after it took effect, the run is gone.
Real steps and records on tables and buckets in memory; the carrier's own books decide who has what.
"""

from __future__ import annotations

import contextlib
import random
import threading
from collections import Counter
from dataclasses import replace
from typing import Any

import botocore.client
import pytest
from messages.campaign_desk import CAMPAIGN, Carrier, Desk, people, phone_of, shut, silence

from chalicelib.applicants.records import listed
from chalicelib.kernel.errors import HubError
from chalicelib.kernel.shards import SHARDS
from chalicelib.messages import lists, records, tasks
from chalicelib.messages.campaigns import campaigns
from chalicelib.messages.records import batches
from chalicelib.messages.rules import LOOKUP_DIGITS, UNCLEAR, Entry
from chalicelib.messages.sender import QUIET_MS
from tests.applicants.applicants_office import PERIOD

KILLS = 200
PEOPLE = 4
# All that a worker asks of anybody else.
CALLS = ("ListObjectsV2", "GetObject", "PutObject", "Query", "GetItem", "PutItem", "UpdateItem", "send_batch", "ask")


class Killed(BaseException):
    """The process is gone: no handler of ours sees it."""


class Reaper:
    """Counts the calls that leave the process, and ends the run at one of them, before or after it took effect.

    A process dies with all its threads: none of them makes another call, nor hears what became of its last one.
    """

    def __init__(self) -> None:
        self.left = -1
        self.after = False
        self.armed = False
        # (call, whether it took effect) -> how many runs ended there
        self.ended_at: Counter[tuple[str, bool]] = Counter()
        self._counting = threading.Lock()

    def arm(self, left: int, *, after: bool) -> None:
        self.left, self.after, self.armed = left, after, True

    def call(self, name: str, real: Any) -> Any:
        if not self.armed:
            return real()
        with self._counting:
            self.left -= 1
            mine = self.left == 0
            if mine:
                self.ended_at[name, self.after] += 1
        if self.left < 0 or (mine and not self.after):
            raise Killed
        answer = real()
        if self.left <= 0:
            raise Killed
        return answer


@pytest.fixture
def reaper(monkeypatch: pytest.MonkeyPatch) -> Reaper:
    reaping, real = Reaper(), botocore.client.BaseClient._make_api_call

    def call(client: Any, operation: str, params: Any) -> Any:
        return reaping.call(operation, lambda: real(client, operation, params))

    monkeypatch.setattr(botocore.client.BaseClient, "_make_api_call", call)
    for name in ("send_batch", "ask"):
        at_carrier = getattr(Carrier, name)
        monkeypatch.setattr(
            Carrier,
            name,
            lambda carrier, *given, _name=name, _real=at_carrier: reaping.call(_name, lambda: _real(carrier, *given)),
        )
    return reaping


class Machine:
    """What the state machine does with one campaign; it forgets nothing, as Step Functions does not."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.keys: list[str] = []

    def run(self, *, anew: bool) -> None:
        """A list, then its chunks, which may be unclear or left; without a list the step is run again."""
        if anew or not self.keys:
            self.keys = self.desk.chunks(self.desk.step("audience"))
        for key in self.keys:
            with contextlib.suppress(HubError):
                self.desk.step("send", key=key)


def kill_somewhere(machine: Machine, reaper: Reaper, chance: random.Random) -> bool:
    """Run until killed at a random call; ``False`` where the run came to its end first."""
    reaper.arm(chance.randint(1, 16), after=chance.random() < 0.5)
    try:
        machine.run(anew=chance.random() < 0.4)
    except Killed:
        return True
    finally:
        reaper.armed = False
    return False


@pytest.mark.usefixtures("aws")
def test_given_a_worker_killed_anywhere_200_times_then_each_person_has_one_message_or_is_pending(
    monkeypatch: pytest.MonkeyPatch, reaper: Reaper
) -> None:
    desk = Desk(monkeypatch)
    # No receipt comes in here: of the sixteen places where one would stand, one is looked at.
    monkeypatch.setattr(records, "SHARDS", SHARDS[:1])
    codes = people(PEOPLE)
    entries = [
        Entry(a.code, {"application": a.code, "until": "3月17日"}, a.sealed_phone, a.phone_lookup[:LOOKUP_DIGITS])
        for a in listed(PERIOD)
    ]
    monkeypatch.setattr(lists, "addressed", lambda *_: iter(entries))
    kills = pending = handed_on = seed = 0
    everywhere = {(name, after) for name in CALLS for after in (False, True)}
    while kills < KILLS or reaper.ended_at.keys() != everywhere:
        assert seed < 1_000, everywhere ^ reaper.ended_at.keys()
        seed += 1
        chance = random.Random(seed)
        # Each time another campaign on the same tables and other carriers' books; now and then an answer is lost, or
        # the first carrier says that it does not serve us.
        name = f"x{seed}"
        campaign = replace(campaigns("hangzhou")[CAMPAIGN], name=name)
        monkeypatch.setattr(tasks, "_campaign", lambda event, campaign=campaign: campaign)
        carrier = Carrier(batch_max=2, takes=chance.random() < 0.5)
        carrier.ills = chance.choice([[], [], [silence()], [shut()], [silence(), shut()]])
        carrier.limited = {phone_of(2)} if chance.random() < 0.2 else set()
        second = Carrier("tencent", batch_max=1, reports_by_its_id=True)
        desk.carriers = {each.name: each for each in (carrier, second)}
        machine = Machine(desk)
        for _ in range(chance.randint(1, 4)):
            kills += kill_somewhere(machine, reaper, chance)
            desk.clock.advance(chance.choice([0, 1_000, QUIET_MS, 2 * QUIET_MS]))
        carrier.limited, carrier.ills = set(), []
        # In the end it is let be; the carrier may be silent for good.
        carrier.answers = chance.random() < 0.8
        for anew in (False, True):
            desk.clock.advance(QUIET_MS)
            machine.run(anew=anew)

        texts = Counter((sms.phone, sms.params["application"]) for each in (carrier, second) for sms in each.taken)
        unknown = {code for b in batches(PERIOD, name) if b.status in UNCLEAR for code in b.people()}
        for number, code in enumerate(codes, start=1):
            had = texts.pop((phone_of(number), code), 0)
            assert had == 1 or (had == 0 and code in unknown), (seed, code, had)
        assert not texts, (seed, "a text went to another's phone")
        assert not (carrier.answers and unknown), (seed, "somebody is pending though the carrier answers")
        pending += bool(unknown)
        handed_on += bool(second.taken)
    # Beside each kind of call, before and after it took effect, there are runs among these that left somebody unclear
    # for good, and such as went on with the other carrier.
    assert pending
    assert handed_on
