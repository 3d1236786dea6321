"""E-receipts against the simulated treasury over TCP: numbers, issue, download, reversal, and faults on the way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
import requests

from chalicelib.kernel.clock import at_shanghai
from chalicelib.kernel.errors import InvalidInput, NotFound, Pending
from integrations.ports import Notice, NoticeState, Receipt
from integrations.treasury_nontax.client import TreasuryClient
from integrations.treasury_nontax.profile import default_profile
from integrations.treasury_nontax.simulator import TreasurySimulator

SECRET = "a token of both sides"
PROFILE = replace(default_profile(), connect_timeout_seconds=0.5, answer_timeout_seconds=0.5)
NOTICE = Notice("33010026300000000001", "赵六", 3_150_000, date(2026, 3, 25), date(2026, 3, 30))
DAY = date(2026, 3, 31)


@pytest.fixture
def treasury() -> Iterator[TreasurySimulator]:
    with TreasurySimulator(SECRET) as simulator:
        yield simulator


@pytest.fixture
def client(treasury: TreasurySimulator) -> TreasuryClient:
    return TreasuryClient(treasury.address, SECRET, PROFILE)


def control(treasury: TreasurySimulator, name: str, **given: Any) -> None:
    assert requests.post(f"{treasury.url}/{name}", json=given, timeout=5).status_code == 200


def paid(treasury: TreasurySimulator, client: TreasuryClient) -> None:
    client.register(NOTICE, "m1")
    control(treasury, "_pay", pay_code=NOTICE.pay_code, amount_fen=NOTICE.amount_fen, payer_name="赵六", push=False)


def receipt(number: str, **changes: Any) -> Receipt:
    at_ms = at_shanghai("2026-03-31T10:00:00")
    base = Receipt(number, "A1B2C3", NOTICE.pay_code, "赵六", "110101199003070011", NOTICE.amount_fen, at_ms)
    return replace(base, **changes)


def test_given_an_upload_when_answered_then_the_treasury_s_address_for_the_qr_code_comes_back(
    client: TreasuryClient,
) -> None:
    assert client.register(NOTICE, "m1") == f"https://pay.example.gov.cn/qrcode/billId={NOTICE.pay_code}"


def test_given_a_notice_when_voided_twice_then_void_and_a_paid_one_is_refused(
    treasury: TreasurySimulator, client: TreasuryClient
) -> None:
    client.register(NOTICE, "m1")
    client.void(NOTICE, "姓名有误", "v1")
    client.void(NOTICE, "姓名有误", "v1")
    assert client.ask(NOTICE.pay_code, "q1") == NoticeState.VOID

    other = replace(NOTICE, pay_code="33010026300000000002")
    client.register(other, "m2")
    control(treasury, "_pay", pay_code=other.pay_code, amount_fen=other.amount_fen, payer_name="赵六", push=False)
    with pytest.raises(InvalidInput, match="NOTICE_REFUSED"):
        client.void(other, "姓名有误", "v2")


def test_given_a_payment_when_its_receipt_is_issued_then_it_can_be_fetched(
    treasury: TreasurySimulator, client: TreasuryClient
) -> None:
    paid(treasury, client)
    number = client.take_receipt_number(DAY, "n1")
    with pytest.raises(NotFound, match="RECEIPT_UNKNOWN"):
        client.fetch_receipt(number, DAY, "d1")

    client.issue_receipt(receipt(number), "i1")

    assert number == "0000000001"
    assert client.fetch_receipt(number, DAY, "d2").startswith(b"%PDF")


def test_given_the_same_message_when_sent_again_then_no_number_is_lost_and_nothing_issued_twice(
    treasury: TreasurySimulator, client: TreasuryClient
) -> None:
    paid(treasury, client)
    control(treasury, "_fault", kind="silent", requests=1, numbers=["8999"])
    with pytest.raises(Pending):
        client.take_receipt_number(DAY, "n1")
    number = client.take_receipt_number(DAY, "n1")
    assert (number, client.take_receipt_number(DAY, "n2")) == ("0000000001", "0000000002")

    control(treasury, "_fault", kind="half_frame", requests=1, numbers=["8981"])
    with pytest.raises(Pending):
        client.issue_receipt(receipt(number), "i1")
    client.issue_receipt(receipt(number), "i1")
    [issued] = treasury.books.state()["receipts"]
    assert issued["issues"] == 2


@pytest.mark.parametrize(
    "changes", [{"number": "0000000009"}, {"amount_fen": NOTICE.amount_fen - 1}, {"pay_code": "33010026300000000077"}]
)
def test_given_what_the_treasury_does_not_know_when_issued_then_refused(
    treasury: TreasurySimulator, client: TreasuryClient, changes: dict[str, Any]
) -> None:
    paid(treasury, client)
    number = client.take_receipt_number(DAY, "n1")

    with pytest.raises(InvalidInput, match="RECEIPT_REFUSED"):
        client.issue_receipt(receipt(**{"number": number, **changes}), "i1")


def test_given_a_receipt_when_reversed_then_the_cancelling_one_has_its_own_number_and_only_once(
    treasury: TreasurySimulator, client: TreasuryClient
) -> None:
    paid(treasury, client)
    first, red, other = (client.take_receipt_number(DAY, f"n{turn}") for turn in range(3))
    client.issue_receipt(receipt(first), "i1")
    client.issue_receipt(receipt(red, reverses=first), "i2")

    assert [(each["amount"], each["reversed_by"]) for each in treasury.books.state()["receipts"]] == [
        ("31500.00", red),
        ("-31500.00", ""),
    ]
    with pytest.raises(InvalidInput, match="RECEIPT_REFUSED"):
        client.issue_receipt(receipt(other, reverses=first), "i3")


@pytest.mark.parametrize("kind", ["silent", "busy", "delay", "wrong_mac", "half_frame"])
def test_given_any_fault_on_the_way_when_asked_then_pending_and_the_next_answer_counts(
    treasury: TreasurySimulator, client: TreasuryClient, kind: str
) -> None:
    client.register(NOTICE, "m1")
    control(treasury, "_fault", kind=kind, requests=1, seconds=0.7)

    with pytest.raises(Pending):
        client.ask(NOTICE.pay_code, "q1")
    assert client.ask(NOTICE.pay_code, "q2") == NoticeState.UNPAID


def test_given_a_busy_treasury_when_uploaded_then_it_is_no_refusal(
    treasury: TreasurySimulator, client: TreasuryClient
) -> None:
    control(treasury, "_busy", requests=1)

    with pytest.raises(Pending):
        client.register(NOTICE, "m1")
