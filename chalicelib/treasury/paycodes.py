"""Blocks of pay codes without gaps: a period takes as many numbers as it has winners, once, from its year's counter."""

from __future__ import annotations

from dataclasses import dataclass

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.models import Model

from chalicelib.kernel.errors import Conflict
from chalicelib.kernel.tables import HubMeta, Transaction, table_name
from chalicelib.treasury.rules import PayCodeRule

_ATTEMPTS_MAX = 10


class CounterRecord(Model):
    """The last sequence number of a region and year that was given out."""

    class Meta(HubMeta):
        """Where it is kept."""

        table_name = table_name("TREASURY_TABLE")

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    last = NumberAttribute()


class BlockRecord(Model):
    """The numbers that a period took: ``first`` to ``first + size - 1`` of a region and year."""

    class Meta(HubMeta):
        """Where it is kept."""

        table_name = table_name("TREASURY_TABLE")

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    region = UnicodeAttribute()
    year = NumberAttribute()
    first = NumberAttribute()
    size = NumberAttribute()


@dataclass(frozen=True)
class Block:
    """A period's pay codes, by position from 0."""

    rule: PayCodeRule
    year: int
    first: int
    count: int

    def code(self, position: int) -> str:
        """The pay code of the winner at a position of the notice order."""
        if not 0 <= position < self.count:
            raise ValueError(f"the block has {self.count} codes, none at {position}")
        return self.rule.code(self.year, self.first + position)


def take_block(period: str, rule: PayCodeRule, year: int, count: int) -> Block:
    """The period's block of ``count`` codes (> 0), taken now or before.

    Raises ``Conflict``: ``PAY_CODES_TAKEN`` where the period already has a block of another size (the result would have
    changed), ``PAY_CODES_CONTENDED`` where other periods kept taking numbers in between.
    """
    if count <= 0:
        raise ValueError("a block has at least one code")
    for _ in range(_ATTEMPTS_MAX):
        standing = _standing(period, rule, year, count)
        if standing is not None:
            return standing
        last = _last(rule.region, year)
        if last + count > rule.sequence_max:
            raise Conflict("PAY_CODES_EXHAUSTED", "本年度缴款码序号已用完")
        try:
            _take(period, rule.region, year, first=last + 1, count=count)
        except Conflict:
            continue
        return Block(rule, year, last + 1, count)
    raise Conflict("PAY_CODES_CONTENDED", "缴款码序号分配冲突,请重试")


def add_one_more(transaction: Transaction, rule: PayCodeRule, year: int) -> str:
    """Take the year's next code in a transaction, for a notice in a void one's place, and return it.

    Its commit raises ``Conflict`` where somebody else took a number meanwhile: nothing is lost then.
    """
    last = _last(rule.region, year)
    if last + 1 > rule.sequence_max:
        raise Conflict("PAY_CODES_EXHAUSTED", "本年度缴款码序号已用完")
    _add_counter(transaction, rule.region, year, first=last + 1, count=1)
    return rule.code(year, last + 1)


def _standing(period: str, rule: PayCodeRule, year: int, count: int) -> Block | None:
    try:
        block = BlockRecord.get(f"{period}#block", "block", consistent_read=True)
    except BlockRecord.DoesNotExist:
        return None
    if (block.region, int(block.year), int(block.size)) != (rule.region, year, count):
        raise Conflict("PAY_CODES_TAKEN", f"本期已分配 {int(block.size)} 个缴款码,与当前买受人数 {count} 不一致")
    return Block(rule, year, int(block.first), count)


def _last(region: str, year: int) -> int:
    try:
        return int(CounterRecord.get(f"counter#{region}#{year}", "counter", consistent_read=True).last)
    except CounterRecord.DoesNotExist:
        return 0


def _take(period: str, region: str, year: int, *, first: int, count: int) -> None:
    """Write counter and block together; ``Conflict`` where somebody was faster."""
    transaction = Transaction()
    _add_counter(transaction, region, year, first=first, count=count)
    block = BlockRecord(f"{period}#block", "block", region=region, year=year, first=first, size=count)
    transaction.put(block, BlockRecord.pk.does_not_exist())
    transaction.commit()


def _add_counter(transaction: Transaction, region: str, year: int, *, first: int, count: int) -> None:
    counter = CounterRecord(f"counter#{region}#{year}", "counter", last=first + count - 1)
    unmoved = CounterRecord.pk.does_not_exist() if first == 1 else CounterRecord.last == first - 1
    transaction.put(counter, unmoved)
