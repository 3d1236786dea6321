"""The third bank behind the port. It tells of no credits, and delivers its files by itself."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path

from integrations.bank_of_ningbo import codec  # type: ignore[import-not-found]

from integrations.ports import BatchFile, BatchReturn, BatchState, PaymentOutcome, RefundLine, Statement


class BankOfNingbo:
    pays_interest_apart = False

    def __init__(self, hand_over: Callable[[BatchFile], None], has: Callable[[str], bool]) -> None:
        profile = tomllib.loads(Path(__file__).with_name("profile.toml").read_text())
        self.channel = str(profile["channel"])
        self.lines_max = int(profile["lines_max"])
        self._words = dict.fromkeys(profile["paid"], PaymentOutcome.PAID)
        self._words |= dict.fromkeys(profile["failed"], PaymentOutcome.FAILED)
        self._hand_over, self._has = hand_over, has

    def read_statement(self, content: bytes, sidecar: bytes) -> Statement:
        statement: Statement = codec.read_statement(content, sidecar)
        return statement

    def write_batch(self, batch_no: str, lines: tuple[RefundLine, ...]) -> BatchFile:
        file: BatchFile = codec.write_batch(batch_no, lines)
        return file

    def send_batch(self, file: BatchFile) -> None:
        self._hand_over(file)

    def ask_batch(self, file: BatchFile) -> BatchState:
        return BatchState.ACCEPTED if self._has(file.name) else BatchState.NOT_FOUND

    def read_return(self, content: bytes, sidecar: bytes) -> BatchReturn:
        told: BatchReturn = codec.read_return(content, sidecar, self._words)
        return told
