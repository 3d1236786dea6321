"""``hangpai receipt``: a bidder's own check of what he holds in hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from chalicelib.auctions.publishing import publish_receipt_key
from chalicelib.bidding.receipts import signed_receipt
from chalicelib.bidding.rules import PlacedBid
from chalicelib.kernel.clock import at_shanghai
from chalicelib.kernel.files import MemoryFiles, read_json
from chalicelib.kernel.signing import Signer
from chalicelib.kernel.tokens import Session
from local.cli import app
from local.receipt_command import BYTES_MAX

PERIOD = "2026-03"
HUB, FORGER = Signer(bytes(range(32))), Signer(bytes(32))
AT = at_shanghai("2026-03-25T14:59:59.999")
WHOLE = {
    "receipt": {"price": 99_900},
    "signature": "x",
    "public_key": "x",
}


def receipt(signer: Signer = HUB, lowest_fen: int | None = None) -> dict[str, Any]:
    bid = PlacedBid("request-1", 1_600_000, AT, lowest_fen, None if lowest_fen is None else AT - 1_000)
    return signed_receipt(Session("330100000001", "bid", PERIOD, "individual", 0), (bid,), 0, 3, signer)


def key(signer: Signer = HUB, period: str = PERIOD, **changes: Any) -> dict[str, Any]:
    """As it is published."""
    files = MemoryFiles()
    publish_receipt_key(period, signer.public_key, files)
    return {**read_json(files, "public", f"auction/{period}/receipt-key.json"), **changes}


def run(folder: Path, given: Any, published: Any = None) -> Result:
    asked = ["receipt"]
    for name, content in (("receipt.json", given), ("key.json", published)):
        if content is not None:
            text = content if isinstance(content, bytes) else json.dumps(content, ensure_ascii=False).encode()
            (folder / name).write_bytes(text)
    asked += [str(folder / "receipt.json"), *(["--key", str(folder / "key.json")] if published is not None else [])]
    return CliRunner().invoke(app, asked)


def test_given_a_receipt_and_the_published_key_then_it_holds_and_is_read_out(tmp_path: Path) -> None:
    done = run(tmp_path, receipt(lowest_fen=1_590_000), key())
    assert done.exit_code == 0
    assert done.stdout.splitlines() == [
        "收据有效:由本平台为 2026-03 期公布的公钥签名,内容未被改动。",
        "  期号:2026-03",
        "  申请编码:330100000001",
        "  竞买人类别:个人",
        "  出价(元):16000",
        "  出价时间:2026-03-25T14:59:59.999",
        "  第几次出价:1",
        "  剩余出价次数:2",
        "  请求号:request-1",
        "  出价所依据的最低可成交价(元):15900",
        "  该价格的时间:2026-03-25T14:59:58.999",
    ]


def test_given_no_published_key_then_it_says_that_anybody_may_have_signed(tmp_path: Path) -> None:
    done = run(tmp_path, receipt(FORGER))
    assert done.exit_code == 0
    assert "不能证明由本平台出具" in done.stdout
    assert "auction/2026-03/receipt-key.json" in done.stdout
    assert "收据有效" not in done.stdout


@pytest.mark.parametrize(
    ("given", "published", "sentence"),
    [
        ({**receipt(), "receipt": {**receipt()["receipt"], "price": 9_000}}, key(), "签名与内容不符"),
        ({**receipt(), "signature": "AAAA"}, key(), "签名与内容不符"),
        ({**receipt(), "signature": "不是签名"}, key(), "签名与内容不符"),
        (receipt(FORGER), key(), "不是本期公布的公钥"),
        (receipt(), key(period="2026-04"), "公钥是为 2026-04 期公布的,收据属于 2026-03 期"),
        (receipt(), key(FORGER), "不是本期公布的公钥"),
        (receipt(FORGER), key(public_key=FORGER.public_key), "公钥与其指纹(sha256)不符"),
        (receipt(), {"public_key": "不是", "period": PERIOD}, "公钥与其指纹(sha256)不符"),
        (receipt(), [], "公布的公钥文件不是有效的 JSON"),
        (receipt()["receipt"], key(), "应含 receipt、signature、public_key 三项"),
        (WHOLE, key(), "缺少或无法识别:期号、申请编码"),
        (b"\xff\xfe", key(), "收据不是有效的 JSON"),
        (b"[" * 40_000, key(), "收据不是有效的 JSON"),
        (b" " * (BYTES_MAX + 1), key(), "收据过大"),
        ([], None, "收据不是有效的 JSON"),
    ],
)
def test_given_what_the_hub_did_not_give_out_then_a_sentence_says_why(
    tmp_path: Path, given: Any, published: Any, sentence: str
) -> None:
    done = run(tmp_path, given, published)
    assert done.exit_code == 2
    assert done.stderr.startswith("收据无效:")
    assert sentence in done.stderr
    assert done.stdout == ""
