"""Rule: what the generator plants is what the hub's own codecs and rules find in the files."""

from __future__ import annotations

from collections import Counter

from chalicelib.applicants.rules import Terms, check_list
from chalicelib.deposits.rules import Doubtful, Matched, Payment, Window, find_code, match
from chalicelib.periods.plan import Plan
from chalicelib.periods.rules import RuleSet
from integrations.bank_of_hangzhou.client import BankOfHangzhou
from integrations.bank_of_hangzhou.simulator import HangzhouSimulator
from integrations.ports import StatementLine
from integrations.regulator.client import RegulatorFiles
from local.checks.bank_files import read_exchange
from local.month import Month


def test_given_the_lists_when_read_by_the_hub_then_all_but_the_planted_rows_are_applicants(
    month: Month, plan: Plan, rules: RuleSet
) -> None:
    listed: set[str] = set()
    for file in month.files[:2]:
        read = RegulatorFiles().read_applicants(file.content, file.key.rsplit("/", 1)[-1])
        checked = check_list(read.rows, Terms(file.label, rules.is_code, plan.day("auction_opens")))
        bad_lines = {problem.line for problem in (*read.problems, *checked.problems)}
        assert len(checked.applicants) == file.rows - file.bad_rows
        assert 0 < len(bad_lines) <= file.bad_rows
        listed |= {applicant.code for applicant in checked.applicants}
    assert listed == {person.code for person in month.people}


def test_given_the_audits_results_when_read_by_the_hub_then_those_who_fail_are_the_planted_ones(month: Month) -> None:
    file = month.files[2]
    read = RegulatorFiles().read_qualification(file.content, file.key.rsplit("/", 1)[-1])
    assert read.problems == ()
    failed = {row.code for row in read.rows if not row.passed}
    assert failed == {person.code for person, _ in month.bidders(audit_passed=False)}


def test_given_the_payments_when_stated_by_the_bank_then_the_hub_comes_to_the_planted_outcomes(
    month: Month, plan: Plan, rules: RuleSet
) -> None:
    dropped: dict[str, bytes] = {}
    bank = HangzhouSimulator("secret", "3301040160000000001", dropped.__setitem__)
    lines: list[StatementLine] = []
    for day in month.credit_days:
        for credit in month.credits_of(day):
            bank.account.credit(credit)
        key = bank.account.close_day(day.isoformat())
        statement = BankOfHangzhou("http://127.0.0.1:1", "secret").read_statement(dropped[key], dropped[f"{key}.sm3"])
        assert statement.problems == ()
        lines += sorted(statement.lines, key=lambda line: (line.booked_at_ms, line.serial))
    kinds = {payment.serial: payment.kind for payment in month.payments}
    found = _outcomes(month, plan, rules, lines)
    assert {serial: found[serial] for serial in kinds} == {
        serial: "matched" if kind in ("exact", "over", "double") else kind for serial, kind in kinds.items()
    }
    own = read_exchange(dropped)
    assert [row.serial for row in own.statement_rows("C")] == [line.serial for line in lines]
    assert sum(file.total_fen for file in own.statements) == month.expected()["credits_fen"]


def _outcomes(month: Month, plan: Plan, rules: RuleSet, lines: list[StatementLine]) -> dict[str, str]:
    codes = {person.code for person in month.people}
    names = {person.name for person in month.people}
    deposited: set[str] = set()
    found: dict[str, str] = {}
    for line in lines:
        memo = find_code(line.memo, rules.code_pattern)
        code = next((code for code in memo.candidates if code in codes), "")
        payment = Payment(
            amount_fen=line.amount_fen,
            arrived_at_ms=line.booked_at_ms,
            code=code,
            fault=memo.fault,
            deposited=code in deposited,
            payer_listed=not code and line.account_name in names,
        )
        outcome = match(payment, Window(plan.at("deposits_open"), plan.at("deposits_close")), rules.deposit_fen)
        if isinstance(outcome, Matched):
            deposited.add(outcome.code)
            found[line.serial] = "matched"
        else:
            found[line.serial] = str(outcome.reason)
            assert isinstance(outcome, Doubtful) is (found[line.serial].startswith("code_"))
    assert Counter(found.values())["matched"] == month.expected()["matched"]
    return found
