"""The client against the simulated treasury, over real TCP; the controls over real HTTP."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
import requests

from chalicelib.kernel.errors import InvalidInput, Pending
from integrations.ports import Notice, NoticeState
from integrations.treasury_nontax.client import TreasuryClient
from integrations.treasury_nontax.profile import default_profile
from integrations.treasury_nontax.simulator import TreasurySimulator

SECRET = "a token of both sides"
PROFILE = replace(default_profile(), connect_timeout_seconds=0.5, answer_timeout_seconds=0.5)
NOTICE = Notice("33010026300000000001", "赵六", 3_150_000, date(2026, 3, 25), date(2026, 3, 30))


@pytest.fixture
def treasury() -> Iterator[TreasurySimulator]:
    with TreasurySimulator(SECRET) as simulator:
        yield simulator


@pytest.fixture
def client(treasury: TreasurySimulator) -> TreasuryClient:
    return TreasuryClient(treasury.address, SECRET, PROFILE)


def control(treasury: TreasurySimulator, name: str, **given: Any) -> dict[str, Any]:
    answer = requests.post(f"{treasury.url}/{name}", json=given, timeout=5)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def state(treasury: TreasurySimulator) -> dict[str, Any]:
    return dict(requests.get(f"{treasury.url}/_state", timeout=5).json())


def test_given_a_notice_when_registered_twice_then_the_treasury_has_it_once(
    treasury: TreasurySimulator, client: TreasuryClient
) -> None:
    client.register(NOTICE, "m1")
    client.register(NOTICE, "m1")

    [notice] = state(treasury)["notices"]
    assert (notice["pay_code"], notice["amount"], notice["uploads"]) == (NOTICE.pay_code, "31500.00", 2)


def test_given_other_content_under_the_same_code_when_registered_then_refused(client: TreasuryClient) -> None:
    client.register(NOTICE, "m1")

    with pytest.raises(InvalidInput, match="NOTICE_REFUSED"):
        client.register(replace(NOTICE, amount_fen=1), "m2")


def test_given_a_notice_when_asked_then_its_state_follows_what_happens(
    treasury: TreasurySimulator, client: TreasuryClient
) -> None:
    assert client.ask(NOTICE.pay_code, "q1") == NoticeState.UNKNOWN
    client.register(NOTICE, "m1")
    assert client.ask(NOTICE.pay_code, "q2") == NoticeState.UNPAID
    control(treasury, "_pay", pay_code=NOTICE.pay_code, amount_fen=3_149_999, payer_name="赵六", push=False)
    assert client.ask(NOTICE.pay_code, "q3") == NoticeState.UNPAID
    control(treasury, "_pay", pay_code=NOTICE.pay_code, amount_fen=3_150_000, payer_name="赵六", push=False)
    assert client.ask(NOTICE.pay_code, "q4") == NoticeState.PAID
    control(treasury, "_void", pay_code=NOTICE.pay_code)
    assert client.ask(NOTICE.pay_code, "q5") == NoticeState.VOID


def test_given_no_answer_when_registered_then_pending_and_the_repeat_changes_nothing(
    treasury: TreasurySimulator, client: TreasuryClient
) -> None:
    control(treasury, "_silent", requests=1, worked=True)

    with pytest.raises(Pending, match="TREASURY_SILENT"):
        client.register(NOTICE, "m1")
    client.register(NOTICE, "m1")

    assert len(state(treasury)["notices"]) == 1


def test_given_a_busy_treasury_when_asked_then_pending_and_never_a_guess(
    treasury: TreasurySimulator, client: TreasuryClient
) -> None:
    client.register(NOTICE, "m1")
    control(treasury, "_busy", requests=1)

    with pytest.raises(Pending):
        client.ask(NOTICE.pay_code, "q1")
    assert client.ask(NOTICE.pay_code, "q2") == NoticeState.UNPAID


def test_given_another_token_when_registered_then_pending_and_nothing_is_written(treasury: TreasurySimulator) -> None:
    with pytest.raises(Pending):
        TreasuryClient(treasury.address, "another token", PROFILE).register(NOTICE, "m1")

    assert state(treasury)["notices"] == []


def test_given_nobody_listens_when_asked_then_pending() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        with pytest.raises(Pending):
            TreasuryClient(f"127.0.0.1:{held.getsockname()[1]}", SECRET, PROFILE).ask(NOTICE.pay_code, "q1")


@pytest.mark.parametrize("answer", [b"", b"99", b"9876    CNNONTAX", b"not a frame at all", b"99999999CNNONTAX1.08001"])
def test_given_a_broken_answer_when_asked_then_pending(answer: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(65_536)
                connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        client = TreasuryClient(f"127.0.0.1:{server.getsockname()[1]}", SECRET, PROFILE)
        with pytest.raises(Pending):
            client.ask(NOTICE.pay_code, "q1")
        thread.join()


def test_given_an_answer_in_many_pieces_when_asked_then_it_is_read_whole(
    treasury: TreasurySimulator, client: TreasuryClient
) -> None:
    client.register(NOTICE, "m1")
    host, _, port = treasury.address.rpartition(":")
    with socket.create_server(("127.0.0.1", 0)) as relay:

        def serve() -> None:
            near, _ = relay.accept()
            with near, socket.create_connection((host, int(port))) as far:
                near.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                far.sendall(near.recv(65_536))
                while byte := far.recv(7):
                    near.sendall(byte)

        thread = threading.Thread(target=serve)
        thread.start()
        slow = TreasuryClient(f"127.0.0.1:{relay.getsockname()[1]}", SECRET, PROFILE)
        assert slow.ask(NOTICE.pay_code, "q1") == NoticeState.UNPAID
        thread.join()


def test_given_an_address_without_a_port_when_made_then_it_is_said_at_once() -> None:
    with pytest.raises(ValueError, match="host:port"):
        TreasuryClient("treasury", SECRET)


def test_given_an_unknown_control_when_called_then_the_answer_says_so(treasury: TreasurySimulator) -> None:
    assert requests.post(f"{treasury.url}/_nothing", json={}, timeout=5).status_code == 404
    assert requests.post(f"{treasury.url}/_pay", json={"pay_code": "1"}, timeout=5).status_code == 404
    assert requests.post(f"{treasury.url}/_busy", json={}, timeout=5).status_code == 400
