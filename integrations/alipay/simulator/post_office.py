"""The simulated notifications: written when something happens to a trade, delivered when told to, as often as told to.

``spoil``: ``signature`` (altered after signing); and rightly signed, but wrong: ``amount`` (one fen more), ``seller``
(another's), ``app`` (another's).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import requests

from integrations.alipay.simulator import wire
from integrations.alipay.simulator.books import Trade, cents, stamp, yuan


@dataclass
class Letter:
    """One notification; ``answers`` is what the hub said each time."""

    id: str
    out_trade_no: str
    fields: dict[str, str] = field(repr=False)
    answers: list[str] = field(default_factory=list)


@dataclass
class PostOffice:
    """All notifications, in the order in which things happened."""

    signer: wire.Signer
    app_id: str
    seller_id: str
    now: Callable[[], datetime]
    hub_url: str
    letters: list[Letter] = field(default_factory=list)

    def write(self, trade: Trade) -> Letter:
        """Put down how a trade stands now."""
        at = self.now()
        number = f"{at:%Y%m%d}0022214{len(self.letters) + 1:012d}"
        fields = {
            "app_id": self.app_id,
            "auth_app_id": self.app_id,
            "buyer_open_id": trade.buyer,
            "charset": "utf-8",
            "gmt_create": stamp(trade.created),
            "notify_id": number,
            "notify_time": stamp(at),
            "notify_type": "trade_status_sync",
            "out_trade_no": trade.out_trade_no,
            "seller_id": self.seller_id,
            "subject": trade.subject,
            "total_amount": yuan(trade.fen),
            "trade_no": trade.number,
            "trade_status": trade.status,
            "version": "1.0",
        }
        if trade.paid:
            bills = f'[{{"amount":"{yuan(trade.fen)}","fundChannel":"ALIPAYACCOUNT"}}]'
            fields |= {"gmt_payment": stamp(trade.paid), "receipt_amount": yuan(trade.fen), "fund_bill_list": bills}
        if trade.refunds:
            last = list(trade.refunds)[-1]
            fields |= {
                "refund_fee": yuan(trade.refunded),
                "out_biz_no": last,
                "gmt_refund": f"{stamp(trade.refunds[last][1])}.000",
            }
        if trade.closed:
            fields["gmt_close"] = stamp(trade.closed)
        letter = Letter(number, trade.out_trade_no, fields)
        self.letters.append(letter)
        return letter

    def body(self, letter: Letter, spoil: str = "") -> bytes:
        """The form, as it should be or spoilt."""
        changed = {
            "amount": {"total_amount": yuan(cents(letter.fields["total_amount"]) + 1)},
            "seller": {"seller_id": "2088999999999999"},
            "app": {"app_id": "2021999999999999"},
        }.get(spoil, {})
        body = wire.notification({**letter.fields, **changed}, self.signer)
        return body.replace(b"version=1.0", b"version=1.1") if spoil == "signature" else body

    def deliver(self, letter: Letter, spoil: str = "") -> str:
        """Hand one to the hub; what it answered."""
        headers = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
        try:
            reply = requests.post(self.hub_url, data=self.body(letter, spoil), headers=headers, timeout=10).text
        except requests.RequestException as error:
            reply = type(error).__name__
        letter.answers.append(reply)
        return reply

    def push(
        self,
        out_trade_no: str = "",
        spoil: str = "",
        *,
        reverse: bool = False,
        all: bool = False,  # noqa: A002 (the control's own word)
    ) -> list[str]:
        """Hand over what was not answered ``success`` (or everything), oldest first unless ``reverse``."""
        due = [
            letter
            for letter in self.letters
            if out_trade_no in ("", letter.out_trade_no) and (all or "success" not in letter.answers)
        ]
        return [self.deliver(letter, spoil) for letter in (due[::-1] if reverse else due)]

    def state(self) -> list[dict[str, Any]]:
        """What was told, and what the hub answered."""
        return [
            {
                "notify_id": letter.id,
                "out_trade_no": letter.out_trade_no,
                "trade_status": letter.fields["trade_status"],
                "answers": list(letter.answers),
            }
            for letter in self.letters
        ]
