"""What became of messages: pushed by the carrier, in any order and more than once, or asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from chalicelib.applicants.records import find
from chalicelib.kernel.clock import Clock, local_date
from chalicelib.kernel.errors import NotAllowed, Pending
from chalicelib.kernel.privacy import Vault
from chalicelib.messages.records import BatchRecord, batches, end_message, note_dead, out_id_of, outcomes
from chalicelib.messages.rules import LOOKUP_DIGITS, NO_REPORT, BatchState
from chalicelib.messages.sending import WORK_FOR_MS
from integrations.ports import SmsCarrier, SmsReport

_ENDS = ("delivered", "failed", "limited")


def take_reports(carrier: str, reports: Iterable[SmsReport], vault: Vault) -> Counter[str]:
    """Write a carrier's receipts down: how many were ``known`` and ``unknown``. One again, or late, changes nothing."""
    counts: Counter[str] = Counter()
    for report in reports:
        lookup = vault.lookup("phone", report.phone)
        if report.dead:
            note_dead(lookup)
        known = report.receipt.state in _ENDS and _end(carrier, report, lookup)
        counts["known" if known else "unknown"] += 1
    return counts


def gather_receipts(period: str, campaign: str, carriers: Mapping[str, SmsCarrier], clock: Clock, vault: Vault) -> None:
    """Ask the carriers about every message that went and has no end yet, for as long as there is time.

    A receipt is good to know, and no reason to fail: a carrier that does not answer is asked no further.
    """
    until_ms = clock.now_ms() + WORK_FOR_MS
    silent: set[str] = set()
    for record, code in _open(period, campaign):
        applicant = find(period, code)
        if clock.now_ms() >= until_ms:
            return
        if applicant is None or record.carrier in silent or record.carrier not in carriers:
            continue
        out_id, phone = f"{period}.{campaign}.{record.sk}", applicant.phone(vault)
        try:
            receipt = carriers[record.carrier].ask(out_id, phone, local_date(int(record.attempted_at_ms)))
        except (Pending, NotAllowed) as error:
            if error.code != NO_REPORT:
                silent.add(record.carrier)
            continue
        if receipt is not None and receipt.state in _ENDS:
            end_message(out_id, vault.lookup("phone", phone)[:LOOKUP_DIGITS], receipt.state, receipt.code)


def _open(period: str, campaign: str) -> Iterator[tuple[BatchRecord, str]]:
    ends = outcomes(period, campaign)
    for record in batches(period, campaign):
        if record.status is BatchState.SENT:
            for code in record.people():
                end = ends.get(code)
                if end is None or (end.state == "limited" and end.out_id != f"{period}.{campaign}.{record.sk}"):
                    yield record, code


def _end(carrier: str, report: SmsReport, lookup: str) -> bool:
    receipt = report.receipt
    out_id = receipt.out_id or out_id_of(carrier, report.carrier_id)
    return end_message(out_id, lookup[:LOOKUP_DIGITS], receipt.state, receipt.code)
