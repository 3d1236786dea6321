"""Month end as its machine runs it: file, seal, tables; again after the seal; with what came late, an amendment."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from machine_walk import walk

from chalicelib.evidence import tasks as evidence
from chalicelib.evidence.verifying import link_faults, open_package, verify_package
from chalicelib.kernel.clock import SetClock
from chalicelib.kernel.files import MemoryFiles
from chalicelib.kernel.ids import SystemEntropy
from chalicelib.kernel.privacy import Vault
from chalicelib.kernel.settings import Settings
from chalicelib.kernel.signing import Signer
from chalicelib.ledger import accounts, sealing
from chalicelib.ledger.checking import check, extends, read_book
from chalicelib.ledger.records import post
from chalicelib.ledger.rules import move
from chalicelib.periods.plan import nominal
from chalicelib.periods.records import PeriodState, save_plan
from chalicelib.periods.rules import load_rules
from chalicelib.reports import tasks

PERIOD = "2026-03"
FOLDER = f"reports/{PERIOD}/"
MACHINE = Path(__file__).resolve().parents[2] / "state_machines" / "month_end.asl.json"
PLAN = nominal(
    PERIOD, load_rules("hangzhou"), {"individual": 1, "unit": 0}, last_average_fen={}, lows_fen={}, last_mean_fen={}
)


class Stage:
    """The machine over the rooms' real steps; deposits and treasury have nothing open, the books are sealed as ever."""

    def __init__(self) -> None:
        self.files = MemoryFiles()
        self.asked: list[str] = []

    def invoke(self, function: str, event: dict[str, Any]) -> Any:
        self.asked.append(event["step"])
        # As Lambda hands them on: as JSON.
        event = json.loads(json.dumps(event))
        if function == "${Reports}":
            return json.loads(json.dumps(tasks.handle(event, None)))
        if function == "${Evidence}":
            return json.loads(json.dumps(evidence.handle(event, None)))
        if event["step"] == "reconcile":
            sealing.seal(PERIOD, 0)
        return {"chunks": []}

    def run(self) -> str:
        self.asked = []
        given = {"period": PERIOD, "attempt": 1, "plan": {"closing": []}}
        return walk(json.loads(MACHINE.read_text()), given, self.invoke)

    def names(self) -> set[str]:
        return {key.removeprefix(FOLDER) for bucket, key in self.files.held if bucket == "outbox"}


@pytest.fixture
def stage(aws: None, monkeypatch: pytest.MonkeyPatch) -> Stage:
    on = Stage()
    keys = SimpleNamespace(
        vault=lambda: Vault(bytes(32), bytes(range(32)), SystemEntropy()),
        evidence_signer=lambda: Signer(bytes(32)),
        evidence_sm2_signer=lambda: None,
    )
    parts = SimpleNamespace(
        files=on.files,
        clock=SetClock(0),
        keys=keys,
        rules_text=lambda _: "",
        rules_version=lambda _: "hangzhou 1",
        timestamps=lambda: None,
        settings=Settings({}),
    )
    monkeypatch.setattr(tasks, "hub", lambda: parts)
    monkeypatch.setattr(evidence, "hub", lambda: parts)
    save_plan(PLAN, PeriodState.RUNNING, "system")
    book("first", 200_000)
    return on


def book(serial: str, fen: int) -> None:
    """A payment that came in, on the books."""
    debit, credit, day = accounts.bank("hangzhou"), accounts.returnable(PERIOD), date(2026, 4, 20)
    post(move(f"credit/{serial}", "credit", PERIOD, day, 0, debit=debit, credit=credit, amount_fen=fen, subject=serial))


def book_of(package: bytes) -> bytes:
    return open_package(package).members["ledger.jsonl"]


def test_given_a_month_when_the_machine_runs_to_its_end_then_again_then_with_a_late_posting(stage: Stage) -> None:
    assert stage.run() == "Done"
    assert stage.asked[-5:] == ["workbook", "export", "seal", "archive", "tables"]
    sealed = dict(stage.files.held)
    assert {f"settlement-{PERIOD}.xlsx", f"settlement-{PERIOD}.pdf", f"vouchers-{PERIOD}.csv"} <= stage.names()
    assert "tables/2026/tables-2026.xlsx" in stage.names()
    assert any(bucket == "evidence" for bucket, _ in sealed)

    # The sheet's balances are those that `hangpai ledger check` recomputes from the sealed book.
    checked = check(read_book(stage.files.read("work", f"{FOLDER}ledger.jsonl").decode()))
    assert not checked.faults
    assert dict(checked.balances) == {"bank:hangzhou": 200_000, f"returnable:{PERIOD}": -200_000}
    shown = stage.files.read("outbox", f"{FOLDER}csv/16-trial-balance.csv").decode("utf-8-sig").splitlines()[1:]
    assert [line.split(",")[2:6] for line in shown] == [
        ["bank:hangzhou", "2000.00", "0.00", "2000.00"],
        [f"returnable:{PERIOD}", "0.00", "2000.00", "-2000.00"],
    ]

    # Nothing came since: nothing is written.
    assert stage.run() == "Done"
    assert stage.asked[-2:] == ["workbook", "tables"]
    assert stage.files.held == sealed

    # A posting came late: what was sealed stands, and the amendment says what is different.
    book("late", 100)
    assert stage.run() == "Done"
    drawn_anew = ("tables/", "archive/")
    kept = {key: content for key, content in sealed.items() if not key[1].startswith(drawn_anew)}
    assert {key: stage.files.held[key] for key in kept} == kept
    assert f"settlement-{PERIOD}-amendment-1.xlsx" in stage.names()
    changed = stage.files.read("outbox", f"{FOLDER}changes-{PERIOD}-amendment-1.csv").decode("utf-8-sig")
    assert "试算平衡,修改,100201,借方(元),2000.00,2001.00" in changed
    vouchers = stage.files.read("outbox", f"{FOLDER}vouchers-{PERIOD}-amendment-1.csv").decode("utf-8-sig")
    assert [line.split(",")[8:10] for line in vouchers.splitlines()[1:]] == [["1.00", ""], ["", "1.00"]]

    # The book of the amendment goes on from the sealed one: a second segment, and nothing of the first is different.
    sealed_book = read_book(stage.files.read("work", f"{FOLDER}ledger.jsonl").decode())
    later = read_book(stage.files.read("outbox", f"{FOLDER}ledger-{PERIOD}-amendment-1.jsonl").decode())
    told = check(later)
    assert (told.faults, told.entries, told.segments, told.unsealed) == ((), 2, 2, 0)
    assert extends(later, sealed_book) == []
    assert [fault.code for fault in extends(sealed_book, later)] == ["ENTRY_GONE", "SEGMENT_GONE"]
    later.entries[0]["at_ms"] += 1
    assert [fault.code for fault in extends(later, sealed_book)] == ["ENTRY_CHANGED"]

    # The notary has it too: a package that names the month's, and holds that same book.
    key = Signer(bytes(32)).public_key
    month, amendment = (stage.files.read("evidence", f"{PERIOD}/{name}.zip") for name in ("6-month", "7-amendment-1"))
    assert verify_package(amendment, key) == link_faults(amendment, month) == []
    assert book_of(amendment) == stage.files.read("outbox", f"{FOLDER}ledger-{PERIOD}-amendment-1.jsonl")
    assert b"7-amendment-1.zip" in stage.files.read("evidence", f"archive/{PERIOD}/catalogue.csv")

    # And once more: the amendment stands, there is no second one.
    assert stage.run() == "Done"
    assert f"settlement-{PERIOD}-amendment-2.xlsx" not in stage.names()

    # The next one follows it, also where the machine broke off before it was sealed.
    book("later still", 300)
    sealing.seal(PERIOD, 0)
    tasks.handle({"step": "workbook", "period": PERIOD}, None)
    assert stage.run() == "Done"
    assert stage.asked[-4:] == ["workbook", "seal", "archive", "tables"]
    assert link_faults(stage.files.read("evidence", f"{PERIOD}/8-amendment-2.zip"), amendment) == []
