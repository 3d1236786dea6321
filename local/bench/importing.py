"""The applicant list: a million rows decoded and checked, against polars reading them, and the memory it takes.

``python -m local.bench.importing FILE`` splits a list as the function does and prints its own peak memory in MB.
"""

from __future__ import annotations

import io
import random
import sys
import tempfile
import time
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from statistics import median

from chalicelib.applicants.rules import Terms, row_faults
from chalicelib.applicants.splitting import split_list
from chalicelib.kernel.errors import Problem
from chalicelib.kernel.files import MemoryFiles
from chalicelib.kernel.identity import id_card_check
from chalicelib.kernel.ids import SystemEntropy
from chalicelib.kernel.privacy import Vault
from chalicelib.periods.rules import load_rules
from integrations.regulator.client import RegulatorFiles
from local.bench.measure import Measure, peak_mb, peak_mb_of

MANY, FEW, ROUNDS = 1_000_000, 100_000, 3
PERIOD, NAME = "2026-03", "applicants-individual.csv"
_HEADINGS = "申请编码,类别,名称,证件类型,证件号码,手机号码,有效期起,有效期止"
_FAMILY, _GIVEN = "王李张刘陈杨黄赵周吴", "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平"


def terms() -> Terms:
    """What the rows are held to."""
    return Terms("individual", load_rules("hangzhou").is_code, date(2026, 3, 25))


def write_list(path: Path, rows: int) -> None:
    """A list of made-up people, the same in every run; one row in a thousand has a wrong check character."""
    chance = random.Random(7)  # noqa: S311 (the same people in every run)
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(f"{_HEADINGS}\r\n")
        for number in range(rows):
            first = (
                f"{330_100 + chance.randrange(30)}{1950 + chance.randrange(55)}"
                f"{1 + chance.randrange(12):02d}{1 + chance.randrange(28):02d}{chance.randrange(1000):03d}"
            )
            check = id_card_check(first) if number % 1_000 else "x"
            name = chance.choice(_FAMILY) + chance.choice(_GIVEN) + chance.choice(_GIVEN)
            phone = f"13{chance.randrange(10**9):09d}"
            file.write(f"33012{number:08d},个人,{name},身份证,{first}{check},{phone},2026-01-01,2026-12-31\r\n")


def _ours_seconds(content: bytes, rows: int) -> float:
    held_to, count, wrong = terms(), 0, 0
    began = time.process_time()
    for row in RegulatorFiles().stream_applicants(io.BytesIO(content), NAME):
        count += 1
        wrong += isinstance(row, Problem) or bool(row_faults(row, held_to))
    spent = time.process_time() - began
    if count != rows or not wrong:
        raise RuntimeError(f"{count} rows, {wrong} wrong: not what was written")
    return spent


def _polars_seconds(content: bytes, rows: int) -> float:
    import polars

    began = time.process_time()
    frame = polars.read_csv(content, infer_schema=False)
    spent = time.process_time() - began
    if frame.height != rows:
        raise RuntimeError("polars read another number of rows")
    return spent


@dataclass
class _Away(MemoryFiles):
    """Takes what is written and keeps none of it, as a bucket would for the process that writes."""

    written: int = field(default=0)

    def write(self, bucket: str, key: str, body: bytes, content_type: str = "", cache: str = "") -> None:
        """Count."""
        del bucket, key, content_type, cache
        self.written += len(body)


def split_and_weigh(path: Path) -> float:
    """Split a list from a file; this process's peak memory in MB."""
    vault = Vault(bytes(32), bytes(32), SystemEntropy())
    with path.open("rb") as source:
        split_list(PERIOD, NAME, source, RegulatorFiles(), terms(), files=_Away(), vault=vault)
    return peak_mb()


def importing() -> list[Measure]:
    """CPU for a million rows against polars, and peak memory of a million rows against a hundred thousand."""
    with tempfile.TemporaryDirectory() as folder:
        many, few = Path(folder) / "many.csv", Path(folder) / "few.csv"
        write_list(many, MANY)
        write_list(few, FEW)
        content = many.read_bytes()
        pairs = [(_ours_seconds(content, MANY), _polars_seconds(content, MANY)) for _ in range(ROUNDS)]
        ours, polars = (median(column) for column in zip(*pairs, strict=True))
        return [
            Measure(
                "import-1m", "CPU, 1,000,000 rows decoded and checked; polars only reading them", "s", ours, polars, 20
            ),
            Measure(
                "import-memory",
                "peak memory, 1,000,000 rows split into sealed chunks; 100,000 rows",
                "MB",
                peak_mb_of("local.bench.importing", many),
                peak_mb_of("local.bench.importing", few),
                1.15,
            ),
        ]


if __name__ == "__main__":
    print(split_and_weigh(Path(sys.argv[1])))
