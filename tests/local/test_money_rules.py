"""Rule: each of the six money rules is seen to be broken where it is, on a month of five payments."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest

from chalicelib.ledger.rules import Entry, Leg
from local.checks import money
from local.checks.bank_files import read_exchange
from local.checks.money import Books

PERIOD, CHANNEL = "2026-03", "hangzhou"
NOON_MS = 1_774_000_000_000
NOON = "20260320174640000"  # the same instant in China
# 安 gets the deposit back, 鲍 was doubtful and the account is gone at first, 蔡 over-paid and defaults, 戴 rolls over.
CREDITS = [
    ("S1", "6201", "安一", 200_000),
    ("S2", "6202", "鲍二", 200_000),
    ("S3", "6203", "蔡三", 250_000),
    ("S4", "6204", "戴四", 200_000),
]


def _gb(rows: list[str]) -> bytes:
    return "".join(f"{row}\n" for row in rows).encode("gb18030")


def _files() -> dict[str, bytes]:
    paid_in = [f"{serial}|{NOON}|20260310|C|{fen}|{account}|{name}|保证金|" for serial, account, name, fen in CREDITS]
    later = "20260402100000000"
    out = [
        f"D1|{later}|20260402|D|200010|6201|安一|退款|R1",
        f"D2|{later}|20260402|D|200010|6299|鲍二|退款|R3",
        f"D3|{later}|20260402|D|50002|6203|蔡三|退款|R4",
        f"I1|{later}|20260402|I|22||杭州银行|利息|",
    ]
    batch_1, again, batch_2, to_treasury = (f"20260402100000{n:010d}" for n in range(1, 5))
    return {
        "hangzhou/statement/2026-03/2026-03-10/HZB_STMT_20260310.txt": _gb(
            ["1|330|20260310|0|4|850000|850000", *paid_in]
        ),
        "hangzhou/statement/2026-03/2026-04-02/HZB_STMT_20260402.txt": _gb(
            ["2|330|20260402|850000|4|450044|400000", *out]
        ),
        f"refunds/2026-03/HZB_RFD_{batch_1}.txt": _gb(
            [f"{batch_1}|2|400020", "1|R1|6201|安一|200000|10|退款", "2|R2|6202|鲍二|200000|10|退款"]
        ),
        f"hangzhou/return/2026-03/{batch_1}/HZB_RTN_{batch_1}.txt": _gb(
            [f"{batch_1}|2|400020", "1|R1|200010|0000|交易成功", "2|R2|200010|1001|账户不存在"]
        ),
        f"refunds/2026-03/HZB_RFD_{again}.txt": _gb([f"{again}|1|200010", "1|R3|6299|鲍二|200000|10|退款"]),
        f"hangzhou/return/2026-03/{again}/HZB_RTN_{again}.txt": _gb([f"{again}|1|200010", "1|R3|200010|0000|成功"]),
        f"refunds/2026-03/HZB_RFD_{batch_2}.txt": _gb([f"{batch_2}|1|50002", "1|R4|6203|蔡三|50000|2|退款"]),
        f"hangzhou/return/2026-03/{batch_2}/HZB_RTN_{batch_2}.txt": _gb([f"{batch_2}|1|50002", "1|R4|50002|0000|成功"]),
        f"refunds/2026-03/HZB_RFD_{to_treasury}.txt": _gb([f"{to_treasury}|1|200000", "1|R5|3300|财政|200000|0|没收"]),
        f"hangzhou/return/2026-03/{to_treasury}/HZB_RTN_{to_treasury}.txt": _gb(
            [f"{to_treasury}|1|200000", "1|R5|200000|0000|成功"]
        ),
        "hangzhou/statement/2026-03/2026-03-10/HZB_STMT_20260310.txt.sm3": b"",
    }


def _entry(cause: str, at: int, *legs: tuple[str, int, str]) -> Entry:
    return Entry(
        cause, cause.partition("/")[0], PERIOD, date(2026, 3, 10), NOON_MS + at, tuple(Leg(*leg) for leg in legs)
    )


def _out(ref: str, at: int, account: str, subject: str, *, principal: int, interest: int) -> list[Entry]:
    total = principal + interest
    legs = [(account, principal, subject), (f"transit:{CHANNEL}", -total, ref)]
    if interest:
        legs.insert(1, ("interest_expense", interest, subject))
    return [_entry(f"refund-sent/{ref}", at, *legs)]


def _paid(ref: str, at: int, total: int) -> Entry:
    return _entry(f"refund-paid/{ref}", at, (f"transit:{CHANNEL}", total, ref), (f"bank:{CHANNEL}", -total, ref))


def _entries() -> list[Entry]:
    held, doubtful, returnable = f"held:{PERIOD}", f"doubtful:{PERIOD}", f"returnable:{PERIOD}"
    places = {"S1": (held, "A"), "S2": (doubtful, "S2"), "S3": (held, "C"), "S4": (held, "D")}
    came = [
        _entry(
            f"credit/{CHANNEL}/{serial}",
            0,
            (f"bank:{CHANNEL}", fen, serial),
            (places[serial][0], -fen, places[serial][1]),
        )
        for serial, _, _, fen in CREDITS
    ]
    return [
        *came,
        _entry(f"never-corrected/{CHANNEL}/S2", 10, (doubtful, 200_000, "S2"), (returnable, -200_000, "S2")),
        _entry(f"forfeit/{PERIOD}/C", 20, (held, 200_000, "C"), (f"forfeited:{PERIOD}", -200_000, "C")),
        _entry(f"rollover/{PERIOD}/D", 20, (held, 200_000, "D"), (f"rolled:{PERIOD}", -200_000, "D")),
        *_out("R1", 30, held, "A", principal=200_000, interest=10),
        *_out("R2", 30, returnable, "S2", principal=200_000, interest=10),
        _paid("R1", 40, 200_010),
        _entry(
            "refund-failed/R2",
            40,
            (f"transit:{CHANNEL}", 200_010, "R2"),
            (returnable, -200_000, "S2"),
            ("interest_expense", -10, "S2"),
        ),
        *_out("R3", 50, returnable, "S2", principal=200_000, interest=10),
        _paid("R3", 60, 200_010),
        *_out("R4", 50, held, "C", principal=50_000, interest=2),
        _paid("R4", 60, 50_002),
        _entry(f"bank-interest/{CHANNEL}/I1", 70, (f"bank:{CHANNEL}", 22, "I1"), ("interest_income", -22, "I1")),
        *_out("R5", 80, f"forfeited:{PERIOD}", CHANNEL, principal=200_000, interest=0),
        _paid("R5", 90, 200_000),
    ]


def _books(files: dict[str, bytes] | None = None, entries: list[Entry] | None = None) -> Books:
    return Books(PERIOD, CHANNEL, tuple(entries or _entries()), read_exchange(files or _files()))


def _in_file(part: str, old: str, new: str) -> Books:
    """The month with a text in one kind of file changed."""
    files = _files()
    touched = {k: v.decode("gb18030").replace(old, new).encode("gb18030") for k, v in files.items() if part in k}
    assert any(files[key] != content for key, content in touched.items()), f"{old!r} is in no {part} file"
    return _books({**files, **touched})


def _without(cause: str) -> Books:
    return _books(entries=[entry for entry in _entries() if entry.cause != cause])


def _with(*more: Entry) -> Books:
    return _books(entries=[*_entries(), *more])


def _moved(cause: str, by_ms: int) -> Books:
    return _books(entries=[replace(e, at_ms=e.at_ms + by_ms) if e.cause == cause else e for e in _entries()])


def test_given_a_sound_month_when_checked_then_all_six_rules_hold() -> None:
    checks = money.money_rules(_books(), {"bids": 3}, [])
    assert [(check.name, check.detail) for check in checks if not check.holds] == []
    assert len(checks) == 6


def _unbalanced() -> Entry:
    entry = _entry("credit/hangzhou/S9", 0, ("bank:hangzhou", 5, "S9"), (f"held:{PERIOD}", -5, "Z"))
    object.__setattr__(entry, "legs", (Leg("bank:hangzhou", 5, "S9"), Leg(f"held:{PERIOD}", -4, "Z")))
    return entry


DAY = 86_400_000 * 30
BROKEN: list[tuple[str, Callable[[Books], money.Check], Callable[[], Books], str]] = [
    ("postings don't add up", money.one_place, lambda: _with(_unbalanced()), "adds up to 1 fen"),
    ("a credit was never posted", money.one_place, lambda: _without("credit/hangzhou/S1"), "the ledger 0"),
    ("a credit of other amount", money.one_place, lambda: _in_file("STMT", "C|250000", "C|250001"), "took in 250001"),
    (
        "a credit from nowhere",
        money.one_place,
        lambda: _with(_entry("credit/hangzhou/S9", 0, ("bank:hangzhou", 5, "S9"), (f"held:{PERIOD}", -5, "Z"))),
        "on no statement",
    ),
    (
        "money drawn from the wallet is somebody's",
        money.one_place,
        lambda: _in_file("STMT", "6204", "215500690"),
        "200000 fen were drawn from the wallet, 0 are booked",
    ),
    (
        "money outside the places",
        money.one_place,
        lambda: _with(_entry("odd/1", 0, (f"held:{PERIOD}", 5, "D"), ("pocket", -5, "D"))),
        "pocket is no account",
    ),
    ("the same number ordered twice", money.leaves_once, lambda: _in_file("RFD", "R4", "R1"), "R1 ordered 2 times"),
    ("paid twice by the bank", money.leaves_once, lambda: _in_file("RTN", "R3", "R1"), "R1 paid by the bank 2 times"),
    ("debited twice", money.leaves_once, lambda: _in_file("STMT", "R3", "R1"), "R1 debited 2 times"),
    (
        "sent anew while pending",
        money.leaves_once,
        lambda: _in_file("RTN", "1001", "9999"),
        "was sent 400000 fen and had paid 200000",
    ),
    ("sent to a stranger", money.leaves_once, lambda: _in_file("RFD", "蔡三", "陌生"), "payees who paid nothing in"),
    ("never written down", money.stored_first, lambda: _without("refund-sent/R3"), "R3 went to the bank"),
    (
        "written down after the bank paid",
        money.stored_first,
        lambda: _moved("refund-sent/R1", DAY),
        "after the bank paid",
    ),
    ("debited without an order", money.stored_first, lambda: _in_file("STMT", "R4", "R9"), "R9 was debited, but never"),
    (
        "a place gives what it does not hold",
        money.only_forward,
        lambda: _with(_entry("odd/1", 35, (f"held:{PERIOD}", 7, "A"), (f"returnable:{PERIOD}", -7, "A"))),
        "gave 7 fen too much of A",
    ),
    ("came back before it left", money.only_forward, lambda: _without("refund-sent/R1"), "R1 came back before it left"),
    (
        "paid and failed",
        money.only_forward,
        lambda: _with(
            _entry("refund-failed/R1", 95, ("transit:hangzhou", 200_010, "R1"), (f"held:{PERIOD}", -200_010, "A"))
        ),
        "R1 was both paid and failed",
    ),
    (
        "rolled over and forfeited",
        money.only_forward,
        lambda: _with(_entry(f"rollover/{PERIOD}/C", 15, (f"held:{PERIOD}", 5, "C"), (f"rolled:{PERIOD}", -5, "C"))),
        "C was rolled over and forfeited",
    ),
    (
        "corrected and given up",
        money.only_forward,
        lambda: _with(
            _entry(
                "correction/hangzhou/S2", 5, (f"doubtful:{PERIOD}", 200_000, "S2"), (f"held:{PERIOD}", -200_000, "B")
            )
        ),
        "S2 was corrected and given up",
    ),
    (
        "a statement does not go on",
        money.totals_agree,
        lambda: _in_file("STMT", "|850000|4|", "|840000|4|"),
        "opens with",
    ),
    (
        "a statement closes wrongly",
        money.totals_agree,
        lambda: _in_file("STMT", "|400000", "|400001"),
        "rows say other",
    ),
    ("a header's total is wrong", money.totals_agree, lambda: _in_file("RFD", "|400020", "|400021"), "count or total"),
    (
        "a return lists other rows",
        money.totals_agree,
        lambda: _in_file("RTN", "R3|200010", "R3|200011"),
        "does not list",
    ),
    (
        "the ledger says paid, the bank failed",
        money.totals_agree,
        lambda: _in_file("RTN", "R4|50002|0000", "R4|50002|1003"),
        "bank says 1003",
    ),
    ("the ledger has other money", money.totals_agree, lambda: _without("bank-interest/hangzhou/I1"), "the ledger has"),
    (
        "no return came",
        money.totals_agree,
        lambda: _books({k: v for k, v in _files().items() if "RTN" not in k}),
        "no return",
    ),
    (
        "the ledger has another amount",
        money.totals_agree,
        lambda: _in_file("RFD", "R4|6203|蔡三|50000", "R4|6203|蔡三|50001"),
        "R4: 50003 fen",
    ),
]


@pytest.mark.parametrize(("rule", "books", "fault"), [case[1:] for case in BROKEN], ids=[case[0] for case in BROKEN])
def test_given_a_broken_month_when_checked_then_the_rule_names_the_fault(
    rule: Callable[[Books], money.Check], books: Callable[[], Books], fault: str
) -> None:
    broken = rule(books())
    assert not broken.holds
    assert fault in broken.detail


@pytest.mark.parametrize(
    ("books", "repeats", "faults", "fault"),
    [
        (_books, {"bids": 3}, ["a repeated request got another answer"], "another answer"),
        (_books, {"bids": 0}, [], "nobody repeated: bids"),
        (lambda: _with(_entries()[0]), {}, [], "credit/hangzhou/S1 posted 2 times"),
        (lambda: _in_file("STMT", "S2|", "S1|"), {}, [], "S1 serial stated 2 times"),
    ],
)
def test_given_another_answer_to_the_same_key_when_checked_then_rule_four_is_broken(
    books: Callable[[], Books], repeats: dict[str, int], faults: list[str], fault: str
) -> None:
    broken = money.same_key_same_answer(books(), repeats, faults)
    assert not broken.holds
    assert fault in broken.detail


def test_given_many_faults_when_shown_then_the_first_few_and_how_many_more() -> None:
    shown = money.check("rule", [f"fault {n}" for n in range(8)], "")
    assert shown.detail.endswith("fault 4; and 3 more")
