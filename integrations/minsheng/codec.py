"""Refund batches and what became of them: the port's records <-> the link's messages, by the profile. Pure.

A batch goes to the bank as up to two requests, one for its own cards and one for every other account. Each has a number
of ours (``insId``): the batch's number and the way's letter, so that whoever stored the file's name has the numbers.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from chalicelib.kernel.errors import InvalidInput, Problem
from chalicelib.kernel.money import yuan_text
from integrations.bundle import Part, fact, read_bundle, sm3, write_bundle
from integrations.minsheng.envelope import body_xml, encode, refused
from integrations.minsheng.profile import Profile, Way
from integrations.minsheng.rows import AMOUNT_FEN_MAX, Separators, write_row
from integrations.ports import BatchFile, RefundLine

_NUMBER = re.compile(r"[0-9A-Za-z]{1,60}", re.ASCII)
_REF = re.compile(r"[0-9A-Za-z_-]{1,32}", re.ASCII)


@dataclass(frozen=True)
class Order:
    """One request of a batch: how, under which number, which payments of how much; ``body`` is its ``xDataBody``."""

    way: Way
    ins_id: str
    payments: tuple[tuple[str, int], ...]
    body: str
    # In a return: the bank refused it, and has nothing of its number.
    turned_away: bool = False

    @property
    def refs(self) -> frozenset[str]:
        """Our numbers of its payments."""
        return frozenset(ref for ref, _ in self.payments)

    @property
    def total_fen(self) -> int:
        """What it pays in all."""
        return sum(amount for _, amount in self.payments)


def separators(profile: Profile) -> Separators:
    """What stands between fields and between rows."""
    return Separators(profile.field_separator, profile.row_separator)


def write_batch(batch_no: str, lines: tuple[RefundLine, ...], account_no: str, profile: Profile) -> BatchFile:
    """Encode a refund batch, paid from ``account_no``. The file holds no time and no password: it is frozen as it is.

    Raises ``InvalidInput`` for no lines, too many, a repeated reference, or a value that the link can't carry.
    """
    if not 0 < len(lines) <= profile.lines_max:
        raise InvalidInput("BATCH_SIZE", f"每个退款文件须为 1 至 {profile.lines_max} 笔")
    if len({line.our_ref for line in lines}) != len(lines):
        raise InvalidInput("BATCH_REPEATS", "退款文件中存在重复的付款编号")
    if _NUMBER.fullmatch(batch_no) is None or any(_REF.fullmatch(line.our_ref) is None for line in lines):
        raise InvalidInput("NUMBER_INVALID", "批次号或付款编号格式不正确")
    parts, letters = [], ""
    for way in (profile.own, profile.other):
        of_way = [line for line in lines if profile.way_to(line.account_no).letter == way.letter]
        if of_way:
            parts.append(_write_part(f"{batch_no}{way.letter}", of_way, way, account_no, profile))
            letters += way.letter
    content = write_bundle("batch", {"batch_no": batch_no}, parts)
    return BatchFile(profile.names["batch"].format(batch_no=batch_no, parts=letters), content, sm3(content))


def _write_part(ins_id: str, lines: Sequence[RefundLine], way: Way, account_no: str, profile: Profile) -> Part:
    amounts = [line.principal_fen + line.interest_fen for line in lines]
    texts = []
    for number, (line, amount_fen) in enumerate(zip(lines, amounts, strict=True), start=1):
        values = {
            "line": number,
            "account_no": line.account_no,
            "account_name": line.account_name,
            "amount_fen": amount_fen,
            "explain": profile.explain.format(memo=line.memo, our_ref=line.our_ref),
        }
        texts.append(write_row(number, values, way.row, separators(profile), profile.encoding))
    body = body_xml(
        {
            "trnId": ins_id,
            "insId": ins_id,
            "payerAcct": account_no,
            "payType": way.pay_type,
            "totalRow": str(len(lines)),
            "totalAmt": yuan_text(sum(amounts)),
            "fileContent": profile.row_separator.join(texts),
        }
    )
    payments = [[line.our_ref, amount] for line, amount in zip(lines, amounts, strict=True)]
    return Part({"trn_code": way.trn_code, "ins_id": ins_id, "payments": payments}, encode(body, profile))


def read_batch(content: bytes, profile: Profile) -> tuple[str, tuple[Order, ...]]:
    """The number of a batch file and its requests. Raises ``FileRefused`` for what is no batch file."""
    bundle = read_bundle(content, "batch", profile.bytes_max)
    batch_no = fact(bundle.facts, "batch_no", str)
    return batch_no, tuple(read_order(part, profile) for part in bundle.parts)


def read_order(part: Part, profile: Profile) -> Order:
    """A part's facts. Raises ``FileRefused`` (``FILE_INVALID``)."""
    way = profile.way_called(fact(part.facts, "trn_code", str))
    ins_id = fact(part.facts, "ins_id", str)
    listed = fact(part.facts, "payments", list)
    payments = [pair for pair in listed if isinstance(pair, list) and list(map(type, pair)) == [str, int]]
    right = len(payments) == len(listed) > 0 and all(
        _REF.fullmatch(ref) and 0 < amount <= AMOUNT_FEN_MAX for ref, amount in payments
    )
    if way is None or not right or _NUMBER.fullmatch(ins_id) is None:
        problem = Problem(1, "parts", "", "trn_code of the profile, ins_id, payments as [our_ref, fen]")
        raise refused("FILE_INVALID", "文件头不正确", problem)
    # Bytes that we wrote; should they have been changed, the bank sees replacement characters and refuses the total.
    body = part.content.decode(profile.encoding, errors="replace")
    turned_away = part.facts.get("turned_away") is True
    return Order(way, ins_id, tuple((ref, amount) for ref, amount in payments), body, turned_away)


def ask_body(way: Way, ins_id: str) -> str:
    """The ``xDataBody`` that asks what became of a request."""
    return body_xml({"trnId": ins_id, "insId": ins_id, "payType": way.pay_type})
