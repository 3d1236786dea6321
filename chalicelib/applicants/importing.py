"""Taking in the regulator's list: good rows are kept, the others listed; the same file again changes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from chalicelib.applicants.records import (
    ApplicantNameRecord,
    ApplicantRecord,
    applicant_pk,
    change,
    listed,
    name_lookup,
    name_pk,
    owner_of,
)
from chalicelib.applicants.rules import CLASS_WORDS, HEADINGS, Applicant, Terms, check_list
from chalicelib.kernel.errors import Conflict, Problem
from chalicelib.kernel.ids import canonical
from chalicelib.kernel.privacy import Vault
from chalicelib.kernel.tables import TRANSACTION_ACTIONS_MAX, Transaction
from chalicelib.periods.problems import record_problems
from integrations.ports import ApplicantFile

# Each applicant takes two actions: the item itself and its entry in the index of names.
_APPLICANTS_A_TRANSACTION = TRANSACTION_ACTIONS_MAX // 2


@dataclass(frozen=True)
class _Known:
    """What already stands under a code."""

    bidder_class: str
    content_lookup: str
    activated: bool


def import_list(period: str, source: str, file: ApplicantFile, terms: Terms, vault: Vault) -> dict[str, int]:
    """Take in one list; ``source`` names the file for the operator's list of problems.

    A code already listed with other content is amended, until its bidder has activated. Returns the counts ``rows``,
    ``kept`` (new), ``unchanged``, ``amended`` and ``problems``. Raises ``Conflict`` where another run takes in the same
    list at the same moment; run again, it finds what the other kept.
    """
    checked = check_list(file.rows, terms)
    lines = {row.code: row.line for row in file.rows}
    problems = [*file.problems, *checked.problems]
    standing = {
        record.code: _Known(record.bidder_class, record.content_lookup, record.activated) for record in listed(period)
    }
    new: list[ApplicantRecord] = []
    unchanged = amended = 0
    for applicant in checked.applicants:
        known = standing.get(applicant.code)
        record = _record(period, applicant, vault)
        if known is None:
            new.append(record)
        elif known.content_lookup == record.content_lookup:
            unchanged += 1
        elif refusal := _not_amendable(lines[applicant.code], applicant, known):
            problems.append(refusal)
        else:
            _amend(record, known)
            amended += 1
    for batch in _batches(new):
        _keep(batch)
    if problems:
        problems.sort(key=lambda problem: problem.line)
        record_problems(period, source, problems, "APPLICANT_ROWS_REFUSED", "申请人名单中有数据行未被接收")
    return {
        "rows": len({row.line for row in file.rows} | {problem.line for problem in file.problems}),
        "kept": len(new),
        "unchanged": unchanged,
        "amended": amended,
        "problems": len(problems),
    }


def _record(period: str, applicant: Applicant, vault: Vault) -> ApplicantRecord:
    owner = owner_of(period, applicant.code)
    content = [
        applicant.bidder_class,
        applicant.name,
        applicant.id_type,
        applicant.id_number,
        applicant.phone,
        applicant.valid_from.isoformat(),
        applicant.valid_until.isoformat(),
    ]
    return ApplicantRecord(
        applicant_pk(period, applicant.code),
        applicant.code,
        period=period,
        code=applicant.code,
        bidder_class=applicant.bidder_class,
        id_type=applicant.id_type,
        sealed_name=vault.seal(applicant.name, owner),
        sealed_id_number=vault.seal(applicant.id_number, owner),
        sealed_phone=vault.seal(applicant.phone, owner),
        name_lookup=name_lookup(vault, applicant.name),
        id_lookup=vault.lookup("id", applicant.id_number),
        phone_lookup=vault.lookup("phone", applicant.phone),
        content_lookup=vault.lookup("applicant", canonical(content).decode()),
        valid_from=applicant.valid_from.isoformat(),
        valid_until=applicant.valid_until.isoformat(),
    )


def _not_amendable(line: int, applicant: Applicant, known: _Known) -> Problem | None:
    if known.bidder_class != applicant.bidder_class:
        found = f"already listed as {CLASS_WORDS[known.bidder_class]}"
        return Problem(line, HEADINGS[1], found, "one class for a code in a period")
    if known.activated:
        return Problem(line, HEADINGS[0], "already activated", "no change after activation")
    return None


def _keep(batch: Sequence[ApplicantRecord]) -> None:
    transaction = Transaction()
    for record in batch:
        transaction.put(record, ApplicantRecord.pk.does_not_exist())
        transaction.put(_name_entry(record))
    transaction.commit()


def _amend(record: ApplicantRecord, known: _Known) -> None:
    # The index first: an entry too many is harmless, since whoever reads it looks at the applicant; one too few is not.
    _name_entry(record).save()
    amendable = (
        ApplicantRecord.sealed_name,
        ApplicantRecord.sealed_id_number,
        ApplicantRecord.sealed_phone,
        ApplicantRecord.name_lookup,
        ApplicantRecord.id_lookup,
        ApplicantRecord.phone_lookup,
        ApplicantRecord.content_lookup,
        ApplicantRecord.valid_from,
        ApplicantRecord.valid_until,
    )
    actions = [attribute.set(getattr(record, str(attribute.attr_name))) for attribute in amendable]
    unmoved = (ApplicantRecord.content_lookup == known.content_lookup) & (ApplicantRecord.activated_at_ms == 0)
    if change(record.period, record.code, actions, unmoved) is None:
        raise Conflict("APPLICANT_MOVED", "申请人记录在导入过程中发生变化,请重新导入")


def _name_entry(record: ApplicantRecord) -> ApplicantNameRecord:
    return ApplicantNameRecord(name_pk(record.period, record.name_lookup), record.code)


def _batches(new: list[ApplicantRecord]) -> Iterator[list[ApplicantRecord]]:
    for start in range(0, len(new), _APPLICANTS_A_TRANSACTION):
        yield new[start : start + _APPLICANTS_A_TRANSACTION]
