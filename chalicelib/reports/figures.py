"""A month's figures for the tables of months and years: participants, quotas, prices, defaults. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.reports.workbook import Bound
from chalicelib.treasury.rules import NoticeStatus


@dataclass(frozen=True)
class ClassFigures:
    """One auction of a period. Prices in whole yuan, ``None`` where nobody won; counts besides."""

    quota: int
    qualified: int
    bidders: int
    winners: int
    lowest: int | None
    average: int | None
    at_lowest: int
    won_at_lowest: int
    last_winner_at: str | None
    paid: int
    defaulted: int


@dataclass(frozen=True)
class MonthFigures:
    """A period as the tables have it; amounts in fen."""

    period: str
    title: str
    applicants: int
    qualified: int
    activated: int
    deposits: int
    deposit_fen: int
    rolled_out: int
    refunded_fen: int
    forfeited_fen: int
    paid_fen: int
    classes: Mapping[str, ClassFigures]


def of_month(bound: Bound) -> MonthFigures:
    """The figures of a month."""
    month, found = bound.month, bound.found
    states = [(row.bidder_class, row.state) for row in month.notices]
    classes = {}
    for name, result in month.results.items():
        classes[name] = ClassFigures(
            **{
                key: result[key]
                for key in (
                    "quota",
                    "qualified",
                    "bidders",
                    "winners",
                    "lowest",
                    "average",
                    "at_lowest",
                    "won_at_lowest",
                    "last_winner_at",
                )
            },
            paid=states.count((name, NoticeStatus.PAID)),
            defaulted=states.count((name, NoticeStatus.DEFAULTED)),
        )
    every = found.all_deposits()
    return MonthFigures(
        period=month.period,
        title=month.title,
        applicants=month.applicants,
        qualified=month.qualified,
        activated=month.activated,
        deposits=every.count,
        deposit_fen=every.fen,
        rolled_out=found.rolled_out.count,
        refunded_fen=found.refunds_where(lambda batch, _by, state: batch != "remittance" and state == "paid").fen,
        forfeited_fen=sum(row.forfeited_fen for row in month.notices),
        paid_fen=sum(row.amount_fen for row in month.notices if row.state == NoticeStatus.PAID),
        classes=classes,
    )


def figures_of(content: Mapping[str, Any]) -> MonthFigures:
    """Figures from their file. Raises ``TypeError`` or ``KeyError`` for what is none."""
    given = dict(content)
    given["classes"] = {name: ClassFigures(**each) for name, each in content["classes"].items()}
    return MonthFigures(**given)
