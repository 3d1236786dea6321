"""A file that goes out as two requests, of which the bank takes one and turns the other away: nothing stays in transit,
and nothing leaves twice."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.kernel.errors import FileRefused, Pending
from chalicelib.kernel.tables import Transaction
from chalicelib.periods.problems import list_problems
from chalicelib.refunds import accounts, again, handing, records
from chalicelib.refunds.accounts import Account, give_account
from chalicelib.refunds.preparing import Means, encode, prepare
from chalicelib.refunds.returns import apply_return, fetch_return
from chalicelib.refunds.rules import RefundState
from chalicelib.refunds.sending import release, send
from integrations.minsheng.client import MinshengBank, login_from
from integrations.minsheng.envelope import write_request
from integrations.minsheng.simulator import MinshengSimulator
from tests.deposits.deposit_month import DEPOSIT, PERIOD, PLAN, DepositMonth, account_no, code, name
from tests.refunds.test_money_never_lost import empty_tables

OWN, OTHER = "batchCostReimb", "batchXfer"
LOGIN = ("client", "user", "password")
CARDS = [f"622622000000000{number}" for number in range(2)] + [account_no(number) for number in (2, 3)]


class KilledError(BaseException):
    """The function's process ends: nothing of it is carried out any more."""


@dataclass
class Death:
    """Comes at the so-many-th call of anything outside the process, before or after it took effect."""

    calls_left: int = -1
    after: bool = False

    def meet(self, does: Any) -> Any:
        self.calls_left -= 1
        if self.calls_left == 0 and not self.after:
            raise KilledError
        told = does()
        if self.calls_left == 0:
            raise KilledError
        return told


@dataclass
class MinshengInProcess(MinshengBank):
    """The real client over the simulator, without a wire."""

    simulator: MinshengSimulator
    clock: Any
    death: Death = field(default_factory=Death)

    def __post_init__(self) -> None:
        super().__init__("http://nowhere", login_from(":".join(LOGIN)), "600033029", self.clock)

    def _call(self, trn_code: str, body: str, number: str) -> bytes:
        asked = write_request(trn_code, body, self._login, self.clock.now_ms(), self._profile)
        status, told = self.death.meet(lambda: self.simulator.answer(self._profile.content_type, asked))
        if status != 200:
            raise Pending("BANK_SILENT", f"{trn_code} {number}")
        return told


class Month:
    """Two with the bank's own cards and two with others' lost; their money goes back through Minsheng."""

    def __init__(self) -> None:
        self.month = DepositMonth(applicants=4)
        for number, card in enumerate(CARDS):
            self.month.pay(number, account=card)
        self.month.take_statement()
        self.month.close_auction(winners=[])
        self.month.clock.at_ms = PLAN.at("refunds_1_by")
        self.simulator = MinshengSimulator(LOGIN, "600033029", now_ms=self.month.clock.now_ms)
        self.simulator._server.server_close()
        self.bank = MinshengInProcess(self.simulator, self.month.clock)

    def means(self) -> Means:
        return replace(self.month.means(), bank=lambda _: self.bank)

    def ready(self, batch: str) -> str:
        [file] = prepare(batch, self.means())["files"]
        release(PERIOD, batch, "approver")
        return str(file["batch_no"])

    def take_return(self, batch_no: str) -> dict[str, int]:
        taken = len(list(self.month.files.keys("inbox", f"hangzhou/return/{PERIOD}/{batch_no}/"))) // 2
        return apply_return(batch_no, fetch_return(batch_no, taken, self.means()), self.means())

    def run(self, batch: str) -> dict[str, int]:
        batch_no = self.ready(batch)
        send(batch_no, self.means())
        return self.take_return(batch_no)

    def paid(self) -> list[str]:
        """To whom the bank paid, by name."""
        rows = (row for each in self.simulator.account.batches.values() for row in each.payments)
        return sorted(row.name for row in rows)

    def states(self, batch: str) -> list[str]:
        return sorted(str(each.state) for each in records.refunds(PERIOD) if each.batch == batch)


@pytest.fixture
def scene(aws: None) -> Month:
    return Month()


EVERYBODY = [name(number) for number in range(4)]


@pytest.mark.parametrize(("part", "left"), [(OWN, EVERYBODY[2:]), (OTHER, EVERYBODY[:2])])
def test_given_a_part_turned_away_when_the_month_goes_on_then_it_alone_goes_again_under_new_numbers(
    scene: Month, part: str, left: list[str]
) -> None:
    scene.simulator.faults[f"turn_away:{part}"] = 1
    batch_no = scene.ready("1")

    assert [send(batch_no, scene.means())["state"] for _ in range(2)] == ["sent", "sent"]
    assert scene.paid() == left
    assert [each.code for each in list_problems(PERIOD)] == ["BATCH_REFUSED_IN_PART"]
    assert scene.take_return(batch_no) == {"paid": 2, "failed": 2, "pending": 0}
    assert "transit:hangzhou" not in scene.month.balances()
    assert scene.month.balances()[f"returnable:{PERIOD}"] == -2 * DEPOSIT
    waiting = accounts.failed_list(scene.month.files, scene.month.vault, PERIOD)
    assert (waiting["count"], waiting["answered"]) == (2, 2)

    assert scene.run("again-1") == {"paid": 2, "failed": 0, "pending": 0}
    assert scene.paid() == EVERYBODY
    assert scene.states("1") == ["paid", "paid", "replaced", "replaced"]
    assert {"returnable:2026-03", "held:2026-03", "transit:hangzhou"}.isdisjoint(scene.month.balances())


def test_given_all_of_a_file_turned_away_when_asked_then_all_of_it_goes_again_and_the_batch_is_at_its_end(
    scene: Month,
) -> None:
    scene.simulator.faults["turn_away"] = 2

    assert scene.run("1") == {"paid": 0, "failed": 4, "pending": 0}
    assert scene.run("again-1") == {"paid": 4, "failed": 0, "pending": 0}
    assert scene.paid() == EVERYBODY
    assert again._ended(PERIOD, "1")


def test_given_another_account_for_a_payment_turned_away_when_sent_again_then_it_goes_there(scene: Month) -> None:
    scene.simulator.faults[f"turn_away:{OTHER}"] = 1
    scene.run("1")
    account = Account("6222990000000000001", name(2))
    assert give_account(PERIOD, code(2), account, vault=scene.month.vault, now_ms=1) == 1

    scene.run("again-1")
    rows = [row for each in scene.simulator.account.batches.values() for row in each.payments]
    assert [row.account for row in rows if row.name == name(2)] == ["6222990000000000001"]


def test_given_one_part_turned_away_and_no_answer_about_the_other_when_sent_then_nothing_counts_yet(
    scene: Month,
) -> None:
    scene.simulator.faults.update({f"turn_away:{OWN}": 1, f"mute:{OTHER}": 1})
    batch_no = scene.ready("1")
    with pytest.raises(Pending, match="BANK_SILENT"):
        send(batch_no, scene.means())
    file = records.get_file(PERIOD, batch_no)
    assert (file.state, file.refused_refs) == ("sending", frozenset())

    # Handed over once more under the same numbers, the bank takes what it turned away before.
    assert send(batch_no, scene.means())["state"] == "sent"
    assert scene.take_return(batch_no)["paid"] == 4
    assert scene.paid() == EVERYBODY


def test_given_a_refusal_that_the_bank_does_not_confirm_when_asked_then_its_rows_count_and_nothing_is_sent_again(
    scene: Month,
) -> None:
    scene.simulator.faults[f"turn_away:{OWN}"] = 1
    batch_no = scene.ready("1")
    send(batch_no, scene.means())
    # Somebody's request was still on its way: by now the bank has it.
    scene.bank.send_batch(encode(records.get_file(PERIOD, batch_no), scene.means()))

    assert scene.take_return(batch_no) == {"paid": 4, "failed": 0, "pending": 0}
    assert prepare("again-1", scene.means())["count"] == 0


def test_given_no_clear_answer_about_what_was_turned_away_when_fetched_then_it_stays_in_transit(scene: Month) -> None:
    scene.simulator.faults[f"turn_away:{OWN}"] = 1
    batch_no = scene.ready("1")
    send(batch_no, scene.means())
    scene.simulator.faults["unknown:qryBatchCostReimb"] = 1

    with pytest.raises(Pending, match="BANK_SILENT"):
        scene.take_return(batch_no)
    assert scene.states("1") == [RefundState.SENT] * 4


def test_given_a_run_that_died_while_it_sent_when_a_later_one_is_turned_away_then_it_waits_until_the_first_is_over(
    scene: Month,
) -> None:
    batch_no = scene.ready("1")
    scene.bank.death = Death(4)  # as it hands over the second request
    with pytest.raises(KilledError):
        send(batch_no, scene.means())
    scene.simulator.faults[f"turn_away:{OTHER}"] = 2

    with pytest.raises(Pending, match="REFUSAL_UNSETTLED"):
        send(batch_no, scene.means())
    assert records.get_file(PERIOD, batch_no).state == "sending"
    scene.month.clock.advance(handing.LIVES_MS_MAX)
    assert send(batch_no, scene.means())["state"] == "sent"
    assert scene.take_return(batch_no) == {"paid": 2, "failed": 2, "pending": 0}


def test_given_another_run_that_began_meanwhile_when_turned_away_then_the_refusal_does_not_count(
    scene: Month, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch_no = scene.ready("1")
    scene.simulator.faults[f"turn_away:{OTHER}"] = 1
    hand = scene.bank.send_batch

    def while_another_begins(encoded: Any) -> None:
        monkeypatch.setattr(scene.bank, "send_batch", hand)
        try:
            hand(encoded)
        finally:
            send(batch_no, scene.means())

    monkeypatch.setattr(scene.bank, "send_batch", while_another_begins)
    with pytest.raises(Pending, match="REFUSAL_UNSETTLED"):
        send(batch_no, scene.means())

    assert (send(batch_no, scene.means())["state"], scene.paid()) == ("sent", EVERYBODY)
    assert scene.take_return(batch_no)["paid"] == 4


def test_given_a_bank_that_refuses_a_whole_file_when_the_run_dies_among_its_payments_then_it_is_not_handed_over_again(
    aws: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    month = DepositMonth(applicants=2)
    month.pay(0)
    month.pay(1)
    month.take_statement()
    month.close_auction(winners=[])
    batch_no = prepare("1", month.means())["files"][0]["batch_no"]
    release(PERIOD, "1", "approver")

    def refuse(file: object) -> None:
        raise FileRefused("BATCH_REFUSED", "银行拒收")

    with monkeypatch.context() as patch, _mortal(Death(7)):
        patch.setattr(month.bank, "send_batch", refuse)
        # After two payments' steps and three of the file's, one payment comes back, and at the next the run dies.
        with pytest.raises(KilledError):
            send(batch_no, month.means())
    states = sorted(str(each.state) for each in records.refunds(PERIOD))
    assert states == ["failed", "sent"]

    assert send(batch_no, month.means())["state"] == "refused"
    assert not month.account.payments
    assert "transit:hangzhou" not in month.balances()


def test_given_the_function_s_time_out_then_no_run_outlives_what_is_said_of_it() -> None:
    config = json.loads((Path(__file__).resolve().parents[2] / ".chalice" / "config.json").read_text())

    assert config["lambda_functions"]["refunds"]["lambda_timeout"] * 1_000 <= handing.LIVES_MS_MAX


@contextmanager
def _mortal(death: Death) -> Iterator[None]:
    commit = Transaction.commit
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Transaction, "commit", lambda self: death.meet(lambda: commit(self)))
        yield


FAULTS = ("turn_away", "turn_away", "mute", "unknown", "half", "garbage", "refuse")
CODES = (OWN, OTHER, "qryBatchCostReimb", "qryBatchXfer")
STEPS = ("send", "send", "fetch", "wait")


@given(
    st.dictionaries(st.tuples(st.sampled_from(FAULTS), st.sampled_from(CODES)), st.integers(1, 2), max_size=5),
    st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 14), st.booleans()), max_size=6),
)
@settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck))
def test_given_any_refusals_losses_deaths_and_repeats_when_carried_through_then_everybody_is_paid_once(
    aws: None, faults: dict[tuple[str, str], int], steps: list[tuple[str, int, bool]]
) -> None:
    empty_tables()
    scene = Month()
    scene.simulator.faults.update({f"{fault}:{trn}": times for (fault, trn), times in faults.items()})
    batch_no = scene.ready("1")
    does = {
        "send": lambda: send(batch_no, scene.means()),
        "fetch": lambda: scene.take_return(batch_no),
        "wait": lambda: scene.month.clock.advance(handing.LIVES_MS_MAX),
    }
    for step, dies_at, after in steps:
        death = Death(dies_at or -1, after=after)
        scene.bank.death = death
        with _mortal(death), suppress(Pending, KilledError):
            if step != "fetch" or records.get_file(PERIOD, batch_no).state in ("sent", "returned"):
                does[step]()
    scene.bank.death = Death()
    for _ in range(20):
        scene.month.clock.advance(handing.LIVES_MS_MAX)
        with suppress(Pending):
            send(batch_no, scene.means())
            break
    scene.simulator.faults.clear()
    counts = scene.take_return(batch_no)
    assert (counts["paid"] + counts["failed"], counts["pending"]) == (4, 0)
    if counts["failed"]:
        assert scene.run("again-1") == {"paid": counts["failed"], "failed": 0, "pending": 0}

    assert scene.paid() == EVERYBODY
    by_account = scene.month.balances()
    paid_fen = sum(int(each["amount_fen"]) for each in scene.simulator.account.payments)
    # What came in by the other bank's statement left here: 4 deposits, and the interest on top.
    assert by_account == {
        "bank:hangzhou": 4 * DEPOSIT - paid_fen,
        "interest_expense": paid_fen - 4 * DEPOSIT,
    }
