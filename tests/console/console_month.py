"""What a console's month is made of in tests: an open auction with its log, a notice, a refund that came back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from chalicelib.auctions import records as auctions
from chalicelib.auctions.window import FACT
from chalicelib.bidlog import records as bidlog
from chalicelib.console.measures import Measured
from chalicelib.kernel import aws as aws_doors
from chalicelib.kernel.clock import local_text
from chalicelib.periods.milestones import Milestone
from chalicelib.periods.plan import Plan
from chalicelib.refunds import records as refunds
from chalicelib.refunds.records import FailedRecord
from chalicelib.treasury.receipt_records import ReceiptRecord, ReceiptState, receipt_key
from chalicelib.treasury.records import NoticeRecord, notice_key, pay_code_record
from tests.console.conftest import FakeHub
from tests.deposits.deposit_month import DEPOSIT, PERIOD, code

MINUTE_MS = 60_000
PAY_CODE = "33010026300000000042"
REF = f"RF202603{'a' * 24}"


def moved(whole: Plan, by_ms: int) -> Plan:
    """The plan with all its instants moved."""

    def each(one: Milestone) -> Milestone:
        return replace(one, at_ms=one.at_ms + by_ms)

    return replace(
        whole,
        milestones={name: each(one) for name, one in whole.milestones.items()},
        broadcasts=tuple(map(each, whole.broadcasts)),
        statements=tuple(replace(one, due=each(one.due)) for one in whole.statements),
    )


def head(at_ms: int, size: int, at: str = "2026-03-25T09:00:00.000") -> dict[str, dict[str, object]]:
    """A head of the log, as far as the board reads it."""
    return {"head": {"at_ms": at_ms, "at": at, "size": size, "root": "ab" * 32, "final": False}}


def open_auction(hub: FakeHub) -> int:
    """An auction that is open since half an hour by the console's clock; when it opened."""
    opens_at_ms = hub.clock.at_ms - 30 * MINUTE_MS
    classes = {
        "individual": {"quota": 1, "reserve_fen": 1_000_000, "tick_fen": 10_000, "cap_fen": None, "warning_fen": None}
    }
    auctions.keep(
        PERIOD,
        FACT,
        {
            "opens_at_ms": opens_at_ms,
            "closes_at_ms": opens_at_ms + 360 * MINUTE_MS,
            "bids_max": 3,
            "phases": [],
            "phases_every_ms": [],
            "broadcasts": [],
            "pause_rule": {"notice_seconds": 10, "resume_notice_seconds": 60, "extends": "length"},
            "classes": classes,
            "pauses": [],
            "version": 1,
            "sealed_seed": "",
            "seed_commitment": "cd" * 32,
        },
    )
    return opens_at_ms


def count(metric: str, name: str, values: dict[int, float], *, space: str = "Hangpai/test", by: str = "code") -> None:
    """What CloudWatch would have counted: instant -> value."""
    dimensions = [{"Name": by, "Value": name}] if name else []
    data = [
        {
            "MetricName": metric,
            "Dimensions": dimensions,
            "Value": value,
            "Timestamp": datetime.fromtimestamp(at_ms / 1_000, UTC),
        }
        for at_ms, value in values.items()
    ]
    aws_doors.client("cloudwatch").put_metric_data(Namespace=space, MetricData=data)


def busy_half_hour(opens_at_ms: int) -> Measured:
    """The log of half an hour, and what CloudWatch would say of it (moto knows no percentiles)."""
    size = 0
    for minute in range(1, 31):
        size += 40 + minute * minute
        bidlog.keep_head(PERIOD, head(opens_at_ms + minute * MINUTE_MS, size))
    bidlog.SizeRecord(PERIOD, "size", size=size + 37).save()
    at = [local_text(opens_at_ms + minute * MINUTE_MS)[11:16] for minute in range(30)]
    latency = {
        stat: tuple((when, base + (place * 7) % spread) for place, when in enumerate(at))
        for stat, base, spread in (("p50", 11.0, 4), ("p99", 41.0, 29))
    }
    refused = {"NO_BIDS_LEFT": 212, "BELOW_RESERVE": 143, "OFF_TICK": 61, "TOO_FAST": 9}
    return Measured(refused, latency, {"Errors": 0})


def notice(hub: FakeHub) -> None:
    record = NoticeRecord(
        *notice_key(PERIOD, code(2)),
        period=PERIOD,
        code=code(2),
        bidder_class="individual",
        rank=1,
        pay_code=PAY_CODE,
        amount_fen=3_000_000,
        issued_on="2026-03-26",
        due_on="2026-03-31",
        due_at_ms=hub.clock.now_ms() + 86_400_000,
        opens_at_ms=1,
        message_id="m",
        state="registered",
    )
    record.save()
    pay_code_record(PAY_CODE, PERIOD, code(2)).save()


def issued() -> None:
    """The receipt of the notice's payment."""
    ReceiptRecord(
        *receipt_key(PERIOD, code(2), 1),
        period=PERIOD,
        code=code(2),
        turn=1,
        pay_code=PAY_CODE,
        amount_fen=3_000_000,
        state=ReceiptState.ISSUED,
        number_message_id="m1",
        issue_message_id="m2",
        number="0000000042",
        check_code="123456",
        issued_at_ms=2,
    ).save()


def came_back() -> None:
    """A refund of a payer without an application that came back."""
    FailedRecord(refunds.failed_pk(PERIOD), REF, payee_lookup="l", bank_code="1003", reason="账号不存在").save()
    refunds.RefundRecord(*refunds.refund_key(REF), **_refund()).save()


def _refund() -> dict[str, object]:
    names = refunds.RefundRecord.get_attributes()
    told = {"state": "failed", "principal_fen": DEPOSIT, "period": PERIOD, "our_ref": REF}
    needed = {
        name: 0 if type(each).__name__ == "NumberAttribute" else "x"
        for name, each in names.items()
        if not each.null and each.default is None and name not in ("pk", "sk")
    }
    return {**needed, **{name: value for name, value in told.items() if name in names}}
