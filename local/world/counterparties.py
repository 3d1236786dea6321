"""The regulator drops its files; the bank takes deposits in, states its account and knows which accounts are gone."""

from __future__ import annotations

from datetime import date

from local.month import CHANNEL, Month
from local.payments import MINSHENG
from local.world.addresses import Addresses
from local.world.web import need


def drop_applicant_lists(at: Addresses, month: Month) -> list[str]:
    """The regulator hands in both applicant lists. Returns their keys."""
    return _drop(at, month, "applicants")


def drop_qualification(at: Addresses, month: Month) -> list[str]:
    """The regulator hands in the audit's results. Returns the keys."""
    return _drop(at, month, "qualification")


def _drop(at: Addresses, month: Month, kind: str) -> list[str]:
    keys = []
    for file in month.files:
        if file.kind == kind:
            at.drop(file.key, file.content)
            keys.append(file.key)
    return keys


def pay_in(at: Addresses, month: Month, day: date) -> int:
    """The payments of one statement day arrive at the banks. Returns how many; again changes nothing."""
    count = 0
    for channel, door in ((CHANNEL, at.bank), (MINSHENG, at.minsheng)):
        coming = month.credits_of(day, channel)
        if coming:
            need("POST", f"{door}/_credits", body=coming)
        count += len(coming)
    return count


def state_account(at: Addresses, day: date) -> None:
    """The banks and the wallet close a day; the one that delivers drops its statement with sidecar."""
    need("POST", f"{at.bank}/_statement", body={"day": day.isoformat()})
    close_asked(at, day)


def close_asked(at: Addresses, day: date) -> None:
    """Those close a day who are asked for it; again changes nothing."""
    for asked in filter(None, (at.minsheng, at.alipay)):
        need("POST", f"{asked}/_day", body={"day": day.isoformat()})


def close_accounts(at: Addresses, month: Month) -> None:
    """The banks learn which payees' accounts are gone: their refunds will fail, and the file's others are paid."""
    need("POST", f"{at.bank}/_accounts", body=dict(month.failing_accounts))
    if month.failing_at_minsheng:
        need("POST", f"{at.minsheng}/_accounts", body=dict.fromkeys(month.failing_at_minsheng, "failed"))
