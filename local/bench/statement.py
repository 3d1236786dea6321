"""A bank's statement: a million lines read, checked and matched, against Python's csv module only splitting the same
bytes, and the memory that it takes.

``python -m local.bench.statement FILE`` reads and matches a statement and prints its own peak memory in MB.
"""

from __future__ import annotations

import csv
import io
import random
import sys
import tempfile
import time
from dataclasses import replace
from datetime import date
from pathlib import Path

from chalicelib.deposits.rules import CodeFault, Payment, Window, find_code, match
from chalicelib.kernel.clock import at_shanghai
from chalicelib.periods.rules import load_rules
from integrations.bank_of_hangzhou.codec import read_statement
from integrations.bank_of_hangzhou.envelope import sm3
from integrations.bank_of_hangzhou.profile import default_profile
from local.bench.measure import Measure, in_turns, peak_mb, peak_mb_of

MANY, FEW, ROUNDS = 1_000_000, 100_000, 3
DEPOSIT_FEN = 200_000
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


def parse_and_match(content: bytes, sidecar: bytes, rows: int) -> int:
    """Read as the function does, and decide about each payment by the rules; how many bear their own code."""
    rules = load_rules("hangzhou")
    window = Window(at_shanghai("2026-03-07T09:00:00"), at_shanghai("2026-03-17T17:00:00"))
    # The function refuses a file of more than bytes_max (64 MiB); it has not the memory for a larger one.
    profile = replace(default_profile(), bytes_max=len(content))
    statement = read_statement(content, sidecar, profile)
    matched = 0
    for line in statement.lines:
        found = find_code(line.memo, rules.code_pattern)
        code = found.candidates[0] if len(found.candidates) == 1 else ""
        fault = found.fault if not code else CodeFault.WRONG
        payment = Payment(line.amount_fen, line.booked_at_ms, code, fault, deposited=False, payer_listed=True)
        matched += bool(code) and match(payment, window, rules.deposit_fen) is not None
    if (len(statement.lines), statement.day, statement.problems) != (rows, _DAY, ()):
        raise RuntimeError("not what was written")
    return matched


def _split_only(content: bytes) -> int:
    text = io.TextIOWrapper(io.BytesIO(content), encoding="gb18030", newline="")
    return sum(1 for _ in csv.reader(text, delimiter="|", quoting=csv.QUOTE_NONE))


def statement() -> list[Measure]:
    """CPU for a million lines against csv, and peak memory of a million lines against a hundred thousand."""
    with tempfile.TemporaryDirectory() as folder:
        content = write_statement(MANY)
        sidecar = sm3(content).encode()

        def ours() -> float:
            began = time.process_time()
            if parse_and_match(content, sidecar, MANY) != MANY - MANY // 100:
                raise RuntimeError("not what was written")
            return time.process_time() - began

        def csv_only() -> float:
            began = time.process_time()
            if _split_only(content) != MANY + 1:
                raise RuntimeError("csv found another number of lines")
            return time.process_time() - began

        spent, split = in_turns(ROUNDS, ours, csv_only)
        print(f"{'':<22} {MANY / spent:8,.0f} lines/s parsed and matched, {MANY / split:,.0f} lines/s split by csv")
        many, few = Path(folder) / "many.txt", Path(folder) / "few.txt"
        many.write_bytes(content)
        few.write_bytes(write_statement(FEW))
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
                "peak memory, a statement of 1,000,000 lines; of 100,000",
                "MB",
                peak_mb_of("local.bench.statement", many),
                peak_mb_of("local.bench.statement", few),
                1.15,
            ),
        ]


if __name__ == "__main__":
    read = Path(sys.argv[1]).read_bytes()
    parse_and_match(read, sm3(read).encode(), read.count(b"\n") - 1)
    print(peak_mb())
