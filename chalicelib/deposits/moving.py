"""Money that moves between accounts of our own: from one deposit bank to the other, or out of a wallet.

It is nobody's deposit and never goes back: taken for a payment it would be an unknown payer's, and batch 1 would send
it to where it came from. Its line is booked against ``between``, and comes to nought there once the other account has
stated it too. That may be in another period's books, so that each line is also kept by pair of accounts:
``between:{channel}-{channel}`` / ``{day}#{channel}#{serial}``.
"""

from __future__ import annotations

from collections.abc import Iterator

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.models import Model

from chalicelib.deposits.comparing import Difference, Why
from chalicelib.deposits.statement_records import BankLineRecord
from chalicelib.kernel.tables import HubMeta, Transaction, table_name
from chalicelib.ledger import accounts
from chalicelib.ledger.rules import Entry, balances
from integrations.ports import OwnAccount

_BETWEEN = accounts.between("", "").removesuffix("-")


class MovedRecord(Model):
    """One account's word of what moved; ``signed_fen`` is what it did to that account."""

    class Meta(HubMeta):
        """Where it is kept."""

        table_name = table_name("DEPOSITS_TABLE")

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    signed_fen = NumberAttribute()


def add(transaction: Transaction, line: BankLineRecord, own: OwnAccount) -> None:
    """Keep a line that moved money from or to another account of our own, where that one will state it as well."""
    if own.stated:
        pair = accounts.between(line.channel, own.channel)
        sk = f"{line.statement_day}#{line.channel}#{line.serial}"
        transaction.put(MovedRecord(pair, sk, signed_fen=line.signed_fen))


def half_stated(entries: list[Entry]) -> Iterator[Difference]:
    """What one of two own accounts has stated and the other has not, for each pair that a period's books know."""
    for pair in sorted(name for name in balances(entries) if name.startswith(_BETWEEN)):
        moved = MovedRecord.query(pair, consistent_read=True)
        if left_fen := sum(int(each.signed_fen) for each in moved):
            wanted = "the same on the other account's statement"
            yield Difference("MOVED_HALF", Why.NOT_YET_STATED, pair, left_fen, 0, wanted)
