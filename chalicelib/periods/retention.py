"""What the law no longer lets us keep: once a period's time is over, the data keys of its personal data are destroyed.

Every name, number, phone and account of the period, in tables and in their backups, is unreadable from then on (PIPL,
articles 19 and 47); the ledger, which names codes and no persons, stays whole. Files that are not sealed by us (lists
of the regulator, statements, files to banks) expire in their buckets after the same time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chalicelib.kernel import aws, metrics
from chalicelib.kernel.data_keys import destroy_keys
from chalicelib.kernel.log import logger
from chalicelib.periods.listing import listed_periods
from chalicelib.periods.problems import record_problems
from chalicelib.periods.records import Period, PeriodState, find_period
from chalicelib.wiring import hub

DAY_MS = 86_400_000
_OVER = (PeriodState.FINISHED, PeriodState.REJECTED)


def destroy_what_is_due(now_ms: int, days: int, destroy: Callable[[str], int]) -> dict[str, int]:
    """Destroy the keys of each period that ended ``days`` ago; again is nothing.

    ``destroy``: period -> how many keys it destroyed. Returns ``{period: keys destroyed}``.

    A period whose time is over but which itself is not (a refund nobody could be paid, say) keeps its keys and goes on
    the operators' list: its people are still owed something.
    """
    destroyed: dict[str, int] = {}
    for name in listed_periods():
        period = find_period(name)
        if now_ms < _due_ms(period, days):
            continue
        if period.state not in _OVER:
            record_problems(name, "retention", (), "RETENTION_OVERDUE", "保存期限已满,但本期尚未结束,个人信息未销毁")
            continue
        count = destroy(name)
        if count:
            destroyed[name] = count
            logger.info("data keys destroyed", extra={"period": name, "keys": count})
            metrics.count(metrics.KEYS_DESTROYED, count)
    return destroyed


def _due_ms(period: Period, days: int) -> int:
    return period.plan.at("month_end") + days * DAY_MS


def handle(event: dict[str, Any], context: object) -> dict[str, int]:
    """The daily run. A failure is tried again by Lambda twice, then waits in the dead-letter queue."""
    del event, context
    here = hub()
    days = int(here.settings.need("PERSONAL_DAYS"))
    now_ms, table = here.clock.now_ms(), here.settings.need("KEYS_TABLE")
    return destroy_what_is_due(now_ms, days, lambda name: destroy_keys(aws.client("dynamodb"), table, name, now_ms))
