"""The client against the bank's simulator, over real HTTP."""

import socket

import pytest
import requests

from chalicelib.kernel.errors import Conflict, FileRefused, Pending
from integrations.bank_of_hangzhou.client import BankOfHangzhou
from integrations.bank_of_hangzhou.simulator import HangzhouSimulator
from integrations.ports import BatchState, Direction, PaymentOutcome, RefundLine

BATCH_NO = "202604041200002026030101"
RETURN_KEY = f"hangzhou/return/2026-03/{BATCH_NO}/HZB_RTN_{BATCH_NO}.txt"
ACCOUNT_NO = "3301040160000000001"


def credit(serial: str, amount_fen: int = 200_000) -> dict:
    return {
        "serial": serial,
        "booked_at_ms": 1_773_104_400_000,
        "value_date": "2026-03-10",
        "amount_fen": amount_fen,
        "account": f"6222{serial}",
        "name": "王一",
        "memo": "1234567890123",
    }


def lines(count: int, interest_fen: int = 33) -> tuple[RefundLine, ...]:
    return tuple(RefundLine(f"RF{n:03d}", f"6222{n:015d}", "王一", 200_000, interest_fen, "退款") for n in range(count))


@pytest.fixture
def inbox() -> dict[str, bytes]:
    return {}


@pytest.fixture
def bank(inbox):
    with HangzhouSimulator("secret", ACCOUNT_NO, inbox.__setitem__) as simulator:
        yield simulator


def post(bank, door, content):
    answer = requests.post(f"{bank.url}{door}", json=content, timeout=5)
    answer.raise_for_status()
    return answer.json()


def test_given_payments_when_a_day_closes_then_our_codec_reads_the_banks_statement(bank, inbox):
    client = BankOfHangzhou(bank.url, "secret")
    post(bank, "/_credits", [credit("1"), credit("2", 150_000)])
    post(bank, "/_credits", [credit("1")])

    key = post(bank, "/_statement", {"day": "2026-03-10"})["key"]

    assert key == "hangzhou/statement/2026-03/2026-03-10/HZB_STMT_20260310.txt"
    statement = client.read_statement(inbox[key], inbox[f"{key}.sm3"])
    assert [line.serial for line in statement.lines] == ["1", "2"]
    assert (statement.opening_fen, statement.closing_fen, statement.problems) == (0, 350_000, ())


def test_given_a_closed_day_when_closed_again_then_the_same_bytes_come_and_the_next_opens_where_it_ended(bank, inbox):
    client = BankOfHangzhou(bank.url, "secret")
    post(bank, "/_credits", [credit("1")])
    first_key = post(bank, "/_statement", {"day": "2026-03-10"})["key"]
    first = inbox[first_key]
    post(bank, "/_credits", [credit("2")])
    post(bank, "/_statement", {"day": "2026-03-10"})
    assert inbox[first_key] == first

    key = post(bank, "/_statement", {"day": "2026-03-11"})["key"]

    statement = client.read_statement(inbox[key], inbox[f"{key}.sm3"])
    assert (statement.opening_fen, statement.closing_fen) == (200_000, 400_000)


def test_given_a_batch_when_sent_twice_then_it_is_paid_once_and_two_rows_fail(bank, inbox):
    client = BankOfHangzhou(bank.url, "secret")
    file = client.write_batch(BATCH_NO, lines(5))

    client.send_batch(file)
    client.send_batch(file)

    back = client.read_return(inbox[RETURN_KEY], inbox[f"{RETURN_KEY}.sm3"])
    assert [line.outcome for line in back.lines] == [PaymentOutcome.FAILED] * 2 + [PaymentOutcome.PAID] * 3
    assert [line.code for line in back.lines[:2]] == ["1001", "1003"]
    state = requests.get(f"{bank.url}/_state", timeout=5).json()
    assert [payment["our_ref"] for payment in state["payments"]] == ["RF002", "RF003", "RF004"]
    assert client.ask_batch(file) is BatchState.ACCEPTED


def test_given_a_paid_batch_when_the_day_closes_then_debits_carry_our_numbers_and_interest_comes_in(bank, inbox):
    client = BankOfHangzhou(bank.url, "secret")
    post(bank, "/_credits", [credit("1", 1_000_000)])
    client.send_batch(client.write_batch(BATCH_NO, lines(4)))

    key = post(bank, "/_statement", {"day": "2026-04-04"})["key"]

    statement = client.read_statement(inbox[key], inbox[f"{key}.sm3"])
    debits = [(line.our_ref, line.amount_fen) for line in statement.lines if line.direction is Direction.DEBIT]
    assert debits == [("RF002", 200_033), ("RF003", 200_033)]
    assert [line.amount_fen for line in statement.lines if line.direction is Direction.INTEREST] == [66]
    assert statement.closing_fen == 600_000


def test_given_a_name_that_stands_when_other_bytes_come_then_it_is_a_conflict(bank):
    client = BankOfHangzhou(bank.url, "secret")
    client.send_batch(client.write_batch(BATCH_NO, lines(3)))

    with pytest.raises(Conflict, match="BATCH_CHANGED"):
        client.send_batch(client.write_batch(BATCH_NO, lines(4)))


def test_given_another_secret_when_sent_then_the_bank_refuses_and_pays_nothing(bank):
    client = BankOfHangzhou(bank.url, "other")

    with pytest.raises(FileRefused, match="BATCH_REFUSED"):
        client.send_batch(client.write_batch(BATCH_NO, lines(3)))

    assert bank.account.payments == []


def test_given_an_answer_lost_after_acceptance_when_asked_then_the_batch_is_there(bank):
    client = BankOfHangzhou(bank.url, "secret")
    file = client.write_batch(BATCH_NO, lines(3))
    post(bank, "/_faults", {"mute": 1})

    with pytest.raises(Pending, match="BANK_SILENT"):
        client.send_batch(file)

    assert client.ask_batch(file) is BatchState.ACCEPTED


def test_given_another_file_under_the_name_when_asked_then_it_is_a_conflict_and_not_ours(bank):
    client = BankOfHangzhou(bank.url, "secret")
    client.send_batch(client.write_batch(BATCH_NO, lines(3)))

    with pytest.raises(Conflict, match="BATCH_CHANGED"):
        client.ask_batch(client.write_batch(BATCH_NO, lines(2)))


def test_given_a_busy_bank_when_sent_then_it_is_pending_and_asking_says_not_found(bank):
    client = BankOfHangzhou(bank.url, "secret")
    file = client.write_batch(BATCH_NO, lines(3))
    post(bank, "/_faults", {"refuse": 2})

    with pytest.raises(Pending):
        client.send_batch(file)
    with pytest.raises(Pending):
        client.ask_batch(file)
    assert client.ask_batch(file) is BatchState.NOT_FOUND


def test_given_nobody_listening_when_sent_then_it_is_pending():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        client = BankOfHangzhou(f"http://127.0.0.1:{taken.getsockname()[1]}", "secret")

        with pytest.raises(Pending):
            client.send_batch(client.write_batch(BATCH_NO, lines(1)))


def test_given_a_named_account_when_paid_then_it_fails_with_its_code_until_healed(bank, inbox):
    client = BankOfHangzhou(bank.url, "secret")
    bank.account.fail_first = 0
    post(bank, "/_accounts", {lines(2)[1].account_no: "9999"})

    client.send_batch(client.write_batch(BATCH_NO, lines(2)))

    back = client.read_return(inbox[RETURN_KEY], inbox[f"{RETURN_KEY}.sm3"])
    assert [line.outcome for line in back.lines] == [PaymentOutcome.PAID, PaymentOutcome.PENDING]


@pytest.mark.parametrize(
    ("status", "error"),
    [(400, FileRefused), (401, FileRefused), (413, FileRefused), (422, FileRefused), (409, Conflict)]
    + [(status, Pending) for status in (202, 302, 404, 405, 407, 408, 421, 423, 425, 429, 500, 502, 504)],
)
def test_given_a_status_when_sent_then_only_a_word_about_the_file_is_an_answer(monkeypatch, status, error):
    answer = requests.Response()
    answer.status_code = status
    monkeypatch.setattr(requests, "request", lambda *_, **__: answer)
    client = BankOfHangzhou("http://127.0.0.1:1", "secret")

    with pytest.raises(error):
        client.send_batch(client.write_batch(BATCH_NO, lines(1)))
