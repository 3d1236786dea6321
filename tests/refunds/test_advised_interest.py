"""A bank's own interest: its figure is paid and booked, what differs is listed, and what was heard once stays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from chalicelib.deposits.rules import interest_fen
from chalicelib.kernel.errors import Conflict
from chalicelib.ledger import records as ledger
from chalicelib.periods.problems import list_problems
from chalicelib.refunds import preparing, records
from chalicelib.refunds.accounts import Account, give_account
from chalicelib.refunds.advised import list_unheard
from chalicelib.refunds.preparing import prepare
from chalicelib.refunds.returns import apply_return
from chalicelib.refunds.sending import release, send
from integrations.bank_of_hangzhou.simulator import paper
from tests.deposits.deposit_month import CHANNEL, DEPOSIT, PERIOD, PLAN, RULES, DepositMonth, account_no, code, name

DAY = PLAN.day("refunds_1_by")
RATES = [(rate.from_date, rate.annual_rate_ppm) for rate in RULES.interest.rates]


def own_fen(month: DepositMonth, serial: str, principal_fen: int = DEPOSIT) -> int:
    """By the dated rates."""
    day = month.account.bookings[serial].value_date
    arrived = DAY.replace(month=int(day[4:6]), day=int(day[6:]))
    return interest_fen(principal_fen, arrived, DAY, RATES, RULES.interest.day_count)


@pytest.fixture
def month(aws: None) -> DepositMonth:
    """Three paid, one of them too little; everybody lost."""
    made = DepositMonth(applicants=3)
    made.pay(0)
    made.pay(1)
    made.pay(2, amount_fen=DEPOSIT - 1)
    made.take_statement()
    made.close_auction(winners=[])
    made.clock.at_ms = PLAN.at("refunds_1_by")
    return made


def advise(month: DepositMonth, **odd: int) -> str:
    return month.account.advise_interest(PERIOD, DAY.isoformat(), RATES[-1][1], odd)


def run(month: DepositMonth, batch: str) -> dict[str, int]:
    prepared = prepare(batch, month.means())
    release(PERIOD, batch, "approver")
    counts: dict[str, int] = {}
    for file in prepared["files"]:
        send(file["batch_no"], month.means())
        key = f"{CHANNEL}/return/{PERIOD}/{file['batch_no']}/HZB_RTN_{file['batch_no']}.txt"
        counts = apply_return(file["batch_no"], key, month.means())
    return counts


def by_serial(month: DepositMonth) -> dict[str, int]:
    """Interest that the bank itself paid, by the credit's serial."""
    payer = {each.account: serial for serial, each in month.account.bookings.items() if each.direction == "C"}
    principal = {serial: each.amount_fen for serial, each in month.account.bookings.items()}
    left = {payer[str(each["account"])]: int(each["amount_fen"]) for each in month.account.payments}
    return {serial: fen - principal[serial] for serial, fen in left.items()}


def test_given_a_bank_s_figures_when_refunded_then_they_are_paid_and_booked_and_what_differs_is_listed(
    month: DepositMonth,
) -> None:
    serials = [serial for serial, each in month.account.bookings.items() if each.direction == "C"]
    own = {serial: own_fen(month, serial, month.account.bookings[serial].amount_fen) for serial in serials}
    key = advise(month, HZ00000001=7, HZ00000003=1)

    assert run(month, "1") == {"paid": 3, "failed": 0, "pending": 0}

    paid = by_serial(month)
    told = dict(zip(serials, (7, 0, 1), strict=True))
    assert all(abs(paid[serial] - told[serial] - own[serial]) <= 1 for serial in serials)
    assert paid["HZ00000001"] != own["HZ00000001"]
    listed = list_problems(PERIOD)
    assert [(each.source, each.code, each.problem.line) for each in listed] == [(key, "INTEREST_DIFFERS", 2)]
    assert listed[0].problem.found == str(paid["HZ00000001"])
    assert listed[0].problem.remedy.startswith(f"{own['HZ00000001']} by the dated rates")
    assert month.balances()["interest_expense"] == sum(paid.values())
    assert sum(int(each.interest_fen) for each in records.refunds(PERIOD)) == sum(paid.values())
    month.take_statement()
    expense = [leg for entry in ledger.entries(PERIOD) for leg in entry.legs if leg.account == "interest_expense"]
    assert sum(leg.amount_fen for leg in expense) == sum(paid.values())


def test_given_figures_that_come_after_the_batch_is_made_then_ours_stand_and_they_are_listed(
    month: DepositMonth,
) -> None:
    first = prepare("1", month.means())
    key = advise(month, HZ00000001=7)

    assert prepare("1", month.means()) == first
    assert [list_unheard(month.files, PLAN, (CHANNEL,)) for _ in range(2)] == [1, 1]
    assert [(each.source, each.code) for each in list_problems(PERIOD)] == [(key, "INTEREST_LATE")]


def test_given_a_run_that_died_before_figures_came_when_prepared_again_then_it_is_the_same_batch(
    month: DepositMonth, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = {serial: own_fen(month, serial) for serial in ("HZ00000001", "HZ00000002")}
    write = preparing.write_down
    written: list[object] = []

    def then_die(*given: object) -> None:
        if written:
            raise RuntimeError
        written.append(given)
        write(*given)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(preparing, "write_down", then_die)
        with pytest.raises(RuntimeError):
            prepare("1", month.means())
    advise(month, HZ00000001=500, HZ00000002=500)

    run(month, "1")
    paid = by_serial(month)
    assert {serial: paid[serial] for serial in own} == own


def _half(content: bytes) -> bytes:
    return content[: len(content) // 2]


def _wrong_total(content: bytes) -> bytes:
    head, rest = content.split(b"\n", 1)
    return head.rpartition(b"|")[0] + b"|1\n" + rest


def _other_day(content: bytes) -> bytes:
    return content.replace(f"{DAY:%Y%m%d}".encode(), b"20260405", 1)


@pytest.mark.parametrize(
    ("spoil", "fits", "code_listed"),
    [(_half, False, "DIGEST_DIFFERS"), (_wrong_total, True, "TOTAL_DIFFERS"), (_other_day, True, "DAY_DIFFERS")],
)
def test_given_a_file_that_is_wrong_as_a_whole_then_it_is_listed_and_the_one_before_it_counts(
    month: DepositMonth, spoil: Callable[[bytes], bytes], fits: bool, code_listed: str
) -> None:
    key = advise(month, HZ00000001=7)
    content = spoil(month.files.read("inbox", key))
    later = key.replace(".txt", "_2.txt")
    month.files.write("inbox", later, content)
    sidecar = paper.sidecar(content, later) if fits else month.files.read("inbox", f"{key}.sm3")
    month.files.write("inbox", f"{later}.sm3", sidecar)

    run(month, "1")

    assert [(each.source, each.code) for each in list_problems(PERIOD)] == [
        (key, "INTEREST_DIFFERS"),
        (later, code_listed),
    ]


def test_given_a_figure_for_another_principal_or_none_then_ours_counts_and_it_is_listed(month: DepositMonth) -> None:
    own = own_fen(month, "HZ00000001"), own_fen(month, "HZ00000002")
    key = advise(month)
    figures = [("HZ00000001", DEPOSIT + 1, 900)]
    content = paper.interest_advice(("3301040160000000001", f"{DAY:%Y%m%d}"), figures)
    month.files.write("inbox", key, content)
    month.files.write("inbox", f"{key}.sm3", paper.sidecar(content, key))

    run(month, "1")

    paid = by_serial(month)
    assert (paid["HZ00000001"], paid["HZ00000002"]) == own
    listed = [each.problem for each in list_problems(PERIOD)]
    assert [(each.line, each.field, each.found) for each in listed] == [
        (0, "principal_fen", ""),
        (0, "principal_fen", ""),
        (2, "principal_fen", str(DEPOSIT + 1)),
    ]


def test_given_a_bank_without_the_layout_when_a_file_comes_then_it_is_listed_and_ours_counts(
    month: DepositMonth,
) -> None:
    layouts = {name: each for name, each in month.bank._profile.layouts.items() if not name.startswith("interest")}
    month.bank._profile = replace(month.bank._profile, layouts=layouts)
    own = own_fen(month, "HZ00000001")
    advise(month, HZ00000001=7)

    run(month, "1")
    assert [each.code for each in list_problems(PERIOD)] == ["INTEREST_UNREADABLE"]
    assert by_serial(month)["HZ00000001"] == own


def test_given_a_payment_that_came_back_when_sent_again_then_the_figure_of_the_later_day_counts(
    month: DepositMonth,
) -> None:
    month.account.failing = {account_no(0): "1001"}
    advise(month)
    run(month, "1")
    give_account(PERIOD, code(0), Account("6222990000000000001", name(0)), vault=month.vault, now_ms=1)
    later = PLAN.day("failed_refunds_after").isoformat()
    month.account.advise_interest(PERIOD, later, RATES[-1][1], {"HZ00000001": 31})

    run(month, "again-1")

    told = month.files.read("inbox", f"{CHANNEL}/interest/{PERIOD}/{later}/HZB_INT_{later.replace('-', '')}.txt")
    figure = next(int(row.split(b"|")[2]) for row in told.splitlines() if row.startswith(b"HZ00000001"))
    assert [int(each.interest_fen) for each in records.refunds(PERIOD) if each.batch == "again-1"] == [figure]
    # The one that came back is on the list of neither: it cost nothing.
    assert month.balances()["interest_expense"] == sum(int(each["amount_fen"]) for each in month.account.payments) - (
        3 * DEPOSIT - 1
    )


def test_given_two_runs_that_hear_at_once_then_what_was_kept_first_counts_for_both(
    month: DepositMonth, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_once = month.files.write_once

    def while_another_was_faster(bucket: str, key: str, body: bytes, *rest: object) -> None:
        if key.endswith("interest.json"):
            monkeypatch.setattr(month.files, "write_once", write_once)
            month.files.write(bucket, key, b'{"heard": [], "files": {}, "figures": {}}')
            with pytest.raises(Conflict):
                write_once(bucket, key, body)
            raise Conflict("FILE_STANDS", "-")
        write_once(bucket, key, body, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(month.files, "write_once", while_another_was_faster)
    own = own_fen(month, "HZ00000001")
    advise(month, HZ00000001=7)

    run(month, "1")
    assert by_serial(month)["HZ00000001"] == own
