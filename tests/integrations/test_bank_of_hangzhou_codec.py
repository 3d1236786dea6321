"""The bank's files, byte by byte. The golden bytes were written by hand from the profile's description."""

import hashlib
import io
import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kernel.clock import at_shanghai
from chalicelib.kernel.errors import FileRefused, InvalidInput
from integrations.bank_of_hangzhou import codec
from integrations.bank_of_hangzhou.client import BankOfHangzhou
from integrations.bank_of_hangzhou.envelope import read_row
from integrations.bank_of_hangzhou.interest import read_interest
from integrations.bank_of_hangzhou.profile import default_profile, parse_profile
from integrations.bank_of_hangzhou.quick import quick_reader
from integrations.bank_of_hangzhou.simulator import paper
from integrations.bank_of_hangzhou.statement import BLOCK_BYTES, read_statement, stream_statement
from integrations.ports import Direction, PaymentOutcome, RefundLine, StatementLine

PROFILE = default_profile()
STATEMENT = (
    "202603110105000000000001|3301040160000000001|20260310|1000|4|600112|200888\n"
    "HZ0001|20260310091500123|20260310|C|200000|6222020000000000001|\u738b\u4e00|1234567890123|\n"
    "HZ0002|20260310101500000|20260310|C|200000|6222020000000000002|\u3400\u4e8c|\u4fdd\u8bc1\u91d1|\n"
    "HZI001|20260310235959999|20260310|I|112||\u676d\u5dde\u94f6\u884c|\u5229\u606f|\n"
    "HZD001|20260310150000000|20260310|D|200000|6222020000000000003|\u674e\u4e09|\u9000\u6b3e|RF001\n"
).encode("gb18030")
STATEMENT = STATEMENT.replace(b"|200888", b"|201112")  # 1000 + 400000 + 112 - 200000
BATCH = (
    "202604041200002026030101|2|400033\n"
    "1|RF001|6222020000000000001|\u738b\u4e00|200000|33|\u4fdd\u8bc1\u91d1\u9000\u6b3e\n"
    "2|RF002|6222020000000000002|\u3400\u4e8c|200000|0|\u4fdd\u8bc1\u91d1\u9000\u6b3e\n"
).encode("gb18030")
RETURN = (
    "202604041200002026030101|4|800033\n"
    "1|RF001|200033|0000|\u4ea4\u6613\u6210\u529f\n"
    "2|RF002|200000|1001|\u8d26\u6237\u4e0d\u5b58\u5728\n"
    "3|RF003|200000|9999|\u5904\u7406\u4e2d\n"
    "4|RF004|200000|7777|\n"
).encode("gb18030")


def sidecar(content: bytes) -> bytes:
    return hashlib.new("sm3", content).hexdigest().encode() + b"  any.txt\n"


def read(content: bytes):
    return read_statement(content, sidecar(content), PROFILE)


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"])
def test_given_golden_bytes_when_a_statement_is_read_then_every_field_is_there(line_end):
    statement = read(STATEMENT.replace(b"\n", line_end))

    assert (statement.batch_no, statement.account_no) == ("202603110105000000000001", "3301040160000000001")
    assert (statement.day, statement.opening_fen, statement.closing_fen) == (date(2026, 3, 10), 1_000, 201_112)
    assert statement.problems == ()
    assert [(line.direction, line.amount_fen) for line in statement.lines] == [
        (Direction.CREDIT, 200_000),
        (Direction.CREDIT, 200_000),
        (Direction.INTEREST, 112),
        (Direction.DEBIT, 200_000),
    ]
    first, second = statement.lines[:2]
    assert first.booked_at_ms == at_shanghai("2026-03-10T09:15:00.123")
    assert (first.serial, first.account_name, first.memo, first.our_ref) == ("HZ0001", "王一", "1234567890123", "")
    assert second.account_name == "㐀二"  # outside GB2312, inside GB18030


def test_given_refund_lines_when_a_batch_is_written_then_its_bytes_are_the_golden_ones():
    lines = (
        RefundLine("RF001", "6222020000000000001", "王一", 200_000, 33, "保证金退款"),
        RefundLine("RF002", "6222020000000000002", "㐀二", 200_000, 0, "保证金退款"),
    )

    file = codec.write_batch("202604041200002026030101", lines, PROFILE)

    assert file.name == "HZB_RFD_202604041200002026030101.txt"
    assert file.content == BATCH
    assert file.digest == hashlib.new("sm3", BATCH).hexdigest()


def test_given_golden_bytes_when_a_return_is_read_then_only_explicit_words_end_a_payment():
    back = codec.read_return(RETURN, sidecar(RETURN), PROFILE)

    assert back.batch_no == "202604041200002026030101"
    assert [(line.our_ref, line.outcome) for line in back.lines] == [
        ("RF001", PaymentOutcome.PAID),
        ("RF002", PaymentOutcome.FAILED),
        ("RF003", PaymentOutcome.PENDING),
        ("RF004", PaymentOutcome.PENDING),
    ]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ((b"|20260310|1000|4|", b"|20260310|1000|5|"), "COUNT_DIFFERS"),
        ((b"|600112|", b"|600113|"), "TOTAL_DIFFERS"),
        ((b"|201112\n", b"|201113\n"), "TOTAL_DIFFERS"),
        ((b"|C|200000|", b"|C|2000.00|"), "ROWS_UNREADABLE"),
        ((b"|D|", b"|X|"), "ROWS_UNREADABLE"),
        ((b"|20260310|1000|", b"|20260230|1000|"), "HEADER_WRONG"),
        ((b"202603110105000000000001|", b"2026031101050000000001|"), "HEADER_WRONG"),
        ((STATEMENT, b""), "FILE_EMPTY"),
        ((b"HZ0001|", b"HZ0001\xff|"), "ENCODING_WRONG"),
        ((b"HZ0001|", b"HZ0001"), "ROWS_UNREADABLE"),
    ],
)
def test_given_a_fault_that_touches_the_totals_when_read_then_the_file_is_refused(change, code):
    with pytest.raises(FileRefused) as refused:
        read(STATEMENT.replace(*change))

    assert refused.value.code == code


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ((b"20260310091500123", b"20260310096500123"), "booked_at_ms"),
        ((b"20260310091500123", b"2026031009150012"), "booked_at_ms"),
        ((b"HZ0001|", b"|"), "serial"),
        ((b"|20260310|C|200000|6222020000000000001", b"|20260332|C|200000|6222020000000000001"), "value_date"),
    ],
)
def test_given_a_fault_in_another_field_when_read_then_the_row_is_listed_and_the_rest_taken(change, field):
    statement = read(STATEMENT.replace(*change))

    assert len(statement.lines) == 3
    (problem,) = statement.problems
    assert problem.field == field
    assert problem.line in (2, 3)
    assert problem.remedy


def test_given_a_changed_byte_when_read_then_the_digest_refuses_it():
    with pytest.raises(FileRefused) as refused:
        read_statement(STATEMENT.replace(b"200000", b"900000"), sidecar(STATEMENT), PROFILE)

    assert refused.value.code == "DIGEST_DIFFERS"


@pytest.mark.parametrize("told", [b"", b"abc  x.txt", b"z" * 64])
def test_given_no_readable_sidecar_when_read_then_the_file_is_refused(told):
    with pytest.raises(FileRefused) as refused:
        read_statement(STATEMENT, told, PROFILE)

    assert refused.value.code == "SIDECAR_UNREADABLE"


@pytest.mark.parametrize("name", ["王|一", "王\n一", "", "王" * 121, "\ud800"])
def test_given_a_name_that_would_break_the_file_when_written_then_it_is_refused_and_not_shown(name):
    with pytest.raises(InvalidInput) as refused:
        codec.write_batch("2" * 24, (RefundLine("R1", "1", name, 1, 0, ""),), PROFILE)

    assert refused.value.code == "FIELD_UNWRITABLE"
    assert refused.value.problems[0].field == "account_name"
    assert "王" not in str(refused.value.problems)


def test_given_the_same_reference_twice_when_written_then_the_batch_is_refused():
    line = RefundLine("R1", "1", "王", 1, 0, "")

    with pytest.raises(InvalidInput, match="BATCH_REPEATS"):
        codec.write_batch("2" * 24, (line, line), PROFILE)


names = st.text(st.characters(exclude_categories=("C", "Z"), exclude_characters="|"), min_size=1, max_size=20)
refund_lines = st.lists(
    st.builds(
        RefundLine,
        our_ref=st.uuids().map(lambda each: each.hex),
        account_no=st.integers(1, 10**19).map(str),
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
def test_given_any_batch_when_the_bank_reads_it_then_it_finds_what_was_written(lines):
    file = codec.write_batch("202604041200002026030101", tuple(lines), PROFILE)

    batch_no, orders = paper.read_batch(file.content)

    assert batch_no == "202604041200002026030101"
    assert [(o.our_ref, o.account, o.name, o.principal_fen, o.interest_fen) for o in orders] == [
        (line.our_ref, line.account_no, line.account_name, line.principal_fen, line.interest_fen) for line in lines
    ]


def _edited(old: str, new: str) -> str:
    from pathlib import Path

    import integrations.bank_of_hangzhou.profile as beside

    text = Path(beside.__file__).with_name("profile.toml").read_text(encoding="utf-8")
    assert old in text
    return text.replace(old, new)


def test_given_a_profile_with_another_order_and_separator_then_the_same_codec_reads_it():
    text = _edited('delimiter = "|"', 'delimiter = "^"')
    head, marker, rows = text.partition("[layouts.return_row]")
    reordered = """
fields = [
    { name = "-", kind = "text", longest = 9 },
    { name = "amount_fen", kind = "fen" },
    { name = "our_ref", kind = "text", longest = 32, required = true },
    { name = "line", kind = "count" },
    { name = "code", kind = "text", longest = 8 },
    { name = "reason", kind = "text", longest = 60 },
]
"""
    following = rows[rows.index("\n[") :]
    content = b"202604041200002026030101^1^5\nx^5^RF001^1^0000^\n"

    back = codec.read_return(content, sidecar(content), parse_profile(head + marker + reordered + following))

    assert (back.lines[0].our_ref, back.lines[0].amount_fen) == ("RF001", 5)


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ('{ name = "serial", kind = "text", longest = 64, required = true },', "", "statement_row"),
        ('name = "serial", kind = "text", longest = 64', 'name = "serial", kind = "words", longest = 64', "words"),
        ('name = "serial", kind = "text", longest = 64', 'name = "serial", kind = "text"', "longest"),
        ('"0000" = "paid"', '"0000" = "payed"', "payed"),
        ("[layouts.interest_header]", "[layouts.interest_other]", "interest_header"),
        ('{ name = "interest_fen", kind = "fen" },\n]\n\n#', "]\n\n#", "interest_row"),
        ('delimiter = "|"', 'delimiter = "||"', "delimiter"),
        ('encoding = "gb18030"', 'encoding = "utf-16"', "encoding"),
    ],
)
def test_given_a_slip_in_a_profile_when_it_is_loaded_then_it_is_named(old, new, named):
    with pytest.raises(ValueError, match=named):
        parse_profile(_edited(old, new))


ADVICE = b"3301040160000000001|20260404|3|21\nHZ1|200000|7\nHZ2|200000|8\nHZ3|100|6\n"


def test_given_the_bank_s_own_interest_when_read_then_each_credit_has_its_figure():
    told = read_interest(ADVICE, sidecar(ADVICE), PROFILE)

    assert (told.account_no, told.leaves_on.isoformat()) == ("3301040160000000001", "2026-04-04")
    assert [(line.line, line.serial, line.interest_fen) for line in told.lines] == [
        (2, "HZ1", 7),
        (3, "HZ2", 8),
        (4, "HZ3", 6),
    ]


@pytest.mark.parametrize(
    ("old", "new", "kept", "faults"),
    [
        (b"HZ2|", b"HZ1|", ["HZ3"], [(2, "serial"), (3, "serial")]),
        (b"HZ2|200000", b"HZ2|", ["HZ1", "HZ3"], [(3, "principal_fen")]),
    ],
)
def test_given_a_row_of_interest_that_is_wrong_when_read_then_it_is_left_out_and_listed(old, new, kept, faults):
    content = ADVICE.replace(old, new)

    told = read_interest(content, sidecar(content), PROFILE)

    assert [line.serial for line in told.lines] == kept
    assert [(problem.line, problem.field) for problem in told.problems] == faults


def test_given_interest_of_another_account_or_a_profile_without_any_when_read_then_it_is_said():
    with pytest.raises(FileRefused, match="ACCOUNT_DIFFERS"):
        BankOfHangzhou("http://nowhere", "-", "999").read_interest(ADVICE, sidecar(ADVICE))
    head, _, rest = _edited("", "").partition("# The bank's own interest")
    without = parse_profile(head + rest[rest.index("# Credits told of") :])
    assert BankOfHangzhou("http://nowhere", "-").advises_interest
    assert not BankOfHangzhou("http://nowhere", "-", profile=without).advises_interest


def test_given_a_reference_in_two_rows_when_a_return_is_read_then_neither_is_taken_for_the_bank_s_word():
    # Failed in one row, paid in another: whoever took the first would send the payment again.
    content = RETURN.replace(b"1|RF001|200033|0000", b"1|RF002|200033|0000")

    told = codec.read_return(content, sidecar(content), PROFILE)

    assert [line.our_ref for line in told.lines] == ["RF003", "RF004"]
    assert [(problem.line, problem.field) for problem in told.problems] == [(2, "our_ref"), (3, "our_ref")]


def test_given_a_serial_in_two_rows_when_a_statement_is_read_then_neither_is_booked():
    statement = read(STATEMENT.replace(b"HZ0001|", b"HZ0002|"))

    assert [line.line for line in statement.lines] == [4, 5]
    assert [problem.line for problem in statement.problems] == [2, 3]


_LAYOUT = PROFILE.layouts["statement_row"]
_USUAL = ("HZ1", "20260310101112123", "20260310", "C", "200000", "6222", "王五", "保证金", "")
_ODD = [
    "",
    " ",
    "x" * 121,
    "王" * 200,
    "\t",
    "٣",
    "1" * 19,
    "D",
    "20260230",
    "20260310246060000",
    "a\rb",
    "²",
    "-1",
    "I",
]


@given(
    st.lists(st.tuples(st.integers(0, 8), st.sampled_from(_ODD) | st.text(max_size=6)), max_size=3),
    st.integers(0, 1),
)
def test_given_any_row_when_read_at_once_then_as_field_by_field_and_never_where_something_is_wrong(changes, more):
    cells = list(_USUAL)
    for place, text in changes:
        cells[place] = text
    text = PROFILE.delimiter.join([*cells, *[""] * more])
    row = read_row(7, text, _LAYOUT, PROFILE)

    # A control character is looked for in the bytes of a whole block before.
    quick = None if re.search(r"[\x00-\x1f\x7f]", text) else quick_reader(_LAYOUT, PROFILE)(7, text)

    if quick is None:
        assert changes or more
    else:
        assert not row.problems
        assert quick == [StatementLine(line=7, **{**row.values, "direction": Direction(row.values["direction"])})]


def test_given_rows_with_a_cell_too_few_and_one_too_many_when_read_at_once_then_neither_is_made_to_fit():
    usual = PROFILE.delimiter.join(_USUAL)
    shifted = f"{usual}|\n{usual.removesuffix('|')}"

    assert quick_reader(_LAYOUT, PROFILE)(7, shifted) is None
    assert len(quick_reader(_LAYOUT, PROFILE)(7, f"{usual}\n{usual}")) == 2


def test_given_a_layout_without_a_field_then_nothing_is_read_at_once():
    assert quick_reader(_LAYOUT[1:], PROFILE)(7, PROFILE.delimiter.join(_USUAL[1:])) is None


def _long(rows: int, **changed: str) -> bytes:
    """A statement of several blocks; ``changed``: ``r`` and the row's number (from 1) -> another row."""
    texts = [
        f"HZ{n:07d}|20260310101112123|20260310|C|200000|622202|王五|保证金3301260{n:06d}|" for n in range(1, rows + 1)
    ]
    for name, text in changed.items():
        texts[int(name.removeprefix("r")) - 1] = text
    total = rows * 200_000
    head = f"202603110105000000000001|3301040160000000001|20260310|0|{rows}|{total}|{total}"
    return "".join(f"{text}\n" for text in (head, *texts)).encode("gb18030")


def test_given_a_statement_longer_than_a_block_when_read_then_each_line_once_in_order_and_bad_ones_by_number():
    rows = 2 * BLOCK_BYTES // 70
    bad = {
        "r9": "HZ0000009|20260310101112123|20260310|C|200000|622202|王\t五|保证金|",
        f"r{rows - 5}": f"HZ{rows - 5:07d}|20260310109912123|20260310|C|200000|622202|王五|保证金|",
        f"r{rows}": f"HZ{rows:07d}|20260310101112123|20260310|C|200000|622202|王五|",
    }
    content = _long(rows, **bad)
    assert len(content) > 2 * BLOCK_BYTES
    handed: list[int] = []

    with pytest.raises(FileRefused) as refused:
        read(content)
    # Without a cell the last row has no amount that could be counted.
    assert [(problem.line, problem.field) for problem in refused.value.problems] == [(rows + 1, "(line)")]

    del bad[f"r{rows}"]
    content = _long(rows, **bad)
    told = stream_statement(
        io.BytesIO(content), sidecar(content), PROFILE, lambda lines: handed.extend(line.line for line in lines)
    )

    assert [(problem.line, problem.field) for problem in told.problems] == [
        (10, "account_name"),
        (rows - 4, "booked_at_ms"),
    ]
    assert told.count == rows - 2
    assert handed == [line for line in range(2, rows + 2) if line not in (10, rows - 4)]


def test_given_a_serial_that_comes_again_blocks_later_when_read_then_both_lines_are_left_out():
    rows = 2 * BLOCK_BYTES // 70
    content = _long(rows, **{f"r{rows}": "HZ0000003|20260310101112123|20260310|C|200000|622202|王五|保证金|"})

    statement = read(content)

    assert [(problem.line, problem.field) for problem in statement.problems] == [(4, "serial"), (rows + 1, "serial")]
    assert len(statement.lines) == rows - 2


def test_given_a_byte_that_is_no_text_blocks_later_when_read_then_its_line_and_place_are_told():
    content = _long(2 * BLOCK_BYTES // 70)
    at = content.rindex(b"HZ")
    broken = content[:at] + b"\xff" + content[at + 1 :]

    with pytest.raises(FileRefused) as refused:
        read(broken)

    (problem,) = refused.value.problems
    assert (problem.line, problem.found) == (content.count(b"\n"), f"byte {at}")
