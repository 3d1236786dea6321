"""Bidders who pay their deposit by Alipay: a trade opened at the hub, paid in the wallet, told of, and looked at."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from local import localstripe
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
    """Who paid by wallet: ``paid`` our number of the trade -> what kind of payment it was meant to be,
    and ``serials`` the wallet's own number of it."""

    paid: dict[str, str] = field(default_factory=dict)
    serials: dict[str, str] = field(default_factory=dict)
    codes: dict[str, str] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    units_refused: int = 0
    faults: list[str] = field(default_factory=list)


class Till(Protocol):
    """How residents pay through one gateway or another."""

    def auth_code(self, code: str, number: int) -> str:
        """What the bidder's device got from signing in at the wallet: the ``number``-th wallet of his."""
        ...

    def pay(self, opened: Mapping[str, Any]) -> list[str]:
        """Pay a trade as the hub opened it; returns what went wrong. The hub is told of it twice."""
        ...

    def tell_falsely(self, our_ref: str) -> list[str]:
        """Tell the hub of a payment falsely in every way that there is; returns what was believed."""
        ...


@dataclass(frozen=True)
class AlipayTill:
    """Alipay's own platform."""

    url: str

    def auth_code(self, code: str, number: int) -> str:
        """From a sign-in in the wallet."""
        return str(need("POST", f"{self.url}/_sign_in", body={"open_id": f"user-{code}-{number}"})["auth_code"])

    def pay(self, opened: Mapping[str, Any]) -> list[str]:
        """In the wallet; both notifications must be taken."""
        told = need("POST", f"{self.url}/_pay", body={"out_trade_no": opened["our_ref"], "copies": 2})
        return [] if set(told["answers"]) == {"success"} else [f"a notification was answered {told['answers']}"]

    def tell_falsely(self, our_ref: str) -> list[str]:
        """The same notification with another signature, another amount and another seller."""
        faults = []
        for spoil in ("signature", "amount", "seller"):
            body = {"out_trade_no": our_ref, "spoil": spoil, "all": True}
            if "success" in need("POST", f"{self.url}/_push", body=body)["answers"]:
                faults.append(f"a notification with a wrong {spoil} was believed")
        return faults


@dataclass(frozen=True)
class StripeTill:
    """A gateway shaped as Stripe, where nobody signs in."""

    url: str

    def auth_code(self, code: str, number: int) -> str:
        """None is needed; the door wants one."""
        return f"nobody-{code}-{number}"

    def pay(self, opened: Mapping[str, Any]) -> list[str]:
        """On the gateway's page; its event comes a second later."""
        localstripe.pay(self.url, str(opened["trade_no"]))
        return []

    def tell_falsely(self, our_ref: str) -> list[str]:
        """An event with another signature, one signed an hour ago, and one of another amount that is rightly signed."""
        del our_ref
        answers = need("POST", f"{self.url}/_forge", body={})["answers"]
        wanted = {"signature": "401", "stale": "401", "amount": "ignored"}
        return [
            f"an event with a wrong {what} was answered {answers[what]}"
            for what, right in wanted.items()
            if answers[what] != right
        ]


def till_of(at: Addresses) -> Till:
    """The gateway that is there."""
    return StripeTill(at.stripe) if at.stripe else AlipayTill(at.alipay)


def pay_by_wallet(at: Addresses, month: Month, deadline_ms: int) -> WalletPayers:
    """All who chose the wallet pay, some twice from two wallets; each is told of twice, and one of them falsely too."""
    done, till = WalletPayers(), till_of(at)

    def pay(code: str) -> tuple[list[tuple[str, str, str]], bool, list[str]]:
        session = open_account_session(at, month.period, month.person(code), deadline_ms)
        if not session.ok:
            return [], False, [f"no session to pay by wallet: {session.code}"]
        token = str(session.body["token"])
        twice = month.conduct[code].paying is Paying.DOUBLE
        opened: list[dict[str, Any]] = []
        faults: list[str] = []
        for number in range(2 if twice else 1):
            body = {"period": month.period, "auth_code": till.auth_code(code, number)}
            answer = ask("POST", f"{at.api}/deposits/payments", body=body, token=token)
            if not answer.ok:
                return [], False, [f"a trade could not be opened: {answer.code}"]
            opened.append(answer.body)
        for number, trade in enumerate(opened):
            if number:
                time.sleep(BETWEEN_PAYMENTS_S)
            faults += till.pay(trade)
        for _ in until(deadline_ms + SEEN_WITHIN_MS):
            if ask("GET", f"{at.api}/deposits", token=token).body.get("state") in ("pending", "held"):
                break
        else:
            faults.append("a wallet's payment was not seen by its bidder")
        kinds = [str(month.conduct[code].paying), SECOND_PAYMENT]
        paid = [
            (str(trade["our_ref"]), str(trade["trade_no"]), kind) for trade, kind in zip(opened, kinds, strict=False)
        ]
        return paid, not faults, faults

    codes = sorted(code for code, channel in month.channel_of.items() if channel == ALIPAY)
    for code, (paid, seen, faults) in zip(codes, each(codes, pay), strict=True):
        for our_ref, serial, kind in paid:
            done.paid[our_ref], done.serials[our_ref], done.codes[our_ref] = kind, serial, code
        done.faults += faults
        if seen:
            done.seen.add(code)
    if done.paid:
        done.faults += till.tell_falsely(min(done.paid))
    return done


def books_of(at: Addresses, payers: WalletPayers) -> dict[str, Any]:
    """The wallet's own books of what was paid: ``{"trades": [...]}``."""
    if at.stripe:
        return localstripe.books(at.stripe, payers.serials.values())
    books: dict[str, Any] = need("GET", f"{at.alipay}/_state")
    return books


def wallet_payments(month: Month, payers: WalletPayers, state: Mapping[str, Any]) -> Month:
    """The month with what was paid by wallet, as its own books have it (``books_of``)."""
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
