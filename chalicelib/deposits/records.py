"""The deposits' table: every credit that came in, every deposit that a bidder holds, and how they move.

| item | pk | sk |
|---|---|---|
| credit | ``{period}#{shard of serial}`` | ``credit#{channel}#{serial}`` |
| its payer, for corrections | ``{period}#payer#{name look-up}`` | ``credit#{channel}#{serial}`` |
| deposit | ``{period}#{shard of code}`` | ``deposit#{code}`` |
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from enum import StrEnum

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.models import Model

from chalicelib.kernel.privacy import Vault
from chalicelib.kernel.shards import SHARDS, shard_of
from chalicelib.kernel.tables import HubMeta, Transaction, table_name
from chalicelib.periods.naming import month_of

CREDIT = "credit#"
DEPOSIT = "deposit#"


class CreditState(StrEnum):
    """Where a credit stands; it only moves down this list."""

    MATCHED = "matched"
    DOUBTFUL = "doubtful"
    RETURNABLE = "returnable"
    RETURNING = "returning"
    RETURNED = "returned"


class DepositState(StrEnum):
    """Where a deposit stands: held, then one of rolled, forfeited, or refunding and refunded."""

    HELD = "held"
    ROLLED = "rolled"
    FORFEITED = "forfeited"
    REFUNDING = "refunding"
    REFUNDED = "refunded"


class CreditRecord(Model):
    """A payment that came in. ``code`` is the application it is for, or the listed one its memo names, or empty;
    ``reason`` says why it is or was doubtful or must go back. Payer's name and account are sealed under ``ref``."""

    class Meta(HubMeta):
        """Where it is kept."""

        table_name = table_name("DEPOSITS_TABLE")

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    period = UnicodeAttribute()
    channel = UnicodeAttribute()
    serial = UnicodeAttribute()
    amount_fen = NumberAttribute()
    arrived_at_ms = NumberAttribute()
    value_date = UnicodeAttribute()
    code = UnicodeAttribute(default="")
    state = UnicodeAttribute()
    reason = UnicodeAttribute(default="")
    payer_name = UnicodeAttribute()
    payer_account = UnicodeAttribute()
    payer_lookup = UnicodeAttribute()
    statement_day = UnicodeAttribute()
    digest = UnicodeAttribute()
    # Two operators' words on whose a doubtful payment is.
    proposed_code = UnicodeAttribute(default="")
    proposed_by = UnicodeAttribute(default="")
    confirmed_by = UnicodeAttribute(default="")

    @property
    def ref(self) -> str:
        """``{channel}#{serial}``: what deposits, refunds and people call this credit."""
        return f"{self.channel}#{self.serial}"

    @property
    def owner(self) -> str:
        """What its personal data is sealed under."""
        return f"{self.period}/{self.ref}"

    @property
    def valued_on(self) -> date:
        """The day its interest begins."""
        return date.fromisoformat(self.value_date)

    def payer(self, vault: Vault) -> tuple[str, str]:
        """The payer's account number and name, in clear."""
        return vault.open(self.payer_account, self.owner), vault.open(self.payer_name, self.owner)


class PayerRecord(Model):
    """Leads from a payer's name to a doubtful credit."""

    class Meta(HubMeta):
        """Where it is kept."""

        table_name = table_name("DEPOSITS_TABLE")

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    channel = UnicodeAttribute()
    serial = UnicodeAttribute()


class DepositRecord(Model):
    """A bidder's deposit: ``amount_fen`` is the deposit itself, ``excess_fen`` what was paid above it.

    ``rolled_from`` is the period before, where the deposit stayed from there; its credit is that period's.
    """

    class Meta(HubMeta):
        """Where it is kept."""

        table_name = table_name("DEPOSITS_TABLE")

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    period = UnicodeAttribute()
    code = UnicodeAttribute()
    channel = UnicodeAttribute()
    serial = UnicodeAttribute()
    amount_fen = NumberAttribute()
    excess_fen = NumberAttribute()
    value_date = UnicodeAttribute()
    state = UnicodeAttribute()
    rolled_from = UnicodeAttribute(default="")

    @property
    def paid_in(self) -> str:
        """The period in which it was paid."""
        return self.rolled_from or self.period

    @property
    def credit_ref(self) -> str:
        """The credit it was paid by."""
        return f"{self.channel}#{self.serial}"

    @property
    def valued_on(self) -> date:
        """The day its interest begins."""
        return date.fromisoformat(self.value_date)


def credit_key(period: str, channel: str, serial: str) -> tuple[str, str]:
    """The table key of a credit."""
    return f"{period}#{shard_of(serial)}", f"{CREDIT}{channel}#{serial}"


def deposit_key(period: str, code: str) -> tuple[str, str]:
    """The table key of a deposit."""
    return f"{period}#{shard_of(code)}", f"{DEPOSIT}{code}"


def following_period(period: str) -> str:
    """The period after one: what is rolled over goes there."""
    return f"{month_of(period) + timedelta(days=31):%Y-%m}"


def preceding_period(period: str) -> str:
    """The period before one."""
    return f"{month_of(period) - timedelta(days=1):%Y-%m}"


def payer_record(credit: CreditRecord) -> PayerRecord:
    """The item that finds a doubtful credit by its payer."""
    pk = f"{credit.period}#payer#{credit.payer_lookup}"
    return PayerRecord(pk, credit.sk, channel=credit.channel, serial=credit.serial)


def deposit_from(credit: CreditRecord, code: str, excess_fen: int) -> DepositRecord:
    """The deposit that a matched credit makes, held."""
    pk, sk = deposit_key(credit.period, code)
    return DepositRecord(
        pk,
        sk,
        period=credit.period,
        code=code,
        channel=credit.channel,
        serial=credit.serial,
        amount_fen=int(credit.amount_fen) - excess_fen,
        excess_fen=excess_fen,
        value_date=credit.value_date,
        state=DepositState.HELD,
    )


def rolled_into(deposit: DepositRecord, period: str) -> DepositRecord:
    """The deposit that a rolled-over one is in the next period: interest runs on, and what was paid above stays."""
    pk, sk = deposit_key(period, deposit.code)
    return DepositRecord(
        pk,
        sk,
        period=period,
        code=deposit.code,
        channel=deposit.channel,
        serial=deposit.serial,
        amount_fen=int(deposit.amount_fen),
        excess_fen=0,
        value_date=deposit.value_date,
        state=DepositState.HELD,
        rolled_from=deposit.period,
    )


def find_deposit(period: str, code: str) -> DepositRecord | None:
    """The deposit that stands under an application code in a period."""
    try:
        return DepositRecord.get(*deposit_key(period, code), consistent_read=True)
    except DepositRecord.DoesNotExist:
        return None


def find_credit(period: str, channel: str, serial: str) -> CreditRecord | None:
    """The credit that a bank's serial stands for."""
    try:
        return CreditRecord.get(*credit_key(period, channel, serial), consistent_read=True)
    except CreditRecord.DoesNotExist:
        return None


def deposits(period: str) -> Iterator[DepositRecord]:
    """Every deposit of a period, in no particular order."""
    for shard in SHARDS:
        prefix = DepositRecord.sk.startswith(DEPOSIT)
        yield from DepositRecord.query(f"{period}#{shard}", prefix, consistent_read=True)


def credits(period: str) -> Iterator[CreditRecord]:  # noqa: A001 the trade's word
    """Every credit of a period, in no particular order."""
    for shard in SHARDS:
        prefix = CreditRecord.sk.startswith(CREDIT)
        yield from CreditRecord.query(f"{period}#{shard}", prefix, consistent_read=True)


def credits_of_payer(period: str, name_lookup: str) -> Iterator[CreditRecord]:
    """The credits that came in doubtful from a payer of this name, by serial, whatever became of them since."""
    for found in PayerRecord.query(f"{period}#payer#{name_lookup}", consistent_read=True):
        credit = find_credit(period, found.channel, found.serial)
        if credit is not None:
            yield credit


def move_deposit(
    transaction: Transaction, period: str, code: str, standing: DepositState, becomes: DepositState
) -> None:
    """Add a step of a deposit to a transaction, on condition that it stands where it is thought to."""
    transaction.update(
        DepositRecord(*deposit_key(period, code)),
        [DepositRecord.state.set(becomes)],
        DepositRecord.state == standing,
    )


def move_credit(transaction: Transaction, period: str, ref: str, standing: CreditState, becomes: CreditState) -> None:
    """Add a step of a credit (``ref``) to a transaction, on condition that it stands where it is thought to."""
    channel, _, serial = ref.partition("#")
    transaction.update(
        CreditRecord(*credit_key(period, channel, serial)),
        [CreditRecord.state.set(becomes)],
        CreditRecord.state == standing,
    )
