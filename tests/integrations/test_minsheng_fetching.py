"""What the client fetches from the bank's simulator, over real HTTP: days, results, and whatever else may come back."""

from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from minsheng_desk import ACCOUNT_NO, BATCH_NO, LOGIN, NIGHT, SECRET, credit, lines, post, read

from chalicelib.kernel.clock import SetClock, at_shanghai
from chalicelib.kernel.errors import Conflict, FileRefused, HubError, Pending, TooEarlyOrLate
from integrations.minsheng import client as client_module
from integrations.minsheng.client import MinshengBank, login_from
from integrations.minsheng.simulator import MinshengSimulator
from integrations.ports import PaymentOutcome

DAY = date(2026, 3, 10)


@pytest.fixture
def clock():
    return SetClock(NIGHT)


@pytest.fixture
def bank(clock):
    with MinshengSimulator(LOGIN, ACCOUNT_NO, now_ms=clock.now_ms) as simulator:
        yield simulator


@pytest.fixture
def client(bank, clock):
    return MinshengBank(bank.url, login_from(SECRET), ACCOUNT_NO, clock, timeout_seconds=(3.05, 5.0))


def test_given_credits_when_the_day_is_over_then_its_pages_make_the_statement(bank, client):
    bank._page_max = 2
    post(bank, "/_credits", [credit(number) for number in range(5)])
    post(bank, "/_credits", [credit(0)])

    file = client.fetch_statement(DAY)

    statement = read(client, file, client.read_statement)
    assert file.name == "CMBC_STMT_20260310.pull"
    assert (statement.day, statement.opening_fen, statement.closing_fen, statement.problems) == (DAY, 0, 1_000_000, ())
    assert [line.memo for line in statement.lines] == [f"12345678901{number:02d}" for number in range(5)]
    assert {line.account_name for line in statement.lines} == {"\u3400乛亅"}


def test_given_days_with_and_without_bookings_when_fetched_then_each_opens_where_the_last_closed(bank, client):
    later = at_shanghai("2026-03-10T09:00:00") + 2 * 86_400_000
    post(bank, "/_credits", [credit(1), credit(2, 150_000, later)])
    client._clock.advance(3 * 86_400_000)

    days = [read(client, client.fetch_statement(date(2026, 3, day)), client.read_statement) for day in range(9, 14)]

    assert [(each.opening_fen, each.closing_fen) for each in days] == [
        (0, 0),
        (0, 200_000),
        (200_000, 200_000),
        (200_000, 350_000),
        (350_000, 350_000),
    ]
    assert client.balance_fen() == 350_000


def test_given_a_day_that_is_not_over_when_fetched_then_it_is_too_early(client):
    with pytest.raises(TooEarlyOrLate, match="DAY_NOT_OVER"):
        client.fetch_statement(date(2026, 3, 11))


def test_given_a_bank_still_at_work_when_the_return_is_fetched_then_it_is_pending_until_done(bank, client):
    post(bank, "/_slow", {"slow": True})
    file = client.write_batch(BATCH_NO, lines(1))
    client.send_batch(file)

    with pytest.raises(Pending):
        client.fetch_return(file)
    post(bank, "/_finish", {})
    assert read(client, client.fetch_return(file), client.read_return).lines[0].outcome is PaymentOutcome.PAID


@pytest.mark.parametrize("fault", ["mute", "unknown", "half", "garbage", "refuse"])
@pytest.mark.parametrize("code", ["qryDtl", "qryBal"])
def test_given_no_clear_answer_when_a_day_is_fetched_then_it_is_pending(bank, client, fault, code):
    post(bank, "/_faults", {f"{fault}:{code}": 1})

    with pytest.raises(Pending, match="BANK_SILENT"):
        client.fetch_statement(DAY)

    assert read(client, client.fetch_statement(DAY), client.read_statement).closing_fen == 0


def test_given_a_total_that_is_not_the_rows_when_fetched_then_it_is_never_a_statement(bank, client):
    post(bank, "/_credits", [credit(1)])
    post(bank, "/_faults", {"wrong_total:qryDtl": 1})

    with pytest.raises(Pending):
        client.fetch_statement(DAY)


def test_given_a_row_twice_when_fetched_then_it_is_listed_and_counts_once(bank, client):
    post(bank, "/_credits", [credit(1), credit(2)])
    post(bank, "/_faults", {"duplicate:qryDtl": 1})

    statement = read(client, client.fetch_statement(DAY), client.read_statement)

    assert (len(statement.lines), statement.closing_fen) == (2, 400_000)
    assert [problem.field for problem in statement.problems] == ["serial"]


def test_given_a_result_twice_when_fetched_then_it_is_listed_and_counts_once(bank, client):
    file = client.write_batch(BATCH_NO, lines(2))
    client.send_batch(file)
    post(bank, "/_faults", {"duplicate:qryBatchCostReimb": 1})

    back = read(client, client.fetch_return(file), client.read_return)

    assert (len(back.lines), [problem.field for problem in back.problems]) == (2, ["line"])


class Canned:
    """An answer of the HTTP library's."""

    status_code = 200

    def __init__(self, content: bytes) -> None:
        self.content = content


replies = st.one_of(
    st.binary(max_size=120),
    st.builds(
        lambda code, status, body: (
            f'<?xml version="1.0" encoding="GB2312"?><CMBC trnCode="{code}"><responseHeader><status>'
            f"<code>{status}</code></status></responseHeader><xDataBody>{body}</xDataBody></CMBC>"
        ).encode("gb18030"),
        st.sampled_from(["qryBatchCostReimb", "batchCostReimb", "qryDtl", "qryBal"]),
        st.sampled_from(["0", "E1602", "E1001", "E1002", "WEC02", "??"]),
        st.sampled_from(
            [
                "",
                f"<insId>{BATCH_NO}C</insId>",
                f"<insId>{BATCH_NO}C</insId><statusCode>0</statusCode><fileContent>1|2|3|4|5|6</fileContent>",
                "<totalNum>0</totalNum>",
                "<totalNum>3</totalNum><dtlInfo/>",
                "<acntInfo><acntNo>600033029</acntNo><balance>1.00</balance></acntInfo>",
            ]
        ),
    ),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(replies, min_size=1, max_size=4))
def test_given_any_replies_when_asked_then_the_answer_is_clear_or_one_of_the_named_errors(monkeypatch, told):
    left = iter(told * 50)
    monkeypatch.setattr(client_module.requests, "post", lambda *_, **__: Canned(next(left)))
    client = MinshengBank("http://127.0.0.1:9", login_from(SECRET), ACCOUNT_NO, SetClock(NIGHT))
    file = client.write_batch(BATCH_NO, lines(1))
    calls = (
        lambda: client.send_batch(file),
        lambda: client.ask_batch(file),
        lambda: client.fetch_return(file),
        lambda: client.fetch_statement(DAY),
        client.balance_fen,
    )
    for call in calls:
        try:
            call()
        except HubError as error:
            assert isinstance(error, Pending | FileRefused | Conflict)  # noqa: PT017
