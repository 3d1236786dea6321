"""The six money rules (domain.md), from the ledger's postings and the exchanged files, never from counters.

``entries`` are the period's, ``exchanged`` every file between bank and hub; no check trusts a state field of a record.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from chalicelib.ledger import accounts, causes
from chalicelib.ledger.rules import Entry, balances
from local.checks.bank_files import PAID, PENDING, BatchRow, Exchanged
from local.checks.check import Check, check

# An entry bears the instant at which its request or step began; what it moves may have come in while that one ran.
BEGUN_BEFORE_MS_MAX = 2_000


@dataclass(frozen=True)
class Books:
    """What the money rules are checked on."""

    period: str
    channel: str
    entries: tuple[Entry, ...]
    exchanged: Exchanged
    # Every channel of the month, where there are more than this one.
    channels: tuple[str, ...] = ()

    @property
    def bank(self) -> str:
        """The ledger's account of the money in the bank."""
        return accounts.bank(self.channel)

    @property
    def places(self) -> tuple[str, ...]:
        """The accounts a fen can be in on its way; each is owed to somebody, so its balance is never a debit."""
        owed = (accounts.held, accounts.doubtful, accounts.returnable, accounts.rolled, accounts.forfeited)
        by_period = (*owed, accounts.announced)
        ways = self.channels or (self.channel,)
        return (*(name(self.period) for name in by_period), *(accounts.transit(way) for way in ways))

    def by_cause(self) -> dict[str, Entry]:
        """Entry by cause."""
        return {entry.cause: entry for entry in self.entries}


def money_rules(books: Books, repeats: Mapping[str, int], repeat_faults: Sequence[str]) -> list[Check]:
    """All six. ``repeats``: what the actors did twice and how often; ``repeat_faults``: where the answer differed."""
    return [
        one_place(books),
        leaves_once(books),
        stored_first(books),
        same_key_same_answer(books, repeats, repeat_faults),
        only_forward(books),
        totals_agree(books),
    ]


def one_place(books: Books) -> Check:
    """Rule 1: every fen that comes in is in exactly one place, and all postings add up to zero."""
    faults = [f"entry {e.cause} adds up to {left} fen" for e in books.entries if (left := sum(_amounts(e)))]
    standing = balances(books.entries)
    faults += [f"all accounts add up to {left} fen" for left in [sum(standing.values())] if left]
    faults += [f"{name} holds {-standing[name]} fen" for name in books.places if standing.get(name, 0) > 0]
    ways = books.channels or (books.channel,)
    standing_in = {name(way) for way in ways for name in (accounts.bank, accounts.transfers, accounts.coming)}
    between = {accounts.between(one, other) for one in ways for other in ways}
    known = {*standing_in, *between, *books.places, accounts.INTEREST_INCOME, accounts.INTEREST_EXPENSE}
    faults += [f"{name} is no account of this period" for name in standing if name not in known]
    came_in = {causes.credit(books.channel, row.serial): row for row in books.exchanged.credits}
    posted = {e.cause: e for e in books.entries if e.cause.startswith(causes.credit(books.channel, ""))}
    for cause, row in came_in.items():
        booked = _on(posted[cause], books.bank) if cause in posted else 0
        if booked != row.amount_fen:
            faults.append(f"{cause}: the bank took in {row.amount_fen} fen, the ledger {booked}")
    faults += [f"{cause} is in the ledger, but on no statement" for cause in posted if cause not in came_in]
    faults += _drawn(books)
    total = sum(row.amount_fen for row in came_in.values())
    return check("1 every fen is in one place", faults, f"{len(came_in)} credits, {total} fen, postings add up to 0")


def _drawn(books: Books) -> list[str]:
    """What was drawn from the wallet to the bank is nobody's, and is booked against what moves between the two."""
    by_cause, between, faults = books.by_cause(), accounts.between("alipay", books.channel), []
    for row in books.exchanged.drawn:
        entry = by_cause.get(causes.moved(books.channel, row.serial))
        booked = -_on(entry, between) if entry else 0
        if booked != row.amount_fen:
            faults.append(f"{row.serial}: {row.amount_fen} fen were drawn from the wallet, {booked} are booked as that")
    return faults


def over_channels(by_channel: Mapping[str, list[Check]]) -> list[Check]:
    """Each rule over all channels: it holds where it holds in every one."""
    if len(by_channel) == 1:
        return next(iter(by_channel.values()))
    rules = zip(*by_channel.values(), strict=True)
    return [
        Check(
            same[0].name,
            all(each.holds for each in same),
            "; ".join(f"{channel}: {each.detail}" for channel, each in zip(by_channel, same, strict=True)),
        )
        for same in rules
    ]


def _amounts(entry: Entry) -> list[int]:
    return [leg.amount_fen for leg in entry.legs]


def _on(entry: Entry, account: str) -> int:
    return sum(leg.amount_fen for leg in entry.legs if leg.account == account)


def leaves_once(books: Books) -> Check:
    """Rule 2: a refund leaves at most once, and nobody gets more back than he paid in."""
    rows, returned = books.exchanged.batch_rows, books.exchanged.return_rows
    faults = _twice("ordered", (row.our_ref for row in rows))
    faults += _twice("batch number used", (batch.batch_no for batch in books.exchanged.batches))
    faults += _twice("paid by the bank", (row.our_ref for row in returned if row.code == PAID))
    faults += _twice("debited", (row.our_ref for row in books.exchanged.statement_rows("D") if row.our_ref))
    failed = {row.our_ref for row in returned if row.code not in (PAID, PENDING)}
    paid_in: Counter[str] = Counter()
    for credit in books.exchanged.credits:
        paid_in[credit.name] += credit.amount_fen
    left: Counter[str] = Counter()
    by_cause = books.by_cause()
    for row in rows:
        # A line that failed by the bank's explicit word did not leave; one that is pending may have.
        if row.our_ref not in failed:
            left[row.name] += row.principal_fen - _interest_within(by_cause, row)
    strangers = {name: fen for name, fen in left.items() if name not in paid_in}
    forfeits = sum(_forfeited(books, e) for e in books.entries if e.cause.startswith(causes.forfeit(books.period, "")))
    if sum(strangers.values()) > forfeits:
        faults.append(
            f"{sum(strangers.values())} fen went to payees who paid nothing in, {forfeits} fen were forfeited"
        )
    for number, name in enumerate(sorted(left.keys() & paid_in.keys()), start=1):
        if left[name] > paid_in[name]:
            faults.append(f"payee {number} was sent {left[name]} fen and had paid {paid_in[name]}")
    return check("2 a refund leaves at most once", faults, f"{len(rows)} lines ordered, {len(failed)} failed")


def _interest_within(by_cause: Mapping[str, Entry], row: BatchRow) -> int:
    """The interest in a row whose bank pays one sum, by the ledger; none where the file tells it apart."""
    entry = None if row.interest_fen else by_cause.get(causes.refund_sent(row.our_ref))
    return _on(entry, accounts.INTEREST_EXPENSE) if entry and row.principal_fen else 0


def _forfeited(books: Books, entry: Entry) -> int:
    return -_on(entry, accounts.forfeited(books.period))


def _twice(what: str, keys: Iterable[str]) -> list[str]:
    return [f"{key} {what} {count} times" for key, count in Counter(keys).items() if count > 1]


def stored_first(books: Books) -> Check:
    """Rule 3: every number that was sent stood in the ledger before the bank acted on it."""
    by_cause = books.by_cause()
    acted_ms = {row.our_ref: row.booked_at_ms for row in books.exchanged.statement_rows("D")}
    faults = []
    for row in books.exchanged.batch_rows:
        entry = by_cause.get(causes.refund_sent(row.our_ref))
        if entry is None:
            faults.append(f"{row.our_ref} went to the bank and was never written down")
        elif row.our_ref in acted_ms and entry.at_ms > acted_ms[row.our_ref]:
            faults.append(
                f"{row.our_ref} was written down {entry.at_ms - acted_ms[row.our_ref]} ms after the bank paid"
            )
    ordered = {row.our_ref for row in books.exchanged.batch_rows}
    faults += [f"{ref} was debited, but never ordered" for ref in acted_ms if ref not in ordered]
    return check("3 numbers are stored before they are sent", faults, f"{len(ordered)} numbers, all written down first")


def same_key_same_answer(books: Books, repeats: Mapping[str, int], repeat_faults: Sequence[str]) -> Check:
    """Rule 4: the same key and content has the same answer; the actors repeat themselves to see it."""
    faults = [*repeat_faults, *_twice("posted", (entry.cause for entry in books.entries))]
    faults += _twice("serial stated", (row.serial for file in books.exchanged.statements for row in file.rows))
    faults += [f"nobody repeated: {what}" for what, count in repeats.items() if count == 0]
    seen = ", ".join(f"{count} x {what}" for what, count in repeats.items())
    return check("4 same key, same answer", faults, f"repeated: {seen}" if seen else "every cause posted once")


def only_forward(books: Books) -> Check:
    """Rule 5: states only move forward: no place ever gives what it does not hold, and no way is taken twice."""
    faults = _overdrawn(books)
    by_cause = books.by_cause()
    for row in books.exchanged.batch_rows:
        sent, paid, failed = (
            by_cause.get(name(row.our_ref)) for name in (causes.refund_sent, causes.refund_paid, causes.refund_failed)
        )
        if paid and failed:
            faults.append(f"{row.our_ref} was both paid and failed")
        faults += [f"{row.our_ref} came back before it left" for end in (paid, failed) if end and not sent]
    codes = {entry.legs[0].subject for entry in books.entries if entry.cause.startswith("rollover/")}
    faults += [
        f"{code} was rolled over and forfeited" for code in codes if causes.forfeit(books.period, code) in by_cause
    ]
    for credit in books.exchanged.credits:
        ways = (causes.correction(books.channel, credit.serial), causes.never_corrected(books.channel, credit.serial))
        if all(way in by_cause for way in ways):
            faults.append(f"credit {credit.serial} was corrected and given up")
    return check("5 states only move forward", faults, f"{len(books.entries)} postings in order")


def _overdrawn(books: Books) -> list[str]:
    """Places that gave more than they held of one subject, going through the postings in the order of their time."""
    places = set(books.places)
    held: defaultdict[tuple[str, str], int] = defaultdict(int)
    faults = []
    # Forfeits come in by bidder and leave in one sum.
    pooled = accounts.forfeited(books.period)
    legs = sorted(
        (
            entry.at_ms - (BEGUN_BEFORE_MS_MAX if leg.amount_fen < 0 else 0),
            leg.amount_fen,
            leg.account,
            "" if leg.account == pooled else leg.subject,
        )
        for entry in books.entries
        for leg in entry.legs
        if leg.account in places
    )
    for at_ms, amount_fen, account, subject in legs:
        held[account, subject] += amount_fen
        if held[account, subject] > 0:
            faults.append(f"{account} gave {held[account, subject]} fen too much of {subject} at {at_ms}")
    return faults


def totals_agree(books: Books) -> Check:
    """Rule 6: bank's total = file's total = ledger's total, or the difference is named line by line."""
    faults = [*_statements_add_up(books), *_batches_add_up(books), *_returns_fit(books)]
    by_cause = books.by_cause()
    stated = {row.our_ref for row in books.exchanged.statement_rows("D")}
    paid = {entry.cause for entry in books.entries if entry.cause.startswith(causes.refund_paid(""))}
    # What went by transfer, on no trade bill, left from an account of its own.
    by_transfer = {ref for ref, entry in by_cause.items() if _on(entry, accounts.transfers(books.channel))}
    unstated = [
        row
        for row in books.exchanged.batch_rows
        if row.our_ref not in stated and causes.refund_paid(row.our_ref) not in by_transfer
    ]
    on_the_way_fen = sum(row.amount_fen for row in unstated if causes.refund_paid(row.our_ref) in paid)
    closing_fen = books.exchanged.statements[-1].closing_fen if books.exchanged.statements else 0
    ledger_fen = balances(books.entries).get(books.bank, 0)
    first_fen = books.exchanged.statements[0].opening_fen if books.exchanged.statements else 0
    if closing_fen - on_the_way_fen != first_fen + ledger_fen:
        faults.append(
            f"the last statement closes with {closing_fen} fen, {on_the_way_fen} fen were paid since, "
            f"the ledger has {ledger_fen}"
        )
    for row in books.exchanged.batch_rows:
        entry = by_cause.get(causes.refund_sent(row.our_ref))
        if entry is not None and -_on(entry, accounts.transit(books.channel)) != row.amount_fen:
            faults.append(f"{row.our_ref}: {row.amount_fen} fen in the file, other in the ledger")
    return check("6 bank = files = ledger", faults, f"closing {closing_fen} fen, paid since {on_the_way_fen} fen")


def _statements_add_up(books: Books) -> list[str]:
    faults = []
    before_fen = books.exchanged.statements[0].opening_fen if books.exchanged.statements else 0
    for file in books.exchanged.statements:
        moved_fen = sum(-row.amount_fen if row.direction == "D" else row.amount_fen for row in file.rows)
        if file.opening_fen != before_fen:
            faults.append(
                f"statement {file.day} opens with {file.opening_fen} fen, the last one closed with {before_fen}"
            )
        if file.opening_fen + moved_fen != file.closing_fen:
            faults.append(f"statement {file.day} closes with {file.closing_fen} fen, its rows say otherwise")
        if (len(file.rows), sum(row.amount_fen for row in file.rows)) != (file.count, file.total_fen):
            faults.append(f"statement {file.day}: count or total of the header is not that of the rows")
        before_fen = file.closing_fen
    return faults


def _batches_add_up(books: Books) -> list[str]:
    return [
        f"batch {batch.batch_no}: count or total of the header is not that of the rows"
        for batch in books.exchanged.batches
        if (len(batch.rows), sum(row.amount_fen for row in batch.rows)) != (batch.count, batch.total_fen)
    ]


def _returns_fit(books: Books) -> list[str]:
    """Every batch came back whole, and each row of a return is in the ledger as the bank says."""
    faults = []
    ordered: dict[str, tuple[BatchRow, ...]] = {batch.batch_no: batch.rows for batch in books.exchanged.batches}
    returned = {file.batch_no for file in books.exchanged.returns}
    faults += [f"batch {number} has no return file" for number in ordered if number not in returned]
    by_cause = books.by_cause()
    for file in books.exchanged.returns:
        asked = sorted((row.our_ref, row.amount_fen) for row in ordered.get(file.batch_no, ()))
        if sorted((row.our_ref, row.amount_fen) for row in file.rows) != asked:
            faults.append(f"the return of batch {file.batch_no} does not list the batch's rows")
        for row in file.rows:
            paid, failed = (name(row.our_ref) in by_cause for name in (causes.refund_paid, causes.refund_failed))
            word = (row.code == PAID, row.code not in (PAID, PENDING))
            if (paid, failed) != word:
                faults.append(f"{row.our_ref}: the bank says {row.code}, the ledger otherwise")
    return faults
