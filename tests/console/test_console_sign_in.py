"""Sign-in at the console: what a session is, how it begins, and every way in which it does not."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from joserfc.jwk import RSAKey

from chalicelib.console import records, sessions
from chalicelib.console.oidc import Client, Provider
from chalicelib.kernel.clock import local_date
from chalicelib.kernel.errors import NotAuthenticated
from chalicelib.periods.audit import SIGN_INS, trail
from chalicelib.periods.operators import OperatorRecord
from local.identity import Identity
from tests.console.conftest import REDIRECT, FakeHub
from tests.console.console_desk import PASSWORD, Browser, html_faults, operator

COOKIE = sessions.SESSION_COOKIE


def test_given_an_account_when_signed_in_there_then_a_guarded_cookie_opens_the_console(
    hub: FakeHub, identity: Identity
) -> None:
    browser = operator(identity, "li", "approver")
    kept = browser.get("/console/nothing")
    assert kept.status == 404
    (cookie,) = [each for each in Browser(identity, {}).sign_in("li").cookies if each.startswith(COOKIE)]
    assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= {part.strip() for part in cookie.split(";")}
    headers = kept.headers
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"


def test_given_a_cookie_from_before_when_signing_in_then_it_is_another_one_and_the_old_one_opens_nothing(
    hub: FakeHub, identity: Identity
) -> None:
    browser = operator(identity, "li", "approver")
    before = browser.cookies[COOKIE]
    browser.sign_in("li")
    assert browser.cookies[COOKIE] != before
    assert Browser(identity, {COOKIE: before}).get("/console").goes_to == "/console/sign-in"
    # One that an attacker chose is never taken up
    fixed = Browser(identity, {COOKIE: "chosen-by-somebody-else"})
    fixed.sign_in("li")
    assert fixed.cookies[COOKIE] != "chosen-by-somebody-else"


def test_what_a_browser_holds_is_not_in_the_table(hub: FakeHub, identity: Identity) -> None:
    browser = operator(identity, "li", "approver")
    kept = [each.attribute_values for each in records.SessionRecord.scan()]
    assert sorted(each["sk"] for each in kept) == ["session", "sign-in"]
    assert browser.cookies[COOKIE] not in str(kept)


def test_given_nobody_when_a_page_is_asked_for_then_it_is_the_sign_in(hub: FakeHub, identity: Identity) -> None:
    stranger = Browser(identity)
    for address in ("/console", "/console/2026-03", "/console/trail"):
        assert (stranger.get(address).status, stranger.get(address).goes_to) == (303, "/console/sign-in")
    assert stranger.ask("POST", "/console/2026-03/approvals/x", {}).goes_to == "/console/sign-in"
    part = stranger.get("/console/2026-03", **{"HX-Request": "true"})
    assert (part.status, part.headers["HX-Redirect"]) == (401, "/console/sign-in")
    assert stranger.get("/console/sign-in").status == 200


@pytest.mark.parametrize("later_ms", [sessions.IDLE_MS, sessions.SESSION_MS])
def test_given_a_browser_left_alone_when_it_comes_back_then_it_is_signed_out(
    later_ms: int, hub: FakeHub, identity: Identity
) -> None:
    browser = operator(identity, "li", "approver")
    hub.clock.advance(later_ms)
    assert browser.get("/console/x").goes_to == "/console/sign-in"


def test_given_use_now_and_then_when_the_day_is_over_then_the_session_is_too(hub: FakeHub, identity: Identity) -> None:
    browser = operator(identity, "li", "approver")
    step = sessions.IDLE_MS - 1
    for _ in range(sessions.SESSION_MS // step):
        hub.clock.advance(step)
        assert browser.get("/console/x").status == 404
    hub.clock.advance(step)
    assert browser.get("/console/x").goes_to == "/console/sign-in"


def test_given_an_account_that_is_taken_away_when_asking_again_then_the_session_is_worth_nothing(
    hub: FakeHub, identity: Identity
) -> None:
    browser = operator(identity, "li", "approver")
    OperatorRecord.get("operator#li", "account").delete()
    assert browser.get("/console").goes_to == "/console/sign-in"


def test_given_signed_out_then_the_cookie_is_gone_and_opens_nothing(hub: FakeHub, identity: Identity) -> None:
    browser = operator(identity, "li", "approver")
    secret = browser.cookies[COOKIE]
    out = browser.post("/console/sign-out")
    assert out.goes_to == "/console/sign-in?said=signed-out"
    assert COOKIE not in browser.cookies
    assert Browser(identity, {COOKIE: secret}).get("/console").goes_to == "/console/sign-in"


def test_given_the_providers_answer_when_it_comes_twice_late_or_elsewhere_then_nobody_is_signed_in(
    hub: FakeHub, identity: Identity
) -> None:
    operator(identity, "li", "approver")
    browser = Browser(identity)
    back = urlsplit(browser.provider_answer("li"))
    address = f"{back.path}?{back.query}"
    # Another browser, which never asked: a sign-in that somebody else began
    assert Browser(identity).get(address).status == 401
    assert browser.get(address).status == 303
    again = Browser(identity, {sessions.SIGN_IN_COOKIE: ""})
    assert again.get(address).status == 401
    late = Browser(identity)
    back = urlsplit(late.provider_answer("li"))
    hub.clock.advance(sessions.SIGN_IN_MS)
    assert late.get(f"{back.path}?{back.query}").status == 401
    assert COOKIE not in late.cookies


def test_given_no_account_at_the_hub_when_the_provider_vouches_then_it_is_said(
    hub: FakeHub, identity: Identity
) -> None:
    identity.people["stranger"] = PASSWORD
    refused = Browser(identity).sign_in("stranger")
    assert refused.status == 401
    assert "没有操作员账号" in refused.body
    (entry,) = trail(f"{local_date(hub.clock.now_ms()):%Y-%m}", book=SIGN_INS).acts
    assert (entry["by"], entry["act"], entry["after"]["signed_in"]) == ("-", "console.sign_in", False)


def test_sign_ins_stand_on_pages_of_their_own_and_bury_no_act(hub: FakeHub, identity: Identity) -> None:
    browser = operator(identity, "sun", "auditor")
    month = f"{local_date(hub.clock.now_ms()):%Y-%m}"
    assert trail(month).acts == ()
    assert [each["by"] for each in trail(month, book=SIGN_INS).acts] == ["sun"]
    assert "console.sign_in" not in browser.get("/console/trail").body
    shown = browser.get("/console/trail?of=sign-ins").body
    assert "console.sign_in" in shown
    assert html_faults(shown) == []
    assert browser.get("/console/trail?of=everything").status == 400


@pytest.mark.parametrize(
    "lie",
    [
        {"iss": "https://another.test"},
        {"aud": "another-client"},
        {"aud": ["console", "another-client"]},
        {"nonce": "another"},
        {"exp": 1},
        {"exp": "tomorrow"},
        {"iat": 9_999_999_999},
        {"preferred_username": ""},
        {"preferred_username": 7},
    ],
    ids=str,
)
def test_given_a_token_with_a_wrong_claim_then_it_does_not_hold(
    lie: dict[str, Any], hub: FakeHub, identity: Identity
) -> None:
    operator(identity, "li", "approver")
    identity.claims.update(lie)
    browser = Browser(identity)
    assert browser.sign_in("li").status == 401
    assert COOKIE not in browser.cookies


def test_given_a_key_that_is_not_the_providers_then_the_token_does_not_hold(
    hub: FakeHub, identity: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    operator(identity, "li", "approver")
    # Signed with another key under the id of the published one
    monkeypatch.setattr(identity, "forger", RSAKey.generate_key(2_048, {"kid": identity.key.kid}))
    assert Browser(identity).sign_in("li").status == 401


def test_given_the_providers_keys_rotated_when_signing_in_then_they_are_fetched_anew(
    hub: FakeHub, identity: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    operator(identity, "li", "approver")
    monkeypatch.setattr(identity, "key", RSAKey.generate_key(2_048, {"kid": "the-next-one"}))
    assert Browser(identity).sign_in("li").status == 303


def test_given_another_verifier_then_the_code_is_worth_nothing(identity: Identity) -> None:
    provider = Provider(Client(identity.issuer, identity.client_id, identity.client_secret, REDIRECT))
    identity.people["li"] = PASSWORD
    address = provider.address(state="s", nonce="n", verifier="v" * 43)
    sent = requests.post(address, data={"name": "li", "password": PASSWORD}, allow_redirects=False)
    code = sent.headers["Location"].partition("code=")[2].partition("&")[0]
    with pytest.raises(NotAuthenticated):
        provider.name_of(code, nonce="n", verifier="w" * 43, now_s=0)


def test_given_an_issuer_without_tls_elsewhere_then_no_secret_goes_there() -> None:
    with pytest.raises(NotAuthenticated):
        Provider(Client("http://identity.test", "c", "s", REDIRECT)).address(state="s", nonce="n", verifier="v")
