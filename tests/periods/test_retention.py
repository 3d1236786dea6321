"""After its time a period's personal data can't be opened any more, by anybody; its books stand."""

from __future__ import annotations

import os

import pytest

from chalicelib.kernel.aws import client
from chalicelib.kernel.clock import SetClock
from chalicelib.kernel.data_keys import WrappedKeys, destroy_keys
from chalicelib.kernel.errors import Gone
from chalicelib.kernel.ids import SystemEntropy
from chalicelib.kernel.privacy import Vault
from chalicelib.periods import retention
from chalicelib.periods.listing import listed_periods
from chalicelib.periods.plan import nominal
from chalicelib.periods.problems import list_problems
from chalicelib.periods.records import PeriodState, move, save_plan
from chalicelib.periods.rules import load_rules
from chalicelib.refunds.records import FailedRecord, period_of
from chalicelib.refunds.rules import Source, refund_number

pytestmark = pytest.mark.usefixtures("aws")
DAYS = 1_830
MONTH, NEXT = "2026-03", "2026-04"


def finished(name: str, *, state: PeriodState = PeriodState.FINISHED) -> int:
    """A period in its last state; when it ended."""
    averages = {"individual": 1_500_000, "unit": 1_900_000}
    quotas = {"individual": 100, "unit": 10}
    lows = {"individual": (1_260_000,), "unit": (1_500_000,)}
    plan = nominal(
        name, load_rules("hangzhou"), quotas, last_average_fen=averages, lows_fen=lows, last_mean_fen=averages
    )
    save_plan(plan, PeriodState.DRAFT, "planner")
    move(name, state, since=(PeriodState.DRAFT,))
    return plan.at("month_end")


def vault() -> Vault:
    """As a process that starts now has it: nothing in memory."""
    keys = WrappedKeys(
        client("kms"), client("dynamodb"), os.environ["KEYS_TABLE"], os.environ["PRIVACY_KEY"], SetClock(1)
    )
    return Vault(keys, b"l" * 32, SystemEntropy())


def run(now_ms: int) -> dict[str, int]:
    table = os.environ["KEYS_TABLE"]
    return retention.destroy_what_is_due(
        now_ms, DAYS, lambda name: destroy_keys(client("dynamodb"), table, name, now_ms)
    )


def test_given_a_month_whose_time_is_over_then_its_names_never_open_again_and_the_next_months_do() -> None:
    due_ms = finished(MONTH) + DAYS * retention.DAY_MS
    finished(NEXT)
    name, phone, later = (
        vault().seal(text, owner)
        for text, owner in (("王小明", f"{MONTH}/a"), ("13800000001", f"{MONTH}/b"), ("李雷", f"{NEXT}/a"))
    )
    # Not a millisecond before
    assert run(due_ms - 1) == {}
    assert vault().open(name, f"{MONTH}/a") == "王小明"
    assert run(due_ms) == {MONTH: 1}
    for sealed, owner in ((name, f"{MONTH}/a"), (phone, f"{MONTH}/b")):
        with pytest.raises(Gone) as gone:
            vault().open(sealed, owner)
        assert (gone.value.code, gone.value.status) == ("PERSONAL_DATA_DESTROYED", 410)
    assert vault().open(later, f"{NEXT}/a") == "李雷"
    # And once is enough
    assert run(due_ms + 1) == {}


def test_given_destroyed_keys_then_nobody_seals_for_that_month_under_their_numbers() -> None:
    due_ms = finished(MONTH) + DAYS * retention.DAY_MS
    vault().seal("王小明", f"{MONTH}/a")
    run(due_ms)
    with pytest.raises(Gone):
        vault().seal("王小明", f"{MONTH}/a")
    # And the item says when its key went
    item = client("dynamodb").get_item(
        TableName=os.environ["KEYS_TABLE"], Key={"pk": {"S": MONTH}, "sk": {"S": "000001"}}
    )["Item"]
    assert item["destroyed_at_ms"] == {"N": str(due_ms)}
    assert "wrapped" not in item


@pytest.mark.parametrize("state", [PeriodState.RUNNING, PeriodState.STOPPED])
def test_given_a_month_that_never_ended_then_its_keys_stay_and_operators_are_told(state: PeriodState) -> None:
    due_ms = finished(MONTH, state=state) + DAYS * retention.DAY_MS
    sealed = vault().seal("王小明", f"{MONTH}/a")
    assert run(due_ms) == {}
    assert vault().open(sealed, f"{MONTH}/a") == "王小明"
    assert [each.code for each in list_problems(MONTH)] == ["RETENTION_OVERDUE"]
    assert listed_periods() == [MONTH]


def test_a_refund_s_payee_is_sealed_with_its_period_s_key_though_its_number_leads() -> None:
    number = refund_number(MONTH, Source.DEPOSIT, "3301260000001", 1)
    assert period_of(number) == MONTH
    failure = FailedRecord("pk", number)
    assert failure.period == MONTH
    sealed = vault().seal("6222020000000000", failure.owner, period=failure.period)
    assert sealed.startswith(f"{MONTH}.")
    # What an earlier version sealed with the hub's key opens all the same
    before = vault().seal("6222020000000000", failure.owner)
    assert before.startswith("hub.")
    assert {vault().open(each, failure.owner) for each in (sealed, before)} == {"6222020000000000"}
