"""What the hub fetched from Minsheng and Alipay and ordered there, read by hand, apart from the hub's codecs."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from html import unescape
from typing import Any

from local.checks.bank_files import (
    CHINA,
    PAID,
    PENDING,
    BatchRow,
    Exchanged,
    RefundFile,
    ReturnFile,
    ReturnRow,
    StatementFile,
    StatementRow,
)

_OUR_REF = re.compile(r"RF\d{6}[0-9a-f]{24}")
_FAILED = "failed"
_NOT_HERE = "E1602"
# Their word on a payment, as Bank of Hangzhou's codes say it.
_MINSHENG_CODES = {
    "batchCostReimb": {"10": PAID, "20": _FAILED},
    "batchXfer": {"1": PAID, "2": _FAILED},
}
_ALIPAY_CODES = {"paid": PAID, "failed": _FAILED, "pending": PENDING}


def read_asked(files: Mapping[str, bytes], channel: str) -> Exchanged:
    """The files of a channel that is asked, each kind in order; of several returns of a batch, the last, in which a
    payment that is pending is as an earlier one said: no answer now takes back what was answered before."""
    statements, batches = [], []
    returns: dict[str, ReturnFile] = {}
    read = {"minsheng": (_minsheng_statement, _minsheng_batch, _minsheng_return)}
    read["alipay"] = (_alipay_statement, _alipay_batch, _alipay_return)
    statement, batch, answer = read[channel]
    for key, content in sorted(files.items()):
        if not key.startswith(f"{channel}/") or key.endswith(".sm3"):
            continue
        kind = key.split("/")[1]
        if kind == "statement":
            statements.append(statement(key, content))
        elif kind == "batch":
            batches.append(batch(key, content))
        elif kind == "return":
            told = answer(key, content)
            before = returns.get(told.batch_no)
            said = {row.our_ref: row.code for row in before.rows} if before else {}
            rows = (
                row if row.code != PENDING else replace(row, code=said.get(row.our_ref, PENDING)) for row in told.rows
            )
            returns[told.batch_no] = replace(told, rows=tuple(rows))
    return Exchanged(
        tuple(sorted(statements, key=lambda file: file.day)),
        tuple(sorted(batches, key=lambda file: file.batch_no)),
        tuple(returns[number] for number in sorted(returns)),
    )


def _parts(content: bytes) -> tuple[dict[str, Any], list[tuple[dict[str, Any], bytes]]]:
    line, _, rest = content.partition(b"\n")
    head = json.loads(line)
    parts = []
    for facts in head["parts"]:
        parts.append((facts, rest[: facts["length"]]))
        rest = rest[facts["length"] :]
    return head, parts


def _fen(yuan: str) -> int:
    whole, _, part = yuan.strip().lstrip("-").partition(".")
    fen = int(whole) * 100 + int((part + "00")[:2])
    return -fen if yuan.strip().startswith("-") else fen


def _ms(text: str, form: str) -> int:
    return int(datetime.strptime(text, form).replace(tzinfo=CHINA).timestamp()) * 1_000


def _made(key: str, day: str, opening_fen: int, closing_fen: int, rows: list[StatementRow]) -> StatementFile:
    total_fen = sum(row.amount_fen for row in rows)
    return StatementFile(key, day.replace("-", ""), opening_fen, len(rows), total_fen, closing_fen, tuple(rows))


def _minsheng_statement(key: str, content: bytes) -> StatementFile:
    head, parts = _parts(content)
    rows, balances = [], []
    for facts, xml in parts:
        text = xml.decode("gb18030")
        if facts["role"] == "balance":
            balances += [_fen(found) for found in re.findall(r"<balance>(-?[\d.]+)</balance>", text)]
        for inner in re.findall(r"<dtlInfo>(.*?)</dtlInfo>", text, re.S) if facts["role"] == "day" else ():
            said = {name: unescape(value) for name, value in re.findall(r"<(\w+)>([^<]*)</\1>", inner)}
            ours = _OUR_REF.search(said["explain"])
            direction = "D" if said["type"] == "1" else "C"
            fen, after_fen = _fen(said["amount"]), _fen(said["balance"])
            # The detail has whole seconds: the last instant that one can mean.
            booked = _ms(said["timestamp"], "%Y%m%d%H%M%S") + 999
            serial = f"{said['svrId']}-{said['recseq']}"
            ref = ours[0] if ours and direction == "D" else ""
            rows.append(StatementRow(serial, booked, direction, fen, said["opAcntNo"], said["opAcntName"], ref))
            balances += [] if balances else [after_fen + (fen if direction == "D" else -fen)]
            balances.append(after_fen)
    return _made(key, head["day"], balances[0], balances[-1], rows)


def _minsheng_batch(key: str, content: bytes) -> RefundFile:
    head, parts = _parts(content)
    rows, count, total_fen = [], 0, 0
    for facts, xml in parts:
        said = {name: unescape(value) for name, value in re.findall(r"<(\w+)>([^<]*)</\1>", xml.decode("gb18030"))}
        count, total_fen = count + int(said["totalRow"]), total_fen + _fen(said["totalAmt"])
        for row, (ref, fen) in zip(said["fileContent"].split("^"), facts["payments"], strict=True):
            cells = row.split("|")
            account, name = cells[1:3] if facts["trn_code"] == "batchCostReimb" else cells[4:6]
            if ref not in row:
                raise ValueError(f"{key}: {ref} stands at another row than its payment")
            rows.append(BatchRow(ref, account, name, fen, 0))
    return RefundFile(key, head["batch_no"], count, total_fen, tuple(rows))


def _minsheng_return(key: str, content: bytes) -> ReturnFile:
    head, parts = _parts(content)
    rows, total_fen = [], 0
    for facts, xml in parts:
        text = xml.decode("gb18030")
        if f"<code>{_NOT_HERE}</code>" in text:
            # What it turned away when it was handed over, and has nothing of by now.
            rows += [ReturnRow(ref, fen, _FAILED) for ref, fen in facts["payments"]]
            total_fen += sum(fen for _, fen in facts["payments"])
            continue
        told = unescape(re.search(r"<fileContent>([^<]*)</fileContent>", text)[1])  # type: ignore[index]
        total_fen += _fen(re.search(r"<totalAmt>([^<]*)</totalAmt>", text)[1])  # type: ignore[index]
        codes = _MINSHENG_CODES[facts["trn_code"]]
        for row, (ref, fen) in zip(told.split("^"), facts["payments"], strict=True):
            rows.append(ReturnRow(ref, fen, codes.get(row.split("|")[-2], PENDING)))
    return ReturnFile(key, head["batch_no"], len(rows), total_fen, tuple(rows))


def _alipay_statement(key: str, content: bytes) -> StatementFile:
    head, parts = _parts(content)
    rows: list[StatementRow] = []
    balance = int(head["opening_fen"])
    for _, bill in parts:
        rows += _archive_rows(bill) if bill.startswith(b"PK") else _gateway_rows(bill)
    balance += sum(-row.amount_fen if row.direction == "D" else row.amount_fen for row in rows)
    return _made(key, head["day"], int(head["opening_fen"]), balance, rows)


def _archive_rows(archive: bytes) -> list[StatementRow]:
    """Alipay's own bill: a CSV in a zip."""
    rows = []
    with zipfile.ZipFile(io.BytesIO(archive)) as members:
        detail = max((members.read(each) for each in members.infolist()), key=lambda each: each.count(b","))
    for line in detail.decode("gb18030").splitlines():
        cells = [cell.strip() for cell in line.split(",")]
        if line.startswith("#") or len(cells) != 25 or cells[2] not in ("交易", "退款"):
            continue
        booked = _ms(cells[5], "%Y-%m-%d %H:%M:%S") + 999
        ref = "" if cells[2] == "交易" else cells[21]
        rows.append(_wallet_row(cells[0], booked, abs(_fen(cells[11])), cells[1], ref))
    return rows


def _gateway_rows(content: bytes) -> list[StatementRow]:
    """The pages of a gateway shaped as Stripe, the newest booking first, and of which instants they are the bill."""
    head, pages = _parts(content)
    booked = [each for _, page in pages for each in json.loads(page)["data"]]
    rows = []
    for each in sorted(booked, key=lambda one: (one["created"], one["amount"] < 0)):
        if head["from_ms"] <= each["created"] * 1_000 < head["to_ms"]:
            source, intent = each["source"], each["source"]["payment_intent"]
            ref = source["metadata"]["hub_ref"] if each["amount"] < 0 else ""
            booked_ms = each["created"] * 1_000 + 999
            rows.append(_wallet_row(intent["id"], booked_ms, abs(each["amount"]), intent["metadata"]["hub_ref"], ref))
    return rows


def _wallet_row(serial: str, booked_ms: int, fen: int, trade: str, ref: str) -> StatementRow:
    """A payment, or with ``ref``, our number of a refund, what went back of it."""
    return StatementRow(f"{serial}-{ref}" if ref else serial, booked_ms, "D" if ref else "C", fen, trade, trade, ref)


def _alipay_batch(key: str, content: bytes) -> RefundFile:
    head, _ = _parts(content)
    rows = [BatchRow(ref, trade, trade, principal, interest) for ref, trade, principal, interest, _ in head["payments"]]
    return RefundFile(key, head["batch_no"], head["count"], head["total_fen"], tuple(rows))


def _alipay_return(key: str, content: bytes) -> ReturnFile:
    head, _ = _parts(content)
    rows = [ReturnRow(ref, fen, _ALIPAY_CODES[said]) for ref, fen, said, *_ in head["payments"]]
    return ReturnFile(key, head["batch_no"], head["count"], head["total_fen"], tuple(rows))
