"""What Minsheng answers of a batch. The golden rows were written by hand from the profile's description."""

import hashlib
from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kernel.errors import FileRefused
from integrations.bundle import Part, write_bundle
from integrations.minsheng import answers, codec
from integrations.minsheng.envelope import Login, read_reply, write_request
from integrations.minsheng.profile import default_profile
from integrations.minsheng.simulator import paper
from integrations.ports import PaymentOutcome, RefundLine

PROFILE = default_profile()
LOGIN = Login("2200003220", "2200003220001", "pa<ss&word")
BATCH_NO = "202604041200002026030101"
REFS = [f"RF202603{number:024x}" for number in range(1, 5)]
ACCOUNT_NO = "600033029"
OWN, OWN_2, OTHER = "6226220000000001", "4155990000000002", "6222020000000000003"


def sidecar(content: bytes) -> bytes:
    return hashlib.new("sm3", content).hexdigest().encode() + b"  any.pull\n"


def reply(trn_code: str, body: str, code: str = "0") -> bytes:
    return (
        f'<?xml version="1.0" encoding="GB2312"?>\n<CMBC header="100" trnCode="{trn_code}"><responseHeader><status>'
        f"<code>{code}</code></status></responseHeader><xDataBody>{body}</xDataBody></CMBC>"
    ).encode("gb18030")


def own_reply(content: str, state: str = "0", more: str = "") -> bytes:
    body = f"<insId>{BATCH_NO}C</insId><statusCode>{state}</statusCode>{more}<fileContent>{content}</fileContent>"
    return reply("qryBatchCostReimb", body)


def returned(xml: bytes, refs=(REFS[0], REFS[2]), amounts=(200_033, 200_000)) -> bytes:
    payments = [list(pair) for pair in zip(refs, amounts, strict=True)]
    part = Part({"trn_code": "batchCostReimb", "ins_id": f"{BATCH_NO}C", "payments": payments}, xml)
    return write_bundle("return", {"batch_no": BATCH_NO}, [part])


def read(content: bytes):
    return answers.read_return(content, sidecar(content), PROFILE)


GOOD = "00000001|6226|王一|2000.33|10|交易成功^00000002|4155|㐀二|2000.00|20|户名不符"


def test_given_golden_rows_when_a_return_is_read_then_only_explicit_words_end_a_payment():
    content = GOOD.replace("|20|", "|30|")
    for state, outcomes in ((content, "pending"), (GOOD, "failed")):
        back = read(returned(own_reply(state)))

        assert back.batch_no == BATCH_NO
        assert [(line.our_ref, line.outcome, line.amount_fen) for line in back.lines] == [
            (REFS[0], PaymentOutcome.PAID, 200_033),
            (REFS[2], PaymentOutcome(outcomes), 200_000),
        ]
    assert (back.lines[1].code, back.lines[1].reason, back.problems) == ("20", "户名不符", ())


def test_given_a_batch_that_failed_whole_when_read_then_every_payment_failed():
    back = read(returned(own_reply("", state="2")))

    assert [(line.our_ref, line.outcome) for line in back.lines] == [
        (REFS[0], PaymentOutcome.FAILED),
        (REFS[2], PaymentOutcome.FAILED),
    ]


@pytest.mark.parametrize(
    ("xml", "code"),
    [
        (own_reply(GOOD)[:-9], "XML_INVALID"),
        (own_reply(GOOD).replace(b"<xDataBody>", b"<!DOCTYPE a><xDataBody>"), "XML_INVALID"),
        (own_reply(GOOD).replace(b"GB2312", b"UTF-8"), "ENCODING_WRONG"),
        (own_reply(GOOD).replace("王".encode("gb18030"), b"\xff"), "ENCODING_WRONG"),
        (b"", "XML_INVALID"),
        (own_reply(GOOD).replace(b"qryBatchCostReimb", b"qryBatchXfer"), "REPLY_FOREIGN"),
        (own_reply(GOOD).replace(b"030101C", b"030102C"), "REPLY_FOREIGN"),
        (own_reply(GOOD).replace(b"<code>0</code>", b""), "REPLY_FOREIGN"),
        (own_reply(GOOD, state="4"), "RETURN_NOT_READY"),
        (own_reply(GOOD, state="9"), "RETURN_NOT_READY"),
        (reply("qryBatchCostReimb", "", code="E1602"), "RETURN_NOT_READY"),
        (own_reply(GOOD.split("^", maxsplit=1)[0]), "TOTAL_DIFFERS"),
        (own_reply(GOOD.replace("2000.00", "2000.01")), "TOTAL_DIFFERS"),
        (own_reply(GOOD.replace("2000.00", "2,000")), "ROWS_UNREADABLE"),
        (own_reply(GOOD.replace("00000002|", "")), "ROWS_UNREADABLE"),
        (own_reply(GOOD, more="<totalRow>3</totalRow>"), "COUNT_DIFFERS"),
        (own_reply(GOOD, more="<totalAmt>4000.34</totalAmt>"), "TOTAL_DIFFERS"),
        (own_reply(GOOD, more="<totalAmt>lots</totalAmt>"), "TOTAL_DIFFERS"),
    ],
)
def test_given_a_reply_that_is_not_whole_or_not_ours_when_read_then_it_is_refused(xml, code):
    with pytest.raises(FileRefused) as refused:
        read(returned(xml))

    assert refused.value.code == code
    assert "王" not in str(refused.value.problems)


def test_given_a_row_twice_when_read_then_it_counts_once_and_is_listed():
    back = read(returned(own_reply(f"{GOOD}^{GOOD.split('^')[1]}^", more="<totalAmt>4000.33</totalAmt>")))

    assert [line.our_ref for line in back.lines] == [REFS[0], REFS[2]]
    assert [(problem.line, problem.field) for problem in back.problems] == [(3, "line")]


def test_given_one_number_with_two_results_when_read_then_neither_is_taken():
    rows = GOOD.replace("00000002", "00000001")

    back = read(returned(own_reply(rows)))

    assert back.lines == ()
    assert back.problems


def test_given_a_changed_byte_when_read_then_the_digest_refuses_it():
    content = returned(own_reply(GOOD))
    with pytest.raises(FileRefused, match="DIGEST_DIFFERS"):
        answers.read_return(content.replace(b"2000.33", b"9000.33"), sidecar(content), PROFILE)
    with pytest.raises(FileRefused, match="SIDECAR_UNREADABLE"):
        answers.read_return(content, b"no digest", PROFILE)


names = st.text(st.characters(exclude_categories=("C", "Z"), exclude_characters="|^"), min_size=1, max_size=20)
accounts = st.one_of(st.integers(0, 10**10 - 1).map(lambda each: f"622622{each:010d}"), st.integers(1, 10**19).map(str))
refund_lines = st.lists(
    st.builds(
        RefundLine,
        our_ref=st.uuids().map(lambda each: each.hex),
        account_no=accounts,
        account_name=names,
        principal_fen=st.integers(1, 10**12),
        interest_fen=st.integers(0, 10**6),
        memo=names,
    ),
    min_size=1,
    max_size=20,
    unique_by=lambda line: line.our_ref,
)


@given(refund_lines)
def test_given_any_batch_when_the_bank_reads_it_then_it_finds_what_was_written_and_its_word_comes_back(batch):
    file = codec.write_batch(BATCH_NO, tuple(batch), ACCOUNT_NO, PROFILE)
    _, orders = codec.read_batch(file.content, PROFILE)
    found, parts = {}, []
    for order in orders:
        asked = paper.read_request(write_request(order.way.trn_code, order.body, LOGIN, 0, PROFILE))
        payments = paper.read_payments(asked.trn_code, asked["fileContent"])
        assert (int(asked["totalRow"]), paper.fen(asked["totalAmt"])) == (len(payments), order.total_fen)
        for payment in payments:
            found[payment.explain.rsplit(" ", 1)[1]] = (payment.account, payment.name, payment.amount_fen)
        told = [(payment, "10" if order.way is PROFILE.own else "1", "") for payment in payments]
        content = paper.escape(paper.results(asked.trn_code, told))
        body = f"<insId>{order.ins_id}</insId><statusCode>0</statusCode><fileContent>{content}</fileContent>"
        facts = {
            "trn_code": order.way.trn_code,
            "ins_id": order.ins_id,
            "payments": [list(pair) for pair in order.payments],
        }
        parts.append(Part(facts, paper.reply(order.way.ask_code, "0", "", body, 0)))

    assert found == {
        line.our_ref: (line.account_no, line.account_name, line.principal_fen + line.interest_fen) for line in batch
    }
    back = read(write_bundle("return", {"batch_no": BATCH_NO}, parts))
    assert {(line.our_ref, line.amount_fen, line.outcome) for line in back.lines} == {
        (line.our_ref, line.principal_fen + line.interest_fen, PaymentOutcome.PAID) for line in batch
    }


edits = st.tuples(st.integers(0, 10**6), st.integers(0, 12), st.binary(max_size=12))


def edited(content: bytes, edit) -> bytes:
    at, cut, put = edit
    at %= len(content) + 1
    return content[:at] + put + content[at + cut :]


@given(edits)
def test_given_any_change_to_a_return_when_read_then_it_is_read_or_refused(edit):
    content = edited(returned(own_reply(GOOD)), edit)
    with suppress(FileRefused):
        read(content)


@given(st.binary(max_size=200))
def test_given_any_bytes_when_read_as_a_reply_then_they_are_refused(content):
    with pytest.raises(FileRefused):
        read_reply(content, "qryDtl", PROFILE)


def test_given_a_profile_with_other_separators_then_the_same_codec_reads_it():
    profile = replace(PROFILE, field_separator=",", row_separator=";")
    content = returned(own_reply("00000001,6226,a|^,2000.33,10,;"), [REFS[0]], [200_033])

    assert answers.read_return(content, sidecar(content), profile).lines[0].our_ref == REFS[0]
