"""What CloudWatch measured of the bid function: refusals by reason, how long a bid took, what failed.

The bid function itself only writes its line of log; a metric filter counts the refusals by their code
(``infra/dashboard.yaml``), and Lambda measures the time. Nothing here is kept by the hub, and a board without it
still shows everything else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.kernel import aws
from chalicelib.kernel.clock import local_text
from chalicelib.kernel.log import logger
from chalicelib.kernel.settings import Settings

REFUSED = "BidsRefused"
# Counted from every line of the bid function, nought included: where it has no point, refusals are not counted at all.
REFUSED_IN_ALL = "BidsRefusedInAll"
LATENCIES = ("p50", "p99")
TROUBLES = ("Errors", "Throttles")
_MINUTE_S = 60
_MS_PER_SECOND = 1_000
_DAY_MS = 86_400_000
# How long CloudWatch keeps points of a minute, and of five.
_BY_MINUTE_MS, _BY_FIVE_MS = 15 * _DAY_MS, 63 * _DAY_MS


@dataclass(frozen=True)
class Measured:
    """How many, by code or metric; ``latency_ms``: statistic -> (local time, ms) by minute.

    ``refused``: ``None`` where nothing has been counted, which is not "none".
    """

    refused: Mapping[str, int] | None = None
    latency_ms: Mapping[str, tuple[tuple[str, float], ...]] = field(default_factory=dict)
    troubles: Mapping[str, int] = field(default_factory=dict)


def namespace(stage: str) -> str:
    """Where the metric filter counts."""
    return f"Hangpai/{stage}"


def measured(config: Settings, codes: Iterable[str], from_ms: int, until_ms: int, now_ms: int) -> Measured | None:
    """What was measured between two instants; ``None`` where CloudWatch does not say."""
    period_s = _period_s(now_ms - from_ms)
    function = [{"Name": "FunctionName", "Value": config.need("BIDS_MEASURED_AS")}]
    asked = {("refused", code): _counted(config.stage, code) for code in codes}
    asked["counted", REFUSED_IN_ALL] = {
        "Metric": {"Namespace": namespace(config.stage), "MetricName": REFUSED_IN_ALL},
        "Stat": "Sum",
    }
    asked |= {("latency", stat): _of_lambda("Duration", function, stat) for stat in LATENCIES}
    asked |= {("troubles", metric): _of_lambda(metric, function, "Sum") for metric in TROUBLES}
    ids = {f"m{number}": key for number, key in enumerate(asked)}
    queries = [{"Id": number, "MetricStat": {**asked[key], "Period": period_s}} for number, key in ids.items()]
    begin, end = (datetime.fromtimestamp(at_ms // _MS_PER_SECOND, UTC) for at_ms in _whole(from_ms, until_ms, period_s))
    try:
        answer = aws.client("cloudwatch").get_metric_data(
            MetricDataQueries=queries, StartTime=begin, EndTime=end, ScanBy="TimestampAscending"
        )
    except (BotoCoreError, ClientError) as error:
        logger.warning("no measures", extra={"error": type(error).__name__})
        return None
    return _read(answer["MetricDataResults"], ids)


def _counted(stage: str, code: str) -> dict[str, Any]:
    dimensions = [{"Name": "code", "Value": code}]
    return {"Metric": {"Namespace": namespace(stage), "MetricName": REFUSED, "Dimensions": dimensions}, "Stat": "Sum"}


def _of_lambda(metric: str, function: list[dict[str, str]], stat: str) -> dict[str, Any]:
    return {"Metric": {"Namespace": "AWS/Lambda", "MetricName": metric, "Dimensions": function}, "Stat": stat}


def _read(results: Iterable[Mapping[str, Any]], ids: Mapping[str, tuple[str, str]]) -> Measured:
    found: dict[str, dict[str, Any]] = {"refused": {}, "counted": {}, "latency": {}, "troubles": {}}
    for each in results:
        kind, name = ids[each["Id"]]
        # A statistic that nothing was measured of may come back as points without a value.
        points = [pair for pair in zip(each["Timestamps"], each["Values"], strict=True) if pair[1] is not None]
        if not points:
            continue
        if kind == "latency":
            found[kind][name] = tuple(
                (local_text(int(when.timestamp()) * _MS_PER_SECOND)[11:16], value) for when, value in sorted(points)
            )
        else:
            found[kind][name] = round(sum(value for _, value in points))
    # A code's count may be there before the sum over all.
    counted = bool(found["counted"] or found["refused"])
    return Measured(found["refused"] if counted else None, found["latency"], found["troubles"])


def _period_s(age_ms: int) -> int:
    if age_ms < _BY_MINUTE_MS:
        return _MINUTE_S
    return 5 * _MINUTE_S if age_ms < _BY_FIVE_MS else 60 * _MINUTE_S


def _whole(from_ms: int, until_ms: int, period_s: int) -> tuple[int, int]:
    """Whole periods around a span: CloudWatch counts by these."""
    step_ms = period_s * _MS_PER_SECOND
    begin = from_ms - from_ms % step_ms
    return begin, max(-(-until_ms // step_ms) * step_ms, begin + step_ms)
