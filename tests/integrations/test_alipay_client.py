"""The client against the simulated Alipay over real HTTP: every fault, and what is then known."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import requests
from alipay_sdk.desk import DAY, INTEREST, KEYS, MERCHANT, ORDER, PEM, PROFILE, REFUND, Day, client, simulator

from chalicelib.kernel.errors import (
    Conflict,
    HubError,
    InvalidInput,
    NotAllowed,
    NotAuthenticated,
    NotFound,
    Pending,
    TooMany,
)
from integrations.alipay.client import AlipayClient
from integrations.alipay.notification import TAKEN, read_notification
from integrations.alipay.simulator import AlipaySimulator
from integrations.ports import BillKind, TradeState, Wallet, WalletNotification, WalletOutcome

CREATE, QUERY, REFUND_CALL = "alipay.trade.create", "alipay.trade.query", "alipay.trade.refund"
REFUND_QUERY, TRANSFER = "alipay.trade.fastpay.refund.query", "alipay.fund.trans.uni.transfer"
TRANSFER_QUERY, TOKEN = "alipay.fund.trans.common.query", "alipay.system.oauth.token"
BILL = "alipay.data.dataservice.bill.downloadurl.query"
UNCLEAR = ["unread", "mute", "http_500", "busy", "processing", "system_error", "system_error_done", "wrong_signature"]
UNCLEAR += ["unsigned"]
DONE = {"mute", "http_500", "system_error_done", "wrong_signature", "unsigned", "other_number"}


class Hub:
    """A hub's door for notifications: checks, keeps, answers."""

    def __init__(self) -> None:
        self.told: list[WalletNotification] = []
        self.refused: list[str] = []
        hub = self

        class Door(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                answer = hub.take(body).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def take(self, body: bytes) -> str:
        try:
            asked = {ORDER.our_ref: ORDER.amount_fen}
            self.told.append(read_notification(body, KEYS.alipay, MERCHANT, asked.get, PROFILE))
        except HubError as error:
            self.refused.append(error.code)
            return "failure"
        return TAKEN


@pytest.fixture
def day() -> Day:
    return Day()


@pytest.fixture
def hub() -> Iterator[Hub]:
    door = Hub()
    yield door
    door.server.shutdown()
    door.server.server_close()


@pytest.fixture
def alipay(day: Day, hub: Hub) -> Iterator[AlipaySimulator]:
    with simulator(day, f"http://127.0.0.1:{hub.server.server_address[1]}/", balance_fen=1_000) as standing:
        yield standing


@pytest.fixture
def wallet(alipay: AlipaySimulator, day: Day) -> Wallet:
    return client(alipay, day)


def control(alipay: AlipaySimulator, name: str, **given: Any) -> dict[str, Any]:
    answer = requests.post(f"{alipay.url}/{name}", json=given, timeout=5)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def fault(alipay: AlipaySimulator, method: str, *names: str) -> None:
    control(alipay, "_faults", **{method: list(names)})


def state(alipay: AlipaySimulator) -> dict[str, Any]:
    return dict(requests.get(f"{alipay.url}/_state", timeout=5).json())


def paid(alipay: AlipaySimulator, wallet: Wallet) -> None:
    wallet.create(ORDER)
    control(alipay, "_pay", out_trade_no=ORDER.our_ref, push=False)


def test_given_a_deposit_when_it_goes_all_the_way_then_every_step_is_known(
    alipay: AlipaySimulator, wallet: Wallet, day: Day
) -> None:
    user = wallet.user(control(alipay, "_sign_in", open_id=ORDER.buyer_ref)["auth_code"])
    created = wallet.create(replace(ORDER, buyer_ref=user))
    assert (created.state, wallet.ask(ORDER.our_ref).state) == (TradeState.WAITING, TradeState.WAITING)
    assert wallet.create(ORDER).serial == created.serial

    control(alipay, "_pay", out_trade_no=ORDER.our_ref, push=False)
    trade = wallet.ask(ORDER.our_ref)
    assert (trade.state, trade.amount_fen, trade.serial) == (TradeState.PAID, 200_000, created.serial)
    assert (trade.paid_at_ms, trade.buyer_ref) == (day.clock.now_ms(), "open-id-1")

    assert wallet.refund(REFUND).outcome is WalletOutcome.PAID
    assert wallet.ask_refund(REFUND).amount_fen == 200_000
    closed = wallet.ask(ORDER.our_ref)
    assert (closed.state, closed.paid_at_ms) == (TradeState.CLOSED, day.clock.now_ms())
    assert wallet.transfer(INTEREST).outcome is WalletOutcome.PAID
    assert wallet.ask_transfer(INTEREST).amount_fen == 37
    assert state(alipay)["balance_fen"] == 1_000 - 37

    bill = wallet.read_bill(wallet.fetch_bill(date.fromisoformat(DAY)))
    assert (bill.problems, bill.payments_fen, bill.refunds_fen) == ((), 200_000, 200_000)
    assert {(line.kind, line.our_ref, line.refund_ref) for line in bill.lines} == {
        (BillKind.PAYMENT, ORDER.our_ref, ""),
        (BillKind.REFUND, ORDER.our_ref, REFUND.our_ref),
    }


@pytest.mark.parametrize("name", [*UNCLEAR, "other_number"])
def test_given_no_clear_answer_when_a_refund_is_sent_then_pending_and_asking_tells(
    alipay: AlipaySimulator, wallet: Wallet, name: str
) -> None:
    paid(alipay, wallet)
    fault(alipay, REFUND_CALL, name)

    with pytest.raises(Pending):
        wallet.refund(REFUND)

    asked = wallet.ask_refund(REFUND)
    assert asked.outcome is (WalletOutcome.PAID if name in DONE else WalletOutcome.NOT_FOUND)
    if asked.outcome is WalletOutcome.NOT_FOUND:
        assert wallet.refund(REFUND).outcome is WalletOutcome.PAID
    assert state(alipay)["trades"][0]["refunds"] == {REFUND.our_ref: 200_000}


@pytest.mark.parametrize("name", [*UNCLEAR, "other_number"])
def test_given_no_clear_answer_when_a_transfer_is_sent_then_pending_and_asking_tells(
    alipay: AlipaySimulator, wallet: Wallet, name: str
) -> None:
    fault(alipay, TRANSFER, name)

    with pytest.raises(Pending):
        wallet.transfer(INTEREST)

    asked = wallet.ask_transfer(INTEREST)
    assert asked.outcome is (WalletOutcome.PAID if name in DONE else WalletOutcome.NOT_FOUND)
    # Not found: the same again, unchanged. Found: the same again changes nothing.
    assert wallet.transfer(INTEREST).outcome is WalletOutcome.PAID
    assert state(alipay)["balance_fen"] == 1_000 - 37


@pytest.mark.parametrize("name", UNCLEAR)
@pytest.mark.parametrize("method", [CREATE, QUERY, REFUND_QUERY, TRANSFER_QUERY, TOKEN, BILL])
def test_given_no_clear_answer_when_anything_else_is_called_then_pending(
    alipay: AlipaySimulator, wallet: Wallet, method: str, name: str
) -> None:
    paid(alipay, wallet)
    wallet.transfer(INTEREST)
    calls = {
        CREATE: lambda: wallet.create(replace(ORDER, our_ref="D2")),
        QUERY: lambda: wallet.ask(ORDER.our_ref),
        REFUND_QUERY: lambda: wallet.ask_refund(REFUND),
        TRANSFER_QUERY: lambda: wallet.ask_transfer(INTEREST),
        TOKEN: lambda: wallet.user(control(alipay, "_sign_in", open_id="u")["auth_code"]),
        BILL: lambda: wallet.fetch_bill(date.fromisoformat(DAY)),
    }
    fault(alipay, method, name)

    with pytest.raises(Pending):
        calls[method]()
    calls[method]()


def test_given_a_refund_sent_again_when_answered_then_only_asking_counts_it(
    alipay: AlipaySimulator, wallet: Wallet
) -> None:
    paid(alipay, wallet)
    assert wallet.refund(REFUND).outcome is WalletOutcome.PAID

    with pytest.raises(Pending, match="fund_change"):
        wallet.refund(REFUND)

    assert wallet.ask_refund(REFUND).outcome is WalletOutcome.PAID


def test_given_a_number_used_for_something_else_when_sent_then_conflict(
    alipay: AlipaySimulator, wallet: Wallet
) -> None:
    paid(alipay, wallet)
    wallet.refund(replace(REFUND, amount_fen=1))
    wallet.transfer(INTEREST)

    for send in (
        lambda: wallet.refund(REFUND),
        lambda: wallet.ask_refund(REFUND),
        lambda: wallet.transfer(replace(INTEREST, amount_fen=38)),
        lambda: wallet.ask_transfer(replace(INTEREST, amount_fen=38)),
        lambda: wallet.create(ORDER),
    ):
        with pytest.raises(Conflict):
            send()


def test_given_wrong_amounts_in_signed_answers_when_asked_then_conflict_and_nothing_counts(
    alipay: AlipaySimulator, wallet: Wallet
) -> None:
    paid(alipay, wallet)
    wallet.refund(REFUND)
    wallet.transfer(INTEREST)
    fault(alipay, REFUND_QUERY, "wrong_amount")
    fault(alipay, TRANSFER_QUERY, "wrong_amount")
    fault(alipay, QUERY, "wrong_amount")

    with pytest.raises(Conflict, match="WALLET_AMOUNT_DIFFERS"):
        wallet.ask_refund(REFUND)
    with pytest.raises(Conflict, match="WALLET_AMOUNT_DIFFERS"):
        wallet.ask_transfer(INTEREST)
    # A trade's amount is the wallet's to say and the room's to compare.
    assert wallet.ask(ORDER.our_ref).amount_fen == 200_001


@pytest.mark.parametrize(("more_fen", "code"), [(1, "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL"), (0, "")])
def test_given_more_than_the_trade_when_refunded_then_failed_by_its_own_word(
    alipay: AlipaySimulator, wallet: Wallet, more_fen: int, code: str
) -> None:
    paid(alipay, wallet)

    refunded = wallet.refund(replace(REFUND, amount_fen=200_000 + more_fen))

    assert (refunded.outcome is WalletOutcome.FAILED, refunded.code) == (bool(more_fen), code)


def test_given_a_trade_that_can_not_be_refunded_when_tried_then_failed(alipay: AlipaySimulator, wallet: Wallet) -> None:
    assert wallet.refund(REFUND).code == "ACQ.TRADE_NOT_EXIST"
    paid(alipay, wallet)
    control(alipay, "_finish", out_trade_no=ORDER.our_ref)

    assert wallet.ask(ORDER.our_ref).state is TradeState.FINISHED
    assert wallet.refund(REFUND).code == "ACQ.TRADE_HAS_FINISHED"


def test_given_no_balance_when_money_is_to_go_then_wait_and_the_same_number_goes_later(
    alipay: AlipaySimulator, wallet: Wallet
) -> None:
    paid(alipay, wallet)
    control(alipay, "_balance", fen=0)
    for send in (lambda: wallet.refund(REFUND), lambda: wallet.transfer(INTEREST)):
        with pytest.raises(TooMany, match="BALANCE_NOT_ENOUGH"):
            send()
    control(alipay, "_balance", fen=1_000_000)

    assert wallet.refund(REFUND).outcome is wallet.transfer(INTEREST).outcome is WalletOutcome.PAID


def test_given_a_payee_who_can_not_be_paid_when_paid_then_failed_and_later_not(
    alipay: AlipaySimulator, wallet: Wallet
) -> None:
    control(alipay, "_payees", **{INTEREST.payee_ref: "PAYEE_NOT_EXIST"})
    failed = wallet.transfer(INTEREST)
    assert (failed.outcome, failed.code) == (WalletOutcome.FAILED, "PAYEE_NOT_EXIST")
    assert wallet.ask_transfer(INTEREST).outcome is WalletOutcome.NOT_FOUND

    control(alipay, "_payees", **{INTEREST.payee_ref: "A_CODE_NOBODY_KNOWS"})
    with pytest.raises(Pending, match="A_CODE_NOBODY_KNOWS"):
        wallet.transfer(INTEREST)


@pytest.mark.parametrize("end", ["SUCCESS", "FAIL", "REFUND", "DEALING", "A_WORD_NOBODY_KNOWS"])
def test_given_a_transfer_under_way_when_asked_then_only_an_explicit_word_ends_it(
    alipay: AlipaySimulator, wallet: Wallet, end: str
) -> None:
    control(alipay, "_transfers", next="DEALING")
    with pytest.raises(Pending):
        wallet.transfer(INTEREST)
    control(alipay, "_transfers", out_biz_no=INTEREST.our_ref, status=end, error="" if end == "SUCCESS" else "E1")

    if end in ("SUCCESS", "FAIL", "REFUND"):
        asked = wallet.ask_transfer(INTEREST)
        assert (asked.outcome is WalletOutcome.PAID, asked.code) == (end == "SUCCESS", "" if end == "SUCCESS" else "E1")
    else:
        with pytest.raises(Pending):
            wallet.ask_transfer(INTEREST)


@pytest.mark.parametrize(
    ("told", "before", "after"),
    [
        ("9000", None, TradeState.PAID),
        ("8000", None, TradeState.PAID),
        ("6004", None, TradeState.PAID),
        ("6002", None, TradeState.PAID),
        ("0", None, TradeState.PAID),
        ("4000", TradeState.WAITING, TradeState.PAID),
        ("6001", TradeState.WAITING, TradeState.PAID),
    ],
)
def test_given_the_device_s_word_when_asked_then_it_proves_nothing(
    alipay: AlipaySimulator, wallet: Wallet, told: str, before: TradeState | None, after: TradeState
) -> None:
    wallet.create(ORDER)
    if before is None:
        with pytest.raises(Pending, match="WALLET_PAYING"):
            wallet.ask_after(ORDER.our_ref, told)
    else:
        assert wallet.ask_after(ORDER.our_ref, told).state is before

    control(alipay, "_pay", out_trade_no=ORDER.our_ref, push=False)
    assert wallet.ask_after(ORDER.our_ref, told).state is after


def test_given_a_trade_out_of_time_when_asked_then_closed_and_never_paid(
    alipay: AlipaySimulator, wallet: Wallet
) -> None:
    assert wallet.ask(ORDER.our_ref).state is TradeState.NOT_FOUND
    wallet.create(ORDER)
    control(alipay, "_close", out_trade_no=ORDER.our_ref)

    closed = wallet.ask(ORDER.our_ref)
    assert (closed.state, closed.paid_at_ms) == (TradeState.CLOSED, None)
    with pytest.raises(Conflict, match="TRADE_HAS_CLOSE"):
        wallet.create(ORDER)


def test_given_an_auth_code_when_used_twice_then_the_second_is_refused(alipay: AlipaySimulator, wallet: Wallet) -> None:
    code = control(alipay, "_sign_in", open_id="u")["auth_code"]
    assert wallet.user(code) == "u"
    with pytest.raises(NotAuthenticated):
        wallet.user(code)
    with pytest.raises(InvalidInput):
        wallet.user("a code&with=more")


def test_given_another_key_or_app_when_called_then_the_account_is_named(alipay: AlipaySimulator, day: Day) -> None:
    def of(merchant: Any, private: str) -> AlipayClient:
        return AlipayClient(alipay.gateway_url, merchant, private, PEM["alipay.public"], clock=day.clock)

    with pytest.raises(NotAllowed, match="invalid-signature"):
        of(MERCHANT, PEM["alipay.private"]).ask("D1")
    with pytest.raises(NotAllowed, match="invalid-app-id"):
        of(replace(MERCHANT, app_id="2021"), PEM["merchant.private"]).ask("D1")


# Notifications


def test_given_a_payment_when_told_twice_then_both_are_one_and_answered_success(
    alipay: AlipaySimulator, wallet: Wallet, hub: Hub
) -> None:
    wallet.create(ORDER)
    told = control(alipay, "_pay", out_trade_no=ORDER.our_ref, copies=2)

    assert told["answers"] == ["success", "success"]
    assert hub.told[0] == hub.told[1]
    assert (hub.told[0].id, hub.told[0].trade.state) == (told["notify_id"], TradeState.PAID)
    assert control(alipay, "_push")["answers"] == []


def test_given_notifications_out_of_order_when_read_then_each_says_what_it_said(
    alipay: AlipaySimulator, wallet: Wallet, hub: Hub
) -> None:
    paid(alipay, wallet)
    wallet.refund(replace(REFUND, our_ref="R1", amount_fen=50_000))
    wallet.refund(replace(REFUND, our_ref="R2", amount_fen=150_000))
    control(alipay, "_push", reverse=True)

    assert [(told.trade.state, told.refunded_fen) for told in hub.told] == [
        (TradeState.CLOSED, 200_000),
        (TradeState.PAID, 50_000),
        (TradeState.PAID, 0),
    ]
    # What came last is oldest: each carries that the trade was paid, and the wallet when asked knows the state.
    assert all(told.trade.paid_at_ms for told in hub.told)
    assert wallet.ask(ORDER.our_ref).state is TradeState.CLOSED


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        ("signature", "NOTIFICATION_SIGNATURE"),
        ("amount", "NOTIFICATION_TOTAL_AMOUNT"),
        ("seller", "NOTIFICATION_SELLER_ID"),
        ("app", "NOTIFICATION_APP_ID"),
    ],
)
def test_given_a_spoilt_notification_when_told_then_refused_and_the_right_one_is_taken_later(
    alipay: AlipaySimulator, wallet: Wallet, hub: Hub, spoil: str, code: str
) -> None:
    wallet.create(ORDER)
    control(alipay, "_pay", out_trade_no=ORDER.our_ref, spoil=spoil)
    assert (hub.refused, hub.told) == ([code], [])

    assert control(alipay, "_push")["answers"] == ["success"]
    assert hub.told[0].trade.state is TradeState.PAID


# The bill's way


def test_given_a_day_without_bookings_when_its_bill_is_fetched_then_not_found(wallet: Wallet) -> None:
    with pytest.raises(NotFound, match="BILL_NOT_READY"):
        wallet.fetch_bill(date(2026, 3, 11))


def test_given_a_bill_url_older_than_30_s_when_fetched_then_pending_and_the_next_try_has_a_new_one(
    alipay: AlipaySimulator, wallet: Wallet, day: Day, monkeypatch: pytest.MonkeyPatch
) -> None:
    paid(alipay, wallet)
    serve = alipay.bill

    def late(key: str) -> bytes | None:
        day.clock.advance(30_000)
        return serve(key)

    monkeypatch.setattr(alipay, "bill", late)
    with pytest.raises(Pending, match="HTTP 403"):
        wallet.fetch_bill(date.fromisoformat(DAY))
    monkeypatch.undo()

    assert wallet.read_bill(wallet.fetch_bill(date.fromisoformat(DAY))).payments_fen == 200_000


def test_given_refunds_without_their_minus_when_the_bill_is_read_then_the_kind_decides(
    alipay: AlipaySimulator, wallet: Wallet
) -> None:
    paid(alipay, wallet)
    wallet.refund(REFUND)
    plain = wallet.read_bill(wallet.fetch_bill(date.fromisoformat(DAY)))
    control(alipay, "_bills", plus_refunds=True)

    assert wallet.read_bill(wallet.fetch_bill(date.fromisoformat(DAY))) == plain


# The transport


def test_given_nobody_listens_when_asked_then_pending_and_no_parameter_is_shown(day: Day) -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{held.getsockname()[1]}/gateway.do"
        wallet = AlipayClient(url, MERCHANT, PEM["merchant.private"], PEM["alipay.public"], profile=PROFILE)
        with pytest.raises(Pending) as silent:
            wallet.ask(ORDER.our_ref)

    assert "sign" not in str(silent.value)


def test_given_an_answer_too_long_when_read_then_pending(alipay: AlipaySimulator, day: Day) -> None:
    with pytest.raises(Pending, match="too long"):
        client(alipay, day, replace(PROFILE, answer_bytes_max=10)).ask(ORDER.our_ref)


def test_given_an_unknown_control_when_called_then_the_answer_says_so(alipay: AlipaySimulator) -> None:
    for door, given in (("_nothing", {}), ("_pay", {"out_trade_no": "D9"}), ("_faults", {QUERY: ["nap"]})):
        assert requests.post(f"{alipay.url}/{door}", json=given, timeout=5).status_code == 400
