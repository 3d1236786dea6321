"""Segments chain what was posted; the check recomputes all of it and names what was tampered with."""

from __future__ import annotations

import copy
import json
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from chalicelib.kernel.ids import id_from
from chalicelib.kernel.tables import Transaction
from chalicelib.ledger import chain, records, sealing
from chalicelib.ledger.chain import Head, follow, next_segments, segment_of
from chalicelib.ledger.checking import Book, book_text, check, entry_as_dict, read_book
from chalicelib.ledger.rules import Entry, balances, move
from local.cli import app

PERIOD = "2026-03"
DAY = date(2026, 3, 10)
BANK, HELD, TRANSIT = "bank:hangzhou", "held:2026-03", "transit:hangzhou"


def entry(
    cause: str, debit: str, credit: str, fen: int, at_ms: int, *, subject: str = "1", period: str = PERIOD
) -> Entry:
    return move(cause, "k", period, DAY, at_ms, debit=debit, credit=credit, amount_fen=fen, subject=subject)


ENTRIES = [
    entry("credit/hangzhou/1", BANK, HELD, 200_000, 1),
    entry("credit/hangzhou/2", BANK, HELD, 200_100, 2, subject="2"),
    entry("refund-sent/1", HELD, TRANSIT, 200_000, 3),
    entry("refund-paid/1", TRANSIT, BANK, 200_000, 4),
]


def book() -> Book:
    """Two segments, and one entry that is not sealed yet."""
    [first] = next_segments(PERIOD, None, ENTRIES[:2])
    [second] = next_segments(PERIOD, first, ENTRIES[2:])
    late = entry("credit/hangzhou/3", BANK, HELD, 5, 5, subject="3")
    return Book([entry_as_dict(each) for each in [*ENTRIES, late]], [first.as_dict(), second.as_dict()])


def test_given_sealed_entries_when_checked_then_they_hold_and_the_unsealed_are_counted():
    checked = check(read_book(book_text(book().entries, book().segments)))

    assert checked.faults == ()
    assert (checked.entries, checked.segments, checked.unsealed) == (5, 2, 1)
    assert checked.balances[BANK] == 200_105


def _legs(number: int, fen: int) -> Callable[[Book], None]:
    def change(tampered: Book) -> None:
        for leg in tampered.entries[number]["legs"]:
            leg[1] = fen if leg[1] > 0 else -fen

    return change


def _consistently(number: int, fen: int) -> Callable[[Book], None]:
    """As somebody would who knows how digests are made."""

    def change(tampered: Book) -> None:
        _legs(number, fen)(tampered)
        kept = tampered.entries[number]
        (debit, _, subject), (credit, _, _) = kept["legs"]
        one = entry(kept["cause"], debit, credit, fen, kept["at_ms"], subject=subject)
        kept["digest"] = one.digest

    return change


def _set(where: str, number: int, key: str, value: Any) -> Callable[[Book], None]:
    def change(tampered: Book) -> None:
        getattr(tampered, where)[number][key] = value

    return change


def _reseal(tampered: Book) -> None:
    """The second segment is made anew over a changed entry, digest and all; the head of an account gives it away."""
    _consistently(3, 1)(tampered)
    kept = tampered.segments[1]
    kept["entries"][1][1] = chain.seal_of(entry("refund-paid/1", TRANSIT, BANK, 1, 4))
    kept["digest"] = segment_of(kept).digest


@pytest.mark.parametrize(
    ("tamper", "code", "subject"),
    [
        (_legs(0, 1), "DIGEST_DIFFERS", "credit/hangzhou/1"),
        (_consistently(0, 300_000), "ENTRY_CHANGED", "credit/hangzhou/1"),
        (_set("entries", 1, "at_ms", 9), "ENTRY_CHANGED", "credit/hangzhou/2"),
        (_set("entries", 1, "day", "2026-03-11"), "DIGEST_DIFFERS", "credit/hangzhou/2"),
        (_set("entries", 1, "id", "0" * 32), "ID_DIFFERS", "credit/hangzhou/2"),
        (_set("entries", 1, "legs", [[BANK, 1, ""], [HELD, -2, ""]]), "ENTRY_INVALID", "credit/hangzhou/2"),
        (_set("entries", 1, "legs", [[BANK, 1, ""], ["pocket", -1, ""]]), "ACCOUNT_UNKNOWN", "credit/hangzhou/2"),
        (lambda tampered: tampered.entries.pop(0), "ENTRY_MISSING", id_from("credit/hangzhou/1")),
        (lambda tampered: tampered.entries.append(dict(tampered.entries[0])), "POSTED_TWICE", "credit/hangzhou/1"),
        (
            lambda tampered: tampered.entries.append(entry_as_dict(entry("refund-sent/9", HELD, TRANSIT, 9, 9))),
            "OVERDRAWN",
            f"{HELD} 1",
        ),
        (lambda tampered: tampered.segments.pop(0), "CHAIN_BROKEN", "2026-03 segment 1"),
        (_set("segments", 1, "previous", "1" * 64), "CHAIN_BROKEN", "2026-03 segment 2"),
        (_set("segments", 0, "digest", "1" * 64), "SEGMENT_DIFFERS", "2026-03 segment 1"),
        (_set("segments", 0, "heads", {BANK: [2, 7, "1"]}), "ACCOUNT_DIFFERS", f"2026-03 segment 1 {BANK}"),
        (_set("segments", 0, "heads", None), "SEGMENT_INVALID", "2026-03 segment 1"),
        (_reseal, "ACCOUNT_DIFFERS", f"2026-03 segment 2 {BANK}"),
        (
            lambda tampered: tampered.segments[1]["entries"].append(tampered.segments[0]["entries"][0]),
            "SEALED_TWICE",
            "credit/hangzhou/1",
        ),
    ],
)
def test_given_books_that_were_tampered_with_when_checked_then_what_and_where_is_named(tamper, code, subject):
    tampered = copy.deepcopy(book())
    tamper(tampered)

    assert (code, subject) in {(fault.code, fault.subject) for fault in check(tampered).faults}


@given(st.lists(st.integers(1, 10**9), min_size=1, max_size=30), st.integers(1, 7))
@settings(max_examples=30, deadline=None)
def test_given_any_cut_into_segments_then_heads_are_the_same_as_in_one_go(amounts, size):
    entries = [entry(f"credit/hangzhou/{number}", BANK, HELD, fen, number) for number, fen in enumerate(amounts)]
    last = None
    for start in range(0, len(entries), size):
        [last] = next_segments(PERIOD, last, entries[start : start + size])
    [whole] = next_segments(PERIOD, None, entries)

    assert last is not None
    assert last.heads == whole.heads
    assert {name: head.balance_fen for name, head in whole.heads.items()} == balances(entries)
    assert [each.head.balance_fen for each in follow(entries, {}) if each.account == BANK][-1] == sum(amounts)
    assert whole.heads[BANK].count == len(amounts)
    assert whole.heads[BANK] != Head()


def test_given_entries_when_sealed_again_and_again_then_each_is_sealed_once_and_the_table_holds(aws, monkeypatch):
    monkeypatch.setattr(chain, "SEGMENT_ENTRIES_MAX", 3)
    for each in ENTRIES:
        records.post(each)

    assert sealing.seal(PERIOD, 10) == 4
    assert sealing.seal(PERIOD, 11) == 0
    records.post(entry("credit/hangzhou/3", BANK, HELD, 5, 5, subject="3"))
    assert sealing.seal(PERIOD, 12) == 1

    assert [len(segment.entries) for segment in sealing.segments(PERIOD)] == [3, 1, 1]
    checked = check(read_book(book_text(records.kept_entries(PERIOD), sealing.kept_segments(PERIOD))))
    assert (checked.faults, checked.unsealed) == ((), 0)
    assert len(list(records.entries(PERIOD))) == 5


def test_given_two_who_seal_at_once_then_one_of_them_does(aws, monkeypatch):
    records.post(ENTRIES[0])
    standing = list(sealing.segments(PERIOD))
    assert sealing.seal(PERIOD, 1) == 1
    monkeypatch.setattr(sealing, "segments", lambda _: iter(standing))

    assert sealing.seal(PERIOD, 2) == 0
    assert len(list(sealing.kept_segments(PERIOD))) == 1


def test_given_postings_of_different_causes_then_they_share_no_item(aws, monkeypatch):
    """Why no account is hot: there is nothing that two bookings wait for each other on."""
    written: list[set[tuple[str, str]]] = []
    commit = Transaction.commit

    def watch(self: Transaction) -> None:
        written.append({(record.pk, record.sk) for record, _ in self._puts})
        assert not self._updates
        commit(self)

    monkeypatch.setattr(Transaction, "commit", watch)
    for each in ENTRIES:
        records.post(each)

    assert len(set().union(*written)) == sum(map(len, written)) == len(ENTRIES)


def run(*arguments: str):
    return CliRunner().invoke(app, ["ledger", "check", *arguments])


def test_given_a_sealed_month_when_checked_by_the_command_then_0_and_2_with_the_entry_named(tmp_path: Path):
    good, bad = tmp_path / "ledger.jsonl", tmp_path / "6-month.zip"
    good.write_text(book_text(book().entries, book().segments))
    tampered = book()
    _legs(0, 1)(tampered)
    with zipfile.ZipFile(bad, "w") as package:
        package.writestr("ledger.jsonl", book_text(tampered.entries, tampered.segments))

    held, failed = run(str(good), "--json"), run(str(bad))

    assert (held.exit_code, json.loads(held.stdout)["holds"]) == (0, True)
    assert failed.exit_code == 2
    assert "DIGEST_DIFFERS: credit/hangzhou/1:" in failed.output
    assert "does not hold" in failed.output


@pytest.mark.parametrize("content", ["nonsense", '{"entry": 1}', '{"other": {}}', "[]"])
def test_given_what_is_no_book_then_the_line_is_named(tmp_path: Path, content: str):
    (tmp_path / "x.jsonl").write_text(f"\n{content}\n")

    refused = run(str(tmp_path / "x.jsonl"))

    assert refused.exit_code == 2
    assert "line 2" in refused.output


def test_given_no_book_or_a_package_without_one_then_it_says_what_to_give(tmp_path: Path):
    with zipfile.ZipFile(tmp_path / "4-auction.zip", "w") as package:
        package.writestr("manifest.json", "{}")

    assert "give a book" in run().output
    assert "no ledger.jsonl" in run(str(tmp_path / "4-auction.zip")).output


def test_given_the_table_when_checked_by_period_then_it_is_read_from_there(aws):
    for each in ENTRIES:
        records.post(each)
    sealing.seal(PERIOD, 1)
    assert run("--period", PERIOD).exit_code == 0
    for record in records.EntryRecord.query(f"{PERIOD}#{records.shard_of(ENTRIES[0].cause)}"):
        if record.cause == ENTRIES[0].cause:
            record.delete()

    assert "ENTRY_MISSING" in run("--period", PERIOD).output


def test_given_two_months_when_checked_together_then_a_rollover_is_in_one_place():
    rolled = entry("rollover/2026-03/2", HELD, "rolled:2026-03", 200_000, 6, subject="2")
    came = entry("rolled-in/2026-04/2", "rolled:2026-03", "held:2026-04", 200_000, 6, subject="2", period="2026-04")
    march, april = entry_as_dict(rolled), entry_as_dict(came)
    credit = entry_as_dict(ENTRIES[1])

    assert check(Book([april], [])).faults == ()
    assert check(Book([credit, march, april], [])).faults == ()
    twice = entry("rolled-in/2026-05/2", "rolled:2026-03", "held:2026-05", 200_000, 6, subject="2", period="2026-05")
    assert [each.code for each in check(Book([credit, march, april, entry_as_dict(twice)], [])).faults] == ["OVERDRAWN"]
