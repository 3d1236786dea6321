"""The account detail as a statement. The golden rows were written by hand after a reply that was made public."""

import hashlib
from contextlib import suppress
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kernel.clock import at_shanghai
from chalicelib.kernel.errors import FileRefused
from integrations.bundle import Part, write_bundle
from integrations.minsheng import detail
from integrations.minsheng.profile import default_profile
from integrations.minsheng.simulator import paper
from integrations.ports import Direction

PROFILE = default_profile()
ACCOUNT_NO = "600033029"
DAY = date(2026, 3, 10)
REF = f"RF202603{7:024x}"
HEAD = (
    '<?xml version="1.0" encoding="GB2312"?>\n<CMBC header="100" lang="chs" security="none" trnCode="{}" version="100">'
    "\n\t<responseHeader>\n\t\t<status>\n\t\t\t<code>0</code>\n\t\t\t<severity>info</severity>\n"
    "\t\t\t<message>ok</message>"
    "\n\t\t</status>\n\t\t<dtServer>2026-03-11 01:51:09</dtServer>\n"
    "\t\t<userKey>N</userKey>\n\t\t<dtDead>\n\t\t</dtDead>"
    "\n\t\t<language>chs</language>\n\t</responseHeader>\n\t<xDataBody>\n\t\t<trnId>1111</trnId>"
)
TAIL = "</xDataBody>\n</CMBC>\n"
# serial, kind, amount, account, name, explain, balance, time
ROWS = (
    (
        "31357202603100000000001",
        "2",
        "2000.00",
        "6222020000000000001",
        "\u738b\u4e00",
        "1234567890123",
        "2010.00",
        "091500",
    ),
    (
        "31357202603100000000002",
        "2",
        "2000.00",
        "6222020000000000002",
        "\u3400\u4e8c",
        "\u4fdd\u8bc1\u91d1",
        "4010.00",
        "101500",
    ),
    (
        "31357202603100000000003",
        "1",
        "2000.33",
        "6222020000000000003",
        "\u674e\u4e09",
        f"\u9000\u6b3e {REF}",
        "2009.67",
        "150000",
    ),
    ("31357202603100000000004", "2", "1.12", "", "", "\u5229\u606f", "2010.79", "235959"),
)


def row(fields, day="2026-03-10", account=ACCOUNT_NO) -> str:
    serial, kind, amount, payer, name, explain, balance, time = fields
    return (
        f"<dtlInfo>\n<svrId>{serial}</svrId>\n<acntNo>{account}</acntNo><acntName>\n</acntName><type>{kind}</type>"
        f"<actDate>{day}</actDate><intrDate>{day}</intrDate><chequeNum>98000</chequeNum><amount>{amount}</amount>"
        f"<opAcntNo>{payer}</opAcntNo><opAcntName>{name}</opAcntName><explain>{explain}</explain>"
        f"<balance>{balance}</balance><recseq>1</recseq><timestamp>{time}</timestamp></dtlInfo>"
    )


def page(rows, total=4, **facts) -> bytes:
    inner = "".join(row(each, **facts) for each in rows)
    text = f"{HEAD.format('qryDtl')}<dtlList>{inner}</dtlList><totalNum>{total}</totalNum>{TAIL}"
    return text.encode("gb18030")


def balance(text="2010.79", account=ACCOUNT_NO) -> bytes:
    inner = f"<acntList><acntInfo><acntNo>{account}</acntNo><balance>{text}</balance></acntInfo></acntList>"
    return f"{HEAD.format('qryBal')}{inner}{TAIL}".encode("gb18030")


def file(*pages: bytes, others=(), day="2026-03-10") -> bytes:
    parts = [Part({"role": "day"}, each) for each in pages] + [Part({"role": role}, each) for role, each in others]
    return write_bundle("statement", {"account_no": ACCOUNT_NO, "day": day}, parts)


def read(content: bytes, profile=PROFILE):
    told = hashlib.new("sm3", content).hexdigest().encode() + b"  any.pull\n"
    return detail.read_statement(content, told, profile)


def test_given_golden_pages_when_a_day_is_read_then_every_field_is_there():
    statement = read(file(page(ROWS[:2]), page(ROWS[2:])))

    assert (statement.account_no, statement.day, statement.problems) == (ACCOUNT_NO, DAY, ())
    assert (statement.opening_fen, statement.closing_fen) == (1_000, 201_079)
    assert [(line.line, line.direction, line.amount_fen) for line in statement.lines] == [
        (1, Direction.CREDIT, 200_000),
        (2, Direction.CREDIT, 200_000),
        (3, Direction.DEBIT, 200_033),
        (4, Direction.INTEREST, 112),
    ]
    first, second, third, _ = statement.lines
    assert first.booked_at_ms == at_shanghai("2026-03-10T09:15:00")
    assert (first.serial, first.account_no, first.account_name, first.memo, first.our_ref) == (
        "31357202603100000000001-1",
        "6222020000000000001",
        "王一",
        "1234567890123",
        "",
    )
    assert first.value_date == DAY
    assert second.account_name == "㐀二"  # outside GB2312, inside GB18030
    assert third.our_ref == REF
    assert statement.batch_no.startswith("CMBC20260310-")


def test_given_rows_from_last_to_first_when_the_profile_says_so_then_the_day_is_the_same():
    profile = replace(PROFILE, detail=replace(PROFILE.detail, order="descending"))

    statement = read(file(page(ROWS[::-1])), profile)

    assert (statement.opening_fen, statement.closing_fen) == (1_000, 201_079)
    assert [line.amount_fen for line in statement.lines] == [200_000, 200_000, 200_033, 112]
    with pytest.raises(FileRefused, match="TOTAL_DIFFERS"):
        read(file(page(ROWS[::-1])))


def test_given_a_payer_who_writes_interest_when_read_then_it_is_a_credit():
    rows = ((*ROWS[0][:5], "利息", *ROWS[0][6:]),)

    assert read(file(page(rows, total=1))).lines[0].direction is Direction.CREDIT


@pytest.mark.parametrize(
    ("pages", "code"),
    [
        ([page(ROWS)[:-30]], "XML_INVALID"),
        ([page(ROWS[:3])], "COUNT_DIFFERS"),
        ([page(ROWS, total=5)], "COUNT_DIFFERS"),
        ([page(ROWS[:2]), page(ROWS[2:], total=5)], "COUNT_DIFFERS"),
        ([page(ROWS, total="many")], "COUNT_UNREADABLE"),
        ([page((*ROWS[:1], *ROWS[2:]), total=3)], "TOTAL_DIFFERS"),
        ([page(ROWS).replace(b"<amount>1.12", b"<amount>1.13")], "TOTAL_DIFFERS"),
        ([page(ROWS).replace(b"<amount>1.12", b"<amount>1,12")], "ROWS_UNREADABLE"),
        ([page(ROWS).replace(b"<amount>1.12", b"<amount>-1.12")], "ROWS_UNREADABLE"),
        ([page(ROWS).replace(b"<type>1", b"<type>7")], "ROWS_UNREADABLE"),
        ([page(ROWS, account="600033028")], "ACCOUNT_DIFFERS"),
        ([page(ROWS).replace(b"<code>0", b"<code>WEC02")], "REPLY_NOT_ACCEPTED"),
        ([page(ROWS).replace(b"qryDtl", b"qryBal")], "REPLY_FOREIGN"),
        ([], "FILE_INVALID"),
        ([page((), total=0)], "FILE_INVALID"),
    ],
)
def test_given_pages_that_do_not_add_up_when_read_then_the_file_is_refused(pages, code):
    with pytest.raises(FileRefused) as refused:
        read(file(*pages))

    assert refused.value.code == code
    assert "王" not in str(refused.value.problems)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ((b"<timestamp>091500", b"<timestamp>096500"), "booked_at_ms"),
        ((b"<timestamp>091500", b"<timestamp>"), "booked_at_ms"),
        ((b"<svrId>31357202603100000000001</svrId>", b"<svrId>" + b"1" * 65 + b"</svrId>"), "serial"),
        ((b"0000002</svrId>", b"0000001</svrId>"), "serial"),
        ((b"<opAcntNo>6222020000000000001", b"<opAcntNo>" + b"6" * 35), "account_no"),
    ],
)
def test_given_a_fault_in_another_field_when_read_then_the_row_is_listed_and_the_rest_taken(change, field):
    content = page(ROWS)
    assert change[0] in content

    statement = read(file(content.replace(change[0], change[1], 1)))

    assert len(statement.lines) == 3
    assert {problem.field for problem in statement.problems} == {field}
    assert (statement.opening_fen, statement.closing_fen) == (1_000, 201_079)


def test_given_a_row_of_another_day_when_read_then_it_is_listed():
    statement = read(file(page(ROWS, day="2026-03-09")))

    assert statement.lines == ()
    assert {problem.field for problem in statement.problems} == {"day"}


@pytest.mark.parametrize("total", [4, 5])
def test_given_the_same_row_twice_when_read_then_it_counts_once_and_is_listed(total):
    statement = read(file(page((*ROWS[:2], ROWS[1], *ROWS[2:]), total=total)))

    assert len(statement.lines) == 4
    assert [(problem.line, problem.field) for problem in statement.problems] == [(3, "serial")]
    assert statement.closing_fen == 201_079


@pytest.mark.parametrize(
    ("others", "balance_fen"),
    [
        ([("balance", balance()), ("later", page((), total=0))], 201_079),
        ([("balance", balance("9.99")), ("later", page(ROWS, day="2026-03-12"))], 1_000),
    ],
)
def test_given_a_day_without_rows_when_read_then_its_balance_is_the_next_rows_or_todays(others, balance_fen):
    statement = read(file(page((), total=0), others=others))

    assert (statement.opening_fen, statement.closing_fen, statement.lines) == (balance_fen, balance_fen, ())


@pytest.mark.parametrize("told", [balance("x"), balance(account="1"), balance().replace(b"<code>0", b"<code>E1")])
def test_given_no_readable_balance_for_a_day_without_rows_when_read_then_it_is_refused(told):
    with pytest.raises(FileRefused):
        read(file(page((), total=0), others=[("balance", told), ("later", page((), total=0))]))


def test_given_one_reply_when_an_integrator_looks_then_lines_and_problems_are_told():
    lines, problems = detail.read_detail(page(ROWS).replace(b"<timestamp>091500", b"<timestamp>0915"), PROFILE)

    assert [line.line for line in lines] == [2, 3, 4]
    assert [(problem.line, problem.field) for problem in problems] == [(1, "booked_at_ms")]


names = st.text(st.characters(exclude_categories=("C", "Z")), max_size=20)
movements = st.lists(
    st.tuples(st.sampled_from("12"), st.integers(1, 10**12), st.integers(1, 10**18).map(str), names, names), max_size=20
)


@given(movements, st.integers(1, 7), st.integers(10**14, 10**14 + 10**12))
def test_given_any_day_when_the_bank_writes_it_in_pages_then_we_read_what_was_booked(moves, size, opening_fen):
    start, left, booked = at_shanghai("2026-03-10T08:00:00"), opening_fen, []
    for number, (kind, amount, account, name, explain) in enumerate(moves):
        left += amount if kind == "2" else -amount
        at_ms = start + number * 1_000
        booked.append(paper.Booking(f"S{number}", at_ms, kind, amount, account, name, explain, left))
    pages = [
        paper.reply("qryDtl", "0", "ok", paper.detail(ACCOUNT_NO, booked[at : at + size], len(booked), "T"), start)
        for at in range(0, max(len(booked), 1), size)
    ]
    now = (
        f"<acntList><acntInfo><acntNo>{ACCOUNT_NO}</acntNo><balance>{paper.yuan(left)}</balance></acntInfo></acntList>"
    )
    others = [("balance", paper.reply("qryBal", "0", "ok", now, start)), ("later", page((), total=0))]

    statement = read(file(*pages, others=others))

    assert (statement.opening_fen, statement.closing_fen, statement.problems) == (opening_fen, left, ())
    assert [
        (line.amount_fen, line.account_no, line.account_name, line.memo, line.booked_at_ms) for line in statement.lines
    ] == [(each.amount_fen, each.account, each.name, each.explain, each.booked_at_ms) for each in booked]


edits = st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 12), st.binary(max_size=12)), min_size=1, max_size=3)


def edited(content: bytes, changes) -> bytes:
    for at, cut, put in changes:
        place = at % (len(content) + 1)
        content = content[:place] + put + content[place + cut :]
    return content


@given(edits)
def test_given_any_change_to_a_page_or_its_file_when_read_then_it_is_read_or_refused(changes):
    for content in (file(edited(page(ROWS), changes)), edited(file(page(ROWS)), changes)):
        with suppress(FileRefused):
            assert read(content).account_no


@given(st.binary(max_size=300))
def test_given_any_bytes_when_read_as_a_day_or_a_reply_then_they_are_refused(content):
    for call in (lambda: read(content), lambda: detail.read_detail(content, PROFILE)):
        with pytest.raises(FileRefused):
            call()
