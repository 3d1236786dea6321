"""The regulator behind its port. There is no line to it: its files arrive in the inbox."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import IO

from chalicelib.kernel.errors import FileRefused, Problem
from integrations.ports import ApplicantFile, ApplicantRow, QualificationFile
from integrations.regulator.applicants import applicant_rows
from integrations.regulator.csv_file import csv_lines
from integrations.regulator.profile import Profile, profile
from integrations.regulator.qualification import qualification_file
from integrations.regulator.table import Picked, picked_rows
from integrations.regulator.xlsx_file import xlsx_lines

_NONE: Mapping[str, str] = {}


@dataclass(frozen=True)
class RegulatorFiles:
    """Reads the regulator's files by the profile."""

    profile: Profile = field(default_factory=profile)

    def stream_applicants(self, source: IO[bytes], file_name: str) -> Iterator[ApplicantRow | Problem]:
        """Decode an applicant list bit by bit. Raises ``FileRefused``, as below, at whichever row it turns out."""
        own = self.profile
        picked = self._rows(source, file_name, own.applicant_columns, own.applicant_optional)
        return applicant_rows(picked, own)

    def read_applicants(self, content: bytes, file_name: str) -> ApplicantFile:
        """Decode an applicant list. Raises ``FileRefused`` where it is no table with the agreed columns."""
        rows: list[ApplicantRow] = []
        problems: list[Problem] = []
        for each in self.stream_applicants(io.BytesIO(content), file_name):
            (problems if isinstance(each, Problem) else rows).append(each)  # type: ignore[arg-type]
        return ApplicantFile(tuple(rows), tuple(sorted(problems, key=lambda problem: problem.line)))

    def read_qualification(self, content: bytes, file_name: str) -> QualificationFile:
        """Decode the audit's results. Raises ``FileRefused`` where it is no table with the agreed columns."""
        picked = self._rows(io.BytesIO(content), file_name, self.profile.qualification_columns)
        return qualification_file(picked, self.profile)

    def _rows(
        self, source: IO[bytes], file_name: str, columns: Mapping[str, str], optional: Mapping[str, str] = _NONE
    ) -> Iterator[Picked]:
        size = source.seek(0, os.SEEK_END)
        source.seek(0)
        if size > self.profile.file_bytes_max:
            raise FileRefused("FILE_TOO_LARGE", f"文件超过{self.profile.file_bytes_max}字节")
        kind = file_name.lower().rpartition(".")[2]
        if kind == "csv":
            return picked_rows(csv_lines(source), columns, self.profile.rows_max, optional)
        if kind == "xlsx":
            lines = xlsx_lines(source, size, self.profile.unpacked_bytes_max)
            return picked_rows(lines, columns, self.profile.rows_max, optional)
        raise FileRefused("FILE_KIND", "只接受csv或xlsx文件")
