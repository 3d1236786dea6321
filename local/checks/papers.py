"""Receipts at the treasury against what was paid, and the papers that winners downloaded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalicelib.kernel.money import fen_from_yuan
from local.checks.check import Check, check


def receipts_agree(state: Mapping[str, Any], paid: Mapping[str, int]) -> Check:
    """The treasury issued one e-receipt for each payment and none besides, each number used once and none left out.

    ``paid``: pay code -> fen.
    """
    issued = list(state["receipts"])
    amounts = {str(each["pay_code"]): fen_from_yuan(str(each["amount"])) for each in issued}
    faults = [
        f"{code} was paid and has no receipt of its amount" for code, fen in paid.items() if amounts.get(code) != fen
    ]
    faults += [f"{code} has a receipt and was not paid" for code in sorted(amounts.keys() - paid.keys())]
    if len(amounts) != len(issued):
        faults.append(f"{len(issued)} receipts for {len(amounts)} payments")
    numbers = sorted(int(each["number"]) for each in issued)
    if numbers != list(range(1, len(issued) + 1)):
        faults.append("receipt numbers have gaps or repeats")
    return check("every payment has its receipt", faults, f"{len(issued)} receipts, {sum(amounts.values())} fen")


def papers_came(files: Mapping[str, bytes], faults: list[str]) -> Check:
    """What winners asked for came as PDF, and nobody got what was not his."""
    found = [f"{name} is no PDF" for name, content in files.items() if not content.startswith(b"%PDF")]
    return check("winners have their papers", [*faults, *found], ", ".join(sorted(files)))
