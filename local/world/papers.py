"""Winners download their papers once the month is over: the payment notice and, who paid, the e-receipt."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field

from local.month import Month
from local.world.addresses import Addresses
from local.world.phones import open_account_session
from local.world.web import ask, now_ms, until
from local.world.winners import Payers

PATIENCE_MS = 30_000
DOORS = {"notice": "me/payment-notice", "receipt": "me/receipt"}


@dataclass
class Papers:
    """PDFs by file name; ``owner`` is who paid and has both, ``defaulter`` who has a notice and no receipt."""

    owner: str = ""
    defaulter: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


def fetch_papers(at: Addresses, month: Month, payers: Payers) -> Papers:
    """One winner who paid and one who did not ask for what is theirs."""
    done = Papers(min(payers.paid_fen, default=""), min(payers.defaulters, default=""))
    for code, wanted in ((done.owner, ("notice", "receipt")), (done.defaulter, ("notice",))):
        if code:
            _fetch(at, month, code, wanted, done)
    return done


def _fetch(at: Addresses, month: Month, code: str, wanted: tuple[str, ...], done: Papers) -> None:
    token = ""
    for _ in until(now_ms() + PATIENCE_MS, pause_s=2.0):
        session = open_account_session(at, month.period, month.person(code), now_ms() + PATIENCE_MS)
        if session.ok:
            token = str(session.body["token"])
            break
    for kind, door in DOORS.items():
        answer = ask("GET", f"{at.api}/{door}", token=token)
        if answer.ok is not (kind in wanted):
            done.faults.append(f"a winner's {kind} was answered {answer.status} {answer.code}")
        elif answer.ok:
            document = answer.body["document"]
            done.files[document["file_name"]] = base64.b64decode(document["content"])
