"""What moves between accounts of our own is nobody's deposit, and never goes back."""

from dataclasses import replace
from datetime import date
from itertools import permutations

import pytest

from chalicelib.deposits import reconciling, records, statements
from chalicelib.deposits.booking import book_line
from chalicelib.deposits.comparing import Why
from chalicelib.deposits.intake import Account, account_of, intake_of
from chalicelib.deposits.records import CreditState
from chalicelib.kernel.clock import at_shanghai
from chalicelib.ledger import records as ledger
from chalicelib.ledger.checking import Book, check, entry_as_dict
from chalicelib.reports.chart_of_accounts import finance_profile
from integrations.ports import Direction, OwnAccount, StatementLine
from tests.deposits.deposit_month import CHANNEL, DEPOSIT, PERIOD, RULES, DepositMonth, code, plan_of

HANGZHOU = OwnAccount("hangzhou", "3301040160000000001")
MINSHENG = OwnAccount("minsheng", "698000001")
# A wallet pays everybody out from one account: what is ours says so.
PAYOUT_ACCOUNT, SELLER = "215500690", "2088000000000001"
ALIPAY = OwnAccount("alipay", PAYOUT_ACCOUNT, SELLER, stated=False)
OURS = (HANGZHOU, MINSHENG, ALIPAY)
DRAWN, MOVED = 30_000_000, 12_345_600


@pytest.fixture
def month(aws) -> DepositMonth:
    return DepositMonth(applicants=3)


def account_at(month: DepositMonth, channel: str) -> Account:
    intakes = (intake_of(plan, RULES, channel, month.vault, month.clock) for plan in month.plans)
    return replace(account_of(*intakes), own=tuple(each for each in OURS if each.channel != channel))


def line(direction: Direction, serial: str, day: str, other: OwnAccount) -> StatementLine:
    at = at_shanghai(f"{day}T10:00:00")
    return StatementLine(
        2, serial, at, date.fromisoformat(day), direction, MOVED, other.account_no, "竞价专户", "划转", ""
    )


def moved_out(month: DepositMonth, day: str = "2026-03-11") -> str:
    return book_line(account_at(month, "hangzhou"), line(Direction.DEBIT, "HZ77", day, MINSHENG), day)


def moved_in(month: DepositMonth, day: str = "2026-03-11") -> str:
    return book_line(account_at(month, "minsheng"), line(Direction.CREDIT, "M77", day, HANGZHOU), day)


def differences(period: str = PERIOD) -> list[tuple[str, Why, int | None]]:
    found, _ = reconciling._look(period, "9", "")
    # No statement is taken in here: only lines are.
    return [(each.code, each.why, each.ledger_fen) for each in found]


def test_given_a_statement_with_money_drawn_from_the_wallet_when_taken_in_then_it_alone_is_no_payment(month):
    as_of_wallet = {"account": PAYOUT_ACCOUNT, "payer_name": "支付宝(中国)网络技术有限公司"}
    drawn = month.pay(0, amount_fen=DRAWN, memo=f"提现 {SELLER}", **as_of_wallet)
    by_wallet = month.pay(1, account=PAYOUT_ACCOUNT)
    somebody = month.pay(9, memo="转账", **as_of_wallet)
    day, key = month.statement()
    booked: list[dict[str, int]] = []
    for chunk in month.read(day, key)["chunks"] * 2:
        booked.append(statements.book_chunk(month.files, account_at(month, CHANNEL), PERIOD, chunk["key"]))

    closed = statements.close_statement(PERIOD, CHANNEL, day)

    assert booked == [{"moved": 1, "matched": 1, "returnable": 1}] * 2
    assert closed["closing_fen"] == DRAWN + 2 * DEPOSIT
    states = {credit.serial: credit.state for credit in records.credits(PERIOD)}
    assert states == {by_wallet: CreditState.MATCHED, somebody: CreditState.RETURNABLE}
    assert month.balances() == {
        "bank:hangzhou": DRAWN + 2 * DEPOSIT,
        "between:alipay-hangzhou": -DRAWN,
        "held:2026-03": -DEPOSIT,
        "returnable:2026-03": -DEPOSIT,
    }
    # A wallet's bill of trades never shows what was drawn: nothing waits for it.
    assert reconciling.reconcile(PERIOD)["differences"] == 0
    entries = list(ledger.entries(PERIOD))
    assert drawn in {leg.subject for entry in entries if entry.kind == "own_transfer" for leg in entry.legs}
    assert check(Book([entry_as_dict(entry) for entry in entries])).faults == ()


@pytest.mark.parametrize("order", list(permutations((moved_out, moved_in))))
def test_given_a_transfer_between_two_banks_when_one_has_stated_it_then_the_month_waits_for_the_other(month, order):
    first, second = order
    signed = -MOVED if first is moved_out else MOVED

    assert [first(month), first(month)] == ["moved", "moved"]
    assert differences() == [("MOVED_HALF", Why.NOT_YET_STATED, signed)]

    assert [second(month), first(month)] == ["moved", "moved"]
    assert differences() == []
    assert month.balances() == {"bank:hangzhou": -MOVED, "bank:minsheng": MOVED}


def test_given_a_transfer_that_crosses_from_one_period_into_the_next_when_both_stated_it_then_neither_waits(month):
    month.plans.append(plan_of("2026-04"))
    moved_out(month, "2026-04-06")
    assert differences() == [("MOVED_HALF", Why.NOT_YET_STATED, -MOVED)]

    moved_in(month, "2026-04-08")

    assert (differences(), differences("2026-04")) == ([], [])
    assert month.balances()["between:hangzhou-minsheng"] == MOVED


def test_given_accounts_nobody_named_when_a_line_has_none_either_then_it_is_a_payment_as_any(month):
    nameless = replace(account_at(month, CHANNEL), own=(OwnAccount("minsheng", ""), OwnAccount("alipay", "", SELLER)))
    came = line(Direction.CREDIT, "HZ1", "2026-03-11", OwnAccount("", ""))

    assert book_line(nameless, came._replace(memo=code(0), amount_fen=DEPOSIT), "2026-03-11") == "matched"


def test_given_a_refund_to_an_account_of_ours_when_it_bears_our_number_then_it_confirms_that_refund(month):
    ours = line(Direction.DEBIT, "HZ9", "2026-03-11", MINSHENG)._replace(our_ref="RF202603" + "0" * 24)

    assert book_line(account_at(month, CHANNEL), ours, "2026-03-11") == "debit"


def test_given_finances_chart_then_the_account_between_two_channels_has_a_name_there():
    found = finance_profile().account("between:alipay-hangzhou")

    assert (found.code, found.aside) == ("100297", "渠道:支付宝、杭州银行")
