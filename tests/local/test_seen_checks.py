"""Rule: receipts, texts, planted payments, defaults and the treasury's books are compared, and each fault shows."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from chalicelib.auctions.rules import Bid, rank, result, standing_bids
from chalicelib.kernel.clock import at_shanghai
from chalicelib.kernel.signing import Signer
from chalicelib.ledger.rules import Entry, Leg, move
from local.checks.auction import (
    broadcasts_are_recounted,
    receipts_are_signed,
    result_is_recounted,
    seed_was_committed,
)
from local.checks.papers import receipts_agree
from local.checks.planted import (
    Text,
    bad_codes_refused,
    corrections_found,
    defaults_found,
    nothing_left_over,
    one_text_each,
    payments_found,
    recognise,
    treasury_agrees,
)
from local.month import Month

SIGNER = Signer(bytes(32))


def _answer(code: str, price: int, bid_at: str, number: int = 1) -> dict[str, Any]:
    receipt = {
        "period": "2026-03",
        "bidder_class": "individual",
        "application_code": code,
        "request_id": f"{code}-{number}",
        "price": price,
        "bid_at": bid_at,
        "bid_number": number,
        "bids_left": 3 - number,
    }
    return {"receipt": receipt, "signature": SIGNER.sign(receipt), "public_key": SIGNER.public_key}


def _receipts() -> dict[str, list[dict[str, Any]]]:
    day = "2026-03-25T"
    return {
        "A": [_answer("A", 30_000, f"{day}09:00:00.001"), _answer("A", 12_000, f"{day}14:59:59.000", 2)],
        "B": [_answer("B", 15_100, f"{day}10:00:00.000")],
        "C": [_answer("C", 12_000, f"{day}11:00:00.000")],
        "D": [_answer("D", 11_000, f"{day}09:30:00.000")],
    }


def _published(receipts: dict[str, list[dict[str, Any]]], quota: int) -> dict[str, Any]:
    """The result as the close itself counts it."""
    bids = [
        Bid(code, answer["receipt"]["price"] * 100, at_shanghai(answer["receipt"]["bid_at"]))
        for code, answers in receipts.items()
        for answer in answers
    ]
    return {"classes": {"individual": result(rank(standing_bids(bids), b"seed"), quota, 10).as_dict()}}


@pytest.mark.parametrize("quota", [0, 1, 2, 3, 9])
def test_given_genuine_receipts_when_recounted_then_they_give_the_closes_result(quota: int) -> None:
    receipts = _receipts()
    assert receipts_are_signed(receipts).holds
    assert result_is_recounted(receipts, _published(receipts, quota)).holds


@pytest.mark.parametrize(
    ("at", "bidders", "average"),
    [
        # Only bids before the instant, of each bidder the last; the highest and the lowest off either end.
        ("09:00:00.001", 0, None),
        ("09:00:00.002", 1, 30_000),
        ("11:00:00.000", 3, 15_100),
        ("15:00:00.000", 4, 12_000),
    ],
)
def test_given_receipts_when_a_broadcast_is_recounted_then_the_bids_before_it_count(
    at: str, bidders: int, average: int | None
) -> None:
    told = {"number": 1, "at": f"2026-03-25T{at}", "classes": {"individual": {"bidders": bidders, "average": average}}}
    assert broadcasts_are_recounted(_receipts(), [told], 34).holds
    told["classes"] = {"individual": {"bidders": bidders, "average": 12_345}}
    assert "broadcast 1 individual: published" in broadcasts_are_recounted(_receipts(), [told], 34).detail


def test_given_a_bid_that_the_close_forgot_when_recounted_then_the_difference_shows() -> None:
    receipts = _receipts()
    forgotten = {code: answers for code, answers in receipts.items() if code != "C"}
    check = result_is_recounted(receipts, _published(forgotten, 2))
    assert not check.holds
    assert "individual bidders: published 3, recounted 4" in check.detail


@pytest.mark.parametrize(
    ("spoil", "fault"),
    [
        (lambda answer: answer["receipt"].update(price=99_000), "does not fit the receipt"),
        (lambda answer: answer["receipt"].update(bid_number=3), "receipted as number 3"),
        (lambda answer: answer.update(public_key=Signer(b"x" * 32).public_key), "signed by 2 keys"),
    ],
)
def test_given_a_forged_receipt_when_checked_then_it_shows(spoil: Callable[[dict[str, Any]], None], fault: str) -> None:
    receipts = _receipts()
    spoil(receipts["B"][0])
    check = receipts_are_signed(receipts)
    assert not check.holds
    assert fault in check.detail


def test_given_another_seed_than_committed_when_checked_then_it_shows() -> None:
    window = {"seed_commitment": hashlib.sha256(b"seed").hexdigest()}
    assert seed_was_committed(window, {"seed": b"seed".hex()}).holds
    assert not seed_was_committed(window, {"seed": b"weed".hex()}).holds


def _booked(month: Month, *, swap: str = "", skip: str = "") -> list[Entry]:
    places = {"exact": "held", "over": "held", "double": "held"}
    entries = []
    for payment in month.payments:
        place = places.get(payment.kind, "doubtful" if payment.kind.startswith("code_") else "returnable")
        if payment.serial == swap:
            place = "held" if place != "held" else "returnable"
        if payment.serial != skip:
            legs = (Leg("bank:hangzhou", payment.amount_fen), Leg(f"{place}:2026-03", -payment.amount_fen))
            cause = f"credit/hangzhou/{payment.serial}"
            entries.append(Entry(cause, "credit", "2026-03", payment.value_date, payment.booked_at_ms, legs))
    return entries


def test_given_every_payment_at_its_place_when_checked_then_it_holds_and_otherwise_it_shows(month: Month) -> None:
    serial = month.payments[0].serial
    assert payments_found(month, _booked(month)).holds
    assert "was booked to" in payments_found(month, _booked(month, swap=serial)).detail
    assert "was never booked" in payments_found(month, _booked(month, skip=serial)).detail


def test_given_doubtful_payments_when_corrected_or_given_up_then_the_ledger_says_which(month: Month) -> None:
    corrected = {person.code for person, _ in month.bidders(corrects=True)}
    entries = []
    for payment in month.payments:
        if payment.kind.startswith("code_"):
            way = "correction" if payment.code in corrected else "never-corrected"
            legs = (Leg("doubtful:2026-03", 1), Leg("held:2026-03", -1))
            entries.append(Entry(f"{way}/hangzhou/{payment.serial}", way, "2026-03", date(2026, 3, 18), 0, legs))
    assert corrections_found(month, entries, corrected).holds
    assert "has no posting correction" in corrections_found(month, entries[:0], corrected).detail
    assert "wanted to correct and could not" in corrections_found(month, entries, set()).detail


def _forfeit(code: str, fen: int) -> Entry:
    cause = f"forfeit/2026-03/{code}"
    places = {"debit": "held:2026-03", "credit": "forfeited:2026-03"}
    return move(cause, "forfeit", "2026-03", date(2026, 3, 30), 0, **places, amount_fen=fen, subject=code)


def test_given_defaults_when_checked_then_only_defaulters_lost_the_deposit_and_no_more(month: Month) -> None:
    entries = [_forfeit("A", 200_000)]
    assert defaults_found(month, entries, {"A"}, {"B": 1}).holds
    assert "B defaulted and kept" in defaults_found(month, entries, {"A", "B"}, {}).detail
    assert "A paid and lost" in defaults_found(month, entries, set(), {"A": 1}).detail
    assert "A lost the deposit without owing" in defaults_found(month, entries, set(), {}).detail
    assert "forfeited 1 fen" in defaults_found(month, [_forfeit("A", 1)], {"A"}, {}).detail


TEMPLATES = {"code": "您的验证码为${code},5分钟内有效。", "pay_price": "编码${application}:缴款码${pay_code},请缴款。"}


@pytest.mark.parametrize(
    ("words", "template"),
    [
        ("【竞价】您的验证码为123456,5分钟内有效。", "code"),
        ("【竞价】编码3301:缴款码33010026300000000001,请缴款。", "pay_price"),
        ("【竞价】编码3301:恭喜。", ""),
    ],
)
def test_given_a_text_when_read_then_its_template_is_recognised(words: str, template: str) -> None:
    assert recognise("13800000000", words, TEMPLATES) == Text("13800000000", template)


def test_given_a_campaign_sent_twice_when_checked_then_it_shows_and_codes_may_repeat() -> None:
    codes, price = [Text("13800000000", "code")] * 3, [Text("13800000000", "pay_price")]
    assert one_text_each([*codes, *price]).holds
    twice = one_text_each([*codes, *price, *price])
    assert not twice.holds
    assert "2 texts of pay_price went to one phone (138****0000)" in twice.detail
    assert "fits no template" in one_text_each([Text("13800000000", "")]).detail


def test_given_money_still_on_its_way_when_the_month_ends_then_it_shows(month: Month) -> None:
    standing = {"rolled:2026-03": -400_000, "bank:hangzhou": 400_000, "held:2026-03": 0}
    assert nothing_left_over(month, standing, 400_000).holds
    assert "transit:hangzhou still holds 5" in nothing_left_over(month, {"transit:hangzhou": -5}, 0).detail
    assert "200000 should have been" in nothing_left_over(month, standing, 200_000).detail


NOTICES: dict[str, Any] = {
    "notices": [
        {"pay_code": "1", "amount": "12000.00", "stats": "1"},
        {"pay_code": "2", "amount": "11000.00", "stats": "0"},
    ]
}


@pytest.mark.parametrize(
    ("owed", "paid", "fault"),
    [
        ({"1": 1_200_000, "2": 1_100_000}, {"1": 1_200_000}, ""),
        ({"1": 1_200_000}, {"1": 1_200_000}, "no winner was told"),
        ({"1": 1_200_000, "2": 1_100_000, "3": 1}, {"1": 1_200_000}, "has no such notice"),
        ({"1": 1_200_000, "2": 1_100_001}, {"1": 1_200_000}, "1100001 fen on the phone"),
        ({"1": 1_200_000, "2": 1_100_000}, {}, "1: state 1 at the treasury"),
    ],
)
def test_given_the_treasurys_books_when_compared_then_each_difference_shows(
    owed: dict[str, int], paid: dict[str, int], fault: str
) -> None:
    check = treasury_agrees(NOTICES, owed, paid)
    assert check.holds is (not fault)
    assert fault in check.detail


TOO_MANY = ["SMS_CODE_WRONG"] * 5 + ["SMS_CODE_TRIES"]
BAD_CODES = {"wrong": ["SMS_CODE_WRONG"], "expired": ["SMS_CODE_EXPIRED"], "too_many": TOO_MANY}


@pytest.mark.parametrize(
    ("seen", "holds"),
    [
        (BAD_CODES, True),
        ({**BAD_CODES, "wrong": [""]}, False),
        ({**BAD_CODES, "expired": [""]}, False),
        ({**BAD_CODES, "expired": ["NO_SMS"]}, False),
        ({**BAD_CODES, "too_many": ["SMS_CODE_WRONG"] * 5 + [""]}, False),
        ({**BAD_CODES, "too_many": ["SMS_CODE_WRONG"] * 6}, False),
        ({"wrong": ["SMS_CODE_WRONG"]}, False),
    ],
)
def test_given_bad_codes_then_each_must_have_been_refused_by_its_own_name(
    seen: dict[str, list[str]], holds: bool
) -> None:
    assert bad_codes_refused(seen).holds is holds


@pytest.mark.parametrize(
    ("receipts", "holds"),
    [
        ([("1", "10.00", "0000000001"), ("2", "20.00", "0000000002")], True),
        ([("1", "10.00", "0000000001")], False),
        ([("1", "10.01", "0000000001"), ("2", "20.00", "0000000002")], False),
        ([("1", "10.00", "0000000001"), ("2", "20.00", "0000000003")], False),
        ([("1", "10.00", "0000000001"), ("2", "20.00", "0000000002"), ("3", "5.00", "0000000003")], False),
        ([("1", "10.00", "0000000001"), ("1", "10.00", "0000000003"), ("2", "20.00", "0000000002")], False),
    ],
)
def test_receipts_agree_only_one_for_one_and_without_gaps(receipts: list[tuple[str, str, str]], holds: bool) -> None:
    shown = [{"pay_code": code, "amount": amount, "number": number} for code, amount, number in receipts]

    assert receipts_agree({"receipts": shown}, {"1": 1_000, "2": 2_000}).holds is holds
