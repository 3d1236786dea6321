"""E-receipts (财政电子票据) as frames and back: 8999 takes a number, 8981 issues, 8982 downloads. Pure.

Voucher fields as in the province's public "non-tax enhanced interface" 8.2.3, 8.2.4 and 8.2.6; what is on the
receipt's face (``Invoice_Data``) as in the data standard for financial e-receipts, version 1.1.0. A receipt that
cancels another (冲红) bears a number of its own, the negative amount and the other's code and number.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Mapping
from datetime import date
from xml.sax.saxutils import escape

from chalicelib.kernel.clock import from_ms
from chalicelib.kernel.errors import NotFound
from chalicelib.kernel.money import yuan_text
from integrations.ports import Receipt
from integrations.treasury_nontax.codec import Link, read_message, read_outcome, unclear, write_message
from integrations.treasury_nontax.envelope import Head

TAKE_NUMBER = "8999"
ISSUE = "8981"
DOWNLOAD = "8982"
# What answers them beside the common 5001, in provinces that give each message an answer of its own.
ISSUE_ANSWERS = ("5981",)
DOWNLOAD_ANSWERS = ("5982",)

NUMBER_DIGITS = 10
REFUSED = "RECEIPT_REFUSED"


def write_number_request(work_date: date, message_id: str, link: Link) -> bytes:
    """The frame (8999) that takes the next number."""
    own = link.profile.receipt_fields
    kind = {name: own[name] for name in ("BillTypeCode", "BillTypeName", "BillVerCode", "BillVerName", "ChgAgenCode")}
    return write_message(link, Head(TAKE_NUMBER, message_id, message_id, work_date), {**kind, "Hold1": "", "Hold2": ""})


def read_number(content: bytes, link: Link) -> str:
    """The number that was taken. Raises ``InvalidInput``: ``RECEIPT_REFUSED``, or ``ANSWER_UNCLEAR``."""
    envelope = read_message(content, link)
    number = read_outcome(envelope, REFUSED, "财政未发放电子票据号码", link)
    if not (len(number) == NUMBER_DIGITS and number.isascii() and number.isdigit()):
        raise unclear(envelope)
    return number


def write_receipt(receipt: Receipt, message_id: str, link: Link) -> bytes:
    """The frame (8981) that issues a receipt."""
    face = _face(receipt, link).encode()
    issued = from_ms(receipt.issued_at_ms)
    # The standard's own signature is SM2 by the unit's signing server; where a treasury checks it, it belongs here.
    mark = hmac.new(link.token.encode(), face, "sm3").digest()
    voucher: dict[str, str | Mapping[str, str]] = {
        "PayCode": receipt.pay_code,
        "BillNo": receipt.number,
        **_kind(link),
        "Invoice_Data": base64.b64encode(face).decode(),
        "Seal_Pic": "",
        "Attach_Info": "",
        "Hold1": "",
        "Sign_Info": {
            "Format": "DETACH",
            "Algorithm": "HMAC-SM3",
            "Value": base64.b64encode(mark).decode(),
            "Time": f"{issued:%Y%m%d%H%M%S}",
        },
        "Recipient_Addr": "",
    }
    return write_message(link, Head(ISSUE, message_id, message_id, issued.date()), voucher)


def read_issued(content: bytes, link: Link) -> None:
    """Read the answer to 8981. Raises as ``read_number`` does."""
    read_outcome(read_message(content, link), REFUSED, "财政未受理电子票据", link, ISSUE_ANSWERS)


def write_download(number: str, work_date: date, message_id: str, link: Link) -> bytes:
    """The frame (8982) that asks for a receipt's file."""
    voucher = {"BillNo": number, **_kind(link), "CrcCode": "", "Hold1": ""}
    return write_message(link, Head(DOWNLOAD, message_id, message_id, work_date), voucher)


def read_file(content: bytes, link: Link) -> bytes:
    """A receipt's file. Raises ``NotFound`` (``RECEIPT_UNKNOWN``), or ``InvalidInput`` (``ANSWER_UNCLEAR``)."""
    envelope = read_message(content, link)
    said = envelope.voucher.get("Information", envelope.voucher.get("Msg", ""))
    if said in link.profile.no_receipt_informations:
        raise NotFound("RECEIPT_UNKNOWN", "财政没有该电子票据")
    read_outcome(envelope, REFUSED, "财政未提供电子票据", link, DOWNLOAD_ANSWERS)
    try:
        file = base64.b64decode("".join(envelope.voucher.get("Invoicefiledata", "").split()), validate=True)
    except (binascii.Error, ValueError):
        file = b""
    if not file:
        raise unclear(envelope)
    return file


def _kind(link: Link) -> dict[str, str]:
    own = link.profile.receipt_fields
    names = ("AdmDivCode", "BillTypeCode", "BillTypeName", "BillVerCode", "BillVerName", "Version")
    return {name: own[name] for name in names}


def _face(receipt: Receipt, link: Link) -> str:
    """``Header`` and ``EInvoiceData``, UTF-8: what is printed on the receipt, and what a signature is taken over."""
    own, guide, issued = link.profile.receipt_face, link.profile.guide, from_ms(receipt.issued_at_ms)
    amount = yuan_text(-receipt.amount_fen if receipt.reverses else receipt.amount_fen)
    related = _tags({"RelatedInvoiceCode": own["code"], "RelatedInvoiceNumber": receipt.reverses})
    header = _tags(
        {
            # The standard's identifier: number and code, each backwards.
            "EInvoiceID": f"{receipt.number[::-1]}-{own['code'][::-1]}",
            "EInvoiceTag": own["tag"],
            "Version": "1.1.0",
        }
    )
    main = _tags(
        {
            "EInvoiceName": own["name"],
            "EInvoiceCode": own["code"],
            "EInvoiceNumber": receipt.number,
            "RandomNumber": receipt.check_code,
            "EInvoiceSpecimenCode": own["specimen_code"],
            "SupervisorAreaCode": own["supervisor_area"],
            "TotalAmount": amount,
            "IssueDate": f"{issued:%Y%m%d}",
            "IssueTime": f"{issued:%H:%M:%S}",
            "BizCode": receipt.pay_code,
            "HandlingPerson": own["issuer"],
            "Checker": own["issuer"],
            "Remark": "",
        }
    )
    party = _tags(
        {
            "InvoicingPartyCode": own["party_code"],
            "InvoicingPartyName": guide.collector,
            "RecName": guide.payee,
            "RecAcct": guide.account_no,
            "RecOpBk": guide.bank,
        }
    )
    payer = _tags(
        {"PayerPartyType": "1", "PayerPartyCode": receipt.payer_ref, "PayerPartyName": receipt.payer_name},
    )
    item = _tags(
        {
            "ItemCode": own["item_code"],
            "ItemName": own["item_name"],
            "ItemAmount": amount,
            "ItemUnit": "个",
            "ItemQuantity": "1",
        }
    )
    return (
        f"<Header>{header}</Header><EInvoiceData><Main>{main}{related if receipt.reverses else ''}"
        f"<InvoicingParty>{party}</InvoicingParty><PayerParty>{payer}</PayerParty>"
        f"<MainExt>{_tags({'PayCode': receipt.pay_code})}</MainExt></Main>"
        f"<Details><Item>{item}</Item></Details></EInvoiceData>"
    )


def _tags(fields: dict[str, str]) -> str:
    return "".join(f"<{name}>{escape(text)}</{name}>" for name, text in fields.items())
