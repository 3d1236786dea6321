"""Taking in the regulator's list: good rows are kept, the others listed; the same file again changes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from chalicelib.applicants import amendments
from chalicelib.applicants.records import (
    ApplicantNameRecord,
    ApplicantRecord,
    applicant_pk,
    end_sessions,
    name_lookup,
    name_pk,
    owner_of,
    phone_entry,
)
from chalicelib.applicants.rules import CLASS_WORDS, HEADINGS, STATE, WITHDRAWN, content_of, one_row_a_code
from chalicelib.applicants.splitting import outcomes, rows_of_chunk, write_outcome
from chalicelib.applicants.withdrawing import withdraw
from chalicelib.kernel.csv_table import CSV_TYPE, csv_table
from chalicelib.kernel.errors import Conflict, Problem
from chalicelib.kernel.files import Files
from chalicelib.kernel.ids import canonical
from chalicelib.kernel.privacy import Vault
from chalicelib.kernel.tables import TRANSACTION_ACTIONS_MAX, Transaction
from chalicelib.periods.problems import record_problems
from chalicelib.periods.remedies import in_chinese
from integrations.ports import ApplicantRow

# Each applicant takes three actions: the item itself and its entries by name and by phone.
_APPLICANTS_A_TRANSACTION = TRANSACTION_ACTIONS_MAX // 3
# DynamoDB gives out a hundred items at once.
_READ_AT_ONCE = 100
_BY_LIST = "名单载明撤回"
_REPORT_HEADINGS = ("行号 line", "字段 field", "所见 found", "应为 remedy", "说明")

Item = TypeVar("Item")


def keep_chunk(
    period: str, source: str, key: str, *, files: Files, vault: Vault, now_ms: int, auction_opens_ms: int
) -> dict[str, int]:
    """Take in a chunk of ``split_list``; ``source`` names the list.

    A code already listed with other content is amended, until its bidder has activated; one that the list calls
    withdrawn is, until ``auction_opens_ms``. Raises ``Conflict`` where another run takes in the same list at the same
    moment; run again, it finds what the other kept.
    """
    wrong: set[int] = set()
    rows: list[ApplicantRow] = []
    for row, is_wrong in rows_of_chunk(files, vault, key):
        rows.append(row)
        if is_wrong:
            wrong.add(row.line)
    once = one_row_a_code(rows)
    problems = list(once.problems)
    counts: Counter[str] = Counter({"kept": 0, "unchanged": 0, "amended": 0})
    for some in _batches([row for row in once.applicants if row.line not in wrong], _READ_AT_ONCE):
        standing = _standing(period, some)
        new = []
        for row in some:
            known, content = standing.get(row.code), _content_lookup(row, vault)
            if known is not None and (known.content_lookup == content or (row.withdrawn and known.withdrawn)):
                counts["unchanged"] += 1
                continue
            if known is not None and (refusal := _not_amendable(row, known, opened=now_ms >= auction_opens_ms)):
                problems.append(refusal)
                continue
            record = _record(period, row, vault, content)
            if known is not None:
                _amend(known, record, source=source, now_ms=now_ms, withdrawn=row.withdrawn)
                counts["amended"] += 1
                continue
            if row.withdrawn:
                _withdrawn_before(record, source, now_ms)
            new.append(record)
        for batch in _batches(new, _APPLICANTS_A_TRANSACTION):
            _keep(batch)
        counts["kept"] += len(new)
    write_outcome(files, key, dict(counts), problems)
    return dict(counts)


def close_list(period: str, source: str, prefix: str, files: Files) -> dict[str, int]:
    """Add up what became of a list, put its problems on the operators' list, and all of them into a report.

    Returns the counts ``rows``, ``kept`` (new), ``unchanged``, ``amended`` and ``problems``. The report is
    ``<prefix>/report.csv`` in the work bucket: line, field, what was found (described, never quoted), what to do, and
    these two in Chinese.
    """
    counts: Counter[str] = Counter()
    problems: list[Problem] = []
    for outcome in outcomes(files, prefix):
        found: Any = outcome.pop("problems")
        problems += [Problem(**each) for each in found]
        counts.update({name: int(str(count)) for name, count in outcome.items()})
    problems.sort(key=lambda problem: (problem.line, problem.field))
    rows = (
        (
            each.line,
            each.field,
            each.found,
            each.remedy,
            f"所见:{in_chinese(each.found)};应为:{in_chinese(each.remedy)}",
        )
        for each in problems
    )
    files.write("work", f"{prefix}/report.csv", csv_table(_REPORT_HEADINGS, rows), CSV_TYPE)
    if problems:
        record_problems(period, source, problems, "APPLICANT_ROWS_REFUSED", "申请人名单中有数据行未被接收")
    given = {name: counts[name] for name in ("rows", "kept", "unchanged", "amended")}
    return {**given, "problems": len(problems)}


def _standing(period: str, rows: Sequence[ApplicantRow]) -> dict[str, ApplicantRecord]:
    keys = [(applicant_pk(period, row.code), row.code) for row in rows]
    return {record.code: record for record in ApplicantRecord.batch_get(keys, consistent_read=True)}


def _content_lookup(row: ApplicantRow, vault: Vault) -> str:
    # All that a row is compared by: it is sealed only where it is to be kept.
    return vault.lookup("applicant", canonical(list(content_of(row))).decode())


def _record(period: str, row: ApplicantRow, vault: Vault, content_lookup: str) -> ApplicantRecord:
    owner = owner_of(period, row.code)
    return ApplicantRecord(
        applicant_pk(period, row.code),
        row.code,
        period=period,
        code=row.code,
        bidder_class=row.bidder_class,
        id_type=row.id_type,
        sealed_name=vault.seal(row.name, owner),
        sealed_id_number=vault.seal(row.id_number, owner),
        sealed_phone=vault.seal(row.phone, owner),
        name_lookup=name_lookup(vault, row.name),
        id_lookup=vault.lookup("id", row.id_number),
        phone_lookup=vault.lookup("phone", row.phone),
        content_lookup=content_lookup,
        valid_from=row.valid_from.isoformat(),
        valid_until=row.valid_until.isoformat(),
    )


def _withdrawn_before(record: ApplicantRecord, source: str, now_ms: int) -> None:
    # Listed for the first time as taken back: a deposit under the code is known to be nobody's, and goes back.
    record.withdrawn_at_ms, record.withdrawn_by, record.withdrawal_reason = now_ms, source, _BY_LIST
    record.refusal = WITHDRAWN


def _not_amendable(row: ApplicantRow, known: ApplicantRecord, *, opened: bool) -> Problem | None:
    if known.bidder_class != row.bidder_class:
        found = f"already listed as {CLASS_WORDS[known.bidder_class]}"
        return Problem(row.line, HEADINGS[1], found, "one class for a code in a period")
    if known.withdrawn:
        return Problem(row.line, STATE, "withdrawn before", "a new application: a withdrawal can't be undone")
    if row.withdrawn and opened:
        return Problem(row.line, STATE, "withdrawn after the auction opened", "a withdrawal before the auction")
    if known.activated and not row.withdrawn:
        return Problem(row.line, HEADINGS[0], "already activated", "no change after activation")
    return None


def _keep(batch: Sequence[ApplicantRecord]) -> None:
    transaction = Transaction()
    for record in batch:
        transaction.put(record, ApplicantRecord.pk.does_not_exist())
        transaction.put(_name_entry(record))
        transaction.put(phone_entry(record.period, record.code, record.phone_lookup))
    transaction.commit()


def _amend(known: ApplicantRecord, record: ApplicantRecord, *, source: str, now_ms: int, withdrawn: bool) -> None:
    changed: dict[str, object] = {name: getattr(record, name) for name in amendments.AMENDABLE}
    transaction = Transaction()
    # An entry too many is harmless, since whoever reads it looks at the applicant; one too few is not.
    transaction.put(_name_entry(record))
    transaction.put(phone_entry(record.period, record.code, record.phone_lookup))
    if withdrawn:
        withdraw(transaction, known, by=source, reason=_BY_LIST, now_ms=now_ms, beside=changed)
    else:
        if record.phone_lookup != known.phone_lookup:
            # Whoever signed in by the phone before has no part in it any more.
            changed["sessions_from_ms"] = end_sessions(transaction, known, now_ms)
        amendments.amend(transaction, known, changed, by=source, reason="list", now_ms=now_ms)
    try:
        transaction.commit()
    except Conflict as error:
        raise Conflict("APPLICANT_MOVED", "申请人记录在导入过程中发生变化,请重新导入") from error


def _name_entry(record: ApplicantRecord) -> ApplicantNameRecord:
    return ApplicantNameRecord(name_pk(record.period, record.name_lookup), record.code)


def _batches(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
