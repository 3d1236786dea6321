"""Bidders who pay their deposit by Alipay: a trade opened at the hub, paid in the wallet, told of, and looked at."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from local.conduct import Paying
from local.month import ALIPAY, Month
from local.payments import SECOND_PAYMENT, Payment
from local.world.addresses import Addresses
from local.world.phones import open_account_session
from local.world.web import ask, each, need, until

# Two payments of one code must not bear the same second: the first one is the deposit.
BETWEEN_PAYMENTS_S = 1.1
SEEN_WITHIN_MS = 20_000


@dataclass
class WalletPayers:
    """Who paid by wallet: ``paid`` our number of the trade -> what kind of payment it was meant to be."""

    paid: dict[str, str] = field(default_factory=dict)
    codes: dict[str, str] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    units_refused: int = 0
    faults: list[str] = field(default_factory=list)


def pay_by_wallet(at: Addresses, month: Month, deadline_ms: int) -> WalletPayers:
    """All who chose the wallet pay, some twice from two wallets; each is told of twice, and one of them falsely too."""
    done = WalletPayers()

    def pay(code: str) -> tuple[list[tuple[str, str]], bool, list[str]]:
        session = open_account_session(at, month.period, month.person(code), deadline_ms)
        if not session.ok:
            return [], False, [f"no session to pay by wallet: {session.code}"]
        token = str(session.body["token"])
        twice = month.conduct[code].paying is Paying.DOUBLE
        opened, faults = [], []
        for number in range(2 if twice else 1):
            user = need("POST", f"{at.alipay}/_sign_in", body={"open_id": f"user-{code}-{number}"})
            body = {"period": month.period, "auth_code": user["auth_code"]}
            answer = ask("POST", f"{at.api}/deposits/payments", body=body, token=token)
            if not answer.ok:
                return [], False, [f"a trade could not be opened: {answer.code}"]
            opened.append(str(answer.body["our_ref"]))
        for number, our_ref in enumerate(opened):
            if number:
                time.sleep(BETWEEN_PAYMENTS_S)
            told = need("POST", f"{at.alipay}/_pay", body={"out_trade_no": our_ref, "copies": 2})
            if set(told["answers"]) != {"success"}:
                faults.append(f"a notification was answered {told['answers']}")
        for _ in until(deadline_ms + SEEN_WITHIN_MS):
            if ask("GET", f"{at.api}/deposits", token=token).body.get("state") in ("pending", "held"):
                break
        else:
            faults.append("a wallet's payment was not seen by its bidder")
        kinds = [str(month.conduct[code].paying), SECOND_PAYMENT]
        return list(zip(opened, kinds, strict=False)), not faults, faults

    codes = sorted(code for code, channel in month.channel_of.items() if channel == ALIPAY)
    for code, (paid, seen, faults) in zip(codes, each(codes, pay), strict=True):
        done.paid.update(paid)
        done.codes.update(dict.fromkeys((our_ref for our_ref, _ in paid), code))
        done.faults += faults
        if seen:
            done.seen.add(code)
    if done.paid:
        _tell_falsely(at, sorted(done.paid)[0], done)
    return done


def _tell_falsely(at: Addresses, our_ref: str, done: WalletPayers) -> None:
    """The same notification with another signature, another amount and another seller: none may be believed."""
    for spoil in ("signature", "amount", "seller"):
        body = {"out_trade_no": our_ref, "spoil": spoil, "all": True}
        if "success" in need("POST", f"{at.alipay}/_push", body=body)["answers"]:
            done.faults.append(f"a notification with a wrong {spoil} was believed")


def wallet_payments(month: Month, payers: WalletPayers, state: Mapping[str, Any]) -> Month:
    """The month with what was paid by wallet, as Alipay's own books (``GET /_state``) have it."""
    trades = {trade["out_trade_no"]: trade for trade in state["trades"] if trade["paid_at"]}
    paid = [
        Payment(
            serial=str(trades[our_ref]["trade_no"]),
            statement_day=month.plan.intake[0].day,
            booked_at_ms=0,
            value_date=month.plan.intake[0].day,
            amount_fen=int(trades[our_ref]["fen"]),
            account=our_ref,
            name="",
            memo=our_ref,
            kind=kind,
            code=payers.codes[our_ref],
            channel=ALIPAY,
        )
        for our_ref, kind in sorted(payers.paid.items())
        if our_ref in trades
    ]
    return replace(month, payments=(*month.payments, *paid))
