"""Minsheng's messages, byte by byte. The golden bytes were written by hand from the shared facts and the profile."""

import hashlib
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import integrations.minsheng.profile as beside
from chalicelib.kernel.errors import FileRefused, InvalidInput
from integrations.minsheng import codec
from integrations.minsheng.envelope import Login, body_xml, write_request
from integrations.minsheng.profile import default_profile, parse_profile
from integrations.minsheng.simulator import paper
from integrations.ports import RefundLine

PROFILE = default_profile()
LOGIN = Login("2200003220", "2200003220001", "pa<ss&word")
BATCH_NO = "202604041200002026030101"
REFS = [f"RF202603{number:024x}" for number in range(1, 5)]
ACCOUNT_NO = "600033029"
OWN, OWN_2, OTHER = "6226220000000001", "4155990000000002", "6222020000000000003"
# Each of these two characters of GBK ends in a byte that, alone, is one of the separators ("|" is 7C, "^" is 5E).
TRICKY = "\u4e5b\u4e85"
REQUEST = (
    '<?xml version="1.0" encoding="GB2312"?>'
    '<CMBC header="100" version="100" security="none" lang="chs" trnCode="qryBatchXfer">'
    "<requestHeader><dtClient>2026-04-04 12:00:00</dtClient><clientId>2200003220</clientId>"
    "<userId>2200003220001</userId><userPswd>pa&lt;ss&amp;word</userPswd><language>chs</language>"
    "<appId>nsbdes</appId><appVer>201</appVer></requestHeader>"
    "<xDataBody><trnId>202604041200002026030101X</trnId><insId>202604041200002026030101X</insId>"
    "<payType>0</payType></xDataBody></CMBC>"
).encode("gb18030")
OWN_BODY = (
    "<xDataBody><trnId>202604041200002026030101C</trnId><insId>202604041200002026030101C</insId>"
    "<payerAcct>600033029</payerAcct><payType>2</payType><totalRow>2</totalRow><totalAmt>4000.33</totalAmt>"
    "<fileContent>00000001|6226220000000001|\u738b\u4e00|2000.33|\u9000\u6b3e RF202603000000000000000000000001^"
    "00000002|4155990000000002|\u3400\u4e8c|2000.00|\u9000\u6b3e RF202603000000000000000000000003"
    "</fileContent></xDataBody>"
).encode("gb18030")
OTHER_BODY = (
    "<xDataBody><trnId>202604041200002026030101X</trnId><insId>202604041200002026030101X</insId>"
    "<payerAcct>600033029</payerAcct><payType>0</payType><totalRow>1</totalRow><totalAmt>0.05</totalAmt>"
    "<fileContent>5|00000001|||6222020000000000003|\u674e&amp;\u4e09||0.05|"
    "\u9000\u6b3e RF202603000000000000000000000002"
    "</fileContent></xDataBody>"
).encode("gb18030")


def lines():
    return (
        RefundLine(REFS[0], OWN, "王一", 200_000, 33, "退款"),
        RefundLine(REFS[1], OTHER, "李&三", 5, 0, "退款"),
        RefundLine(REFS[2], OWN_2, "㐀二", 200_000, 0, "退款"),
    )


def test_given_a_query_when_written_then_its_bytes_are_the_golden_ones():
    body = body_xml({"trnId": f"{BATCH_NO}X", "insId": f"{BATCH_NO}X", "payType": "0"})

    assert write_request("qryBatchXfer", body, LOGIN, 1_775_275_200_000, PROFILE) == REQUEST
    assert codec.ask_body(PROFILE.other, f"{BATCH_NO}X") == body


def test_given_refund_lines_when_a_batch_is_written_then_own_cards_and_others_part_and_the_bodies_are_golden():
    file = codec.write_batch(BATCH_NO, lines(), ACCOUNT_NO, PROFILE)

    head, _, rest = file.content.partition(b"\n")
    assert rest == OWN_BODY + OTHER_BODY
    assert file.name == f"CMBC_RFD_{BATCH_NO}_CX.batch"
    assert file.digest == hashlib.new("sm3", file.content).hexdigest()
    assert head.isascii()
    batch_no, orders = codec.read_batch(file.content, PROFILE)
    assert batch_no == BATCH_NO
    assert [(order.ins_id, order.total_fen) for order in orders] == [(f"{BATCH_NO}C", 400_033), (f"{BATCH_NO}X", 5)]
    assert orders[0].payments == ((REFS[0], 200_033), (REFS[2], 200_000))
    assert file == codec.write_batch(BATCH_NO, lines(), ACCOUNT_NO, PROFILE)


@pytest.mark.parametrize("name", ["王|一", "王^一", "王\n一", "", "王" * 121, "\ud800", "\ufffe"])
def test_given_a_name_that_would_break_the_message_when_written_then_it_is_refused_and_not_shown(name):
    with pytest.raises(InvalidInput) as refused:
        codec.write_batch(BATCH_NO, (RefundLine("R1", OWN, name, 1, 0, ""),), ACCOUNT_NO, PROFILE)

    assert refused.value.code == "FIELD_UNWRITABLE"
    assert refused.value.problems[0].field == "account_name"
    assert "王" not in str(refused.value.problems)


@pytest.mark.parametrize(
    ("batch", "code"),
    [
        ((), "BATCH_SIZE"),
        ((RefundLine("R1", OWN, "王", 1, 0, ""),) * 2, "BATCH_REPEATS"),
        ((RefundLine("R1", OWN, "王", 0, 0, ""),), "FIELD_UNWRITABLE"),
        ((RefundLine("R 1", OWN, "王", 1, 0, ""),), "NUMBER_INVALID"),
        (tuple(RefundLine(f"R{n}", OWN, "王", 1, 0, "") for n in range(1_001)), "BATCH_SIZE"),
    ],
)
def test_given_a_batch_that_must_not_go_when_written_then_it_is_refused(batch, code):
    with pytest.raises(InvalidInput) as refused:
        codec.write_batch(BATCH_NO, batch, ACCOUNT_NO, PROFILE)

    assert refused.value.code == code


def test_given_names_whose_bytes_hold_the_separators_when_read_back_then_they_are_whole():
    assert b"^" in TRICKY.encode("gb18030")
    assert b"|" in TRICKY.encode("gb18030")
    file = codec.write_batch(BATCH_NO, (RefundLine("R1", OWN, TRICKY, 1, 0, "退"),), ACCOUNT_NO, PROFILE)

    (order,) = codec.read_batch(file.content, PROFILE)[1]
    asked = paper.read_request(write_request("batchCostReimb", order.body, LOGIN, 0, PROFILE))

    assert [each.name for each in paper.read_payments("batchCostReimb", asked["fileContent"])] == [TRICKY]


edits = st.tuples(st.integers(0, 10**6), st.integers(0, 12), st.binary(max_size=12))


def edited(content: bytes, edit) -> bytes:
    at, cut, put = edit
    at %= len(content) + 1
    return content[:at] + put + content[at + cut :]


@given(edits)
def test_given_any_change_to_a_batch_file_when_read_then_it_is_read_or_refused(edit):
    content = edited(codec.write_batch(BATCH_NO, lines(), ACCOUNT_NO, PROFILE).content, edit)
    with suppress(FileRefused):
        codec.read_batch(content, PROFILE)


def test_given_a_head_that_nests_without_end_when_read_then_it_is_refused():
    with pytest.raises(FileRefused, match="FILE_INVALID"):
        codec.read_batch(b"[" * 200_000 + b"\n", PROFILE)


def _edited(old: str, new: str) -> str:
    text = Path(beside.__file__).with_name("profile.toml").read_text(encoding="utf-8")
    assert old in text
    return text.replace(old, new)


def test_given_a_profile_with_other_separators_and_order_then_the_same_codec_writes_it():
    text = _edited('field_separator = "|"', 'field_separator = ","').replace(
        'row_separator = "^"', 'row_separator = ";"'
    )
    profile = parse_profile(text)

    file = codec.write_batch(BATCH_NO, lines()[:1], ACCOUNT_NO, profile)

    assert b"<fileContent>00000001,6226220000000001," in file.content


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ('{ name = "code", kind = "text", longest = 8, required = true },', "", "own_return"),
        ('name = "code", kind = "text", longest = 8', 'name = "code", kind = "words", longest = 8', "words"),
        ('name = "code", kind = "text", longest = 8', 'name = "code", kind = "text"', "longest"),
        ('"10" = "paid"', '"10" = "payed"', "payed"),
        ('"E1602" = "not_found"', '"E1602" = "gone"', "gone"),
        ('"2" = "failed"\n"3"', '"2" = "bad"\n"3"', "bad"),
        ('row_separator = "^"', 'row_separator = "|"', "row_separator"),
        ('template = "{memo} {our_ref}"', 'template = "{memo}"', "our_ref"),
        ('letter = "X"', 'letter = "C"', "letter"),
        ("page_rows = 100", "page_rows = 0", "page_rows"),
        ('order = "ascending"', 'order = "up"', "order"),
        ('total = "totalNum"', "", "total"),
    ],
)
def test_given_a_slip_in_a_profile_when_it_is_loaded_then_it_is_named(old, new, named):
    with pytest.raises(ValueError, match=named):
        parse_profile(_edited(old, new))
