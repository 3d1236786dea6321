"""Operators' accounts and sign-in."""

from __future__ import annotations

import pytest

from chalicelib.kernel.errors import Conflict, InvalidInput, NotAuthenticated
from chalicelib.kernel.ids import SystemEntropy
from chalicelib.periods.audit import SIGN_INS, trail
from chalicelib.periods.operators import CLOSED_MS, SESSION_MS, TRIES_MAX, OperatorRecord, add_operator, sign_in

PASSWORD = "correct horse battery"


@pytest.fixture
def _wang(aws: None) -> None:
    add_operator("wang", PASSWORD, ["planner", "cashier"], SystemEntropy())


@pytest.mark.usefixtures("_wang")
def test_given_an_account_when_signed_in_then_the_session_carries_its_roles() -> None:
    session = sign_in("wang", PASSWORD, 1_000)
    assert (session.subject, session.audience, session.roles) == ("wang", "operator", ("cashier", "planner"))
    assert session.expires_at_ms == 1_000 + SESSION_MS


@pytest.mark.usefixtures("_wang")
@pytest.mark.parametrize(("name", "password"), [("wang", "wrong"), ("nobody", PASSWORD), ("wang", ""), ("", "")])
def test_given_a_wrong_name_or_password_then_the_answer_is_the_same(name: str, password: str) -> None:
    with pytest.raises(NotAuthenticated, match="SIGN_IN_REFUSED"):
        sign_in(name, password, 1_000)


@pytest.mark.usefixtures("_wang")
def test_given_wrong_passwords_in_a_row_then_the_account_is_closed_for_a_while() -> None:
    for _ in range(TRIES_MAX):
        with pytest.raises(NotAuthenticated):
            sign_in("wang", "wrong", 1_000)
    # Not even that it is closed is said: only an account that is there can be.
    with pytest.raises(NotAuthenticated, match="SIGN_IN_REFUSED"):
        sign_in("wang", PASSWORD, 1_000)
    assert sign_in("wang", PASSWORD, 1_000 + CLOSED_MS).subject == "wang"


@pytest.mark.usefixtures("_wang")
def test_given_the_password_is_remembered_in_time_then_failures_are_forgotten() -> None:
    for _ in range(2):
        for _ in range(TRIES_MAX - 1):
            with pytest.raises(NotAuthenticated):
                sign_in("wang", "wrong", 1_000)
        sign_in("wang", PASSWORD, 1_000)


@pytest.mark.usefixtures("_wang")
def test_given_an_account_when_added_again_then_only_the_same_will_do() -> None:
    add_operator("wang", PASSWORD, ["cashier", "planner"], SystemEntropy())
    with pytest.raises(Conflict, match="OPERATOR_EXISTS"):
        add_operator("wang", PASSWORD, ["approver"], SystemEntropy())
    with pytest.raises(Conflict, match="OPERATOR_EXISTS"):
        add_operator("wang", "another password", ["planner", "cashier"], SystemEntropy())


@pytest.mark.usefixtures("_wang")
def test_given_an_account_then_the_password_itself_is_nowhere() -> None:
    kept = OperatorRecord.get("operator#wang", "account")
    assert kept.password_hash.startswith("$argon2id$")
    assert PASSWORD not in kept.password_hash


@pytest.mark.usefixtures("aws")
def test_given_a_faulty_account_then_everything_wrong_is_named() -> None:
    with pytest.raises(InvalidInput) as refused:
        add_operator("Wang Wei", "short", ["king"], SystemEntropy())
    assert [problem.field for problem in refused.value.problems] == ["name", "password", "roles"]


def test_given_sign_ins_then_the_trail_tells_who_and_whether_and_no_secret(aws: None) -> None:
    add_operator("wang", PASSWORD, ["planner"], SystemEntropy())
    sign_in("wang", PASSWORD, 1_000)
    for name, password in (("wang", "a wrong password"), ("a password typed as a name", "x")):
        with pytest.raises(NotAuthenticated):
            sign_in(name, password, 2_000)
    acts = trail("1970-01", book=SIGN_INS).acts
    assert sorted((act["by"], act["after"]["signed_in"]) for act in acts) == [
        ("-", False),
        ("wang", False),
        ("wang", True),
    ]
    assert "password" not in str(acts)
    assert trail("1970-01").acts == ()
