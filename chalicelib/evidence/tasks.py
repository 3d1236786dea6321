"""Evidence's steps in the state machines."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

from chalicelib.evidence.measuring import Content
from chalicelib.evidence.sealing import seal, standing
from chalicelib.evidence.stamping import stamp
from chalicelib.kernel.errors import InvalidInput
from chalicelib.kernel.log import logger
from chalicelib.kernel.steps import run_step
from chalicelib.wiring import hub


def _seal(event: dict[str, Any]) -> dict[str, str]:
    """``{period, moment, files: [{name, key, bucket?}]}`` -> ``{key, sha256}``; files lie in work. Stamped, where an
    authority is set and answers."""
    at = hub()
    with ExitStack() as fetched:
        contents: dict[str, Content] = {}
        for entry in event["files"]:
            if entry["name"] in contents:
                raise InvalidInput("EVIDENCE_FILE_TWICE", f"封存文件重名: {entry['name']}")
            source = at.files.fetch(entry.get("bucket", "work"), entry["key"])
            contents[entry["name"]] = fetched.enter_context(source)
        contents.setdefault("rules.toml", at.rules_text(event["period"]).encode())
        sealed = seal(
            event["period"],
            event["moment"],
            contents,
            rules_version=at.rules_version(event["period"]),
            signer=at.keys.evidence_signer(),
            files=at.files,
            clock=at.clock,
            sm2=at.keys.evidence_sm2_signer(),
            lock_by_class=at.settings.environment.get("EVIDENCE_LOCK_BY_CLASS") == "on",
        )
    _stamp(event["period"])
    return sealed


def _stamp(period: str) -> None:
    at = hub()
    try:
        stamp(period, at.timestamps(), at.files)
    except Exception:  # a wrong certificate in the settings, say: what is sealed is sealed
        logger.exception("not stamped", extra={"period": period})


def _sealed(event: dict[str, Any]) -> dict[str, bool]:
    """``{period, moment}`` -> ``{sealed}``: whether the moment has its package already."""
    at = hub()
    signer = at.keys.evidence_signer()
    return {"sealed": standing(event["period"], event["moment"], signer=signer, files=at.files, clock=at.clock)}


def _archive(event: dict[str, Any]) -> dict[str, str]:
    """``{period}`` -> name -> SHA-256 of the disc's image and the catalogue."""
    # Only this step makes a disc: sealing need not wait for its library.
    from chalicelib.evidence.archiving import archive

    _stamp(event["period"])
    return archive(event["period"], hub().files)


STEPS = {"seal": _seal, "sealed": _sealed, "archive": _archive}


def handle(event: dict[str, Any], context: object) -> Any:
    """The Lambda entry point."""
    del context
    return run_step("evidence", STEPS, event)
