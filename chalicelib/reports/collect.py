"""Gathers a month from every room's records. Personal data is masked here and does not go further.

Nothing of which there may be a hundred thousand is held in memory: it goes through, and lies in a spool.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from chalicelib.applicants import records as applicants
from chalicelib.auctions import records as auctions
from chalicelib.deposits import records as deposits
from chalicelib.deposits import statement_records
from chalicelib.deposits.reconciling import stated_days
from chalicelib.kernel.privacy import Vault, mask_id, mask_name
from chalicelib.kernel.spool import Spool
from chalicelib.ledger import accounts, sealing
from chalicelib.ledger import records as ledger
from chalicelib.ledger.rules import Entry
from chalicelib.periods.plan import Plan
from chalicelib.refunds import records as refunds
from chalicelib.reports.month import (
    BalanceRow,
    BankRow,
    CreditRow,
    DepositRow,
    Month,
    NoticeRow,
    Posted,
    ReceiptRow,
    RefundRow,
    SurplusRow,
    UnmatchedRow,
)
from chalicelib.treasury import records as treasury
from chalicelib.treasury.lists import TreasuryLists, treasury_lists
from integrations.ports import Direction


def collect(plan: Plan, title: str, vault: Vault) -> Month:
    """The month as it stands. The same records give the same rows, in the same order."""
    period = plan.period
    people = _people(period)
    books = _books(ledger.entries(period))
    result = auctions.fact(period, "result") or {"classes": {}}
    lists = treasury_lists(period)
    return Month(
        period=period,
        title=title,
        made_on=plan.day("month_end"),
        applicants=people["listed"],
        qualified=people["qualified"],
        activated=people["activated"],
        results=dict(sorted(result["classes"].items())),
        credits=_credits(period, vault),
        deposits=_deposits(period),
        refunds=_refunds(period, vault),
        notices=_notices(period),
        receipts=_receipts(lists),
        surplus=_surplus(lists),
        unmatched=_unmatched(lists),
        banks=_banks(plan, books.balances),
        balances=_balances(period, books),
        posted=books.posted(),
        entries=books.entries,
    )


def _people(period: str) -> Counter[str]:
    counted: Counter[str] = Counter()
    for each in applicants.listed(period):
        counted["listed"] += 1
        counted["qualified"] += bool(each.qualified)
        counted["activated"] += bool(each.activated)
    return counted


@dataclass
class _Books:
    """The ledger in sums: per account, and per day, kind and account."""

    entries: int = 0
    debited: Counter[str] = field(default_factory=Counter)
    credited: Counter[str] = field(default_factory=Counter)
    kinds: dict[tuple[date, str, str], list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0, 0]))

    @property
    def balances(self) -> dict[str, int]:
        """Account -> debits less credits."""
        return {name: self.debited[name] - self.credited[name] for name in {*self.debited, *self.credited}}

    def take(self, entry: Entry) -> None:
        """Count an entry."""
        self.entries += 1
        for leg in entry.legs:
            line = self.kinds[entry.day, entry.kind, leg.account]
            line[2] += 1
            if leg.amount_fen > 0:
                self.debited[leg.account] += leg.amount_fen
                line[0] += leg.amount_fen
            else:
                self.credited[leg.account] -= leg.amount_fen
                line[1] -= leg.amount_fen

    def posted(self) -> tuple[Posted, ...]:
        """Lines by day, kind and account."""
        return tuple(
            Posted(day, kind, account, debit_fen, credit_fen, count)
            for (day, kind, account), (debit_fen, credit_fen, count) in sorted(self.kinds.items())
        )


def _books(entries: Iterator[Entry]) -> _Books:
    books = _Books()
    for entry in entries:
        books.take(entry)
    return books


def _balances(period: str, books: _Books) -> tuple[BalanceRow, ...]:
    last = None
    for last in sealing.segments(period):  # noqa: B007 (the last one holds every account's head)
        pass
    sealed = {name: head.balance_fen for name, head in last.heads.items()} if last else {}
    names = sorted({*books.debited, *books.credited, *sealed})
    return tuple(BalanceRow(name, books.debited[name], books.credited[name], sealed.get(name, 0)) for name in names)


def _credits(period: str, vault: Vault) -> Spool[CreditRow]:
    rows = Spool(CreditRow, ("channel", "arrived_at_ms", "serial"))
    for credit in deposits.credits(period):
        account_no, name = credit.payer(vault)
        rows.add(
            CreditRow(
                channel=credit.channel,
                serial=credit.serial,
                arrived_at_ms=int(credit.arrived_at_ms),
                valued_on=credit.valued_on,
                amount_fen=int(credit.amount_fen),
                code=credit.code,
                state=credit.state,
                reason=credit.reason,
                payer=mask_name(name),
                account=mask_id(account_no),
            )
        )
    return rows


def _deposits(period: str) -> Spool[DepositRow]:
    rows = (
        DepositRow(
            code=deposit.code,
            channel=deposit.channel,
            serial=deposit.serial,
            amount_fen=int(deposit.amount_fen),
            excess_fen=int(deposit.excess_fen),
            valued_on=deposit.valued_on,
            state=deposit.state,
            rolled_from=deposit.rolled_from,
        )
        for deposit in deposits.deposits(period)
    )
    return Spool.of(DepositRow, ("code",), rows)


def _refunds(period: str, vault: Vault) -> Spool[RefundRow]:
    rows = Spool(RefundRow, ("batch", "channel", "source", "code", "our_ref"))
    reasons = {each.sk: each.reason for each in refunds.failed(period)}
    for refund in refunds.refunds(period):
        account_no, name = refund.payee(vault)
        rows.add(
            RefundRow(
                our_ref=refund.our_ref,
                batch=refund.batch,
                channel=refund.channel,
                source=refund.source,
                code=refund.code,
                principal_fen=int(refund.principal_fen),
                interest_fen=int(refund.interest_fen),
                leaves_on=refund.day,
                state=refund.state,
                bank_code=refund.bank_code,
                payee=mask_name(name),
                account=mask_id(account_no),
                reason=reasons.get(refund.our_ref, ""),
            )
        )
    return rows


def _notices(period: str) -> tuple[NoticeRow, ...]:
    rows = [
        NoticeRow(
            code=notice.code,
            bidder_class=notice.bidder_class,
            rank=int(notice.rank),
            amount_fen=int(notice.amount_fen),
            pay_code=notice.pay_code,
            state=notice.state,
            paid_at_ms=int(notice.paid_at_ms),
            paid_by=notice.paid_by,
            bank_serial=notice.bank_serial,
            forfeited_fen=int(notice.forfeited_fen),
            defaulted_at_ms=int(notice.defaulted_at_ms),
            defaulted_by=notice.defaulted_by,
        )
        for notice in treasury.notices(period)
    ]
    return tuple(sorted(rows, key=lambda row: row.pay_code))


def _receipts(lists: TreasuryLists) -> tuple[ReceiptRow, ...]:
    return tuple(
        ReceiptRow(
            code=line.code,
            pay_code=line.pay_code,
            number=line.number,
            check_code=line.check_code,
            amount_fen=line.amount_fen,
            state=line.state,
            issued_at_ms=line.issued_at_ms,
            written_off_at_ms=line.written_off_at_ms,
            reverses=line.reverses,
        )
        for line in lists.receipts
    )


def _surplus(lists: TreasuryLists) -> tuple[SurplusRow, ...]:
    return tuple(
        SurplusRow(
            pay_code=line.pay_code,
            code=line.code,
            finding=line.finding,
            amount_fen=line.amount_fen,
            surplus_fen=line.surplus_fen,
            confirmed_at_ms=line.confirmed_at_ms,
            bank_serial=line.bank_serial,
        )
        for line in lists.surplus
    )


def _unmatched(lists: TreasuryLists) -> tuple[UnmatchedRow, ...]:
    owed = {line.pay_code: line.amount_fen for line in lists.notices}
    given = {line.pay_code: line.amount_fen for line in lists.receipts}
    return (
        *(UnmatchedRow("payment", each, owed[each]) for each in lists.payments_without_receipt),
        *(UnmatchedRow("receipt", each, given[each]) for each in lists.receipts_without_payment),
    )


def _banks(plan: Plan, by_account: Mapping[str, int]) -> tuple[BankRow, ...]:
    # The plan's days, and those of lines that came after its last: the period's books know of these too.
    days = stated_days(plan.period)
    for due in plan.statements:
        days.setdefault(due.channel, set()).add(due.day.isoformat())
    rows = []
    for channel in sorted(days):
        statements = list(statement_records.statements(channel, min(days[channel]), max(days[channel])))
        if not statements:
            continue
        moved: Counter[str] = Counter()
        others_fen = 0
        for statement in statements:
            for line in statement_records.lines_of_day(channel, statement.day):
                moved[line.direction] += int(line.amount_fen)
                others_fen += line.signed_fen if line.period != plan.period else 0
        rows.append(
            BankRow(
                channel=channel,
                opening_fen=int(statements[0].opening_fen),
                credits_fen=moved[Direction.CREDIT],
                interest_fen=moved[Direction.INTEREST],
                debits_fen=moved[Direction.DEBIT],
                closing_fen=int(statements[-1].closing_fen),
                own_fen=by_account.get(accounts.bank(channel), 0),
                others_fen=others_fen,
            )
        )
    return tuple(rows)
