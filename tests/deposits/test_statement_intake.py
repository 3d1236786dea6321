"""A statement from the inbox to the ledger, with everything a payer can do wrong."""

import hashlib
from dataclasses import replace
from datetime import date
from itertools import permutations

import pytest

from chalicelib.deposits import chunking, corrections, exporting, reconciling, records, statement_records, statements
from chalicelib.deposits.booking import book_line
from chalicelib.deposits.corrections import Claim
from chalicelib.deposits.intake import account_of, intake_of
from chalicelib.deposits.records import CreditState, DepositState
from chalicelib.kernel import files
from chalicelib.kernel.clock import at_shanghai
from chalicelib.kernel.errors import Conflict, FileRefused, NotFound, ReconciliationOpen
from chalicelib.periods.problems import list_problems
from integrations.ports import Direction, StatementLine
from tests.deposits.deposit_month import CHANNEL, DEPOSIT, PERIOD, PLAN, RULES, DepositMonth, account_no, code, name


@pytest.fixture
def month(aws) -> DepositMonth:
    return DepositMonth(applicants=6)


def state(serial: str) -> tuple[str, str]:
    credit = records.find_credit(PERIOD, CHANNEL, serial)
    assert credit is not None
    return credit.state, credit.reason


def test_given_every_kind_of_payment_when_booked_three_times_then_each_is_in_one_place(month):
    matched = month.pay(0, amount_fen=DEPOSIT + 5_000)
    second = month.pay(0, at="2026-03-10T11:00:00")
    missing = month.pay(1, memo="保证金")
    cut = month.pay(2, memo=code(2)[:10])
    wrong = month.pay(3, memo="9999999999999")
    late = month.pay(4, at="2026-03-17T17:00:00")
    short = month.pay(5, amount_fen=DEPOSIT - 1)
    unknown = month.pay(9, memo="", payer_name="路人")

    counts = month.take_statement(times=3)

    assert counts == {"matched": 1, "doubtful": 3, "returnable": 4}
    assert state(matched) == ("matched", "")
    assert state(second) == ("returnable", "second_payment")
    assert state(missing) == ("doubtful", "code_missing")
    assert state(cut) == ("doubtful", "code_cut")
    assert state(wrong) == ("doubtful", "code_wrong")
    assert state(late) == ("returnable", "late")
    assert state(short) == ("returnable", "short")
    assert state(unknown) == ("returnable", "unknown_payer")
    assert month.balances() == {
        "bank:hangzhou": 8 * DEPOSIT + 4_999,
        "held:2026-03": -DEPOSIT - 5_000,
        "doubtful:2026-03": -3 * DEPOSIT,
        "returnable:2026-03": -4 * DEPOSIT + 1,
    }
    deposit = records.find_deposit(PERIOD, code(0))
    assert (deposit.amount_fen, deposit.excess_fen, deposit.state) == (DEPOSIT, 5_000, DepositState.HELD)
    assert reconciling.reconcile(PERIOD)["differences"] == 0


def test_given_two_payments_of_one_code_in_one_statement_when_chunks_are_booked_then_the_first_to_arrive_counts(
    month, monkeypatch
):
    monkeypatch.setattr(chunking, "CHUNK_LINES", 4)
    for number in range(8):
        month.pay(100 + number, memo="", payer_name="路人")
    later = month.pay(0, at="2026-03-10T12:00:00")
    earlier = month.pay(0, at="2026-03-10T09:30:00")

    day, key = month.statement()
    chunks = month.read(day, key)["chunks"]
    for chunk in reversed(chunks):
        month.book(chunk["key"])

    assert len(chunks) > 1
    assert state(earlier) == ("matched", "")
    assert state(later) == ("returnable", "second_payment")


def test_given_more_lines_than_a_machine_can_be_told_chunks_of_when_read_then_the_chunks_are_larger_and_hold_each_once(
    month, monkeypatch
):
    monkeypatch.setattr(chunking, "CHUNK_LINES", 2)
    monkeypatch.setattr(chunking, "CHUNKS_MAX", 5)
    serials = [month.pay(number % 11) for number in range(30)]

    read = month.read(*month.statement())

    held = []
    for chunk in read["chunks"]:
        sealed = files.read_json(month.files, "work", chunk["key"])
        held.append(chunking.unpack(month.vault.open(sealed["sealed"], f"{sealed['day'][:7]}/{chunk['key']}")))
    assert 1 < len(held) <= 5
    assert sorted(line.serial for chunk in held for line in chunk) == sorted(serials)
    codes = [{line.memo for line in chunk} for chunk in held]
    assert sum(map(len, codes)) == len(set.union(*codes)) == 11


def test_given_a_statement_with_a_serial_twice_when_read_then_neither_line_is_in_a_chunk(month):
    good = month.pay(0)
    month.pay(1, serial="HZTWICE")
    other = month.pay(2, serial="HZTWICF")
    day, key = month.statement()
    content = month.files.read("inbox", key).replace(other.encode(), b"HZTWICE")
    month.files.write("inbox", key, content)
    month.files.write("inbox", f"{key}.sm3", hashlib.new("sm3", content).hexdigest().encode())

    read = month.read(day, key)

    assert (read["lines"], read["problems"]) == (1, 2)
    assert [month.book(chunk["key"]) for chunk in read["chunks"]] == [{"matched": 1}]
    assert state(good) == ("matched", "")


def on(channel: str, serial: str, at: str, *, amount_fen: int = DEPOSIT) -> tuple[str, StatementLine]:
    line = StatementLine(
        2,
        serial,
        at_shanghai(at),
        date.fromisoformat(at[:10]),
        Direction.CREDIT,
        amount_fen,
        account_no(0),
        name(0),
        code(0),
        "",
    )
    return channel, line


TWO_WAYS = (
    on("hangzhou", "HZ1", "2026-03-10T12:00:00", amount_fen=DEPOSIT + 700),
    on("alipay", "2026031022", "2026-03-10T11:59:59"),
    on("minsheng", "M7", "2026-03-10T12:00:00"),
)


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_given_a_code_paid_on_three_channels_when_booked_in_any_order_then_the_first_to_arrive_is_the_deposit(
    month, order
):
    for place in (*order, *order):
        channel, line = TWO_WAYS[place]
        account = account_of(intake_of(PLAN, RULES, channel, month.vault, month.clock))
        book_line(account, line, "2026-03-10")

    deposit = records.find_deposit(PERIOD, code(0))
    assert (deposit.channel, deposit.serial, int(deposit.excess_fen)) == ("alipay", "2026031022", 0)
    found = {
        channel: (credit.state, credit.reason)
        for channel, line in TWO_WAYS
        for credit in [records.find_credit(PERIOD, channel, line.serial)]
    }
    second = ("returnable", "second_payment")
    assert found == {"alipay": ("matched", ""), "hangzhou": second, "minsheng": second}
    assert month.balances() == {
        "bank:hangzhou": DEPOSIT + 700,
        "bank:alipay": DEPOSIT,
        "bank:minsheng": DEPOSIT,
        "held:2026-03": -DEPOSIT,
        "returnable:2026-03": -2 * DEPOSIT - 700,
    }


def test_given_the_summary_stands_when_an_earlier_payment_turns_up_then_the_deposit_stays(month):
    later, earlier = TWO_WAYS[0], TWO_WAYS[1]
    for at, (channel, line) in (("corrections_close", later), ("deposits_to_notary", earlier)):
        month.clock.at_ms = PLAN.at(at)
        book_line(account_of(intake_of(PLAN, RULES, channel, month.vault, month.clock)), line, "2026-03-10")

    assert records.find_deposit(PERIOD, code(0)).serial == "HZ1"
    assert records.find_credit(PERIOD, "alipay", "2026031022").reason == "second_payment"


def test_given_personal_data_when_booked_then_none_of_it_stands_in_clear(month):
    serial = month.pay(0)
    month.take_statement()

    credit = records.find_credit(PERIOD, CHANNEL, serial)

    at_rest = str(credit.serialize())
    assert name(0) not in at_rest
    assert account_no(0) not in at_rest
    assert credit.payer(month.vault) == (account_no(0), name(0))


def test_given_a_serial_that_comes_with_another_amount_then_it_is_listed_and_the_day_stays_open(month):
    serial = month.pay(0)
    month.take_statement()
    changed = DepositMonth()
    changed.files, changed.day, changed.account.drop = month.files, month.day, month.account.drop
    changed.account.stated_fen = changed.account.balance_fen = DEPOSIT
    changed.pay(0, amount_fen=DEPOSIT + 1, serial=serial)

    with pytest.raises(ReconciliationOpen) as refused:
        changed.take_statement()

    assert refused.value.code == "STATEMENT_OPEN"
    assert {problem.code for problem in list_problems(PERIOD)} == {"LINE_CHANGED", "STATEMENT_OPEN"}
    assert month.balances()["bank:hangzhou"] == DEPOSIT


def test_given_a_line_not_booked_yet_when_the_day_is_closed_then_it_stays_open(month):
    month.pay(0)
    day, key = month.statement()
    month.read(day, key)

    with pytest.raises(ReconciliationOpen) as refused:
        statements.close_statement(PERIOD, CHANNEL, day)

    assert {problem.field for problem in refused.value.problems} == {"lines", "closing_fen"}


def test_given_a_gap_between_statements_when_reconciled_then_the_difference_is_listed(month):
    month.pay(0)
    month.take_statement()
    month.account.stated_fen += 7
    month.account.balance_fen += 7
    month.pay(1)
    month.take_statement()

    with pytest.raises(ReconciliationOpen) as refused:
        reconciling.reconcile(PERIOD)

    assert [problem.field for problem in refused.value.problems] == ["statement hangzhou#2026-03-12"]


def test_given_a_statement_of_another_day_then_it_is_refused(month):
    month.pay(0)
    _, key = month.statement()

    with pytest.raises(FileRefused, match="DAY_DIFFERS"):
        month.read("2026-03-20", key)


@pytest.mark.parametrize("spoil", [None, "half"])
def test_given_a_closed_day_when_another_file_comes_for_it_then_it_is_listed_and_the_day_stands(month, spoil):
    month.pay(0)
    month.take_statement()
    key = "hangzhou/statement/2026-03/2026-03-11/HZB_STMT_20260311.txt"
    assert month.read("2026-03-11", key)["chunks"] == []
    other = DepositMonth()
    other.pay(1)
    _, other_key = other.statement()
    for end in ("", ".sm3"):
        month.files.write("inbox", key + end, other.files.read("inbox", other_key + end))
    if spoil:
        whole = month.files.read("inbox", key)
        month.files.write("inbox", key, whole[: len(whole) // 2])

    # A machine that is started again meets the newest file of the day: it goes on with what the day was closed with.
    read = month.read("2026-03-11", key)

    listed = [each.code for each in list_problems(PERIOD) if each.source == key]
    assert (read, listed) == (
        {"chunks": [], "lines": 1, "problems": 0},
        ["DIGEST_DIFFERS" if spoil else "STATEMENT_CLOSED"],
    )
    assert statement_records.find_statement("hangzhou", "2026-03-11").state == "closed"


def claim(number: int, **changes) -> Claim:
    usual = {
        "code": code(number),
        "paid_on": PLAN.day("deposits_open").replace(day=10),
        "amount_fen": DEPOSIT,
        "account_tail": account_no(number)[-4:],
    }
    return Claim(**{**usual, **changes})


def correct(month: DepositMonth, given: Claim):
    return corrections.correct(PERIOD, given, deposit_fen=DEPOSIT, vault=month.vault, now_ms=1)


def test_given_a_doubtful_payment_when_its_payer_claims_it_twice_then_it_is_held_once(month):
    serial = month.pay(1, memo="")
    month.take_statement()

    first, again = correct(month, claim(1)), correct(month, claim(1))

    assert first.credit_ref == again.credit_ref == f"{CHANNEL}#{serial}"
    assert state(serial) == ("matched", "code_missing")
    assert month.balances() == {"bank:hangzhou": DEPOSIT, "held:2026-03": -DEPOSIT}
    assert reconciling.reconcile(PERIOD)["differences"] == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"amount_fen": DEPOSIT + 1},
        {"account_tail": "0000"},
        {"paid_on": PLAN.day("deposits_open")},
        {"code": code(2)},
    ],
)
def test_given_a_claim_that_does_not_fit_then_nothing_is_said_of_which_part(month, changes):
    month.pay(1, memo="")
    month.take_statement()

    with pytest.raises(NotFound) as refused:
        correct(month, claim(1, **changes))

    assert refused.value.code == "PAYMENT_NOT_FOUND"
    assert month.balances()["doubtful:2026-03"] == -DEPOSIT


def test_given_a_code_with_a_deposit_when_another_payment_is_claimed_then_it_is_a_conflict(month):
    month.pay(1)
    month.pay(1, memo="", at="2026-03-10T12:00:00")
    month.take_statement()

    with pytest.raises(Conflict, match="DEPOSIT_STANDS"):
        correct(month, claim(1, account_tail="none"))


def test_given_the_deadline_when_corrections_close_twice_then_the_rest_goes_back_once(month):
    month.pay(1, memo="")
    serial = month.pay(2, memo="")
    month.take_statement()
    correct(month, claim(1))

    for _ in range(2):
        counts = corrections.close_corrections(PERIOD, PLAN.day("corrections_close"), 2)

    assert counts == {"corrected": 1, "returnable": 0}
    assert state(serial) == (CreditState.RETURNABLE, "code_missing")
    assert month.balances()["returnable:2026-03"] == -DEPOSIT
    assert "doubtful:2026-03" not in month.balances()
    with pytest.raises(NotFound):
        correct(month, claim(2))


def test_given_a_summary_when_written_twice_then_the_bytes_are_the_same_and_persons_masked(month):
    month.pay(0)
    month.pay(1, memo="")
    month.take_statement()

    first = exporting.summarize(month.files, month.vault, PERIOD)
    bytes_first = [month.files.read("work", file["key"]) for file in first["files"]]
    second = exporting.summarize(month.files, month.vault, PERIOD)

    assert first == second
    assert bytes_first == [month.files.read("work", file["key"]) for file in second["files"]]
    assert first["totals"] == {
        "credits": {"doubtful": {"count": 1, "fen": DEPOSIT}, "matched": {"count": 1, "fen": DEPOSIT}},
        "deposits": {"held": {"count": 1, "fen": DEPOSIT}},
    }
    text = bytes_first[0].decode("utf-8-sig")
    assert name(1) not in text
    assert account_no(1) not in text


@pytest.mark.parametrize(("first", "then"), [("C", "I"), ("I", "C"), ("C", "D"), ("D", "C")])
def test_given_a_serial_that_comes_again_as_another_kind_of_line_then_its_money_is_not_booked_twice(month, first, then):
    def book(direction: str) -> dict[str, int]:
        month.account.bookings[serial] = replace(booking, direction=direction)
        month.account.unstated, month.account.stated_fen = [serial], 0
        month.account.balance_fen = -DEPOSIT if direction == "D" else DEPOSIT
        if direction == "D":
            month.account.stated_fen, month.account.balance_fen = DEPOSIT, 0
        day, key = month.statement()
        counts: dict[str, int] = {}
        for chunk in month.read(day, key)["chunks"]:
            counts = month.book(chunk["key"])
        return counts

    serial = month.pay(0)
    booking = month.account.bookings[serial]
    assert "changed" not in book(first)
    balances = month.balances()

    assert book(then) == {"changed": 1}
    assert month.balances() == balances
    assert [problem.code for problem in list_problems(PERIOD)] == ["LINE_CHANGED"]
