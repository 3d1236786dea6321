"""Money out: chosen, written down, approved, sent once, returned, sent again."""

from dataclasses import replace

import pytest

from chalicelib.deposits import corrections, reconciling
from chalicelib.deposits.forfeiting import add_forfeit
from chalicelib.deposits.records import DepositRecord, DepositState, find_deposit
from chalicelib.kernel.errors import Conflict, FileRefused, InvalidInput, NotFound, Pending, ReconciliationOpen
from chalicelib.kernel.tables import Transaction
from chalicelib.periods.problems import list_problems
from chalicelib.refunds import records
from chalicelib.refunds.accounts import Account, failed_list, give_account
from chalicelib.refunds.preparing import prepare
from chalicelib.refunds.returns import apply_return, hear_overwritten
from chalicelib.refunds.rules import BatchStatus, RefundState
from chalicelib.refunds.selecting import Payee
from chalicelib.refunds.sending import release, send
from chalicelib.treasury.records import NoticeRecord, find_notice
from chalicelib.treasury.rules import RELEASE, VoidState
from integrations.bank_of_hangzhou.simulator import paper
from tests.deposits.deposit_month import (
    DEPOSIT,
    PERIOD,
    PLAN,
    TREASURY_ACCOUNT,
    DepositMonth,
    account_no,
    code,
    name,
)

TREASURY = Payee(TREASURY_ACCOUNT, "杭州市财政局")
INTEREST = 7  # 200,000 fen at 0.05 % / 360 from 2026-03-10 to before 2026-04-04: 25 days, 6.94 fen


@pytest.fixture
def month(aws) -> DepositMonth:
    """0 won and paid, 1 won and defaulted (above by 50 yuan), 2 lost, 3 lost and rolls over, 4 unqualified, 5 late."""
    month = DepositMonth(applicants=6)
    month.pay(0)
    month.pay(1, amount_fen=DEPOSIT + 5_000)
    month.pay(2)
    month.pay(3, amount_fen=DEPOSIT + 100)
    month.pay(4)
    month.pay(5, at="2026-03-17T18:00:00")
    month.take_statement()
    corrections.close_corrections(PERIOD, PLAN.day("corrections_close"), 1)
    for number in range(4):
        month.set_applicant(number, qualified=True, rollover=number == 3)
    month.close_auction(winners=[0, 1])
    month.notice(0, "paid")
    month.notice(1, "defaulted")
    transaction = Transaction()
    add_forfeit(transaction, find_deposit(PERIOD, code(1)), PLAN.day("settlement_closes"), 1)
    transaction.commit()
    return month


def return_key(batch_no: str) -> str:
    return f"hangzhou/return/{PERIOD}/{batch_no}/HZB_RTN_{batch_no}.txt"


def run(month: DepositMonth, batch: str) -> dict[str, int]:
    """The batch goes through, nothing twice, nothing lost."""
    prepared = prepare(batch, month.means(), TREASURY if batch == "remittance" else None)
    release(PERIOD, batch, "approver")
    counts = {"paid": 0, "failed": 0, "pending": 0}
    for file in prepared["files"]:
        send(file["batch_no"], month.means())
        for name_, count in apply_return(file["batch_no"], return_key(file["batch_no"]), month.means()).items():
            counts[name_] += count
    return counts


def paid_to(month: DepositMonth) -> dict[str, int]:
    return {str(each["account"]): int(each["amount_fen"]) for each in month.account.payments}


def test_given_the_month_when_all_batches_run_then_everybody_has_his_own_and_the_books_close(month):
    assert run(month, "1") == {"paid": 4, "failed": 0, "pending": 0}
    assert run(month, "2") == {"paid": 2, "failed": 0, "pending": 0}
    assert run(month, "remittance") == {"paid": 1, "failed": 0, "pending": 0}

    assert paid_to(month) == {
        account_no(0): DEPOSIT + 8,  # three days later than batch 1: 7.78 fen
        account_no(1): 5_000,
        account_no(2): DEPOSIT + INTEREST,
        account_no(3): 100,
        account_no(4): DEPOSIT + INTEREST,
        account_no(5): DEPOSIT + 5,  # since 2026-03-17: 5.0 fen
        TREASURY_ACCOUNT: DEPOSIT,
    }
    states = [find_deposit(PERIOD, code(number)).state for number in range(5)]
    assert states == ["refunded", "forfeited", "refunded", "rolled", "refunded"]
    assert month.balances()["rolled:2026-03"] == -DEPOSIT
    assert month.balances()["bank:hangzhou"] == DEPOSIT - 27
    with pytest.raises(ReconciliationOpen):
        reconciling.reconcile(PERIOD)
    month.take_statement(times=2)
    assert reconciling.reconcile(PERIOD)["differences"] == 0
    assert month.balances() == {
        "bank:hangzhou": DEPOSIT,
        "rolled:2026-03": -DEPOSIT,
        "interest_expense": 27,
        "interest_income": -27,
    }


def test_given_forfeits_at_two_banks_and_a_wallet_when_remitted_then_each_leaves_from_the_bank_that_holds_it(month):
    for number, channel in ((0, "minsheng"), (2, "alipay")):
        find_deposit(PERIOD, code(number)).update([DepositRecord.channel.set(channel)])
        transaction = Transaction()
        add_forfeit(transaction, find_deposit(PERIOD, code(number)), PLAN.day("settlement_closes"), 1)
        transaction.commit()
    means = replace(month.means(), wallets=("alipay",), paying_bank="hangzhou")

    files = prepare("remittance", means, TREASURY)["files"]
    release(PERIOD, "remittance", "approver")
    for file in files:
        send(file["batch_no"], means)

    # A wallet pays to no bank account: the first bank pays that out.
    assert [file["channel"] for file in files] == ["hangzhou", "minsheng"]
    standing = {name: fen for name, fen in month.balances().items() if name.startswith(("transit", "forfeited"))}
    assert standing == {"transit:hangzhou": -2 * DEPOSIT, "transit:minsheng": -DEPOSIT}


def test_given_a_prepared_batch_when_prepared_again_then_numbers_files_and_totals_are_the_same(month):
    first = prepare("1", month.means())
    held = dict(month.files.held)

    assert prepare("1", month.means()) == first
    assert month.files.held == held
    assert (first["count"], first["principal_fen"]) == (4, 3 * DEPOSIT + 100)
    file = first["files"][0]
    assert file["batch_no"].endswith("2026030101")
    content = month.files.read("outbox", file["key"])
    batch_no, orders = paper.read_batch(content)
    assert batch_no == file["batch_no"]
    assert month.files.read("outbox", file["key"] + ".sm3") == paper.sidecar(content, file["file_name"])
    assert [order.account for order in orders if order.principal_fen == 100] == [account_no(3)]


def test_given_no_approval_when_sent_then_nothing_leaves(month):
    file = prepare("1", month.means())["files"][0]

    with pytest.raises(Conflict, match="BATCH_NOT_APPROVED"):
        send(file["batch_no"], month.means())

    assert month.account.batches == {}
    assert "transit:hangzhou" not in month.balances()


def test_given_no_result_or_an_open_settlement_then_no_batch_is_made(aws):
    month = DepositMonth(applicants=1)
    month.pay(0)
    month.take_statement()
    with pytest.raises(Conflict, match="RESULT_MISSING"):
        prepare("1", month.means())

    month.close_auction(winners=[0])
    month.notice(0, "registered")

    assert prepare("1", month.means())["count"] == 0
    with pytest.raises(Conflict, match="SETTLEMENT_OPEN"):
        prepare("2", month.means())


def test_given_a_void_notice_then_only_its_own_winner_waits_and_a_release_lets_the_deposit_go(aws):
    month = DepositMonth(applicants=2)
    for number in (0, 1):
        month.pay(number)
    month.take_statement()
    month.close_auction(winners=[0, 1])
    month.notice(0, "paid")
    month.notice(1, "void")

    assert prepare("2", month.means())["count"] == 1
    released = [NoticeRecord.void_state.set(VoidState.DONE), NoticeRecord.void_then.set(RELEASE)]
    notice = find_notice(PERIOD, code(1))
    assert notice is not None
    notice.update(released)
    assert prepare("again-1", month.means())["count"] == 1
    assert prepare("again-1", month.means())["count"] == 1


@pytest.mark.parametrize("faults", [["mute"], ["lost"], ["lost", "", "lost", "", "mute"], ["mute", "mute", "lost"]])
def test_given_answers_lost_when_sent_until_known_then_it_is_paid_once(month, faults):
    file = prepare("1", month.means())["files"][0]
    release(PERIOD, "1", "approver")
    month.bank.faults = list(faults)

    for _ in range(8):
        try:
            send(file["batch_no"], month.means())
        except Pending:
            assert records.get_file(PERIOD, file["batch_no"]).state == BatchStatus.SENDING

    assert records.get_file(PERIOD, file["batch_no"]).state == BatchStatus.SENT
    refs = [payment["our_ref"] for payment in month.account.payments]
    assert len(refs) == len(set(refs)) == 4
    assert month.balances()["transit:hangzhou"] == -3 * DEPOSIT - 100 - 2 * INTEREST - 5


def test_given_a_failed_refund_when_its_owner_gives_another_account_then_it_goes_there_once(month):
    month.account.failing = {account_no(2): "1001", account_no(5): "1003"}
    assert run(month, "1") == {"paid": 2, "failed": 2, "pending": 0}
    assert month.balances()["returnable:2026-03"] == -2 * DEPOSIT
    assert find_deposit(PERIOD, code(2)).state == DepositState.REFUNDING
    assert failed_list(month.files, month.vault, PERIOD)["count"] == 2

    with pytest.raises(InvalidInput, match="ACCOUNT_NAME"):
        give_account(PERIOD, code(2), Account("6222990000000000002", name(4)), vault=month.vault, now_ms=1)
    with pytest.raises(NotFound, match="NO_FAILED_REFUND"):
        give_account(PERIOD, code(4), Account("6222990000000000002", name(4)), vault=month.vault, now_ms=1)
    for number in (2, 5):
        given = Account(f"622299000000000000{number}", name(number))
        assert give_account(PERIOD, code(number), given, vault=month.vault, now_ms=1) == 1
    assert failed_list(month.files, month.vault, PERIOD)["answered"] == 2

    assert run(month, "again-1") == {"paid": 2, "failed": 0, "pending": 0}
    assert prepare("again-2", month.means())["count"] == 0
    assert failed_list(month.files, month.vault, PERIOD)["count"] == 0
    assert paid_to(month)["6222990000000000002"] == DEPOSIT + 9  # to before 2026-04-10: 31 days, 8.6 fen
    assert account_no(2) not in paid_to(month)
    assert find_deposit(PERIOD, code(2)).state == DepositState.REFUNDED
    assert "returnable:2026-03" not in month.balances()


def test_given_a_return_that_comes_twice_or_contradicts_itself_then_states_only_move_forward(month):
    prepared = prepare("1", month.means())
    batch_no = prepared["files"][0]["batch_no"]
    release(PERIOD, "1", "approver")
    month.account.failing = {account_no(2): "9999"}
    send(batch_no, month.means())

    first = apply_return(batch_no, return_key(batch_no), month.means())
    balances = month.balances()
    assert (
        first == apply_return(batch_no, return_key(batch_no), month.means()) == {"paid": 3, "failed": 0, "pending": 1}
    )
    assert month.balances() == balances

    orders = paper.read_batch(month.files.read("outbox", prepared["files"][0]["key"]))[1]
    answers = [(order, "1001" if order.account != account_no(2) else "0000", "") for order in orders]
    content = paper.batch_return(batch_no, answers)
    month.files.write("inbox", "late", content)
    month.files.write("inbox", "late.sm3", paper.sidecar(content, "late"))

    assert apply_return(batch_no, "late", month.means()) == {"paid": 4, "failed": 0, "pending": 0}
    assert sorted(problem.code for problem in list_problems(PERIOD)) == ["RETURN_LINES"] * 3 + ["RETURN_PENDING"]
    assert "transit:hangzhou" not in month.balances()
    assert {refund.state for refund in records.refunds(PERIOD)} == {RefundState.PAID}


def test_given_a_return_that_is_overwritten_under_its_key_then_every_word_that_stood_there_counts_in_its_order(month):
    prepared = prepare("1", month.means())
    batch_no = prepared["files"][0]["batch_no"]
    release(PERIOD, "1", "approver")
    send(batch_no, month.means())
    key = return_key(batch_no)
    orders = paper.read_batch(month.files.read("outbox", prepared["files"][0]["key"]))[1]

    def overwrite(codes: list[str]) -> None:
        content = paper.batch_return(batch_no, [(order, code, "") for order, code in zip(orders, codes, strict=True)])
        month.files.write("inbox", f"{key}.sm3", paper.sidecar(content, key))
        month.files.write("inbox", key, content)

    # Before anybody looked: the bank's first word says who was paid, its second that it knows nothing of it any more.
    month.files.held.pop(("inbox", key))
    overwrite(["0000", "0000", "9999", "9999"])
    overwrite(["9999", "9999", "1001", "0000"])
    assert apply_return(batch_no, key, month.means()) == {"paid": 3, "failed": 1, "pending": 0}
    assert hear_overwritten(PERIOD, month.means()) == 1
    assert [problem.code for problem in list_problems(PERIOD)] == []

    # And after all was taken in: nobody waits for it, and it is looked at before the list of failures is made.
    balances = month.balances()
    overwrite(["1001", "0000", "1001", "0000"])
    assert hear_overwritten(PERIOD, month.means()) == 1
    listed = list_problems(PERIOD)
    assert [(each.source, each.code, each.problem.line) for each in listed] == [(key, "RETURN_LINES", 2)]
    assert month.balances() == balances

    # One that is no file at all is refused, and takes nothing back.
    month.files.write("inbox", key, b"half")
    with pytest.raises(FileRefused):
        apply_return(batch_no, key, month.means())
    assert month.balances() == balances


def test_given_a_return_for_another_batch_or_before_sending_then_it_is_refused(month):
    batch_no = prepare("1", month.means())["files"][0]["batch_no"]
    with pytest.raises(Conflict, match="RETURN_UNEXPECTED"):
        apply_return(batch_no, "any", month.means())
    release(PERIOD, "1", "approver")
    send(batch_no, month.means())
    content = month.files.read("inbox", return_key(batch_no)).replace(batch_no.encode(), b"9" * 24)
    month.files.write("inbox", "other", content)
    month.files.write("inbox", "other.sm3", paper.sidecar(content, "other"))

    with pytest.raises(FileRefused, match="BATCH_NO_DIFFERS"):
        apply_return(batch_no, "other", month.means())
    with pytest.raises(NotFound, match="BATCH_MISSING"):
        apply_return("9" * 24, "other", month.means())


def test_given_more_lines_than_a_file_holds_then_the_batch_is_cut_and_each_payment_is_in_one_file(month, monkeypatch):
    monkeypatch.setattr(type(month.bank), "lines_max", 3)

    prepared = prepare("1", month.means())

    assert [file["batch_no"][-2:] for file in prepared["files"]] == ["01", "02"]
    orders = [
        order for file in prepared["files"] for order in paper.read_batch(month.files.read("outbox", file["key"]))[1]
    ]
    assert len({order.our_ref for order in orders}) == len(orders) == prepared["count"] == 4
