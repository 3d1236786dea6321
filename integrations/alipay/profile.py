"""Alipay's profile: read once and checked whole, so that a slip of an integrator is named before it does harm."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from integrations.ports import BillKind

MEANINGS = ("not_found", "no_bill", "bad_auth_code", "conflict", "wait", "account", "never")


@dataclass(frozen=True)
class Merchant:
    """Who we are there. ``op_app_id``: the mini-program in which the user pays, often the app itself."""

    app_id: str
    seller_id: str
    op_app_id: str
    notify_url: str


@dataclass(frozen=True)
class Profile:
    """Everything about the contract that is a choice. Time-outs in seconds."""

    charset: str
    connect_timeout_seconds: float
    answer_timeout_seconds: float
    answer_bytes_max: int
    buyer_field: str
    payee_identity_type: str
    trade_product_code: str
    transfer_product_code: str
    transfer_biz_scene: str
    bill_type: str
    bill_bytes_max: int
    bill_lines_max: int
    bill_summary_received: str
    bill_days_checked: bool
    bill_kinds: Mapping[str, BillKind]
    sub_codes: Mapping[str, frozenset[str]]

    def means(self, meaning: str, sub_code: str) -> bool:
        """Whether a sub_code stands in the list of this meaning."""
        return sub_code in self.sub_codes[meaning]


def parse_profile(text: str) -> Profile:
    """A profile from TOML. Raises ``ValueError`` that names the key and what is wrong with it."""
    raw = tomllib.loads(text)
    try:
        profile = _profile(raw)
    except KeyError as error:
        raise ValueError(f"the profile has no {error.args[0]}") from None
    if profile.bill_summary_received not in ("net", "gross"):
        raise ValueError("bill.summary_received is net or gross")
    if profile.buyer_field not in ("buyer_open_id", "buyer_id"):
        raise ValueError("buyer_field is buyer_open_id or buyer_id")
    if min(profile.answer_bytes_max, profile.bill_bytes_max, profile.bill_lines_max) <= 0:
        raise ValueError("limits are positive")
    return profile


def _profile(raw: Mapping[str, Any]) -> Profile:
    unknown = sorted(set(raw["sub_codes"]) - set(MEANINGS))
    if unknown:
        raise ValueError(f"sub_codes: no meaning is called {', '.join(unknown)}")
    return Profile(
        charset=raw["charset"],
        connect_timeout_seconds=raw["connect_timeout_seconds"],
        answer_timeout_seconds=raw["answer_timeout_seconds"],
        answer_bytes_max=raw["answer_bytes_max"],
        buyer_field=raw["buyer_field"],
        payee_identity_type=raw["payee_identity_type"],
        trade_product_code=raw["trade"]["product_code"],
        transfer_product_code=raw["transfer"]["product_code"],
        transfer_biz_scene=raw["transfer"]["biz_scene"],
        bill_type=raw["bill"]["type"],
        bill_bytes_max=raw["bill"]["bytes_max"],
        bill_lines_max=raw["bill"]["lines_max"],
        bill_summary_received=raw["bill"]["summary_received"],
        bill_days_checked=raw["bill"]["days_checked"],
        bill_kinds={word: BillKind(kind) for word, kind in raw["bill"]["kinds"].items()},
        sub_codes={meaning: frozenset(raw["sub_codes"][meaning]) for meaning in MEANINGS},
    )


@cache
def default_profile() -> Profile:
    """The profile that stands beside this file."""
    return parse_profile(Path(__file__).with_name("profile.toml").read_text(encoding="utf-8"))
