"""The bank's own interest against what was ordered: read by hand from its file, its statements and the batch."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping

from local.checks.bank_files import Exchanged
from local.checks.check import Check, check

# Its place inside a batch's number: 14 digits of date and time, the period, then the batch and its file.
BATCH_1 = "01"


def banks_interest_was_paid(content: bytes, exchanged: Exchanged) -> Check:
    """Whatever batch 1 pays back whole bears the interest that the bank computed, to the fen."""
    told: Mapping[str, tuple[int, int]] = {
        row[0]: (int(row[1]), int(row[2])) for row in (line.split("|") for line in content.decode().splitlines()[1:])
    }
    computed: defaultdict[tuple[str, int], Counter[int]] = defaultdict(Counter)
    for came in exchanged.statement_rows("C"):
        if came.serial in told:
            computed[came.account, told[came.serial][0]][told[came.serial][1]] += 1
    rows = [row for batch in exchanged.batches if batch.batch_no[20:22] == BATCH_1 for row in batch.rows]
    whole = [row for row in rows if (row.account, row.principal_fen) in computed]
    faults = [] if whole else ["batch 1 pays back nothing that the bank computed interest on"]
    for row in whole:
        left = computed[row.account, row.principal_fen]
        if not left[row.interest_fen]:
            faults.append(f"{row.our_ref} bears {row.interest_fen} fen, the bank computed {sorted(left)}")
        left[row.interest_fen] -= 1
    total_fen = sum(row.interest_fen for row in whole)
    return check("the bank's own interest was paid", faults, f"{len(whole)} payments, {total_fen} fen")
