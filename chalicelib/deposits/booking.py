"""Book one line of a statement, once: the line, the credit, the deposit it makes and the ledger's entry together."""

from __future__ import annotations

from datetime import date

from chalicelib.applicants import records as applicants
from chalicelib.deposits import announcements, records, statement_records
from chalicelib.deposits.displacing import give_way, gives_way
from chalicelib.deposits.intake import Account, Intake
from chalicelib.deposits.records import CreditRecord, CreditState, DepositRecord
from chalicelib.deposits.rules import CodeFound, Doubtful, Matched, Outcome, Payment, find_code, match
from chalicelib.deposits.statement_records import AccountLineRecord, BankLineRecord, SerialRecord
from chalicelib.deposits.trade_records import AnnouncedState
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


def book_line(account: Account, line: StatementLine, statement_day: str) -> str:
    """Book a line and say what became of it: ``matched``, ``doubtful``, ``returnable``, ``interest`` or ``debit``.

    A line that was booked before is left as it stands, in the period it was allotted to then, and its outcome is told.
    Raises ``Conflict`` (``LINE_CHANGED``) where the bank's serial was booked with other content (money rule 4), and
    ``Pending`` where the period that a credit is for still books its own.
    """
    for _ in range(ATTEMPTS_MAX):
        standing = statement_records.find_serial(account.channel, line.serial)
        if standing is not None:
            return _told_before(account, standing, line)
        try:
            if line.direction is Direction.CREDIT:
                return _book_credit(account.terms(account.period_of(line)), line, statement_day)
            return _book_other(account, line, statement_day)
        except Conflict as conflict:
            if conflict.code != "CONDITION_FAILED":
                raise
    raise Conflict("BOOKING_CONTENDED", f"流水 {line.serial} 未能入账,请重试")


def line_digest(vault: Vault, line: StatementLine) -> str:
    """What a line says, wherever it stands in the file: a keyed hash, since payers are persons."""
    said = {**line._asdict(), "line": 0, "value_date": line.value_date.isoformat(), "direction": str(line.direction)}
    return vault.lookup("statement line", canonical(said).decode())


def cause_of(channel: str, line: StatementLine) -> str:
    """The ledger's cause that a line confirms. A debit without a number of ours confirms none."""
    if line.direction is Direction.CREDIT:
        return causes.credit(channel, line.serial)
    if line.direction is Direction.INTEREST:
        return causes.bank_interest(channel, line.serial)
    return causes.refund_paid(line.our_ref) if line.our_ref else causes.unexplained_debit(channel, line.serial)


def _told_before(account: Account, standing: SerialRecord, line: StatementLine) -> str:
    if standing.digest != line_digest(account.vault, line):
        raise Conflict("LINE_CHANGED", f"流水号 {line.serial} 已按不同内容入账")
    if standing.direction != Direction.CREDIT:
        return str(standing.direction)
    credit = records.find_credit(standing.period, account.channel, line.serial)
    if credit is None:
        raise Conflict("CREDIT_MISSING", f"流水 {line.serial} 的入账记录缺失")
    return str(credit.state)


def _book_credit(intake: Intake, line: StatementLine, statement_day: str) -> str:
    code, found = _listed_code(intake, line)
    deposit = records.find_deposit(intake.period, code) if code else None
    later = gives_way(intake, deposit, line) if deposit else None
    deposited = deposit is not None and later is None
    outcome = match(_payment(intake, line, code, found, deposited=deposited), intake.window, intake.deposit_fen)
    credit = _credit(intake, line, code, outcome, statement_day)
    transaction = Transaction()
    told = announcements.pending_of_line(intake.period, intake.channel, line.serial, found.candidates)
    # Another amount than was told of is for people to look at: it ends after the statement, and is listed.
    if told is not None and int(told.amount_fen) == line.amount_fen:
        day, now_ms = date.fromisoformat(statement_day), intake.clock.now_ms()
        announcements.end(transaction, told, AnnouncedState.POSTED, day, now_ms)
    _commit(transaction, intake, line, credit, outcome, later=later)
    return str(credit.state)


def _listed_code(intake: Intake, line: StatementLine) -> tuple[str, CodeFound]:
    found = find_code(line.memo, intake.code_pattern)
    listed = [code for code in found.candidates if applicants.find(intake.period, code) is not None]
    # Two listed codes in one memo: nobody but the payer can say which one is meant.
    return (listed[0] if len(listed) == 1 else ""), found


def _payment(intake: Intake, line: StatementLine, code: str, found: CodeFound, *, deposited: bool) -> Payment:
    lookup = applicants.name_lookup(intake.vault, line.account_name)
    return Payment(
        amount_fen=line.amount_fen,
        arrived_at_ms=line.booked_at_ms,
        code=code,
        fault=found.fault,
        deposited=deposited,
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


def _commit(
    transaction: Transaction,
    intake: Intake,
    line: StatementLine,
    credit: CreditRecord,
    outcome: Outcome,
    *,
    later: CreditRecord | None,
) -> None:
    statement_records.add_line(
        transaction, _kept(intake.channel, line, credit.statement_day, intake.period), credit.digest
    )
    transaction.put(credit, CreditRecord.pk.does_not_exist())
    owed = (accounts.returnable(intake.period), credit.ref)
    if isinstance(outcome, Matched):
        deposit = records.deposit_from(credit, outcome.code, outcome.excess_fen)
        fresh = DepositRecord.pk.does_not_exist()
        now_ms = intake.clock.now_ms()
        transaction.put(deposit, give_way(transaction, later, outcome.code, now_ms) if later else fresh)
        owed = (accounts.held(intake.period), outcome.code)
    elif isinstance(outcome, Doubtful):
        transaction.put(records.payer_record(credit))
        owed = (accounts.doubtful(intake.period), credit.ref)
    amount_fen = int(credit.amount_fen)
    entry = Entry(
        cause_of(intake.channel, line),
        "credit",
        intake.period,
        credit.valued_on,
        intake.clock.now_ms(),
        (Leg(accounts.bank(intake.channel), amount_fen, credit.serial), Leg(owed[0], -amount_fen, owed[1])),
    )
    ledger.add(transaction, entry)
    transaction.commit()


def _book_other(account: Account, line: StatementLine, statement_day: str) -> str:
    period, digest = account.period_of(line), line_digest(account.vault, line)
    transaction = Transaction()
    statement_records.add_line(transaction, _kept(account.channel, line, statement_day, period), digest)
    record = BankLineRecord(
        *statement_records.line_key(period, account.channel, line.serial),
        channel=account.channel,
        serial=line.serial,
        direction=line.direction,
        amount_fen=line.amount_fen,
        our_ref=line.our_ref,
        statement_day=statement_day,
        digest=digest,
    )
    transaction.put(record, BankLineRecord.pk.does_not_exist())
    if line.direction is Direction.INTEREST:
        ledger.add(transaction, _interest_entry(account, line, period))
    transaction.commit()
    return str(line.direction)


def _kept(channel: str, line: StatementLine, day: str, period: str) -> AccountLineRecord:
    cause = cause_of(channel, line)
    return statement_records.account_line(
        channel, day, line.serial, direction=line.direction, amount_fen=line.amount_fen, period=period, cause=cause
    )


def _interest_entry(account: Account, line: StatementLine, period: str) -> Entry:
    return Entry(
        cause_of(account.channel, line),
        "bank_interest",
        period,
        line.value_date,
        account.clock.now_ms(),
        (
            Leg(accounts.bank(account.channel), line.amount_fen, line.serial),
            Leg(accounts.INTEREST_INCOME, -line.amount_fen, line.serial),
        ),
    )
