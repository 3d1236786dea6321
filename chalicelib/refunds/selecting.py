"""What each batch pays, from what the other rooms have on record. Money goes back to where it came from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from chalicelib.applicants import records as applicants
from chalicelib.auctions import records as auctions
from chalicelib.deposits import records as deposits
from chalicelib.deposits.records import CreditState, DepositRecord, DepositState
from chalicelib.kernel.errors import Conflict
from chalicelib.kernel.privacy import Vault
from chalicelib.ledger import accounts
from chalicelib.periods.plan import Plan
from chalicelib.refunds import records
from chalicelib.refunds.rules import (
    FIRST,
    REMITTANCE,
    SECOND,
    Due,
    Fate,
    Source,
    fate_of_deposit,
    refund_number,
)
from chalicelib.treasury import records as treasury


@dataclass(frozen=True)
class Payee:
    """An account and the name of its owner."""

    account_no: str
    account_name: str


def select(
    batch: str, plan: Plan, vault: Vault, treasury_account: Payee | None, *, wallets: tuple[str, ...], bank: str
) -> Iterator[Due]:
    """What a batch pays, ``again-1`` and so on without what is sent again: there, payments that came late
    and winners released late.

    Raises ``Conflict`` where the auction has no complete result (``RESULT_MISSING``) or a winner's settlement is open
    (``SETTLEMENT_OPEN``): nobody is refunded on a guess. ``bank`` remits what was forfeited in ``wallets``, which pay
    to no bank account.
    """
    if batch == REMITTANCE:
        if treasury_account is not None:
            yield from _remittance(plan, treasury_account, wallets, bank)
        return
    yield from _returnable(plan.period, batch, vault)
    if batch == FIRST:
        yield from _first(plan.period, vault)
    elif batch == SECOND:
        yield from _second(plan.period, vault)
    else:
        yield from _released_late(plan.period, vault)


def rolling(period: str) -> Iterator[DepositRecord]:
    """The held deposits that stay for the next period."""
    for deposit, fate in _fates(period):
        if fate is Fate.ROLL:
            yield deposit


def _fates(period: str) -> Iterator[tuple[DepositRecord, Fate]]:
    winners = _winners(period)
    listed = {applicant.code: applicant for applicant in applicants.listed(period)}
    for deposit in deposits.deposits(period):
        applicant = listed.get(deposit.code)
        fate = fate_of_deposit(
            qualified=applicant is not None and applicant.qualified,
            won=deposit.code in winners,
            # One period only; and a code that was paid for anew meanwhile needs no second deposit there.
            rollover=applicant is not None
            and applicant.rollover
            and not deposit.rolled_from
            and not _paid_anew(deposit),
        )
        yield deposit, fate


def _paid_anew(deposit: DepositRecord) -> bool:
    coming = deposits.find_deposit(deposits.following_period(deposit.period), deposit.code)
    return coming is not None and coming.rolled_from != deposit.period


def _winners(period: str) -> set[str]:
    result = auctions.fact(period, "result")
    winners = {winner.code for winner in auctions.winners(period)}
    # The result is kept before everybody's rank: until both agree, a winner could be taken for a loser.
    if result is None or len(winners) != sum(each["winners"] for each in result["classes"].values()):
        raise Conflict("RESULT_MISSING", "本期竞价结果尚不完整,不能生成退款批次")
    return winners


def _returnable(period: str, batch: str, vault: Vault) -> Iterator[Due]:
    """Payments that must go back: with batch 1, or with the first one after the statement that brought them."""
    for credit in deposits.credits(period):
        if credit.state != CreditState.RETURNABLE:
            continue
        standing = records.find_refund(refund_number(period, Source.CREDIT, credit.ref, 1))
        if standing is not None and standing.batch != batch:
            continue
        account_no, name = credit.payer(vault)
        yield Due(
            source=Source.CREDIT,
            source_key=credit.ref,
            code=credit.code,
            channel=credit.channel,
            account=accounts.returnable(period),
            account_no=account_no,
            account_name=name,
            principal_fen=int(credit.amount_fen),
            value_date=credit.valued_on,
            credit=credit.ref,
        )


def _first(period: str, vault: Vault) -> Iterator[Due]:
    for deposit, fate in _fates(period):
        if deposit.state == DepositState.HELD and fate is Fate.REFUND:
            yield _whole(deposit, vault)
        elif deposit.state in (DepositState.HELD, DepositState.ROLLED) and fate is Fate.ROLL and deposit.excess_fen:
            # The rollover is of the deposit; what was paid above it goes back now.
            yield _above(deposit, vault)


def _second(period: str, vault: Vault) -> Iterator[Due]:
    for code in sorted(_winners(period)):
        deposit = deposits.find_deposit(period, code)
        if deposit is None:
            raise Conflict("DEPOSIT_MISSING", f"买受人 {code} 没有保证金记录")
        if deposit.state == DepositState.FORFEITED:
            if deposit.excess_fen:
                yield _above(deposit, vault)
        elif treasury.paid(period, code) or treasury.released(period, code):
            if deposit.state == DepositState.HELD:
                yield _whole(deposit, vault)
        elif not treasury.undecided(period, code):
            # A void notice holds up its own winner only: nobody has decided whether he owes, so his deposit stays.
            raise Conflict("SETTLEMENT_OPEN", f"买受人 {code} 的成交款尚未结清,也未确认违约")


def _released_late(period: str, vault: Vault) -> Iterator[Due]:
    """Winners of void notices who were released after batch 2 had been made."""
    for code in sorted(_winners(period)):
        deposit = deposits.find_deposit(period, code)
        if deposit is not None and deposit.state == DepositState.HELD and treasury.released(period, code):
            yield _whole(deposit, vault)


def _remittance(plan: Plan, payee: Payee, wallets: tuple[str, ...], bank: str) -> Iterator[Due]:
    forfeited_fen: dict[str, int] = defaultdict(int)
    for deposit in deposits.deposits(plan.period):
        if deposit.state == DepositState.FORFEITED:
            forfeited_fen[bank if deposit.channel in wallets else deposit.channel] += int(deposit.amount_fen)
    for channel, fen in sorted(forfeited_fen.items()):
        yield Due(
            source=Source.FORFEIT,
            source_key=channel,
            code="",
            channel=channel,
            account=accounts.forfeited(plan.period),
            account_no=payee.account_no,
            account_name=payee.account_name,
            principal_fen=fen,
            # The treasury is sent the deposits; they earn nothing on the way.
            value_date=plan.day("settlement_closes"),
        )


def _whole(deposit: DepositRecord, vault: Vault) -> Due:
    return _due(deposit, vault, Source.DEPOSIT, int(deposit.amount_fen) + int(deposit.excess_fen))


def _above(deposit: DepositRecord, vault: Vault) -> Due:
    return _due(deposit, vault, Source.EXCESS, int(deposit.excess_fen))


def _due(deposit: DepositRecord, vault: Vault, source: Source, principal_fen: int) -> Due:
    credit = deposits.find_credit(deposit.paid_in, deposit.channel, deposit.serial)
    if credit is None:
        raise Conflict("CREDIT_MISSING", f"申请编码 {deposit.code} 的入账记录缺失")
    account_no, name = credit.payer(vault)
    return Due(
        source=source,
        source_key=deposit.code,
        code=deposit.code,
        channel=deposit.channel,
        account=accounts.held(deposit.period),
        account_no=account_no,
        account_name=name,
        principal_fen=principal_fen,
        value_date=deposit.valued_on,
        credit=credit.ref if source is Source.DEPOSIT else "",
    )
