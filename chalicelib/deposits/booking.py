"""Book one line of a statement, once: the line, the credit, the deposit it makes and the ledger's entry together."""

from __future__ import annotations

from datetime import date

from chalicelib.applicants import records as applicants
from chalicelib.deposits import announcements, moving, records, statement_records
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
from integrations.ports import Direction, OwnAccount, StatementLine

# A booking gives way when another of the same code comes first; it then finds that one and is a second payment.
ATTEMPTS_MAX = 3


def book_line(account: Account, line: StatementLine, statement_day: str) -> str:
    """Book a line and say what became of it: ``matched``, ``doubtful``, ``returnable``, ``interest``, ``debit``, or
    ``moved`` from or to another account of our own.

    A line that was booked before is left as it stands, in the period it was allotted to then, and its outcome is told.
    Raises ``Conflict`` (``LINE_CHANGED``) where the bank's serial was booked with other content (money rule 4), and
    ``Pending`` where the period that a credit is for still books its own.
    """
    for _ in range(ATTEMPTS_MAX):
        standing = statement_records.find_serial(account.channel, line.serial)
        if standing is not None:
            return _told_before(account, standing, line)
        try:
            if line.direction is Direction.CREDIT and account.moved_with(line) is None:
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


def _told_before(account: Account, standing: SerialRecord, line: StatementLine) -> str:
    if standing.digest != line_digest(account.vault, line):
        raise Conflict("LINE_CHANGED", f"流水号 {line.serial} 已按不同内容入账")
    other = statement_records.find_bank_line(standing.period, account.channel, line.serial)
    if other is not None:
        return _became(other)
    credit = records.find_credit(standing.period, account.channel, line.serial)
    if credit is None:
        raise Conflict("CREDIT_MISSING", f"流水 {line.serial} 的入账记录缺失")
    return str(credit.state)


def _became(other: BankLineRecord) -> str:
    return "moved" if other.moved_with else str(other.direction)


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
        transaction,
        _kept(intake.channel, line, credit.statement_day, intake.period, causes.credit(intake.channel, line.serial)),
        credit.digest,
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
        causes.credit(intake.channel, line.serial),
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
    own = account.moved_with(line)
    record = BankLineRecord(
        *statement_records.line_key(period, account.channel, line.serial),
        channel=account.channel,
        serial=line.serial,
        direction=line.direction,
        amount_fen=line.amount_fen,
        our_ref=line.our_ref,
        moved_with=own.channel if own else "",
        statement_day=statement_day,
        digest=digest,
    )
    transaction = Transaction()
    statement_records.add_line(transaction, _kept(account.channel, line, statement_day, period, record.cause), digest)
    transaction.put(record, BankLineRecord.pk.does_not_exist())
    posting = _posting(account.channel, line.direction, own)
    if own is not None:
        moving.add(transaction, record, own)
    if posting is not None:
        kind, against = posting
        fen = record.signed_fen
        legs = (Leg(accounts.bank(account.channel), fen, line.serial), Leg(against, -fen, line.serial))
        now_ms = account.clock.now_ms()
        ledger.add(transaction, Entry(record.cause, kind, period, line.value_date, now_ms, legs))
    transaction.commit()
    return _became(record)


def _posting(channel: str, direction: Direction, own: OwnAccount | None) -> tuple[str, str] | None:
    """The kind of a line's entry and the account on its other side; none for what a return file posts, or nobody."""
    if own is not None:
        return "own_transfer", accounts.between(channel, own.channel)
    return ("bank_interest", accounts.INTEREST_INCOME) if direction is Direction.INTEREST else None


def _kept(channel: str, line: StatementLine, day: str, period: str, cause: str) -> AccountLineRecord:
    return statement_records.account_line(
        channel, day, line.serial, direction=line.direction, amount_fen=line.amount_fen, period=period, cause=cause
    )
