"""A million rows taken in whole, against a bare boto3 loop writing as much; and the memory that its functions take.

What stands behind the functions: DynamoDB, KMS and Secrets Manager are ``endpoint``, a process of its own over HTTP on
this machine, which judges conditions and transactions and never throttles; the buckets are a folder. Every list is
taken in three times, and what must be true of each time is looked at before anything is said of speed.
"""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from local.bench.importing import FEW, MANY, write_list
from local.bench.measure import Measure
from local.bench.whole_import.run import Import, Place, place

# One row in so many is changed in the third list, and two of those are looked at through the hub's own eyes.
CHANGED_OF = 1_000
_LOOKED_AT = 2
_PHONE = 5


@dataclass(frozen=True)
class Thrice:
    """A list taken in for the first time, once more, and with some rows changed."""

    rows: int
    first: Import
    again: Import
    changed: Import

    @property
    def cpu_us(self) -> float:
        """All functions' CPU for a row of the first time."""
        return sum(self.first.cpu_s.values()) / self.rows * 1e6

    @property
    def peak_mb(self) -> float:
        """The most that any function took, of all three times."""
        return max(max(each.peak_mb.values()) for each in (self.first, self.again, self.changed))


def thrice(here: Place, folder: Path, rows: int) -> Thrice:
    """Take a list in three times. Raises ``RuntimeError`` where something is not as it must be."""
    listed, changed = folder / f"{rows}.csv", folder / f"{rows}-changed.csv"
    write_list(listed, rows)
    lines = _change_some(listed, changed)
    first = _told("first", rows, here.take_in(listed))
    report = here.report().splitlines()
    again = _told("again", rows, here.take_in(listed))
    later = _told("changed", rows, here.take_in(changed))
    wrong, kept = first.counts["problems"], first.counts["kept"]
    none = {"kept": 0, "unchanged": 0, "amended": 0}
    _same("first", first.counts, {**none, "rows": rows, "kept": rows - wrong, "problems": wrong})
    _same("items", first.items, dict.fromkeys(("applicant", "name", "phone"), kept))
    _same("actions", first.written, 3 * kept)
    _same("report", [row.split(",")[1] for row in report[1:]], ["证件号码"] * wrong)
    _same("again", again.counts, {**none, "rows": rows, "unchanged": kept, "problems": wrong})
    _same("written again", again.written, 0)
    amended = later.counts["amended"]
    _same("changed", later.counts, {**again.counts, "unchanged": kept - amended, "amended": amended})
    _same("items", later.items, {**first.items, "phone": kept + amended, "amended": amended})
    _same("amendments", here.look(lines), [1] * len(lines))
    return Thrice(rows, first, again, later)


def _told(what: str, rows: int, one: Import) -> Import:
    print(
        f"{'':<22} {rows:,} rows {what}: {rows / one.elapsed_s:,.0f} rows/s, {one.written:,} items written,"
        f" CPU {sum(one.cpu_s.values()) / rows * 1e6:.0f} us a row, peak {max(one.peak_mb.values()):.0f} MB",
        flush=True,
    )
    return one


def _change_some(listed: Path, changed: Path) -> list[str]:
    """Write the list with other phones in some rows that hold; the first of those rows."""
    new = []
    with listed.open(encoding="utf-8", newline="") as source, changed.open("w", encoding="utf-8", newline="") as target:
        for number, line in enumerate(source):
            if number % CHANGED_OF != CHANGED_OF // 2:
                target.write(line)
                continue
            cells = line.split(",")
            cells[_PHONE] = f"15{cells[_PHONE][2:]}"
            target.write(",".join(cells))
            new.append(",".join(cells).strip())
    return new[:_LOOKED_AT]


def _same(what: str, found: object, wanted: object) -> None:
    if found != wanted:
        raise RuntimeError(f"{what}: {str(found)[:200]} instead of {str(wanted)[:200]}")


def bare_us(here: Place, folder: Path, rows: int) -> float:
    """CPU of the bare loop for a row."""
    listed = folder / "bare.csv"
    write_list(listed, rows)
    with here.functions(1, "bare") as (one,):
        _same("bare", one({"rows": str(listed)}), rows)
        return one.cpu_s / rows * 1e6


def whole_import(many: int = MANY, few: int = FEW) -> list[Measure]:
    """CPU for a row against a bare loop's, and peak memory of a large list against a small one."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with place(folder / "few") as here:
            some = thrice(here, folder, few)
        with place(folder / "bare") as here:
            bare = bare_us(here, folder, few)
        with place(folder / "many") as here:
            all_ = thrice(here, folder, many)
    return [
        Measure(
            "import-rows-1m",
            f"CPU a row, {many:,} rows read, checked, sealed and kept as 3 items each, over HTTP to a stand-in of"
            " DynamoDB and KMS; a bare boto3 loop writing as many items by as large transactions",
            "us",
            all_.cpu_us,
            bare,
            2,
        ),
        Measure(
            "import-rows-memory",
            f"peak memory of a function, {many:,} rows taken in three times; {few:,}",
            "MB",
            all_.peak_mb,
            some.peak_mb,
            1.15,
        ),
    ]


if __name__ == "__main__":
    for measure in whole_import(*map(int, sys.argv[1:])):
        print(measure.as_dict())
