"""The bid log: what the stream brings is in it once, in order; signed heads, proofs, and the last head of all."""

from __future__ import annotations

import json
import random
import uuid
from typing import Any

import pytest

from chalicelib.bidding.listing import Bidder
from chalicelib.bidding.records import bidder_key, pack
from chalicelib.bidding.rules import PlacedBid
from chalicelib.bidlog import heads, leaves, records
from chalicelib.bidlog.finishing import finish
from chalicelib.bidlog.rules import growth_faults, leaf_of, line_of_receipt, receipt_faults, signed_head
from chalicelib.evidence import merkle
from chalicelib.kernel.clock import SetClock, at_shanghai, local_text
from chalicelib.kernel.errors import Conflict, InvalidInput, NotFound, Pending
from chalicelib.kernel.files import MemoryFiles
from chalicelib.kernel.signing import Signer

PERIOD = "2026-03"
OPENS = at_shanghai("2026-03-25T09:00:00.000")
SIGNER = Signer(bytes(range(32)))
LATER = OPENS + 6 * 3_600_000


def bid(number: int, price: int = 16_000) -> PlacedBid:
    return PlacedBid(str(uuid.UUID(int=number)), price * 100, OPENS + number)


def change(code: str, *placed: PlacedBid, bidder_class: str = "individual") -> dict[str, Any]:
    """A record of the stream, as Lambda hands it over."""
    item = {"pk": {"S": bidder_key(PERIOD, bidder_class, code)}, "history": {"L": [pack(one) for one in placed]}}
    return {"eventName": "MODIFY", "dynamodb": {"NewImage": item, "SequenceNumber": "1"}}


def take_in(*changes: dict[str, Any]) -> None:
    leaves.handle({"Records": list(changes)}, None)


def lines() -> list[str]:
    return list(records.lines(PERIOD, 0, records.size_of(PERIOD)))


def receipt(code: str, number: int, placed: PlacedBid) -> dict[str, Any]:
    return {
        "period": PERIOD,
        "bidder_class": "individual",
        "application_code": code,
        "request_id": placed.request_id,
        "price": placed.price_fen // 100,
        "bid_at": local_text(placed.bid_at_ms),
        "bid_number": number,
        "bids_left": 3 - number,
    }


class Log:
    """A log with its public files and a clock."""

    def __init__(self) -> None:
        self.files, self.clock = MemoryFiles(), SetClock(OPENS)

    def head(self) -> dict[str, Any]:
        self.clock.advance(60_000)
        return heads.publish_head(PERIOD, clock=self.clock, signer=SIGNER, files=self.files)

    def finish(self, *bidders: Bidder, wait_until_ms: int = 0) -> dict[str, Any]:
        self.clock.advance(1_000)
        return finish(PERIOD, bidders, wait_until_ms=wait_until_ms, clock=self.clock, signer=SIGNER, files=self.files)


@pytest.fixture
def log(aws: None) -> Log:
    return Log()


def test_given_a_stream_that_repeats_itself_when_taken_in_then_each_bid_is_one_leaf_in_its_order(log: Log) -> None:
    take_in(change("A", bid(1)), change("B", bid(2)), change("A", bid(1), bid(3)))
    take_in(change("A", bid(1), bid(3)), change("B", bid(2)), change("B", bid(2), bid(4)))

    assert [line.split(",")[1:4] for line in lines()] == [
        ["individual", "A", "1"],
        ["individual", "B", "1"],
        ["individual", "A", "2"],
        ["individual", "B", "2"],
    ]
    assert lines()[2] == f"2026-03,individual,A,2,16000,2026-03-25T09:00:00.003,{uuid.UUID(int=3)}"


def test_given_what_is_no_bid_in_the_stream_when_taken_in_then_it_is_passed_over(log: Log) -> None:
    window = {"dynamodb": {"NewImage": {"pk": {"S": f"window#{PERIOD}"}, "content": {"S": "{}"}}}}
    take_in(window, {"dynamodb": {"Keys": {}}}, change("A", bid(1)))

    assert len(lines()) == 1


def test_given_two_who_append_at_once_when_one_comes_second_then_no_number_is_given_twice(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = records.size_of

    def overtaken(period: str) -> int:
        monkeypatch.setattr(records, "size_of", looked)
        size = looked(period)
        take_in(change("B", bid(2)), change("A", bid(1)))
        return size

    monkeypatch.setattr(records, "size_of", overtaken)
    take_in(change("A", bid(1)), change("C", bid(3)))

    assert [line.split(",")[2] for line in lines()] == ["B", "A", "C"]
    assert [records.place_of(PERIOD, "individual", code, 1) for code in "BAC"] == [0, 1, 2]


def test_given_a_log_that_grows_when_signed_each_minute_then_heads_receipts_and_growth_are_proved(log: Log) -> None:
    # Given three heads over more than two tiles, one at a tile's edge
    grown = []
    for begin, end in ((0, 256), (256, 700), (700, 700), (700, 1_100)):
        take_in(*(change(f"C{number}", bid(number)) for number in range(begin, end)))
        grown.append(log.head())

    # Then each head is the root of the lines by the tree that packages are sealed with
    for signed in grown:
        held = [leaf_of(line) for line in lines()[: signed["head"]["size"]]]
        assert signed["head"]["root"] == merkle.root(held).hex()
    published = json.loads(log.files.read("public", f"auction/{PERIOD}/log/heads.json"))
    assert published == grown
    # and any receipt is proved against the newest, any older head too
    for number in random.Random(1).sample(range(1_100), 9):
        held_by = receipt(f"C{number}", 1, bid(number))
        leaf = leaf_of(line_of_receipt(held_by)).hex()
        proof = heads.inclusion_proof(PERIOD, leaf, "individual", f"C{number}", 1, files=log.files)
        assert receipt_faults(held_by, proof, SIGNER.public_key) == []
        assert receipt_faults({**held_by, "price": 15_900}, proof) != []
    for older in grown:
        proof = heads.consistency_proof(PERIOD, older["head"]["size"], log.files)
        assert growth_faults(older, proof, SIGNER.public_key) == []


def test_given_a_log_that_was_changed_when_grown_then_no_proof_links_it_to_the_older_head(log: Log) -> None:
    take_in(*(change(f"C{number}", bid(number)) for number in range(5)))
    older = log.head()
    # Given that whoever can write to the table changed a line that was signed already
    batch = records.BatchRecord.get(f"{PERIOD}#lines0", "000000000")
    batch.lines = batch.lines.replace(",C2,1,16000,", ",C2,1,17000,")
    batch.save()
    take_in(change("C9", bid(9)))
    log.head()

    proof = heads.consistency_proof(PERIOD, 5, log.files)
    assert any("it was changed" in fault for fault in growth_faults(older, proof, SIGNER.public_key))


@pytest.mark.parametrize("wrong", ["leaf", "unknown", "uncovered"])
def test_given_what_no_receipt_says_when_a_proof_is_asked_for_then_nothing_is_told(log: Log, wrong: str) -> None:
    take_in(change("A", bid(1)))
    log.head()
    take_in(change("B", bid(2)))
    code = {"leaf": "A", "unknown": "Z", "uncovered": "B"}[wrong]
    leaf = leaf_of(line_of_receipt(receipt(code, 1, bid(3 if wrong == "leaf" else 2)))).hex()

    with pytest.raises(NotFound) as refused:
        heads.inclusion_proof(PERIOD, leaf, "individual", code, 1, files=log.files)
    assert refused.value.code == "NOT_IN_BID_LOG"


def test_given_no_head_or_a_size_beyond_it_when_asked_for_then_it_is_refused(log: Log) -> None:
    with pytest.raises(NotFound, match="NO_BID_LOG"):
        heads.newest(PERIOD)
    log.head()
    with pytest.raises(InvalidInput, match="BID_LOG_SIZE"):
        heads.consistency_proof(PERIOD, 1, files=log.files)


def test_given_the_close_when_finished_then_the_log_is_handed_over_and_again_the_same(log: Log) -> None:
    take_in(change("A", bid(1)), change("B", bid(2)), change("A", bid(1), bid(3)))
    log.head()
    bidders = Bidder("A", "individual", (bid(1), bid(3))), Bidder("B", "individual", (bid(2),))

    assert log.finish(*bidders) == {"size": 3, "caught_up": 0}
    table, signed = (log.files.read("work", f"auction/{PERIOD}/{name}") for name in ("bid-log.csv", "tree-heads.json"))
    assert table.startswith("\ufeff期号,类别,".encode())
    last = json.loads(signed)[-1]["head"]
    assert (last["final"], last["size"]) == (True, 3)
    assert last["root"] == merkle.root([merkle.leaf_hash(row) for row in merkle.rows_of(table)]).hex()
    # A head that comes later, or a second run, changes nothing of what was handed over
    log.head()
    log.finish(*bidders)
    assert signed == log.files.read("work", f"auction/{PERIOD}/tree-heads.json")


def test_given_the_final_head_when_an_earlier_one_arrives_late_then_it_is_not_kept_and_the_final_one_stands(
    log: Log,
) -> None:
    # Given a head of the last minute, whose function dies before it is kept, and is run again after the final one
    take_in(change("A", bid(1)))
    late = signed_head(PERIOD, 1, merkle.leaf_hash(b"any"), log.clock.now_ms(), SIGNER)
    log.finish(Bidder("A", "individual", (bid(1),)))
    kept = records.heads(PERIOD)
    # Then
    assert records.keep_head(PERIOD, late) == kept[-1]
    assert log.head() == kept[-1]
    assert records.heads(PERIOD) == kept
    assert json.loads(log.files.read("public", f"auction/{PERIOD}/log/head.json")) == kept[-1]


def test_given_a_stream_that_lags_when_finished_then_it_is_waited_for_and_then_done_without(log: Log) -> None:
    take_in(change("A", bid(1)))
    bidders = Bidder("A", "individual", (bid(1), bid(3))), Bidder("B", "unit", (bid(2),))

    with pytest.raises(Pending, match="BID_LOG_BEHIND"):
        log.finish(*bidders, wait_until_ms=LATER)
    assert log.finish(*bidders) == {"size": 3, "caught_up": 2}
    assert [line.split(",")[1:4] for line in lines()] == [
        ["individual", "A", "1"],
        ["unit", "B", "1"],
        ["individual", "A", "2"],
    ]


@pytest.mark.parametrize("stands", [(), (bid(1, 17_000),)])
def test_given_a_table_that_was_changed_when_finished_then_it_is_refused(
    log: Log, stands: tuple[PlacedBid, ...]
) -> None:
    take_in(change("A", bid(1)))

    with pytest.raises(Conflict, match="BID_LOG_DIFFERS"):
        log.finish(Bidder("A", "individual", stands))
