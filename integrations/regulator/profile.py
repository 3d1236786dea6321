"""The layout of the regulator's files, read from ``profile.toml`` once a process."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True)
class Profile:
    """Headings by our own names of the columns, and the office's words by what they mean to us."""

    file_bytes_max: int
    rows_max: int
    unpacked_bytes_max: int
    applicant_columns: Mapping[str, str]
    applicant_optional: Mapping[str, str]
    states: Mapping[str, bool]
    classes: Mapping[str, str]
    id_types: Mapping[str, str]
    qualification_columns: Mapping[str, str]
    results: Mapping[str, bool]
    reasons: frozenset[str]


@cache
def profile() -> Profile:
    """The profile beside this file."""
    content = tomllib.loads(Path(__file__).with_name("profile.toml").read_text(encoding="utf-8"))
    applicants, qualification = content["applicants"], content["qualification"]
    return Profile(
        file_bytes_max=content["limits"]["file_bytes"],
        rows_max=content["limits"]["rows"],
        unpacked_bytes_max=content["limits"]["unpacked_bytes"],
        applicant_columns=applicants["columns"],
        applicant_optional=applicants["optional"],
        states=applicants["states"],
        classes=applicants["classes"],
        id_types=applicants["id_types"],
        qualification_columns=qualification["columns"],
        results=qualification["results"],
        reasons=frozenset(qualification["reasons"]["known"]),
    )
