"""The gateway over real HTTP: localstripe, which forgets keys and over-refunds, and a socket that fails as lines do."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from chalicelib.kernel.clock import SystemClock, local_date
from chalicelib.kernel.errors import Conflict, FileRefused, HubError, NotFound, Pending, TooMany
from integrations.ports import BillKind, TradeState, WalletOrder, WalletOutcome, WalletRefund, WalletTransfer
from integrations.stripe.bill import Day
from integrations.stripe.client import StripeGateway, day_of_shanghai, keys_from
from local import localstripe
from local.processes import free_port

FEN = 200_000
FOREVER = 4_000_000_000_000


class Desk:
    """A gateway client, and the numbers that a hub would keep."""

    def __init__(self, url: str) -> None:
        self.url, self.kept = url, dict[str, str]()
        self.client = StripeGateway(
            url, localstripe.API_KEY, "whsec", "2088", lambda ref: self.kept.get(ref, ""), clock=_Late()
        )

    def open(self, our_ref: str) -> Any:
        trade = self.client.create(WalletOrder(our_ref, FEN, "-", "-"))
        self.kept.setdefault(our_ref, trade.serial)
        return trade

    def paid(self, our_ref: str) -> Any:
        localstripe.pay(self.url, self.open(our_ref).serial)
        return self.client.ask(our_ref)

    def refund(self, number: str, trade: str, fen: int = FEN) -> Any:
        return self.client.refund(WalletRefund(number, trade, fen, "-"))

    def refunds(self, our_ref: str) -> int:
        return len(localstripe.call(self.url, f"/v1/refunds?payment_intent={self.kept[our_ref]}&limit=100")["data"])


class _Late:
    """A clock by which today is over."""

    def now_ms(self) -> int:
        return SystemClock().now_ms() + 86_400_000


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    with localstripe.running(free_port()) as url:
        yield Desk(url)


def test_given_a_payment_when_opened_twice_then_the_first_one_stands_though_the_gateway_forgets_keys(
    desk: Desk,
) -> None:
    first, again = desk.open("HP202603_1_001"), desk.open("HP202603_1_001")

    assert (first.serial, first.pay_token) == (again.serial, again.pay_token)
    assert first.pay_token.startswith(first.serial)
    assert "secret" not in repr(first)
    assert desk.client.ask("HP202603_1_001").state is TradeState.WAITING
    assert desk.client.ask("HP202603_none_001").state is TradeState.NOT_FOUND
    with pytest.raises(Pending):
        desk.client.ask_after("HP202603_1_001", "9000")


def test_given_a_paid_one_when_asked_then_it_says_when_and_it_is_not_opened_anew(desk: Desk) -> None:
    trade = desk.paid("HP202603_2_001")

    assert (trade.state, trade.amount_fen) == (TradeState.PAID, FEN)
    assert trade.paid_at_ms is not None
    assert local_date(trade.paid_at_ms) in (
        local_date(SystemClock().now_ms()),
        local_date(SystemClock().now_ms() - 60_000),
    )
    with pytest.raises(Conflict, match="WALLET_TRADE_MOVED"):
        desk.open("HP202603_2_001")


def test_given_a_refund_when_sent_again_then_it_left_once(desk: Desk) -> None:
    desk.paid("HP202603_3_001")
    order = WalletRefund("RF3a", "HP202603_3_001", FEN, "-")
    assert desk.client.ask_refund(order).outcome is WalletOutcome.NOT_FOUND

    assert [desk.client.refund(order).outcome for _ in range(3)] == [WalletOutcome.PAID] * 3
    assert desk.client.ask_refund(order).outcome is WalletOutcome.PAID
    assert desk.refunds("HP202603_3_001") == 1
    with pytest.raises(Conflict, match="WALLET_AMOUNT_DIFFERS"):
        desk.refund("RF3a", "HP202603_3_001", FEN - 1)


def test_given_more_than_was_paid_when_refunded_then_refused_though_the_gateway_would_pay(desk: Desk) -> None:
    desk.paid("HP202603_4_001")
    assert desk.refund("RF4a", "HP202603_4_001", FEN - 1).outcome is WalletOutcome.PAID

    assert desk.refund("RF4b", "HP202603_4_001", 2).code == "MORE_THAN_PAID"
    assert desk.refund("RF4c", "HP202603_4_001", 1).outcome is WalletOutcome.PAID
    assert desk.refunds("HP202603_4_001") == 2
    desk.open("HP202603_5_001")
    assert desk.refund("RF5a", "HP202603_5_001").code == "NOT_PAID"
    assert desk.client.transfer(WalletTransfer("TF1", "-", 3, "-", "-")).outcome is WalletOutcome.FAILED


def test_given_one_number_refunded_twice_at_the_gateway_when_asked_then_it_is_a_conflict_and_nothing_more_leaves(
    desk: Desk,
) -> None:
    desk.paid("HP202603_6_001")
    form = {"payment_intent": desk.kept["HP202603_6_001"], "amount": "5", "metadata[hub_ref]": "RF6a"}
    for _ in range(2):
        localstripe.call(desk.url, "/v1/refunds", form)

    with pytest.raises(Conflict, match="WALLET_REFUNDED_TWICE"):
        desk.refund("RF6a", "HP202603_6_001", 5)
    assert desk.refunds("HP202603_6_001") == 2


def test_given_a_day_when_its_bill_is_fetched_then_it_lists_payments_and_refunds_of_that_day_alone(desk: Desk) -> None:
    desk.paid("HP202603_7_001")
    desk.refund("RF7a", "HP202603_7_001", 700)
    today = local_date(SystemClock().now_ms())

    bill = desk.client.read_bill(desk.client.fetch_bill(today))

    ours = [line for line in bill.lines if line.our_ref == "HP202603_7_001"]
    assert [(line.kind, line.amount_fen, line.refund_ref) for line in ours] == [
        (BillKind.PAYMENT, FEN, ""),
        (BillKind.REFUND, 700, "RF7a"),
    ]
    assert {line.serial for line in ours} == {desk.kept["HP202603_7_001"]}
    assert (bill.account_no, bill.day, bill.problems) == ("2088", today, ())
    assert ours[0].finished_at_ms == desk.client.ask("HP202603_7_001").paid_at_ms
    kept = StripeGateway(
        desk.url, localstripe.API_KEY, "w", "2088", lambda _: "", clock=_Late(), day_of=lambda day: Day(day, 0, 1_000)
    )
    assert kept.read_bill(kept.fetch_bill(today)).lines == ()
    early = StripeGateway(desk.url, localstripe.API_KEY, "w", "2088", lambda _: "")
    with pytest.raises(NotFound, match="BILL_NOT_READY"):
        early.fetch_bill(today)
    assert day_of_shanghai(today).to_ms - day_of_shanghai(today).from_ms == 86_400_000


def test_given_pages_when_a_bill_is_longer_than_one_then_every_booking_is_on_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("integrations.stripe.forms.PAGE", 2)
    desk.paid("HP202603_8_001")
    for number in range(5):
        desk.refund(f"RF8{number}", "HP202603_8_001", 10)

    bill = desk.client.read_bill(desk.client.fetch_bill(local_date(SystemClock().now_ms())))

    assert {line.refund_ref for line in bill.lines if line.our_ref == "HP202603_8_001"} == {
        "",
        *(f"RF8{number}" for number in range(5)),
    }
    assert desk.refund("RF84", "HP202603_8_001", 10).outcome is WalletOutcome.PAID
    assert desk.refunds("HP202603_8_001") == 5


@pytest.fixture
def socket_that(request: pytest.FixtureRequest) -> Iterator[str]:
    """Answers every call with the status and body that the test names."""
    status, body = request.param

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def error(kind: str, code: str = "") -> bytes:
    return json.dumps({"error": {"type": kind, "code": code, "message": "…"}}).encode()


@pytest.mark.parametrize(
    ("socket_that", "code"),
    [
        ((500, error("api_error")), "WALLET_UNCLEAR"),
        ((502, b"<html>"), "WALLET_UNCLEAR"),
        ((200, b"{"), "WALLET_UNCLEAR"),
        ((200, b"{}"), "WALLET_UNCLEAR"),
        ((200, b"[" * 50_000), "WALLET_UNCLEAR"),
        ((302, b""), "WALLET_UNCLEAR"),
        ((400, b"{}"), "WALLET_UNCLEAR"),
        ((409, error("idempotency_error", "idempotency_key_in_use")), "WALLET_UNCLEAR"),
        ((400, error("idempotency_error")), "WALLET_NUMBER_TAKEN"),
        ((400, error("invalid_request_error", "amount_too_small")), "WALLET_REFUSED"),
        ((401, error("invalid_request_error")), "WALLET_ACCOUNT"),
        ((403, error("invalid_request_error")), "WALLET_ACCOUNT"),
        ((429, error("invalid_request_error", "rate_limit")), "WALLET_WAIT"),
        ((400, error("invalid_request_error", "balance_insufficient")), "WALLET_WAIT"),
    ],
    indirect=["socket_that"],
)
def test_given_an_answer_when_it_is_no_explicit_word_then_the_outcome_stays_open(socket_that: str, code: str) -> None:
    gateway = StripeGateway(socket_that, "sk_test_secret", "whsec", "2088", lambda _: "")

    with pytest.raises(HubError) as raised:
        gateway.create(WalletOrder("HP202603_1_001", FEN, "-", "-"))

    assert raised.value.code == code
    assert "sk_test" not in str(raised.value)
    assert isinstance(raised.value, TooMany) is (code == "WALLET_WAIT")


def test_given_nobody_at_the_address_when_called_then_pending() -> None:
    gateway = StripeGateway(f"http://127.0.0.1:{free_port()}", "sk", "whsec", "2088", lambda _: "")

    with pytest.raises(Pending):
        gateway.create(WalletOrder("HP202603_1_001", FEN, "-", "-"))


def test_given_a_file_that_is_no_bill_when_read_then_refused() -> None:
    gateway = StripeGateway("http://127.0.0.1:1", "sk", "whsec", "2088", lambda _: "")

    for content in (b"", b"{}", b'{"kind":"stripe-bill"}\n', Path(__file__).read_bytes()):
        with pytest.raises(FileRefused):
            gateway.read_bill(content)


def test_given_the_keys_secret_when_read_then_both_or_refused() -> None:
    assert keys_from('{"api_key": "a", "signing_secret": "b"}') == ("a", "b")
    with pytest.raises(HubError, match="KEYS_INVALID"):
        keys_from("AAAA")
