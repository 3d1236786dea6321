"""Qualification: only applicant + deposit held + audit passed may bid (domain.md, milestone 7)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from chalicelib.applicants import records as applicants
from chalicelib.applicants.bans import bans
from chalicelib.applicants.records import AUDIT_FAILED, AUDIT_OPEN, AUDIT_PASSED
from chalicelib.deposits import records
from chalicelib.deposits.records import DepositRecord, DepositState
from chalicelib.kernel.errors import FileRefused, Problem
from chalicelib.kernel.files import Files
from chalicelib.periods.problems import record_problems, record_refusal
from integrations.ports import QualificationRow, Regulator

NO_DEPOSIT = "no_deposit"
NO_RESULT = "no_result"
NOT_PASSED = "audit_failed"
DEFAULTED = "defaulted"


def refusal(*, deposited: bool, audit: str) -> str:
    """Why an applicant is not qualified; empty where he is."""
    if audit == AUDIT_OPEN:
        return NO_RESULT
    if audit != AUDIT_PASSED:
        return NOT_PASSED
    return "" if deposited else NO_DEPOSIT


def qualify(files: Files, regulator: Regulator, period: str, key: str) -> dict[str, int]:
    """Read the audit's results from the inbox and decide about every applicant of the period.

    Returns ``{"qualified", "no_deposit", "no_result", "audit_failed", "problems"}``, and ``"defaulted"`` where it
    occurs. Rows that can't be read, repeat a code or name one that is not listed are put on the
    operator's list. Raises ``FileRefused`` for the whole file.
    """
    try:
        file = regulator.read_qualification(files.read("inbox", key), key.rsplit("/", 1)[-1])
    except FileRefused as refused:
        record_refusal(period, key, refused)
        raise
    audits, problems = _by_code(file.rows)
    held = {deposit.code: deposit for deposit in records.deposits(period) if deposit.state == DepositState.HELD}
    void = _void_rollovers(period, held.values())
    banned = bans(period)
    counts: Counter[str] = Counter({"qualified": 0})
    listed = sorted(applicants.listed(period), key=lambda applicant: applicant.code)
    for applicant in listed:
        audit, reason = audits.pop(applicant.code, (AUDIT_OPEN, ""))
        why_not = refusal(deposited=applicant.code in held, audit=audit)
        if applicant.code in void or applicant.id_lookup in banned:
            why_not = DEFAULTED
        applicants.set_qualification(
            period, applicant.code, audit=audit, audit_reason=reason, qualified=not why_not, refusal=why_not
        )
        counts[why_not or "qualified"] += 1
    problems += [Problem(0, "申请编码", code, "a code on the period's applicant list") for code in sorted(audits)]
    problems += file.problems
    if problems:
        record_problems(period, key, problems, "QUALIFICATION_ROWS", "部分资格审核结果无法采用")
    return {**counts, "problems": len(problems)}


def _void_rollovers(period: str, held: Iterable[DepositRecord]) -> set[str]:
    """The codes whose deposit stayed from the period before, and whose bidder defaulted there under another code.

    Not being qualified, they are refunded with batch 1, as all rollovers are whose code changed, expired or was
    withdrawn: those are not on the list any more.
    """
    stayed = [deposit for deposit in held if deposit.rolled_from]
    if not stayed:
        return set()
    before = records.preceding_period(period)
    forfeited = (each.code for each in records.deposits(before) if each.state == DepositState.FORFEITED)
    defaulters = {applicant.id_lookup for code in forfeited if (applicant := applicants.find(before, code))}
    bearers = ((deposit.code, applicants.find(before, deposit.code)) for deposit in stayed)
    return {code for code, applicant in bearers if applicant is not None and applicant.id_lookup in defaulters}


def _by_code(rows: tuple[QualificationRow, ...]) -> tuple[dict[str, tuple[str, str]], list[Problem]]:
    audits: dict[str, tuple[str, str]] = {}
    problems: list[Problem] = []
    for row in rows:
        audit = (AUDIT_PASSED if row.passed else AUDIT_FAILED, row.reason)
        if audits.setdefault(row.code, audit) != audit:
            problems.append(Problem(row.line, "申请编码", row.code, "one result for each code"))
            # Two words about one code are none: it stays open until the regulator says which holds.
            audits[row.code] = (AUDIT_OPEN, "")
    return audits, problems


def counts_of(period: str) -> Mapping[str, int]:
    """How many applicants are qualified, and how many are not for each reason, as it stands now."""
    return Counter(applicant.refusal or "qualified" for applicant in applicants.listed(period))
