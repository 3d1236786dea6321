"""Book one line of a statement, once: the credit, the deposit it makes and the ledger's entry in one transaction."""

from __future__ import annotations

from dataclasses import asdict

from chalicelib.applicants import records as applicants
from chalicelib.deposits import records, statement_records
from chalicelib.deposits.intake import Intake
from chalicelib.deposits.records import CreditRecord, CreditState, DepositRecord
from chalicelib.deposits.rules import CodeFound, Doubtful, Matched, Outcome, Payment, find_code, match
from chalicelib.deposits.statement_records import BankLineRecord
from chalicelib.kernel.errors import Conflict
from chalicelib.kernel.ids import canonical
from chalicelib.kernel.privacy import Vault
from chalicelib.kernel.tables import Transaction
from chalicelib.ledger import accounts, causes
from chalicelib.ledger import records as ledger
from chalicelib.ledger.rules import Entry, Leg
from integrations.ports import Direction, StatementLine

# A booking gives way when another of the same code comes first; it then finds that one and is a second payment.
ATTEMPTS_MAX = 3


def book_line(intake: Intake, line: StatementLine, statement_day: str) -> str:
    """Book a line and say what became of it: ``matched``, ``doubtful``, ``returnable``, ``interest`` or ``debit``.

    A line that was booked before is left as it stands, and its first outcome is told. Raises ``Conflict``
    (``LINE_CHANGED``) where the bank's serial was booked with other content (money rule 4).
    """
    if line.direction is Direction.CREDIT:
        return _book_credit(intake, line, statement_day)
    return _book_other(intake, line, statement_day)


def line_digest(vault: Vault, line: StatementLine) -> str:
    """What a line says, wherever it stands in the file: a keyed hash, since payers are persons."""
    said = {**asdict(line), "line": 0, "value_date": line.value_date.isoformat(), "direction": str(line.direction)}
    return vault.lookup("statement line", canonical(said).decode())


def _book_credit(intake: Intake, line: StatementLine, statement_day: str) -> str:
    for _ in range(ATTEMPTS_MAX):
        standing = records.find_credit(intake.period, intake.channel, line.serial)
        if standing is not None:
            _same(intake, standing.digest, line)
            return str(standing.state)
        if statement_records.find_line(intake.period, intake.channel, line.serial) is not None:
            raise _changed(line)
        code, found = _listed_code(intake, line)
        outcome = match(_payment(intake, line, code, found), intake.window, intake.deposit_fen)
        credit = _credit(intake, line, code, outcome, statement_day)
        try:
            _commit(intake, credit, outcome)
        except Conflict as conflict:
            if conflict.code != "CONDITION_FAILED":
                raise
            continue
        return str(credit.state)
    raise Conflict("BOOKING_CONTENDED", f"流水 {line.serial} 未能入账,请重试")


def _listed_code(intake: Intake, line: StatementLine) -> tuple[str, CodeFound]:
    found = find_code(line.memo, intake.code_pattern)
    listed = [code for code in found.candidates if applicants.find(intake.period, code) is not None]
    # Two listed codes in one memo: nobody but the payer can say which one is meant.
    return (listed[0] if len(listed) == 1 else ""), found


def _payment(intake: Intake, line: StatementLine, code: str, found: CodeFound) -> Payment:
    lookup = applicants.name_lookup(intake.vault, line.account_name)
    return Payment(
        amount_fen=line.amount_fen,
        arrived_at_ms=line.booked_at_ms,
        code=code,
        fault=found.fault,
        deposited=bool(code) and records.find_deposit(intake.period, code) is not None,
        payer_listed=not code and bool(applicants.codes_named(intake.period, lookup)),
    )


def _credit(intake: Intake, line: StatementLine, code: str, outcome: Outcome, statement_day: str) -> CreditRecord:
    pk, sk = records.credit_key(intake.period, intake.channel, line.serial)
    credit = CreditRecord(
        pk,
        sk,
        period=intake.period,
        channel=intake.channel,
        serial=line.serial,
        amount_fen=line.amount_fen,
        arrived_at_ms=line.booked_at_ms,
        value_date=line.value_date.isoformat(),
        code=code,
        payer_lookup=applicants.name_lookup(intake.vault, line.account_name),
        statement_day=statement_day,
        digest=line_digest(intake.vault, line),
    )
    credit.payer_name = intake.vault.seal(line.account_name, credit.owner)
    credit.payer_account = intake.vault.seal(line.account_no, credit.owner)
    if isinstance(outcome, Matched):
        credit.state = CreditState.MATCHED
    else:
        credit.state = CreditState.DOUBTFUL if isinstance(outcome, Doubtful) else CreditState.RETURNABLE
        credit.reason = outcome.reason
    return credit


def _commit(intake: Intake, credit: CreditRecord, outcome: Outcome) -> None:
    transaction = Transaction()
    transaction.put(credit, CreditRecord.pk.does_not_exist())
    owed = (accounts.returnable(intake.period), credit.ref)
    if isinstance(outcome, Matched):
        deposit = records.deposit_from(credit, outcome.code, outcome.excess_fen)
        transaction.put(deposit, DepositRecord.pk.does_not_exist())
        owed = (accounts.held(intake.period), outcome.code)
    elif isinstance(outcome, Doubtful):
        transaction.put(records.payer_record(credit))
        owed = (accounts.doubtful(intake.period), credit.ref)
    amount_fen = int(credit.amount_fen)
    entry = Entry(
        causes.credit(intake.channel, credit.serial),
        "credit",
        intake.period,
        credit.valued_on,
        intake.clock.now_ms(),
        (Leg(accounts.bank(intake.channel), amount_fen, credit.serial), Leg(owed[0], -amount_fen, owed[1])),
    )
    ledger.add(transaction, entry)
    transaction.commit()


def _book_other(intake: Intake, line: StatementLine, statement_day: str) -> str:
    standing = statement_records.find_line(intake.period, intake.channel, line.serial)
    if standing is not None:
        _same(intake, standing.digest, line)
        return str(standing.direction)
    if records.find_credit(intake.period, intake.channel, line.serial) is not None:
        raise _changed(line)
    record = BankLineRecord(
        *statement_records.line_key(intake.period, intake.channel, line.serial),
        channel=intake.channel,
        serial=line.serial,
        direction=line.direction,
        amount_fen=line.amount_fen,
        our_ref=line.our_ref,
        statement_day=statement_day,
        digest=line_digest(intake.vault, line),
    )
    transaction = Transaction()
    transaction.put(record, BankLineRecord.pk.does_not_exist())
    if line.direction is Direction.INTEREST:
        ledger.add(transaction, _interest_entry(intake, line))
    try:
        transaction.commit()
    except Conflict:
        # Somebody else booked it in between: what stands must say the same.
        standing = statement_records.find_line(intake.period, intake.channel, line.serial)
        if standing is None:
            raise
        _same(intake, standing.digest, line)
    return str(line.direction)


def _interest_entry(intake: Intake, line: StatementLine) -> Entry:
    return Entry(
        causes.bank_interest(intake.channel, line.serial),
        "bank_interest",
        intake.period,
        line.value_date,
        intake.clock.now_ms(),
        (
            Leg(accounts.bank(intake.channel), line.amount_fen, line.serial),
            Leg(accounts.INTEREST_INCOME, -line.amount_fen, line.serial),
        ),
    )


def _same(intake: Intake, standing_digest: str, line: StatementLine) -> None:
    if standing_digest != line_digest(intake.vault, line):
        raise _changed(line)


def _changed(line: StatementLine) -> Conflict:
    return Conflict("LINE_CHANGED", f"流水号 {line.serial} 已按不同内容入账")
