"""BIDS.csv: what goes in comes out, and a wrong row names its line, field and remedy."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.auctions.bids_csv import BidsFile, read_bids, write_bids
from chalicelib.auctions.rules import Bid
from chalicelib.bidding.rules import PriceLimits
from chalicelib.kernel.clock import at_shanghai

LIMITS = PriceLimits(reserve_fen=1_000_000, tick_fen=10_000, cap_fen=None)
HEADER = "application_code,price,bid_at\n"
AT = "2026-03-25T09:56:15.739"


def read(text: str | bytes) -> BidsFile:
    return read_bids(text if isinstance(text, bytes) else text.encode(), LIMITS, 3)


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_given_a_file_as_spreadsheets_write_it_when_read_then_its_bids_are_there(mark: bytes, end: str) -> None:
    file = read(mark + (HEADER + f"A-1,16000,{AT}\n\n").replace("\n", end).encode())

    assert file == BidsFile((Bid("A-1", 1_600_000, at_shanghai(AT)),), ())


@pytest.mark.parametrize(
    ("row", "fields"),
    [
        (f"A,9900,{AT}", ["price"]),
        (f"A,16050,{AT}", ["price"]),
        (f"A,16000.00,{AT}", ["price"]),
        (f"A,１６０００,{AT}", ["price"]),
        (f'A,"16,000",{AT}', ["price"]),
        (f",16000,{AT}", ["application_code"]),
        (f"A#B,16000,{AT}", ["application_code"]),
        (f"{'A' * 33},16000,{AT}", ["application_code"]),
        ("A,16000,2026-03-25 09:56:15.739", ["bid_at"]),
        ("A,16000,2026-02-30T09:56:15.739", ["bid_at"]),
        ("A,16000,2026-03-25T09:56:15.739123", ["bid_at"]),
        ("A,16000,2026-03-25T09:56:15.739Z", ["bid_at"]),
        ("A,16000", ["row"]),
        (f"A,16000,{AT},x", ["row"]),
        ("!,x,y", ["application_code", "price", "bid_at"]),
        ('A,"16000', ["row"]),
    ],
)
def test_given_a_wrong_row_when_read_then_line_and_fields_are_named(row: str, fields: list[str]) -> None:
    problems = read(f"{HEADER}B,16000,{AT}\n{row}\n").problems

    assert [problem.field for problem in problems] == fields
    assert all(problem.line >= 3 and problem.remedy for problem in problems)


@pytest.mark.parametrize("text", ["", "\n", "A,16000\n", "code,price,bid_at\n", HEADER.upper()])
def test_given_another_header_when_read_then_the_right_one_is_shown(text: str) -> None:
    (problem,) = read(text).problems

    assert (problem.line, problem.field) == (1, "header")
    assert HEADER.strip() in problem.remedy


def test_given_another_encoding_when_read_then_the_line_is_named() -> None:
    (problem,) = read(HEADER.encode() + b"A,16000,x\n" + "杭州,1,x\n".encode("gb18030")).problems

    assert (problem.line, problem.field, problem.remedy) == (3, "file", "text in UTF-8")


def test_given_more_bids_than_allowed_when_read_then_it_is_a_problem() -> None:
    rows = "".join(f"A,16000,2026-03-25T09:56:15.73{digit}\n" for digit in range(4))

    (problem,) = read(HEADER + rows).problems

    assert (problem.line, problem.field) == (5, "application_code")


def test_given_two_prices_at_one_time_when_read_then_it_is_a_problem() -> None:
    (problem,) = read(f"{HEADER}A,16000,{AT}\nB,17000,{AT}\nA,17000,{AT}\n").problems

    assert (problem.line, problem.field) == (4, "bid_at")


def test_given_the_same_row_many_times_when_read_then_it_is_one_bid() -> None:
    assert read(HEADER + f"A,16000,{AT}\n" * 5).problems == ()


BIDS = st.lists(
    st.builds(
        Bid,
        st.from_regex(r"[0-9A-Za-z-]{1,32}", fullmatch=True).filter(str.isascii),
        st.integers(100, 99_999).map(lambda hundreds: hundreds * 10_000),
        st.integers(1_400_000_000_000, 1_900_000_000_000),
    ),
    unique_by=lambda bid: bid.code,
    max_size=20,
)


@given(BIDS)
def test_property_what_is_written_is_read_again(bids: list[Bid]) -> None:
    file = read(write_bids(bids))

    assert file.problems == ()
    assert sorted(file.bids, key=lambda bid: bid.code) == sorted(bids, key=lambda bid: bid.code)
    assert write_bids(reversed(bids)) == write_bids(bids)


@given(st.binary(max_size=300))
def test_property_no_content_breaks_the_reader(content: bytes) -> None:
    read(content)
    read(HEADER.encode() + content)
