"""Every error leaves the API as problem+json, whatever raised it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from chalice.app import BadRequestError, Chalice
from chalice.test import Client

from chalicelib import api
from chalicelib.kernel.errors import InvalidInput, NotFound, Problem


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Client:
    app = Chalice(app_name="problems")
    raised = {
        "known": NotFound("PERIOD_UNKNOWN", "没有这一期"),
        "listed": InvalidInput("ROW_INVALID", "有错误", problems=(Problem(3, "price", "1", "a multiple of 100"),)),
        "body": BadRequestError("Error Parsing JSON"),
        "unknown": ZeroDivisionError("secret"),
    }

    @app.route("/{which}")
    def fail(which: str) -> Any:
        raise raised[which]

    app.route("/health")(api.health)
    api.answer_errors(app)
    return Client(app)


@pytest.mark.parametrize(
    ("which", "status", "code", "detail"),
    [
        ("known", 404, "PERIOD_UNKNOWN", "没有这一期"),
        ("listed", 400, "ROW_INVALID", "有错误"),
        ("body", 400, "BODY_NOT_JSON", "请求内容不是有效的 JSON"),
        ("unknown", 500, "INTERNAL", "系统繁忙,请稍后重试"),
    ],
)
def test_an_error_is_a_problem_with_a_stable_code(
    client: Client, which: str, status: int, code: str, detail: str
) -> None:
    answer = client.http.get(f"/{which}")
    body = json.loads(answer.body)
    assert (answer.status_code, body["status"], body["code"], body["detail"]) == (status, status, code, detail)
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert "secret" not in answer.body.decode()


def test_what_is_wrong_in_a_body_is_named(client: Client) -> None:
    (problem,) = json.loads(client.http.get("/listed").body)["problems"]
    assert problem == {"line": 3, "field": "price", "found": "1", "remedy": "a multiple of 100"}


@pytest.mark.parametrize(
    "body", [b'{"name": "\\ud800"}', b'{"name": "\xed\xa0\x80"}', b'{"price": NaN}', b"{", b"[" * 5_000]
)
def test_what_python_takes_for_json_and_nobody_can_write_again_is_refused_at_every_door(body: bytes) -> None:
    app = Chalice("any")
    app.route("/told", methods=["POST"])(lambda: {"told": app.current_request.json_body})
    api.answer_errors(app)
    answer = Client(app).http.post("/told", headers={"Content-Type": "application/json"}, body=body)
    assert (answer.status_code, answer.json_body["code"]) == (400, "BODY_NOT_JSON")


def test_the_api_is_healthy(client: Client) -> None:
    assert client.http.get("/health").json_body == {"status": "ok"}
