"""The bid function's own way to AWS: kept connections, short waits, and never a wrong answer for the right one."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from chalicelib.bidding.door import (
    DYNAMODB,
    SECRETS,
    Door,
    Patience,
    Refused,
    Unanswered,
    address_of,
    credentials_of,
)
from tests.bidding.aws_server import AwsServer, Fault, aws_server, http, late, lost, never, says

QUICK = Patience(0.5, (0.1, 0.3))
FOUND: dict[str, Any] = {"Item": {"pk": {"S": "x"}}}


@pytest.fixture
def server() -> Iterator[AwsServer]:
    with aws_server() as made:
        yield made


def ask(door: Door, patience: Patience = QUICK) -> dict[str, Any]:
    return door.call("GetItem", {"TableName": "t"}, patience)


def answered(server: AwsServer, *faults: Fault) -> Door:
    server.faults += [*faults, *[says(http(200, FOUND))] * 20]
    return server.door()


def test_given_many_requests_when_asked_one_after_the_other_then_one_connection_carries_them(server: AwsServer) -> None:
    door = answered(server)

    assert [ask(door) for _ in range(10)] == [FOUND] * 10
    assert server.connections == 1


def test_given_an_idle_connection_that_the_peer_closed_when_asked_then_a_new_one_is_made_at_once(
    server: AwsServer,
) -> None:
    door = answered(server)
    ask(door)
    server.hang_up()
    time.sleep(0.05)

    assert ask(door, Patience(0.5, (0.2,))) == FOUND
    assert server.connections == 2


def test_given_threads_when_they_ask_at_once_then_each_gets_its_own_answer(server: AwsServer) -> None:
    server.faults += [lambda request, _: http(200, {"echo": request.body.decode()})] * 200

    door = server.door()
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda n: door.call("GetItem", {"n": n}, Patience(1, (5,)))["echo"], range(200)))

    assert found == [f'{{"n":{n}}}' for n in range(200)]
    assert server.connections <= 8


@pytest.mark.parametrize(
    "fault",
    [
        never,
        lambda request, _: time.sleep(0.3),
        says(http(500, {"__type": "InternalServerError"})),
        says(http(400, {"__type": "com.amazon.coral.availability#ThrottlingException"})),
        says(http(400, {"__type": "x#ProvisionedThroughputExceededException"})),
        says(b"HTTP/1.1 503 X\r\ncontent-length: 4\r\n\r\nbusy"),
        says(b"HTTP/1.1 200 OK\r\n\r\n{}"),
        says(b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n{}"),
        says(b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{}"),
        says(b"HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n{}"),
        says(b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n{}"),
        says(b"HTTP/1.1 100 Continue\r\n\r\n"),
        says(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n"),
        says(b"SSH-2.0-OpenSSH\r\n\r\n"),
        says(b"x" * 70_000),
    ],
)
def test_given_no_answer_the_first_time_when_asked_then_it_is_asked_again_and_answered(
    server: AwsServer, fault: Fault
) -> None:
    assert ask(answered(server, fault)) == FOUND


def test_given_an_answer_that_comes_too_late_when_asked_again_then_nobody_takes_it_for_his_own(
    server: AwsServer,
) -> None:
    door = answered(server, lambda request, _: time.sleep(0.2) or http(200, {"late": True}))

    assert ask(door) == FOUND
    time.sleep(0.2)
    assert ask(door) == FOUND


@pytest.mark.parametrize("fault", [never, lambda request, _: time.sleep(1)])
def test_given_no_answer_at_any_attempt_when_asked_then_it_says_so_in_time(server: AwsServer, fault: Fault) -> None:
    server.faults += [fault] * 2
    began = time.monotonic()

    with pytest.raises(Unanswered, match=r"dynamodb GetItem: .* at attempt 2"):
        ask(server.door())

    assert server.calls["GetItem"] == 2
    assert time.monotonic() - began < 1  # nobody waits for the server's second


def test_given_nobody_listens_when_asked_then_it_is_unanswered(server: AwsServer) -> None:
    environment = {**server.environment(), "AWS_ENDPOINT_URL": "http://127.0.0.1:9"}

    with pytest.raises(Unanswered, match="ConnectionRefusedError"):
        ask(Door(DYNAMODB, environment))


def test_given_a_refusal_when_asked_then_it_is_named_and_not_asked_again(server: AwsServer) -> None:
    content = {"__type": "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException", "Item": {"pk": {"S": "x"}}}
    server.faults.append(says(http(400, content)))

    with pytest.raises(Refused) as refused:
        ask(server.door())

    assert (refused.value.code, refused.value.content["Item"]) == (
        "ConditionalCheckFailedException",
        {"pk": {"S": "x"}},
    )
    assert server.calls["GetItem"] == 1


def test_given_a_refusal_that_is_no_json_when_asked_then_its_status_names_it(server: AwsServer) -> None:
    server.faults.append(says(b"HTTP/1.1 403 X\r\ncontent-length: 6\r\n\r\ndenied"))

    with pytest.raises(Refused, match="HTTP 403"):
        ask(server.door())


@pytest.mark.parametrize(
    ("answer", "connections"),
    [
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;a=b\r\n{}\r\n0\r\n\r\n", 1),
        (b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}", 2),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}", 2),
    ],
)
def test_given_other_ways_to_end_a_reply_when_asked_then_it_is_read(
    server: AwsServer, answer: bytes, connections: int
) -> None:
    server.faults += [says(answer)] * 2
    door = server.door()

    assert (ask(door), ask(door)) == ({}, {})
    assert server.connections == connections


def test_given_a_role_whose_credentials_are_renewed_when_asked_then_the_new_ones_sign(server: AwsServer) -> None:
    environment = server.environment()
    server.faults += [says(http(200, FOUND))] * 2
    door = Door(DYNAMODB, environment)
    ask(door)
    environment.update(AWS_ACCESS_KEY_ID="NEW", AWS_SESSION_TOKEN="token")
    ask(door)

    assert "Credential=AKID/" in server.seen[0].headers["authorization"]
    assert "Credential=NEW/" in server.seen[1].headers["authorization"]
    assert server.seen[1].headers["x-amz-security-token"] == "token"


@pytest.mark.parametrize(
    ("environment", "host"),
    [
        ({"AWS_REGION": "cn-north-1"}, "dynamodb.cn-north-1.amazonaws.com.cn"),
        ({"AWS_REGION": "eu-west-1"}, "dynamodb.eu-west-1.amazonaws.com"),
        ({"AWS_REGION": "x", "AWS_ENDPOINT_URL": "http://localhost:4566/"}, "localhost:4566"),
        ({"AWS_ENDPOINT_URL": "http://a", "AWS_ENDPOINT_URL_DYNAMODB": "https://b:1"}, "b:1"),
    ],
)
def test_given_an_environment_when_the_address_is_sought_then_it_is_as_the_sdks_have_it(
    environment: Mapping[str, str], host: str
) -> None:
    assert address_of(DYNAMODB, environment).host_header == host


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ({}, "AWS_REGION"),
        ({"AWS_ENDPOINT_URL": "http://x/path"}, "endpoint of secretsmanager"),
        ({"AWS_ENDPOINT_URL": "x:1"}, "endpoint of secretsmanager"),
    ],
)
def test_given_an_environment_that_lacks_something_when_it_is_needed_then_it_is_named(
    environment: Mapping[str, str], named: str
) -> None:
    with pytest.raises(RuntimeError, match=named):
        address_of(SECRETS, environment)


def test_given_no_credentials_when_needed_then_they_are_named() -> None:
    with pytest.raises(RuntimeError, match="AWS_ACCESS_KEY_ID"):
        credentials_of({})


def test_given_a_write_whose_answer_comes_late_when_asked_again_then_both_arrive_and_the_second_answer_counts(
    server: AwsServer, aws: None
) -> None:
    server.faults += [late(0.2), lost]

    door = server.door()
    asked = {"TableName": "bids_table", "Key": {"pk": {"S": "nobody"}}}
    assert door.call("GetItem", asked, Patience(0.5, (0.1, 0.5, 2.0))) == {}
    assert server.calls["GetItem"] == 3
