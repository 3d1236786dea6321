"""Gathers a month from every room's records. Personal data is masked here and does not go further."""

from __future__ import annotations

from collections import defaultdict

from chalicelib.applicants import records as applicants
from chalicelib.auctions import records as auctions
from chalicelib.deposits import records as deposits
from chalicelib.deposits import statement_records
from chalicelib.kernel.privacy import Vault, mask_id, mask_name
from chalicelib.ledger import accounts
from chalicelib.ledger import records as ledger
from chalicelib.ledger.rules import Entry, balances, trial_balance
from chalicelib.periods.plan import Plan
from chalicelib.refunds import records as refunds
from chalicelib.reports.month import BalanceRow, BankRow, CreditRow, DepositRow, Month, NoticeRow, RefundRow
from chalicelib.treasury import records as treasury
from integrations.ports import Direction


def collect(plan: Plan, title: str, vault: Vault) -> Month:
    """The month as it stands. The same records give the same rows, in the same order."""
    period = plan.period
    listed = list(applicants.listed(period))
    entries = list(ledger.entries(period))
    result = auctions.fact(period, "result") or {"classes": {}}
    return Month(
        period=period,
        title=title,
        made_on=plan.day("month_end"),
        applicants=len(listed),
        qualified=sum(each.qualified for each in listed),
        activated=sum(each.activated for each in listed),
        results=dict(sorted(result["classes"].items())),
        credits=_credits(period, vault),
        deposits=_deposits(period),
        refunds=_refunds(period, vault),
        notices=_notices(period),
        banks=_banks(plan, entries),
        balances=tuple(BalanceRow(line.account, line.debit_fen, line.credit_fen) for line in trial_balance(entries)),
    )


def _credits(period: str, vault: Vault) -> tuple[CreditRow, ...]:
    rows = []
    for credit in deposits.credits(period):
        account_no, name = credit.payer(vault)
        rows.append(
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
    return tuple(sorted(rows, key=lambda row: (row.channel, row.arrived_at_ms, row.serial)))


def _deposits(period: str) -> tuple[DepositRow, ...]:
    rows = [
        DepositRow(
            code=deposit.code,
            channel=deposit.channel,
            serial=deposit.serial,
            amount_fen=int(deposit.amount_fen),
            excess_fen=int(deposit.excess_fen),
            valued_on=deposit.valued_on,
            state=deposit.state,
        )
        for deposit in deposits.deposits(period)
    ]
    return tuple(sorted(rows, key=lambda row: row.code))


def _refunds(period: str, vault: Vault) -> tuple[RefundRow, ...]:
    rows = []
    for refund in refunds.refunds(period):
        account_no, name = refund.payee(vault)
        rows.append(
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
            )
        )
    return tuple(sorted(rows, key=lambda row: (row.batch, row.channel, row.source, row.code, row.our_ref)))


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


def _banks(plan: Plan, entries: list[Entry]) -> tuple[BankRow, ...]:
    by_account = balances(entries)
    days: dict[str, list[str]] = defaultdict(list)
    for due in plan.statements:
        days[due.channel].append(due.day.isoformat())
    rows = []
    for channel in sorted(days):
        statements = list(statement_records.statements(channel, min(days[channel]), max(days[channel])))
        if not statements:
            continue
        lines = [line for each in statements for line in statement_records.lines_of_day(channel, each.day)]
        moved: dict[str, int] = defaultdict(int)
        others_fen = 0
        for line in lines:
            moved[line.direction] += int(line.amount_fen)
            others_fen += line.signed_fen if line.period != plan.period else 0
        opening_fen = int(statements[0].opening_fen)
        rows.append(
            BankRow(
                channel=channel,
                opening_fen=opening_fen,
                credits_fen=moved[Direction.CREDIT],
                interest_fen=moved[Direction.INTEREST],
                debits_fen=moved[Direction.DEBIT],
                closing_fen=int(statements[-1].closing_fen),
                # The ledger of a period knows its movements; what stood in the account before came from the bank, and
                # what moved meanwhile for other periods is in their books.
                ledger_fen=opening_fen + by_account.get(accounts.bank(channel), 0) + others_fen,
            )
        )
    return tuple(rows)
