"""The carrier's profile, read from ``profile.toml`` once a process."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

_VARIABLE = re.compile(r"\$\{(\w+)\}")


@dataclass(frozen=True)
class Template:
    """A text as approved by the carrier, its id there, and the variables it takes."""

    id: str
    text: str

    @cached_property
    def variables(self) -> frozenset[str]:
        """The names between ``${`` and ``}``."""
        return frozenset(_VARIABLE.findall(self.text))

    def filled(self, params: Mapping[str, str]) -> str:
        """The text a phone will show, without the sign."""
        return _VARIABLE.sub(lambda found: params[found[1]], self.text)


@dataclass(frozen=True)
class Profile:
    """Account, sign, price of a part (1/100 fen), templates; and what codes mean.

    Of answers: wait (``wait_number``: for one of the numbers), never, account. Of receipts: limit, dead number.
    """

    access_key_id: str
    region: str
    sign: str
    connect_timeout_s: float
    read_timeout_s: float
    part_centifen: int
    wait_number_codes: frozenset[str]
    wait_codes: frozenset[str]
    never_codes: frozenset[str]
    account_codes: frozenset[str]
    limit_codes: frozenset[str]
    dead_codes: frozenset[str]
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
        part_centifen=account["part_centifen"],
        wait_number_codes=frozenset(codes["wait_number"]),
        wait_codes=frozenset(codes["wait"]),
        never_codes=frozenset(codes["never"]),
        account_codes=frozenset(codes["account"]),
        limit_codes=frozenset(codes["limit"]),
        dead_codes=frozenset(codes["dead"]),
        templates={name: Template(entry["id"], entry["text"]) for name, entry in content["templates"].items()},
    )
