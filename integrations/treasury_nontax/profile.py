"""The treasury's profile: read once and checked whole, so that a slip of an integrator is named before it does harm."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from integrations.ports import NoticeState

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
    )


def _check(raw: Mapping[str, Any]) -> None:
    if len(raw["application"]) != 8 or len(raw["version"]) != 3:
        raise ValueError("application has 8 characters and version 3: the frame leaves room for no others")
    if not 0 < raw["frame_bytes_max"] <= FRAME_BYTES_LIMIT:
        raise ValueError(f"frame_bytes_max is 1 to {FRAME_BYTES_LIMIT}")
    unknown = sorted(set(raw["states"].values()) - {str(state) for state in NoticeState})
    if unknown:
        raise ValueError(f"states: no meaning is called {', '.join(unknown)}")
    if "{amount}" not in raw["pay_info"]["text"]:
        raise ValueError("pay_info.text says where the {amount} stands")


@cache
def default_profile() -> Profile:
    """The profile that stands beside this file."""
    return parse_profile(Path(__file__).with_name("profile.toml").read_text(encoding="utf-8"))
