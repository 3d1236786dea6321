"""The sheets that sum the month up; what they say is computed from the detail sheets by formulas. Pure."""

from __future__ import annotations

from chalicelib.kernel.money import FEN_PER_YUAN
from chalicelib.reports import words
from chalicelib.reports.month import Month
from chalicelib.reports.table import FIRST_ROW, Cell, Column, Formula, Kind, Table, column_letter
from chalicelib.reports.tally import CAME_BACK, Sum, Tally

_YUAN = "金额单位:元。"
_Rows = list[tuple[Cell, ...]]


def auction_results(month: Month) -> Table:
    """What was announced, per class."""
    rows: _Rows = [
        (
            words.word(words.CLASSES, name),
            result["quota"],
            result["qualified"],
            result["bidders"],
            result["winners"],
            _fen(result["lowest"]),
            _fen(result["average"]),
            result["at_lowest"],
            result["won_at_lowest"],
            result["last_winner_at"] or "",
        )
        for name, result in month.results.items()
    ]
    columns = (
        Column("类别", width=10),
        Column("指标数", Kind.COUNT, 10, total=True),
        Column("合格人数", Kind.COUNT, 10, total=True),
        Column("出价人数", Kind.COUNT, 10, total=True),
        Column("买受人数", Kind.COUNT, 10, total=True),
        Column("最低成交价(元)", Kind.MONEY, 16),
        Column("平均成交价(元)", Kind.MONEY, 16),
        Column("最低价出价人数", Kind.COUNT, 16),
        Column("最低价成交人数", Kind.COUNT, 16),
        Column("末位成交时间", width=26),
    )
    return Table("竞价结果", "竞价结果表", _YUAN, columns, rows)


def _fen(yuan: int | None) -> int | None:
    return None if yuan is None else yuan * FEN_PER_YUAN


def channels_of(found: Tally) -> list[str]:
    """The channels that finance always looks for, and whichever else money came by."""
    return [*words.CHANNELS, *sorted({channel for _, channel in found.arrivals} - set(words.CHANNELS))]


def credits_by_day(found: Tally, details: Table) -> Table:
    """Payments that came in, by day and channel."""
    channels = channels_of(found)
    rows: _Rows = []
    for place, day in enumerate(sorted({day for day, _ in found.arrivals})):
        line = FIRST_ROW + place + 1
        cells: list[Cell] = [day]
        for channel in channels:
            came = found.arrivals.get((day, channel), Sum())
            given = f'{details.range("到账日")},A{line},{details.range("渠道")},"{words.word(words.CHANNELS, channel)}"'
            cells.append(Formula(f"COUNTIFS({given})", came.count))
            cells.append(Formula(f"SUMIFS({details.range('金额(元)')},{given})", came.fen))
        of_day = [came for (at, _), came in found.arrivals.items() if at == day]
        counts, sums = (_letters(1 + offset, len(channels)) for offset in (0, 1))
        cells.append(Formula("+".join(f"{letter}{line}" for letter in counts), sum(came.count for came in of_day)))
        cells.append(Formula("+".join(f"{letter}{line}" for letter in sums), sum(came.fen for came in of_day)))
        rows.append(tuple(cells))
    columns = [Column("到账日", Kind.DAY, 14)]
    for name in (*(words.word(words.CHANNELS, channel) for channel in channels), "全部渠道"):
        columns.append(Column(f"{name} 笔数", Kind.COUNT, 12, total=True))
        columns.append(Column(f"{name} 金额(元)", Kind.MONEY, 18, total=True))
    return Table("到账日报", "保证金到账日报表(分渠道)", f"{_YUAN}按到账时间所在日期统计。", columns, rows)


def _letters(first: int, count: int) -> list[str]:
    return [column_letter(first + 2 * number) for number in range(count)]


def credits_by_state(found: Tally, details: Table) -> Table:
    """Payments that came in, by what became of them."""
    rows: _Rows = []
    for state, label in words.CREDITS.items():
        of_state = found.credits.get(state, Sum())
        rows.append(
            (
                label,
                Formula(f'COUNTIFS({details.range("状态")},"{label}")', of_state.count),
                _sum(details, "金额(元)", {"状态": label}, of_state.fen),
            )
        )
    columns = (
        Column("状态", width=24),
        Column("笔数", Kind.COUNT, 16, total=True),
        Column("金额(元)", Kind.MONEY, 24, total=True),
    )
    return Table("到账", "到账汇总表", _YUAN, columns, rows)


def deposits_by_state(found: Tally, details: Table) -> Table:
    """Deposits, by where they stand."""
    rows: _Rows = []
    for state, label in words.DEPOSITS.items():
        of_state = found.deposits[state]
        rows.append(
            (
                label,
                Formula(f'COUNTIFS({details.range("状态")},"{label}")', of_state.count),
                _sum(details, "保证金(元)", {"状态": label}, of_state.fen),
                _sum(details, "溢缴(元)", {"状态": label}, of_state.excess_fen),
            )
        )
    columns = (
        Column("状态", width=20),
        Column("人数", Kind.COUNT, 14, total=True),
        Column("保证金(元)", Kind.MONEY, 22, total=True),
        Column("溢缴(元)", Kind.MONEY, 20, total=True),
    )
    return Table("保证金", "保证金汇总表", _YUAN, columns, rows)


def interest(month: Month, found: Tally, details: Table) -> Table:
    """Interest by channel: ordered, come back, owed, paid of it, credited by the bank, and what is left."""
    credited = {row.channel: row.interest_fen for row in month.banks}
    seen = {channel for _, channel, _ in found.refunds} | credited.keys()
    rows: _Rows = []
    for place, channel in enumerate([*words.CHANNELS, *sorted(seen - set(words.CHANNELS))]):
        line = FIRST_ROW + place + 1
        label, paid = words.word(words.CHANNELS, channel), words.REFUNDS["paid"]
        every = found.refunds_where(lambda _batch, by, _state, of=channel: by == of)  # type: ignore[misc]
        done = found.refunds_where(lambda _batch, by, state, of=channel: (by, state) == (of, "paid"))  # type: ignore[misc]
        back = found.refunds_where(lambda _batch, by, state, of=channel: by == of and state in CAME_BACK)  # type: ignore[misc]
        given = f'{details.range("渠道")},"{label}",{details.range("利息(元)")},">0"'
        came_back = "+".join(
            _sum(details, "利息(元)", {"渠道": label, "状态": words.REFUNDS[state]}, 0).text for state in CAME_BACK
        )
        rows.append(
            (
                label,
                Formula(f"COUNTIFS({given})", every.with_interest),
                _sum(details, "利息(元)", {"渠道": label}, every.interest_fen),
                Formula(came_back, back.interest_fen),
                Formula(f"ROUND(C{line}-D{line},2)", every.interest_fen - back.interest_fen),
                _sum(details, "利息(元)", {"渠道": label, "状态": paid}, done.interest_fen),
                credited.get(channel, 0),
                Formula(f"ROUND(G{line}-F{line},2)", credited.get(channel, 0) - done.interest_fen),
            )
        )
    columns = (
        Column("渠道", width=18),
        Column("计息笔数", Kind.COUNT, 12, total=True),
        Column("指令利息(元)", Kind.MONEY, 18, total=True),
        Column("退回利息(元)", Kind.MONEY, 18, total=True),
        Column("应付利息(元)", Kind.MONEY, 18, total=True),
        Column("已付利息(元)", Kind.MONEY, 18, total=True),
        Column("银行结息(元)", Kind.MONEY, 18, total=True),
        Column("结余(元)", Kind.MONEY, 18, total=True),
    )
    note = f"{_YUAN}指令利息含退回后重发的款项,应付利息 = 指令利息 - 退回利息;结余 = 银行结息 - 已付利息。"
    return Table("利息", "保证金利息表", note, columns, rows)


def refunds_by_batch(found: Tally, details: Table) -> Table:
    """Payments ordered, by batch: how many, how much, how much of it was paid and how much came back."""
    paid, failed = words.REFUNDS["paid"], [words.REFUNDS[state] for state in CAME_BACK]
    rows: _Rows = []
    for batch in sorted({batch for batch, _, _ in found.refunds}):
        label = words.batch_word(batch)
        every = found.refunds_where(lambda name, _channel, _state, of=batch: name == of)  # type: ignore[misc]
        done = found.refunds_where(lambda name, _channel, state, of=batch: (name, state) == (of, "paid"))  # type: ignore[misc]
        back = found.refunds_where(
            lambda name, _channel, state, of=batch: name == of and state in CAME_BACK  # type: ignore[misc]
        )
        of_batch = {"批次": label}
        counted = "+".join(
            f'COUNTIFS({details.range("批次")},"{label}",{details.range("状态")},"{state}")' for state in failed
        )
        came_back = "+".join(_sum(details, "合计(元)", of_batch | {"状态": state}, 0).text for state in failed)
        rows.append(
            (
                label,
                Formula(f'COUNTIFS({details.range("批次")},"{label}")', every.count),
                _sum(details, "本金(元)", of_batch, every.principal_fen),
                _sum(details, "利息(元)", of_batch, every.interest_fen),
                _sum(details, "合计(元)", of_batch, every.fen),
                _sum(details, "合计(元)", of_batch | {"状态": paid}, done.fen),
                Formula(counted, back.count),
                Formula(came_back, back.fen),
            )
        )
    columns = (
        Column("批次", width=16),
        Column("笔数", Kind.COUNT, 10, total=True),
        Column("本金(元)", Kind.MONEY, 18, total=True),
        Column("利息(元)", Kind.MONEY, 14, total=True),
        Column("合计(元)", Kind.MONEY, 18, total=True),
        Column("已付(元)", Kind.MONEY, 18, total=True),
        Column("退回笔数", Kind.COUNT, 10, total=True),
        Column("退回(元)", Kind.MONEY, 16, total=True),
    )
    return Table("退款", "退款汇总表", f"{_YUAN}失败后重发的款项在新批次中再次列示。", columns, rows)


def _sum(details: Table, heading: str, criteria: dict[str, str], value: int) -> Formula:
    given = ",".join(f'{details.range(column)},"{label}"' for column, label in criteria.items())
    return Formula(f"SUMIFS({details.range(heading)},{given})", value)
