"""Every reader of bytes that somebody else wrote, with bytes that it takes, and how their seal is set right again.

A digest, a MAC or a signature stops nearly every change at the door; so each reader stands here with what was changed
behind it sealed anew, and the seals themselves apart. Golden bytes are those of the codecs' own tests.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import io
import json
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import parse_qsl, urlencode

from chalicelib.bidding.request import read_request
from chalicelib.kernel.json_text import read_json
from chalicelib.kernel.tokens import Session, issue, verify
from chalicelib.periods.calendar import STATE_COUNCIL, read_notice
from chalicelib.periods.plan import nominal
from chalicelib.periods.plan_json import draft_from_json, from_json, to_json, wanted_from_json
from chalicelib.periods.rules import load_rules
from integrations import notices
from integrations.alipay import answers as alipay_answers
from integrations.alipay import calls
from integrations.alipay.account import AlipayAccount, _read_batch
from integrations.alipay.bill import read_bill as read_alipay_bill
from integrations.alipay.envelope import read_answer
from integrations.aliyun_sms import codec as aliyun
from integrations.aliyun_sms.profile import profile as aliyun_profile
from integrations.bank_of_hangzhou.codec import read_return as read_hangzhou_return
from integrations.bank_of_hangzhou.statement import read_statement as read_hangzhou_statement
from integrations.bundle import check_digest, sm3
from integrations.minsheng import answers as minsheng_answers
from integrations.minsheng import codec as minsheng
from integrations.minsheng import detail
from integrations.minsheng.client import login_from
from integrations.ports import WalletRefund
from integrations.stripe import answers as stripe_answers
from integrations.stripe import bill as stripe_bill
from integrations.tencent_sms import codec as tencent
from integrations.tencent_sms.profile import profile as tencent_profile
from integrations.treasury_nontax import codec as treasury
from integrations.treasury_nontax import receipts
from integrations.treasury_nontax.inspection import inspect_frame
from integrations.treasury_nontax.simulator import wire as treasury_wire
from tests.integrations import test_alipay_bill as alipay_papers
from tests.integrations import test_alipay_signature as alipay_signed
from tests.integrations import test_bank_notices as bank_notices
from tests.integrations import test_bank_of_hangzhou_codec as hangzhou
from tests.integrations import test_minsheng_answers as minsheng_replies
from tests.integrations import test_minsheng_codec as minsheng_orders
from tests.integrations import test_minsheng_detail as minsheng_pages
from tests.integrations import test_regulator as regulator
from tests.integrations import test_stripe_events as stripe_events
from tests.integrations import test_treasury_codec as treasury_frames


@dataclass(frozen=True)
class Codec:
    """A reader: what it takes, and its reading of any bytes. ``slow``: some ms a reading, so it is tried less often;
    ``refusal``: the code of the refusal that its golden bytes tell of."""

    name: str
    golden: bytes
    read: Callable[[bytes], Any]
    slow: bool = False
    refusal: str = ""


def _sidecar(content: bytes) -> bytes:
    return hashlib.new("sm3", content).hexdigest().encode() + b"  any.txt\n"


# Bank of Hangzhou


def _hangzhou_notice(body: bytes) -> Any:
    signature = notices.signature_of("secret", str(bank_notices.NOW), "nonce-0001", body)
    headers = {"x-timestamp": str(bank_notices.NOW), "x-nonce": "nonce-0001", "x-signature": signature}
    return bank_notices.BANK.read_notice(headers, body, bank_notices.NOW)


def _hangzhou_notice_head(head: bytes) -> Any:
    timestamp, _, nonce = head.decode("latin-1").partition("\n")
    body = bank_notices.notice()[1]
    signature = notices.signature_of("secret", timestamp, nonce, body)
    headers = {"x-timestamp": timestamp, "x-nonce": nonce, "x-signature": signature}
    return bank_notices.BANK.read_notice(headers, body, bank_notices.NOW)


def _notice_signature(signature: bytes) -> Any:
    headers = {**bank_notices.notice()[0], "x-signature": signature.decode("latin-1")}
    return bank_notices.BANK.read_notice(headers, bank_notices.notice()[1], bank_notices.NOW)


# Minsheng


def _minsheng_return(content: bytes) -> Any:
    return minsheng_answers.read_return(content, _sidecar(content), minsheng_replies.PROFILE)


def _minsheng_answer(xml: bytes) -> Any:
    number = f"{minsheng_replies.BATCH_NO}C"
    return minsheng_answers.read_answer(xml, minsheng_replies.PROFILE.own, number, minsheng_replies.PROFILE)


def _minsheng_balance(xml: bytes) -> Any:
    return detail.read_balance(xml, minsheng_pages.ACCOUNT_NO, minsheng_pages.PROFILE)


MINSHENG_BATCH = minsheng.write_batch(
    minsheng_orders.BATCH_NO, minsheng_orders.lines(), minsheng_orders.ACCOUNT_NO, minsheng_orders.PROFILE
).content
EMPTY_DAY = minsheng_pages.file(
    minsheng_pages.page((), 0),
    others=(("balance", minsheng_pages.balance()), ("later", minsheng_pages.page(minsheng_pages.ROWS[:1], 1))),
)


# Alipay


def _alipay_notification(form: bytes) -> Any:
    """The form as somebody changed it, signed by Alipay as far as it still is a form."""
    fields = dict(parse_qsl(form.decode("latin-1"), keep_blank_values=True, encoding="latin-1"))
    fields.pop("sign", None)
    signed = "&".join(f"{name}={value}" for name, value in sorted(fields.items()) if name != "sign_type")
    fields["sign"] = alipay_signed.SIGNER.sign(signed.encode("latin-1"))
    return alipay_signed.read(urlencode(fields, encoding="latin-1").encode())


def _alipay_raw(body: bytes) -> Any:
    return alipay_signed.read(body)


def _alipay_answer(inner: bytes) -> Any:
    """The gateway's word as somebody changed it, signed anew, and held to what was asked."""
    sign = alipay_signed.SIGNER.sign(inner)
    name = "alipay_trade_query_response"
    body = b'{"' + name.encode() + b'":' + inner + b',"sign":"' + sign.encode() + b'"}'
    answer = read_answer(body, calls.QUERY, alipay_signed.KEYS.alipay, "utf-8")
    order = alipay_signed.ORDER
    return alipay_answers.read_trade(answer, order.our_ref, alipay_signed.PROFILE)


def _alipay_envelope(body: bytes) -> Any:
    return read_answer(body, calls.QUERY, alipay_signed.KEYS.alipay, "utf-8")


def _zipped(members: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def _bill(content: bytes) -> Any:
    return read_alipay_bill(content, alipay_signed.PROFILE)


def _bill_detail(content: bytes) -> Any:
    summary = alipay_papers.SUMMARY.encode("gb18030")
    return _bill(_zipped({alipay_papers.DETAIL_NAME: content, alipay_papers.SUMMARY_NAME: summary}))


def _bill_summary(content: bytes) -> Any:
    told = alipay_papers.DETAIL.encode("gb18030")
    return _bill(_zipped({alipay_papers.DETAIL_NAME: told, alipay_papers.SUMMARY_NAME: content}))


class _Bills:
    """A wallet that reads bills and does nothing else."""

    channel = "alipay"
    read_bill = staticmethod(_bill)


ACCOUNT = AlipayAccount(_Bills(), "2088000000000001")  # type: ignore[arg-type]
ALIPAY_DAY = ACCOUNT._statement(date(2026, 3, 12), 1_000, []).content
ALIPAY_RETURN = (
    b'{"batch_no":"202604041200002026030101","count":2,"kind":"return","parts":[],"payments":'
    b'[["RF1",200000,"paid","","","2026"],["RF2",37,"failed","PAYEE_NOT_EXIST","\\u7528\\u6237\\u4e0d\\u5b58\\u5728",""]]'
    b',"total_fen":200037}\n'
)

ALIPAY_BATCH = (
    b'{"batch_no":"202604041200002026030101","count":2,"kind":"batch","parts":[],"payments":'
    b'[["RF1","HP202603_1_001",200000,0,"\\u9000\\u6b3e"],["RF2","HP202603_1_001",0,37,""]],"total_fen":200037}\n'
)

# Stripe

STRIPE_REFUND = WalletRefund("RF202603aa11", stripe_events.OUR_REF, 200_000, "-")
REFUND_FIELDS = {
    "id": "re_1",
    "object": "refund",
    "amount": 200_000,
    "status": "failed",
    "failure_reason": "expired_or_canceled_card",
    "metadata": {"hub_ref": STRIPE_REFUND.our_ref},
}
BOOKED = {
    "id": "txn_1",
    "type": "charge",
    "currency": "cny",
    "amount": 200_000,
    "fee": 1_200,
    "created": 1_773_300_000,
    "source": {
        "payment_intent": {"id": "pi_1", "created": 1_773_299_000, "metadata": {"hub_ref": stripe_events.OUR_REF}},
        "metadata": {},
    },
}
GIVEN_BACK = {**BOOKED, "id": "txn_2", "type": "refund", "amount": -200_000, "fee": 0, "created": 1_773_300_100}
PAGE = json.dumps({"object": "list", "data": [GIVEN_BACK, BOOKED], "has_more": False}).encode()
STRIPE_DAY = stripe_bill.Day(date(2026, 3, 12), 1_773_244_800_000, 1_773_331_200_000)


def _stripe_event(body: bytes) -> Any:
    signed = f"{stripe_events.NOW_S}.".encode() + body
    right = hmac.new(stripe_events.SECRET.encode(), signed, hashlib.sha256).hexdigest()
    return stripe_events.read(body, f"t={stripe_events.NOW_S},v1={right}")


def _stripe_header(header: bytes) -> Any:
    return stripe_events.read(stripe_events.body(), header.decode("latin-1"))


def _stripe_trade(body: bytes) -> Any:
    return stripe_answers.read_intent(stripe_answers.read_body(200, body), stripe_events.OUR_REF)


def _stripe_refund(body: bytes) -> Any:
    return stripe_answers.read_refund(stripe_answers.read_body(200, body), STRIPE_REFUND)


def _stripe_error(body: bytes) -> Any:
    return stripe_answers.read_body(400, body)


def _stripe_page(page: bytes) -> Any:
    return stripe_bill.read_bill(stripe_bill.write_bill("2088", STRIPE_DAY, [page]))


# The treasury

LINK = treasury_frames.LINK
_VOUCHER_OPENS, _VOUCHER_ENDS = b"<VoucherBody><Voucher>", b"</Voucher></VoucherBody>"


def _answer_frame(number: str, **told: str) -> bytes:
    return treasury_wire.pack(number, ("T1", "m"), "20260330", told, treasury_frames.TOKEN)


def _framed(frame: bytes, read: Callable[[bytes, treasury.Link], Any]) -> tuple[bytes, Callable[[bytes], Any]]:
    """The XML of a frame, and how it is read once it is framed anew."""
    number = frame[19:23].decode()
    return frame[23:-64], lambda xml: read(treasury_frames.framed(xml, number), LINK)


def _vouched(frame: bytes, read: Callable[[bytes, treasury.Link], Any]) -> tuple[bytes, Callable[[bytes], Any]]:
    """The voucher inside a frame, and how it is read once it is wrapped and framed anew."""
    xml, of_xml = _framed(frame, read)
    head, _, rest = xml.partition(_VOUCHER_OPENS)
    inner, _, tail = rest.partition(_VOUCHER_ENDS)

    def wrapped(voucher: bytes) -> Any:
        return of_xml(head + _VOUCHER_OPENS + base64.b64encode(voucher) + _VOUCHER_ENDS + tail)

    return base64.b64decode(inner), wrapped


def _state(frame: bytes, link: treasury.Link) -> Any:
    return treasury.read_state(frame, treasury_frames.PAY_CODE, link)


STATE = _answer_frame("5997", PayCode=treasury_frames.PAY_CODE, PayStats="1")
UPLOADED = _answer_frame("8001", OriMsgNo="8994", Result="00000", Information="https://pay.example/q?c=1")
NUMBER = _answer_frame("5001", OriMsgNo="8999", Result="00000", Information="0000000001")
RECEIPT = _answer_frame("5982", Result="00000", Msg="ok", Invoicefiledata=base64.b64encode(b"%PDF-1.4").decode())

# Carriers of texts

ALIYUN_REPORT = json.dumps(
    [
        {
            "phone_number": "13800000001",
            "send_time": "2026-03-10 09:00:00",
            "report_time": "2026-03-10 09:00:03",
            "success": False,
            "err_code": "MOBILE_NOT_ON_SERVICE",
            "err_msg": "停机",
            "sms_size": "1",
            "biz_id": "12345",
            "out_id": "o-1",
        }
    ],
    ensure_ascii=False,
).encode()
ALIYUN_DETAILS = json.dumps(
    {
        "Code": "OK",
        "TotalCount": 1,
        "SmsSendDetailDTOs": {"SmsSendDetailDTO": [{"OutId": "o-1", "SendStatus": 3, "ErrCode": "DELIVERED"}]},
    }
).encode()
TENCENT_REPORT = json.dumps(
    [{"sid": "2019:1", "mobile": "+8613800000001", "report_status": "FAIL", "errmsg": "停机", "nationcode": "86"}]
).encode()
TENCENT_RECEIPTS = json.dumps(
    {
        "Response": {
            "RequestId": "r",
            "PullSmsSendStatusSet": [
                {"SessionContext": "o-1", "ReportStatus": "SUCCESS", "Description": "DELIVRD", "SerialNo": "1"}
            ],
        }
    }
).encode()

# Regulator, calendar, plans, bids

ROWS = (regulator.HEADER, regulator.GOOD, regulator.UNIT)
LIST = regulator.csv_bytes(*ROWS)
BOOK = regulator.xlsx_bytes(*(row.split(",") for row in ROWS))
AUDIT_ROWS = ("申请编码,审核结果,原因", "3301260000001,通过,", "3301260000002,不通过,其他")
AUDIT = regulator.csv_bytes(*AUDIT_ROWS, encoding="utf-8-sig")
SHEET = zipfile.ZipFile(io.BytesIO(BOOK)).read(regulator.SHEET)


def _applicants(name: str) -> Callable[[bytes], Any]:
    return lambda content: regulator.REGULATOR.read_applicants(content, name)


def _audit(name: str) -> Callable[[bytes], Any]:
    return lambda content: regulator.REGULATOR.read_qualification(content, name)


def _sheet(xml: bytes) -> Any:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(BOOK)) as before, zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as after:
        for member in before.namelist():
            after.writestr(member, xml if member == regulator.SHEET else before.read(member))
    return regulator.REGULATOR.read_applicants(out.getvalue(), "a.xlsx")


def _json(read: Callable[[Any], Any]) -> Callable[[bytes], Any]:
    """A reader of what the API's edge took for JSON; what is none does not come as far."""

    def reading(body: bytes) -> Any:
        try:
            content = read_json(body)
        except ValueError:
            return None
        return read(content)

    return reading


NOTICE = json.dumps(
    {
        "year": 2027,
        "holidays": ["2027-01-01", "2027-05-01", "2027-10-01", "2027-10-02", "2027-10-03"],
        "workdays": ["2027-10-09"],
        "source": "国办发明电〔2026〕1号",
    }
).encode()
RULES = load_rules("hangzhou")
QUOTAS = {"individual": 1_000, "unit": 100}
AVERAGES = {"individual": 1_520_000, "unit": 1_980_000}
PLAN = nominal("2026-03", RULES, QUOTAS, last_average_fen=AVERAGES, lows_fen={}, last_mean_fen=AVERAGES)
DRAFT = json.dumps(
    {
        "period": "2026-03",
        "city": "hangzhou",
        "quotas": QUOTAS,
        "last_average_fen": AVERAGES,
        "dates": {"auction_opens": "2026-03-26"},
    }
).encode()
AMENDMENT = json.dumps(
    {"reason": "通知", "milestones": {"auction_opens": {"at": "2026-03-26T09:00:00.000", "date": "2026-03-26"}}}
).encode()
KEYS = {"k1": b"session key of the tests"}
TOKEN = issue(Session("A", "bid", "2026-03", "individual", 2_000), "k1", KEYS["k1"])
BID = json.dumps({"request_id": "00000000-0000-0000-0000-000000000001", "price": 16_000}).encode()


def _draft(content: Any) -> Any:
    return draft_from_json(content, load_rules, STATE_COUNCIL)


def _bid(body: bytes) -> Any:
    return read_request({"body": body.decode("latin-1"), "isBase64Encoded": False})


def _bid_in_base64(body: bytes) -> Any:
    return read_request({"body": base64.b64encode(body).decode(), "isBase64Encoded": True})


def _token(token: bytes) -> Any:
    return verify(token.decode("latin-1"), "bid", KEYS, 1_000)


_CONFIRMED = treasury_frames.confirmation()
CODECS = (
    Codec(
        "hangzhou-statement",
        hangzhou.STATEMENT,
        lambda content: read_hangzhou_statement(content, _sidecar(content), hangzhou.PROFILE),
    ),
    Codec(
        "hangzhou-return",
        hangzhou.RETURN,
        lambda content: read_hangzhou_return(content, _sidecar(content), hangzhou.PROFILE),
    ),
    Codec(
        "hangzhou-sidecar",
        _sidecar(hangzhou.RETURN),
        lambda told: read_hangzhou_return(hangzhou.RETURN, told, hangzhou.PROFILE),
    ),
    Codec("hangzhou-notice", bank_notices.notice()[1], _hangzhou_notice),
    Codec("hangzhou-notice-head", f"{bank_notices.NOW}\nnonce-0001".encode(), _hangzhou_notice_head),
    Codec("hangzhou-notice-signature", bank_notices.notice()[0]["x-signature"].encode(), _notice_signature),
    Codec("minsheng-batch", MINSHENG_BATCH, lambda content: minsheng.read_batch(content, minsheng_orders.PROFILE)),
    Codec(
        "minsheng-return",
        minsheng_replies.returned(minsheng_replies.own_reply(minsheng_replies.GOOD)),
        _minsheng_return,
    ),
    Codec("minsheng-answer", minsheng_replies.own_reply(minsheng_replies.GOOD), _minsheng_answer),
    Codec("minsheng-statement", minsheng_pages.file(minsheng_pages.page(minsheng_pages.ROWS)), minsheng_pages.read),
    Codec("minsheng-empty-day", EMPTY_DAY, minsheng_pages.read),
    Codec(
        "minsheng-page",
        minsheng_pages.page(minsheng_pages.ROWS),
        lambda xml: minsheng_pages.read(minsheng_pages.file(xml)),
    ),
    Codec(
        "minsheng-detail",
        minsheng_pages.page(minsheng_pages.ROWS),
        lambda xml: detail.read_detail(xml, minsheng_pages.PROFILE),
    ),
    Codec("minsheng-balance", minsheng_pages.balance(), _minsheng_balance),
    Codec("minsheng-sidecar", _sidecar(b"file"), lambda told: check_digest(b"file", told)),
    Codec("minsheng-login", b"2200003220:2200003220001:pa<ss&w:rd", lambda told: login_from(told.decode("latin-1"))),
    Codec("alipay-notification", urlencode(alipay_signed.NOTIFICATION).encode(), _alipay_notification, slow=True),
    Codec("alipay-notification-raw", alipay_signed.body_of(alipay_signed.NOTIFICATION), _alipay_raw),
    Codec(
        "alipay-answer",
        json.dumps(
            {
                "code": "10000",
                "msg": "Success",
                "out_trade_no": alipay_signed.ORDER.our_ref,
                "trade_no": "2026",
                "trade_status": "TRADE_SUCCESS",
                "total_amount": "2000.00",
                "send_pay_date": "2026-03-12 09:30:15",
            }
        ).encode(),
        _alipay_answer,
        slow=True,
    ),
    Codec("alipay-envelope", alipay_signed.TRADE_BODY, _alipay_envelope),
    Codec("alipay-bill", alipay_papers.packed(), _bill),
    Codec("alipay-bill-detail", alipay_papers.DETAIL.encode("gb18030"), _bill_detail),
    Codec("alipay-bill-summary", alipay_papers.SUMMARY.encode("gb18030"), _bill_summary),
    Codec("alipay-statement", ALIPAY_DAY, lambda content: ACCOUNT.read_statement(content, sm3(content).encode())),
    Codec("alipay-batch", ALIPAY_BATCH, _read_batch),
    Codec("alipay-return", ALIPAY_RETURN, lambda content: ACCOUNT.read_return(content, sm3(content).encode())),
    Codec("stripe-event", stripe_events.body(), _stripe_event),
    Codec("stripe-event-header", stripe_events.header(stripe_events.body()).encode(), _stripe_header),
    Codec("stripe-trade", json.dumps(json.loads(stripe_events.body())["data"]["object"]).encode(), _stripe_trade),
    Codec("stripe-refund", json.dumps(REFUND_FIELDS).encode(), _stripe_refund),
    Codec(
        "stripe-error",
        b'{"error":{"type":"invalid_request_error","code":"rate_limit"}}',
        _stripe_error,
        refusal="WALLET_WAIT",
    ),
    Codec("stripe-bill", stripe_bill.write_bill("2088", STRIPE_DAY, [PAGE]), stripe_bill.read_bill),
    Codec("stripe-bill-page", PAGE, _stripe_page),
    Codec("treasury-frame", _CONFIRMED, lambda frame: treasury.read_confirmation(frame, LINK)),
    Codec("treasury-confirmation", *_framed(_CONFIRMED, treasury.read_confirmation)),
    Codec("treasury-voucher", *_vouched(_CONFIRMED, treasury.read_confirmation)),
    Codec("treasury-state", *_vouched(STATE, _state)),
    Codec("treasury-uploaded", *_vouched(UPLOADED, treasury.read_uploaded)),
    Codec("treasury-number", *_vouched(NUMBER, receipts.read_number)),
    Codec("treasury-receipt", *_vouched(RECEIPT, receipts.read_file)),
    Codec(
        "treasury-inspection",
        _CONFIRMED,
        lambda frame: inspect_frame(frame, treasury_frames.TOKEN, LINK.profile).as_dict(),
    ),
    Codec("aliyun-report", ALIYUN_REPORT, lambda body: aliyun.read_reports(body, aliyun_profile())),
    Codec("aliyun-send", b'{"Code":"OK","BizId":"9"}', lambda body: aliyun.read_send(body, aliyun_profile())),
    Codec("aliyun-details", ALIYUN_DETAILS, lambda body: aliyun.read_details(body, "o-1", aliyun_profile())),
    Codec("tencent-report", TENCENT_REPORT, lambda body: tencent.read_reports(body, tencent_profile())),
    Codec(
        "tencent-send",
        b'{"Response":{"SendStatusSet":[{"SerialNo":"5000:1","Code":"Ok"}]}}',
        lambda body: tencent.read_send(body, tencent_profile()),
    ),
    Codec("tencent-receipts", TENCENT_RECEIPTS, lambda body: tencent.read_receipts(body, "o-1", tencent_profile())),
    Codec("applicants-csv", LIST, _applicants("a.csv")),
    Codec("applicants-xlsx", BOOK, _applicants("a.xlsx"), slow=True),
    Codec("applicants-sheet", SHEET, _sheet, slow=True),
    Codec("qualification-csv", AUDIT, _audit("q.csv")),
    Codec(
        "qualification-xlsx", regulator.xlsx_bytes(*(row.split(",") for row in AUDIT_ROWS)), _audit("q.xlsx"), slow=True
    ),
    Codec("calendar-notice", NOTICE, _json(read_notice)),
    Codec("plan", json.dumps(to_json(PLAN)).encode(), _json(from_json), slow=True),
    Codec("plan-draft", DRAFT, _json(_draft)),
    Codec("plan-amendment", AMENDMENT, _json(wanted_from_json)),
    Codec("bid", BID, _bid),
    Codec("bid-base64", BID, _bid_in_base64),
    Codec("session-token", TOKEN.encode(), _token),
)
