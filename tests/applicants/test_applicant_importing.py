"""Taking in lists, once and again, and what is kept of them."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from dataclasses import replace
from datetime import date
from typing import IO, Any

import pytest

from chalicelib.applicants import splitting
from chalicelib.applicants.amendments import amendments
from chalicelib.applicants.exporting import applicants_csv
from chalicelib.applicants.importing import keep_chunk
from chalicelib.applicants.records import (
    ApplicantRecord,
    change,
    codes_named,
    codes_phoned,
    find,
    get,
    listed,
    lock,
    name_lookup,
    owner_of,
    set_qualification,
)
from chalicelib.kernel.errors import Conflict, FileRefused, NotFound, Problem
from chalicelib.kernel.files import MemoryFiles
from chalicelib.kernel.tables import Transaction
from chalicelib.periods.problems import list_problems
from integrations.regulator.client import RegulatorFiles
from tests.applicants import applicants_office
from tests.applicants.applicants_office import (
    LI,
    PERIOD,
    VAULT,
    WANG,
    YUNQI,
    CountedEntropy,
    Listed,
    qualify,
    take_in,
    take_in_file,
)

pytestmark = pytest.mark.usefixtures("aws")


HEADER = "申请编码,类别,名称,证件类型,证件号码,手机号码,有效期起,有效期止"


def csv_of(rows: list[str]) -> IO[bytes]:
    return io.BytesIO(("\r\n".join([HEADER, *rows]) + "\r\n").encode("gb18030"))


def row_of(number: int, phone: str = "13800000001") -> str:
    return f"33012{number:08d},个人,王小明,身份证,11010519491231002X,{phone},2026-01-01,2026-12-31"


def counts(**given: int) -> dict[str, int]:
    return {"rows": 0, "kept": 0, "unchanged": 0, "amended": 0, "problems": 0} | given


def test_given_a_later_list_with_another_phone_then_a_code_is_found_by_that_one_only() -> None:
    take_in(WANG, LI)
    other = "13900139000"
    take_in(replace(WANG, phone=other), LI)
    found = [codes_phoned(PERIOD, VAULT.lookup("phone", phone)) for phone in (WANG.phone, other, LI.phone)]
    assert found == [[], [WANG.code], [LI.code]]


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


def test_given_the_same_list_again_then_no_row_is_sealed_anew() -> None:
    vault = replace(VAULT, entropy=CountedEntropy())
    seals = []
    for _ in range(2):
        take_in_file(io.BytesIO(b"a list"), Listed((WANG, LI)), vault=vault)
        seals.append(vault.entropy.count)  # type: ignore[attr-defined]  # the one above
    # The chunk each time; of each applicant name, number and phone the first time.
    assert seals == [1 + 2 * 3, 2 + 2 * 3]


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


def test_given_an_amendment_then_before_and_after_are_on_record_and_sealed() -> None:
    take_in(WANG)
    take_in(replace(WANG, phone="13900000009", valid_until=date(2027, 6, 30)))
    (amended,) = amendments(PERIOD, WANG.code)
    owner = owner_of(PERIOD, WANG.code)
    assert VAULT.open(amended.before["sealed_phone"], owner) == WANG.phone
    assert VAULT.open(amended.after["sealed_phone"], owner) == "13900000009"
    assert (amended.before["valid_until"], amended.after["valid_until"]) == ("2026-12-31", "2027-06-30")
    assert (amended.by, amended.at_ms) == ("list.csv", 1_772_000_000_000)
    assert "13900000009" not in str(amended.attribute_values)


def test_given_a_file_of_several_chunks_then_a_code_twice_is_found_wherever_its_rows_stand(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(splitting, "CHUNK_BYTES", 2_000)
    monkeypatch.setattr(splitting, "WAITING_ROWS_MAX", 16)
    files = MemoryFiles()
    rows = [row_of(number) for number in range(100)]
    rows += [row_of(3), row_of(50, "13900000009"), row_of(60, "1")]
    taken = take_in_file(csv_of(rows), RegulatorFiles(), files=files)
    assert len({key.rsplit("/", 2)[-2] for _, key in files.held if key.count("/") == 5}) > 3
    assert taken == counts(rows=103, kept=98, problems=6)
    assert find(PERIOD, "3301200000050") is None
    assert find(PERIOD, "3301200000060") is None
    assert [each.problem.line for each in list_problems(PERIOD)] == [52, 62, 102, 103, 104, 104]
    assert take_in_file(csv_of(rows), RegulatorFiles(), files=files) == counts(rows=103, unchanged=98, problems=6)
    assert not any("王小明".encode() in held or b"13800000001" in held for held in files.held.values())


WITHDRAWING = replace(WANG, withdrawn=True)
AUCTION_MS = applicants_office.plan().at("auction_opens")


def take_in_at(now_ms: int, *entries: Any) -> dict[str, int]:
    return take_in_file(io.BytesIO(str(entries).encode()), applicants_office.Listed(entries), now_ms=now_ms)


def test_given_a_row_that_the_office_calls_withdrawn_then_it_is_a_withdrawal_with_before_and_after() -> None:
    take_in(WANG, LI)
    qualify(WANG.code)
    change(PERIOD, WANG.code, [ApplicantRecord.activated_at_ms.set(5)], ApplicantRecord.pk.exists())

    assert take_in(WITHDRAWING, LI) == counts(rows=2, unchanged=1, amended=1)

    gone = get(PERIOD, WANG.code)
    assert (gone.withdrawn, gone.qualified, gone.refusal, gone.withdrawn_by) == (True, False, "withdrawn", "list.csv")
    (kept,) = amendments(PERIOD, WANG.code)
    assert (kept.before["qualified"], kept.after["qualified"], kept.by) == (True, False, "list.csv")
    assert (kept.before["withdrawn_at_ms"], kept.after["withdrawn_at_ms"]) == (0, 1_772_000_000_000)
    # The same list again, and one that calls the code good again
    assert take_in(WITHDRAWING, LI) == counts(rows=2, unchanged=2)
    assert take_in(WANG, LI) == counts(rows=2, unchanged=1, problems=1)
    assert [each.problem.found for each in list_problems(PERIOD)] == ["withdrawn before"]


def test_given_a_code_that_is_withdrawn_when_first_listed_then_it_is_known_and_never_qualifies() -> None:
    assert take_in(WITHDRAWING) == counts(rows=1, kept=1)
    qualify(WANG.code)
    standing = get(PERIOD, WANG.code)
    assert (standing.withdrawn, standing.qualified, standing.refusal) == (True, False, "withdrawn")


def test_given_an_open_auction_when_a_list_withdraws_then_the_row_is_a_problem() -> None:
    take_in(WANG)
    assert take_in_at(AUCTION_MS, WITHDRAWING)["problems"] == 1
    assert not get(PERIOD, WANG.code).withdrawn
    assert take_in_at(AUCTION_MS - 1, WITHDRAWING)["amended"] == 1


def test_given_another_phone_in_the_list_then_sessions_by_the_phone_before_end() -> None:
    take_in(WANG)
    take_in(replace(WANG, name="王晓明"))
    assert get(PERIOD, WANG.code).sessions_from_ms == 0
    take_in_at(1_772_000_000_005, replace(WANG, name="王晓明", phone="13900000009"))
    assert get(PERIOD, WANG.code).sessions_from_ms == 1_772_000_000_005


@pytest.mark.parametrize(
    ("words", "taken"),
    [
        (("正常", "已撤回"), counts(rows=2, kept=2)),
        (("正常", ""), counts(rows=2, kept=1, problems=1)),
        (("正常", "作废"), counts(rows=2, kept=1, problems=1)),
    ],
)
def test_given_a_column_for_the_state_then_its_words_decide(words: tuple[str, str], taken: dict[str, int]) -> None:
    rows = [f"{row_of(number)},{word}" for number, word in enumerate(words)]
    content = "\r\n".join([f"{HEADER},状态", *rows]) + "\r\n"
    assert take_in_file(io.BytesIO(content.encode("gb18030")), RegulatorFiles()) == taken
    assert [get(PERIOD, each).withdrawn for each in ("3301200000000",)] == [False]
    second = find(PERIOD, "3301200000001")
    assert (second is not None and second.withdrawn) is (words[1] == "已撤回")


def test_given_a_list_then_the_report_names_line_field_and_remedy_and_quotes_nobody() -> None:
    files = MemoryFiles()
    take_in_file(csv_of([row_of(1), row_of(2, "138000000011")]), RegulatorFiles(), files=files)
    (report,) = [held.decode("utf-8-sig") for (_, key), held in files.held.items() if key.endswith("report.csv")]
    english = '3,手机号码,12 characters,"a mobile number: 11 digits, 13 to 19 first"'
    assert report.splitlines()[1] == f'{english},"所见:12 个字符;应为:11 位手机号码,以 13 至 19 开头"'
    assert "138000" not in report


def test_given_a_list_that_is_refused_at_its_last_row_then_no_row_of_it_is_kept() -> None:
    source = io.BytesIO(csv_of([row_of(number) for number in range(50)]).read() + b"\xff\xff\r\n")
    with pytest.raises(FileRefused) as refused:
        take_in_file(source, RegulatorFiles())
    assert (refused.value.code, refused.value.problems[0].line) == ("FILE_ENCODING", 52)
    assert list(listed(PERIOD)) == []


def test_given_a_run_that_ended_between_two_chunks_then_a_run_again_keeps_the_rest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(splitting, "CHUNK_BYTES", 1_000)
    rows, files = [row_of(number) for number in range(40)], MemoryFiles()
    kept = Counter[str]()

    def keep_one(*args: Any, **named: Any) -> dict[str, int]:
        if kept["chunks"]:
            raise OSError("the function was ended")
        kept["chunks"] += 1
        return keep_chunk(*args, **named)

    with monkeypatch.context() as ended:
        ended.setattr(applicants_office, "keep_chunk", keep_one)
        with pytest.raises(OSError, match="ended"):
            take_in_file(csv_of(rows), RegulatorFiles(), files=files)
    before = len(list(listed(PERIOD)))
    assert 0 < before < 40
    again = take_in_file(csv_of(rows), RegulatorFiles(), files=files)
    assert again == counts(rows=40, kept=40 - before, unchanged=before)


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
    result = take_in(WANG, replace(LI, phone="1"), unread)
    assert result == counts(rows=3, kept=1, problems=2)
    assert [(each.source, each.problem.line, each.problem.field) for each in list_problems(PERIOD)] == [
        ("list.csv", 3, "手机号码"),
        ("list.csv", 7, "有效期起"),
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


@pytest.mark.parametrize(
    "wrong",
    [
        row_of(1).replace("11010519491231002X", "1101051949123100211"),
        row_of(1).replace("11010519491231002X", "110105194912310021"),
        row_of(1).replace("11010519491231002X", "11010519491331002X"),
        row_of(1).replace("王小明", ""),
        row_of(1).replace("2026-12-31", "2025-12-31"),
        row_of(1).replace("2026-12-31", "2026-02-01"),
        row_of(1).replace("2026-12-31", "31.12.2026"),
        row_of(1).replace("个人", "车辆"),
        f"{row_of(1)}\r\n{row_of(1, '13900000009')}",
    ],
)
def test_given_a_wrong_row_then_the_report_says_so_in_chinese(wrong: str) -> None:
    files = MemoryFiles()
    assert take_in_file(csv_of([wrong]), RegulatorFiles(), files=files)["problems"]
    (report,) = [held.decode("utf-8-sig") for (_, key), held in files.held.items() if key.endswith("report.csv")]
    for line in list(csv.reader(io.StringIO(report)))[1:]:
        assert not re.search("[a-z]{2,}", line[4]), line
