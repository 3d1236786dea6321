"""The official SDK as the other side, in both directions: it verifies what we sign, and we verify what it signs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from alipay_sdk.desk import HERE, INTEREST, KEYS, MERCHANT, ORDER, PEM, PROFILE, REFUND, Day, client, simulator
from official_sdk import OfficialSdk

from integrations.alipay import calls, signature
from integrations.alipay.envelope import read_answer
from integrations.ports import WalletOutcome

NOW_MS = Day().clock.now_ms()
CALLS = {
    "create": calls.create(ORDER, MERCHANT, PROFILE),
    "query": calls.query(ORDER.our_ref),
    "refund": calls.refund(REFUND),
    "refund_query": calls.refund_query(REFUND),
    "transfer": calls.transfer(INTEREST, PROFILE),
    "transfer_query": calls.transfer_query(INTEREST.our_ref, PROFILE),
    "bill_url": calls.bill_url(date(2026, 3, 12), PROFILE),
    "token": calls.token("4b203fe6c11548bcabd8da5bb087a83b"),
}
TEXTS = ["a=1&b=2", "", "竞买保证金😀 %+/=&", "x" * 10_000]


@pytest.fixture(scope="module")
def sdk() -> Iterator[OfficialSdk]:
    official = OfficialSdk(HERE)
    yield official
    official.close()


@pytest.mark.parametrize("name", CALLS)
def test_given_our_request_when_the_sdk_looks_at_it_then_content_and_signature_are_its_own(
    sdk: OfficialSdk, name: str
) -> None:
    request = calls.request(CALLS[name], MERCHANT, KEYS, PROFILE, NOW_MS)
    params = {**request.query, **request.form}
    sign = params.pop("sign")

    content = sdk.ask("sign_content", params=params)
    assert content == signature.content(params)
    assert sdk.ask("verify", public_key=PEM["merchant.public"], content=content, signature=sign)
    # PKCS #1 v1.5 has no randomness: the same key and content give the same signature.
    assert sdk.ask("sign", private_key=PEM["merchant.private"], content=content) == sign


@pytest.mark.parametrize("name", [name for name, call in CALLS.items() if call.biz])
def test_given_our_business_content_when_the_sdk_s_model_takes_it_then_no_field_is_lost(
    sdk: OfficialSdk, name: str
) -> None:
    call = CALLS[name]

    assert sdk.ask("model", method=call.method, biz=call.biz) == call.biz


@pytest.mark.parametrize("text", TEXTS)
def test_given_a_text_when_either_signs_then_the_other_verifies_and_no_one_else_s_text(
    sdk: OfficialSdk, text: str
) -> None:
    ours = signature.sign(text.encode(), KEYS.private)
    theirs = sdk.ask("sign", private_key=PEM["alipay.private"], content=text)

    assert sdk.ask("verify", public_key=PEM["merchant.public"], content=text, signature=ours)
    assert not sdk.ask("verify", public_key=PEM["merchant.public"], content=f"{text}.", signature=ours)
    assert not sdk.ask("verify", public_key=PEM["alipay.public"], content=text, signature=ours)
    assert signature.is_signed(text.encode(), theirs, KEYS.alipay)
    assert not signature.is_signed(f"{text}.".encode(), theirs, KEYS.alipay)


@pytest.mark.parametrize(
    "inner",
    [
        '{"code":"10000","msg":"Success","trade_no":"1"}',
        '{ "code" : "10000",\n "url":"https:\\/\\/a\\/b", "n": 1.50, "text":"}\\"{" }',
        '{"code":"10000","nested":{"a":[{"b":"】"}]},"unicode":"\\u4fdd"}',
    ],
)
def test_given_an_answer_that_the_sdk_signed_when_read_then_the_bytes_that_came_are_verified(
    sdk: OfficialSdk, inner: str
) -> None:
    sign = sdk.ask("sign", private_key=PEM["alipay.private"], content=inner)
    body = f'{{"alipay_trade_query_response":{inner},"alipay_cert_sn":"1","sign":"{sign}"}}'

    assert read_answer(body.encode(), calls.QUERY, KEYS.alipay, "utf-8").code == "10000"


def execute(sdk: OfficialSdk, url: str, call: calls.Call, alipay_key: str = PEM["alipay.public"]) -> str:
    return str(
        sdk.ask(
            "execute",
            url=url,
            app_id=MERCHANT.app_id,
            private_key=PEM["merchant.private"],
            alipay_key=alipay_key,
            method=call.method,
            biz=dict(call.biz),
            plain=dict(call.plain),
        )
    )


def test_given_the_simulator_when_the_sdk_s_own_client_calls_it_then_each_method_answers_in_fields_it_knows(
    sdk: OfficialSdk,
) -> None:
    day = Day()
    with simulator(day, balance_fen=1_000) as alipay:
        code = alipay.control("/_sign_in", {"open_id": ORDER.buyer_ref})["auth_code"]
        steps: list[tuple[calls.Call, dict[str, Any]]] = [
            (calls.token(code), {"open_id": ORDER.buyer_ref}),
            (CALLS["create"], {"code": "10000", "out_trade_no": ORDER.our_ref}),
            (CALLS["query"], {"trade_status": "WAIT_BUYER_PAY", "total_amount": "2000.00"}),
            (CALLS["refund"], {"code": "40004", "sub_code": "ACQ.TRADE_STATUS_ERROR"}),
            (CALLS["transfer"], {"status": "SUCCESS", "out_biz_no": INTEREST.our_ref}),
            (CALLS["transfer_query"], {"status": "SUCCESS", "trans_amount": "0.37"}),
        ]
        for call, expected in steps:
            answer = execute(sdk, alipay.gateway_url, call)
            assert expected.items() <= json.loads(answer).items(), answer
            assert sdk.ask("unknown_fields", method=call.method, answer=answer) == []

        alipay.control("/_pay", {"out_trade_no": ORDER.our_ref, "push": False})
        for call, expected in (
            (CALLS["refund"], {"fund_change": "Y", "refund_fee": "2000.00"}),
            (CALLS["refund"], {"fund_change": "N", "refund_fee": "2000.00"}),
            (CALLS["refund_query"], {"refund_status": "REFUND_SUCCESS", "refund_amount": "2000.00"}),
            (CALLS["query"], {"trade_status": "TRADE_CLOSED"}),
            (CALLS["bill_url"], {"code": "10000"}),
        ):
            answer = execute(sdk, alipay.gateway_url, call)
            assert expected.items() <= json.loads(answer).items(), answer
            assert sdk.ask("unknown_fields", method=call.method, answer=answer) == []

        # What the SDK did is what our client finds.
        assert client(alipay, day).ask_refund(REFUND).outcome is WalletOutcome.PAID


def test_given_another_key_when_the_sdk_s_client_calls_the_simulator_then_it_refuses_the_answer(
    sdk: OfficialSdk,
) -> None:
    with simulator(Day()) as alipay:
        answer = execute(sdk, alipay.gateway_url, CALLS["query"], alipay_key=PEM["merchant.public"])

    assert answer == "error: response sign verify failed"
