"""The treasury's profile: read once and checked whole, so that a slip of an integrator is named before it does harm."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from integrations.ports import NoticeState, PaymentGuide

# The frame has eight characters for its length, so no frame is longer than this.
FRAME_BYTES_LIMIT = 99_999_999


@dataclass(frozen=True)
class Profile:
    """Everything about the link that is the province's own. Time-outs in seconds."""

    application: str
    version: str
    source: str
    destination: str
    encoding: str
    declared_encoding: str
    frame_bytes_max: int
    connect_timeout_seconds: float
    answer_timeout_seconds: float
    notice_fields: Mapping[str, str]
    pay_info: str
    states: Mapping[str, NoticeState]
    unknown_informations: frozenset[str]
    void_pay_stats: str
    guide: PaymentGuide
    receipt_fields: Mapping[str, str]
    receipt_face: Mapping[str, str]
    no_receipt_informations: frozenset[str]
    busy_informations: tuple[str, ...]


def parse_profile(text: str) -> Profile:
    """A profile from TOML. Raises ``ValueError`` that names the key and what is wrong with it."""
    raw = tomllib.loads(text)
    _check(raw)
    return Profile(
        application=raw["application"],
        version=raw["version"],
        source=raw["source"],
        destination=raw["destination"],
        encoding=raw["encoding"],
        declared_encoding=raw["declared_encoding"],
        frame_bytes_max=raw["frame_bytes_max"],
        connect_timeout_seconds=raw["connect_timeout_seconds"],
        answer_timeout_seconds=raw["answer_timeout_seconds"],
        notice_fields=raw["notice"],
        pay_info=raw["pay_info"]["text"],
        states={state: NoticeState(meaning) for state, meaning in raw["states"].items()},
        unknown_informations=frozenset(raw["unknown"]["informations"]),
        void_pay_stats=raw["void"]["pay_stats"],
        guide=_guide(raw),
        receipt_fields=raw["receipt"],
        receipt_face=raw["receipt_face"],
        no_receipt_informations=frozenset(raw["unknown"]["receipt_informations"]),
        busy_informations=tuple(raw["busy"]["informations"]),
    )


def _guide(raw: Mapping[str, Any]) -> PaymentGuide:
    notice, guide = raw["notice"], raw["guide"]
    return PaymentGuide(
        collector=notice["ChgAgenName"],
        item=guide["item"],
        payee=notice["RecName"],
        bank=notice["RecOpBk"],
        account_no=notice["RecAcct"],
        ways=tuple(guide["ways"]),
        qr_text=guide["qr_text"],
    )


def _check(raw: Mapping[str, Any]) -> None:
    if len(raw["application"]) != 8 or len(raw["version"]) != 3:
        raise ValueError("application has 8 characters and version 3: the frame leaves room for no others")
    if not 0 < raw["frame_bytes_max"] <= FRAME_BYTES_LIMIT:
        raise ValueError(f"frame_bytes_max is 1 to {FRAME_BYTES_LIMIT}")
    unknown = sorted(set(raw["states"].values()) - {str(state) for state in NoticeState})
    if unknown:
        raise ValueError(f"states: no meaning is called {', '.join(unknown)}")
    if "{pay_code}" not in raw["guide"]["qr_text"]:
        raise ValueError("guide.qr_text says where the {pay_code} stands")
    if re.fullmatch(r"\d{8}", raw["receipt_face"]["code"]) is None:
        raise ValueError("receipt_face.code has 8 digits")
    if "{amount}" not in raw["pay_info"]["text"]:
        raise ValueError("pay_info.text says where the {amount} stands")


@cache
def default_profile() -> Profile:
    """The profile that stands beside this file."""
    return parse_profile(Path(__file__).with_name("profile.toml").read_text(encoding="utf-8"))
