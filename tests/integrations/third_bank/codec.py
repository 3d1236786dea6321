"""The third bank's files: bytes <-> the port's records. Pure."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from typing import Any

from chalicelib.kernel.clock import at_shanghai
from chalicelib.kernel.errors import FileRefused, Problem
from integrations.ports import (
    BatchFile,
    BatchReturn,
    Direction,
    PaymentOutcome,
    RefundLine,
    ReturnLine,
    Statement,
    StatementLine,
)

SIDES = {"in": Direction.CREDIT, "out": Direction.DEBIT}


def fen(yuan: str) -> int:
    whole, _, part = yuan.partition(".")
    return int(whole) * 100 + int(part)


def _opened(content: bytes, sidecar: bytes) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    if sidecar.split()[:1] != [hashlib.new("sm3", content).hexdigest().encode()]:
        raise FileRefused("DIGEST_DIFFERS", "文件内容与 SM3 摘要不一致")
    head, *rows = map(json.loads, content.decode().splitlines())
    if head["rows"] != len(rows):
        problem = Problem(1, "rows", str(head["rows"]), f"{len(rows)}, the number of rows that follow")
        raise FileRefused("COUNT_DIFFERS", "文件头笔数与明细不一致", problems=(problem,))
    return head, rows


def read_statement(content: bytes, sidecar: bytes) -> Statement:
    head, rows = _opened(content, sidecar)
    lines = tuple(
        StatementLine(
            number,
            row["id"],
            at_shanghai(row["at"]),
            date.fromisoformat(row["at"][:10]),
            SIDES[row["side"]],
            fen(row["yuan"]),
            row["account"],
            row["name"],
            row["words"],
            row["ours"],
        )
        for number, row in enumerate(rows, start=2)
    )
    day = date.fromisoformat(head["day"])
    return Statement(head["id"], head["account"], day, fen(head["before"]), fen(head["after"]), lines, ())


def write_batch(batch_no: str, lines: tuple[RefundLine, ...]) -> BatchFile:
    rows = [
        {
            "ours": each.our_ref,
            "to": each.account_no,
            "name": each.account_name,
            "fen": each.principal_fen + each.interest_fen,
        }
        for each in lines
    ]
    texts = [json.dumps(row, ensure_ascii=False) for row in ({"id": batch_no, "rows": len(rows)}, *rows)]
    content = "\n".join(texts).encode()
    return BatchFile(f"{batch_no}.jsonl", content, hashlib.new("sm3", content).hexdigest())


def read_return(content: bytes, sidecar: bytes, words: dict[str, PaymentOutcome]) -> BatchReturn:
    head, rows = _opened(content, sidecar)
    lines = tuple(
        ReturnLine(n, row["ours"], row["fen"], words.get(row["word"], PaymentOutcome.PENDING), row["word"], "")
        for n, row in enumerate(rows, start=2)
    )
    return BatchReturn(head["id"], lines, ())
