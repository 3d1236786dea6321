"""A campaign in chunks: the list is written once between two steps, and each chunk can be sent again harmlessly."""

from __future__ import annotations

from collections import Counter
from typing import Any

from chalicelib.applicants.records import get
from chalicelib.kernel.errors import Pending, TooMany
from chalicelib.kernel.files import Files, read_json, write_json
from chalicelib.kernel.ids import canonical
from chalicelib.kernel.privacy import Vault
from chalicelib.messages.campaigns import Campaign
from chalicelib.messages.records import UNCLEAR, MessageState, plan_message
from chalicelib.messages.sender import WORK_FOR_MS, Sender
from chalicelib.periods.plan import Plan

# So many that a text to all 987,000 valid codes stays below what one machine may hold: 256 KB of keys, 25,000 events.
RECIPIENTS_A_CHUNK = 400


def write_chunks(plan: Plan, campaign: Campaign, files: Files) -> dict[str, Any]:
    """Ask who gets the campaign now, and write the list into the work bucket: ``{"count", "chunks": [{"key"}]}``."""
    recipients = sorted(campaign.audience(plan), key=lambda recipient: recipient.code)
    chunks = []
    for number, start in enumerate(range(0, len(recipients), RECIPIENTS_A_CHUNK), start=1):
        key = f"messages/{plan.period}/{campaign.name}/{number:05d}.json"
        part = recipients[start : start + RECIPIENTS_A_CHUNK]
        write_json(files, "work", key, [{"code": each.code, "params": dict(each.params)} for each in part])
        chunks.append({"key": key})
    return {"count": len(recipients), "chunks": chunks}


def send_chunk(
    period: str, campaign: Campaign, key: str, *, files: Files, sender: Sender, vault: Vault
) -> dict[str, int]:
    """Send a chunk's messages, each as far as it goes now, and count where they stand.

    When all had their turn, or the time for it is over: raises ``TooMany`` where some wait still, for the carrier's
    limits or for want of time, ``Pending`` where it is not known of some whether they went. Run again, it goes on with
    just these.
    """
    counts: Counter[MessageState] = Counter()
    until_ms = sender.clock.now_ms() + WORK_FOR_MS
    for entry in read_json(files, "work", key):
        if sender.clock.now_ms() >= until_ms:
            counts[MessageState.PLANNED] += 1
            continue
        params = canonical(entry["params"]).decode()
        record = plan_message(period, campaign.name, entry["code"], campaign.template, params)
        counts[sender.send(record, get(period, record.code).phone(vault))] += 1
    if counts[MessageState.PLANNED]:
        raise TooMany("SMS_WAITING", f"{counts[MessageState.PLANNED]}条短信待发")
    unclear = sum(counts[state] for state in UNCLEAR)
    if unclear:
        raise Pending("SMS_UNCLEAR", f"{unclear}条短信是否发出尚不明确")
    return {state.value: counts[state] for state in sorted(counts)}
