"""``hangpai read`` of the banks' and the wallet's files: good bytes decoded and masked, bad ones named.

The bytes are what each counterparty writes, spelt out here; their codecs' own tests hold every field and fault.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from local.read_command import read_app

STATEMENT = (
    "202603110105000000000001|3301040160000000001|20260310|1000|2|400000|401000\n"
    "HZ0001|20260310091500123|20260310|C|200000|6222020000000000001|王一|3301260000001|\n"
    "HZ0002|20260310101500000|20260310|C|200000|6222020000000000002|㐀二|保证金|\n"
)
RETURN = "202604041200002026030101|2|400033\n1|RF001|200033|0000|交易成功\n2|RF002|200000|1001|账户不存在\n"
INTEREST = "3301040160000000001|20260404|1|7\nHZ0001|200000|7\n"
DETAIL = (
    '<?xml version="1.0" encoding="GB2312"?>\n<CMBC header="100" lang="chs" security="none" trnCode="qryDtl" '
    'version="100"><responseHeader><status><code>0</code><severity>info</severity><message>ok</message></status>'
    "<dtServer>2026-03-11 01:51:09</dtServer><userKey>N</userKey><language>chs</language></responseHeader>"
    "<xDataBody><trnId>1111</trnId><dtlList><dtlInfo><svrId>31357202603100000000002</svrId><acntNo>600033029</acntNo>"
    "<acntName></acntName><type>2</type><actDate>2026-03-10</actDate><intrDate>2026-03-10</intrDate>"
    "<chequeNum>98000</chequeNum><amount>2000.00</amount><opAcntNo>6222020000000000002</opAcntNo>"
    "<opAcntName>㐀二</opAcntName><explain>保证金</explain><balance>4010.00</balance><recseq>1</recseq>"
    "<timestamp>101500</timestamp></dtlInfo></dtlList><totalNum>1</totalNum></xDataBody></CMBC>\n"
)
BILL = (
    "#支付宝业务明细查询\r\n#账号：[20880000000000010156]\r\n"
    "#起始日期：[2026年03月12日 00:00:00]   终止日期：[2026年03月13日 00:00:00]\r\n"
    "#-----------------------------------------业务明细列表----------------------------------------\r\n"
    "支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,对方账户,"
    "订单金额（元）,商家实收（元）,支付宝红包（元）,集分宝（元）,支付宝优惠（元）,商家优惠（元）,券核销金额（元）,券名称,"
    "商家红包消费金额（元）,卡消费金额（元）,退款批次号/请求号,服务费（元）,分润（元）,备注\r\n"
    "2026031222001400000000000001\t,D1\t,交易\t,保证金,2026-03-12 09:29:50,2026-03-12 09:30:15,\t,\t,\t,\t,"
    "*某(138****0000)\t,2000.00,2000.00,0.00,0.00,0.00,0.00,0.00,,0.00\t,0.00,\t,-12.00,0.00,\t\r\n"
    "#-----------------------------------------业务明细列表结束------------------------------------\r\n"
    "#交易合计：1笔，商家实收共2000.00元，商家优惠共0.00元\r\n"
    "#退款合计：0笔，商家实收退款共0.00元，商家优惠退款共0.00元\r\n"
    "#导出时间：[2026年03月13日 06:27:10]\r\n"
)
SUMMARY = (
    "#支付宝业务汇总查询\r\n#账号：[20880000000000010156]\r\n"
    "#起始日期：[2026年03月12日 00:00:00]   终止日期：[2026年03月13日 00:00:00]\r\n"
    "#-----------------------------------------业务汇总列表----------------------------------------\r\n"
    "门店编号,门店名称,交易订单总笔数,退款订单总笔数,订单金额（元）,商家实收（元）,支付宝优惠（元）,商家优惠（元）,"
    "卡消费金额（元）,服务费（元）,分润（元）,实收净额（元）\r\n"
    "\t,\t,1,0,2000.00,2000.00,0.00,0.00,0.00,-12.00,0.00,1988.00\r\n"
    "合计,,1,0,2000.00,2000.00,0.00,0.00,0.00,-12.00,0.00,1988.00\r\n"
    "#----------------------------------------业务汇总列表结束-------------------------------------\r\n"
    "#导出时间：[2026年03月13日 06:27:10]\r\n"
)
TEXTS = {
    "hangzhou-statement": STATEMENT,
    "hangzhou-return": RETURN,
    "hangzhou-interest": INTEREST,
    "minsheng-detail": DETAIL,
    "alipay-bill": BILL,
}


def drop(folder: Path, kind: str, text: str) -> Path:
    """The file as the counterparty gives it, with what belongs to it."""
    content = text.encode("gb18030")
    if kind == "alipay-bill":
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("20880000000000010156_20260312_业务明细.csv", content)
            archive.writestr("20880000000000010156_20260312_业务明细(汇总).csv", SUMMARY.encode("gb18030"))
        content = packed.getvalue()
    file = folder / "file"
    file.write_bytes(content)
    file.with_name("file.sm3").write_text(hashlib.new("sm3", content).hexdigest())
    return file


def read(file: Path, kind: str, *options: str) -> tuple[int, dict[str, Any], str]:
    done = CliRunner().invoke(read_app, [kind, str(file), "--json", *options])
    return done.exit_code, json.loads(done.stdout), done.stderr


@pytest.mark.parametrize(
    ("kind", "lines", "said"),
    [
        (
            "hangzhou-statement",
            2,
            {"account_name": "王*", "account_no": "6" + "*" * 18, "memo": "3" + "*" * 12, "amount_fen": 200_000},
        ),
        ("hangzhou-return", 2, {"our_ref": "RF001", "outcome": "paid", "amount_fen": 200_033}),
        ("hangzhou-interest", 1, {"serial": "HZ0001", "principal_fen": 200_000, "interest_fen": 7}),
        ("minsheng-detail", 1, {"account_name": "㐀*", "memo": "保**", "direction": "credit", "amount_fen": 200_000}),
        ("alipay-bill", 1, {"our_ref": "D1", "kind": "payment", "fee_fen": -1_200}),
    ],
)
def test_given_a_good_file_when_read_then_every_line_is_decoded_and_people_are_masked(
    tmp_path: Path, kind: str, lines: int, said: dict[str, Any]
) -> None:
    code, shown, faults = read(drop(tmp_path, kind, TEXTS[kind]), kind)

    assert (code, faults, shown["problems"]) == (0, "", [])
    assert len(shown["lines"]) == lines
    assert said.items() <= shown["lines"][0].items()
    assert "6222020000000000002" not in json.dumps(shown)


def test_given_an_integrator_who_asks_for_it_when_read_then_everything_is_shown_as_it_stands(tmp_path: Path) -> None:
    _, shown, _ = read(drop(tmp_path, "hangzhou-statement", STATEMENT), "hangzhou-statement", "--plain")

    said = {"account_name": "王一", "account_no": "6222020000000000001", "memo": "3301260000001"}
    assert said.items() <= shown["lines"][0].items()


@pytest.mark.parametrize(
    ("kind", "change", "place", "left"),
    [
        ("hangzhou-statement", ("20260310091500123", "20260310096000123"), (2, "booked_at_ms"), 1),
        ("hangzhou-statement", ("HZ0002|", "|"), (3, "serial"), 1),
        ("hangzhou-return", ("2|RF002", "2|"), (3, "our_ref"), 1),
        ("minsheng-detail", ("<timestamp>101500", "<timestamp>1015"), (1, "booked_at_ms"), 0),
        ("alipay-bill", ("09:30:15", "09:30:75"), (6, "完成时间"), 0),
    ],
)
def test_given_a_bad_line_when_read_then_it_is_named_by_line_and_field_and_the_rest_shown(
    tmp_path: Path, kind: str, change: tuple[str, str], place: tuple[int, str], left: int
) -> None:
    assert change[0] in TEXTS[kind]
    code, shown, faults = read(drop(tmp_path, kind, TEXTS[kind].replace(*change)), kind)

    assert code == 2
    assert [(problem["line"], problem["field"]) for problem in shown["problems"]] == [place]
    assert len(shown["lines"]) == left
    assert faults.startswith(f"file:{place[0]}: {place[1]}: found ")


@pytest.mark.parametrize(
    ("kind", "change", "refusal"),
    [
        ("hangzhou-statement", ("|400000|", "|400001|"), "TOTAL_DIFFERS"),
        ("hangzhou-return", ("01|2|", "01|3|"), "COUNT_DIFFERS"),
        ("minsheng-detail", ("<code>0</code>", "<code>9</code>"), None),
        ("alipay-bill", ("实收共2000.00元", "实收共2000.01元"), None),
    ],
)
def test_given_a_file_that_is_wrong_as_a_whole_when_read_then_nothing_of_it_is_shown_but_why(
    tmp_path: Path, kind: str, change: tuple[str, str], refusal: str | None
) -> None:
    assert change[0] in TEXTS[kind]
    code, shown, faults = read(drop(tmp_path, kind, TEXTS[kind].replace(*change)), kind)

    assert code == 2
    assert shown.keys() == {"code", "problems"}
    assert refusal in (None, shown["code"])
    assert faults


def test_given_a_statement_when_read_without_json_then_sums_and_instants_are_in_words_too(tmp_path: Path) -> None:
    done = CliRunner().invoke(read_app, ["hangzhou-statement", str(drop(tmp_path, "hangzhou-statement", STATEMENT))])

    assert "closing_fen       401000  (4010.00 yuan)" in done.stdout
    assert "(2026-03-10T09:15:00.123)" in done.stdout
