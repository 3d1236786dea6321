"""A campaign's rounds: who gets it now is asked, put into batches and written to the work bucket, once a round.

Before a round's list is made, the earlier rounds are closed: what no run has claimed by then never will be. Whoever is
in a batch that went, or may have gone, is in no later one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from chalicelib.applicants.records import listed
from chalicelib.kernel.errors import Conflict, HubError, Problem
from chalicelib.kernel.files import Files, read_json
from chalicelib.kernel.ids import canonical, digest_of
from chalicelib.messages.campaigns import Campaign
from chalicelib.messages.records import BatchRecord, OutcomeRecord, abandon, batches, dead_phones, outcomes
from chalicelib.messages.rules import (
    LOOKUP_DIGITS,
    RELEASED,
    UNCLEAR,
    Batch,
    BatchState,
    Entry,
    batch_name,
    chunk_name,
    chunk_of,
    chunked,
    cut_into_batches,
    piece_name,
)
from chalicelib.periods.plan import Plan
from chalicelib.periods.problems import record_problems
from integrations.ports import SmsCarrier

_JSON = "application/json"


@dataclass(frozen=True)
class List:
    """One round's list: where it stands (``items`` for the Map: ``[{"key"}]``), and how many messages it holds."""

    round_no: int
    items: str
    count: int


def make_list(plan: Plan, campaign: Campaign, carrier: SmsCarrier, files: Files) -> List:
    """Begin the campaign's next round. Run again, it begins another, and the one before sends no further batch."""
    closed = close_rounds(plan.period, campaign.name, files)
    round_no = closed.rounds + 1
    taken = spoken_for(plan.period, campaign.name, closed)
    entries = [entry for entry in addressed(plan, campaign, carrier) if entry.code not in taken]
    chunks = chunked(cut_into_batches(entries, carrier.batch_max), campaign.batches_a_chunk)
    items = []
    for number, chunk in enumerate(chunks, start=1):
        content = {"round": round_no, "chunk": number, "batches": [[asdict(entry) for entry in each] for each in chunk]}
        # Named by its content: two runs that make the same round at once write over nothing of each other's.
        key = f"{_folder(plan.period, campaign.name)}{round_no:03d}/{digest_of(content)[:32]}.json"
        files.write("work", key, canonical(content), _JSON)
        items.append({"key": key, "chunk": number, "batches": len(chunk)})
    made: dict[str, Any] = {"count": len(entries), "items": items}
    try:
        files.write_once("work", _head(plan.period, campaign.name, round_no), canonical(made), _JSON)
    except Conflict:
        # Another run began this round a moment before: its list is the round's.
        made = read_json(files, "work", _head(plan.period, campaign.name, round_no))
    key = f"{_folder(plan.period, campaign.name)}{round_no:03d}/items.json"
    to_send = [*closed.unclear, *(item["key"] for item in made["items"])]
    files.write("work", key, canonical([{"key": each} for each in to_send]), _JSON)
    return List(round_no, key, int(made["count"]))


def addressed(plan: Plan, campaign: Campaign, carrier: SmsCarrier) -> Iterator[Entry]:
    """The audience of now with its sealed phones. Dead numbers get nothing; what would not fit is listed instead."""
    wanted = {recipient.code: dict(recipient.params) for recipient in campaign.audience(plan)}
    dead, faults = dead_phones(), []
    for applicant in listed(plan.period) if wanted else ():
        params = wanted.get(applicant.code)
        lookup = applicant.phone_lookup[:LOOKUP_DIGITS]
        if params is None or lookup in dead:
            continue
        try:
            carrier.preview(campaign.template, params)
        except HubError as error:
            faults.append(Problem(0, applicant.code, error.code, "variables that the template takes, 500 characters"))
            continue
        yield Entry(applicant.code, params, applicant.sealed_phone, lookup)
    if faults:
        record_problems(plan.period, f"messages/{campaign.name}", faults, "SMS_UNFIT", "短信内容不符合模板要求,未发送")


@dataclass(frozen=True)
class Closed:
    """How many rounds there were, and which batches were split by then: each piece of those is claimed or never is.

    ``unclear``: the chunks with batches that the carrier has still to be asked about; the next round sees to them.
    """

    rounds: int
    split: frozenset[str]
    unclear: tuple[str, ...]


def close_rounds(period: str, campaign: str, files: Files) -> Closed:
    """Keep every run from claiming what is unclaimed of the rounds so far."""
    heads = [key for key in files.keys("work", _folder(period, campaign)) if key.endswith("/head.json")]
    if not heads:
        return Closed(0, frozenset(), ())
    standing = {record.sk: record for record in batches(period, campaign)}
    items = [
        (round_no, item)
        for round_no, head in enumerate(heads, start=1)
        for item in read_json(files, "work", head)["items"]
    ]
    names = [
        batch_name(round_no, item["chunk"], number)
        for round_no, item in items
        for number in range(1, item["batches"] + 1)
    ]
    split = [record for record in standing.values() if record.status is BatchState.SPLIT]
    names += [piece_name(record.sk, number) for record in split for number in range(int(record.pieces))]
    for name in names:
        if name not in standing:
            abandon(period, campaign, name)
    open_chunks = {chunk_of(record.sk) for record in batches(period, campaign) if record.status in UNCLEAR}
    return Closed(
        len(heads),
        frozenset(record.sk for record in split),
        tuple(item["key"] for round_no, item in items if chunk_name(round_no, item["chunk"]) in open_chunks),
    )


def spoken_for(period: str, campaign: str, closed: Closed) -> set[str]:
    """The codes whose message went, failed for good or may have gone."""
    found, ends = list(batches(period, campaign)), outcomes(period, campaign)
    return {
        code
        for record in found
        # One that was split since then may have pieces that nobody has claimed yet: it speaks for all its people.
        if record.status not in RELEASED and record.sk not in closed.split
        for code in record.people()
        if not _stopped_by_limit(ends.get(code), period, campaign, record)
    }


def read_chunk(files: Files, period: str, campaign: str, key: str, carrier: str) -> list[Batch]:
    """The batches of a chunk, for the carrier that is tried first."""
    content: Mapping[str, Any] = read_json(files, "work", key)
    return [
        Batch(
            period,
            campaign,
            batch_name(content["round"], content["chunk"], number),
            carrier,
            tuple(Entry(**entry) for entry in entries),
        )
        for number, entries in enumerate(content["batches"], start=1)
    ]


def people_by_state(records: Iterable[BatchRecord]) -> Counter[BatchState]:
    """How many people stand where; those of a split batch count with its pieces."""
    counts: Counter[BatchState] = Counter()
    for record in records:
        if record.status is not BatchState.SPLIT:
            counts[record.status] += len(record.people())
    return counts


def _stopped_by_limit(end: OutcomeRecord | None, period: str, campaign: str, record: BatchRecord) -> bool:
    return end is not None and end.state == "limited" and end.out_id == f"{period}.{campaign}.{record.sk}"


def _folder(period: str, campaign: str) -> str:
    return f"messages/{period}/{campaign}/"


def _head(period: str, campaign: str, round_no: int) -> str:
    return f"{_folder(period, campaign)}{round_no:03d}/head.json"
