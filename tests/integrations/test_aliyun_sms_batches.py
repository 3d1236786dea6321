"""SendBatchSms over real HTTP: each phone its own text, whole or not at all; and pushes that are read."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chalicelib.kernel.clock import SystemClock
from chalicelib.kernel.errors import InvalidInput, NotAllowed, Pending, TooMany
from chalicelib.kernel.ids import SystemEntropy
from integrations.aliyun_sms.client import AliyunSms
from integrations.aliyun_sms.codec import batch_params
from integrations.aliyun_sms.profile import profile
from integrations.aliyun_sms.simulator import SmsSimulator
from integrations.ports import Sms


def batch(count: int = 3) -> list[Sms]:
    return [
        Sms("b-1", f"138{number:08d}", "refund_failed", {"application": f"33012600{number:05d}"})
        for number in range(1, count + 1)
    ]


@pytest.fixture
def simulator() -> Iterator[SmsSimulator]:
    with SmsSimulator("secret") as running:
        yield running


@pytest.fixture
def client(simulator: SmsSimulator) -> AliyunSms:
    return AliyunSms(simulator.url, "secret", SystemClock(), SystemEntropy())


def test_given_a_full_batch_then_each_phone_shows_the_text_meant_for_it(
    client: AliyunSms, simulator: SmsSimulator
) -> None:
    client.send_batch("b-1", batch(100))
    for sms in batch(100):
        (text,) = simulator.book.texts(sms.phone)
        assert sms.params["application"] in text


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ({"dead_phones": ["13800000002"]}, InvalidInput),
        ({"limited_phones": ["13800000002"]}, TooMany),
        ({"refuse": "isv.DAY_LIMIT_CONTROL"}, TooMany),
        ({"refuse": "isv.AMOUNT_NOT_ENOUGH"}, NotAllowed),
        ({"lose_requests": 1}, Pending),
    ],
)
def test_given_a_fault_then_the_carrier_has_none_of_the_batch(
    client: AliyunSms, simulator: SmsSimulator, fault: dict[str, object], kind: type[Exception]
) -> None:
    simulator.book.set_faults(fault)
    with pytest.raises(kind):
        client.send_batch("b-1", batch())
    assert simulator.book.state()["taken"] == 0


@pytest.mark.parametrize(
    "wrong",
    [
        [],
        [batch()[0], batch()[0]],
        [batch()[0], Sms("b-1", "13800000009", "result", {})],
        batch(101),
    ],
)
def test_given_what_one_request_can_not_carry_then_it_is_not_made(wrong: list[Sms]) -> None:
    with pytest.raises(ValueError, match="a batch is"):
        batch_params("b-1", wrong, profile())
