"""RSA2 and the envelopes: golden vectors by openssl, round trips, and bytes that are no answer."""

from __future__ import annotations

import json
from typing import Any

import pytest
from alipay_sdk.desk import KEYS, MERCHANT, ORDER, PEM, PROFILE, Day, simulator
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.kernel.errors import InvalidInput, NotAuthenticated, Pending
from integrations.alipay import calls, signature
from integrations.alipay.envelope import read_answer
from integrations.alipay.notification import read_notification
from integrations.alipay.profile import parse_profile
from integrations.alipay.simulator import wire
from integrations.ports import TradeState, WalletOrder

# printf '%s' "<content>" | openssl dgst -sha256 -sign <key> | base64 -w0
QUERY_CONTENT = (
    'app_id=2021000000000001&biz_content={"out_trade_no":"D202603_0000000000001"}&charset=utf-8&format=JSON'
    "&method=alipay.trade.query&sign_type=RSA2&timestamp=2026-03-12 09:30:15&version=1.0"
)
QUERY_SIGN = (
    "LegII8MYuPWD5ofrvo1OuYx/0/cwih7QxCPDQj6TcvDI9WmrMI4HfmdXRJBhkxy8Xn463A0aXUYDMwcFn0WazJnEFjDA50hliPY3"
    "sIY/YBaFwAoNN4NlGci2OsG4Wxhw7iHKq3g+gHvnDgc1K28/fxal2nNVhU+8q/XHcFLO2d/IqeQzOV4PBLpA9YzwzVqS9J2yg4Ul"
    "ZvU/WPZsGUv9OGlNpYwO1TgmaFekcGlnjJDlMM35W6+kUplONIXR/B1Asd3eqzQGp1Kd2EOKlXGqcE8WoQbZZy6TG4HfyJvzRWKJ"
    "bM1EOmJxCa48yEvCt5z5E5Qrwsv4Ptt0SPos5JlgNg=="
)
NOTIFICATION_SIGN = (
    "WdicJnIkI95SHICSQooG4yohoUqZa3hPeViXv5k8B2s1UsdZVI3On3NhtroA/ezabuqC337UohksQm8Ie+JEziBvbiLHRX28Wkzg"
    "QppnpRwarQF15Aw3Ak7yFAJLQkBRG7eGz+kaEqL4p9wEk1Pbt8/ebHGF5z9XOdgTPqh4G7lsyHgN7+09E4a50n4CMzdWnEV5Uq1F"
    "dl+a6EP84CTTkRDSNUIbYphAdZhwW4YVNG4u3W2212CFdNakIsVJ3BJ6b20gv0OVpfbg8V0MLiecXZacITybbOJ/Ih0tvq/fAQIZ"
    "CkVQuqrqCIXORkA3Pnry+sa+vDYzhtEJy4oC63IFsQ=="
)
NOTIFICATION = {
    "gmt_create": "2026-03-12 09:29:50",
    "charset": "utf-8",
    "gmt_payment": "2026-03-12 09:30:15",
    "notify_time": "2026-03-12 09:30:16",
    "subject": "竞买保证金 0000000000001",
    "buyer_open_id": "open-id-1",
    "version": "1.0",
    "notify_id": "2026031200222140930150001",
    "notify_type": "trade_status_sync",
    "total_amount": "2000.00",
    "trade_status": "TRADE_SUCCESS",
    "trade_no": "2026031222001400000000000001",
    "app_id": MERCHANT.app_id,
    "seller_id": MERCHANT.seller_id,
    "out_trade_no": ORDER.our_ref,
}
SIGNER = wire.Signer.of(PEM["alipay.private"], PEM["merchant.public"])


def ours(number: str) -> int | None:
    return ORDER.amount_fen if number == ORDER.our_ref else None


def read(body: bytes) -> Any:
    return read_notification(body, KEYS.alipay, MERCHANT, ours, PROFILE)


def body_of(fields: dict[str, str]) -> bytes:
    return wire.notification(fields, SIGNER)


def test_given_a_query_when_signed_then_every_parameter_and_the_signature_are_openssl_s() -> None:
    request = calls.request(calls.query(ORDER.our_ref), MERCHANT, KEYS, PROFILE, Day().clock.now_ms())

    assert request.query == {
        "app_id": "2021000000000001",
        "method": "alipay.trade.query",
        "format": "JSON",
        "charset": "utf-8",
        "sign_type": "RSA2",
        "timestamp": "2026-03-12 09:30:15",
        "version": "1.0",
        "sign": QUERY_SIGN,
    }
    assert request.form == {"biz_content": '{"out_trade_no":"D202603_0000000000001"}'}
    params = {**request.query, **request.form, "notify_url": ""}
    assert signature.content(params) == QUERY_CONTENT


def test_given_an_order_when_created_then_its_content_is_the_interface_s() -> None:
    call = calls.create(WalletOrder(ORDER.our_ref, 1, "u", "题", Day().clock.now_ms()), MERCHANT, PROFILE)
    request = calls.request(call, MERCHANT, KEYS, PROFILE, Day().clock.now_ms())

    assert json.loads(request.form["biz_content"]) == {
        "out_trade_no": ORDER.our_ref,
        "total_amount": "0.01",
        "subject": "题",
        "product_code": "JSAPI_PAY",
        "op_app_id": MERCHANT.op_app_id,
        "buyer_open_id": "u",
        "seller_id": MERCHANT.seller_id,
        "time_expire": "2026-03-12 09:30:15",
    }
    assert request.query["notify_url"] == MERCHANT.notify_url


@pytest.mark.parametrize(
    ("order", "code"),
    [
        (WalletOrder("a-b", 1, "u", "t"), "WALLET_NUMBER"),
        (WalletOrder("", 1, "u", "t"), "WALLET_NUMBER"),
        (WalletOrder("a" * 65, 1, "u", "t"), "WALLET_NUMBER"),
        (WalletOrder("单", 1, "u", "t"), "WALLET_NUMBER"),
        (WalletOrder("a", 0, "u", "t"), "WALLET_AMOUNT"),
        (WalletOrder("a", 10_000_000_001, "u", "t"), "WALLET_AMOUNT"),
        (WalletOrder("a", 1, "", "t"), "WALLET_BUYER"),
        (WalletOrder("a", 1, "u", "a&b"), "WALLET_TEXT"),
        (WalletOrder("a", 1, "u", ""), "WALLET_TEXT"),
    ],
)
def test_given_an_order_that_alipay_refuses_when_written_then_it_never_leaves(order: WalletOrder, code: str) -> None:
    with pytest.raises(InvalidInput, match=code):
        calls.create(order, MERCHANT, PROFILE)


def test_given_the_largest_order_when_written_then_it_is_taken() -> None:
    assert calls.create(WalletOrder("a" * 64, 10_000_000_000, "u", "t"), MERCHANT, PROFILE).biz["total_amount"] == (
        "100000000.00"
    )


@pytest.mark.parametrize("form", ["pem", "base64"])
def test_given_keys_in_either_form_when_read_then_they_are_the_same(form: str) -> None:
    def shown(pem: str) -> str:
        return pem if form == "pem" else "".join(line for line in pem.splitlines() if not line.startswith("-"))

    keys = signature.read_keys(shown(PEM["merchant.private"]), shown(PEM["alipay.public"]))

    assert signature.sign(QUERY_CONTENT.encode(), keys.private) == QUERY_SIGN
    assert "RSA" not in repr(keys)


@pytest.mark.parametrize(("private", "public"), [("", PEM["alipay.public"]), (PEM["merchant.private"], "AAAA")])
def test_given_something_else_than_keys_when_read_then_it_is_said_without_showing_it(private: str, public: str) -> None:
    with pytest.raises(ValueError, match=r"our private key|Alipay's public key"):
        signature.read_keys(private, public)


@settings(max_examples=30, deadline=None)
@given(st.dictionaries(st.text(min_size=1, max_size=8), st.text(max_size=20), max_size=6))
def test_given_any_parameters_when_signed_then_the_other_side_finds_the_same_content(params: dict[str, str]) -> None:
    content = signature.content(params).encode()

    assert content == wire.request_content(params)
    assert SIGNER.is_merchants(content, signature.sign(content, KEYS.private))
    assert signature.is_signed(content, SIGNER.sign(content), KEYS.alipay)
    assert not signature.is_signed(content + b" ", SIGNER.sign(content), KEYS.alipay)


# Answers


def answer_of(inner: str, sign: str | None = None, name: str = "alipay_trade_query_response", more: str = "") -> bytes:
    return f'{{"{name}":{inner}{more},"sign":"{sign or SIGNER.sign(inner.encode())}"}}'.encode()


def test_given_an_answer_written_oddly_when_read_then_its_own_bytes_are_verified_and_numbers_stay_text() -> None:
    inner = '{ "code" : "10000" ,\n"total_amount":88.10,"url":"https:\\/\\/a", "text":"}{\\"" }'

    read = read_answer(answer_of(inner), calls.QUERY, KEYS.alipay, "utf-8")

    assert (read.code, read.text("total_amount"), read.text("url"), read.text("text")) == (
        "10000",
        "88.10",
        "https://a",
        '}{"',
    )


GOOD = '{"code":"10000"}'


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b"\xff",
        b"<html>",
        answer_of(GOOD)[:-1],
        answer_of(GOOD) + b"x",
        answer_of(GOOD, sign="AAAA"),
        answer_of(GOOD, sign="not base64"),
        answer_of(GOOD, name="alipay_trade_refund_response"),
        answer_of(GOOD, more=f',"alipay_trade_query_response":{GOOD}'),
        answer_of(GOOD.replace("1", "4"), sign=SIGNER.sign(GOOD.encode())),
        answer_of("[1]"),
        answer_of('"text"'),
        b'{"alipay_trade_query_response":{"code":"10000"}}',
        b'{"alipay_trade_query_response":{"code":"10000"},"sign":1}',
        b'{"error_response":{"code":"40002","sub_code":"isv.invalid-app-id"}}',
        b'{"alipay_trade_query_response":' + b"[" * 100_000 + b'],"sign":"AAAA"}',
    ],
)
def test_given_something_that_is_no_signed_answer_when_read_then_pending(body: bytes) -> None:
    with pytest.raises(Pending):
        read_answer(body, calls.QUERY, KEYS.alipay, "utf-8")


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200) | st.text(alphabet='{}[]":,\\a1 ', max_size=60).map(str.encode))
def test_given_any_bytes_when_read_as_an_answer_then_pending_and_nothing_else(body: bytes) -> None:
    with pytest.raises(Pending):
        read_answer(body, calls.QUERY, KEYS.alipay, "utf-8")


TRADE = b'{"code":"10000","out_trade_no":"D1","total_amount":"2000.00"}'
TRADE_BODY = answer_of(TRADE.decode())


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 255))
def test_given_one_byte_changed_in_what_was_signed_when_read_then_pending(at: int, change: int) -> None:
    body = bytearray(TRADE_BODY)
    body[TRADE_BODY.index(TRADE) + at % len(TRADE)] ^= change

    with pytest.raises(Pending):
        read_answer(bytes(body), calls.QUERY, KEYS.alipay, "utf-8")


# Notifications


def test_given_a_notification_signed_by_openssl_when_read_then_it_is_believed() -> None:
    from urllib.parse import urlencode

    body = urlencode({**NOTIFICATION, "sign_type": "RSA2", "sign": NOTIFICATION_SIGN}).encode()

    told = read(body)

    assert (told.id, told.trade.state, told.trade.amount_fen) == (NOTIFICATION["notify_id"], TradeState.PAID, 200_000)
    assert told.trade.paid_at_ms == Day().clock.now_ms()
    assert told.told_at_ms == Day().clock.now_ms() + 1_000
    assert told.trade.buyer_ref == "open-id-1"
    assert "open-id-1" not in repr(told)
    assert body_of(NOTIFICATION).rpartition(b"sign=")[2] == urlencode({"sign": NOTIFICATION_SIGN}).encode()[5:]


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"app_id": "2021"}, "NOTIFICATION_APP_ID"),
        ({"seller_id": "2088"}, "NOTIFICATION_SELLER_ID"),
        ({"out_trade_no": "D2"}, "NOTIFICATION_OUT_TRADE_NO"),
        ({"out_trade_no": ""}, "NOTIFICATION_OUT_TRADE_NO"),
        ({"total_amount": "2000.01"}, "NOTIFICATION_TOTAL_AMOUNT"),
        ({"total_amount": "2e3"}, "NOTIFICATION_TOTAL_AMOUNT"),
        ({"trade_status": "TRADE_PENDING"}, "NOTIFICATION_TRADE_STATUS"),
        ({"notify_id": ""}, "NOTIFICATION_NOTIFY_ID"),
        ({"trade_no": ""}, "NOTIFICATION_TRADE_NO"),
        ({"gmt_payment": "yesterday"}, "NOTIFICATION_GMT_PAYMENT"),
        ({"notify_time": ""}, "NOTIFICATION_NOTIFY_TIME"),
    ],
)
def test_given_a_rightly_signed_notification_about_something_else_when_read_then_it_is_named(
    changed: dict[str, str], code: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        read(body_of({**NOTIFICATION, **changed}))

    assert refused.value.code == code


@pytest.mark.parametrize(
    "body",
    [
        body_of(NOTIFICATION).replace(b"2000.00", b"2000.01"),
        body_of(NOTIFICATION).rpartition(b"&sign=")[0],
        body_of(NOTIFICATION) + b"&extra=1",
        b"",
    ],
)
def test_given_a_notification_changed_on_the_way_when_read_then_its_signature_is_named(body: bytes) -> None:
    with pytest.raises(NotAuthenticated, match="NOTIFICATION_SIGNATURE"):
        read(body)


@pytest.mark.parametrize(
    "body",
    [
        b"\xff\xfe",
        "单=1".encode(),
        body_of(NOTIFICATION) + b"&app_id=1",
        b"a" * 70_000,
        b"charset=utf-7&a=1",
        b"a=%ff",
        b"&".join(b"a%d=1" % n for n in range(300)),
    ],
)
def test_given_a_body_that_is_no_notification_when_read_then_it_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidInput, match="NOTIFICATION_BODY"):
        read(body)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300) | st.text(alphabet="ab=&%+0f;", max_size=60).map(str.encode))
def test_given_any_bytes_when_read_as_a_notification_then_one_of_the_named_errors(body: bytes) -> None:
    with pytest.raises((InvalidInput, NotAuthenticated)):
        read(body)


def test_given_a_notification_in_gbk_when_read_then_its_signature_is_over_gbk() -> None:
    from urllib.parse import urlencode

    fields = {**NOTIFICATION, "charset": "GBK"}
    content = "&".join(f"{key}={fields[key]}" for key in sorted(fields))
    pairs = {**fields, "sign_type": "RSA2", "sign": SIGNER.sign(content.encode("gbk"))}

    assert read(urlencode(pairs, encoding="gbk").encode()).trade.our_ref == ORDER.our_ref


def test_given_a_refund_in_full_when_told_then_the_trade_is_closed_and_was_paid() -> None:
    with simulator(Day()) as alipay:
        alipay.books.create(dict(calls.create(ORDER, MERCHANT, PROFILE).biz))
        alipay.books.pay(ORDER.our_ref)
        alipay.books.refund({"out_trade_no": ORDER.our_ref, "out_request_no": "R1", "refund_amount": "2000.00"})
        told = read(alipay.post.body(alipay.post.write(alipay.books.trades[ORDER.our_ref])))

    assert (told.trade.state, told.refunded_fen) == (TradeState.CLOSED, 200_000)
    assert told.trade.paid_at_ms is not None


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ('charset = "utf-8"', "", "charset"),
        ('summary_received = "net"', 'summary_received = "both"', "summary_received"),
        ('buyer_field = "buyer_open_id"', 'buyer_field = "phone"', "buyer_field"),
        ("no_bill =", "no_bil =", "no_bil"),
        ("lines_max = 2_000_000", "lines_max = 0", "limits"),
        ('"交易" = "payment"', '"交易" = "income"', "income"),
    ],
)
def test_given_a_slip_in_the_profile_when_read_then_it_is_named(old: str, new: str, named: str) -> None:
    from pathlib import Path

    import integrations.alipay as package

    text = (Path(package.__file__).parent / "profile.toml").read_text(encoding="utf-8")
    assert old in text
    with pytest.raises(ValueError, match=named):
        parse_profile(text.replace(old, new))
