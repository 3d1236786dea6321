"""Paying by wallet, and credits told of before a statement states them: through the use cases, with the real wallet."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from chalicelib.deposits import fetching, notices, paying, trade_records
from chalicelib.deposits.reconciling import reconcile
from chalicelib.kernel.clock import at_shanghai
from chalicelib.kernel.errors import (
    Conflict,
    HubError,
    NotAllowed,
    NotFound,
    Pending,
    ReconciliationOpen,
    TooEarlyOrLate,
)
from chalicelib.kernel.files import MemoryFiles
from chalicelib.ledger import records as ledger
from chalicelib.ledger.checking import Book, check
from chalicelib.periods.problems import list_problems
from integrations.alipay.account import AlipayAccount
from integrations.alipay.simulator import AlipaySimulator
from integrations.bank_of_hangzhou.client import BankOfHangzhou
from tests.deposits.deposit_month import DEPOSIT, PERIOD, PLAN, RULES, DepositMonth, code
from tests.integrations.alipay_sdk.desk import MERCHANT, Day, client, simulator
from tests.integrations.test_bank_notices import OURS, notice

NOON = PLAN.at("deposits_open") + 3 * 86_400_000


class Waiting(list[str]):
    def send(self, body: str) -> None:
        self.append(body)


class Office:
    def __init__(self, alipay: AlipaySimulator, day: Day) -> None:
        self.month = DepositMonth(applicants=2)
        self.alipay, self.day, self.queue = alipay, day, Waiting()
        self.wallet = client(alipay, day)

    def till(self, now_ms: int = NOON) -> paying.Till:
        return paying.Till(PLAN, DEPOSIT, self.wallet, self.month.vault, now_ms)

    def sign_in(self, user: str) -> str:
        return str(self.post("/_sign_in", open_id=user)["auth_code"])

    def post(self, door: str, **content: Any) -> Any:
        answer = requests.post(f"{self.alipay.url}{door}", json=content, timeout=5)
        answer.raise_for_status()
        return answer.json()

    def open(self, number: int = 0, user: str = "user-1") -> trade_records.TradeRecord:
        return paying.open_payment(self.till(), code(number), self.sign_in(user)).trade

    def letters(self) -> list[bytes]:
        return [self.alipay.post.body(letter) for letter in self.alipay.post.letters]

    def take(self, body: bytes) -> str:
        return notices.take_wallet_notice(self.wallet, body, self.queue, self.day.clock)

    def work_off(self) -> list[str]:
        opens = {PERIOD: PLAN.at("deposits_open")}
        now_ms = self.day.clock.now_ms()
        return [notices.work_off(json.loads(body), opens, lambda _: RULES.code_pattern, now_ms) for body in self.queue]

    def announced(self, number: int = 0) -> list[tuple[str, int, str]]:
        found = trade_records.announced_to(PERIOD, code(number))
        return [(each.serial, int(each.amount_fen), str(each.state)) for each in found]


@pytest.fixture
def office(aws: None) -> Iterator[Office]:
    day = Day("2026-03-10T09:00:00")
    with simulator(day) as alipay:
        yield Office(alipay, day)


def test_given_a_bidder_when_paying_twice_then_one_trade_is_open_and_its_number_was_stored_first(
    office: Office,
) -> None:
    first, again = office.open(), office.open()
    assert first.our_ref == again.our_ref == f"HP202603_{code(0)}_001"
    assert first.serial == again.serial != ""
    office.post("/_faults", **{"alipay.trade.create": ["mute"]})
    with pytest.raises(HubError):
        office.open(1)
    assert trade_records.find_trade(f"HP202603_{code(1)}_001") is not None
    assert office.open(1).our_ref == f"HP202603_{code(1)}_001"


def test_given_the_window_or_a_unit_when_paying_then_it_is_refused_with_the_reason(office: Office) -> None:
    for now_ms, why in (
        (PLAN.at("deposits_open") - 1, "DEPOSITS_NOT_OPEN"),
        (PLAN.at("alipay_closes"), "WALLET_CLOSED"),
    ):
        with pytest.raises(TooEarlyOrLate, match=why):
            paying.open_payment(office.till(now_ms), code(0), "code")
    office.month.apply(7, bidder_class="unit")
    with pytest.raises(NotAllowed, match="UNITS_BY_BANK"):
        office.open(7)


def test_given_a_device_that_knows_nothing_when_asked_then_the_payment_is_pending_and_never_failed(
    office: Office,
) -> None:
    trade = office.open()

    def state(client_code: str = "") -> Any:
        asked = paying.payment_state(
            PERIOD, code(0), trade.our_ref, client_code, wallet=office.wallet, now_ms=office.day.clock.now_ms()
        )
        return asked["state"]

    assert [state(word) for word in ("8000", "6004", "9000", "4000", "")] == ["pending"] * 3 + ["open"] * 2
    office.post("/_faults", **{"alipay.trade.query": ["mute"]})
    assert state() == "pending"
    office.post("/_pay", out_trade_no=trade.our_ref, push=False)
    assert (state("4000"), state()) == ("paid", "paid")
    assert [amount for _, amount, _ in office.announced()] == [DEPOSIT]
    with pytest.raises(Conflict, match="PAYMENT_MADE"):
        office.open()
    with pytest.raises(NotFound):
        paying.payment_state(PERIOD, code(1), trade.our_ref, "", wallet=office.wallet, now_ms=NOON)


@pytest.mark.parametrize("seed", range(4))
def test_given_notifications_in_any_order_and_number_when_worked_off_then_the_credit_is_announced_once(
    office: Office, seed: int
) -> None:
    trade = office.open()
    office.post("/_pay", out_trade_no=trade.our_ref, push=False)
    office.post("/_finish", out_trade_no=trade.our_ref)
    bodies = office.letters() * 3
    random.Random(seed).shuffle(bodies)
    assert {office.take(body) for body in bodies} == {trade.our_ref}
    random.Random(seed + 9).shuffle(office.queue)
    assert "announced" in office.work_off()
    assert office.announced() == [(trade.serial, DEPOSIT, "pending")]


@pytest.mark.parametrize("spoil", ["signature", "amount", "seller", "app"])
def test_given_a_notification_that_is_not_ours_when_taken_then_nothing_is_stored_or_queued(
    office: Office, spoil: str
) -> None:
    trade = office.open()
    office.post("/_pay", out_trade_no=trade.our_ref, push=False)
    with pytest.raises(HubError, match="NOTIFICATION_"):
        office.take(office.alipay.post.body(office.alipay.post.letters[0], spoil))
    assert office.queue == []


def test_given_two_users_of_one_code_when_both_pay_then_both_are_announced_for_the_bill_to_judge(
    office: Office,
) -> None:
    mine, spouses = office.open(), office.open(0, "user-2")
    assert mine.our_ref != spouses.our_ref
    for trade in (mine, spouses):
        office.post("/_pay", out_trade_no=trade.our_ref, push=False)
    for body in office.letters():
        office.take(body)
    office.work_off()
    assert len(office.announced()) == 2


def test_given_bank_notices_when_repeated_or_replayed_then_the_answer_is_clear(office: Office) -> None:
    bank = BankOfHangzhou("http://nowhere", "secret", OURS)
    office.day.clock.at_ms = NOON

    def tell(**given: Any) -> str:
        return notices.take_bank_notice(bank, *notice(at_ms=NOON, **given), office.queue, office.day.clock)

    assert tell(memo=code(0)) == tell(memo=code(0)) == tell(memo=code(0), nonce="nonce-0002") == "HZ1"
    with pytest.raises(Conflict, match="NOTICE_REPLAYED"):
        tell(memo=code(0), amount_fen=1)
    tell(memo=code(0), amount_fen=5, nonce="nonce-0003")
    assert office.work_off() == ["announced", "announced", "announced", "changed"]
    assert office.announced() == [("HZ1", 200_000, "pending")]
    assert [each.code for each in list_problems(PERIOD)] == ["NOTICE_CHANGED"]


def test_given_announced_credits_when_statements_close_then_they_are_posted_or_void_and_listed(office: Office) -> None:
    bank = BankOfHangzhou("http://nowhere", "secret", OURS)
    office.day.clock.at_ms = NOON
    stated = office.month.pay(0)
    for serial, nonce in ((stated, "nonce-0001"), ("HZNEVER", "nonce-0002")):
        given = notice(at_ms=NOON, memo=code(0), serial=serial, nonce=nonce)
        notices.take_bank_notice(bank, *given, office.queue, office.day.clock)
    office.work_off()
    assert pending(office) == {"coming:hangzhou": 400_000, "announced:2026-03": -400_000}
    office.month.take_statement()
    assert pending(office) == {"coming:hangzhou": 200_000, "announced:2026-03": -200_000}
    settle = [
        notices.settle_notices(PERIOD, "hangzhou", day, NOON) for day in ("2026-03-11", "2026-03-11", "2026-03-12")
    ]
    assert settle[0] == settle[1] == {"posted": 1, "void": 0, "pending": 1}
    assert settle[2] == {"posted": 1, "void": 1, "pending": 0}
    assert [each.code for each in list_problems(PERIOD)] == ["NOTICE_NEVER_BOOKED"]
    assert pending(office) == {}
    kinds = [entry.kind for entry in ledger.entries(PERIOD)]
    assert sorted(kinds) == ["announced", "announced", "announced_posted", "announced_void", "credit"]
    assert check(Book(list(ledger.kept_entries(PERIOD)), [])).faults == ()


def test_given_a_notice_of_another_amount_when_the_statement_closes_then_the_statement_holds_and_it_is_listed(
    office: Office,
) -> None:
    tell(office, office.month.pay(0), amount_fen=199_999)
    office.work_off()
    office.month.take_statement()
    assert pending(office) == {"coming:hangzhou": 199_999, "announced:2026-03": -199_999}
    assert notices.settle_notices(PERIOD, "hangzhou", "2026-03-11", NOON)["posted"] == 1
    assert pending(office) == {}
    assert office.month.balances()["held:2026-03"] == -DEPOSIT
    assert [each.code for each in list_problems(PERIOD)] == ["NOTICE_DIFFERS"]


def test_given_a_notice_that_comes_after_its_statement_then_nothing_is_pending(office: Office) -> None:
    serial = office.month.pay(0)
    office.month.take_statement()
    tell(office, serial)
    assert office.work_off() == ["announced"]
    assert office.announced() == [(serial, DEPOSIT, "posted")]
    assert pending(office) == {}


def test_given_a_credit_told_of_and_on_no_statement_then_the_month_does_not_close(office: Office) -> None:
    office.month.pay(1)
    office.month.take_statement()
    tell(office, "HZNEVER")
    office.work_off()
    assert reconcile(PERIOD, final=False)["differences"] == 1
    with pytest.raises(ReconciliationOpen) as held:
        reconcile(PERIOD)
    assert [each.field for each in held.value.problems] == ["announced hangzhou#HZNEVER"]


def test_given_a_payment_that_was_told_of_when_there_is_no_bill_yet_then_its_day_is_never_taken_for_an_empty_one(
    office: Office,
) -> None:
    account, files = AlipayAccount(office.wallet, MERCHANT.seller_id), MemoryFiles()
    files_wanted = fetching.Wanted(PERIOD, PERIOD, "2026-03-10", 0)
    midnight_ms = at_shanghai("2026-03-11T00:00:00")

    def fetch(before_ms: int = midnight_ms) -> str:
        def paid() -> bool:
            return paying.anyone_paid(PERIOD, office.wallet, before_ms, office.day.clock.now_ms())

        return fetching.fetch_statement(files, account, files_wanted, paid)

    office.post("/_faults", **{"alipay.data.dataservice.bill.downloadurl.query": ["unread"]})
    with pytest.raises(Pending, match="WALLET_UNCLEAR"):
        fetch()
    # The simulated bill of the day is not there before the day is closed.
    office.alipay._compressed = True
    office.post("/_pay", out_trade_no=office.open().our_ref, push=False)
    for _ in range(2):
        with pytest.raises(Pending, match="BILL_NOT_READY"):
            fetch()
        assert [state for _, _, state in office.announced()] == ["pending"]
    assert not list(files.keys("inbox", ""))
    # What came in after the day's end says nothing about the day.
    assert fetch(at_shanghai("2026-03-10T00:00:00")).endswith("001-ALIPAY_BILL_20260310.pull")


def tell(office: Office, serial: str, **given: Any) -> None:
    bank = BankOfHangzhou("http://nowhere", "secret", OURS)
    office.day.clock.at_ms = NOON
    told = notice(at_ms=NOON, memo=code(0), serial=serial, **given)
    notices.take_bank_notice(bank, *told, office.queue, office.day.clock)


def pending(office: Office) -> dict[str, int]:
    names = ("coming:hangzhou", "announced:2026-03")
    return {name: fen for name, fen in office.month.balances().items() if name in names and fen}
