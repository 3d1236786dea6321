"""Counts that alarms and the dashboard read, as CloudWatch's embedded metric format: a line of the log, no call.

Never in the bid function: what it did, Lambda, API Gateway and the bids' stream count themselves.
"""

from __future__ import annotations

from aws_lambda_powertools.metrics import MetricUnit, single_metric

from chalicelib.kernel.settings import settings

NAMESPACE = "Hangpai"
# The names that infra/alarms.yaml and infra/dashboard.yaml know.
PROBLEMS_LISTED = "ProblemsListed"
RECONCILIATION_OPEN = "ReconciliationOpen"
KEYS_DESTROYED = "KeysDestroyed"


def count(name: str, value: int) -> None:
    """Add ``value`` to a count of this stage."""
    with single_metric(
        name=name,
        unit=MetricUnit.Count,
        value=value,
        namespace=NAMESPACE,
        default_dimensions={"stage": settings().stage},
    ):
        pass
