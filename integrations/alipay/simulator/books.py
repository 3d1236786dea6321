"""What the simulated Alipay has written down: trades, refunds, transfers, users. Amounts in fen, times in Shanghai."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

SHANGHAI = timezone(timedelta(hours=8))
Fields = dict[str, Any]


class Refused(Exception):
    """A call that is refused: 40004 with this sub_code."""


@dataclass
class Trade:
    """A trade; ``refunds`` maps a request number to (fen, when)."""

    number: str
    out_trade_no: str
    fen: int
    subject: str
    buyer: str
    created: datetime
    status: str = "WAIT_BUYER_PAY"
    paid: datetime | None = None
    closed: datetime | None = None
    refunds: dict[str, tuple[int, datetime]] = field(default_factory=dict)

    @property
    def refunded(self) -> int:
        """All that was given back, fen."""
        return sum(fen for fen, _ in self.refunds.values())


@dataclass
class Transfer:
    """Money sent to a user."""

    order_id: str
    content: tuple[int, str]
    status: str
    error: str
    at: datetime


@dataclass
class Books:
    """All of it. ``balance`` is what the merchant has there, fen."""

    now: Callable[[], datetime]
    balance: int = 0
    trades: dict[str, Trade] = field(default_factory=dict)
    transfers: dict[str, Transfer] = field(default_factory=dict)
    auth_codes: dict[str, str] = field(default_factory=dict)
    failing_payees: dict[str, str] = field(default_factory=dict)
    next_transfer_status: str = "SUCCESS"
    _serial: int = 0

    def serial(self, kind: str) -> str:
        """A number of Alipay's own."""
        self._serial += 1
        return f"{self.now():%Y%m%d}{kind}{self._serial:010d}"

    def create(self, biz: Fields) -> Fields:
        """Open a trade, or show the one that is open."""
        fen = cents(biz["total_amount"])
        trade = self.trades.get(biz["out_trade_no"])
        if trade is None:
            trade = Trade(
                self.serial("2200148"), biz["out_trade_no"], fen, biz["subject"], biz["buyer_open_id"], self.now()
            )
            self.trades[trade.out_trade_no] = trade
        elif trade.status == "TRADE_CLOSED":
            raise Refused("ACQ.TRADE_HAS_CLOSE")
        elif trade.status != "WAIT_BUYER_PAY":
            raise Refused("ACQ.TRADE_HAS_SUCCESS")
        elif (trade.fen, trade.subject, trade.buyer) != (fen, biz["subject"], biz["buyer_open_id"]):
            raise Refused("ACQ.CONTEXT_INCONSISTENT")
        return {"out_trade_no": trade.out_trade_no, "trade_no": trade.number}

    def _trade(self, biz: Fields) -> Trade:
        if biz["out_trade_no"] not in self.trades:
            raise Refused("ACQ.TRADE_NOT_EXIST")
        return self.trades[biz["out_trade_no"]]

    def query(self, biz: Fields) -> Fields:
        """What is known of a trade."""
        trade = self._trade(biz)
        known = {
            "buyer_open_id": trade.buyer,
            "out_trade_no": trade.out_trade_no,
            "total_amount": yuan(trade.fen),
            "trade_no": trade.number,
            "trade_status": trade.status,
        }
        return {**known, "send_pay_date": stamp(trade.paid)} if trade.paid else known

    def refund(self, biz: Fields) -> Fields:
        """Give back, once a request number."""
        trade, number, fen = self._trade(biz), biz["out_request_no"], cents(biz["refund_amount"])
        change = "N"
        if number in trade.refunds:
            if trade.refunds[number][0] != fen:
                raise Refused("ACQ.DISCORDANT_REPEAT_REQUEST")
        else:
            if trade.status == "TRADE_FINISHED":
                raise Refused("ACQ.TRADE_HAS_FINISHED")
            if trade.status != "TRADE_SUCCESS":
                raise Refused("ACQ.TRADE_STATUS_ERROR")
            if trade.refunded + fen > trade.fen:
                raise Refused("ACQ.REFUND_AMT_NOT_EQUAL_TOTAL")
            if self.balance < fen:
                raise Refused("ACQ.SELLER_BALANCE_NOT_ENOUGH")
            self.balance -= fen
            trade.refunds[number] = (fen, self.now())
            change = "Y"
            if trade.refunded == trade.fen:
                trade.status, trade.closed = "TRADE_CLOSED", self.now()
        return {
            "buyer_open_id": trade.buyer,
            "fund_change": change,
            "gmt_refund_pay": stamp(trade.refunds[number][1]),
            "out_trade_no": trade.out_trade_no,
            "refund_fee": yuan(trade.refunded),
            "trade_no": trade.number,
        }

    def refund_query(self, biz: Fields) -> Fields:
        """What is known of a refund; of an unknown one nothing is said but that the question was understood."""
        trade = self._trade(biz)
        if biz["out_request_no"] not in trade.refunds:
            return {}
        return {
            "out_request_no": biz["out_request_no"],
            "out_trade_no": trade.out_trade_no,
            "refund_amount": yuan(trade.refunds[biz["out_request_no"]][0]),
            "refund_status": "REFUND_SUCCESS",
            "total_amount": yuan(trade.fen),
            "trade_no": trade.number,
        }

    def transfer(self, biz: Fields) -> Fields:
        """Send money, once a number."""
        fen, payee = cents(biz["trans_amount"]), biz["payee_info"]["identity"]
        known = self.transfers.get(biz["out_biz_no"])
        if known is None:
            if payee in self.failing_payees:
                raise Refused(self.failing_payees[payee])
            if self.balance < fen:
                raise Refused("PAYER_BALANCE_NOT_ENOUGH")
            self.balance -= fen
            known = Transfer(self.serial("1100700"), (fen, payee), self.next_transfer_status, "", self.now())
            self.transfers[biz["out_biz_no"]] = known
        elif known.content != (fen, payee):
            raise Refused("PAYMENT_INFO_INCONSISTENCY")
        return {
            "order_id": known.order_id,
            "out_biz_no": biz["out_biz_no"],
            "status": known.status,
            "trans_date": stamp(known.at),
        }

    def transfer_query(self, biz: Fields) -> Fields:
        """What is known of a transfer."""
        known = self.transfers.get(biz["out_biz_no"])
        if known is None:
            raise Refused("ORDER_NOT_EXIST")
        told = {
            "order_id": known.order_id,
            "out_biz_no": biz["out_biz_no"],
            "status": known.status,
            "trans_amount": yuan(known.content[0]),
        }
        return {**told, "error_code": known.error, "fail_reason": "收款账户异常"} if known.error else told

    def pay(self, out_trade_no: str, at: datetime | None = None) -> Trade:
        """The user pays. ``ValueError`` where the trade is not open."""
        trade = self.trades[out_trade_no]
        if trade.status != "WAIT_BUYER_PAY":
            raise ValueError(f"the trade is {trade.status}")
        trade.status, trade.paid = "TRADE_SUCCESS", at or self.now()
        self.balance += trade.fen
        return trade

    def settle_transfer(self, out_biz_no: str, status: str, error: str) -> None:
        """A transfer under way ends; money that came back is the merchant's again."""
        transfer = self.transfers[out_biz_no]
        if status in ("FAIL", "REFUND") and transfer.status not in ("FAIL", "REFUND"):
            self.balance += transfer.content[0]
        transfer.status, transfer.error = status, error


def cents(text: str) -> int:
    """``"20.5"`` as 2050."""
    whole, _, part = str(text).partition(".")
    return int(whole) * 100 + int((part + "00")[:2])


def yuan(fen: int) -> str:
    """2050 as ``"20.50"``."""
    return f"{'-' if fen < 0 else ''}{abs(fen) // 100}.{abs(fen) % 100:02d}"


def stamp(at: datetime) -> str:
    """``2026-03-25 09:56:15``."""
    return f"{at:%Y-%m-%d %H:%M:%S}"
