"""What the applicants' tests start from: March 2026 with three applicants, keys and entropy that repeat themselves."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from typing import IO, Any

from chalicelib.applicants.importing import close_list, keep_chunk
from chalicelib.applicants.records import AUDIT_PASSED, set_qualification
from chalicelib.applicants.rules import Terms
from chalicelib.applicants.splitting import split_list
from chalicelib.kernel.clock import at_shanghai
from chalicelib.kernel.errors import Problem
from chalicelib.kernel.files import Files, MemoryFiles
from chalicelib.kernel.privacy import Vault
from chalicelib.periods.plan import Plan, nominal
from chalicelib.periods.rules import load_rules
from integrations.ports import ApplicantRow

PERIOD = "2026-03"
RULES = load_rules("hangzhou")
PASSWORD = "paizhao2026"


@dataclass
class CountedEntropy:
    """Randomness that a test can foresee."""

    count: int = 0

    def token(self, size: int) -> bytes:
        self.count += 1
        return hashlib.sha256(str(self.count).encode()).digest()[:size].ljust(size, b"\0")

    def below(self, limit: int) -> int:
        self.count += 1
        return 123_456 * self.count % limit


@dataclass
class Texts:
    """Takes the codes that go out."""

    sent: list[tuple[str, str, str]] = field(default_factory=list)
    to_nobody: int = 0

    def __call__(self, out_id: str, phone: str, sms_code: str) -> None:
        if phone:
            self.sent.append((out_id, phone, sms_code))
        else:
            self.to_nobody += 1

    @property
    def last(self) -> str:
        return self.sent[-1][2]


VAULT = Vault(bytes(32), b"\1" * 32, CountedEntropy())

WANG = ApplicantRow(
    line=2,
    code="3301260000001",
    bidder_class="individual",
    name="王小明",
    id_type="id_card",
    id_number="11010519491231002X",
    phone="13800000001",
    valid_from=date(2026, 1, 1),
    valid_until=date(2026, 12, 31),
)
LI = replace(WANG, line=3, code="3301260000002", name="李雷", phone="13800000002", id_number="440524188001010014")
YUNQI = replace(
    WANG,
    code="3301260000003",
    bidder_class="unit",
    name="云栖（杭州）有限公司",
    id_type="uscc",
    id_number="91350100M000100Y43",
    phone="13800000003",
)


def plan() -> Plan:
    return nominal(PERIOD, RULES, {"individual": 2, "unit": 1}, last_average_fen={}, lows_fen={}, last_mean_fen={})


def terms(bidder_class: str = "individual") -> Terms:
    return Terms(bidder_class, RULES.is_code, plan().day("auction_opens"))


@dataclass
class Listed:
    """A regulator whose list has just these rows and problems."""

    entries: tuple[ApplicantRow | Problem, ...]

    def stream_applicants(self, source: IO[bytes], file_name: str) -> Iterator[ApplicantRow | Problem]:
        del source, file_name
        yield from self.entries

    read_applicants = read_qualification = None


def take_in_file(
    source: IO[bytes],
    regulator: Any,
    *,
    bidder_class: str = "individual",
    files: Files | None = None,
    vault: Vault = VAULT,
    period: str = PERIOD,
    key: str = "list.csv",
    held_to: Terms | None = None,
    now_ms: int = 1_772_000_000_000,
) -> dict[str, int]:
    """All steps that a list goes through, as the period's machine runs them."""
    kept = files or MemoryFiles()
    found = split_list(period, key, source, regulator, held_to or terms(bidder_class), files=kept, vault=vault)
    for chunk in found["chunks"]:  # type: ignore[attr-defined]
        keep_chunk(
            period,
            key,
            chunk["key"],
            files=kept,
            vault=vault,
            now_ms=now_ms,
            auction_opens_ms=plan().at("auction_opens"),
        )
    return close_list(period, key, str(found["prefix"]), kept)


def take_in(*entries: ApplicantRow | Problem, bidder_class: str = "individual") -> dict[str, int]:
    return take_in_file(io.BytesIO(str(entries).encode()), Listed(entries), bidder_class=bidder_class)


def qualify(code: str) -> None:
    set_qualification(PERIOD, code, audit=AUDIT_PASSED, audit_reason="", qualified=True, refusal="")


def while_activating_ms() -> int:
    return plan().at("activation_opens") + 60_000


def shanghai(text: str) -> int:
    return at_shanghai(text)
