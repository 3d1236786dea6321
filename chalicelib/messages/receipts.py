"""What became of a campaign's messages: the carrier is asked about each that has no end yet."""

from __future__ import annotations

from collections import Counter

from chalicelib.applicants.records import get
from chalicelib.kernel.errors import Pending
from chalicelib.kernel.privacy import Vault
from chalicelib.messages.records import ENDED, UNCLEAR, MessageState, messages
from chalicelib.messages.sender import WORK_FOR_MS, Sender


def gather_receipts(period: str, campaign: str, sender: Sender, vault: Vault) -> dict[str, int]:
    """Ask, write down, count: ``{"sent", "delivered", "failed", "pending"}``; ``sent`` awaits the phone's own receipt.

    Raises ``Pending``, when all were asked about, where the carrier did not answer for some. Those that the time does
    not suffice for are counted as they stand: a receipt is good to know, and no reason to fail.
    """
    counts: Counter[MessageState] = Counter()
    unanswered = 0
    until_ms = sender.clock.now_ms() + WORK_FOR_MS
    for record in messages(period, campaign):
        if record.status not in (*ENDED, MessageState.PLANNED) and sender.clock.now_ms() < until_ms:
            try:
                sender.settle(record, get(period, record.code).phone(vault))
            except Pending:
                unanswered += 1
        counts[record.status] += 1
    if unanswered:
        raise Pending("RECEIPTS_UNANSWERED", f"短信平台未答复{unanswered}条短信的回执")
    return {
        "sent": counts[MessageState.SENT],
        "delivered": counts[MessageState.DELIVERED],
        "failed": counts[MessageState.FAILED],
        "pending": counts[MessageState.PLANNED] + sum(counts[state] for state in UNCLEAR),
    }
