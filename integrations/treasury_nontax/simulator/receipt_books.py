"""What the simulated treasury knows of e-receipts: numbers given out, receipts issued, and their files."""

from __future__ import annotations

import base64
import io
import re
from dataclasses import dataclass, field
from typing import Any

from reportlab.pdfgen.canvas import Canvas

from chalicelib.kernel.pdf_font import font


class BadRequest(Exception):
    """A question that the treasury refuses; the text is the Information of its answer."""


@dataclass
class SimulatedReceipt:
    """An e-receipt on the treasury's books; ``reversed_by`` is the number of the one that cancels it."""

    number: str
    pay_code: str
    amount: str
    payer: str
    related: str = ""
    reversed_by: str = ""
    issues: int = 1


@dataclass
class Receipts:
    """Numbers by the message that took them, and receipts by number."""

    numbers: dict[str, str] = field(default_factory=dict)
    issued: dict[str, SimulatedReceipt] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Read the font now: whoever asks for the first receipt does not wait for it."""
        font()

    def take_number(self, message_id: str, fields: dict[str, str]) -> str:
        """The next number; the same message gets the same one again."""
        if not fields.get("BillTypeCode") or not fields.get("ChgAgenCode"):
            raise BadRequest("必填项缺失")
        return self.numbers.setdefault(message_id, f"{len(self.numbers) + 1:010d}")

    def issue(self, fields: dict[str, str], paid: str) -> str:
        """Put a receipt on the books; ``paid`` is what was paid under its code, empty where nothing was."""
        number, face = fields.get("BillNo", ""), base64.b64decode(fields.get("Invoice_Data", "")).decode()
        if number not in self.numbers.values():
            raise BadRequest("票号未领用")
        given = SimulatedReceipt(
            number,
            fields["PayCode"],
            _tag(face, "TotalAmount"),
            _tag(face, "PayerPartyName"),
            _tag(face, "RelatedInvoiceNumber"),
        )
        known = self.issued.get(number)
        if known is not None:
            if (known.pay_code, known.amount) != (given.pay_code, given.amount):
                raise BadRequest("票号已使用且内容不一致")
            known.issues += 1
        elif given.related:
            self._reverse(given)
        elif given.amount != paid:
            raise BadRequest("金额与缴款不一致")
        elif any(each.pay_code == given.pay_code and not each.reversed_by for each in self._ordinary()):
            raise BadRequest("该缴款码已开具电子票据")
        self.issued.setdefault(number, given)
        return f"https://receipts.example.gov.cn/{number}"

    def _reverse(self, given: SimulatedReceipt) -> None:
        original = self.issued.get(given.related)
        if original is None or original.reversed_by or given.amount != f"-{original.amount}":
            raise BadRequest("原票据不可冲红")
        original.reversed_by = given.number

    def _ordinary(self) -> list[SimulatedReceipt]:
        return [each for each in self.issued.values() if not each.related]

    def file(self, number: str) -> str:
        """A receipt's file, a PDF in base64."""
        receipt = self.issued.get(number)
        if receipt is None:
            raise BadRequest("电子票据不存在")
        return base64.b64encode(_pdf(receipt)).decode()

    def shown(self) -> list[dict[str, Any]]:
        """Every receipt without its payer."""
        return [
            {
                "number": each.number,
                "pay_code": each.pay_code,
                "amount": each.amount,
                "related": each.related,
                "reversed_by": each.reversed_by,
                "issues": each.issues,
            }
            for each in self.issued.values()
        ]


def _tag(text: str, name: str) -> str:
    found = re.search(rf"<{name}>([^<]*)</{name}>", text)
    return found[1] if found else ""


def _pdf(receipt: SimulatedReceipt) -> bytes:
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(420, 240), invariant=1, initialFontName=font())
    canvas.setFont(font(), 16)
    canvas.drawCentredString(210, 205, "非税收入统一票据(电子) 模拟")
    canvas.setFont(font(), 11)
    lines = (
        f"票据号码 {receipt.number}",
        f"缴款码 {receipt.pay_code}",
        f"交款人 {receipt.payer}",
        f"金额 {receipt.amount}",
    )
    for row, line in enumerate((*lines, f"冲红原票 {receipt.related}" if receipt.related else "")):
        canvas.drawString(40, 170 - 24 * row, line)
    canvas.save()
    return out.getvalue()
