"""Every channel's tellings and statements in any order, repeated and lost: the same allotment and the same balances.

What is expected is worked out here from the rules' words, not by the hub's code.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.deposits import notices, records
from chalicelib.deposits.announcements import announce
from chalicelib.deposits.booking import book_line
from chalicelib.deposits.intake import account_of, intake_of
from chalicelib.deposits.trade_records import AnnouncedRecord
from chalicelib.kernel.clock import at_shanghai
from chalicelib.ledger import records as ledger
from chalicelib.ledger.rules import balances
from integrations.ports import Direction, StatementLine
from tests.deposits.deposit_month import DEPOSIT, PERIOD, PLAN, RULES, DepositMonth, account_no, code, name
from tests.refunds.test_money_never_lost import empty_tables

CHANNELS = ("hangzhou", "minsheng", "alipay")
# The last but one is too late for the wallet only, the last for everybody.
TIMES = ("2026-03-10T10:00:00", "2026-03-10T10:00:01", "2026-03-17T09:00:00", "2026-03-17T17:00:00")
DAY, LATER_DAYS = "2026-03-17", ("2026-03-18", "2026-03-19")


@dataclass(frozen=True)
class Paid:
    """A payment: who, how much, when, by which way; how often it was told of and how often its statement is booked."""

    number: int
    channel: str
    payer: int
    amount_fen: int
    at: str
    told: int
    stated: int

    @property
    def serial(self) -> str:
        return f"{self.channel[0].upper()}{self.number}"

    def line(self) -> StatementLine:
        at_ms, day = at_shanghai(self.at), date.fromisoformat(self.at[:10])
        payee = (account_no(self.payer), name(self.payer), code(self.payer))
        return StatementLine(2, self.serial, at_ms, day, Direction.CREDIT, self.amount_fen, *payee, "")

    def notice(self) -> AnnouncedRecord:
        return AnnouncedRecord(
            period=PERIOD,
            channel=self.channel,
            serial=self.serial,
            code=code(self.payer),
            amount_fen=self.amount_fen,
            arrived_at_ms=at_shanghai(self.at),
        )


def wanted(paid: list[Paid]) -> tuple[dict[str, str], dict[str, int]]:
    """What each payment is in the end, and the balances: the first to arrive, in time and of enough, is the deposit."""
    outcomes: dict[str, str] = {}
    sums: Counter[str] = Counter()
    taken: set[int] = set()
    for each in sorted(paid, key=lambda each: (each.at, each.channel, each.serial)):
        late = each.at >= ("2026-03-16T17:00:00" if each.channel == "alipay" else "2026-03-17T17:00:00")
        if late or each.amount_fen < DEPOSIT:
            outcomes[each.serial] = f"returnable {'late' if late else 'short'}"
        elif each.payer in taken:
            outcomes[each.serial] = "returnable second_payment"
        else:
            outcomes[each.serial] = "matched "
            taken.add(each.payer)
        sums[f"bank:{each.channel}"] += each.amount_fen
        sums[f"{'held' if outcomes[each.serial] == 'matched ' else 'returnable'}:{PERIOD}"] -= each.amount_fen
    return outcomes, {account: fen for account, fen in sums.items() if fen}


payments = st.lists(
    st.tuples(
        st.sampled_from(CHANNELS),
        st.integers(0, 1),
        st.sampled_from([DEPOSIT, DEPOSIT + 700, DEPOSIT - 1]),
        st.sampled_from(TIMES),
        st.integers(0, 2),
        st.integers(1, 2),
    ),
    min_size=2,
    max_size=5,
).map(lambda rows: [Paid(number, *row) for number, row in enumerate(rows)])


@given(payments, st.randoms(use_true_random=False), st.booleans())
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
def test_given_any_order_repeat_and_loss_on_every_channel_then_allotment_and_balances_are_the_same(
    aws, paid, chance, phantom
):
    empty_tables()
    month = DepositMonth(applicants=2)
    accounts = {each: account_of(intake_of(PLAN, RULES, each, month.vault, month.clock)) for each in CHANNELS}
    messages = [("told", each) for each in paid for _ in range(each.told)]
    messages += [("stated", each) for each in paid for _ in range(each.stated)]
    if phantom:
        # Told of, and on no statement ever.
        messages.append(("told", Paid(99, "hangzhou", 0, DEPOSIT, TIMES[0], 1, 0)))
    chance.shuffle(messages)

    for kind, each in messages:
        if kind == "told":
            announce(each.notice(), 1)
        else:
            book_line(accounts[each.channel], each.line(), DAY)
    for channel in CHANNELS:
        for day in LATER_DAYS:
            notices.settle_notices(PERIOD, channel, day, 2)

    found = {credit.serial: f"{credit.state} {credit.reason}" for credit in records.credits(PERIOD)}
    standing = {account: fen for account, fen in balances(ledger.entries(PERIOD)).items() if fen}
    assert (found, standing) == wanted(paid)
    made_by = {deposit.serial for deposit in records.deposits(PERIOD)}
    assert made_by == {serial for serial, outcome in found.items() if outcome == "matched "}
