"""The ledger's accounts as finance's chart has them: codes and names from a profile that finance may edit. Pure."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from chalicelib.reports import words

_FILE = Path(__file__).with_name("finance.toml")


@dataclass(frozen=True)
class FinanceAccount:
    """An account of finance's chart; ``aside`` is its auxiliary item (辅助核算), such as ``期次:2026-03``."""

    code: str
    name: str
    aside: str


@dataclass(frozen=True)
class Voucher:
    """How voucher files are written: columns in order, the voucher's word, encoding and separator."""

    columns: tuple[str, ...]
    word: str
    encoding: str
    separator: str
    prepared_by: str


@dataclass(frozen=True)
class FinanceProfile:
    """The profile. Accounts by the ledger's name, or by its part before the colon."""

    accounts: Mapping[str, tuple[str, str]]
    kinds: Mapping[str, str]
    voucher: Voucher

    def account(self, name: str) -> FinanceAccount:
        """Finance's account for one of the ledger's. ``KeyError`` for one that the profile does not name."""
        kind, _, of = name.partition(":")
        code, title = self.accounts[name if name in self.accounts else kind]
        if not of:
            return FinanceAccount(code, title, "")
        channels = "、".join(words.word(words.CHANNELS, channel) for channel in of.split("-"))
        aside = f"期次:{of}" if of[:2] == "20" else f"渠道:{channels}"
        return FinanceAccount(code, title, aside)


@cache
def finance_profile() -> FinanceProfile:
    """The profile that is shipped."""
    return read_profile(_FILE.read_text(encoding="utf-8"))


def read_profile(text: str) -> FinanceProfile:
    """A profile from TOML. Raises ``ValueError`` naming what is missing."""
    given = tomllib.loads(text)
    try:
        voucher = given["voucher"]
        return FinanceProfile(
            accounts={name: (str(each["code"]), str(each["name"])) for name, each in given["accounts"].items()},
            kinds=dict(given["kinds"]),
            voucher=Voucher(
                tuple(voucher["columns"]),
                voucher["word"],
                voucher["encoding"],
                voucher["separator"],
                voucher["prepared_by"],
            ),
        )
    except KeyError as error:
        raise ValueError(f"the finance profile has no {error}") from error
