"""After the month is closed: a payment comes that nobody expects, and finance draws the month up again."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import requests

from local.checks.check import Check, check
from local.month import CHANNEL, Month
from local.world.addresses import Addresses
from local.world.counterparties import state_account
from local.world.operators import Operator, sign_in
from local.world.web import need, now_ms, until

AMOUNT_FEN = 123_456
PATIENCE_MS = 180_000
_NAME = "a late payment amends the closed month"


def amend_month(at: Addresses, month: Month, cashier: Operator, out: Path) -> Check:
    """A stranger pays in on the day after the last statement. The cashier names that day's statement, and what finance
    is given is an amendment with just that in it, below ``out``; what was sealed is byte for byte what it was."""
    door = f"{at.api}/periods/{month.period}/finance-files"
    token = sign_in(at, cashier)
    sealed = _files(need("GET", door, token=token)["editions"][0])
    day = max(each.day for each in month.plan.statements) + timedelta(days=1)
    need("POST", f"{at.bank}/_credits", body=[_stray(month, day)])
    state_account(at, day)
    need("POST", door, body={"statements": [{"channel": CHANNEL, "day": day.isoformat()}]}, token=token)
    for _ in until(now_ms() + PATIENCE_MS, pause_s=1.0):
        editions = need("GET", door, token=token)["editions"]
        if len(editions) > 1:
            break
    if len(editions) < 2:
        return check(_NAME, ["no amendment was made"], "")
    faults = [] if _files(editions[0]) == sealed else ["the sealed files are not what they were"]
    out.mkdir(parents=True, exist_ok=True)
    amendment = _files(editions[1])
    for name, content in amendment.items():
        (out / name.rsplit("/", 1)[-1]).write_bytes(content)
    told = amendment[f"changes-{month.period}-amendment-1.csv"].decode("utf-8-sig")
    vouchers = amendment[f"vouchers-{month.period}-amendment-1.csv"].decode("utf-8-sig")
    amount = f"{AMOUNT_FEN / 100:.2f}"
    faults += [
        f"no {name} says {amount}" for name, text in {"change": told, "voucher": vouchers}.items() if amount not in text
    ]
    said = f"{len(told.splitlines()) - 1} cells changed, {len(vouchers.splitlines()) - 1} voucher lines"
    return check(_NAME, faults, said)


def _stray(month: Month, day: date) -> dict[str, Any]:
    return {
        "serial": f"HZ{day:%y%m%d}{1:08d}",
        "booked_at_ms": now_ms(),
        "value_date": day.isoformat(),
        "amount_fen": AMOUNT_FEN,
        "account": next(iter(month.new_accounts.values())),
        "name": "过路人",
        "memo": "",
    }


def _files(edition: dict[str, Any]) -> dict[str, bytes]:
    return {each["name"]: requests.get(each["url"], timeout=30).content for each in edition["files"]}
