"""What banks and wallets tell of credits as they come in: verified, stored, queued, acknowledged; worked off later."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict
from datetime import date
from typing import Any

from chalicelib.deposits import announcements, paying, records, statement_records, trade_records
from chalicelib.deposits.rules import allot, find_code
from chalicelib.deposits.trade_records import AnnouncedRecord, AnnouncedState
from chalicelib.kernel.clock import Clock
from chalicelib.kernel.errors import Conflict, NotFound, Problem
from chalicelib.kernel.ids import canonical, digest_of
from chalicelib.kernel.queues import Queue
from chalicelib.kernel.tables import Transaction
from chalicelib.periods.problems import record_problems
from integrations.ports import DepositBank, NotifyingBank, TradeState, Wallet, WalletTrade

# Of a trade, what is not kept.
_THE_USERS_OWN = ("buyer_ref", "pay_token")


def take_bank_notice(bank: DepositBank, headers: Mapping[str, str], body: bytes, queue: Queue, clock: Clock) -> str:
    """Take a bank's notice in and return the serial that it is about. The same again is the same answer.

    Raises what the bank's ``read_notice`` does, ``NotFound`` (``NOTICES_NONE``) for a bank that tells nothing, and
    ``Conflict`` (``NOTICE_REPLAYED``) for a number that was used with other content. What is acknowledged is stored
    and queued.
    """
    if not isinstance(bank, NotifyingBank):
        raise NotFound("NOTICES_NONE", "该渠道没有入账通知")
    now_ms = clock.now_ms()
    notice = bank.read_notice(headers, body, now_ms)
    line = notice.line
    # Neither the payer's name nor account: the statement brings them, and until then nobody needs them.
    said = {"serial": line.serial, "amount_fen": line.amount_fen, "booked_at_ms": line.booked_at_ms, "memo": line.memo}
    trade_records.keep_told(bank.channel, notice.nonce, digest_of(said), canonical(said).decode(), now_ms)
    queue.send(canonical({"channel": bank.channel, "told": notice.nonce}).decode())
    return line.serial


def take_wallet_notice(wallet: Wallet, body: bytes, queue: Queue, clock: Clock, signature: str = "") -> str:
    """Take a wallet's notification in and return our number of the trade. Raises ``NotAuthenticated`` or
    ``InvalidInput``: such a one is ignored and logged. ``Pending`` where the wallet has to be asked and does not
    answer: it tells again."""

    def amount_of(our_ref: str) -> int | None:
        trade = trade_records.find_trade(our_ref)
        return None if trade is None else int(trade.amount_fen)

    told = wallet.read_notification(body, amount_of, signature)
    seen = told.trade
    if seen.state is TradeState.PAID and seen.paid_at_ms is None:
        # What was told does not say when. The same telling, told again, must be the same: it is asked for here.
        seen = wallet.ask(seen.our_ref)
    trade = {name: value for name, value in asdict(seen).items() if name not in _THE_USERS_OWN}
    said = canonical(trade).decode()
    trade_records.keep_told(wallet.channel, told.id, digest_of(trade), said, clock.now_ms())
    queue.send(canonical({"channel": wallet.channel, "told": told.id}).decode())
    return told.trade.our_ref


def work_off(
    message: Mapping[str, Any], opens_ms: Mapping[str, int], code_pattern: Callable[[str], str], now_ms: int
) -> str:
    """Work a stored telling off: the credit is announced, once, however often it was told of. Says what was done.

    ``opens_ms``: period -> when its deposits open; ``code_pattern``: period -> what its codes look like.
    """
    channel = str(message["channel"])
    said = json.loads(trade_records.find_told(channel, str(message["told"])).content)
    try:
        if "our_ref" in said:
            told = WalletTrade(**{**said, "state": TradeState(said["state"]), "buyer_ref": ""})
            return "announced" if paying.note_trade(told, now_ms) else str(said["state"])
        period = allot(int(said["booked_at_ms"]), opens_ms)
        found = find_code(said["memo"], code_pattern(period)).candidates
        announcements.announce(
            AnnouncedRecord(
                period=period,
                channel=channel,
                serial=said["serial"],
                code=found[0] if len(found) == 1 else "",
                amount_fen=int(said["amount_fen"]),
                arrived_at_ms=int(said["booked_at_ms"]),
            ),
            now_ms,
        )
    except Conflict as conflict:
        if conflict.code != "NOTICE_CHANGED":
            raise
        period = allot(int(said.get("booked_at_ms") or said["paid_at_ms"]), opens_ms)
        problem = Problem(0, "serial", str(said["serial"]), "what was told first; ask which holds")
        record_problems(period, f"{channel}/notices", [problem], conflict.code, conflict.message)
        return "changed"
    return "announced"


def settle_notices(period: str, channel: str, day: str, now_ms: int) -> dict[str, int]:
    """After a statement was closed: each announced credit that it or an earlier one has is posted, with the same amount
    or on the operators' list; one that two statements in a row have not is void, and on the list too.

    Returns ``{"posted", "void", "pending"}``; again changes nothing.
    """
    counts = {"posted": 0, "void": 0, "pending": 0}
    # What came late for the period before was announced to that one, whose own machine may look no more.
    for announced_to in (records.preceding_period(period), period):
        for each in list(trade_records.announced(announced_to)):
            if each.channel != channel:
                continue
            if each.state == AnnouncedState.PENDING:
                _settle(each, day, now_ms)
            if announced_to == period:
                counts[str(each.state)] += 1
    return counts


def _settle(credit: AnnouncedRecord, day: str, now_ms: int) -> None:
    stated = statement_records.find_serial(credit.channel, credit.serial)
    if stated is not None:
        booked = records.find_credit(stated.period, credit.channel, credit.serial) or statement_records.find_bank_line(
            stated.period, credit.channel, credit.serial
        )
        if booked is None or int(booked.amount_fen) != int(credit.amount_fen):
            _list(credit, "NOTICE_DIFFERS", "入账通知与对账单金额不一致", f"{int(credit.amount_fen)} fen were told of")
        _end(credit, AnnouncedState.POSTED, day, now_ms)
    elif credit.missed_on and credit.missed_on < day:
        _list(credit, "NOTICE_NEVER_BOOKED", "已通知的入账未出现在对账单上", "ask the bank what became of it")
        _end(credit, AnnouncedState.VOID, day, now_ms)
    elif not credit.missed_on:
        credit.update([AnnouncedRecord.missed_on.set(day)])


def _end(credit: AnnouncedRecord, becomes: AnnouncedState, day: str, now_ms: int) -> None:
    transaction = Transaction()
    announcements.end(transaction, credit, becomes, date.fromisoformat(day), now_ms)
    # Where another one ended it just now, that stands.
    with suppress(Conflict):
        transaction.commit()
    credit.refresh(consistent_read=True)


def _list(credit: AnnouncedRecord, code: str, message: str, remedy: str) -> None:
    problem = Problem(0, "serial", str(credit.serial), remedy)
    record_problems(credit.period, f"{credit.channel}/notices", [problem], code, message)
