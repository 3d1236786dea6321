"""Bids in a window of two phases, Shanghai's: a first bid up to the warning price, then changes around the lowest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from chalicelib.bidding.phases import Lowest
from chalicelib.bidding.rules import PriceLimits, Window, WindowPhase
from chalicelib.bidding.signed import Signed
from chalicelib.bidding.window import sign, sign_lowest
from chalicelib.kernel.clock import SetClock, at_shanghai, local_text
from tests.bidding.aws_server import aws_server
from tests.bidding.bid_desk import CLOSES, PERIOD, WINDOW_KEY, BidDesk

OPENS = at_shanghai("2026-03-25T10:30:00.000")
ELEVEN = at_shanghai("2026-03-25T11:00:00.000")
ENDS = at_shanghai("2026-03-25T11:30:00.000")
LIMITS = PriceLimits(reserve_fen=10_000, tick_fen=10_000, cap_fen=None, warning_fen=8_930_000)
WINDOW = Window(
    PERIOD,
    OPENS,
    ENDS,
    3,
    {"individual": LIMITS, "unit": LIMITS},
    (
        WindowPhase("first_bid", OPENS, ELEVEN, 1, newcomers=True, limit="warning_price"),
        WindowPhase("changes", ELEVEN, ENDS, 2, False, "around_lowest", band_fen=30_000, lowest_age_ms_max=10_000),
    ),
)


class PhasedDesk(BidDesk):
    """A desk in the window above."""

    def lowest(self, yuan: int, at_ms: int | None = None, bidder_class: str = "individual") -> None:
        """Lay a lowest winning price down as of now, which every function knows at once."""
        at_ms = self.clock.now_ms() if at_ms is None else at_ms
        lowest = Lowest(PERIOD, at_ms, {bidder_class: yuan * 100})
        self.table.save_lowest(PERIOD, sign_lowest(lowest, WINDOW_KEY))
        self.desk.lowests._known.clear()
        self.calls.clear()


@pytest.fixture
def at(aws: None) -> Iterator[PhasedDesk]:
    with aws_server() as server:
        desk = PhasedDesk(server, SetClock(OPENS))
        desk.lay_window(WINDOW)
        yield desk


def first_bid(at: PhasedDesk, code: str = "A") -> None:
    """In the first phase somebody bids the warning price; then it is a second past eleven and that is the lowest."""
    assert at.bid(89_300, 1, code=code)[0] == 201
    at.clock.at_ms = ELEVEN + 1_000
    at.lowest(89_300)


@pytest.mark.parametrize(
    ("price", "code"), [(89_300, None), (100, None), (89_400, "ABOVE_WARNING"), (99, "BELOW_RESERVE")]
)
def test_given_the_first_phase_when_bid_then_the_warning_price_bounds_it(
    at: PhasedDesk, price: int, code: str | None
) -> None:
    status, shown = at.bid(price)

    assert shown.get("code") == code
    assert at.calls["UpdateItem"] == (status == 201)


def test_given_a_first_bid_when_another_comes_in_its_phase_then_there_is_none_left_in_it(at: PhasedDesk) -> None:
    at.bid(89_300, 1)
    at.clock.advance(10)

    status, shown = at.bid(89_200, 2)

    assert (status, shown["code"]) == (409, "NO_BIDS_LEFT_IN_PHASE")


@pytest.mark.parametrize(
    ("price", "code"),
    [(89_000, None), (89_600, None), (88_900, "OUT_OF_BAND"), (89_700, "OUT_OF_BAND"), (89_350, "OFF_TICK")],
)
def test_given_the_second_phase_when_changed_then_the_lowest_price_give_or_take_300_bounds_it(
    at: PhasedDesk, price: int, code: str | None
) -> None:
    first_bid(at)

    status, shown = at.bid(price, 2)

    assert shown.get("code") == code
    if code == "OUT_OF_BAND":
        assert "89000 元至 89600 元" in shown["detail"]
    if status == 201:
        assert (shown["receipt"]["lowest"], shown["receipt"]["bids_left"]) == (89_300, 1)
        assert shown["receipt"]["lowest_at"] == local_text(ELEVEN + 1_000)


def test_given_known_window_and_lowest_price_when_changed_then_it_is_one_write_and_no_read(at: PhasedDesk) -> None:
    for code in ("A", "B", "C"):
        at.bid(89_300, 1, code=code)
    at.clock.at_ms = ELEVEN + 1_000
    at.lowest(89_300)
    at.bid(89_400, 2, code="A")
    assert at.calls == {"GetItem": 2, "UpdateItem": 1}  # the window and the lowest price, once a second
    at.calls.clear()

    assert at.bid(89_400, 2, code="B")[0] == at.bid(89_500, 2, code="C")[0] == 201

    assert at.calls == {"UpdateItem": 2}


def test_given_two_changes_when_a_third_comes_then_none_is_left(at: PhasedDesk) -> None:
    first_bid(at)
    for number in (2, 3):
        at.clock.advance(1)
        assert at.bid(89_400, number)[0] == 201
    at.clock.advance(1)

    assert at.bid(89_500, 4)[1]["code"] == "NO_BIDS_LEFT"


def test_given_no_first_bid_when_changed_then_the_condition_refuses_the_newcomer(at: PhasedDesk) -> None:
    first_bid(at)

    status, shown = at.bid(89_300, 1, code="late")

    assert (status, shown["code"]) == (409, "FIRST_BID_MISSING")
    assert at.table.placed(f"{PERIOD}#individual#late") == ()


def test_given_nobody_of_a_class_has_bid_when_changed_then_so_it_is_for_everybody(at: PhasedDesk) -> None:
    at.clock.at_ms = ELEVEN
    at.lowest(89_300, bidder_class="unit")

    assert at.bid(89_300)[1]["code"] == "FIRST_BID_MISSING"


@pytest.mark.parametrize(("age_ms", "code"), [(10_000, None), (10_001, "LOWEST_STALE")])
def test_given_a_lowest_price_when_it_is_older_than_allowed_then_nobody_is_held_to_it(
    at: PhasedDesk, age_ms: int, code: str | None
) -> None:
    first_bid(at)
    at.lowest(89_300, at.clock.now_ms() - age_ms)

    status, shown = at.bid(89_300, 2)

    assert (status, shown.get("code")) == (503 if code else 201, code)


def test_given_no_lowest_price_yet_when_changed_then_it_is_to_be_tried_again(at: PhasedDesk) -> None:
    at.clock.at_ms = ELEVEN

    assert at.bid(89_300)[1]["code"] == "LOWEST_STALE"


@pytest.mark.parametrize("forged", ["another price", "another kind", "another period"])
def test_given_a_lowest_price_that_the_hub_did_not_sign_when_changed_then_nobody_bids(
    at: PhasedDesk, forged: str
) -> None:
    first_bid(at)
    genuine = sign_lowest(Lowest(PERIOD, at.clock.now_ms(), {"individual": 8_930_000}), WINDOW_KEY)
    laid = {
        "another price": Signed(genuine.content.replace("8930000", "1000000"), genuine.mac),
        "another kind": Signed(genuine.content, sign(WINDOW, WINDOW_KEY).mac),
        "another period": sign_lowest(Lowest("2026-02", at.clock.now_ms(), {"individual": 8_930_000}), WINDOW_KEY),
    }[forged]
    at.table.save_lowest(PERIOD, laid)
    at.clock.advance(1_000)

    status, shown = at.bid(89_300, 2)

    assert (status, shown["code"]) == (503, "WINDOW_DOUBTED")
    assert len(at.table.placed(f"{PERIOD}#individual#A")) == 1


def test_given_the_lowest_price_moved_on_when_an_accepted_change_is_repeated_then_its_receipt_comes(
    at: PhasedDesk,
) -> None:
    first_bid(at)
    at.clock.advance(1_000)
    change = at.bid(89_600, 2)
    at.lowest(91_000)

    assert at.bid(89_600, 2) == change
    assert at.bid(89_300, 1)[1]["receipt"]["bid_number"] == 1  # the first bid's, asked for again in the second phase
    assert at.bid(89_600, 3)[1]["code"] == "OUT_OF_BAND"


@pytest.mark.parametrize(("at_ms", "code"), [(ELEVEN - 1, "ABOVE_WARNING"), (ELEVEN, None)])
def test_given_the_edge_of_the_phases_when_bid_then_the_gateways_time_says_which(
    at: PhasedDesk, at_ms: int, code: str | None
) -> None:
    first_bid(at)
    at.lowest(89_500)

    assert at.bid(89_400, 2, at_ms=at_ms)[1].get("code") == code


def test_given_a_new_window_when_a_second_has_passed_then_every_function_knows_it(at: PhasedDesk) -> None:
    at.bid(89_300, 1)
    at.lay_window(replace(WINDOW, closes_at_ms=CLOSES, opens_at_ms=OPENS + 60_000, version=2))

    at.clock.advance(999)
    assert at.bid(89_300, 1, code="B")[0] == 201
    at.clock.advance(1)
    assert at.bid(89_300, 1, code="C")[1]["code"] == "NOT_OPEN"
