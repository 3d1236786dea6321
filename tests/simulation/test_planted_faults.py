"""Rule: a planted fault stands in the source that it says it stands in, and a simulated month notices one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from local.simulation import planted
from local.simulation.planting import ROOT, Plant, plant, plants

LEAST = 20


def test_given_the_plants_when_listed_then_each_stands_in_its_file_once_and_names_tests_that_there_are() -> None:
    listed = plants()

    assert len(listed) >= LEAST
    for each in listed:
        compile(each.source(), each.file, "exec")
        assert each.tests
        assert all((ROOT / test.partition("::")[0]).exists() for test in each.tests), each.name


def test_given_a_text_that_is_not_there_when_planted_then_it_is_an_error_and_no_catch() -> None:
    gone = Plant("gone", "", "chalicelib/kernel/money.py", "this line is not there", "", ())

    with pytest.raises(LookupError, match="0 places"):
        gone.source()


def test_given_a_module_imported_before_when_planted_then_it_is_said() -> None:
    import chalicelib.auctions.rules  # noqa: F401 (it must be there)

    with pytest.raises(LookupError, match="was imported before"):
        plant("tie-by-code")


def test_given_a_planted_fault_when_months_are_played_then_one_notices() -> None:
    command = [sys.executable, "-m", "local.simulation.planted", "--play", "winner-refunded-at-once", "--from", "2"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)

    assert done.stdout.startswith("seed ")


def test_given_a_page_when_the_table_is_written_then_it_stands_between_its_marks(tmp_path: Path) -> None:
    page = tmp_path / "proof.md"
    page.write_text(f"before\n{planted.BEGIN}\nold\n{planted.END}\nafter\n")
    first, second = plants()[:2]

    planted.write(page, [planted.Found(second, "", "")])
    planted.write(page, [planted.Found(first, "tests/a/test_b.py::test_c", "seed 2: a | b")])

    written = page.read_text()
    assert written.startswith("before\n")
    assert written.endswith("\nafter\n")
    assert "old" not in written
    assert "`a/test_b.py::test_c` | seed 2: a \\| b |" in written
    assert f"| `{second.name}` | {second.what} | - | - |" in written
    assert "2 planted, 1 caught" in written
