"""What CloudWatch does with metric filters and the embedded AWS does not: count lines of log into metrics.

The filters are the deployed template's own, asked for where CloudWatch Logs keeps them; only their pattern
``{ $.message = "..." }`` is understood.
"""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import boto3

EVERY_S = 5.0
# Lines come in late by this much at most; what was counted is remembered for as long.
_LATE_MS = 60_000
_MINUTE_MS = 60_000
_PATTERN = re.compile(r'\{\s*\$\.message\s*=\s*"([^"]+)"\s*\}')
_DATA_MAX = 500

# Namespace, metric, dimensions and minute (epoch ms).
Point = tuple[str, str, tuple[tuple[str, str], ...], int]


@dataclass
class Measuring:
    """Counts what was logged since it looked last. ``since_ms``: lines before that are not counted."""

    logs: Any
    cloudwatch: Any
    since_ms: int
    _seen: dict[tuple[str, int, str], int] = field(default_factory=dict)

    @classmethod
    def of(cls, aws: Mapping[str, str], since_ms: int) -> Measuring:
        """At the embedded AWS that a process is told of by its environment."""
        session = boto3.Session(aws["AWS_ACCESS_KEY_ID"], aws["AWS_SECRET_ACCESS_KEY"], region_name=aws["AWS_REGION"])
        url = aws["AWS_ENDPOINT_URL"]
        return cls(session.client("logs", endpoint_url=url), session.client("cloudwatch", endpoint_url=url), since_ms)

    def keep_on(self) -> None:
        """Count for as long as the process lives; an embedded AWS that is busy is asked again."""
        while True:
            time.sleep(EVERY_S)
            try:
                self.step()
            except Exception as error:
                print(f"sandbox: not measured: {type(error).__name__}", flush=True)

    def step(self) -> None:
        """Read the new lines of every log group with filters and put their counts."""
        by_group: dict[str, list[dict[str, Any]]] = {}
        for page in self.logs.get_paginator("describe_metric_filters").paginate():
            for each in page["metricFilters"]:
                by_group.setdefault(each["logGroupName"], []).append(each)
        points: Counter[Point] = Counter()
        for group, filters in by_group.items():
            for at_ms, line in self._new_lines(group):
                for point, value in counted(filters, at_ms, line):
                    points[point] += value
        self._put(points)

    def _new_lines(self, group: str) -> Iterator[tuple[int, dict[str, Any]]]:
        pages = self.logs.get_paginator("filter_log_events").paginate(logGroupName=group, startTime=self.since_ms)
        events = [event for page in pages for event in page["events"]]
        for event in events:
            key = (event.get("logStreamName", ""), event["timestamp"], event["message"])
            if key in self._seen:
                continue
            self._seen[key] = event["timestamp"]
            if line := _json(event["message"]):
                yield event["timestamp"], line
        if events:
            self.since_ms = max(self.since_ms, max(event["timestamp"] for event in events) - _LATE_MS)
            self._seen = {key: at_ms for key, at_ms in self._seen.items() if at_ms >= self.since_ms}

    def _put(self, points: Mapping[Point, int]) -> None:
        by_space: dict[str, list[dict[str, Any]]] = {}
        for (space, metric, dimensions, at_ms), value in points.items():
            by_space.setdefault(space, []).append(
                {
                    "MetricName": metric,
                    "Dimensions": [{"Name": name, "Value": text} for name, text in dimensions],
                    "Timestamp": datetime.fromtimestamp(at_ms / 1_000, UTC),
                    "Value": value,
                }
            )
        for space, data in by_space.items():
            for start in range(0, len(data), _DATA_MAX):
                self.cloudwatch.put_metric_data(Namespace=space, MetricData=data[start : start + _DATA_MAX])


def counted(filters: list[dict[str, Any]], at_ms: int, line: Mapping[str, Any]) -> Iterator[tuple[Point, int]]:
    """What a line adds to which metric; nought where the filter has a default value and the line does not fit."""
    minute_ms = at_ms - at_ms % _MINUTE_MS
    for each in filters:
        wanted = _PATTERN.fullmatch(each["filterPattern"].strip())
        fits = wanted is not None and line.get("message") == wanted[1]
        for told in each["metricTransformations"]:
            if not fits and told.get("defaultValue") is None:
                continue
            named = {
                name: str(line.get(path.removeprefix("$."), "")) for name, path in told.get("dimensions", {}).items()
            }
            point = (told["metricNamespace"], told["metricName"], tuple(sorted(named.items())), minute_ms)
            yield point, int(float(told["metricValue"] if fits else told["defaultValue"]))


def _json(text: str) -> dict[str, Any]:
    try:
        line = json.loads(text)
    except ValueError:
        return {}
    return line if isinstance(line, dict) else {}
