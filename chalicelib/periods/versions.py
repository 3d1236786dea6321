"""Every version of a period's plan: who drafted it when and why, what it changed, and who said what to it.

Only ever added to; a version's decision is written into it once.
"""

from __future__ import annotations

import json
from typing import Any

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import DoesNotExist, UpdateError
from pynamodb.models import Model

from chalicelib.kernel.clock import local_text
from chalicelib.kernel.errors import NotFound
from chalicelib.kernel.tables import HubMeta, Transaction, table_name
from chalicelib.periods.amendment import changes
from chalicelib.periods.plan import Plan
from chalicelib.periods.plan_json import from_json, to_json

DRAFT, AMENDMENT = "draft", "amendment"
_PREFIX = "version#"


class VersionRecord(Model):
    """One version. ``replaces`` is the digest of the plan that it was drafted over, empty for the first."""

    class Meta(HubMeta):
        """The room's table."""

        table_name = table_name("PERIODS_TABLE")

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    kind = UnicodeAttribute()
    plan = UnicodeAttribute()
    digest = UnicodeAttribute()
    replaces = UnicodeAttribute(default="")
    made_by = UnicodeAttribute()
    made_at_ms = NumberAttribute()
    reason = UnicodeAttribute(default="")
    decision = UnicodeAttribute(default="")
    decided_by = UnicodeAttribute(default="")
    decided_at_ms = NumberAttribute(default=0)
    decision_reason = UnicodeAttribute(default="")

    @property
    def number(self) -> int:
        """Versions of a period count from 1."""
        return int(self.sk.removeprefix(_PREFIX))

    def as_plan(self) -> Plan:
        """The plan of this version."""
        return from_json(json.loads(self.plan))


def add_version(
    transaction: Transaction,
    plan: Plan,
    digest: str,
    *,
    kind: str,
    by: str,
    at_ms: int,
    replaces: str,
    reason: str = "",
) -> int:
    """Put the next version into a transaction, which fails where another one came first. Returns its number."""
    number = len(versions(plan.period)) + 1
    record = VersionRecord(
        plan.period,
        f"{_PREFIX}{number:04d}",
        kind=kind,
        plan=json.dumps(to_json(plan), ensure_ascii=False),
        digest=digest,
        replaces=replaces,
        made_by=by,
        made_at_ms=at_ms,
        reason=reason,
    )
    transaction.put(record, VersionRecord.pk.does_not_exist())
    return number


def versions(period: str) -> list[VersionRecord]:
    """All versions, the first one first."""
    return list(VersionRecord.query(period, VersionRecord.sk.startswith(_PREFIX), consistent_read=True))


def find_version(period: str, number: int) -> VersionRecord:
    """One version, or the latest for 0. Raises ``NotFound`` (``VERSION_UNKNOWN``)."""
    try:
        if number:
            return VersionRecord.get(period, f"{_PREFIX}{number:04d}", consistent_read=True)
        return versions(period)[-1]
    except (DoesNotExist, IndexError) as error:
        raise NotFound("VERSION_UNKNOWN", f"没有这一版工作计划: {period} 第 {number} 版") from error


def note_decision(period: str, digest: str, decision: str, *, by: str, reason: str, at_ms: int) -> None:
    """Write a decision into the versions it is about; the first one stays."""
    for version in versions(period):
        if version.digest != digest or version.decision:
            continue
        try:
            version.update(
                [
                    VersionRecord.decision.set(decision),
                    VersionRecord.decided_by.set(by),
                    VersionRecord.decided_at_ms.set(at_ms),
                    VersionRecord.decision_reason.set(reason),
                ],
                condition=VersionRecord.decision == "",
            )
        except UpdateError as error:
            if error.cause_response_code != "ConditionalCheckFailedException":
                raise


def history(period: str, standing_digest: str) -> list[dict[str, Any]]:
    """Every version as the API shows it, with what it changed: ``state`` is ``waiting``, ``rejected``, ``published``
    or, where another has taken its place since, ``replaced``."""
    listed = versions(period)
    by_digest = {version.digest: json.loads(version.plan) for version in listed}
    return [
        {
            "number": version.number,
            "kind": version.kind,
            "state": _state(version, standing_digest),
            "made_by": version.made_by,
            "made_at": local_text(int(version.made_at_ms)),
            "reason": version.reason,
            "decided_by": version.decided_by,
            "decided_at": local_text(int(version.decided_at_ms)) if version.decision else "",
            "decision_reason": version.decision_reason,
            "digest": version.digest,
            "changes": changes(by_digest[version.replaces], json.loads(version.plan))
            if version.replaces in by_digest
            else [],
            "plan": json.loads(version.plan),
        }
        for version in listed
    ]


def _state(version: VersionRecord, standing_digest: str) -> str:
    if version.decision == "approved":
        return "published" if version.digest == standing_digest else "replaced"
    return version.decision or "waiting"
