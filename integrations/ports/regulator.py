"""The regulator's files: who applied, and who passed the audit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import IO, Protocol

from chalicelib.kernel.errors import Problem


@dataclass(frozen=True, slots=True)
class ApplicantRow:
    """One row of the regulator's applicant list.

    ``bidder_class``: ``individual`` | ``unit``; ``id_type``: ``id_card`` | ``uscc``. ``withdrawn``: the office says
    that the application was taken back.
    """

    line: int
    code: str
    bidder_class: str
    name: str = field(repr=False)
    id_type: str
    id_number: str = field(repr=False)
    phone: str = field(repr=False)
    valid_from: date
    valid_until: date
    withdrawn: bool = False


@dataclass(frozen=True)
class ApplicantFile:
    """The regulator's applicant list: what could be read, and what was wrong with the rest, line by line."""

    rows: tuple[ApplicantRow, ...]
    problems: tuple[Problem, ...]


@dataclass(frozen=True)
class QualificationRow:
    """The regulator's word on one application code."""

    line: int
    code: str
    passed: bool
    reason: str


@dataclass(frozen=True)
class QualificationFile:
    """The audit's results: what could be read, and what was wrong with the rest, line by line."""

    rows: tuple[QualificationRow, ...]
    problems: tuple[Problem, ...]


class Regulator(Protocol):
    """The office that lists who applied and audits who may bid. It sends files, ``.csv`` or ``.xlsx``."""

    def stream_applicants(self, source: IO[bytes], file_name: str) -> Iterator[ApplicantRow | Problem]:
        """Decode an applicant list bit by bit, however long it is. Raises ``FileRefused``, at any row, as below."""
        ...

    def read_applicants(self, content: bytes, file_name: str) -> ApplicantFile:
        """Decode an applicant list. Raises ``FileRefused`` where it is no table with the agreed columns."""
        ...

    def read_qualification(self, content: bytes, file_name: str) -> QualificationFile:
        """Decode the audit's results. Raises ``FileRefused`` where it is no table with the agreed columns."""
        ...
