"""All checks of a month at once, in the order in which they are shown. Everything is handed in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from chalicelib.ledger.rules import Entry, balances
from chalicelib.periods.rules import load_rules
from local.checks import auction, money, planted
from local.checks.asked_files import read_asked
from local.checks.bank_files import read_exchange
from local.checks.check import Check
from local.checks.planted import Text
from local.checks.wallet_books import wallet_gave_back_once
from local.month import ALIPAY, CHANNEL, Month
from local.world.bidders import BidsSeen
from local.world.depositors import Corrections
from local.world.winners import Payers


@dataclass(frozen=True)
class Evidence:
    """What a month left behind.

    ``files``: every file of inbox and outbox by key. ``window`` and ``result``: the public bucket's
    ``auction/{period}/window.json`` and ``result.json``; ``broadcasts``: its ``broadcast-N.json``. ``texts``:
    ``local.world.phones.all_texts``. ``treasury``: its simulator's ``GET /_state``. ``wallet``: the wallet's own books
    (``local.world.wallet.books_of``). ``repeats`` and ``faults``: what the actors did twice, and each answer that was
    wrong.
    """

    month: Month
    entries: tuple[Entry, ...]
    files: Mapping[str, bytes]
    window: Mapping[str, Any]
    result: Mapping[str, Any]
    broadcasts: Sequence[Mapping[str, Any]]
    texts: Sequence[Text]
    treasury: Mapping[str, Any]
    corrections: Corrections
    bids: BidsSeen
    payers: Payers
    repeats: Mapping[str, int] = field(default_factory=dict)
    faults: Sequence[str] = ()
    wallet: Mapping[str, Any] = field(default_factory=dict)


def money_checks(seen: Evidence) -> list[Check]:
    """The six money rules: the demo fails where one is broken."""
    channels = seen.month.channels
    by_channel = {}
    for channel in channels:
        exchanged = read_exchange(seen.files) if channel == CHANNEL else read_asked(seen.files, channel)
        books = money.Books(seen.month.period, channel, seen.entries, exchanged, channels)
        by_channel[channel] = money.money_rules(books, seen.repeats, seen.faults)
    return money.over_channels(by_channel)


def further_checks(seen: Evidence) -> list[Check]:
    """What else must hold: planted = found, receipts = result, one text each, the treasury's books, nothing left."""
    month, payers = seen.month, seen.payers
    rules = load_rules(month.plan.city)
    owed = {price.pay_code: price.amount_fen for price in payers.owed.values()}
    paid = {payers.owed[code].pay_code: fen for code, fen in payers.paid_fen.items()}
    return [
        planted.payments_found(month, seen.entries),
        planted.corrections_found(month, seen.entries, seen.corrections.corrected),
        auction.receipts_are_signed(seen.bids.receipts),
        auction.result_is_recounted(seen.bids.receipts, seen.result),
        auction.broadcasts_are_recounted(seen.bids.receipts, seen.broadcasts, rules.broadcast_trim_percent),
        auction.seed_was_committed(seen.window, seen.result),
        planted.one_text_each(seen.texts),
        planted.treasury_agrees(seen.treasury, owed, paid),
        planted.defaults_found(month, seen.entries, payers.defaulters, payers.paid_fen),
        planted.nothing_left_over(month, balances(seen.entries), month.rolled_over_fen(payers.owed)),
        *([wallet_gave_back_once(seen.wallet, seen.entries)] if ALIPAY in month.channels else []),
    ]
