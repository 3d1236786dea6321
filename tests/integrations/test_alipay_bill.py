"""The daily bill: golden bytes, round trips through the simulator's own writer, and everything that can be wrong."""

from __future__ import annotations

import base64
import io
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from alipay_sdk.desk import DAY, PROFILE
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.kernel.clock import at_shanghai
from chalicelib.kernel.errors import FileRefused
from integrations.alipay.bill import read_bill
from integrations.alipay.simulator import paper
from integrations.alipay.simulator.books import SHANGHAI, Trade
from integrations.ports import BillKind, WalletBill, WalletBillLine

STEM = "20880000000000010156_20260312_业务明细"
DETAIL_NAME, SUMMARY_NAME = f"{STEM}.csv", f"{STEM}(汇总).csv"
# Written by hand from what a merchant downloads: ids and empty fields end in a TAB, lines in CR LF.
DETAIL = (
    "#支付宝业务明细查询\r\n"
    "#账号：[20880000000000010156]\r\n"
    "#起始日期：[2026年03月12日 00:00:00]   终止日期：[2026年03月13日 00:00:00]\r\n"
    "#-----------------------------------------业务明细列表----------------------------------------\r\n"
    "支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,对方账户,"
    "订单金额（元）,商家实收（元）,支付宝红包（元）,集分宝（元）,支付宝优惠（元）,商家优惠（元）,券核销金额（元）,券名称,"
    "商家红包消费金额（元）,卡消费金额（元）,退款批次号/请求号,服务费（元）,分润（元）,备注\r\n"
    "2026031222001400000000000001\t,D1\t,交易\t,保证金,2026-03-12 09:29:50,2026-03-12 09:30:15,\t,\t,\t,\t,"
    "*某(138****0000)\t,2000.00,2000.00,0.00,0.00,0.00,0.00,0.00,,0.00\t,0.00,\t,-12.00,0.00,\t\r\n"
    '2026031222001400000000000002\t,D2\t,交易\t,"保证金, 补",2026-03-12 10:00:00,2026-03-12 10:00:01,\t,\t,\t,\t,'
    "*某(139****0000)\t,2000.5,2000.50,0.00,0.00,0.00,0.00,0.00,,0.00\t,0.00,\t,-12.00,0.00,\t\r\n"
    "2026031222001400000000000001\t,D1\t,退款\t,保证金,2026-03-12 09:29:50,2026-03-12 11:00:00,\t,\t,\t,\t,"
    "*某(138****0000)\t,-2000.00,-2000.00,0.00,0.00,0.00,0.00,0.00,,0.00\t,0.00,R1\t,12.00,0.00,\t\r\n"
    "#-----------------------------------------业务明细列表结束------------------------------------\r\n"
    "#交易合计：2笔，商家实收共4000.50元，商家优惠共0.00元\r\n"
    "#退款合计：1笔，商家实收退款共-2000.00元，商家优惠退款共0.00元\r\n"
    "#导出时间：[2026年03月13日 06:27:10]\r\n"
)
SUMMARY = (
    "#支付宝业务汇总查询\r\n"
    "#账号：[20880000000000010156]\r\n"
    "#起始日期：[2026年03月12日 00:00:00]   终止日期：[2026年03月13日 00:00:00]\r\n"
    "#-----------------------------------------业务汇总列表----------------------------------------\r\n"
    "门店编号,门店名称,交易订单总笔数,退款订单总笔数,订单金额（元）,商家实收（元）,支付宝优惠（元）,商家优惠（元）,"
    "卡消费金额（元）,服务费（元）,分润（元）,实收净额（元）\r\n"
    "\t,\t,2,1,2000.50,2000.50,0.00,0.00,0.00,-12.00,0.00,1988.50\r\n"
    "合计,,2,1,2000.50,2000.50,0.00,0.00,0.00,-12.00,0.00,1988.50\r\n"
    "#----------------------------------------业务汇总列表结束-------------------------------------\r\n"
    "#导出时间：[2026年03月13日 06:27:10]\r\n"
)
# The start of a zip's local header as Alipay's archiver writes it: version 2.0, flags 0, deflated, and a GBK name.
GOLDEN_NAME = base64.b16decode("32303838303030303030303030303031303135365F32303236303331325FD2B5CEF1C3F7CFB82E637376")


def packed(detail: str = DETAIL, summary: str = SUMMARY) -> bytes:
    return paper.packed({DETAIL_NAME: detail.encode("gb18030"), SUMMARY_NAME: summary.encode("gb18030")})


def read(content: bytes) -> WalletBill:
    return read_bill(content, PROFILE)


def test_given_a_bill_as_downloaded_when_read_then_every_field_is_there() -> None:
    content = packed()
    assert content[26:30] == bytes([len(GOLDEN_NAME), 0, 0, 0])
    assert content[30 : 30 + len(GOLDEN_NAME)] == GOLDEN_NAME
    assert content[6:8] == b"\x00\x00"

    bill = read(content)

    assert (bill.account_no, bill.day, bill.problems) == ("2088000000000001", date(2026, 3, 12), ())
    assert (bill.payments_fen, bill.refunds_fen) == (400_050, 200_000)
    created = at_shanghai("2026-03-12T09:29:50")
    assert bill.lines[0] == WalletBillLine(
        line=6,
        kind=BillKind.PAYMENT,
        serial="2026031222001400000000000001",
        our_ref="D1",
        refund_ref="",
        amount_fen=200_000,
        received_fen=200_000,
        fee_fen=-1_200,
        created_at_ms=created,
        finished_at_ms=at_shanghai("2026-03-12T09:30:15"),
    )
    assert (bill.lines[1].our_ref, bill.lines[1].amount_fen) == ("D2", 200_050)
    assert (bill.lines[2].kind, bill.lines[2].refund_ref, bill.lines[2].amount_fen, bill.lines[2].fee_fen) == (
        BillKind.REFUND,
        "R1",
        200_000,
        1_200,
    )


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("-2000.00", "2000.00"),
        lambda text: text.replace("\t", ""),
        lambda text: text.replace("\r\n", "\n"),
        lambda text: text.replace("#退款合计", "##退款合计"),
        lambda text: text.replace("01560156", "0156"),
    ],
)
def test_given_the_spellings_that_contracts_differ_in_when_read_then_the_bill_is_the_same(
    change: Callable[[str], str],
) -> None:
    assert read(packed(change(DETAIL), change(SUMMARY))) == read(packed())


def test_given_names_that_say_utf_8_when_read_then_they_are_taken_so() -> None:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr(SUMMARY_NAME, SUMMARY.encode("gbk"))
        archive.writestr(DETAIL_NAME, DETAIL.encode("gbk"))

    assert read(held.getvalue()) == read(packed())


@pytest.mark.parametrize(
    ("old", "new", "line", "field"),
    [
        ("D1\t,交易", "\t,交易", 6, "商户订单号"),
        ("2026031222001400000000000002\t,", "\t,", 7, "支付宝交易号"),
        ("R1\t", "\t", 8, "退款批次号/请求号"),
        ("10:00:01", "10:00:61", 7, "完成时间"),
        ("2026-03-12 10:00:00", "today", 7, "创建时间"),
        ("2026-03-12 10:00:01", "2026-03-11 10:00:01", 7, "完成时间"),
        ("R1\t,12.00", "R1\t,12.001", 8, "服务费（元）"),
        ("2026031222001400000000000002\t", "2026031222001400000000000001\t", 7, "支付宝交易号"),
    ],
)
def test_given_a_wrong_line_when_read_then_it_is_left_out_and_named_by_line_and_field(
    old: str, new: str, line: int, field: str
) -> None:
    assert old in DETAIL
    bill = read(packed(DETAIL.replace(old, new, 1)))

    assert [(problem.line, problem.field) for problem in bill.problems] == [(line, field)]
    assert line not in {row.line for row in bill.lines}
    assert len(bill.lines) == 2


@pytest.mark.parametrize(
    ("old", "new", "line", "field"),
    [
        ("D2\t,交易", "D2\t,转账", 7, "业务类型"),
        ("2000.5,", "2000.555,", 7, "订单金额（元）"),
        ("2000.5,", "￥2000.5,", 7, "订单金额（元）"),
        (",2000.50,", ",,", 7, "商家实收（元）"),
        ("交易\t,保证金,", "交易\t,保,证金,", 6, "columns"),
        ('"保证金, 补"', '"保证金, 补', 7, "columns"),
    ],
)
def test_given_a_line_that_can_not_be_counted_when_read_then_the_bill_is_refused_by_line_and_field(
    old: str, new: str, line: int, field: str
) -> None:
    assert old in DETAIL
    with pytest.raises(FileRefused) as refused:
        read(packed(DETAIL.replace(old, new, 1)))

    assert refused.value.code == "BILL_ROWS"
    assert [(problem.line, problem.field) for problem in refused.value.problems] == [(line, field)]


def test_given_a_person_s_account_in_the_wrong_column_when_named_then_it_is_not_shown() -> None:
    with pytest.raises(FileRefused) as refused:
        read(packed(DETAIL.replace("2000.5,", "*某(139****0000),", 1)))

    assert "139" not in str(refused.value.problems)
    assert "15 characters" in str(refused.value.problems)


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("交易合计：2笔", "交易合计：3笔", "BILL_TOTAL"),
        ("商家实收共4000.50元", "商家实收共4000.51元", "BILL_TOTAL"),
        ("退款共-2000.00元", "退款共-1999.99元", "BILL_TOTAL"),
        ("#交易合计", "#交易总计", "BILL_FRAME"),
        ("列表结束", "列表", "BILL_FRAME"),
        ("#账号：[20880000000000010156]", "#账号：[2088]", "BILL_FRAME"),
        ("2026年03月12日", "2026年02月30日", "BILL_FRAME"),
        ("2026年03月12日 00:00:00", "2026年03月12日 08:00:00", "BILL_FRAME"),
        ("操作员,终端号", "终端号,操作员", "BILL_COLUMNS"),
        (",分润（元）,备注", ",备注", "BILL_COLUMNS"),
    ],
)
def test_given_a_head_or_foot_that_does_not_fit_when_read_then_refused(old: str, new: str, code: str) -> None:
    assert old in DETAIL
    with pytest.raises(FileRefused) as refused:
        read(packed(DETAIL.replace(old, new, 1)))

    assert refused.value.code == code
    assert refused.value.problems


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("合计,,2,1", "合计,,3,1"),
        ("合计,,2,1", "合计,,2,0"),
        ("合计,,2,1,2000.50,2000.50", "合计,,2,1,2000.50,2000.51"),
        ("合计,,2,1,2000.50,2000.50", "合计,,2,1,2000.50,"),
        ("合计,", "总计,"),
        ("合计,,", "合计,"),
        ("门店编号,", "门店号,"),
    ],
)
def test_given_a_summary_that_differs_when_read_then_refused(old: str, new: str) -> None:
    assert old in SUMMARY
    with pytest.raises(FileRefused) as refused:
        read(packed(summary=SUMMARY.replace(old, new, 1)))

    assert refused.value.code == "BILL_SUMMARY"


def test_given_a_contract_whose_summary_counts_gross_when_read_then_the_profile_says_so() -> None:
    gross = SUMMARY.replace("合计,,2,1,2000.50,2000.50", "合计,,2,1,4000.50,4000.50")

    assert read_bill(packed(summary=gross), replace(PROFILE, bill_summary_received="gross")).problems == ()
    with pytest.raises(FileRefused, match="BILL_SUMMARY"):
        read(packed(summary=gross))


def renamed(names: dict[str, str]) -> bytes:
    texts = {DETAIL_NAME: DETAIL, SUMMARY_NAME: SUMMARY}
    return paper.packed({new: texts[old].encode("gbk") for new, old in names.items()})


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "BILL_ARCHIVE"),
        (b"PK", "BILL_ARCHIVE"),
        (packed()[:-30], "BILL_ARCHIVE"),
        (packed()[:200] + b"\x00" * 40 + packed()[240:], "BILL_ARCHIVE"),
        (paper.packed({}), "BILL_MEMBERS"),
        (renamed({DETAIL_NAME: DETAIL_NAME}), "BILL_MEMBERS"),
        (renamed({DETAIL_NAME: DETAIL_NAME, f"b_{DETAIL_NAME}": DETAIL_NAME}), "BILL_MEMBERS"),
        (renamed({f"{number}_{DETAIL_NAME}": DETAIL_NAME for number in range(17)}), "BILL_MEMBERS"),
        (paper.packed({DETAIL_NAME: b"\xff\xff", SUMMARY_NAME: SUMMARY.encode("gbk")}), "BILL_ENCODING"),
    ],
)
def test_given_no_whole_archive_when_read_then_refused(content: bytes, code: str) -> None:
    with pytest.raises(FileRefused) as refused:
        read(content)

    assert refused.value.code == code


def test_given_a_small_archive_of_a_huge_member_when_read_then_refused_before_it_is_unpacked() -> None:
    small = replace(PROFILE, bill_bytes_max=20_000)
    bomb = paper.packed({DETAIL_NAME: b"#" * 10_000_000, SUMMARY_NAME: SUMMARY.encode("gbk")})
    assert len(bomb) < 20_000

    with pytest.raises(FileRefused, match="BILL_ARCHIVE"):
        read_bill(bomb, small)
    with pytest.raises(FileRefused, match="BILL_ARCHIVE"):
        read_bill(b"x" * 20_001, small)
    with pytest.raises(FileRefused, match="BILL_FRAME"):
        read_bill(packed(), replace(PROFILE, bill_lines_max=2))


NOON = datetime.fromisoformat(f"{DAY}T12:00:00").replace(tzinfo=SHANGHAI)
AMOUNTS = st.integers(1, 10_000_000_000)


@st.composite
def trades(draw: st.DrawFn) -> list[Trade]:
    made = []
    for number in range(draw(st.integers(1, 6))):
        paid = NOON + timedelta(seconds=draw(st.integers(-40_000, 40_000)))
        title = draw(st.text(alphabet="竞买保证金 0123456789abc", min_size=1, max_size=12))
        trade = Trade(f"2026{number:024d}", f"D{number}", draw(AMOUNTS), title, "u", paid, "TRADE_SUCCESS", paid)
        left = trade.fen
        for part in range(draw(st.integers(0, 3))):
            fen = draw(st.integers(1, max(left, 1)))
            if fen <= left:
                trade.refunds[f"R{number}_{part}"] = (fen, NOON + timedelta(seconds=part))
                left -= fen
        made.append(trade)
    return made


@settings(max_examples=60, deadline=None)
@given(trades(), st.booleans())
def test_given_any_day_when_written_by_the_simulator_then_read_back_to_the_fen(made: list[Trade], plus: bool) -> None:
    bill = read(
        paper.bill(
            "2088000000000001", day := date.fromisoformat(DAY), paper.bookings(made, day), NOON, plus_refunds=plus
        )
    )

    assert bill.problems == ()
    assert {(row.our_ref, row.refund_ref, row.amount_fen) for row in bill.lines} == {
        (trade.out_trade_no, key, fen)
        for trade in made
        for key, fen in [("", trade.fen), *((key, fen) for key, (fen, _) in trade.refunds.items())]
    }
    assert bill.payments_fen == sum(trade.fen for trade in made)
    assert bill.refunds_fen == sum(trade.refunded for trade in made)


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 100_000), st.integers(1, 255), st.booleans())
def test_given_one_byte_changed_when_read_then_refused_or_the_damage_is_no_money(
    at: int, change: int, inside: bool
) -> None:
    good = read(packed())
    content = bytearray(DETAIL.encode("gbk") if inside else packed())
    content[at % len(content)] ^= change
    try:
        bill = read(
            paper.packed({DETAIL_NAME: bytes(content), SUMMARY_NAME: SUMMARY.encode("gbk")})
            if inside
            else bytes(content)
        )
    except FileRefused:
        return
    # Totals hold, so the rows that are not named as wrong still add up to what they were.
    assert (bill.payments_fen, bill.refunds_fen) == (good.payments_fen, good.refunds_fen)
    assert {row.received_fen for row in bill.lines} <= {row.received_fen for row in good.lines}


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400))
def test_given_any_bytes_when_read_as_a_bill_then_refused(content: bytes) -> None:
    with pytest.raises(FileRefused):
        read(content)
    with pytest.raises(FileRefused):
        read(paper.packed({DETAIL_NAME: content, SUMMARY_NAME: content}))
