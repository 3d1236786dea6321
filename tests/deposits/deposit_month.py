"""What the money tests start from: March 2026, applicants, and a bank whose account and files are the simulator's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from chalicelib.applicants.records import (
    ApplicantNameRecord,
    ApplicantRecord,
    applicant_pk,
    name_lookup,
    name_pk,
    owner_of,
)
from chalicelib.auctions import records as auctions
from chalicelib.auctions.records import Standing
from chalicelib.deposits import statements
from chalicelib.deposits.intake import Account as HubAccount
from chalicelib.deposits.intake import account_of, intake_of
from chalicelib.kernel.clock import SetClock, at_shanghai
from chalicelib.kernel.errors import Pending
from chalicelib.kernel.files import MemoryFiles
from chalicelib.kernel.ids import SystemEntropy
from chalicelib.kernel.privacy import Vault
from chalicelib.ledger import records as ledger
from chalicelib.ledger.rules import balances
from chalicelib.periods.plan import Plan, nominal
from chalicelib.periods.rules import load_rules
from chalicelib.refunds.preparing import Means
from chalicelib.treasury.records import NoticeRecord, notice_key
from integrations.bank_of_hangzhou.client import BankOfHangzhou
from integrations.bank_of_hangzhou.simulator.account import Account
from integrations.ports import BatchFile, BatchState

PERIOD = "2026-03"
CHANNEL = "hangzhou"
RULES = load_rules("hangzhou")


def plan_of(period: str) -> Plan:
    """A month's plan by the rules."""
    return nominal(
        period,
        RULES,
        {"individual": 2, "unit": 1},
        last_average_fen={"individual": 2_000_000, "unit": 2_000_000},
        lows_fen={},
        last_mean_fen={},
    )


PLAN = plan_of(PERIOD)
DEPOSIT = RULES.deposit_fen
TREASURY_ACCOUNT = "3301990000000000009"


def code(number: int) -> str:
    return f"33012600{number:05d}"


def name(number: int) -> str:
    return f"申请人{number}"


def account_no(number: int) -> str:
    return f"62220000000{number:08d}"


@dataclass
class BankInProcess(BankOfHangzhou):
    """The real codec over the simulator's account, without a wire. ``faults``: what the next calls do, first to last.

    ``lost``: never arrives; ``mute``: arrives, no answer. Anything else, or nothing: goes well.
    """

    account: Account
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__("http://nowhere", "secret")

    def send_batch(self, file: BatchFile) -> None:
        fault = self.faults.pop(0) if self.faults else ""
        if fault == "lost":
            raise Pending("BANK_SILENT", "lost")
        if self.account.take_batch(file.name, file.content):
            self.account.deliver_return(file.name)
        if fault == "mute":
            raise Pending("BANK_SILENT", "mute")

    def ask_batch(self, file: BatchFile) -> BatchState:
        if self.faults and self.faults.pop(0) in ("lost", "mute"):
            raise Pending("BANK_SILENT", "silent")
        return BatchState.ACCEPTED if file.name in self.account.batches else BatchState.NOT_FOUND


class DepositMonth:
    """March 2026 with its files, clock and bank. Needs the fixture ``aws``."""

    def __init__(self, applicants: int = 0, *, fail_first: int = 0) -> None:
        self.files = MemoryFiles()
        self.clock = SetClock(PLAN.at("deposits_open"))
        self.vault = Vault(bytes(32), b"\1" * 32, SystemEntropy())
        self.account = Account("3301040160000000001", self._drop, fail_first, self.clock.now_ms)
        self.bank = BankInProcess(self.account)
        self.plans = [PLAN]
        self.serial = 0
        self.day = 0
        for number in range(applicants):
            self.apply(number)

    def _drop(self, key: str, content: bytes) -> None:
        self.files.write("inbox", key, content)

    def apply(self, number: int, *, period: str = PERIOD, **changes: Any) -> None:
        """List an applicant."""
        owner = owner_of(period, code(number))
        lookup = name_lookup(self.vault, name(number))
        given = {
            "period": period,
            "code": code(number),
            "bidder_class": "individual",
            "id_type": "id_card",
            "sealed_name": self.vault.seal(name(number), owner),
            "sealed_id_number": "-",
            "sealed_phone": "-",
            "name_lookup": lookup,
            "id_lookup": "-",
            "phone_lookup": "-",
            "content_lookup": "-",
            "valid_from": "2026-01-01",
            "valid_until": "2026-12-31",
        }
        ApplicantRecord(applicant_pk(period, code(number)), code(number), **{**given, **changes}).save()
        ApplicantNameRecord(name_pk(period, lookup), code(number)).save()

    def set_applicant(self, number: int, *, qualified: bool, rollover: bool = False) -> None:
        record = ApplicantRecord.get(applicant_pk(PERIOD, code(number)), code(number))
        record.update([ApplicantRecord.qualified.set(qualified), ApplicantRecord.rollover.set(rollover)])

    def pay(
        self,
        payer: int,
        *,
        memo: str | None = None,
        amount_fen: int = DEPOSIT,
        at: str = "2026-03-10T10:00:00",
        payer_name: str | None = None,
        account: str = "",
        serial: str = "",
    ) -> str:
        """A payment arrives at the bank; returns its serial."""
        self.serial += 1
        serial = serial or f"HZ{self.serial:08d}"
        self.account.credit(
            {
                "serial": serial,
                "booked_at_ms": at_shanghai(at),
                "value_date": at[:10],
                "amount_fen": amount_fen,
                "account": account or account_no(payer),
                "name": payer_name or name(payer),
                "memo": code(payer) if memo is None else memo,
            }
        )
        return serial

    @property
    def intake(self) -> HubAccount:
        return account_of(*(intake_of(plan, RULES, CHANNEL, self.vault, self.clock) for plan in self.plans))

    def statement(self) -> tuple[str, str]:
        """The bank closes the next day; returns the day and the statement's key."""
        self.day += 1
        day = date.fromordinal(date(2026, 3, 10).toordinal() + self.day).isoformat()
        return day, self.account.close_day(day)

    def read(self, day: str, key: str) -> dict[str, Any]:
        return statements.read_statement(
            self.files, self.bank, self.vault, period=PERIOD, day=day, key=key, code_pattern=RULES.code_pattern
        )

    def take_statement(self, *, times: int = 1) -> dict[str, int]:
        """The bank's next statement goes all the way through, each step ``times`` over; returns the outcomes."""
        day, key = self.statement()
        counts: dict[str, int] = {}
        for _ in range(times):
            counts = {}
            for chunk in self.read(day, key)["chunks"]:
                for outcome, count in self.book(chunk["key"]).items():
                    counts[outcome] = counts.get(outcome, 0) + count
        for _ in range(times):
            statements.close_statement(PERIOD, CHANNEL, day)
        return counts

    def book(self, key: str) -> dict[str, int]:
        """Book a chunk."""
        return statements.book_chunk(self.files, self.intake, PERIOD, key)

    def means(self, plan: Plan = PLAN) -> Means:
        return Means(
            plan,
            RULES.interest,
            self.vault,
            self.files,
            lambda _: self.bank,
            self.clock.now_ms(),
            channels=(CHANNEL, "minsheng"),
        )

    def close_auction(self, winners: Sequence[int], *, period: str = PERIOD) -> None:
        """The auction's result stands, with these winners."""
        content = {"classes": {"individual": {"winners": len(winners)}}}
        auctions.keep_same(period, "result", content)
        auctions.save_standings(
            period,
            [
                Standing(code(number), "individual", 3_000_000, 0, rank, won=True)
                for rank, number in enumerate(winners, 1)
            ],
        )

    def notice(self, number: int, state: str) -> None:
        """A winner's payment notice, in a state."""
        NoticeRecord(
            *notice_key(PERIOD, code(number)),
            period=PERIOD,
            code=code(number),
            bidder_class="individual",
            rank=1,
            pay_code=str(number),
            amount_fen=3_000_000,
            issued_on="2026-03-25",
            due_on="2026-03-30",
            due_at_ms=0,
            message_id="-",
            state=state,
        ).save()

    def balances(self) -> dict[str, int]:
        """The ledger's accounts that are not empty."""
        return {account: fen for account, fen in balances(ledger.entries(PERIOD)).items() if fen}
