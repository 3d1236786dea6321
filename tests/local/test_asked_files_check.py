"""What was fetched from Minsheng and Alipay is read by hand; the money rules fail where it is not what was booked."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import date

import pytest

from chalicelib.ledger.rules import Entry, move
from local.checks.asked_files import read_asked
from local.checks.money import Books, one_place, totals_agree

PERIOD = "2026-03"
BANK, WALLET = "minsheng", "alipay"
# Serial, direction (1 out, 2 in), yuan, balance after.
DETAIL = (("CM1", "2", "2000.00", "2000.00"), ("CM2", "2", "2000.50", "4000.50"))
# Serial, our number, kind, yuan.
BILL = (("T1", "HP202603_1_001", "交易", "2000.00"), ("T2", "HP202603_2_001", "交易", "2000.00"))

Rows = tuple[tuple[str, str, str, str], ...]


def bundle(day: str, part: bytes, **head: object) -> bytes:
    said = {"kind": "statement", "day": day, "parts": [{"length": len(part), "role": "day"}], **head}
    return json.dumps(said).encode() + b"\n" + part


def detail(rows: Rows, day: str = "2026-03-12") -> dict[str, bytes]:
    shown = "".join(
        f"<dtlInfo><svrId>{serial}</svrId><type>{kind}</type><amount>{yuan}</amount><balance>{after}</balance>"
        f"<opAcntNo>6222</opAcntNo><opAcntName>王喆堃</opAcntName><explain>保证金</explain><recseq>1</recseq>"
        "<timestamp>20260312100000</timestamp></dtlInfo>"
        for serial, kind, yuan, after in rows
    )
    return {f"{BANK}/statement/{PERIOD}/{day}/001-x.pull": bundle(day, f"<dtlList>{shown}</dtlList>".encode("gb18030"))}


def bill(rows: Rows, opening_fen: int = 0) -> dict[str, bytes]:
    lines = ["#支付宝业务明细查询"]
    for serial, our_ref, kind, yuan in rows:
        cells = [""] * 25
        cells[0], cells[1], cells[2], cells[5], cells[11] = f"{serial}\t", our_ref, kind, "2026-03-12 10:00:00", yuan
        lines.append(",".join(cells))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("detail.csv", "\n".join(lines).encode("gb18030"))
        archive.writestr("summary.csv", "#汇总".encode("gb18030"))
    key = f"{WALLET}/statement/{PERIOD}/2026-03-12/001-x.pull"
    return {key: bundle("2026-03-12", packed.getvalue(), opening_fen=opening_fen)}


def gateway_bill(*booked: tuple[str, int, str], opening_fen: int = 0) -> dict[str, bytes]:
    """A bill of a gateway shaped as Stripe, the newest first, a page each; one is of another day."""
    pages = []
    for created, (intent, fen, ref) in reversed(list(enumerate([("pi_0", 1, ""), *booked], start=99))):
        trade = {"id": intent, "metadata": {"hub_ref": f"HP202603_{intent}_001"}}
        source = {"payment_intent": trade, "metadata": {"hub_ref": ref} if ref else {}}
        page = {"object": "list", "data": [{"created": created, "amount": fen, "source": source}], "has_more": True}
        pages.append(json.dumps(page).encode())
    head = {"kind": "stripe-bill", "from_ms": 100_000, "to_ms": 200_000}
    parts = [{"length": len(page)} for page in pages]
    made = json.dumps({**head, "parts": parts}).encode() + b"\n" + b"".join(pages)
    return {f"{WALLET}/statement/{PERIOD}/2026-03-12/001-x.pull": bundle("2026-03-12", made, opening_fen=opening_fen)}


def booked(channel: str, *credits_fen: tuple[str, int]) -> tuple[Entry, ...]:
    return tuple(
        move(
            f"credit/{channel}/{serial}",
            "credit",
            PERIOD,
            date(2026, 3, 12),
            0,
            debit=f"bank:{channel}",
            credit=f"held:{PERIOD}",
            amount_fen=fen,
            subject=serial,
        )
        for serial, fen in credits_fen
    )


AT_BANK = booked(BANK, ("CM1-1", 200_000), ("CM2-1", 200_050))
AT_WALLET = booked(WALLET, ("T1", 200_000), ("T2", 200_000))


def books(channel: str, entries: tuple[Entry, ...], files: dict[str, bytes]) -> Books:
    return Books(PERIOD, channel, entries, read_asked(files, channel), (BANK, WALLET))


PAID_AT_GATEWAY = (("T1", 200_000, ""), ("T2", 200_000, ""))


@pytest.mark.parametrize(
    ("channel", "entries", "files"),
    [
        (BANK, AT_BANK, detail(DETAIL)),
        (WALLET, AT_WALLET, bill(BILL)),
        (WALLET, AT_WALLET, gateway_bill(*PAID_AT_GATEWAY)),
    ],
)
def test_given_what_was_fetched_and_booked_when_checked_then_the_rules_hold(
    channel: str, entries: tuple[Entry, ...], files: dict[str, bytes]
) -> None:
    told = books(channel, entries, files)
    assert one_place(told).holds, one_place(told).detail
    assert totals_agree(told).holds, totals_agree(told).detail


@pytest.mark.parametrize(
    ("channel", "entries", "files", "fault"),
    [
        (BANK, AT_BANK[:1], detail(DETAIL), "credit/minsheng/CM2-1: the bank took in 200050 fen, the ledger 0"),
        (BANK, AT_BANK, detail(DETAIL[:1]), "credit/minsheng/CM2-1 is in the ledger, but on no statement"),
        (BANK, AT_BANK, detail((DETAIL[0], ("CM2", "2", "2000.50", "4000.51"))), "its rows say otherwise"),
        (
            BANK,
            AT_BANK,
            {**detail(DETAIL[:1]), **detail((("CM2", "2", "2000.50", "4000.49"),), "2026-03-17")},
            "opens with 199999 fen, the last one closed with 200000",
        ),
        (WALLET, AT_WALLET, bill((BILL[0], ("T2", "HP202603_2_001", "交易", "1999.99"))), "took in 199999 fen"),
        (WALLET, AT_WALLET, gateway_bill(("T1", 200_000, ""), ("T2", 199_999, "")), "took in 199999 fen"),
        (WALLET, AT_WALLET, gateway_bill(*PAID_AT_GATEWAY, ("T1", -200_000, "RF1")), "closes with 200000 fen"),
        (WALLET, AT_WALLET, bill((*BILL, ("T3", "HP202603_3_001", "交易", "1.00"))), "the ledger 0"),
    ],
)
def test_given_files_that_say_otherwise_when_checked_then_a_rule_fails(
    channel: str, entries: tuple[Entry, ...], files: dict[str, bytes], fault: str
) -> None:
    told = books(channel, entries, files)
    checks = (one_place(told), totals_agree(told))
    assert not all(each.holds for each in checks)
    assert fault in " ".join(each.detail for each in checks)


REFUNDED = (("RF1", 200_000), ("RF2", 7))


def refunds() -> tuple[Entry, ...]:
    """Both left in one batch; the first is paid, the second came back."""
    moved = (
        ("refund-sent", "RF1", f"held:{PERIOD}", f"transit:{WALLET}", 200_000),
        ("refund-sent", "RF2", f"held:{PERIOD}", f"transit:{WALLET}", 7),
        ("refund-paid", "RF1", f"transit:{WALLET}", f"bank:{WALLET}", 200_000),
        ("refund-failed", "RF2", f"transit:{WALLET}", f"returnable:{PERIOD}", 7),
    )
    return tuple(
        move(
            f"{what}/{ref}", what, PERIOD, date(2026, 4, 4), 0, debit=debit, credit=credit, amount_fen=fen, subject=ref
        )
        for what, ref, debit, credit, fen in moved
    )


def exchanged(*returns: tuple[str, str]) -> dict[str, bytes]:
    """A batch and its return files, each with what it says of both payments."""
    head = {"batch_no": "B1", "count": 2, "total_fen": 200_007, "parts": []}
    ordered = [[ref, f"trade-{ref}", fen, 0, ""] for ref, fen in REFUNDED]
    files = {f"{WALLET}/batch/{PERIOD}/B1.batch": {**head, "payments": ordered}}
    for number, said in enumerate(returns, start=1):
        told = [[ref, fen, word, "", "", ""] for (ref, fen), word in zip(REFUNDED, said, strict=True)]
        files[f"{WALLET}/return/{PERIOD}/B1/{number:03d}-B1.pull"] = {**head, "payments": told}
    return {key: json.dumps(content).encode() + b"\n" for key, content in files.items()}


@pytest.mark.parametrize(
    ("returns", "fault"),
    [
        ([("paid", "failed")], ""),
        # The wallet did not answer on the one, then not on the other: no silence takes an answer back.
        ([("paid", "pending"), ("pending", "failed")], ""),
        ([("pending", "pending"), ("paid", "pending"), ("pending", "pending"), ("pending", "failed")], ""),
        # What no file ever said is nothing that the ledger may know, nor otherwise than the last answer.
        ([("pending", "failed"), ("pending", "failed")], "RF1: the bank says 9999"),
        ([("paid", "paid")], "RF2: the bank says 0000"),
        ([("paid", "pending"), ("failed", "failed")], "RF1: the bank says failed"),
    ],
)
def test_given_returns_that_answer_one_payment_after_another_when_checked_then_every_answer_counts(
    returns: list[tuple[str, str]], fault: str
) -> None:
    checked = totals_agree(books(WALLET, (*AT_WALLET, *refunds()), {**bill(BILL), **exchanged(*returns)}))

    assert checked.holds is not bool(fault), checked.detail
    assert fault in checked.detail
