"""The notary hands over a video and scanned minutes: taken in by digest, the video put where the hub keeps evidence."""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass, field
from typing import Any

import requests

from local.month import Month
from local.world.addresses import Addresses
from local.world.operators import Operator, sign_in
from local.world.web import ask, need

VIDEO, MINUTES = "公证录像.mp4", "会议记录.pdf"
VIDEO_BYTES, MINUTES_BYTES = 3_000_000, 40_000
_KINDS = {VIDEO: "video", MINUTES: "scan"}


@dataclass
class Attached:
    """What was handed over, by name. ``uploads``: how each PUT of the video was answered. ``listed``: by the hub."""

    files: dict[str, bytes] = field(default_factory=dict)
    uploads: dict[str, int] = field(default_factory=dict)
    listed: list[dict[str, Any]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def hand_over(at: Addresses, planner: Operator, month: Month) -> Attached:
    """The planner registers both. The video is put: other bytes first, then itself, then once more; the minutes stay
    with the notary, and are named by their digest alone."""
    chance, token = random.Random(month.seed), sign_in(at, planner)  # noqa: S311 (the same bytes for a seed)
    done = Attached({VIDEO: chance.randbytes(VIDEO_BYTES), MINUTES: chance.randbytes(MINUTES_BYTES)})
    door = f"{at.api}/periods/{month.period}/attachments"
    upload: dict[str, Any] = {}
    for name, content in done.files.items():
        body = _registered(name, content)
        upload[name] = need("POST", door, body=body, token=token)["upload"]
        again = ask("POST", door, body={**body, "name": f"other-{name}"}, token=token)
        if again.code != "ATTACHMENT_KNOWN":
            done.faults.append(f"{name} under another name was answered {again.status} {again.code}")
    video = done.files[VIDEO]
    for what, content in (("other bytes", video[:-1] + bytes([video[-1] ^ 1])), ("itself", video), ("again", video)):
        put = requests.put(upload[VIDEO]["url"], data=content, headers=upload[VIDEO]["headers"], timeout=30)
        done.uploads[what] = put.status_code
    return done


def look_again(at: Addresses, planner: Operator, month: Month, done: Attached) -> None:
    """How the hub lists them in the end."""
    door = f"{at.api}/periods/{month.period}/attachments"
    done.listed = list(need("GET", door, token=sign_in(at, planner))["attachments"])


def _registered(name: str, content: bytes) -> dict[str, Any]:
    return {
        "name": name,
        "kind": _KINDS[name],
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "sm3": hashlib.new("sm3", content).hexdigest(),
    }
