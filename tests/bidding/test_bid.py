"""A bid: one conditional write, a signed receipt, and a refusal that says why."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.bidding.bid import answer, desk, handler
from chalicelib.bidding.door import BID
from chalicelib.bidding.door import WINDOW as WINDOW_PATIENCE
from chalicelib.bidding.rules import WRITE_GRACE_MS
from chalicelib.bidding.signed import STALE_MS_MAX, Signed
from chalicelib.bidding.window import sign
from chalicelib.kernel import settings as kernel_settings
from chalicelib.kernel.aws import client
from chalicelib.kernel.signing import holds
from tests.bidding.aws_server import Request, aws_server, lost, never
from tests.bidding.bid_desk import CLOSES, OPENS, PERIOD, WINDOW, WINDOW_KEY, BidDesk, request_id, token


@pytest.fixture
def at(aws: None) -> Iterator[BidDesk]:
    with aws_server() as server:
        yield BidDesk(server)


def test_given_an_open_window_when_a_bid_comes_then_its_receipt_is_signed_and_tells_all(at: BidDesk) -> None:
    status, shown = at.bid(16_000, at_ms=OPENS + 739)

    assert status == 201
    assert shown["receipt"] == {
        "period": PERIOD,
        "bidder_class": "individual",
        "application_code": "A",
        "request_id": request_id(1),
        "price": 16_000,
        "bid_at": "2026-03-25T09:00:00.739",
        "bid_number": 1,
        "bids_left": 2,
    }
    assert holds(shown["receipt"], shown["signature"], shown["public_key"])


def test_given_a_known_window_when_bids_come_then_each_is_one_write_and_no_read(at: BidDesk) -> None:
    at.bid(16_000)
    assert at.calls == {"GetItem": 1, "UpdateItem": 1}  # the window, once a second
    at.calls.clear()

    for number in range(2, 12):
        assert at.bid(16_000, number, code=f"B{number}")[0] == 201

    assert at.calls == {"UpdateItem": 10}


def test_given_a_lost_answer_when_the_request_is_repeated_then_the_receipt_is_the_same_to_the_byte(at: BidDesk) -> None:
    first = answer(at.event(16_000, 1), at.desk)
    at.clock.advance(10)
    at.bid(17_000, 2)
    at.clock.advance(10)

    assert answer(at.event(16_000, 1), at.desk) == first
    assert len(at.table.placed(f"{PERIOD}#individual#A")) == 2


def test_given_a_used_request_id_when_it_comes_with_another_price_then_it_is_refused(at: BidDesk) -> None:
    at.bid(16_000, 1)
    at.clock.advance(10)

    status, shown = at.bid(17_000, 1)

    assert (status, shown["code"]) == (409, "REQUEST_REUSED")


def test_given_three_bids_when_a_third_revision_comes_then_the_condition_refuses_it(at: BidDesk) -> None:
    for number, price in enumerate((16_000, 15_000, 18_000), 1):
        at.clock.advance(1)
        assert at.bid(price, number)[1]["receipt"]["bids_left"] == 3 - number
    at.clock.advance(1)

    status, shown = at.bid(19_000, 4)

    assert (status, shown["code"]) == (409, "NO_BIDS_LEFT")
    assert [bid.price_fen for bid in at.table.placed(f"{PERIOD}#individual#A")] == [1_600_000, 1_500_000, 1_800_000]


@pytest.mark.parametrize("earlier_ms", [0, 1, 500])
def test_given_a_later_bid_stands_when_an_earlier_or_simultaneous_one_comes_then_it_is_overtaken(
    at: BidDesk, earlier_ms: int
) -> None:
    at.bid(16_000, 1)

    status, shown = at.bid(20_000, 2, at_ms=at.clock.now_ms() - earlier_ms)

    assert (status, shown["code"]) == (409, "BID_OVERTAKEN")


def test_given_one_bid_left_when_revisions_come_at_once_then_exactly_one_is_taken(
    at: BidDesk,
) -> None:
    at.bid(16_000, 1)
    at.clock.advance(1)
    at.bid(17_000, 2)
    events = [at.event(20_000 + 100 * n, n, at_ms=at.clock.now_ms() + n) for n in range(3, 11)]

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(at.send, events))

    assert sorted(status for status, _ in answers) == [201] + [409] * 7
    assert {shown["code"] for status, shown in answers if status == 409} == {"NO_BIDS_LEFT"}
    assert len(at.table.placed(f"{PERIOD}#individual#A")) == 3


@pytest.mark.parametrize(
    ("price", "code"),
    [
        (9_900, "BELOW_RESERVE"),
        (16_050, "OFF_TICK"),
        (40_100, "ABOVE_CAP"),
        (999_999_999, "OFF_TICK"),
        (0, "BAD_PRICE"),
        (-16_000, "BAD_PRICE"),
        (16_000.0, "BAD_PRICE"),
        ("16000", "BAD_PRICE"),
        (True, "BAD_PRICE"),
        (None, "BAD_PRICE"),
        (10**30, "BAD_PRICE"),
    ],
)
def test_given_a_wrong_price_when_bid_then_it_is_refused_and_nothing_is_written(
    at: BidDesk, price: Any, code: str
) -> None:
    status, shown = at.bid(price)

    assert (status, shown["code"]) == (400, code)
    assert at.calls["UpdateItem"] == 0


@pytest.mark.parametrize("price", [10_000, 40_000])
def test_given_the_reserve_or_the_cap_when_bid_then_it_is_taken(at: BidDesk, price: int) -> None:
    assert at.bid(price)[0] == 201


@pytest.mark.parametrize("body", ["", "[]", "{", "null", '"x"', "{}", "[" * 2_000, None])
def test_given_a_broken_body_when_bid_then_it_is_refused_by_name(at: BidDesk, body: str | None) -> None:
    status, shown = at.send({**at.event(16_000), "body": body})

    assert status == 400
    assert shown["code"] in ("BAD_REQUEST", "BAD_REQUEST_ID")


def test_given_a_body_in_base64_when_bid_then_it_is_taken(at: BidDesk) -> None:
    event = at.event(16_000)
    event.update(body=base64.b64encode(event["body"].encode()).decode(), isBase64Encoded=True)

    assert at.send(event)[0] == 201


@pytest.mark.parametrize("number", ["", "1", 7, None, "x" * 36, request_id(1) + "\n"])
def test_given_no_uuid_when_bid_then_it_is_refused(at: BidDesk, number: Any) -> None:
    event = at.event(16_000)
    event["body"] = json.dumps({"request_id": number, "price": 16_000})

    assert at.send(event)[1]["code"] == "BAD_REQUEST_ID"


@pytest.mark.parametrize(
    ("header", "status", "code"),
    [
        (None, 401, "TOKEN_INVALID"),
        ({}, 401, "TOKEN_INVALID"),
        ({"Authorization": "Bearer v1.k1.e30.AA"}, 401, "TOKEN_INVALID"),
        ({"Authorization": f"Bearer {token(audience='account')}"}, 403, "TOKEN_AUDIENCE"),
        ({"Authorization": f"Bearer {token(expires=OPENS - 60_000)}"}, 401, "TOKEN_EXPIRED"),
    ],
)
def test_given_no_good_token_when_bid_then_it_is_refused(
    at: BidDesk, header: dict[str, str] | None, status: int, code: str
) -> None:
    refused, shown = at.send({**at.event(16_000), "headers": header})

    assert (refused, shown["code"]) == (status, code)


@pytest.mark.parametrize(
    ("at_ms", "status", "code"),
    [(OPENS - 1, 409, "NOT_OPEN"), (OPENS, 201, None), (CLOSES - 1, 201, None), (CLOSES, 409, "CLOSED")],
)
def test_given_the_windows_edges_when_bid_then_the_gateways_time_rules(
    at: BidDesk, at_ms: int, status: int, code: str | None
) -> None:
    at.clock.at_ms = at_ms

    refused, shown = at.bid(16_000)

    assert (refused, shown.get("code")) == (status, code)


def test_given_a_request_from_before_the_close_when_it_hangs_past_the_grace_then_it_is_refused(at: BidDesk) -> None:
    at.clock.at_ms = CLOSES + WRITE_GRACE_MS - 1
    assert at.bid(16_000, code="quick", at_ms=CLOSES - 1)[0] == 201

    at.clock.at_ms += 1
    assert at.bid(16_000, code="slow", at_ms=CLOSES - 1)[1]["code"] == "CLOSED"


def test_given_a_bid_of_the_last_second_when_it_is_repeated_after_the_close_then_the_receipt_comes(at: BidDesk) -> None:
    at.clock.at_ms = CLOSES - 1
    first = at.bid(16_000, 1)
    at.clock.at_ms = CLOSES + 30_000

    assert at.bid(16_000, 1) == first
    assert at.bid(16_000, 2)[1]["code"] == "CLOSED"


@pytest.mark.parametrize("stamp", [None, "1774400000000", 1_774_400_000, True, OPENS - 60_000])
def test_given_a_stamp_that_can_not_be_when_bid_then_our_own_clock_counts(at: BidDesk, stamp: Any) -> None:
    event = at.event(16_000)
    event["requestContext"] = {"requestTimeEpoch": stamp}

    assert at.send(event)[1]["receipt"]["bid_at"] == "2026-03-25T09:00:01.000"


def test_given_no_window_when_bid_then_it_is_not_open(at: BidDesk) -> None:
    client("dynamodb").delete_item(TableName="bids_table", Key={"pk": {"S": f"window#{PERIOD}"}})

    assert at.bid(16_000)[1]["code"] == "NOT_OPEN"


def test_given_a_window_that_the_hub_did_not_sign_when_bid_then_nobody_bids(at: BidDesk) -> None:
    signed = at.table.window(PERIOD)
    assert signed is not None
    at.table.save_window(PERIOD, Signed(signed.content.replace(str(CLOSES), str(CLOSES + 1)), signed.mac))

    status, shown = at.bid(16_000)

    assert (status, shown["code"]) == (503, "WINDOW_DOUBTED")
    assert at.calls["UpdateItem"] == 0


def test_given_another_periods_window_in_its_place_when_bid_then_nobody_bids(at: BidDesk) -> None:
    at.table.save_window(PERIOD, sign(replace(WINDOW, period="2026-02"), WINDOW_KEY))

    assert at.bid(16_000)[1]["code"] == "WINDOW_DOUBTED"


def test_given_the_window_can_not_be_read_again_when_bid_then_the_known_one_holds_for_a_while(at: BidDesk) -> None:
    at.bid(16_000, 1)
    at.server.faults += [never] * len(WINDOW_PATIENCE.reply_seconds)
    at.clock.advance(STALE_MS_MAX - 1)
    assert at.bid(16_000, 2)[0] == 201

    at.clock.advance(1)
    at.server.faults += [never] * len(WINDOW_PATIENCE.reply_seconds)
    assert at.bid(16_000, 3)[1]["code"] == "OUTCOME_UNKNOWN"


def test_given_two_classes_when_one_code_bids_in_both_then_they_are_two_bidders(at: BidDesk) -> None:
    at.bid(16_000)
    event = at.event(16_000, 2)
    event["headers"] = {"Authorization": f"Bearer {token(bidder_class='unit')}"}

    assert at.send(event)[1]["receipt"]["bids_left"] == 2


def test_given_aws_does_not_answer_when_bid_then_the_outcome_is_unknown_and_to_be_asked_again(at: BidDesk) -> None:
    at.bid(16_000)
    at.server.faults += [lost] * len(BID.reply_seconds)

    status, shown = at.bid(17_000, 2, at_ms=at.clock.now_ms() + 1)

    assert (status, shown["code"]) == (503, "OUTCOME_UNKNOWN")
    assert at.bid(17_000, 2)[1]["receipt"]["bid_number"] == 2
    assert len(at.table.placed(f"{PERIOD}#individual#A")) == 2


def test_given_a_write_whose_answer_is_lost_when_another_phone_bids_meanwhile_then_each_gets_his_own_receipt(
    at: BidDesk,
) -> None:
    def lost_while_another_bids(request: Request, carry_out: Callable[[], bytes]) -> None:
        carry_out()
        assert BidDesk.bid(at, 17_000, 2, at_ms=at.clock.now_ms() + 1)[0] == 201

    at.bid(20_000, 9, code="B")
    at.server.faults.append(lost_while_another_bids)

    first = at.bid(16_000, 1)[1]["receipt"]

    assert (first["price"], first["bid_number"], first["bids_left"]) == (16_000, 1, 2)
    assert [bid.price_fen for bid in at.table.placed(f"{PERIOD}#individual#A")] == [1_600_000, 1_700_000]


@pytest.mark.parametrize("ours_ms", [-2_000, -1_999, 0, 2_000])
def test_given_a_function_whose_clock_is_wrong_when_bid_then_the_gateways_time_still_rules(
    at: BidDesk, ours_ms: int
) -> None:
    at.clock.at_ms = CLOSES + ours_ms
    assert at.bid(16_000, at_ms=CLOSES - 1)[1]["receipt"]["bid_at"] == "2026-03-25T14:59:59.999"
    assert at.bid(16_000, code="late", at_ms=CLOSES)[1]["code"] == "CLOSED"


def test_given_a_clock_that_is_slower_than_clocks_may_be_when_bid_after_the_close_then_it_is_not_taken(
    at: BidDesk,
) -> None:
    at.clock.at_ms = CLOSES - 2_001

    status, shown = at.bid(16_000, at_ms=CLOSES)

    assert (status, shown["code"]) == (503, "CLOCK_DOUBTED")
    assert at.calls["UpdateItem"] == 0


def test_given_the_deployed_settings_when_the_handler_runs_then_keys_come_from_secrets_manager(
    aws: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("SESSION_SECRET", "RECEIPT_SECRET"):
        client("secretsmanager").create_secret(Name=name.lower(), SecretString=name * 4)
        monkeypatch.setenv(name, name.lower())
    kernel_settings.settings.cache_clear()
    desk.cache_clear()

    with aws_server() as server:
        for name, value in server.environment().items():
            monkeypatch.setenv(name, value)
        done = handler({"headers": {}, "body": "{}", "requestContext": {}}, None)

    assert server.calls == {"GetSecretValue": 2}
    assert (done["statusCode"], json.loads(done["body"])["code"]) == (401, "TOKEN_INVALID")
    kernel_settings.settings.cache_clear()
    desk.cache_clear()
