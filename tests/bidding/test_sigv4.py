"""Our signature is the one that botocore makes of the same request."""

from __future__ import annotations

from datetime import UTC, datetime
from unittest.mock import patch

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotocoreCredentials
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.bidding.sigv4 import Credentials, Place, amz_date, authorize

TEXT = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=40)


def botocores_authorization(body: bytes, target: str, date: str, place: Place, who: Credentials) -> str:
    request = AWSRequest(
        "POST",
        f"https://{place.host}/",
        headers={"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": target},
        data=body,
    )
    signer = SigV4Auth(
        BotocoreCredentials(who.access_key, who.secret_key, who.session_token or None), place.service, place.region
    )
    stamped = patch("botocore.auth.get_current_datetime", side_effect=lambda *_: _at(date))
    with stamped:
        signer.add_auth(request)
    return str(request.headers["Authorization"])


def _at(date: str) -> datetime:
    return datetime.strptime(date, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)


@given(st.binary(max_size=200), st.integers(0, 4 * 10**12), TEXT, TEXT, st.just("") | TEXT)
def test_property_our_signature_is_botocores(body: bytes, at_ms: int, key: str, secret: str, token: str) -> None:
    place = Place("dynamodb.cn-north-1.amazonaws.com.cn", "cn-north-1", "dynamodb")
    who, date, target = Credentials(key, secret, token), amz_date(at_ms), "DynamoDB_20120810.UpdateItem"

    head = authorize(body, target=target, content_type="application/x-amz-json-1.0", date=date, place=place, who=who)

    ours = next(line for line in head.splitlines() if line.startswith("authorization:"))
    assert ours.removeprefix("authorization:").strip() == botocores_authorization(body, target, date, place, who)


@pytest.mark.parametrize(("at_ms", "date"), [(0, "19700101T000000Z"), (1_774_400_000_999, "20260325T005320Z")])
def test_given_an_instant_when_dated_then_seconds_are_cut_off(at_ms: int, date: str) -> None:
    assert amz_date(at_ms) == date


def test_given_credentials_when_shown_then_the_secrets_are_not() -> None:
    assert "hidden" not in repr(Credentials("AKID", "hidden secret", "hidden token"))
