"""Activation by SMS code: right, wrong, too old, too often, used up, and asked for by strangers."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from chalicelib.applicants.activation import activate
from chalicelib.applicants.code_rules import may_send_code, password_fault
from chalicelib.applicants.records import ApplicantRecord, get, lock, set_qualification
from chalicelib.applicants.sms_codes import ACCOUNT, ACTIVATION, request_code, use_code
from chalicelib.kernel.errors import HubError, InvalidInput, NotAllowed, Pending, TooEarlyOrLate, TooMany
from chalicelib.kernel.passwords import password_fits
from tests.applicants.applicants_office import (
    LI,
    PASSWORD,
    PERIOD,
    VAULT,
    WANG,
    CountedEntropy,
    Texts,
    plan,
    qualify,
    take_in,
    while_activating_ms,
)

MINUTE_MS = 60_000
STRANGERS_PHONE = "13999999999"


@dataclass
class Bidder:
    """Somebody at a phone; time passes only when told."""

    now_ms: int = field(default_factory=while_activating_ms)
    texts: Texts = field(default_factory=Texts)
    entropy: CountedEntropy = field(default_factory=CountedEntropy)

    def ask(self, phone: str = WANG.phone, code: str = WANG.code, purpose: str = ACTIVATION) -> None:
        request_code(
            PERIOD, code, phone, purpose, now_ms=self.now_ms, vault=VAULT, entropy=self.entropy, send=self.texts
        )

    def use(self, sms_code: str, phone: str = WANG.phone, purpose: str = ACTIVATION) -> ApplicantRecord:
        return use_code(PERIOD, WANG.code, phone, purpose, sms_code, now_ms=self.now_ms, vault=VAULT)

    def activate(self, sms_code: str, password: str = PASSWORD, *, rollover: bool = False) -> ApplicantRecord:
        return activate(
            plan(),
            WANG.code,
            WANG.phone,
            sms_code,
            password,
            rollover=rollover,
            now_ms=self.now_ms,
            vault=VAULT,
            entropy=self.entropy,
        )

    def wrong(self) -> str:
        return f"{(int(self.texts.last) + 1) % 1_000_000:06d}"

    def refusal(self, sms_code: str, phone: str = WANG.phone, purpose: str = ACTIVATION) -> str:
        with pytest.raises(HubError) as refused:
            self.use(sms_code, phone, purpose)
        return refused.value.code


@pytest.fixture
def bidder(aws: None) -> Bidder:
    take_in(WANG, LI)
    qualify(WANG.code)
    return Bidder()


def test_given_the_registered_phone_then_a_code_of_six_digits_goes_there_and_is_kept_only_as_a_hash(
    bidder: Bidder,
) -> None:
    bidder.ask()
    ((out_id, phone, sms_code),) = bidder.texts.sent
    assert (len(out_id), phone) == (32, WANG.phone)
    assert sms_code.isdigit()
    assert len(sms_code) == 6
    assert bidder.use(sms_code).code == WANG.code


@pytest.mark.parametrize(("phone", "code"), [(STRANGERS_PHONE, WANG.code), (WANG.phone, "3301260000009")])
def test_given_a_stranger_then_nothing_goes_out_and_tries_end_as_they_would_for_anyone(
    bidder: Bidder, phone: str, code: str
) -> None:
    bidder.ask(phone, code)
    assert bidder.texts.sent == []
    refusals = []
    for _ in range(6):
        with pytest.raises(HubError) as refused:
            use_code(PERIOD, code, phone, ACTIVATION, "000000", now_ms=bidder.now_ms, vault=VAULT)
        refusals.append(refused.value.code)
    assert refusals == ["SMS_CODE_WRONG"] * 5 + ["SMS_CODE_TRIES"]


def test_given_a_stranger_who_asks_and_tries_then_the_bidders_own_code_is_undisturbed(bidder: Bidder) -> None:
    bidder.ask()
    bidder.ask(STRANGERS_PHONE)
    for _ in range(6):
        assert bidder.refusal("000000", STRANGERS_PHONE) in ("SMS_CODE_WRONG", "SMS_CODE_TRIES")
    assert bidder.use(bidder.texts.last).code == WANG.code


def test_given_five_wrong_tries_then_even_the_right_code_is_refused_until_a_new_one(bidder: Bidder) -> None:
    bidder.ask()
    right = bidder.texts.last
    assert [bidder.refusal(bidder.wrong()) for _ in range(5)] == ["SMS_CODE_WRONG"] * 5
    assert bidder.refusal(right) == "SMS_CODE_TRIES"
    bidder.now_ms += MINUTE_MS
    bidder.ask()
    assert bidder.use(bidder.texts.last).code == WANG.code


def test_given_four_wrong_tries_then_the_right_code_still_opens(bidder: Bidder) -> None:
    bidder.ask()
    for _ in range(4):
        bidder.refusal(bidder.wrong())
    assert bidder.use(bidder.texts.last).code == WANG.code


def test_given_five_minutes_then_the_code_is_expired(bidder: Bidder) -> None:
    bidder.ask()
    bidder.now_ms += 5 * MINUTE_MS
    assert bidder.refusal(bidder.texts.last) == "SMS_CODE_EXPIRED"


def test_given_a_used_code_then_it_opens_nothing_more(bidder: Bidder) -> None:
    bidder.ask()
    bidder.use(bidder.texts.last)
    assert bidder.refusal(bidder.texts.last) == "SMS_CODE_WRONG"


def test_given_a_code_for_one_purpose_then_it_does_not_serve_another(bidder: Bidder) -> None:
    bidder.ask(purpose=ACCOUNT)
    assert bidder.refusal(bidder.texts.last, purpose=ACTIVATION) == "SMS_CODE_WRONG"


def test_given_no_code_was_asked_for_then_any_is_wrong(bidder: Bidder) -> None:
    assert bidder.refusal("123456") == "SMS_CODE_WRONG"


def test_given_a_second_request_within_a_minute_then_no_second_text_goes_and_the_first_code_holds(
    bidder: Bidder,
) -> None:
    bidder.ask()
    bidder.now_ms += MINUTE_MS - 1
    bidder.ask()
    assert len(bidder.texts.sent) == 1
    assert bidder.use(bidder.texts.last).code == WANG.code


def test_given_a_carrier_without_an_answer_then_the_asker_learns_nothing(bidder: Bidder) -> None:
    def silent(out_id: str, phone: str, sms_code: str) -> None:
        raise Pending("SMS_NO_ANSWER", "短信平台没有应答")

    bidder.texts = silent  # type: ignore[assignment]
    bidder.ask()


@pytest.mark.parametrize(
    ("sent_minutes_ago", "allowed"),
    [
        ([], True),
        ([0.99], False),
        ([1], True),
        ([2, 4, 6, 8], True),
        ([2, 4, 6, 8, 59], False),
        ([2, 4, 6, 8, 60], True),
        (list(range(100, 1_100, 100)), False),
        ([*range(100, 1_000, 100), 1_440], True),
    ],
)
def test_given_earlier_codes_then_one_a_minute_five_an_hour_ten_a_day(
    sent_minutes_ago: list[float], allowed: bool
) -> None:
    now_ms = 1_774_000_000_000
    assert may_send_code([now_ms - int(each * MINUTE_MS) for each in sent_minutes_ago], now_ms) is allowed


@pytest.mark.parametrize(
    ("password", "good"),
    [("paizhao1", True), ("1234567a", True), ("short1", False), ("12345678", False), ("abcdefgh", False)],
)
def test_given_a_password_then_length_letters_and_digits_count(password: str, good: bool) -> None:
    assert (password_fault(password) is None) is good
    assert password_fault("a1" * 33) is not None


def test_given_a_qualified_bidder_then_activation_keeps_the_passwords_hash_and_the_choice(bidder: Bidder) -> None:
    bidder.ask()
    activated = bidder.activate(bidder.texts.last, rollover=True)
    assert (activated.activated_at_ms, activated.rollover) == (bidder.now_ms, True)
    stored = get(PERIOD, WANG.code)
    assert password_fits(PASSWORD, stored.password_hash)
    assert PASSWORD not in str(stored.attribute_values)


def test_given_a_second_activation_then_password_and_choice_change_and_the_time_stays(bidder: Bidder) -> None:
    bidder.ask()
    first = bidder.activate(bidder.texts.last, rollover=True)
    bidder.now_ms += MINUTE_MS
    bidder.ask()
    second = bidder.activate(bidder.texts.last, "another2026")
    assert second.activated_at_ms == first.activated_at_ms
    assert not second.rollover
    assert password_fits("another2026", get(PERIOD, WANG.code).password_hash)


def test_given_a_weak_password_then_the_code_is_not_used_up(bidder: Bidder) -> None:
    bidder.ask()
    with pytest.raises(InvalidInput) as refused:
        bidder.activate(bidder.texts.last, "12345678")
    assert refused.value.code == "PASSWORD_WEAK"
    assert bidder.activate(bidder.texts.last).activated


def test_given_an_instant_outside_the_window_then_activation_is_refused(bidder: Bidder) -> None:
    for at_ms in (plan().at("activation_opens") - 1, plan().at("activation_closes")):
        bidder.now_ms = at_ms
        with pytest.raises(TooEarlyOrLate):
            bidder.activate("123456")


def test_given_no_qualification_or_a_lock_then_activation_is_refused_with_the_reason(bidder: Bidder) -> None:
    set_qualification(PERIOD, WANG.code, audit="failed", audit_reason="社保不足", qualified=False, refusal="audit")
    bidder.ask()
    with pytest.raises(NotAllowed) as refused:
        bidder.activate(bidder.texts.last)
    assert refused.value.code == "NOT_QUALIFIED"
    assert "社保不足" in refused.value.message
    lock(PERIOD, WANG.code)
    bidder.now_ms += MINUTE_MS
    bidder.ask()
    with pytest.raises(NotAllowed) as locked:
        bidder.activate(bidder.texts.last)
    assert locked.value.code == "APPLICANT_LOCKED"


def test_given_too_many_codes_in_a_day_then_the_eleventh_is_withheld(bidder: Bidder) -> None:
    for _ in range(12):
        bidder.now_ms += 15 * MINUTE_MS
        bidder.ask()
    assert len(bidder.texts.sent) == 10
    with pytest.raises((InvalidInput, TooMany)):
        bidder.use(bidder.texts.last)
