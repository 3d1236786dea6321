"""Files that are awaited and files that arrive meet here, whichever comes first, and never miss each other.

One item holds both sides of an expectation, and each side changes it in a single conditional write that returns what
the other side left there: whoever comes second answers the waiting machine. If both do, the second answer is refused
by Step Functions and harmless.
"""

from __future__ import annotations

from dataclasses import dataclass

from pynamodb.attributes import ListAttribute, UnicodeAttribute, UnicodeSetAttribute
from pynamodb.exceptions import DoesNotExist, UpdateError
from pynamodb.models import Model

from chalicelib.kernel.errors import InvalidInput, Problem, TooMany
from chalicelib.kernel.ids import id_from
from chalicelib.kernel.machines import Machines
from chalicelib.kernel.tables import HubMeta, table_name
from chalicelib.periods.naming import is_period

EXPECT_PARTS = 4
SIDECAR_SUFFIX = ".sm3"
# An expectation is one file, and a few corrections of it. One item holds them all.
ARRIVALS_MAX = 500

_SORT_KEY = "arrivals"
_FIELD = "\n"  # stands in no S3 key, digest or task token


class ArrivalsRecord(Model):
    """One expectation. ``keys[n - 1]`` is the arrival with sequence number n; ``identities`` tell a repeat apart."""

    class Meta(HubMeta):
        """The room's table."""

        table_name = table_name("PERIODS_TABLE")

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True, default=_SORT_KEY)
    keys: ListAttribute[str] = ListAttribute(null=True)
    identities = UnicodeSetAttribute(null=True)
    waiting = UnicodeSetAttribute(null=True)


@dataclass(frozen=True)
class Arrival:
    """A file in the inbox. ``seq`` counts the arrivals of one expectation from 1."""

    key: str
    seq: int

    def as_answer(self) -> dict[str, str | int]:
        """What a waiting state machine is told."""
        return {"bucket": "inbox", "key": self.key, "seq": self.seq}


def expectation(key: str) -> str | None:
    """What an inbox key answers: ``{party}/{kind}/{period}/{label}``; ``None`` for a sidecar.

    Raises ``InvalidInput`` (``INBOX_KEY``) for a key that is not ``{party}/{kind}/{period}/{label}/{file name}``.
    """
    parts = key.split("/")
    if len(parts) != EXPECT_PARTS + 1 or not all(parts) or not is_period(parts[2]):
        problem = Problem(0, "key", "/".join(parts[:EXPECT_PARTS])[:120], "{party}/{kind}/{period}/{label}/{file name}")
        raise InvalidInput("INBOX_KEY", "收件目录不正确,文件未被接收", problems=(problem,))
    return None if key.endswith(SIDECAR_SUFFIX) else "/".join(parts[:EXPECT_PARTS])


def record_arrival(key: str, etag: str, sequencer: str, machines: Machines) -> Arrival | None:
    """Note a file that was dropped, and answer whoever waits for it. ``None`` for a sidecar, which is no arrival.

    The same event again (same key, etag and sequencer) is no new arrival, but waiting machines are answered again.
    Raises ``InvalidInput`` (``INBOX_KEY``) or ``TooMany`` beyond ``ARRIVALS_MAX``.
    """
    expect = expectation(key)
    if expect is None:
        return None
    identity = id_from(key, etag, sequencer)
    record = ArrivalsRecord(_hash_key(expect), _SORT_KEY)
    fresh = ArrivalsRecord.identities.does_not_exist() | ~ArrivalsRecord.identities.contains(identity)
    room = ArrivalsRecord.keys[ARRIVALS_MAX - 1].does_not_exist()
    try:
        record.update(
            [
                ArrivalsRecord.keys.set((ArrivalsRecord.keys | []).append([key])),
                ArrivalsRecord.identities.add({identity}),
            ],
            condition=fresh & room,
        )
    except UpdateError as error:
        if error.cause_response_code != "ConditionalCheckFailedException":
            raise
        record.refresh(consistent_read=True)
        if identity not in (record.identities or set()):
            raise TooMany("TOO_MANY_ARRIVALS", "同一文件重复到达次数过多") from error
    _answer(record, machines)
    return _latest(record)


def await_file(expect: str, after: int, task_token: str, machines: Machines) -> None:
    """Have a machine told of the first file with a sequence number above ``after``; at once where it is there."""
    if len(expect.split("/")) != EXPECT_PARTS:
        raise InvalidInput("EXPECT_INVALID", f"等待的收件目录不正确: {expect[:120]}")
    record = ArrivalsRecord(_hash_key(expect), _SORT_KEY)
    record.update([ArrivalsRecord.waiting.add({f"{after}{_FIELD}{task_token}"})])
    _answer(record, machines)


def latest_arrival(expect: str) -> Arrival | None:
    """The newest file of an expectation, ``None`` where none has come."""
    try:
        return _latest(ArrivalsRecord.get(_hash_key(expect), _SORT_KEY, consistent_read=True))
    except DoesNotExist:
        return None


def _hash_key(expect: str) -> str:
    return f"arrivals#{expect}"


def _latest(record: ArrivalsRecord) -> Arrival | None:
    keys = record.keys or []
    return Arrival(keys[-1], len(keys)) if keys else None


def _answer(record: ArrivalsRecord, machines: Machines) -> None:
    """Tell every machine that waits for less than what has come. The newest file counts: it corrects the others."""
    latest = _latest(record)
    if latest is None:
        return
    answered = set()
    for waiting in record.waiting or ():
        after, _, task_token = waiting.partition(_FIELD)
        if latest.seq > int(after):
            machines.answer(task_token, latest.as_answer())
            answered.add(waiting)
    if answered:
        ArrivalsRecord(record.pk, _SORT_KEY).update([ArrivalsRecord.waiting.delete(answered)])
