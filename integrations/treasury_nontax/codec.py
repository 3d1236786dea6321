"""Notices as frames and back: 8994 and 8997 out, 5997, 8001 and 5001 as answers, 5996 in. Pure.

Fields as in the "non-tax enhanced interface" that a province made public. There the common answer 5001 says success
too: its ``Result`` decides, and its ``Information`` then holds what was asked for (a notice's QR address, a receipt
number).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from chalicelib.kernel.clock import at_shanghai
from chalicelib.kernel.errors import InvalidInput
from chalicelib.kernel.ids import id_from
from chalicelib.kernel.money import fen_from_yuan, yuan_text
from integrations.ports import Confirmation, Notice, NoticeState
from integrations.treasury_nontax.envelope import Envelope, Fields, Head, read_day, read_envelope, write_envelope
from integrations.treasury_nontax.frame import Frame, read_frame, refused, write_frame
from integrations.treasury_nontax.profile import Profile

UPLOAD_NOTICE = "8994"
ASK_NOTICE = "8997"
NOTICE_ANSWER = "5997"
CONFIRMATION = "5996"
ACKNOWLEDGED = "8001"
ERROR = "5001"

SUCCESS = "00000"
FAILURE = "99999"

_INFORMATION_CHARACTERS_MAX = 100
_ADDRESS = re.compile(r"https?://[!-~]{1,200}")
# Beside 99999 there are codes for single faults, such as 18012: no such item of this unit.
_REFUSAL = re.compile(r"\d{5}", re.ASCII)


@dataclass(frozen=True)
class Link:
    """What every message on this link is written and checked with."""

    token: str
    profile: Profile

    def __repr__(self) -> str:
        """Without the token."""
        return f"Link({self.profile.source} -> {self.profile.destination})"


def write_message(link: Link, head: Head, voucher: Fields) -> bytes:
    """The frame of a message with one voucher."""
    xml = write_envelope(head, voucher, link.profile)
    return write_frame(Frame(head.message_no, xml), link.token, link.profile)


def read_message(content: bytes, link: Link) -> Envelope:
    """Check and open a frame. Raises ``InvalidInput`` naming what is wrong; see ``frame`` and ``envelope``."""
    frame = read_frame(content, link.token, link.profile)
    envelope = read_envelope(frame.xml, link.profile)
    if envelope.head.message_no != frame.message_no:
        found = ascii(envelope.head.message_no[:20])
        raise refused("MESSAGE_NO_DIFFERS", "报文头与报文体的报文编号不一致", "MsgNo", found, frame.message_no)
    return envelope


def write_notice(notice: Notice, message_id: str, link: Link) -> bytes:
    """The frame (8994) that uploads a notice: unpaid, and with the wish to be told of its payment (``Hold1`` = Y)."""
    return _notice(notice, ("0", f"缴款截止{notice.due_on:%Y%m%d}"), message_id, link)


def write_void(notice: Notice, cause: str, message_id: str, link: Link) -> bytes:
    """The frame (8994) that voids a notice, with its cause as ``Memo``."""
    return _notice(notice, (link.profile.void_pay_stats, cause[:_INFORMATION_CHARACTERS_MAX]), message_id, link)


def _notice(notice: Notice, stands: tuple[str, str], message_id: str, link: Link) -> bytes:
    pay_stats, memo = stands
    amount = yuan_text(notice.amount_fen)
    own = link.profile.notice_fields
    voucher = {
        "AdmDivCode": own["AdmDivCode"],
        "PayCode": notice.pay_code,
        "BillDate": notice.issued_on.strftime("%Y%m%d"),
        "ChgAgenCode": own["ChgAgenCode"],
        "ChgAgenName": own["ChgAgenName"],
        "PayerName": notice.payer_name,
        "PayerAcct": "",
        "PayerOpBk": "",
        "Amt": amount,
        "OriAmt": amount,
        "DelayAmt": "0.00",
        "PayStats": pay_stats,
        "RecAcctType": own["RecAcctType"],
        "RecName": own["RecName"],
        "RecAcct": own["RecAcct"],
        "RecAcctReal": own["RecAcctReal"],
        "RecOpBk": own["RecOpBk"],
        "RecBankNo": own["RecBankNo"],
        "IsInterBank": own["IsInterBank"],
        "PayInfo": link.profile.pay_info.format(amount=amount),
        "Memo": memo,
        "CrcCode": "",
        "MobilePhone": "",
        "PayerCreditCode": "",
        "RecCreditCode": "",
        "Hold1": "Y",
        "Hold2": "",
    }
    return write_message(link, Head(UPLOAD_NOTICE, message_id, message_id, notice.issued_on), voucher)


def write_question(pay_code: str, message_id: str, work_date: date, link: Link) -> bytes:
    """The frame (8997) that asks a notice's state."""
    voucher = {"PayCode": pay_code, "PayMode": "", "Hold1": "", "Hold2": ""}
    return write_message(link, Head(ASK_NOTICE, message_id, message_id, work_date), voucher)


def write_acknowledgement(message_ref: str, work_date: date, link: Link) -> bytes:
    """The frame (8001) that says a confirmation was taken. The same message gets the same bytes again."""
    return _reply(ACKNOWLEDGED, message_ref, work_date, (SUCCESS, "成功"), link)


def write_refusal(message_ref: str, work_date: date, reason: str, link: Link) -> bytes:
    """The frame (5001) that says a message was wrong, and how."""
    return _reply(ERROR, message_ref, work_date, (FAILURE, reason[:_INFORMATION_CHARACTERS_MAX]), link)


def _reply(message_no: str, message_ref: str, work_date: date, outcome: tuple[str, str], link: Link) -> bytes:
    result, information = outcome
    message_id = id_from(message_no, message_ref, information)[:20]
    voucher = {"OriMsgNo": CONFIRMATION, "Result": result, "Information": information}
    return write_message(link, Head(message_no, message_id, message_ref, work_date), voucher)


def read_confirmation(content: bytes, link: Link) -> Confirmation:
    """Check and decode an inbound 5996.

    Raises ``InvalidInput`` naming what is wrong: the frame, the envelope, ``MESSAGE_NO_UNKNOWN`` for another message,
    ``AMOUNT_INVALID``, ``PAY_CODE_INVALID``, ``TIME_INVALID``.
    """
    envelope = read_message(content, link)
    head, voucher = envelope.head, envelope.voucher
    if head.message_no != CONFIRMATION:
        raise refused(
            "MESSAGE_NO_UNKNOWN", f"不支持的报文编号: {head.message_no}", "MsgNo", head.message_no, CONFIRMATION
        )
    pay_code = voucher.get("PayCode", "")
    if not (1 <= len(pay_code) <= 20 and pay_code.isascii() and pay_code.isdigit()):
        raise refused("PAY_CODE_INVALID", "缴款码格式不正确", "PayCode", ascii(pay_code[:40]), "a pay code of digits")
    return Confirmation(
        message_id=head.message_id,
        pay_code=pay_code,
        amount_fen=_amount_fen(voucher.get("Amt", "")),
        confirmed_at_ms=_confirmed_at_ms(voucher.get("CfmDate", ""), voucher.get("CfmTime", "")),
        bank_serial=voucher.get("TraNoBus", "")[:64],
    )


def _amount_fen(text: str) -> int:
    try:
        amount_fen = fen_from_yuan(text)
    except ValueError:
        amount_fen = 0
    if amount_fen <= 0:
        raise refused("AMOUNT_INVALID", "金额格式不正确", "Amt", ascii(text[:40]), "yuan above 0, at most two decimals")
    return amount_fen


def _confirmed_at_ms(day_text: str, time_text: str) -> int:
    day = read_day("CfmDate", day_text)
    try:
        if len(time_text) != 6 or not (time_text.isascii() and time_text.isdigit()):
            raise ValueError(time_text)
        return at_shanghai(f"{day.isoformat()}T{time_text[:2]}:{time_text[2:4]}:{time_text[4:]}")
    except ValueError:
        raise refused("TIME_INVALID", "确认时间格式不正确", "CfmTime", ascii(time_text[:20]), "HHMMSS") from None


def read_uploaded(content: bytes, link: Link) -> str:
    """Read the answer to 8994: the address for the notice's QR code, empty where it names none.

    Raises ``InvalidInput`` (``NOTICE_REFUSED``) where the treasury did not take it.
    """
    information = read_outcome(read_message(content, link), "NOTICE_REFUSED", "财政未受理缴款通知", link)
    return information if _ADDRESS.fullmatch(information) else ""


def read_outcome(envelope: Envelope, refusal: str, words: str, link: Link, answers: tuple[str, ...] = ()) -> str:
    """The ``Information`` of an answer that says yes. Raises ``InvalidInput``: ``refusal`` where it says no,
    ``ANSWER_UNCLEAR`` where it says neither. ``answers`` are message numbers beside 8001 and 5001 that may bring it.
    """
    result = envelope.voucher.get("Result", "")
    information = envelope.voucher.get("Information", envelope.voucher.get("Msg", ""))
    if envelope.head.message_no not in (ACKNOWLEDGED, ERROR, *answers):
        raise unclear(envelope)
    if result == SUCCESS:
        return information
    if _REFUSAL.fullmatch(result) and not any(busy in information for busy in link.profile.busy_informations):
        shown = information[:_INFORMATION_CHARACTERS_MAX]
        raise refused(refusal, f"{words}: {shown}", "Result", f"{result} {shown}", "put it right as the answer says")
    raise unclear(envelope)


def read_state(content: bytes, pay_code: str, link: Link) -> NoticeState:
    """Read the answer to 8997. Raises ``InvalidInput`` (``ANSWER_UNCLEAR``) for anything but an explicit word."""
    envelope = read_message(content, link)
    voucher, profile = envelope.voucher, link.profile
    if envelope.head.message_no == ERROR and voucher.get("Information", "") in profile.unknown_informations:
        return NoticeState.UNKNOWN
    stated = voucher.get("PayStats", "")
    answers = envelope.head.message_no == NOTICE_ANSWER and voucher.get("PayCode") == pay_code
    if not answers or stated not in profile.states:
        raise unclear(envelope)
    return profile.states[stated]


def unclear(envelope: Envelope) -> InvalidInput:
    """The error for an answer that says neither yes nor no."""
    found = f"{envelope.head.message_no} {envelope.voucher.get('Result', '')[:20]!a}"
    return refused("ANSWER_UNCLEAR", "财政应答不明确", "MsgNo", found, "an answer that the profile knows")
