"""Alipay's account as a deposit account: the day's bill is its statement, a refund batch goes out line by line.

So bills, batches, approvals and returns go the same road as a bank's. Principal goes back by refund of its trade and
interest by a transfer (a refund can't exceed its trade), each a line under a number of its own. What was paid out by
transfer stands on no trade bill: Alipay's word on each transfer counts.
"""

from __future__ import annotations

import hmac
import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from chalicelib.kernel.errors import Conflict, FileRefused, InvalidInput, NotFound, Pending, Problem, TooMany
from integrations.alipay.bill_archive import refused
from integrations.bundle import Part, check_digest, fact, read_bundle, sm3, write_bundle
from integrations.ports import (
    BatchFile,
    BatchReturn,
    BatchState,
    BillKind,
    Direction,
    PaymentOutcome,
    RefundLine,
    ReturnLine,
    Statement,
    StatementLine,
    Wallet,
    WalletBillLine,
    WalletOutcome,
    WalletPayment,
    WalletRefund,
    WalletTransfer,
)

# Each line takes up to two calls; all of a file must be through in one run of the function.
LINES_MAX = 500
LINES_A_SECOND = 10
INTEREST_TITLE = "保证金利息"
_TRADE = re.compile(r"[0-9A-Za-z_]{1,64}", re.ASCII)
_REF = re.compile(r"[0-9A-Za-z_]{1,32}", re.ASCII)
_AMOUNT_FEN_MAX = 10**15
_OUTCOMES = {WalletOutcome.PAID: PaymentOutcome.PAID, WalletOutcome.FAILED: PaymentOutcome.FAILED}


@dataclass(frozen=True)
class _Line:
    """One payment: ``is_interest`` by a transfer to who paid the trade, else by a refund of it."""

    our_ref: str
    trade_ref: str
    amount_fen: int
    is_interest: bool
    memo: str


class AlipayAccount:
    """An ``AskedBank`` on a wallet. A payee is named by the number of the trade that he paid.

    Handing over a file is safe to repeat: each line is asked about under its own number first, and sent only where
    Alipay says that it knows none of it. ``pause`` spaces the calls.
    """

    pays_interest_apart = True

    def __init__(self, wallet: Wallet, account_no: str, *, pause: Callable[[float], None] = time.sleep) -> None:
        self._wallet = wallet
        self._account_no = account_no
        self._pause = pause
        self.channel = wallet.channel

    @property
    def lines_max(self) -> int:
        """How many lines one batch file may hold."""
        return LINES_MAX

    def fetch_statement(self, day: date, opening_fen: int) -> BatchFile:
        """Fetch a day's bill; its URL lives 30 s, so a new one is asked for each time.

        Raises ``Pending`` where there is none yet: a day on which nothing was booked never has one.
        """
        try:
            parts = [Part({"role": "bill"}, self._wallet.fetch_bill(day))]
        except NotFound:
            raise Pending("BILL_NOT_READY", "支付宝账单尚未生成") from None
        return self._statement(day, opening_fen, parts)

    def empty_statement(self, day: date, opening_fen: int) -> BatchFile:
        """What stands for the bill of a day on which nothing was booked: Alipay gives none."""
        return self._statement(day, opening_fen, [])

    def _statement(self, day: date, opening_fen: int, parts: list[Part]) -> BatchFile:
        facts = {"account_no": self._account_no, "day": day.isoformat(), "opening_fen": opening_fen}
        content = write_bundle("statement", facts, parts)
        return BatchFile(f"ALIPAY_BILL_{day:%Y%m%d}.pull", content, sm3(content))

    def read_statement(self, content: bytes, sidecar: bytes) -> Statement:
        """Decode what ``fetch_statement`` fetched. Raises ``FileRefused`` where digest, bill or totals are wrong."""
        check_digest(content, sidecar)
        bundle = read_bundle(content, "statement", len(content))
        try:
            day = date.fromisoformat(fact(bundle.facts, "day", str))
        except ValueError:
            raise refused("FILE_INVALID", "文件头不正确", Problem(1, "day", "", "a day, YYYY-MM-DD")) from None
        opening_fen: int = fact(bundle.facts, "opening_fen", int)
        account_no: str = fact(bundle.facts, "account_no", str)
        batch_no = f"ALIPAY{day:%Y%m%d}-{sm3(content)[:12]}"
        if not bundle.parts:
            return Statement(batch_no, account_no, day, opening_fen, opening_fen, (), ())
        bill = self._wallet.read_bill(bundle.parts[0].content)
        if (bill.account_no, bill.day) != (account_no, day):
            problem = Problem(1, "账号", bill.day.isoformat(), f"the bill of our account and of {day}")
            raise refused("BILL_DIFFERS", "账单账号或日期不符", problem)
        closing_fen = opening_fen + bill.payments_fen - bill.refunds_fen
        lines = tuple(_booking(line, day) for line in bill.lines)
        return Statement(batch_no, account_no, day, opening_fen, closing_fen, lines, bill.problems)

    def write_batch(self, batch_no: str, lines: tuple[RefundLine, ...]) -> BatchFile:
        """Encode a refund batch (1 to ``lines_max`` lines). Raises ``InvalidInput`` for what can't be paid."""
        if not 0 < len(lines) <= LINES_MAX or len({line.our_ref for line in lines}) != len(lines):
            raise InvalidInput("BATCH_SIZE", f"每个退款文件须为 1 至 {LINES_MAX} 笔,且编号不重复")
        for number, line in enumerate(lines, 1):
            problem = _unpayable(number, line)
            if problem is not None:
                raise InvalidInput("LINE_UNPAYABLE", "该笔款项不能经支付宝退回", problems=(problem,))
        facts = {
            "batch_no": batch_no,
            "count": len(lines),
            "total_fen": sum(line.principal_fen + line.interest_fen for line in lines),
            "payments": [
                [line.our_ref, line.account_no, line.principal_fen, line.interest_fen, line.memo] for line in lines
            ],
        }
        content = write_bundle("batch", facts, [])
        return BatchFile(f"ALIPAY_RFD_{batch_no}.batch", content, sm3(content))

    def send_batch(self, file: BatchFile) -> None:
        """Pay each line, once. Raises ``Pending`` where one's outcome is not known; the others have been paid then."""
        if not hmac.compare_digest(sm3(file.content), file.digest):
            raise FileRefused("DIGEST_DIFFERS", "文件内容与 SM3 摘要不一致")
        unknown = sum(self._settle(line) is None for line in _read_batch(file.content)[1])
        if unknown:
            raise Pending("WALLET_PAYMENTS_OPEN", f"支付宝有 {unknown} 笔付款结果未知")

    def ask_batch(self, file: BatchFile) -> BatchState:
        """``ACCEPTED`` where Alipay knows every line, ``NOT_FOUND`` where it knows nothing of one. ``Pending``."""
        found = [self._ask(line).outcome for line in _read_batch(file.content)[1]]
        return BatchState.NOT_FOUND if WalletOutcome.NOT_FOUND in found else BatchState.ACCEPTED

    def fetch_return(self, file: BatchFile, refused: frozenset[str] = frozenset()) -> BatchFile:
        """What became of each line, as a file for ``read_return``; what is not known yet stands in it as pending. A
        wallet is asked line by line, so that nothing was ``refused`` but by its answer."""
        del refused
        batch_no, lines = _read_batch(file.content)
        rows = []
        for line in lines:
            told = self._settle(line)
            outcome = PaymentOutcome.PENDING if told is None else _OUTCOMES[told.outcome]
            code, reason = (told.code, told.reason) if told else ("", "")
            rows.append([line.our_ref, line.amount_fen, str(outcome), code, reason, told.serial if told else ""])
        facts = {"batch_no": batch_no, "count": len(rows), "total_fen": sum(line.amount_fen for line in lines)}
        content = write_bundle("return", {**facts, "payments": rows}, [])
        return BatchFile(f"ALIPAY_RTN_{batch_no}.pull", content, sm3(content))

    def read_return(self, content: bytes, sidecar: bytes) -> BatchReturn:
        """Decode what ``fetch_return`` fetched. Raises ``FileRefused`` where digest or totals are wrong."""
        check_digest(content, sidecar)
        facts = read_bundle(content, "return", len(content)).facts
        try:
            lines = tuple(
                ReturnLine(
                    number, _word(our_ref), _fen(amount_fen), PaymentOutcome(outcome), _word(code), _word(reason)
                )
                for number, (our_ref, amount_fen, outcome, code, reason, _) in enumerate(facts["payments"], 1)
            )
            right = (len(lines), sum(line.amount_fen for line in lines)) == (facts["count"], facts["total_fen"])
        except (KeyError, TypeError, ValueError):
            right, lines = False, ()
        if not right:
            problem = Problem(1, "count, total_fen", "", "the number of payments and their sum")
            raise refused("TOTAL_DIFFERS", "回盘文件笔数或金额不符", problem)
        return BatchReturn(fact(facts, "batch_no", str), lines, ())

    def _settle(self, line: _Line) -> WalletPayment | None:
        """Ask, and send what Alipay knows nothing of, unchanged; ``None`` where the outcome stays open."""
        self._pause(1 / LINES_A_SECOND)
        try:
            told = self._ask(line)
            return self._send(line) if told.outcome is WalletOutcome.NOT_FOUND else told
        except (Pending, TooMany):
            return None

    def _ask(self, line: _Line) -> WalletPayment:
        if line.is_interest:
            return self._wallet.ask_transfer(self._transfer(line, "-"))
        return self._wallet.ask_refund(_refund(line))

    def _send(self, line: _Line) -> WalletPayment:
        if not line.is_interest:
            return self._wallet.refund(_refund(line))
        payer = self._wallet.ask(line.trade_ref).buyer_ref
        if not payer:
            raise Conflict("WALLET_PAYER_UNKNOWN", f"支付宝未告知交易 {line.trade_ref} 的付款人")
        return self._wallet.transfer(self._transfer(line, payer))

    @staticmethod
    def _transfer(line: _Line, payee_ref: str) -> WalletTransfer:
        return WalletTransfer(line.our_ref, payee_ref, line.amount_fen, INTEREST_TITLE, line.memo)


def _refund(line: _Line) -> WalletRefund:
    return WalletRefund(line.our_ref, line.trade_ref, line.amount_fen, line.memo)


def _booking(line: WalletBillLine, day: date) -> StatementLine:
    """A line of the bill. Our number of the trade has the application code in it, and is what a payer is known by."""
    paid_in = line.kind is BillKind.PAYMENT
    return StatementLine(
        line=line.line,
        serial=line.serial if paid_in else f"{line.serial}-{line.refund_ref}",
        booked_at_ms=line.finished_at_ms,
        value_date=day,
        direction=Direction.CREDIT if paid_in else Direction.DEBIT,
        amount_fen=line.amount_fen,
        account_no=line.our_ref if paid_in else "",
        account_name="",
        memo=line.our_ref if paid_in else "",
        our_ref="" if paid_in else line.refund_ref,
    )


def _unpayable(number: int, line: RefundLine) -> Problem | None:
    if _TRADE.fullmatch(line.account_no) is None:
        return Problem(number, "account_no", f"{len(line.account_no)} characters", "the number of a trade of ours")
    if _REF.fullmatch(line.our_ref) is None:
        return Problem(number, "our_ref", "", "1 to 32 letters, digits and _")
    if (line.principal_fen > 0) is (line.interest_fen > 0):
        return Problem(number, "interest_fen", str(line.interest_fen), "principal or interest, each by itself")
    return None


def _read_batch(content: bytes) -> tuple[str, tuple[_Line, ...]]:
    facts: Any = read_bundle(content, "batch", len(content)).facts
    try:
        lines = tuple(
            _Line(
                _word(our_ref),
                _word(trade_ref),
                _fen(principal_fen) + _fen(interest_fen),
                interest_fen > 0,
                _word(memo),
            )
            for our_ref, trade_ref, principal_fen, interest_fen, memo in facts["payments"]
        )
    except (KeyError, TypeError, ValueError):
        raise refused("FILE_INVALID", "文件头不正确", Problem(1, "payments", "", "a list of payments")) from None
    return fact(facts, "batch_no", str), lines


def _word(found: Any) -> str:
    if not isinstance(found, str):
        raise TypeError("a text")
    return found


def _fen(found: Any) -> int:
    if type(found) is not int or not 0 <= found < _AMOUNT_FEN_MAX:
        raise ValueError("a whole number of fen")
    return found


def keys_from(secret: str) -> tuple[str, str]:
    """Our private key and Alipay's public one, from their secret: ``{"private_key", "alipay_key"}`` as JSON. Raises
    ``InvalidInput`` (``KEYS_INVALID``)."""
    try:
        kept = json.loads(secret)
        return str(kept["private_key"]), str(kept["alipay_key"])
    except (ValueError, KeyError, TypeError):
        raise InvalidInput("KEYS_INVALID", "支付宝密钥格式不正确") from None
