"""All channels at once: however messages interleave, repeat or are lost, the books end the same.

Bank notices and statements, a wallet's notifications or a gateway's events, its bill, refunds and their returns.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from chalicelib.deposits import corrections, fetching, notices, paying, records, statements, trade_records
from chalicelib.deposits.intake import account_of, intake_of
from chalicelib.kernel.clock import at_shanghai
from chalicelib.kernel.errors import Pending
from chalicelib.ledger import records as ledger
from chalicelib.ledger.rules import balances, total
from chalicelib.refunds.preparing import Means, prepare
from chalicelib.refunds.records import refunds
from chalicelib.refunds.returns import apply_return, fetch_return
from chalicelib.refunds.rules import RefundState
from chalicelib.refunds.sending import release, send
from integrations.alipay.account import AlipayAccount
from integrations.bank_of_hangzhou.client import BankOfHangzhou
from integrations.ports import DepositBank
from tests.deposits.deposit_month import CHANNEL, DEPOSIT, PERIOD, PLAN, RULES, DepositMonth, code
from tests.integrations.alipay_sdk.desk import MERCHANT, Day, client, simulator
from tests.integrations.test_bank_notices import OURS, notice
from tests.refunds.stripe_in_process import StripeInProcess
from tests.refunds.test_money_never_lost import empty_tables

PEOPLE, WALLET = 4, "alipay"
PAID_AT, BILL_DAY, STATED_DAY = "2026-03-10T10:00:00", "2026-03-10", "2026-03-11"
SENT_AGAIN_MAX = 12


@dataclass(frozen=True)
class Script:
    """What is paid at the bank (who, code in the memo, fen), who pays by wallet, and what happens to messages."""

    gateway: str
    bank: list[tuple[int, bool, int]]
    wallet: set[int]
    order: list[int]
    lost: set[int]
    faults: list[str]


scripts = st.builds(
    Script,
    gateway=st.sampled_from(["alipay", "stripe"]),
    bank=st.lists(
        st.tuples(
            st.integers(0, PEOPLE), st.booleans(), st.sampled_from([DEPOSIT, DEPOSIT, DEPOSIT + 500, DEPOSIT - 1])
        ),
        min_size=1,
        max_size=4,
    ),
    wallet=st.sets(st.integers(0, PEOPLE - 1), min_size=1, max_size=3),
    order=st.lists(st.integers(0, 40), max_size=20),
    lost=st.sets(st.integers(0, 20)),
    faults=st.lists(st.sampled_from(["", "lost", "mute"]), max_size=5),
)


@dataclass
class Queue(list[str]):
    """Notices that wait to be worked off."""

    send: Callable[[str], None] = field(init=False)

    def __post_init__(self) -> None:
        self.send = self.append


class Month:
    """A month with a bank and a wallet; ``messages`` are all those that counterparties send of their own accord."""

    def __init__(self, script: Script, alipay: Any, day: Day) -> None:
        empty_tables()
        self.script, self.alipay, self.queue = script, alipay, Queue()
        self.month = DepositMonth(applicants=PEOPLE)
        day.clock.at_ms = self.month.clock.at_ms = at_shanghai(PAID_AT)
        self.day = day
        self.wallet: Any = client(alipay, day) if script.gateway == "alipay" else self._stripe()
        self.account = AlipayAccount(self.wallet, MERCHANT.seller_id, pause=lambda _: None)
        self.teller = BankOfHangzhou("http://nowhere", "secret", OURS)
        self.messages: list[Callable[[], object]] = []
        for number, (payer, coded, fen) in enumerate(script.bank):
            serial = self.month.pay(payer, memo=code(payer) if coded else "", amount_fen=fen, at=PAID_AT)
            self._bank_tells(serial, code(payer) if coded else "", fen, number)
        for number in sorted(script.wallet):
            self._by_wallet(number)

    def _stripe(self) -> StripeInProcess:
        def serial_of(our_ref: str) -> str:
            trade = trade_records.find_trade(our_ref)
            return trade.serial if trade else ""

        return StripeInProcess(MERCHANT.seller_id, serial_of, self.day.clock)

    def _bank_tells(self, serial: str, memo: str, fen: int, number: int) -> None:
        told = notice(at_ms=self.day.clock.at_ms, serial=serial, memo=memo, amount_fen=fen, nonce=f"nonce-{number:04d}")
        self.messages.append(lambda: notices.take_bank_notice(self.teller, *told, self.queue, self.day.clock))

    def _by_wallet(self, number: int) -> None:
        till = paying.Till(PLAN, DEPOSIT, self.wallet, self.month.vault, self.day.clock.at_ms)
        if self.script.gateway == "stripe":
            serial = paying.open_payment(till, code(number), "-").trade.serial
            self.wallet.pay(serial)
            body, signature = self.wallet.event(serial)
        else:
            signed_in = self._post("/_sign_in", open_id=f"user-{number}")["auth_code"]
            our_ref = paying.open_payment(till, code(number), signed_in).trade.our_ref
            self._post("/_pay", out_trade_no=our_ref, push=False)
            body, signature = self.alipay.post.body(self.alipay.post.letters[-1]), ""
        self.messages.append(
            lambda: notices.take_wallet_notice(self.wallet, body, self.queue, self.day.clock, signature)
        )

    def _post(self, door: str, **content: Any) -> Any:
        answer = requests.post(f"{self.alipay.url}{door}", json=content, timeout=5)
        answer.raise_for_status()
        return answer.json()

    def bank_of(self, channel: str) -> DepositBank:
        return self.month.bank if channel == CHANNEL else self.account

    def work_off(self) -> None:
        opens = {PERIOD: PLAN.at("deposits_open")}
        for told in self.queue:
            notices.work_off(json.loads(told), opens, lambda _: RULES.code_pattern, self.day.clock.now_ms())

    def statement_keys(self) -> dict[str, tuple[str, str]]:
        """Both counterparties' day, channel -> (day, key)."""
        self.day.clock.at_ms = self.month.clock.at_ms = at_shanghai(f"{STATED_DAY}T11:00:00")
        wanted = fetching.Wanted(PERIOD, PERIOD, BILL_DAY, 0)
        bill = fetching.fetch_statement(self.month.files, self.account, wanted, lambda: False)
        return {CHANNEL: self.month.statement(), WALLET: (BILL_DAY, bill)}

    def take_in(self, channel: str, day: str, key: str) -> None:
        month = self.month
        read = statements.read_statement(
            month.files,
            self.bank_of(channel),
            month.vault,
            period=PERIOD,
            day=day,
            key=key,
            code_pattern=RULES.code_pattern,
        )
        intake = account_of(intake_of(PLAN, RULES, channel, month.vault, month.clock))
        for chunk in read["chunks"]:
            statements.book_chunk(month.files, intake, PERIOD, chunk["key"])
        statements.close_statement(PERIOD, channel, day)
        notices.settle_notices(PERIOD, channel, day, self.day.clock.now_ms())

    def pay_back(self, times: int) -> None:
        """Batch 1, each step so many times, sent until the outcome is known."""
        corrections.close_corrections(PERIOD, PLAN.day("corrections_close"), 1)
        self.month.close_auction(winners=[])
        means = Means(
            PLAN,
            RULES.interest,
            self.month.vault,
            self.month.files,
            self.bank_of,
            self.month.clock.now_ms(),
            wallets=(WALLET,),
            paying_bank=CHANNEL,
        )
        for _ in range(times):
            prepared = prepare("1", means)
            release(PERIOD, "1", "approver")
            for file in prepared["files"]:
                for _ in range(SENT_AGAIN_MAX):
                    with suppress(Pending):
                        send(file["batch_no"], means)
                key = f"{CHANNEL}/return/{PERIOD}/{file['batch_no']}/HZB_RTN_{file['batch_no']}.txt"
                if file["channel"] == WALLET:
                    with suppress(Pending):
                        key = fetch_return(file["batch_no"], 0, means)
                apply_return(file["batch_no"], key, means)

    def left_at_wallet(self) -> list[tuple[str, int]]:
        """What the wallet itself says it gave back, by our number."""
        if self.script.gateway == "stripe":
            return sorted((each["metadata"]["hub_ref"], each["amount"]) for each in self.wallet.refunded)
        trades = self.alipay.books.trades.values()
        return sorted((ref, fen) for trade in trades for ref, (fen, _) in trade.refunds.items())

    def ends(self) -> tuple[dict[str, int], dict[str, str], list[tuple[str, int]]]:
        """Balances, each credit's end, and what left by wallet."""
        by_account = {account: fen for account, fen in balances(ledger.entries(PERIOD)).items() if fen}
        found = {each.serial: f"{each.state} {each.reason}" for each in records.credits(PERIOD)}
        return by_account, found, self.left_at_wallet()


def play(script: Script, alipay: Any, day: Day) -> Any:
    """The month with messages lost, out of order and repeated."""
    scene = Month(script, alipay, day)
    messages = [each for number, each in enumerate(scene.messages) if number not in script.lost]
    for number in script.order:
        if messages:
            messages[number % len(messages)]()
        if number % 3 == 0:
            scene.work_off()
    keys = scene.statement_keys()
    # Not held yet: of two payments of one code over two channels, that whose statement comes first is the deposit.
    twice = {payer for payer, coded, _ in script.bank if coded} & script.wallet
    turned = len(script.order) % 2 and not twice
    first, second = (WALLET, CHANNEL) if turned else (CHANNEL, WALLET)
    scene.take_in(first, *keys[first])
    scene.work_off()
    for channel in (second, first, second):
        scene.take_in(channel, *keys[channel])
    scene.work_off()
    scene.month.bank.faults = list(script.faults)
    if script.gateway == "stripe":
        scene.wallet.faults = list(script.faults)
    else:
        faults = [fault.replace("lost", "drop") for fault in script.faults if fault]
        scene._post("/_faults", **{"alipay.trade.refund": [each for each in faults if each == "mute"]})
    scene.pay_back(times=2)
    return scene


@pytest.fixture(scope="module")
def day() -> Day:
    return Day(PAID_AT)


@pytest.fixture
def alipay(day: Day) -> Iterator[Any]:
    with simulator(day) as running:
        yield running


def _clear(alipay: Any) -> None:
    alipay.books.trades.clear()
    alipay.books.transfers.clear()
    alipay.books._serial = 0
    alipay.books.balance = 1_000_000
    alipay.post.letters.clear()


@given(script=scripts)
@settings(
    max_examples=4, deadline=None, phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck)
)
def test_given_messages_in_any_order_number_and_loss_over_all_channels_then_the_books_end_the_same(
    aws: None, alipay: Any, day: Day, script: Script
) -> None:
    _clear(alipay)
    in_order = replace(script, order=list(range(0, 20, 2)), lost=set(), faults=[])
    wanted = play(in_order, alipay, day).ends()

    _clear(alipay)
    scene = play(script, alipay, day)

    assert scene.ends() == wanted
    by_account, _, left = wanted
    assert total(by_account) == 0
    assert not any(account.startswith("transit") for account in by_account)
    assert len(left) == len({ref for ref, _ in left})
    paid = {each.our_ref for each in refunds(PERIOD) if each.state == RefundState.PAID}
    assert {ref for ref, _ in left} <= paid
