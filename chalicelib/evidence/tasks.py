"""Evidence's steps in the state machines."""

from __future__ import annotations

from typing import Any

from chalicelib.evidence.sealing import seal
from chalicelib.kernel.errors import InvalidInput
from chalicelib.kernel.steps import run_step
from chalicelib.wiring import hub


def _seal(event: dict[str, Any]) -> dict[str, str]:
    """``{period, moment, files: [{name, key, bucket?}]}`` -> ``{key, sha256}``; files lie in work."""
    at = hub()
    contents: dict[str, bytes] = {}
    for entry in event["files"]:
        if entry["name"] in contents:
            raise InvalidInput("EVIDENCE_FILE_TWICE", f"封存文件重名: {entry['name']}")
        contents[entry["name"]] = at.files.read(entry.get("bucket", "work"), entry["key"])
    contents.setdefault("rules.toml", at.rules_text(event["period"]).encode())
    return seal(
        event["period"],
        event["moment"],
        contents,
        rules_version=at.rules_version(event["period"]),
        signer=at.keys.evidence_signer(),
        files=at.files,
        clock=at.clock,
    )


STEPS = {"seal": _seal}


def handle(event: dict[str, Any], context: object) -> Any:
    """The Lambda entry point."""
    del context
    return run_step("evidence", STEPS, event)
