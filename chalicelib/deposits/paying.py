"""Paying the deposit by wallet: our number first, then the trade, then what became of it by the wallet's word."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pynamodb.expressions.update import Action

from chalicelib.applicants import records as applicants
from chalicelib.deposits import announcements, records, trade_records
from chalicelib.deposits.trade_records import AnnouncedRecord, AnnouncedState, TradeRecord, TradeStatus
from chalicelib.kernel.errors import Conflict, NotAllowed, NotFound, Pending, TooEarlyOrLate
from chalicelib.kernel.money import yuan_text
from chalicelib.kernel.privacy import Vault
from chalicelib.periods.plan import Plan
from integrations.ports import TradeState, Wallet, WalletOrder, WalletTrade

TITLE = "小客车竞价保证金"
# A bidder who lets so many trades run out has to go to a bank.
TRADES_MAX = 50


@dataclass(frozen=True)
class Till:
    """What taking a payment needs."""

    plan: Plan
    deposit_fen: int
    wallet: Wallet
    vault: Vault
    now_ms: int


@dataclass(frozen=True)
class Opened:
    """A trade to pay. ``pay_token`` is what the bidder's device pays with."""

    trade: TradeRecord
    pay_token: str = field(repr=False)


def open_payment(till: Till, code: str, auth_code: str) -> Opened:
    """Open a trade for the deposit, or give the one that this user has open; its number was stored before it was sent.

    Raises ``TooEarlyOrLate`` (``DEPOSITS_NOT_OPEN``, ``WALLET_CLOSED``), ``NotAllowed`` (``UNITS_BY_BANK``),
    ``Conflict`` (``DEPOSIT_STANDS``, ``PAYMENT_MADE``), and ``Pending`` where the wallet gave no clear answer: again is
    safe.
    """
    _check_open(till, code)
    buyer = till.wallet.user(auth_code)
    lookup = till.vault.lookup("wallet user", buyer)
    for trade in trade_records.trades_of(till.plan.period, code):
        if trade.state == TradeStatus.PAID:
            raise _made()
        if trade.state == TradeStatus.OPEN and trade.buyer_lookup == lookup:
            opened = _created(till, trade, buyer)
            if opened is not None:
                return opened
    return _new_trade(till, code, buyer, lookup)


def _check_open(till: Till, code: str) -> None:
    plan = till.plan
    if till.now_ms < plan.at("deposits_open"):
        raise TooEarlyOrLate("DEPOSITS_NOT_OPEN", "本期保证金缴纳尚未开始")
    if till.now_ms >= plan.at("alipay_closes"):
        raise TooEarlyOrLate("WALLET_CLOSED", "本期支付宝缴纳保证金已截止,请通过银行缴纳")
    if applicants.get(plan.period, code).bidder_class != "individual":
        raise NotAllowed("UNITS_BY_BANK", "单位申请人须通过银行缴纳保证金")
    if records.find_deposit(plan.period, code) is not None:
        raise Conflict("DEPOSIT_STANDS", "该申请编码已有保证金")


def _new_trade(till: Till, code: str, buyer: str, lookup: str) -> Opened:
    for number in range(1, TRADES_MAX + 1):
        our_ref = trade_records.trade_number(till.plan.period, code, number)
        trade = TradeRecord(
            *trade_records.trade_key(our_ref),
            our_ref=our_ref,
            channel=till.wallet.channel,
            code=code,
            amount_fen=till.deposit_fen,
            buyer_lookup=lookup,
            expires_at_ms=till.plan.at("alipay_closes"),
        )
        # Another wallet's number, or one that ran out: the next.
        opened = _created(till, trade, buyer) if trade_records.put_once(trade) else None
        if opened is not None:
            return opened
    raise Conflict("PAYMENTS_TOO_MANY", "支付次数过多,请通过银行缴纳")


def _created(till: Till, trade: TradeRecord, buyer: str) -> Opened | None:
    """``None`` where the trade ran out unpaid, and another one is needed."""
    order = WalletOrder(trade.our_ref, int(trade.amount_fen), buyer, TITLE, int(trade.expires_at_ms))
    try:
        made = till.wallet.create(order)
    except Conflict:
        made = till.wallet.ask(trade.our_ref)
        note_trade(made, till.now_ms)
        if made.state in (TradeState.PAID, TradeState.FINISHED):
            raise _made() from None
        if made.state is TradeState.CLOSED:
            return None
    if not trade_records.keep_serial(trade, made.serial):
        # Two asked at once, and the wallet opened two: the one whose number was kept first is the one that is paid.
        return _created(till, trade, buyer)
    return Opened(trade, made.pay_token or made.serial)


def _made() -> Conflict:
    return Conflict("PAYMENT_MADE", "该申请编码已支付保证金,正在入账")


def note_trade(told: WalletTrade, now_ms: int) -> AnnouncedRecord | None:
    """Take in the wallet's word on a trade, again and out of order as it may come; the credit it announces, if paid."""
    trade = trade_records.find_trade(told.our_ref)
    if trade is None:
        raise NotFound("PAYMENT_UNKNOWN", "没有这一笔付款")
    if told.paid_at_ms is None:
        if told.state is TradeState.CLOSED and trade.state == TradeStatus.OPEN:
            trade.update([TradeRecord.state.set(TradeStatus.CLOSED)], TradeRecord.state == TradeStatus.OPEN)
        return None
    credit = AnnouncedRecord(
        period=trade.pk.partition("#")[0],
        channel=trade.channel,
        serial=told.serial,
        code=trade.code,
        amount_fen=int(trade.amount_fen),
        arrived_at_ms=told.paid_at_ms,
    )
    announcements.announce(credit, now_ms)
    paid: list[Action] = [
        TradeRecord.state.set(TradeStatus.PAID),
        TradeRecord.serial.set(told.serial),
        TradeRecord.paid_at_ms.set(told.paid_at_ms),
    ]
    trade.update(paid)
    return credit


def payment_state(
    period: str, code: str, our_ref: str, client_code: str, *, wallet: Wallet, now_ms: int
) -> dict[str, Any]:
    """What is known of a payment: ``state`` is ``open``, ``pending``, ``paid`` or ``closed``. Never failed on a guess.

    ``client_code`` is what the wallet told the bidder's own device: it proves nothing, and leaves open what the wallet
    does not show yet. Raises ``NotFound`` (``PAYMENT_UNKNOWN``) for another's.
    """
    trade = trade_records.find_trade(our_ref)
    if trade is None or trade.code != code or not trade.pk.startswith(f"{period}#"):
        raise NotFound("PAYMENT_UNKNOWN", "没有这一笔付款")
    state = str(trade.state)
    if trade.state == TradeStatus.OPEN:
        try:
            told = wallet.ask_after(our_ref, client_code) if client_code else wallet.ask(our_ref)
            note_trade(told, now_ms)
            state = _word(told)
        except Pending:
            state = "pending"
    return {"our_ref": our_ref, "state": state, "amount_yuan": yuan_text(int(trade.amount_fen))}


def _word(told: WalletTrade) -> str:
    if told.paid_at_ms is not None:
        return str(TradeStatus.PAID)
    return str(TradeStatus.CLOSED if told.state is TradeState.CLOSED else TradeStatus.OPEN)


def anyone_paid(period: str, wallet: Wallet, before_ms: int, now_ms: int) -> bool:
    """Whether a payment of before an instant is on no statement yet: one that the wallet told of, or says of now where
    the hub has its trade open. May raise ``Pending``."""
    for trade in list(trade_records.trades(period)):
        if trade.state == TradeStatus.OPEN and trade.serial:
            note_trade(wallet.ask(trade.our_ref), now_ms)
    return any(
        each.channel == wallet.channel and each.state == AnnouncedState.PENDING and int(each.arrived_at_ms) < before_ms
        for each in trade_records.announced(period)
    )
