"""Taking in lists, once and again, and what is kept of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.applicants.exporting import applicants_csv
from chalicelib.applicants.importing import import_list
from chalicelib.applicants.records import (
    ApplicantRecord,
    change,
    codes_named,
    find,
    get,
    listed,
    lock,
    name_lookup,
    set_qualification,
)
from chalicelib.kernel.errors import Conflict, NotFound, Problem
from chalicelib.kernel.tables import Transaction
from chalicelib.periods.problems import list_problems
from integrations.ports import ApplicantFile
from tests.applicants.applicants_office import LI, PERIOD, VAULT, WANG, YUNQI, qualify, take_in, terms

pytestmark = pytest.mark.usefixtures("aws")


def counts(**given: int) -> dict[str, int]:
    return {"rows": 0, "kept": 0, "unchanged": 0, "amended": 0, "problems": 0} | given


def test_given_a_list_then_applicants_are_kept_sealed_and_found() -> None:
    assert take_in(WANG, LI) == counts(rows=2, kept=2)
    record = get(PERIOD, WANG.code)
    assert (record.name(VAULT), record.id_number(VAULT), record.phone(VAULT)) == (
        "王小明",
        WANG.id_number,
        WANG.phone,
    )
    stored = str(record.attribute_values)
    assert "王小明" not in stored
    assert WANG.phone not in stored
    assert {each.code for each in listed(PERIOD)} == {WANG.code, LI.code}
    assert find(PERIOD, "3301260000009") is None
    assert list_problems(PERIOD) == []


def test_given_the_same_list_again_then_nothing_changes() -> None:
    take_in(WANG, LI)
    before = [record.attribute_values for record in listed(PERIOD)]
    assert take_in(WANG, LI) == counts(rows=2, unchanged=2)
    assert [record.attribute_values for record in listed(PERIOD)] == before


def test_given_more_than_one_transactions_worth_then_all_are_kept() -> None:
    rows = [replace(WANG, line=n, code=f"33012600{n:05d}") for n in range(120)]
    assert take_in(*rows) == counts(rows=120, kept=120)
    assert sum(1 for _ in listed(PERIOD)) == 120


def test_given_a_corrected_row_then_the_applicant_is_amended_and_found_by_the_new_name_only() -> None:
    take_in(WANG)
    qualify(WANG.code)
    assert take_in(replace(WANG, name="王晓明", phone="13900000009")) == counts(rows=1, amended=1)
    record = get(PERIOD, WANG.code)
    assert (record.name(VAULT), record.phone(VAULT), record.qualified) == ("王晓明", "13900000009", True)
    assert codes_named(PERIOD, name_lookup(VAULT, "王晓明")) == [WANG.code]
    assert codes_named(PERIOD, name_lookup(VAULT, "王小明")) == []


def test_given_two_codes_of_one_name_then_both_are_found_however_the_bank_writes_it() -> None:
    second = replace(YUNQI, line=3, code="3301260000004")
    take_in(YUNQI, second, bidder_class="unit")
    assert codes_named(PERIOD, name_lookup(VAULT, "云栖(杭州) 有限公司")) == [YUNQI.code, second.code]


def test_given_a_change_after_activation_then_it_is_listed_and_not_made() -> None:
    take_in(WANG)
    change(PERIOD, WANG.code, [ApplicantRecord.activated_at_ms.set(1)], ApplicantRecord.pk.exists())
    assert take_in(replace(WANG, phone="13900000009")) == counts(rows=1, problems=1)
    assert get(PERIOD, WANG.code).phone(VAULT) == WANG.phone


def test_given_a_code_listed_in_the_other_class_then_it_is_listed_as_a_problem() -> None:
    take_in(WANG)
    assert take_in(replace(YUNQI, code=WANG.code), bidder_class="unit") == counts(rows=1, problems=1)
    assert get(PERIOD, WANG.code).bidder_class == "individual"


def test_given_rows_the_codec_and_the_rules_refuse_then_the_operators_see_both() -> None:
    unread = Problem(7, "有效期起", "2026-02-30", "a date that exists, as YYYY-MM-DD")
    file = ApplicantFile((WANG, replace(LI, phone="1")), (unread,))
    result = import_list(PERIOD, "regulator/list.csv", file, terms(), VAULT)
    assert result == counts(rows=3, kept=1, problems=2)
    assert [(each.source, each.problem.line, each.problem.field) for each in list_problems(PERIOD)] == [
        ("regulator/list.csv", 3, "手机号码"),
        ("regulator/list.csv", 7, "有效期起"),
    ]


def test_given_an_export_then_it_is_sorted_masked_and_the_same_each_time() -> None:
    take_in(LI, WANG)
    content = applicants_csv(listed(PERIOD), VAULT)
    assert content == applicants_csv(listed(PERIOD), VAULT)
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.decode("utf-8-sig").splitlines() == [
        "申请编码,类别,名称,证件类型,证件号码,手机号码,有效期起,有效期止",
        "3301260000001,个人,王**,身份证,110105********002X,138****0001,2026-01-01,2026-12-31",
        "3301260000002,个人,李*,身份证,440524********0014,138****0002,2026-01-01,2026-12-31",
    ]


def test_given_an_audits_word_then_it_stands_until_activation_and_cannot_be_taken_back_after() -> None:
    take_in(WANG)
    refused = {"audit": "failed", "audit_reason": "不符合条件", "qualified": False, "refusal": "audit"}
    set_qualification(PERIOD, WANG.code, **refused)  # type: ignore[arg-type]
    qualify(WANG.code)
    qualify(WANG.code)
    assert get(PERIOD, WANG.code).qualified
    change(PERIOD, WANG.code, [ApplicantRecord.activated_at_ms.set(1)], ApplicantRecord.pk.exists())
    with pytest.raises(Conflict) as conflict:
        set_qualification(PERIOD, WANG.code, **refused)  # type: ignore[arg-type]
    assert conflict.value.code == "QUALIFICATION_FIXED"
    with pytest.raises(NotFound):
        set_qualification(PERIOD, "3301260000009", **refused)  # type: ignore[arg-type]


def test_given_a_defaulter_then_the_lock_holds_alone_or_in_a_transaction() -> None:
    take_in(WANG, LI)
    lock(PERIOD, WANG.code)
    lock(PERIOD, WANG.code)
    transaction = Transaction()
    lock(PERIOD, LI.code, transaction)
    transaction.commit()
    assert get(PERIOD, WANG.code).locked
    assert get(PERIOD, LI.code).locked
    with pytest.raises(NotFound):
        lock(PERIOD, "3301260000009")
    unknown = Transaction()
    lock(PERIOD, "3301260000009", unknown)
    with pytest.raises(Conflict):
        unknown.commit()
