"""The second carrier: the client against the simulator over real HTTP, and what is no word of the carrier's."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from chalicelib.kernel.clock import SetClock, at_shanghai
from chalicelib.kernel.errors import InvalidInput, NotAllowed, Pending, TooMany
from integrations.ports import Sms, SmsReceipt
from integrations.sms_line import CarrierLine
from integrations.tencent_sms.client import TencentSms
from integrations.tencent_sms.codec import read_receipts, read_reports, read_send
from integrations.tencent_sms.profile import profile
from integrations.tencent_sms.simulator import TencentSimulator

PHONE, DAY = "13800000001", date(2026, 3, 12)
NOTICE = Sms("o-1", PHONE, "deposit_unpaid", {"application": "3301260000001", "until": "3月17日17:00"})
HOUR_MS = 3_600_000


@pytest.fixture
def clock() -> SetClock:
    return SetClock(at_shanghai("2026-03-12T10:00:00"))


@pytest.fixture
def simulator(clock: SetClock) -> Iterator[TencentSimulator]:
    with TencentSimulator("secret", now_s=lambda: clock.now_ms() / 1_000) as running:
        yield running


@pytest.fixture
def client(simulator: TencentSimulator, clock: SetClock) -> TencentSms:
    return TencentSms(simulator.url, "secret", clock)


def test_given_a_message_then_the_phone_shows_it_in_the_order_of_the_template_s_numbers(
    client: TencentSms, simulator: TencentSimulator
) -> None:
    assert client.send_batch("o-1", [NOTICE])
    (text,) = simulator.book.texts(PHONE)
    assert (
        text == "【杭州小客车竞价】申请编码3301260000001:尚未收到本期竞买保证金,请于3月17日17:00前交纳,以到账时间为准。"
    )
    assert text == client.preview(NOTICE.template, NOTICE.params).text
    assert client.ask("o-1", PHONE, DAY) == SmsReceipt("o-1", "delivered", "DELIVRD")


def test_given_a_carrier_that_withholds_then_there_is_no_receipt_before_the_push(
    client: TencentSms, simulator: TencentSimulator
) -> None:
    simulator.book.set_faults({"withhold": True})
    client.send_batch("o-1", [NOTICE])
    with pytest.raises(Pending):
        client.ask("o-1", PHONE, DAY)

    simulator.book.take_reports()

    assert client.ask("o-1", PHONE, DAY) == SmsReceipt("o-1", "delivered", "DELIVRD")


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ({"dead_phones": [PHONE]}, InvalidInput),
        ({"limited_phones": [PHONE]}, TooMany),
        ({"refuse": "LimitExceeded.DailyLimit"}, TooMany),
        ({"refuse": "FailedOperation.InsufficientBalanceInSmsPackage"}, NotAllowed),
        ({"refuse": "InternalError.SendAndRecvFail"}, Pending),
        ({"lose_requests": 1}, Pending),
        ({"lose_answers": 1}, Pending),
    ],
)
def test_given_a_fault_then_only_an_explicit_word_ends_the_message(
    client: TencentSms, simulator: TencentSimulator, fault: dict[str, object], kind: type[Exception]
) -> None:
    simulator.book.set_faults(fault)
    with pytest.raises(kind):
        client.send(NOTICE)
    assert simulator.book.state()["taken"] == ("lose_answers" in fault)


@pytest.mark.parametrize("hours_later", [0, 1, 24, 85])
def test_given_no_receipt_as_long_as_one_may_come_in_then_it_is_not_known_whether_the_message_was_taken(
    client: TencentSms, clock: SetClock, hours_later: int
) -> None:
    clock.advance(hours_later * HOUR_MS)
    with pytest.raises(Pending) as raised:
        client.ask("o-1", PHONE, DAY)
    assert raised.value.code == "SMS_NO_REPORT"


@pytest.mark.parametrize(("hours_later", "known"), [(86, True), (150, True), (160, False)])
def test_given_no_receipt_after_that_then_it_was_never_taken_unless_the_carrier_tells_no_further_back(
    client: TencentSms, clock: SetClock, hours_later: int, known: bool
) -> None:
    clock.advance(hours_later * HOUR_MS)
    if known:
        assert client.ask("o-1", PHONE, DAY) is None
    else:
        with pytest.raises(Pending):
            client.ask("o-1", PHONE, DAY)


def test_given_receipts_without_our_number_then_one_of_them_may_be_the_message_s(clock: SetClock) -> None:
    with TencentSimulator("secret", now_s=lambda: clock.now_ms() / 1_000, tells_session=False) as simulator:
        client = TencentSms(simulator.url, "secret", clock)
        client.send(NOTICE)
        clock.advance(100 * HOUR_MS)
        with pytest.raises(Pending) as raised:
            client.ask("o-1", PHONE, DAY)
    assert raised.value.code == "SMS_UNKNOWN"


def test_given_another_secret_then_the_account_is_refused_loudly(simulator: TencentSimulator, clock: SetClock) -> None:
    with pytest.raises(NotAllowed):
        TencentSms(simulator.url, "wrong", clock).send(NOTICE)
    assert simulator.book.state()["refused"] == {"AuthFailure.SignatureFailure": 1}


def test_given_nobody_listens_then_it_is_known_that_nothing_went(clock: SetClock) -> None:
    with pytest.raises(Pending) as raised:
        TencentSms("http://127.0.0.1:9/", "secret", clock).send(NOTICE)
    assert raised.value.code == "SMS_UNREACHABLE"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"<html>502</html>",
        b'{"Response":{}}',
        b'{"Response":{"SendStatusSet":[]}}',
        b'{"Response":{"SendStatusSet":[{"Code":"Ok","SerialNo":""}]}}',
        b'{"Response":{"SendStatusSet":[{"Code":"Ok","SerialNo":"1"},{"Code":"Ok","SerialNo":"2"}]}}',
        b'{"Response":{"Error":{}}}',
        b'{"Response":{"Error":{"Code":"InternalError"}}}',
    ],
)
def test_given_what_is_no_answer_then_nothing_is_known(body: bytes) -> None:
    with pytest.raises(Pending):
        read_send(body, profile())
    with pytest.raises(Pending):
        read_receipts(body, "o-1", profile())


def test_given_as_many_receipts_as_an_answer_holds_then_the_message_may_be_among_the_rest(
    client: TencentSms, simulator: TencentSimulator, clock: SetClock
) -> None:
    simulator.book.limited = False
    for number in range(100):
        client.send(Sms(f"other-{number}", PHONE, NOTICE.template, NOTICE.params))
    clock.advance(100 * HOUR_MS)
    with pytest.raises(Pending):
        client.ask("o-1", PHONE, DAY)


@pytest.mark.parametrize("body", [b"", b"{}", b"null"])
def test_given_what_is_no_push_then_it_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidInput):
        read_reports(body, profile())


def test_given_a_proxy_then_the_carrier_is_reached_through_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []

    class Proxy(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.append(self.path)
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: object) -> None:
            """Quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Proxy) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{server.server_address[1]}")
        monkeypatch.delenv("no_proxy", raising=False)
        line = CarrierLine("http://carrier.invalid/", profile())
        assert [line.post(b"1", {}), line.post(b"2", {})] == [b"{}", b"{}"]
        server.shutdown()
    assert asked == ["http://carrier.invalid/"] * 2
