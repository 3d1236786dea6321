"""The client against the bank's simulator, over real HTTP, with everything that can go wrong on the way."""

import socket
from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from minsheng_desk import ACCOUNT_NO, BATCH_NO, LOGIN, NIGHT, SECRET, credit, lines, post, read

from chalicelib.kernel.clock import SetClock
from chalicelib.kernel.errors import Conflict, FileRefused, InvalidInput, Pending
from integrations.minsheng import client as client_module
from integrations.minsheng.client import MinshengBank, login_from
from integrations.minsheng.simulator import MinshengSimulator
from integrations.ports import BatchState, DepositBank, Direction, PaymentOutcome


@pytest.fixture
def clock():
    return SetClock(NIGHT)


@pytest.fixture
def bank(clock):
    with MinshengSimulator(LOGIN, ACCOUNT_NO, now_ms=clock.now_ms) as simulator:
        yield simulator


@pytest.fixture
def client(bank, clock):
    return MinshengBank(bank.url, login_from(SECRET), ACCOUNT_NO, clock, timeout_seconds=(3.05, 5.0))


def paid(bank) -> list[str]:
    return [payment["explain"].split(" ")[1] for payment in bank.account.payments]


def test_given_the_client_then_it_is_a_deposit_bank(client):
    port: DepositBank = client

    assert (port.channel, port.lines_max) == ("minsheng", 1_000)


def test_given_a_batch_when_sent_then_each_way_pays_once_and_the_return_and_the_detail_say_so(bank, client):
    post(bank, "/_credits", [credit(1, 2_000_000)])
    post(bank, "/_accounts", {lines(2, 2)[1].account_no: "failed", lines(2, 2)[3].account_no: "working"})
    file = client.write_batch(BATCH_NO, lines(2, 2))
    assert client.ask_batch(file) is BatchState.NOT_FOUND

    client.send_batch(file)
    client.send_batch(file)

    assert client.ask_batch(file) is BatchState.ACCEPTED
    assert sorted(bank.account.batches) == [f"{BATCH_NO}C", f"{BATCH_NO}X"]
    refs = [line.our_ref for line in lines(2, 2)]
    assert paid(bank) == [refs[0], refs[2]]
    back = read(client, client.fetch_return(file), client.read_return)
    assert (back.batch_no, back.problems) == (BATCH_NO, ())
    assert [(line.our_ref, line.outcome) for line in back.lines] == [
        (refs[0], PaymentOutcome.PAID),
        (refs[1], PaymentOutcome.FAILED),
        (refs[2], PaymentOutcome.PAID),
        (refs[3], PaymentOutcome.PENDING),
    ]
    client._clock.advance(86_400_000)
    statement = read(client, client.fetch_statement(date(2026, 3, 11)), client.read_statement)
    debits = [(line.our_ref, line.amount_fen) for line in statement.lines if line.direction is Direction.DEBIT]
    assert debits == [(refs[0], 200_033), (refs[2], 200_033)]


@pytest.mark.parametrize("fault", ["mute", "unknown", "half", "garbage"])
@pytest.mark.parametrize("code", ["batchCostReimb", "batchXfer"])
def test_given_an_answer_lost_after_acceptance_when_sent_again_then_it_is_asked_about_and_paid_once(
    bank, client, fault, code
):
    file = client.write_batch(BATCH_NO, lines(1, 1))
    post(bank, "/_faults", {f"{fault}:{code}": 1})

    with pytest.raises(Pending, match="BANK_SILENT"):
        client.send_batch(file)

    # The first request may be there and the second not: then asking says that one is missing, and sending again sends
    # that one only.
    asked = client.ask_batch(file)
    assert asked is (BatchState.NOT_FOUND if code == "batchCostReimb" else BatchState.ACCEPTED)
    client.send_batch(file)
    assert client.ask_batch(file) is BatchState.ACCEPTED
    assert len(paid(bank)) == len(set(paid(bank))) == 2


@pytest.mark.parametrize("fault", ["mute", "unknown", "half", "garbage", "refuse", "wrong_total"])
def test_given_no_clear_answer_to_the_question_when_sent_then_nothing_is_sent(bank, client, fault):
    file = client.write_batch(BATCH_NO, lines(1))
    client.send_batch(file)
    post(bank, "/_faults", {f"{fault}:qryBatchCostReimb": 3})

    for call in (
        lambda: client.send_batch(file),
        lambda: client.ask_batch(file),
        lambda: client.fetch_return(file),
    ):
        with pytest.raises(Pending, match="BANK_SILENT"):
            call()

    assert len(bank.account.payments) == 1


def test_given_silence_when_sent_then_it_is_pending_and_the_bank_has_nothing(bank, clock):
    hurried = MinshengBank(bank.url, login_from(SECRET), ACCOUNT_NO, clock, timeout_seconds=(3.05, 0.3))
    file = hurried.write_batch(BATCH_NO, lines(1))
    post(bank, "/_faults", {"silence:batchCostReimb": 1})

    with pytest.raises(Pending, match="ReadTimeout"):
        hurried.send_batch(file)

    assert hurried.ask_batch(file) is BatchState.NOT_FOUND
    assert client_module.TIMEOUT_SECONDS[1] < 30


def test_given_a_number_the_bank_has_but_did_not_tell_when_sent_then_duplicate_means_ask(bank, client, monkeypatch):
    file = client.write_batch(BATCH_NO, lines(1))
    client.send_batch(file)
    asked = []
    real = client._ask

    def forgetful(way, ins_id, order):
        asked.append(ins_id)
        return BatchState.NOT_FOUND if len(asked) == 1 else real(way, ins_id, order)

    monkeypatch.setattr(client, "_ask", forgetful)
    client.send_batch(file)

    assert asked == [f"{BATCH_NO}C"] * 2
    assert len(bank.account.payments) == 1


def test_given_a_number_that_stands_when_other_payments_come_then_it_is_a_conflict(client):
    client.send_batch(client.write_batch(BATCH_NO, lines(3)))

    with pytest.raises(Conflict, match="BATCH_CHANGED"):
        client.send_batch(client.write_batch(BATCH_NO, lines(4)))


def test_given_a_file_that_is_not_as_frozen_when_sent_then_nothing_leaves(bank, client):
    from dataclasses import replace

    file = client.write_batch(BATCH_NO, lines(1))

    with pytest.raises(FileRefused, match="DIGEST_DIFFERS"):
        client.send_batch(replace(file, content=file.content.replace(b"2000.33", b"9000.33")))

    assert bank.account.batches == {}


def test_given_another_account_when_sent_then_the_bank_refuses_and_pays_nothing(bank, clock):
    stranger = MinshengBank(bank.url, login_from(SECRET), "999", clock)

    with pytest.raises(FileRefused, match="BATCH_REFUSED"):
        stranger.send_batch(stranger.write_batch(BATCH_NO, lines(1)))

    assert bank.account.batches == {}


def test_given_a_wrong_password_when_sent_then_nothing_is_known_and_nothing_shown(bank, clock):
    stranger = MinshengBank(bank.url, login_from("a:b:topsecret"), ACCOUNT_NO, clock)

    with pytest.raises(Pending) as pending:
        stranger.send_batch(stranger.write_batch(BATCH_NO, lines(1)))

    assert "topsecret" not in f"{pending.value!r}{login_from('a:b:topsecret')}"


@pytest.mark.parametrize("secret", ["", "a", "a:b", "a::c"])
def test_given_half_a_login_when_read_then_it_is_refused(secret):
    with pytest.raises(InvalidInput, match="LOGIN_INVALID"):
        login_from(secret)


def test_given_nobody_listening_when_sent_then_it_is_pending(clock):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        client = MinshengBank(f"http://127.0.0.1:{taken.getsockname()[1]}", login_from(SECRET), ACCOUNT_NO, clock)

        with pytest.raises(Pending) as pending:
            client.send_batch(client.write_batch(BATCH_NO, lines(1)))

    assert pending.value.__cause__ is None


FAULTS = ("mute", "unknown", "half", "garbage", "refuse")
CODES = ("batchCostReimb", "batchXfer", "qryBatchCostReimb", "qryBatchXfer")


@settings(max_examples=10, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(FAULTS), st.sampled_from(CODES), st.integers(1, 2)), max_size=8),
    st.lists(st.sampled_from(["send", "ask", "fetch"]), max_size=12),
)
def test_given_any_losses_in_any_order_when_carried_through_then_every_payment_was_made_once(faults, steps):
    clock = SetClock(NIGHT)
    with MinshengSimulator(LOGIN, ACCOUNT_NO, now_ms=clock.now_ms) as bank:
        client = MinshengBank(bank.url, login_from(SECRET), ACCOUNT_NO, clock)
        file = client.write_batch(BATCH_NO, lines(2, 2))
        bank.faults.update({f"{fault}:{code}": times for fault, code, times in faults})
        calls = {
            "send": lambda: client.send_batch(file),
            "ask": lambda: client.ask_batch(file),
            "fetch": lambda: client.fetch_return(file),
        }
        for step in [*steps, *["send"] * 20]:
            with suppress(Pending):
                calls[step]()
        bank.faults.clear()

        assert client.ask_batch(file) is BatchState.ACCEPTED
        assert sorted(paid(bank)) == sorted(line.our_ref for line in lines(2, 2))
        back = read(client, client.fetch_return(file), client.read_return)
        assert {line.outcome for line in back.lines} == {PaymentOutcome.PAID}
