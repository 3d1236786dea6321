"""What the simulated treasury knows: notices, payments at its counters, and confirmations to push."""

from __future__ import annotations

import threading
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

from integrations.treasury_nontax.simulator import wire
from integrations.treasury_nontax.simulator.receipt_books import BadRequest, Receipts

_SHANGHAI = timezone(timedelta(hours=8))


@dataclass
class SimulatedNotice:
    """A notice on the treasury's books; ``stats`` 0 unpaid, 1 paid, 2 void."""

    pay_code: str
    amount: str
    payer: str
    stats: str = "0"
    uploads: int = 1


@dataclass
class Push:
    """A confirmation (5996) and how the hub answered it; ``result`` is empty while it has not."""

    message_id: str
    pay_code: str
    frame: bytes = field(repr=False)
    attempts: int = 0
    answer: str = ""
    result: str = ""
    information: str = ""


@dataclass
class Books:
    """Everything the treasury has written down, under one lock."""

    token: str = field(repr=False)
    receipts: Receipts = field(default_factory=Receipts)
    notices: dict[str, SimulatedNotice] = field(default_factory=dict)
    pushes: list[Push] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock, repr=False)

    def answer(self, request: bytes) -> bytes:
        """The frame that answers a frame from the hub."""
        with self.lock:
            try:
                number, message_id, fields = wire.unpack(request, self.token)
            except (wire.BadFrame, ValueError) as error:
                return self.error("", "", str(error))
            if number == "8994":
                return self._upload(message_id, fields)
            if number == "8997":
                return self._ask(message_id, fields.get("PayCode", ""))
            if number in ("8999", "8981", "8982"):
                return self._receipt(number, message_id, fields)
            return self.error(number, message_id, "报文编号不支持")

    def _receipt(self, number: str, message_id: str, fields: dict[str, str]) -> bytes:
        """A question about e-receipts; refused as ``BadRequest`` says."""
        try:
            if number == "8999":
                return self.done("8999", message_id, self.receipts.take_number(message_id, fields))
            if number == "8981":
                notice = self.notices.get(fields.get("PayCode", ""))
                paid = notice.amount if notice and notice.stats == "1" else ""
                url = self.receipts.issue(fields, paid)
                return self._frame("5981", message_id, {"Result": "00000", "Msg": "成功", "Invoice_Url": url})
            file = self.receipts.file(fields.get("BillNo", ""))
        except BadRequest as refusal:
            return self.error(number, message_id, str(refusal))
        return self._frame("5982", message_id, {"Result": "00000", "Msg": "成功", "Invoicefiledata": file})

    def _upload(self, message_id: str, fields: dict[str, str]) -> bytes:
        given = SimulatedNotice(fields.get("PayCode", ""), fields.get("Amt", ""), fields.get("PayerName", ""))
        if len(given.pay_code) != 20 or not given.amount or not given.payer:
            return self.error("8994", message_id, "必填项缺失")
        if fields.get("PayStats") == "2":
            return self._void(message_id, given)
        known = self.notices.setdefault(given.pay_code, given)
        if known is not given:
            if (known.amount, known.payer) != (given.amount, given.payer):
                return self.error("8994", message_id, "缴款码已存在且内容不一致")
            known.uploads += 1
        return self.done("8994", message_id, f"https://pay.example.gov.cn/qrcode/billId={given.pay_code}")

    def _void(self, message_id: str, given: SimulatedNotice) -> bytes:
        known = self.notices.get(given.pay_code)
        if known is None:
            return self.error("8994", message_id, "缴款码不存在")
        if known.stats == "1":
            return self.error("8994", message_id, "已缴款,不能作废")
        known.stats = "2"
        return self.done("8994", message_id, "成功")

    def _ask(self, message_id: str, pay_code: str) -> bytes:
        notice = self.notices.get(pay_code)
        if notice is None:
            return self.error("8997", message_id, "缴款码不存在")
        fields = {"PayCode": pay_code, "Amt": notice.amount, "PayStats": notice.stats}
        return self._frame("5997", message_id, fields)

    def done(self, number: str, message_ref: str, information: str) -> bytes:
        """A 5001 frame that says yes, as the common answer of the public interface does."""
        return self._frame("5001", message_ref, {"OriMsgNo": number, "Result": "00000", "Information": information})

    def error(self, number: str, message_ref: str, information: str) -> bytes:
        """A 5001 frame."""
        return self._frame("5001", message_ref, {"OriMsgNo": number, "Result": "99999", "Information": information})

    def _frame(self, number: str, message_ref: str, fields: dict[str, str]) -> bytes:
        now = datetime.now(_SHANGHAI)
        return wire.pack(number, (f"T{now:%y%m%d%H%M%S%f}", message_ref), f"{now:%Y%m%d}", fields, self.token)

    def pay(self, pay_code: str, amount_fen: int, payer_name: str, paid_at: datetime | None) -> Push:
        """Somebody pays at a counter. The notice is settled if the amount is its own; a 5996 is made either way."""
        with self.lock:
            now = (paid_at or datetime.now(_SHANGHAI)).astimezone(_SHANGHAI)
            notice = self.notices[pay_code]
            amount = f"{amount_fen // 100}.{amount_fen % 100:02d}"
            if amount == notice.amount:
                notice.stats = "1"
            serial = f"{now:%Y%m%d%H%M%S}{len(self.pushes) + 1:08d}"
            fields = {
                "PayCode": pay_code,
                "CfmDate": f"{now:%Y%m%d}",
                "CfmTime": f"{now:%H%M%S}",
                "Amt": amount,
                "BankOutlet": "00000",
                "Operator": "G000001",
                "PayMode": "51",
                "TraNoBus": serial,
                "PayerName": payer_name,
                "PayerAcct": "",
                "PayerOpBk": "",
                "PayerOpBkNo": "",
                "RecAcctType": "1",
                "RecAcct": "3301000000000000001",
                "Hold1": "",
                "Hold2": "",
            }
            message_id = f"P{now:%y%m%d%H%M%S}{len(self.pushes) + 1:07d}"
            frame = wire.pack("5996", (message_id, message_id), f"{now:%Y%m%d}", fields, self.token)
            push = Push(message_id, pay_code, frame)
            self.pushes.append(push)
            return push

    def state(self) -> dict[str, Any]:
        """Everything, as JSON shows it. Payers' names stay inside."""
        with self.lock:
            shown = [{**asdict(notice), "payer": ""} for notice in self.notices.values()]
            pushed = [{k: v for k, v in asdict(push).items() if k != "frame"} for push in self.pushes]
            return {"notices": shown, "confirmations": pushed, "receipts": self.receipts.shown()}
