"""Every door of the API and which operators may go through it: a door without a line here fails."""

from __future__ import annotations

import json
import sys

import pytest
from chalice.test import Client

from app import app
from chalicelib.kernel.clock import SetClock
from chalicelib.kernel.tokens import Session, issue_newest
from chalicelib.periods import access
from chalicelib.periods.operators import AUDIENCE, ROLES
from tests.api.described import document

# Read from the code before a test puts something in its place.
document()

KEYS = {"k1": b"k" * 32}
APPLICANT = "/periods/{period}/applicants/{code}"
DESK = ("planner", "cashier", "support")

# An operator's door -> the roles that may go through it.
OPERATORS = {
    "POST /periods": ("planner",),
    "POST /plan-drafts": ("planner",),
    "GET /calendar": ROLES,
    "POST /calendar": ("planner",),
    "POST /periods/{period}/restart": ("planner",),
    "POST /periods/{period}/amendments": ("planner",),
    "GET /periods/{period}/plan-versions": ROLES,
    "GET /periods/{period}/approvals": ROLES,
    "GET /periods/{period}/announcement": ROLES,
    "GET /periods/{period}/problems": ROLES,
    "GET /periods/{period}/differences": ROLES,
    "POST /approvals/{approval_id}": ("approver",),
    "GET /audit-trail/{month}": ("auditor",),
    f"GET {APPLICANT}": ROLES,
    f"POST {APPLICANT}/changes": DESK,
    f"POST {APPLICANT}/changes/{{change_id}}": ("approver",),
    f"POST {APPLICANT}/activation": DESK,
    "POST /deposits/correction-proposals": ("cashier",),
    "POST /deposits/correction-confirmations": ("approver",),
    "POST /periods/{period}/refunds/again": ("cashier",),
    "POST /periods/{period}/finance-files": ("cashier",),
    "POST /refunds/account-proposals": ("cashier",),
    "POST /refunds/account-confirmations": ("approver",),
    "GET /treasury/notices/{pay_code}": ("cashier", "approver", "auditor"),
    "POST /treasury/notices/{pay_code}/void-proposals": ("cashier",),
    "POST /treasury/notices/{pay_code}/void-confirmations": ("approver",),
    "POST /treasury/receipts/{pay_code}/reversal-proposals": ("cashier",),
    "POST /treasury/receipts/{pay_code}/reversal-confirmations": ("approver",),
    "GET /periods/{period}/finance-files": ("cashier", "approver", "auditor"),
    "GET /data-tables/{year}": ROLES,
    "GET /periods/{period}/treasury": ROLES,
    "GET /periods/{period}/treasury/{name}": ROLES,
    "GET /periods/{period}/clearing": ROLES,
    "GET /periods/{period}/campaigns": ROLES,
    "POST /periods/{period}/campaigns/{name}/dry-run": ROLES,
    "POST /periods/{period}/campaigns/{name}/start": ("planner",),
    "GET /sms-reports": ("planner",),
    "POST /periods/{period}/pauses": ("planner",),
    "POST /periods/{period}/attachments": ("planner",),
    "GET /periods/{period}/attachments": ROLES,
}
# Open to everybody, to a bidder's own session, or to a counterparty.
OTHERS = {
    "GET /health",
    "GET /openapi.json",
    "POST /operator-sessions",
    "GET /periods/{period}",
    "GET /periods/{period}/result",
    "GET /periods/{period}/bid-log",
    "GET /periods/{period}/bid-log/inclusion",
    "GET /periods/{period}/bid-log/consistency",
    "POST /sms-codes",
    "POST /account-sessions",
    "POST /activations",
    "POST /sessions",
    "GET /me",
    "GET /me/result",
    "GET /me/bids",
    "GET /time",
    "GET /deposits/mine",
    "POST /deposits/corrections",
    "POST /refunds/accounts",
    "GET /me/refunds",
    "GET /me/payment-notice",
    "GET /me/receipt",
    "GET /deposits",
    "POST /deposits/payments",
    "GET /deposits/payments/{our_ref}",
    "POST /alipay/notifications",
    "POST /stripe/notifications",
    "POST /banks/{channel}/notifications",
    "POST /treasury/messages",
    "POST /sms-reports/{carrier}/{key}",
    "POST /passwords",
}


def test_support_is_nobody_s_second_person() -> None:
    approving = {door for door, roles in OPERATORS.items() if "approver" in roles and not door.startswith("GET ")}
    assert approving
    assert {role for door in approving for role in OPERATORS[door]} - set(ROLES) == set()
    assert not [door for door in approving if "support" in OPERATORS[door] and OPERATORS[door] != ROLES]


# What one operator may do to somebody's right without a second person, and why (docs/decisions/0053).
ALONE = {
    f"POST {APPLICANT}/activation": "the bidder stands there with the ID; only the first time",
    "POST /periods/{period}/restart": "a machine begins again where it stopped",
    "POST /periods": "a plan is a draft until it is approved",
    "POST /plan-drafts": "keeps nothing",
    "POST /calendar": "moves no published plan",
    "POST /periods/{period}/campaigns/{name}/dry-run": "keeps nothing",
    "POST /periods/{period}/campaigns/{name}/start": "its machine waits for an approver",
    "POST /periods/{period}/amendments": "waits for an approver",
    "POST /periods/{period}/pauses": "its machine waits for an approver",
    "POST /periods/{period}/finance-files": "draws up what the books say; what was sent before stays",
    "POST /periods/{period}/attachments": "adds a digest to the next package, and takes nothing away",
    "POST /periods/{period}/refunds/again": "its machine waits for an approver",
}


def test_every_act_is_proposed_to_a_second_person_or_is_known_to_be_one_persons() -> None:
    acts = {door for door in OPERATORS if not door.startswith("GET ")}
    confirmed = {door for door in acts if OPERATORS[door] == ("approver",)}
    proposed = {
        door
        for door in acts - confirmed
        if door.replace("-proposals", "-confirmations") in confirmed - {door} or f"{door}/{{change_id}}" in confirmed
    }

    assert acts - confirmed - proposed == set(ALONE)


class Reached(Exception):
    """Whoever is let in goes no further."""


def doors() -> set[str]:
    return {f"{method} {path}" for path, methods in app.routes.items() for method in methods}


def test_every_door_is_on_one_of_the_lists() -> None:
    assert doors() == OPERATORS.keys() | OTHERS


@pytest.mark.parametrize("door", sorted(OPERATORS))
def test_each_role_goes_through_its_own_doors_only(door: str, monkeypatch: pytest.MonkeyPatch) -> None:
    class Keys:
        def session_keys(self) -> dict[str, bytes]:
            return KEYS

    class Hub:
        keys, clock = Keys(), SetClock(1)

    real = access.operator
    let_in: list[str] = []

    def operator(request: access.HasHeaders, *roles: str) -> Session:
        session = real(request, *roles)
        let_in.append(session.subject)
        raise Reached

    monkeypatch.setattr(access, "hub", Hub)
    for module in [each for name, each in sys.modules.items() if name.startswith("chalicelib.")]:
        if getattr(module, "operator", None) is real:
            monkeypatch.setattr(module, "operator", operator)
    method, _, path = door.partition(" ")
    for named, given in {"period": "2026-03", "month": "2026-03", "name": "activate"}.items():
        path = path.replace(f"{{{named}}}", given)
    with Client(app) as client:
        for role in ROLES:
            session = Session(role, AUDIENCE, "", "", 10, (role,))
            headers = {"Authorization": f"Bearer {issue_newest(session, KEYS)}", "Content-Type": "application/json"}
            answer = client.http.request(method, path, headers=headers, body=b"{}" if method == "POST" else b"")
            if role not in OPERATORS[door]:
                assert (answer.status_code, json.loads(answer.body)["code"]) == (403, "ROLE_NEEDED"), role
        nobody = client.http.request(method, path, headers={"Content-Type": "application/json"}, body=b"")
        assert (nobody.status_code, json.loads(nobody.body)["code"]) == (401, "TOKEN_INVALID")
    assert sorted(let_in) == sorted(OPERATORS[door])
