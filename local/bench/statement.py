"""A bank's statement: a million lines read, checked and matched, against Python's csv module only splitting the same
bytes; and the memory that it takes to read one and cut it into sealed chunks.

``python -m local.bench.statement FILE`` reads a statement, cuts it into chunks and prints its own peak memory in MB.
"""

from __future__ import annotations

import csv
import io
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import IO

from chalicelib.deposits.chunking import Chunks
from chalicelib.deposits.rules import Matched, Payment, Window, find_codes, match
from chalicelib.kernel.clock import at_shanghai
from chalicelib.kernel.ids import SystemEntropy
from chalicelib.kernel.privacy import Vault
from chalicelib.kernel.tuples import maker
from chalicelib.periods.rules import load_rules
from integrations.bank_of_hangzhou.envelope import sm3
from integrations.bank_of_hangzhou.profile import default_profile
from integrations.bank_of_hangzhou.statement import stream_statement
from integrations.ports import StatementLine
from local.bench.measure import Measure, in_turns, peak_mb, peak_mb_of

MANY, FEW, ROUNDS = 1_000_000, 100_000, 3
DEPOSIT_FEN = 200_000
_payment = maker(Payment)
_DAY = date(2026, 3, 10)
_FAMILY, _GIVEN = "王李张刘陈杨黄赵周吴", "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平"


def write_statement(rows: int) -> bytes:
    """A day's credits of made-up people, the same in every run; one in a hundred bears no code."""
    chance = random.Random(7)  # noqa: S311 (the same people in every run)
    lines = []
    for number in range(rows):
        hour, minute, second = 9 + number * 8 // rows, chance.randrange(60), chance.randrange(60)
        at = f"{hour:02d}{minute:02d}{second:02d}{chance.randrange(1000):03d}"
        name = chance.choice(_FAMILY) + chance.choice(_GIVEN) + chance.choice(_GIVEN)
        memo = f"竞价保证金{33_012:05d}{number:08d}" if number % 100 else "保证金"
        account = f"6222{chance.randrange(10**15):015d}"
        lines.append(f"HZ{number:012d}|20260310{at}|20260310|C|{DEPOSIT_FEN}|{account}|{name}|{memo}|\n")
    total = DEPOSIT_FEN * rows
    head = f"202603110105000000000001|3301040160000000001|20260310|0|{rows}|{total}|{total}\n"
    return (head + "".join(lines)).encode("gb18030")


def listed_codes(rows: int) -> dict[str, bool]:
    """Every listed code, and whether its deposit was paid: what the hub's tables know, prepared beforehand."""
    return dict.fromkeys((f"{33_012:05d}{number:08d}" for number in range(rows)), False)


def parse_and_match(source: IO[bytes], sidecar: bytes, listed: dict[str, bool]) -> int:
    """Read as the function does, and decide about each payment by the rules; how many make their payer's deposit."""
    rules = load_rules("hangzhou")
    pattern, deposit_fen = rules.code_pattern, rules.deposit_fen
    window = Window(at_shanghai("2026-03-07T09:00:00"), at_shanghai("2026-03-17T17:00:00"))
    matched, stranger = 0, False

    def take(lines: Sequence[StatementLine]) -> None:
        nonlocal matched
        found = find_codes([line.memo for line in lines], pattern)
        codes = [each[0][0] if len(each[0]) == 1 else _only_listed(each[0], listed) for each in found]
        # A code is looked up when its line's turn comes: the line before may have paid for it.
        for line, (_, fault), code, paid in zip(lines, found, codes, map(listed.get, codes), strict=True):
            payment = _payment(
                (line.amount_fen, line.booked_at_ms, "" if paid is None else code, fault, paid or False, stranger)
            )
            outcome = match(payment, window, deposit_fen)
            if isinstance(outcome, Matched):
                listed[code] = True
                matched += 1

    told = stream_statement(source, sidecar, default_profile(), take)
    if (told.count, told.day, told.problems) != (len(listed), _DAY, ()):
        raise RuntimeError("not what was written")
    return matched


def _only_listed(candidates: Sequence[str], listed: dict[str, bool]) -> str:
    found = [code for code in candidates if code in listed]
    return found[0] if len(found) == 1 else ""


def cut_into_chunks(file: Path) -> int:
    """Read a statement and write its lines as sealed chunks, as the function does; how many lines."""
    profile, vault = default_profile(), Vault(bytes(32), bytes(32), SystemEntropy())
    with file.open("rb") as source, tempfile.TemporaryFile() as written:
        chunks = Chunks(load_rules("hangzhou").code_pattern)
        told = stream_statement(source, file.with_suffix(".sm3").read_bytes(), profile, chunks.take)
        for packed in chunks.packed(told.left_out):
            written.write(vault.seal(f"[{','.join(packed)}]", "2026-03/chunk").encode())
        return told.count


def _split_only(content: bytes) -> int:
    text = io.TextIOWrapper(io.BytesIO(content), encoding="gb18030", newline="")
    return sum(1 for _ in csv.reader(text, delimiter="|", quoting=csv.QUOTE_NONE))


def _put(file: Path, content: bytes) -> Path:
    file.write_bytes(content)
    file.with_suffix(".sm3").write_text(sm3(content))
    return file


def statement() -> list[Measure]:
    """CPU for a million lines against csv, and peak memory of a million lines against a hundred thousand."""
    with tempfile.TemporaryDirectory() as folder:
        content = write_statement(MANY)
        sidecar = sm3(content).encode()

        def ours() -> float:
            listed = listed_codes(MANY)
            began = time.process_time()
            if parse_and_match(io.BytesIO(content), sidecar, listed) != MANY - MANY // 100:
                raise RuntimeError("not what was written")
            return time.process_time() - began

        def csv_only() -> float:
            began = time.process_time()
            if _split_only(content) != MANY + 1:
                raise RuntimeError("csv found another number of lines")
            return time.process_time() - began

        spent, split = in_turns(ROUNDS, ours, csv_only)
        print(f"{'':<22} {MANY / spent:8,.0f} lines/s parsed and matched, {MANY / split:,.0f} lines/s split by csv")
        many = _put(Path(folder) / "many.txt", content)
        few = _put(Path(folder) / "few.txt", write_statement(FEW))
        return [
            Measure(
                "statement-1m",
                "CPU, 1,000,000 lines of a statement read, checked and matched; csv only splitting them",
                "s",
                spent,
                split,
                4,
            ),
            Measure(
                "statement-memory",
                "peak memory, a statement of 1,000,000 lines read and cut into sealed chunks; of 100,000",
                "MB",
                peak_mb_of("local.bench.statement", many),
                peak_mb_of("local.bench.statement", few),
                1.15,
            ),
        ]


if __name__ == "__main__":
    cut_into_chunks(Path(sys.argv[1]))
    print(peak_mb())
