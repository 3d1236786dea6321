"""The regulator behind its port. There is no line to it: its files arrive in the inbox."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from chalicelib.kernel.errors import FileRefused
from integrations.ports import ApplicantFile, QualificationFile
from integrations.regulator.applicants import applicant_file
from integrations.regulator.csv_file import csv_lines
from integrations.regulator.profile import Profile, profile
from integrations.regulator.qualification import qualification_file
from integrations.regulator.table import Table, read_table
from integrations.regulator.xlsx_file import xlsx_lines


@dataclass(frozen=True)
class RegulatorFiles:
    """Reads the regulator's files by the profile."""

    profile: Profile = field(default_factory=profile)

    def read_applicants(self, content: bytes, file_name: str) -> ApplicantFile:
        """Decode an applicant list. Raises ``FileRefused`` where it is no table with the agreed columns."""
        return applicant_file(self._table(content, file_name, self.profile.applicant_columns), self.profile)

    def read_qualification(self, content: bytes, file_name: str) -> QualificationFile:
        """Decode the audit's results. Raises ``FileRefused`` where it is no table with the agreed columns."""
        return qualification_file(self._table(content, file_name, self.profile.qualification_columns), self.profile)

    def _table(self, content: bytes, file_name: str, columns: Mapping[str, str]) -> Table:
        if len(content) > self.profile.file_bytes_max:
            raise FileRefused("FILE_TOO_LARGE", f"文件超过{self.profile.file_bytes_max}字节")
        kind = file_name.lower().rpartition(".")[2]
        if kind == "csv":
            return read_table(csv_lines(content), columns, self.profile.rows_max)
        if kind == "xlsx":
            return read_table(xlsx_lines(content), columns, self.profile.rows_max)
        raise FileRefused("FILE_KIND", "只接受csv或xlsx文件")
