"""Write a batch's payments down under their numbers, before any file is made of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date

from chalicelib.applicants.records import name_lookup
from chalicelib.deposits.records import CreditState, DepositState, move_credit, move_deposit
from chalicelib.deposits.rules import interest_fen
from chalicelib.kernel.errors import Conflict, InvalidInput, Problem
from chalicelib.kernel.privacy import Vault
from chalicelib.kernel.tables import Transaction
from chalicelib.ledger import accounts
from chalicelib.ledger import records as ledger
from chalicelib.periods.problems import record_problems
from chalicelib.periods.rules import Interest
from chalicelib.refunds import postings, records
from chalicelib.refunds.advised import Advised
from chalicelib.refunds.records import BatchHead, FailedRecord, RefundRecord
from chalicelib.refunds.rules import BATCH_DIGITS, BatchKind, Due, RefundState, Source, refund_number
from integrations.ports import DepositBank, RefundLine

UNPAYABLE = "收款账号或户名缺失或无法写入银行文件"


@dataclass(frozen=True)
class Terms:
    """What all payments of a batch share: the day their money leaves, and the interest until then.

    ``bank`` gives the bank behind a channel, whose file must be able to hold a payee; ``advised`` is what banks
    computed.
    """

    period: str
    kind: BatchKind
    leaves_on: date
    interest: Interest
    vault: Vault
    bank: Callable[[str], DepositBank]
    now_ms: int
    advised: Advised = field(default_factory=Advised)

    @property
    def memo(self) -> str:
        """What payees read."""
        return f"{self.period}期{self.kind.memo}"


def write_down(terms: Terms, due: Due) -> None:
    """Plan one payment, once; again changes nothing. Raises ``Conflict`` (``REFUND_STANDS``) where the same money is
    planned in another batch, ``CONDITION_FAILED`` where the batch is complete already.

    A payee that the bank's file can't hold (no account on the statement, a separator in the name) keeps nobody else
    waiting: the payment is no line of a file, but stands with those that came back, for another account.
    """
    payable = _payable(terms, due)
    refund = _record(terms, due, payable=payable)
    transaction = _while_open(terms)
    if refund.interest_fen and terms.bank(due.channel).pays_interest_apart:
        transaction.put(_interest_of(refund, terms, due), RefundRecord.pk.does_not_exist())
        refund.interest_fen = 0
    transaction.put(refund, RefundRecord.pk.does_not_exist())
    if not payable:
        _come_back(transaction, terms, due, refund)
    _commit(transaction, refund)


def write_down_again(terms: Terms, failed: RefundRecord, channel: str) -> None:
    """Plan a payment that came back anew, to the other account its owner gave, through ``channel``; the old one is
    replaced by it."""
    answer = records.FailedRecord.get(records.failed_pk(terms.period), failed.our_ref, consistent_read=True)
    due = Due(
        source=Source(failed.source),
        source_key=failed.source_key,
        code=failed.code,
        channel=channel,
        account=accounts.returnable(terms.period),
        account_no=terms.vault.open(answer.sealed_account_no, answer.owner),
        account_name=terms.vault.open(answer.sealed_account_name, answer.owner),
        principal_fen=int(failed.principal_fen),
        value_date=date.fromisoformat(failed.value_date),
        attempt=int(failed.attempt) + 1,
        credit=failed.credit,
    )
    if not _payable(terms, due):
        # It stays where it is, until there is an account that can be paid to.
        _list(terms, failed.our_ref)
        return
    refund = _record(terms, due, payable=True)
    if terms.bank(failed.channel).pays_interest_apart:
        # Interest is a payment of its own there: it is not paid with the principal a second time.
        refund.interest_fen = failed.interest_fen
    transaction = _while_open(terms)
    transaction.put(refund, RefundRecord.pk.does_not_exist())
    records.move_refund(transaction, failed.our_ref, RefundState.FAILED, RefundState.REPLACED)
    _commit(transaction, refund)


def _while_open(terms: Terms) -> Transaction:
    transaction = Transaction()
    head = f"batch#{terms.kind.name}"
    transaction.check(BatchHead, records.batches_pk(terms.period), head, BatchHead.pk.does_not_exist())
    return transaction


def _commit(transaction: Transaction, refund: RefundRecord) -> None:
    try:
        transaction.commit()
    except Conflict:
        standing = records.find_refund(refund.our_ref)
        if standing is None:
            raise
        if standing.batch != refund.batch or standing.amount_fen != refund.amount_fen:
            raise Conflict("REFUND_STANDS", f"同一笔款项已列入其他退款: {refund.our_ref}") from None


def _payable(terms: Terms, due: Due) -> bool:
    line = RefundLine("RF", due.account_no, due.account_name, max(due.principal_fen, 1), 0, terms.memo)
    try:
        terms.bank(due.channel).write_batch("0" * BATCH_DIGITS, (line,))
    except InvalidInput:
        return False
    return True


def _come_back(transaction: Transaction, terms: Terms, due: Due, refund: RefundRecord) -> None:
    """As if it had left and come back at once: both entries are in the ledger, and nothing is in transit."""
    transaction.put(
        FailedRecord(
            records.failed_pk(terms.period),
            refund.our_ref,
            code=due.code,
            payee_lookup=name_lookup(terms.vault, due.account_name),
            bank_code="",
            reason=UNPAYABLE,
        ),
        FailedRecord.pk.does_not_exist(),
    )
    move_source(transaction, refund)
    for entry in (postings.sent(refund, terms.now_ms), postings.failed(refund, terms.now_ms)):
        ledger.add(transaction, entry)
    _list(terms, refund.our_ref)


def _list(terms: Terms, our_ref: str) -> None:
    problem = Problem(0, "account", our_ref, "another account of the same owner")
    record_problems(terms.period, f"refunds/{terms.kind.name}", [problem], "PAYEE_UNPAYABLE", UNPAYABLE)


def move_source(transaction: Transaction, refund: RefundRecord) -> None:
    """Add the step of the deposit or credit that a payment pays back; one that goes out again moved it before."""
    if refund.attempt == 1 and refund.source == Source.DEPOSIT:
        move_deposit(transaction, refund.period, refund.source_key, DepositState.HELD, DepositState.REFUNDING)
    elif refund.attempt == 1 and refund.source == Source.CREDIT:
        move_credit(transaction, refund.period, refund.source_key, CreditState.RETURNABLE, CreditState.RETURNING)


def _interest_of(refund: RefundRecord, terms: Terms, due: Due) -> RefundRecord:
    """The interest on a payment, as one of its own: to the same payee, under a number of its own."""
    key = f"{due.source}/{due.source_key}"
    interest = _record(terms, replace(due, source=Source.INTEREST, source_key=key, principal_fen=0), payable=True)
    interest.interest_fen = refund.interest_fen
    return interest


def _interest_fen(terms: Terms, due: Due) -> int:
    if due.source is Source.FORFEIT:
        return 0
    rates = [(rate.from_date, rate.annual_rate_ppm) for rate in terms.interest.rates]
    own_fen = interest_fen(due.principal_fen, due.value_date, terms.leaves_on, rates, terms.interest.day_count)
    return terms.advised.interest_fen(due, own_fen, terms.interest.bank_differs_fen_max)


def _record(terms: Terms, due: Due, *, payable: bool) -> RefundRecord:
    our_ref = refund_number(terms.period, due.source, due.source_key, due.attempt)
    return RefundRecord(
        *records.refund_key(our_ref),
        our_ref=our_ref,
        period=terms.period,
        batch=terms.kind.name,
        channel=due.channel,
        source=due.source,
        source_key=due.source_key,
        code=due.code,
        attempt=due.attempt,
        account=due.account,
        principal_fen=due.principal_fen,
        interest_fen=_interest_fen(terms, due) if payable else 0,
        value_date=due.value_date.isoformat(),
        leaves_on=terms.leaves_on.isoformat(),
        sealed_account_no=terms.vault.seal(due.account_no, our_ref, period=terms.period),
        sealed_account_name=terms.vault.seal(due.account_name, our_ref, period=terms.period),
        memo=terms.memo,
        credit=due.credit,
        state=RefundState.PLANNED if payable else RefundState.FAILED,
        unsent=not payable,
    )
