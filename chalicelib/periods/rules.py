"""A city's rule set: the numbers that sibling cities differ in, read from TOML and checked before anything uses them.

Pure: a text goes in, a frozen ``RuleSet`` comes out. Facts and their sources stand beside the numbers in
``rulesets/<city>.toml``. A period keeps the text it began with, so a later version never changes it.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import pairwise
from pathlib import Path

from chalicelib.kernel.errors import FileRefused, InvalidInput, Problem
from chalicelib.periods.notice_party import NoticeParty, read_notice_party
from chalicelib.periods.phases import Phase, phase_faults, read_phases, whole_window
from chalicelib.periods.toml_table import TomlTable

BIDDER_CLASSES = ("individual", "unit")

_RULE_SETS = Path(__file__).parent / "rulesets"
_CITY = r"[a-z]{2,20}"
_FEN_MAX = 10**12


@dataclass(frozen=True)
class Rate:
    """An annual demand-deposit rate in parts per million, and the first day it holds."""

    from_date: date
    annual_rate_ppm: int


@dataclass(frozen=True)
class Interest:
    """Simple interest: actual days / ``day_count``, at the rate of each day. ``rates`` ascend by date.

    ``bank_differs_fen_max``: by how much a bank's own figure may differ without anybody being told.
    """

    day_count: int
    rates: tuple[Rate, ...]
    bank_differs_fen_max: int = 0


@dataclass(frozen=True)
class MoreQuota:
    """When and by how much a period's quota of one class grows at the close; all conditions must hold (domain.md)."""

    bidder_class: str
    percent: int
    rounding: str  # "down", "half_up" or "up", for an odd quota
    bidders_multiple: int  # bidders >= this x quota
    history_periods: int  # lowest price >= the highest lowest price of this many periods
    lowest_percent_of_mean: int  # lowest price >= this % of the mean bid


@dataclass(frozen=True)
class PauseRule:
    """How an open auction is paused by two operators, and how the pause is made good."""

    extends: str  # "length": what is still to come moves by the pause's length; "none": it stays where it is
    notice_seconds: int  # between the second person's word and the pause
    resume_notice_seconds: int  # between the second person's word and the resumption


# What periods that began with an older text go by.
PAUSE_RULE = PauseRule("length", 10, 600)


@dataclass(frozen=True)
class MonthTime:
    """A day of a month and minutes after its midnight; 1,440 is the day's end."""

    day: int
    minute: int


@dataclass(frozen=True)
class Timetable:
    """The defaults a month's plan is drafted from; the notice may move each date. Minutes count from midnight."""

    plan_due: MonthTime
    applications_close: MonthTime
    deposits_open: MonthTime
    deposits_close: MonthTime
    alipay_closes_days_before: int
    auction_day: int
    auction_opens_minute: int
    broadcast_minutes: tuple[int, ...]
    auction_closes_minute: int
    auction_on_workday: bool  # whether a notice may name a working day only
    activation_working_days: int
    office_opens_minute: int
    office_closes_minute: int
    statement_minute: int
    notary_minute: int
    refunds_1_by: MonthTime
    refunds_2_by: MonthTime
    failed_refunds_after: MonthTime
    month_end: MonthTime


@dataclass(frozen=True)
class RuleSet:
    """One version of a city's rules. Money in fen."""

    city: str
    version: str
    title: str
    channels: tuple[str, ...]  # banks
    wallets: tuple[str, ...]  # for individuals only, and closed a day before the banks
    deposit_fen: int
    reserve_fen: int
    tick_fen: int
    cap_multiple: int  # 0: no cap hangs on the last average
    bids_max: int
    code_pattern: str
    broadcast_trim_percent: int
    rollover_periods: int
    settlement_working_days: int
    default_ban_months: int
    interest: Interest
    timetable: Timetable
    more_quota: MoreQuota | None  # None: the city has no such rule
    phases: tuple[Phase, ...]  # of the window, one after the other and without a gap
    pause: PauseRule = PAUSE_RULE
    notice: NoticeParty | None = None  # who publishes; None: the announcement leaves the names to whoever does

    @property
    def ways(self) -> tuple[str, ...]:
        """Every way that a deposit may come, banks first; a statement is awaited from each."""
        return (*self.channels, *self.wallets)

    def cap_fen(self, last_average_fen: int) -> int | None:
        """The highest price that may be bid, from the average winning price of the class at the last auction.

        ``None`` where the city has no such rule.
        """
        return self.cap_multiple * last_average_fen if self.cap_multiple else None

    @property
    def has_warning_price(self) -> bool:
        """Whether a notice must name a warning price (警示价) for each class."""
        return any(phase.limit == "warning_price" for phase in self.phases)

    def is_code(self, text: str) -> bool:
        """Whether a text has the form of an application code (申请编码) of this city."""
        return self._code_form.fullmatch(text) is not None

    @cached_property
    def _code_form(self) -> re.Pattern[str]:
        # A million codes are held to it.
        return re.compile(self.code_pattern, re.ASCII)


def rule_text(city: str) -> str:
    """The TOML of a city's current rule set. Raises ``InvalidInput`` (``CITY_UNKNOWN``) naming those there are."""
    known = sorted(path.stem for path in _RULE_SETS.glob("*.toml"))
    if city not in known:
        problem = Problem(0, "city", city[:40], f"one of {', '.join(known)}")
        raise InvalidInput("CITY_UNKNOWN", f"没有该城市的规则集: {city[:40]}", problems=(problem,))
    return (_RULE_SETS / f"{city}.toml").read_text(encoding="utf-8")


def load_rules(city: str) -> RuleSet:
    """A city's current rule set. Raises ``InvalidInput`` for an unknown city, ``FileRefused`` for a faulty file."""
    return read_rules(rule_text(city))


def read_rules(text: str) -> RuleSet:
    """Read and check a rule set. ``FileRefused`` (``RULES_INVALID``) names every wrong key and what would be right."""
    try:
        table = TomlTable(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise _refused([Problem(0, "file", "", f"valid TOML: {error}")]) from error
    rules = _rules(table)
    _relations(rules, table)
    table.close()
    if table.problems:
        raise _refused(table.problems)
    return rules


def _refused(problems: list[Problem]) -> FileRefused:
    named = "; ".join(f"{problem.field} ({problem.remedy})" for problem in problems[:5])
    return FileRefused("RULES_INVALID", f"规则集有 {len(problems)} 处错误: {named}", problems=tuple(problems))


def _rules(table: TomlTable) -> RuleSet:
    bids_max = table.whole("bids_max", 1, 100)
    timetable = _timetable(table.table("timetable"))
    return RuleSet(
        city=table.text("city", _CITY),
        version=table.text("version", r"\d{4}-\d{2}"),
        title=table.text("title"),
        channels=table.texts("channels", r"[a-z]{2,20}"),
        wallets=table.texts("wallets", r"[a-z]{2,20}") if table.has("wallets") else (),
        deposit_fen=table.whole("deposit_fen", 1, _FEN_MAX),
        reserve_fen=table.whole("reserve_fen", 1, _FEN_MAX),
        tick_fen=table.whole("tick_fen", 1, _FEN_MAX),
        cap_multiple=table.whole("cap_multiple", 0, 100),
        bids_max=bids_max,
        code_pattern=table.pattern("code_pattern"),
        broadcast_trim_percent=table.whole("broadcast_trim_percent", 0, 49),
        rollover_periods=table.whole("rollover_periods", 0, 12),
        settlement_working_days=table.whole("settlement_working_days", 1, 20),
        default_ban_months=table.whole("default_ban_months", 0, 120),
        interest=_interest(table.table("interest")),
        timetable=timetable,
        more_quota=_more_quota(table.table("more_quota")) if table.has("more_quota") else None,
        phases=read_phases(table)
        if table.has("phases")
        else whole_window(timetable.auction_opens_minute, timetable.auction_closes_minute, bids_max),
        pause=_pause(table.table("pause")) if table.has("pause") else PAUSE_RULE,
        notice=read_notice_party(table.table("notice")) if table.has("notice") else None,
    )


def _interest(table: TomlTable) -> Interest:
    rates = []
    for entry in table.tables("rates"):
        rates.append(Rate(entry.day("from_date"), entry.whole("annual_rate_ppm", 0, 200_000)))
        entry.close()
    if any(later.from_date <= earlier.from_date for earlier, later in pairwise(rates)):
        table.fault("rates", None, "dates that ascend, each once")
    # Rules of before there was a bank's figure do not name it.
    differs = table.whole("bank_differs_fen_max", 0, 10_000) if table.has("bank_differs_fen_max") else 0
    interest = Interest(table.whole("day_count", 360, 366), tuple(rates), differs)
    table.close()
    return interest


def _more_quota(table: TomlTable) -> MoreQuota:
    more = MoreQuota(
        bidder_class=table.text("bidder_class", "|".join(BIDDER_CLASSES)),
        percent=table.whole("percent", 1, 1_000),
        rounding=table.text("rounding", "down|half_up|up"),
        bidders_multiple=table.whole("bidders_multiple", 1, 100),
        history_periods=table.whole("history_periods", 1, 120),
        lowest_percent_of_mean=table.whole("lowest_percent_of_mean", 1, 1_000),
    )
    table.close()
    return more


def _pause(table: TomlTable) -> PauseRule:
    rule = PauseRule(
        extends=table.text("extends", "length|none"),
        # A bid function may hold on to an older window for seconds: a pause must not begin before all know of it.
        notice_seconds=table.whole("notice_seconds", 10, 3_600),
        resume_notice_seconds=table.whole("resume_notice_seconds", 10, 86_400),
    )
    table.close()
    return rule


def _timetable(table: TomlTable) -> Timetable:
    timetable = Timetable(
        plan_due=MonthTime(*table.month_time("plan_due")),
        applications_close=MonthTime(*table.month_time("applications_close")),
        deposits_open=MonthTime(*table.month_time("deposits_open")),
        deposits_close=MonthTime(*table.month_time("deposits_close")),
        alipay_closes_days_before=table.whole("alipay_closes_days_before", 0, 10),
        auction_day=table.whole("auction_day", 1, 28),
        auction_opens_minute=table.minute("auction_opens"),
        broadcast_minutes=table.minutes("broadcasts"),
        auction_closes_minute=table.minute("auction_closes"),
        # Texts that periods began with may be older than the key.
        auction_on_workday=table.flag("auction_on_workday") if table.has("auction_on_workday") else True,
        activation_working_days=table.whole("activation_working_days", 1, 10),
        office_opens_minute=table.minute("office_opens"),
        office_closes_minute=table.minute("office_closes"),
        statement_minute=table.minute("statement_due"),
        notary_minute=table.minute("notary_export"),
        refunds_1_by=MonthTime(*table.month_time("refunds_1_by")),
        refunds_2_by=MonthTime(*table.month_time("refunds_2_by")),
        failed_refunds_after=MonthTime(*table.month_time("failed_refunds_after")),
        month_end=MonthTime(*table.month_time("month_end")),
    )
    table.close()
    return timetable


def _relations(rules: RuleSet, table: TomlTable) -> None:
    """What two keys must be to each other; single keys were checked when read."""
    if rules.reserve_fen % rules.tick_fen:
        table.fault("reserve_fen", rules.reserve_fen, "a multiple of tick_fen")
    if rules.tick_fen % 100:
        table.fault("tick_fen", rules.tick_fen, "whole yuan: bids are whole yuan")
    times = rules.timetable
    day = (times.auction_opens_minute, *times.broadcast_minutes, times.auction_closes_minute)
    if any(later <= earlier for earlier, later in pairwise(day)):
        table.fault("timetable.broadcasts", None, "times that ascend between auction_opens and auction_closes")
    faults = phase_faults(
        rules.phases,
        opens_minute=times.auction_opens_minute,
        closes_minute=times.auction_closes_minute,
        bids_max=rules.bids_max,
        tick_fen=rules.tick_fen,
        cap_multiple=rules.cap_multiple,
    )
    for key, remedy in faults:
        table.fault(key, None, remedy)
