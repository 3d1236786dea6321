"""The carrier's profile, read from ``profile.toml`` once a process."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from integrations.sms_profile import CarrierProfile, Template, common_of


@dataclass(frozen=True)
class Profile(CarrierProfile):
    """What is Aliyun's own: whose account, and in which region."""

    access_key_id: str
    region: str


@cache
def profile() -> Profile:
    """The profile beside this file."""
    content = tomllib.loads(Path(__file__).with_name("profile.toml").read_text(encoding="utf-8"))
    templates = {name: Template(entry["id"], entry["text"]) for name, entry in content["templates"].items()}
    account = content["account"]
    return Profile(**common_of(content, templates), access_key_id=account["access_key_id"], region=account["region"])
