"""The simulated bill: the lines of a day, its summary, and a zip whose names are GBK and do not say so."""

from __future__ import annotations

import struct
import zlib
from datetime import date, datetime, timedelta

from integrations.alipay.simulator.books import Trade, stamp, yuan

HEAD = (
    "支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,对方账户,"
    "订单金额（元）,商家实收（元）,支付宝红包（元）,集分宝（元）,支付宝优惠（元）,商家优惠（元）,券核销金额（元）,券名称,"
    "商家红包消费金额（元）,卡消费金额（元）,退款批次号/请求号,服务费（元）,分润（元）,备注"
)
SUMMARY_HEAD = (
    "门店编号,门店名称,交易订单总笔数,退款订单总笔数,订单金额（元）,商家实收（元）,支付宝优惠（元）,商家优惠（元）,"
    "卡消费金额（元）,服务费（元）,分润（元）,实收净额（元）"
)


def bookings(trades: list[Trade], day: date) -> list[tuple[Trade, str, int, datetime]]:
    """What a day's bill lists: (trade, request number or empty, fen, when), in order of time."""
    found = [(trade, "", trade.fen, trade.paid) for trade in trades if trade.paid and trade.paid.date() == day]
    for trade in trades:
        found += [(trade, key, fen, at) for key, (fen, at) in trade.refunds.items() if at.date() == day]
    return sorted(found, key=lambda booking: (booking[3], booking[1]))


def bookings_between(
    trades: list[Trade], after: datetime | None, until: datetime
) -> list[tuple[Trade, str, int, datetime]]:
    """What was booked after one instant and up to another: a compressed month's day."""
    found = [(trade, "", trade.fen, trade.paid) for trade in trades if trade.paid]
    found += [(trade, key, fen, at) for trade in trades for key, (fen, at) in trade.refunds.items()]
    within = [each for each in found if (after is None or each[3] > after) and each[3] <= until]
    return sorted(within, key=lambda booking: (booking[3], booking[1]))


def bill(
    seller: str,
    day: date,
    booked: list[tuple[Trade, str, int, datetime]],
    now: datetime,
    *,
    plus_refunds: bool = False,
) -> bytes:
    """The archive. ``plus_refunds``: refunds without their minus, as some contracts have them."""
    paid = [fen for _, key, fen, _ in booked if not key]
    back = [fen for _, key, fen, _ in booked if key]
    top = [
        f"#账号：[{seller}0156]",
        f"#起始日期：[{day:%Y年%m月%d日} 00:00:00]   终止日期：[{day + timedelta(days=1):%Y年%m月%d日} 00:00:00]",
    ]
    bottom = f"#导出时间：[{now:%Y年%m月%d日 %H:%M:%S}]"
    detail = [
        "#支付宝业务明细查询",
        *top,
        "#-----------------------------------------业务明细列表----------------------------------------",
        HEAD,
        *(_line(*booking, plus_refunds=plus_refunds) for booking in booked),
        "#-----------------------------------------业务明细列表结束------------------------------------",
        f"#交易合计：{len(paid)}笔，商家实收共{yuan(sum(paid))}元，商家优惠共0.00元",
        f"#退款合计：{len(back)}笔，商家实收退款共{yuan(-sum(back))}元，商家优惠退款共0.00元",
        bottom,
    ]
    net = yuan(sum(paid) - sum(back))
    totals = f"{len(paid)},{len(back)},{net},{net},0.00,0.00,0.00,0.00,0.00,{net}"
    summary = [
        "#支付宝业务汇总查询",
        *top,
        "#-----------------------------------------业务汇总列表----------------------------------------",
        SUMMARY_HEAD,
        f"\t,\t,{totals}",
        f"合计,,{totals}",
        "#----------------------------------------业务汇总列表结束-------------------------------------",
        bottom,
    ]
    stem = f"{seller}0156_{day:%Y%m%d}_业务明细"
    return packed({f"{stem}.csv": _bytes(detail), f"{stem}(汇总).csv": _bytes(summary)})


def _line(trade: Trade, key: str, fen: int, at: datetime, *, plus_refunds: bool) -> str:
    amount = yuan(-fen if key and not plus_refunds else fen)
    kind = "退款" if key else "交易"
    who = "*某(138****0000)\t"
    return (
        f"{trade.number}\t,{trade.out_trade_no}\t,{kind}\t,{trade.subject},{stamp(trade.created)},{stamp(at)},\t,\t,\t,\t,"
        f"{who},{amount},{amount},0.00,0.00,0.00,0.00,0.00,,0.00\t,0.00,{key}\t,0.00,0.00,\t"
    )


def _bytes(lines: list[str]) -> bytes:
    return "".join(line + "\r\n" for line in lines).encode("gbk")


def packed(members: dict[str, bytes]) -> bytes:
    """A zip (deflated), written by hand: names in GBK, the UTF-8 flag not set."""
    body, directory = b"", b""
    for name, content in members.items():
        raw = name.encode("gbk")
        squeezed = zlib.compress(content, wbits=-15)
        sizes = struct.pack("<III", zlib.crc32(content), len(squeezed), len(content))
        common = struct.pack("<HHHHH", 20, 0, 8, 0, 0x21) + sizes + struct.pack("<HH", len(raw), 0)
        directory += b"PK\x01\x02" + struct.pack("<H", 20) + common + struct.pack("<HHHII", 0, 0, 0, 0, len(body)) + raw
        body += b"PK\x03\x04" + common + raw + squeezed
    count = len(members)
    end = struct.pack("<HHHHIIH", 0, 0, count, count, len(directory), len(body), 0)
    return body + directory + b"PK\x05\x06" + end
