"""Adding a bank is adding a folder: one from elsewhere is put beside the others, and carries a month's money."""

from __future__ import annotations

import hashlib
import importlib
import json
import shutil
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import integrations
from chalicelib.deposits import notices, statements
from chalicelib.deposits.intake import account_of, intake_of
from chalicelib.deposits.reconciling import reconcile
from chalicelib.kernel.errors import FileRefused, NotFound
from chalicelib.refunds.preparing import prepare
from chalicelib.refunds.returns import apply_return
from chalicelib.refunds.sending import release, send
from integrations.ports import BatchFile, DepositBank
from tests.deposits.deposit_month import DEPOSIT, PERIOD, PLAN, RULES, DepositMonth, account_no, code, name

FOLDER = Path(__file__).with_name("third_bank")
CHANNEL = "ningbo"


class Counter:
    """What the bank took, by name."""

    def __init__(self) -> None:
        self.files: dict[str, BatchFile] = {}

    def take(self, file: BatchFile) -> None:
        self.files[file.name] = file


@pytest.fixture
def counter() -> Counter:
    return Counter()


@pytest.fixture
def bank(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, counter: Counter) -> Iterator[DepositBank]:
    package = tmp_path / "bank_of_ningbo"
    shutil.copytree(FOLDER, package)
    (package / "__init__.py").write_text("")
    monkeypatch.setattr(integrations, "__path__", [*integrations.__path__, str(tmp_path)])
    client = importlib.import_module("integrations.bank_of_ningbo.client")
    yield client.BankOfNingbo(counter.take, counter.files.__contains__)
    for loaded in [each for each in sys.modules if each.startswith("integrations.bank_of_ningbo")]:
        del sys.modules[loaded]


def dropped(month: DepositMonth, key: str, rows: list[dict[str, Any]]) -> str:
    content = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows).encode()
    month.files.write("inbox", key, content)
    month.files.write("inbox", f"{key}.sm3", f"{hashlib.new('sm3', content).hexdigest()}  x\n".encode())
    return key


def paid_in(number: int) -> dict[str, Any]:
    row = {"id": f"NB{number}", "at": "2026-03-10T10:00:00", "side": "in", "yuan": "2000.00", "ours": ""}
    return {**row, "account": account_no(number), "name": name(number), "words": f"保证金{code(number)}"}


def statement(month: DepositMonth, booked: list[dict[str, Any]], **head: Any) -> str:
    said = {
        "id": "S1",
        "account": "NB001",
        "day": "2026-03-11",
        "before": "0.00",
        "after": "6000.00",
        "rows": len(booked),
    }
    return dropped(month, f"{CHANNEL}/statement/2026-03/2026-03-11/s.jsonl", [{**said, **head}, *booked])


def taken_in(month: DepositMonth, bank: DepositBank, key: str) -> dict[str, int]:
    day, counts = "2026-03-11", {}
    given = {"period": PERIOD, "day": day, "key": key, "code_pattern": RULES.code_pattern}
    account = account_of(intake_of(PLAN, RULES, CHANNEL, month.vault, month.clock))
    for chunk in statements.read_statement(month.files, bank, month.vault, **given)["chunks"]:
        counts |= statements.book_chunk(month.files, account, PERIOD, chunk["key"])
    statements.close_statement(PERIOD, CHANNEL, day)
    return counts


def test_given_a_bank_from_a_folder_elsewhere_when_money_comes_and_goes_then_the_books_balance(
    aws: None, bank: DepositBank, counter: Counter
) -> None:
    month = DepositMonth(applicants=3)
    assert taken_in(month, bank, statement(month, [paid_in(number) for number in range(3)])) == {"matched": 3}
    assert reconcile(PERIOD)["differences"] == 0
    month.close_auction(winners=[])
    means = replace(month.means(), bank=lambda channel: bank)
    # Two files, since this bank takes two rows at a time.
    files = prepare("1", means)["files"]
    assert [file["channel"] for file in files] == [CHANNEL, CHANNEL]
    release(PERIOD, "1", "approver")
    ends: dict[str, int] = {"paid": 0, "failed": 0, "pending": 0}
    for file in files:
        for _ in range(2):
            assert send(file["batch_no"], means)["state"] == "sent"
        head, *rows = map(json.loads, counter.files[file["file_name"]].content.decode().splitlines())
        words = ["OK" if row["to"] != account_no(1) else "NO" for row in rows]
        answers = [
            {"ours": row["ours"], "fen": row["fen"], "word": word} for row, word in zip(rows, words, strict=True)
        ]
        key = f"{CHANNEL}/return/{PERIOD}/{file['batch_no']}/r.jsonl"
        for outcome, count in apply_return(file["batch_no"], dropped(month, key, [head, *answers]), means).items():
            ends[outcome] += count
    assert ends == {"paid": 2, "failed": 1, "pending": 0}
    balances = month.balances()
    assert balances[f"returnable:{PERIOD}"] == -DEPOSIT
    assert balances[f"bank:{CHANNEL}"] + balances["interest_expense"] == DEPOSIT
    assert sum(balances.values()) == 0


def test_given_its_file_with_another_count_or_no_notices_when_asked_for_then_the_hub_refuses_as_of_any_bank(
    aws: None, bank: DepositBank
) -> None:
    month = DepositMonth(applicants=1)
    with pytest.raises(FileRefused, match="COUNT_DIFFERS"):
        taken_in(month, bank, statement(month, [paid_in(0)], rows=2))
    with pytest.raises(NotFound, match="NOTICES_NONE"):
        notices.take_bank_notice(bank, {}, b"", None, month.clock)  # type: ignore[arg-type]
