"""The carrier's profile, read from ``profile.toml`` once a process."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from integrations.sms_profile import CarrierProfile, Template, common_of

_NUMBER = re.compile(r"\{(\d+)\}")


@dataclass(frozen=True)
class Profile(CarrierProfile):
    """What is Tencent's own: whose account, which application there, in which region, and how late a receipt may be."""

    secret_id: str
    sdk_app_id: str
    region: str
    receipt_within_hours: int


@cache
def profile() -> Profile:
    """The profile beside this file."""
    content = tomllib.loads(Path(__file__).with_name("profile.toml").read_text(encoding="utf-8"))
    account = content["account"]
    return Profile(
        **common_of(content, {name: _template(entry) for name, entry in content["templates"].items()}),
        secret_id=account["secret_id"],
        sdk_app_id=account["sdk_app_id"],
        region=account["region"],
        receipt_within_hours=account["receipt_within_hours"],
    )


def _template(entry: dict[str, Any]) -> Template:
    """A template whose text has its variables by number, counted from 1, and lists what each is."""
    order = tuple(entry["variables"])
    return Template(entry["id"], _NUMBER.sub(lambda found: f"${{{order[int(found[1]) - 1]}}}", entry["text"]), order)
