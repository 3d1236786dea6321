"""A bank's word on a credit as it comes in: each way in which it can be wrong has an answer of its own."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chalicelib.kernel.clock import at_shanghai
from chalicelib.kernel.errors import HubError
from integrations.bank_of_hangzhou.client import BankOfHangzhou
from integrations.notices import signature_of
from integrations.ports import NotifyingBank

NOW = at_shanghai("2026-03-10T10:00:00")
OURS = "3301040160000000001"
BANK = BankOfHangzhou("http://nowhere", "secret", OURS)
SAID = {
    "account_no": OURS,
    "serial": "HZ1",
    "booked_at": "2026-03-10T09:59:58.123",
    "value_date": "2026-03-10",
    "amount_fen": 200_000,
    "payer_account": "6222000000000000001",
    "payer_name": "\u3400二",
    "memo": "3301234567890",
}


def notice(*, secret: str = "secret", at_ms: int = NOW, nonce: str = "nonce-0001", **changes: Any) -> tuple[Any, bytes]:
    body = json.dumps({**SAID, **changes}).encode()
    signature = signature_of(secret, str(at_ms), nonce, body)
    return {"x-timestamp": str(at_ms), "x-nonce": nonce, "x-signature": signature}, body


def test_given_a_notice_when_it_is_the_banks_then_it_is_read() -> None:
    assert isinstance(BANK, NotifyingBank)
    told = BANK.read_notice(*notice(), NOW)
    assert told.nonce == "nonce-0001"
    assert (told.line.serial, told.line.amount_fen, told.line.memo) == ("HZ1", 200_000, SAID["memo"])
    assert told.line.booked_at_ms == at_shanghai("2026-03-10T09:59:58.123")


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (notice(secret="another"), "NOTICE_SIGNATURE"),
        ((notice()[0], notice(amount_fen=200_001)[1]), "NOTICE_SIGNATURE"),
        (({**notice()[0], "x-nonce": "nonce-0002"}, notice()[1]), "NOTICE_SIGNATURE"),
        (({}, notice()[1]), "NOTICE_SIGNATURE"),
        (notice(at_ms=NOW - 300_001), "NOTICE_STALE"),
        (notice(at_ms=NOW + 300_001), "NOTICE_STALE"),
        (notice(nonce="short"), "NOTICE_INVALID"),
        (notice(account_no="3301040160000000002"), "NOTICE_ACCOUNT"),
        (notice(amount_fen=0), "NOTICE_INVALID"),
        (notice(amount_fen=True), "NOTICE_INVALID"),
        (notice(amount_fen="200000"), "NOTICE_INVALID"),
        (notice(booked_at="10:00"), "NOTICE_INVALID"),
        (notice(serial=""), "NOTICE_INVALID"),
        (notice(memo="x" * 201), "NOTICE_INVALID"),
    ],
)
def test_given_a_notice_that_is_not_right_when_read_then_the_answer_says_which(given: Any, code: str) -> None:
    with pytest.raises(HubError) as refused:
        BANK.read_notice(*given, NOW)
    assert refused.value.code == code
    assert "6222" not in str(refused.value)
