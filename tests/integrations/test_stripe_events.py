"""Events: the official package verifies what is signed as ours are, and we verify what its own signature is."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

import pytest
import stripe

from chalicelib.kernel.errors import HubError, InvalidInput, NotAuthenticated
from integrations.ports import TradeState
from integrations.stripe import event

SECRET = "whsec_of_a_test"
NOW_S = 1_773_000_000
OUR_REF, SERIAL = "HP202603_330100000017_001", "pi_3Q1"
ASKED = ({OUR_REF: 200_000}.get, {OUR_REF: SERIAL}.get)


def body(kind: str = "payment_intent.succeeded", **changed: Any) -> bytes:
    intent = {
        "id": SERIAL,
        "object": "payment_intent",
        "amount": 200_000,
        "currency": "cny",
        "status": "succeeded",
        "metadata": {"hub_ref": OUR_REF},
        "latest_charge": "ch_1",
        "client_secret": "pi_3Q1_secret_x",
        **changed,
    }
    told = {"id": "evt_1", "object": "event", "created": NOW_S - 2, "type": kind, "data": {"object": intent}}
    return json.dumps(told, indent=2).encode()


def official(content: bytes, at_s: int = NOW_S, secret: str = SECRET) -> str:
    """As the official package computes it."""
    return stripe.WebhookSignature._compute_signature(f"{at_s}.{content.decode()}", secret)


def header(content: bytes, at_s: int = NOW_S) -> str:
    return f"t={at_s},v1={official(content, at_s)}"


def read(content: bytes, signature: str, now_s: int = NOW_S) -> Any:
    return event.read_event(content, signature, SECRET, now_s * 1_000, ASKED)


def test_given_an_event_that_the_official_package_signs_when_read_then_it_names_the_payment_and_no_secret() -> None:
    told = read(body(), header(body()))

    assert (told.id, told.told_at_ms, told.refunded_fen) == ("evt_1", (NOW_S - 2) * 1_000, 0)
    assert (told.trade.our_ref, told.trade.serial, told.trade.state) == (OUR_REF, SERIAL, TradeState.PAID)
    assert (told.trade.paid_at_ms, told.trade.pay_token, told.trade.buyer_ref) == (None, "", "")


def test_given_our_own_computation_when_the_official_package_verifies_then_it_holds_and_a_changed_one_does_not() -> (
    None
):
    content = body()
    ours = hmac.new(SECRET.encode(), f"{NOW_S}.".encode() + content, hashlib.sha256).hexdigest()
    signed = f"t={NOW_S},v1={ours}"
    event.check_signature(content, signed, SECRET, NOW_S * 1_000)

    assert stripe.WebhookSignature.verify_header(content.decode(), signed, SECRET)
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.WebhookSignature.verify_header(content.decode() + " ", signed, SECRET)


@pytest.mark.parametrize(
    "signature",
    [
        f"t={NOW_S},v1={'0' * 64},v1={official(body())}",
        f"t={NOW_S},v1={official(body())},v0=whatever",
        f" v1={official(body())} , t={NOW_S}",
    ],
)
def test_given_several_signatures_when_one_is_right_then_the_event_is_believed(signature: str) -> None:
    assert read(body(), signature).trade.serial == SERIAL


@pytest.mark.parametrize(
    "signature",
    [
        "",
        "t=,v1=",
        f"v1={official(body())}",
        f"t={NOW_S}",
        f"t={NOW_S},v0={official(body())}",
        f"t={NOW_S},v1={official(body(), secret='whsec_another')}",
        f"t={NOW_S},v1={official(body(), NOW_S - 1)}",
        f"t={NOW_S},t={NOW_S},v1={official(body())}",
        f"t={NOW_S},v1=é",
        "t=١٢٣,v1=x",
    ],
)
def test_given_no_right_signature_when_read_then_it_is_refused(signature: str) -> None:
    with pytest.raises(NotAuthenticated, match="NOTIFICATION_SIGNATURE"):
        read(body(), signature)


@pytest.mark.parametrize(("late_s", "believed"), [(0, True), (300, True), (301, False), (-300, True), (-301, False)])
def test_given_the_time_of_signing_when_it_is_five_minutes_off_then_it_is_stale(late_s: int, believed: bool) -> None:
    if believed:
        assert read(body(), header(body()), NOW_S + late_s).id == "evt_1"
    else:
        with pytest.raises(NotAuthenticated, match="NOTIFICATION_STALE"):
            read(body(), header(body()), NOW_S + late_s)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (body("charge.refunded"), "NOTIFICATION_TYPE"),
        (body(metadata={}), "NOTIFICATION_HUB_REF"),
        (body(metadata={"hub_ref": "HP202603_330100000018_001"}), "NOTIFICATION_HUB_REF"),
        (body(id="pi_another"), "NOTIFICATION_ID"),
        (body(amount=200_001), "NOTIFICATION_AMOUNT"),
        (body(amount=200_000.0), "NOTIFICATION_OBJECT"),
        (body(currency="usd"), "NOTIFICATION_OBJECT"),
        (body(status="new_word"), "NOTIFICATION_OBJECT"),
        (b"[]", "NOTIFICATION_BODY"),
        (b"{}", "NOTIFICATION_BODY"),
        (b"\xff", "NOTIFICATION_BODY"),
        (b"[" * 100_000, "NOTIFICATION_BODY"),
    ],
)
def test_given_a_signed_event_that_is_not_about_our_payment_when_read_then_it_is_ignored_by_code(
    content: bytes, code: str
) -> None:
    right = hmac.new(SECRET.encode(), f"{NOW_S}.".encode() + content, hashlib.sha256).hexdigest()

    with pytest.raises((InvalidInput, HubError), match=code):
        read(content, f"t={NOW_S},v1={right}")
