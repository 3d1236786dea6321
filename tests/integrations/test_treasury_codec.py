"""Frames of the treasury's non-tax link, byte for byte, and each way in which one can be wrong."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.kernel.clock import at_shanghai
from chalicelib.kernel.errors import InvalidInput
from integrations.ports import Notice, NoticeState
from integrations.treasury_nontax import codec
from integrations.treasury_nontax.profile import default_profile, parse_profile
from integrations.treasury_nontax.simulator import wire

TOKEN = "a token of both sides"
LINK = codec.Link(TOKEN, default_profile())
PAY_CODE = "33010026300000000001"

# Written by hand from the interface: 899 bytes of XML in the published example become 986 with head (23) and MAC (64).
QUESTION_VOUCHER = f"<Voucher><PayCode>{PAY_CODE}</PayCode><PayMode/><Hold1/><Hold2/></Voucher>"
QUESTION_XML = (
    '<?xml version="1.0" encoding="GBK"?><CFX><HEAD><APP>CNNONTAX</APP><VER>1.0</VER><SRC>K3301000001</SRC>'
    "<DES>F330100</DES><MsgNo>8997</MsgNo><MsgID>0123456789abcdef0123</MsgID><MsgRef>0123456789abcdef0123</MsgRef>"
    "<WorkDate>20260330</WorkDate><Reserve/></HEAD><MSG><MOF><VoucherCount>1</VoucherCount><VoucherBody><Voucher>"
    "PFZvdWNoZXI+PFBheUNvZGU+MzMwMTAwMjYzMDAwMDAwMDAwMDE8L1BheUNvZGU+PFBheU1vZGUvPjxIb2xkMS8+PEhvbGQyLz48L1ZvdWNo"
    "ZXI+</Voucher></VoucherBody></MOF></MSG></CFX>"
)
# printf '%s' "<token><xml>" | sha256sum, in capitals
QUESTION_MAC = "5C21171A0B58B69DA575B334B2A9BC67B7237F3F7A633519A2093C555A4A3E8C"

FIELDS = {
    "PayCode": PAY_CODE,
    "CfmDate": "20260327",
    "CfmTime": "101502",
    "Amt": "31500.00",
    "TraNoBus": "2026032722001485061457",
    "PayerName": "赵六",
}


def confirmation(fields: dict[str, str] | None = None, number: str = "5996", token: str = TOKEN) -> bytes:
    return wire.pack(number, ("P1", "P1"), "20260327", FIELDS | (fields or {}), token)


def framed(xml: bytes, number: str = "5996") -> bytes:
    mac = hashlib.sha256(TOKEN.encode() + xml).hexdigest().encode()
    return str(23 + len(xml) + 64).ljust(8).encode() + b"CNNONTAX1.0" + number.encode() + xml + mac


def test_given_a_question_when_written_then_every_byte_is_the_interface_s() -> None:
    frame = codec.write_question(PAY_CODE, "0123456789abcdef0123", date(2026, 3, 30), LINK)

    assert (
        base64.b64decode(QUESTION_XML.partition("<VoucherBody><Voucher>")[2].partition("<")[0]).decode()
        == QUESTION_VOUCHER
    )
    assert frame == b"560     CNNONTAX1.08997" + QUESTION_XML.encode() + QUESTION_MAC.encode()


def test_given_a_notice_when_written_then_another_reader_finds_its_fields_in_gbk() -> None:
    notice = Notice(PAY_CODE, "张䶮<&>", 3_150_001, date(2026, 3, 25), date(2026, 3, 30))
    frame = codec.write_notice(notice, "0123456789abcdef0123", LINK)

    number, message_id, fields = wire.unpack(frame, TOKEN)
    assert (number, message_id) == ("8994", "0123456789abcdef0123")
    assert fields["PayerName"] == "张䶮<&>"
    assert (fields["Amt"], fields["OriAmt"], fields["PayStats"], fields["Hold1"]) == ("31500.01", "31500.01", "0", "Y")
    assert "|31500.01|" in fields["PayInfo"]
    assert "杭州市财政局".encode("gbk") in base64.b64decode(
        frame.partition(b"<VoucherBody><Voucher>")[2].partition(b"<")[0]
    )


def test_given_a_confirmation_when_read_then_amount_is_fen_and_time_is_shanghai() -> None:
    read = codec.read_confirmation(confirmation(), LINK)

    assert read.pay_code == PAY_CODE
    assert read.amount_fen == 3_150_000
    assert read.confirmed_at_ms == at_shanghai("2026-03-27T10:15:02")
    assert (read.message_id, read.bank_serial) == ("P1", "2026032722001485061457")


def test_given_a_mac_in_the_other_case_when_read_then_it_holds() -> None:
    frame = confirmation()

    assert codec.read_confirmation(frame[:-64] + frame[-64:].lower(), LINK) == codec.read_confirmation(frame, LINK)


def test_given_base64_broken_into_lines_when_read_then_it_is_taken() -> None:
    xml = confirmation()[23:-64]
    start = xml.index(b"<VoucherBody><Voucher>") + 22
    broken = xml[: start + 76] + b"\r\n" + xml[start + 76 :]

    assert codec.read_confirmation(framed(broken), LINK).pay_code == PAY_CODE


def truncated_base64() -> bytes:
    xml = confirmation()[23:-64]
    end = xml.index(b"</Voucher></VoucherBody>")
    return framed(xml[: end - 3] + xml[end:])


BAD_FRAMES = {
    "empty": (b"", "FRAME_LENGTH_INVALID"),
    "length with leading spaces": (b"     986" + confirmation()[8:], "FRAME_LENGTH_INVALID"),
    "length without its own eight": (
        str(len(confirmation()) - 8).ljust(8).encode() + confirmation()[8:],
        "FRAME_LENGTH_DIFFERS",
    ),
    "a byte is missing": (confirmation()[:-1], "FRAME_LENGTH_DIFFERS"),
    "a byte too many": (confirmation() + b"\n", "FRAME_LENGTH_DIFFERS"),
    "longer than agreed": (b"99999999" + confirmation()[8:], "FRAME_TOO_LONG"),
    "another application": (confirmation().replace(b"CNNONTAX1.0", b"CNNOMTAX1.0", 1), "FRAME_HEAD_INVALID"),
    "another token": (confirmation(token="not ours"), "MAC_INVALID"),
    "an amount was changed": (confirmation({"Amt": "1.00"})[:-64] + confirmation()[-64:], "MAC_INVALID"),
    "MAC is no hex": (confirmation()[:-64] + b"g" * 64, "MAC_INVALID"),
    "no XML": (framed(b"<CFX><HEAD>"), "XML_INVALID"),
    "entities": (framed(b'<!DOCTYPE a [<!ENTITY b "c">]><CFX>&b;</CFX>'), "XML_INVALID"),
    "not GBK": (framed(b"<CFX>\xff\xff</CFX>"), "XML_INVALID"),
    "head and frame disagree": (framed(confirmation()[23:-64], "8994"), "MESSAGE_NO_DIFFERS"),
    "an unknown message": (confirmation(number="5995"), "MESSAGE_NO_UNKNOWN"),
    "our own question": (confirmation(number="8997"), "MESSAGE_NO_UNKNOWN"),
    "two vouchers": (
        framed(confirmation()[23:-64].replace(b"<VoucherBody>", b"<VoucherBody><Voucher>QQ==</Voucher>", 1)),
        "VOUCHER_COUNT",
    ),
    "Base64 cut off": (truncated_base64(), "VOUCHER_INVALID"),
    "no message id": (framed(confirmation()[23:-64].replace(b"<MsgID>P1</MsgID>", b"<MsgID/>")), "HEAD_INVALID"),
    "three decimals": (confirmation({"Amt": "31500.001"}), "AMOUNT_INVALID"),
    "nothing paid": (confirmation({"Amt": "0.00"}), "AMOUNT_INVALID"),
    "amount below zero": (confirmation({"Amt": "-31500.00"}), "AMOUNT_INVALID"),
    "full-width digits": (confirmation({"Amt": "３１５００.00"}), "AMOUNT_INVALID"),
    "a day that is not": (confirmation({"CfmDate": "20260230"}), "HEAD_INVALID"),
    "a time that is not": (confirmation({"CfmTime": "250000"}), "TIME_INVALID"),
    "no pay code": (confirmation({"PayCode": ""}), "PAY_CODE_INVALID"),
}


@pytest.mark.parametrize(("frame", "code"), BAD_FRAMES.values(), ids=BAD_FRAMES.keys())
def test_given_a_wrong_frame_when_read_then_the_error_names_it(frame: bytes, code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        codec.read_confirmation(frame, LINK)

    assert refused.value.code == code
    assert refused.value.problems[0].remedy
    assert "赵六" not in str(refused.value) + repr(refused.value.problems)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300) | st.binary(max_size=200).map(framed))
def test_given_any_bytes_when_read_then_only_invalid_input_is_raised(content: bytes) -> None:
    with pytest.raises(InvalidInput):
        codec.read_confirmation(content, LINK)


@given(st.integers(1, 10**13), st.text(st.characters(codec="gb18030", exclude_categories=["Cc", "Cs"]), min_size=1))
def test_given_any_name_and_amount_when_written_then_the_other_side_reads_the_same(amount_fen: int, name: str) -> None:
    notice = Notice(PAY_CODE, name, amount_fen, date(2026, 3, 25), date(2026, 3, 30))
    if any(char in name for char in "\ufffe\uffff"):
        return
    fields = wire.unpack(codec.write_notice(notice, "1", LINK), TOKEN)[2]

    assert fields["PayerName"] == name
    assert fields["Amt"] == f"{amount_fen // 100}.{amount_fen % 100:02d}"


@pytest.mark.parametrize(
    ("stats", "state"), [("0", NoticeState.UNPAID), ("1", NoticeState.PAID), ("2", NoticeState.VOID)]
)
def test_given_an_answer_when_read_then_the_profile_says_what_it_means(stats: str, state: NoticeState) -> None:
    answer = wire.pack("5997", ("T1", "m"), "20260330", {"PayCode": PAY_CODE, "PayStats": stats}, TOKEN)

    assert codec.read_state(answer, PAY_CODE, LINK) == state


UNCLEAR = {
    "a state nobody agreed on": ("5997", {"PayCode": PAY_CODE, "PayStats": "7"}),
    "about another code": ("5997", {"PayCode": "33010026300000000002", "PayStats": "1"}),
    "busy": ("5001", {"OriMsgNo": "8997", "Result": "99999", "Information": "系统忙"}),
    "an acknowledgement": ("8001", {"OriMsgNo": "8997", "Result": "00000", "Information": "成功"}),
}


@pytest.mark.parametrize(("number", "fields"), UNCLEAR.values(), ids=UNCLEAR.keys())
def test_given_an_unclear_answer_when_read_then_it_is_no_answer(number: str, fields: dict[str, str]) -> None:
    with pytest.raises(InvalidInput, match="ANSWER_UNCLEAR"):
        codec.read_state(wire.pack(number, ("T1", "m"), "20260330", fields, TOKEN), PAY_CODE, LINK)


def test_given_the_same_confirmation_when_acknowledged_again_then_the_bytes_are_the_same() -> None:
    first, again = (codec.write_acknowledgement("P1", date(2026, 3, 27), LINK) for _ in range(2))

    assert first == again
    number, _, fields = wire.unpack(first, TOKEN)
    assert (number, fields) == ("8001", {"OriMsgNo": "5996", "Result": "00000", "Information": "成功"})


def test_given_a_control_character_when_written_then_it_is_refused_here() -> None:
    with pytest.raises(InvalidInput, match="TEXT_UNWRITABLE"):
        codec.write_notice(Notice(PAY_CODE, "张\x01", 1, date(2026, 3, 25), date(2026, 3, 30)), "1", LINK)


def test_given_a_frame_above_the_limit_when_written_then_it_is_refused_here() -> None:
    link = replace(LINK, profile=replace(LINK.profile, frame_bytes_max=100))

    with pytest.raises(InvalidInput, match="FRAME_TOO_LONG"):
        codec.write_question(PAY_CODE, "1", date(2026, 3, 30), link)


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ('application = "NONTAX"', "application"),
        ("frame_bytes_max = 0", "frame_bytes_max"),
        ('0 = "maybe"', "maybe"),
        ('text = "no amount"', "amount"),
    ],
)
def test_given_a_slip_in_the_profile_when_read_then_it_is_named(wrong: str, named: str) -> None:
    from pathlib import Path

    from integrations.treasury_nontax import profile

    key = wrong.split(" ", maxsplit=1)[0]
    lines = (Path(profile.__file__).parent / "profile.toml").read_text(encoding="utf-8").splitlines()
    text = "\n".join(wrong if line.startswith(f"{key} ") else line for line in lines)

    with pytest.raises(ValueError, match=named):
        parse_profile(text)


def test_given_a_link_when_shown_then_the_token_is_not() -> None:
    assert TOKEN not in repr(LINK)
