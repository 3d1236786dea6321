"""The carrier's profile, read from ``profile.toml`` once a process."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_VARIABLE = re.compile(r"\$\{(\w+)\}")


@dataclass(frozen=True)
class Template:
    """A text as approved by the carrier, its id there, and the variables it takes."""

    id: str
    text: str

    @property
    def variables(self) -> frozenset[str]:
        """The names between ``${`` and ``}``."""
        return frozenset(_VARIABLE.findall(self.text))

    def filled(self, params: Mapping[str, str]) -> str:
        """The text a phone will show, without the sign."""
        return _VARIABLE.sub(lambda found: params[found[1]], self.text)


@dataclass(frozen=True)
class Profile:
    """Account, sign and templates; and the answers' codes by what they mean: wait, never, account."""

    access_key_id: str
    region: str
    sign: str
    connect_timeout_s: float
    read_timeout_s: float
    wait_codes: frozenset[str]
    never_codes: frozenset[str]
    account_codes: frozenset[str]
    templates: Mapping[str, Template]


@cache
def profile() -> Profile:
    """The profile beside this file."""
    content = tomllib.loads(Path(__file__).with_name("profile.toml").read_text(encoding="utf-8"))
    account, codes, timeouts = content["account"], content["codes"], content["timeouts"]
    return Profile(
        access_key_id=account["access_key_id"],
        region=account["region"],
        sign=account["sign"],
        connect_timeout_s=timeouts["connect_s"],
        read_timeout_s=timeouts["read_s"],
        wait_codes=frozenset(codes["wait"]),
        never_codes=frozenset(codes["never"]),
        account_codes=frozenset(codes["account"]),
        templates={name: Template(entry["id"], entry["text"]) for name, entry in content["templates"].items()},
    )
