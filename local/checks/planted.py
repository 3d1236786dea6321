"""What was planted in the month against what the ledger made of it, payment by payment."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chalicelib.kernel.money import fen_from_yuan
from chalicelib.ledger import accounts, causes
from chalicelib.ledger.rules import Entry
from local.checks.check import Check, check
from local.conduct import DOUBTFUL, Paying
from local.month import Month
from local.payments import Payment

# What the treasury's state says of a notice that was paid.
TREASURY_PAID = "1"


@dataclass(frozen=True)
class Text:
    """A text on a phone. ``template`` is the campaign's name in the carrier's profile, empty where none fits."""

    phone: str
    template: str


def payments_found(month: Month, entries: Iterable[Entry]) -> Check:
    """Every planted payment is booked once, at the place where its kind belongs."""
    by_cause = {entry.cause: entry for entry in entries}
    faults = []
    for payment in month.payments:
        entry = by_cause.get(causes.credit(payment.channel, payment.serial))
        if entry is None:
            faults.append(f"{payment.kind} payment {payment.serial} was never booked")
            continue
        place = next(leg.account for leg in entry.legs if leg.amount_fen < 0)
        if place != _belongs(month.period, payment):
            faults.append(f"{payment.kind} payment {payment.serial} was booked to {place}")
    kinds = Counter(payment.kind for payment in month.payments)
    return check("planted payments were found", faults, ", ".join(f"{kind} {n}" for kind, n in sorted(kinds.items())))


def _belongs(period: str, payment: Payment) -> str:
    if payment.kind in {kind.value for kind in DOUBTFUL}:
        return accounts.doubtful(period)
    if payment.kind in {Paying.EXACT.value, Paying.OVER.value, Paying.DOUBLE.value}:
        return accounts.held(period)
    return accounts.returnable(period)


def corrections_found(month: Month, entries: Iterable[Entry], corrected: set[str]) -> Check:
    """Who corrected a doubtful payment has it as a deposit; every other doubtful payment was given up."""
    posted = {entry.cause for entry in entries}
    missed = sum(1 for person, _ in month.bidders(corrects=True) if person.code not in corrected)
    faults = [f"{missed} bidders wanted to correct and could not"] if missed else []
    for payment in month.payments:
        if payment.kind in {kind.value for kind in DOUBTFUL}:
            way = causes.correction if payment.code in corrected else causes.never_corrected
            if way(payment.channel, payment.serial) not in posted:
                faults.append(
                    f"{payment.kind} payment {payment.serial} has no posting {way(payment.channel, payment.serial)}"
                )
    return check("doubtful payments were put right or given up", faults, f"{len(corrected)} put right")


def defaults_found(month: Month, entries: Iterable[Entry], defaulters: set[str], payers: Mapping[str, int]) -> Check:
    """Each defaulter's deposit was forfeited, the deposit and no more, and nobody's who paid."""
    forfeits = {entry.legs[0].subject: entry for entry in entries if entry.cause.startswith("forfeit/")}
    faults = [f"{code} defaulted and kept the deposit" for code in sorted(defaulters - forfeits.keys())]
    faults += [f"{code} paid and lost the deposit" for code in sorted(forfeits.keys() & payers.keys())]
    faults += [
        f"{code} lost the deposit without owing" for code in sorted(forfeits.keys() - defaulters - payers.keys())
    ]
    account = accounts.forfeited(month.period)
    for code, entry in sorted(forfeits.items()):
        fen = -sum(leg.amount_fen for leg in entry.legs if leg.account == account)
        if fen != month.deposit_fen:
            faults.append(f"{code} forfeited {fen} fen, the deposit is {month.deposit_fen}")
    return check("defaulters forfeited their deposit", faults, f"{len(defaulters)} defaulted, {len(payers)} paid")


def recognise(phone: str, words: str, templates: Mapping[str, str]) -> Text:
    """Which template (name -> text with ``${...}``, as in the carrier's profile) a text on a phone was made from."""
    for name, template in templates.items():
        pattern = ".*?".join(re.escape(part) for part in re.split(r"\$\{\w+\}", template))
        if re.search(f"{pattern}$", words):
            return Text(phone, name)
    return Text(phone, "")


def one_text_each(texts: Sequence[Text], code_template: str = "code") -> Check:
    """One message a person and campaign, whatever was sent again; codes are asked for and may come more than once."""
    notices = [text for text in texts if text.template != code_template]
    faults = [
        f"{count} texts of {template} went to one phone ({phone[:3]}****{phone[-4:]})"
        for (phone, template), count in Counter((text.phone, text.template) for text in notices).items()
        if count > 1
    ]
    faults += [f"a text fits no template ({t.phone[:3]}****{t.phone[-4:]})" for t in texts if not t.template]
    by_template = Counter(text.template for text in notices)
    return check(
        "one text a person and campaign", faults, ", ".join(f"{k} {n}" for k, n in sorted(by_template.items()))
    )


def bad_codes_refused(seen: Mapping[str, Sequence[str]]) -> Check:
    """Wrong codes, a code that is too old and a code after too many wrong ones opened nothing, each by its own refusal.

    ``seen``: ``wrong``, ``expired``, ``too_many`` -> the answers' stable codes in order; an empty one is a yes.
    """
    wrong, expired, too_many = (list(seen.get(name, ())) for name in ("wrong", "expired", "too_many"))
    faults = [f"a wrong code was answered {code or 'with an activation'}" for code in wrong if code != "SMS_CODE_WRONG"]
    if expired != ["SMS_CODE_EXPIRED"]:
        faults.append(f"an expired code was answered {expired}")
    if too_many != ["SMS_CODE_WRONG"] * 5 + ["SMS_CODE_TRIES"]:
        faults.append(f"five wrong codes and the right one were answered {too_many}")
    return check("bad SMS codes opened nothing", faults, f"wrong {len(wrong)}, expired 1, too many tries 1")


def nothing_left_over(month: Month, standing: Mapping[str, int], rolled_fen: int) -> Check:
    """At the month's end no money is on its way any more: only what was rolled over stays.

    ``standing``: the ledger's balances; ``rolled_fen``: what the bidders who lost and chose rollover left.
    """
    period = month.period
    ended = (accounts.held, accounts.doubtful, accounts.returnable, accounts.forfeited, accounts.announced)
    names = [
        *(name(period) for name in ended),
        *(name(channel) for channel in month.channels for name in (accounts.transit, accounts.coming)),
    ]
    faults = [f"{name} still holds {-standing[name]} fen" for name in names if standing.get(name, 0)]
    kept_fen = -standing.get(accounts.rolled(period), 0)
    if kept_fen != rolled_fen:
        faults.append(f"{kept_fen} fen were rolled over, {rolled_fen} should have been")
    return check("nothing is left on its way", faults, f"{kept_fen} fen rolled over")


def treasury_agrees(state: Mapping[str, Any], owed: Mapping[str, int], paid: Mapping[str, int]) -> Check:
    """The treasury's books (``GET /_state``) have a notice for every winner, paid by those who paid and nobody else.

    ``owed`` and ``paid``: pay code -> fen, as the winners read them on their phones and paid them.
    """
    notices = {str(notice["pay_code"]): notice for notice in state["notices"]}
    faults = [
        f"{code} was texted to a winner, the treasury has no such notice" for code in owed.keys() - notices.keys()
    ]
    faults += [f"{code} stands at the treasury, no winner was told" for code in notices.keys() - owed.keys()]
    for code in sorted(owed.keys() & notices.keys()):
        if fen_from_yuan(str(notices[code]["amount"])) != owed[code]:
            faults.append(f"{code}: {notices[code]['amount']} yuan at the treasury, {owed[code]} fen on the phone")
        if (notices[code]["stats"] == TREASURY_PAID) is not (code in paid):
            faults.append(f"{code}: state {notices[code]['stats']} at the treasury")
    total = sum(paid.values())
    return check("the treasury's books agree", faults, f"{len(notices)} notices, {len(paid)} paid, {total} fen")
