"""``hangpai receipt``: whether the receipt that a bidder holds in hand is the hub's, in sentences for him."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from pathlib import Path
from typing import Annotated, Any

import typer

from chalicelib.kernel.signing import holds

EXIT_DOES_NOT_HOLD = 2
BYTES_MAX = 65_536

# What a receipt says, in the order in which it is read out.
_SAID = {
    "period": "期号",
    "application_code": "申请编码",
    "bidder_class": "竞买人类别",
    "price": "出价(元)",
    "bid_at": "出价时间",
    "bid_number": "第几次出价",
    "bids_left": "剩余出价次数",
    "request_id": "请求号",
}
_SAID_WHERE_HELD = {"lowest": "出价所依据的最低可成交价(元)", "lowest_at": "该价格的时间"}
_CLASSES = {"individual": "个人", "unit": "单位"}


class Faulty(Exception):
    """Why a receipt, or the key it is checked with, is not believed: a Chinese sentence."""


def receipt_command(
    file: Annotated[Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="The receipt, as JSON.")],
    *,
    key: Annotated[
        Path | None,
        typer.Option("--key", exists=True, dir_okay=False, help="The period's published receipt-key.json."),
    ] = None,
) -> None:
    """Verify a bidder's receipt: exit code 0 if it holds, 2 if not. Without the key, only that it is whole."""
    try:
        given = _read(file, "收据")
        check_receipt(given, None if key is None else _read(key, "公布的公钥文件"))
    except Faulty as fault:
        typer.echo(f"收据无效:{fault}", err=True)
        raise typer.Exit(EXIT_DOES_NOT_HOLD) from fault
    receipt = given["receipt"]
    if key is None:
        wanted = f"auction/{receipt['period']}/receipt-key.json"
        typer.echo(
            f"收据内容完整,与所附公钥的签名相符;但未用公布的公钥核对(--key,公布于 {wanted}),不能证明由本平台出具。"
        )
    else:
        typer.echo(f"收据有效:由本平台为 {receipt['period']} 期公布的公钥签名,内容未被改动。")
    for name, title in {**_SAID, **_SAID_WHERE_HELD}.items():
        if name in receipt:
            typer.echo(f"  {title}:{_CLASSES.get(receipt[name], receipt[name])}")


def check_receipt(given: dict[str, Any], published: dict[str, Any] | None) -> None:
    """Raise ``Faulty`` where a receipt is not whole, or not by the key that was published for its period."""
    receipt, signature, public_key = (given.get(name) for name in ("receipt", "signature", "public_key"))
    if not isinstance(receipt, dict) or not isinstance(signature, str) or not isinstance(public_key, str):
        raise Faulty("不是完整的收据,应含 receipt、signature、public_key 三项。")
    missing = [title for name, title in _SAID.items() if not isinstance(receipt.get(name), (str, int))]
    if missing:
        raise Faulty(f"缺少或无法识别:{'、'.join(missing)}。")
    if not holds(receipt, signature, public_key):
        raise Faulty("签名与内容不符,收据被改动过,或不是收到时的原文。")
    if published is not None:
        _check_key(receipt, public_key, published)


def _check_key(receipt: dict[str, Any], public_key: str, published: dict[str, Any]) -> None:
    told = published.get("public_key")
    try:
        digest = hashlib.sha256(base64.b64decode(told, validate=True)).hexdigest() if isinstance(told, str) else ""
    except (binascii.Error, ValueError):
        digest = ""
    if not digest or digest != published.get("sha256"):
        raise Faulty("公布的公钥文件不完整,公钥与其指纹(sha256)不符。")
    if published.get("period") != receipt["period"]:
        raise Faulty(f"公钥是为 {published.get('period')} 期公布的,收据属于 {receipt['period']} 期。")
    if told != public_key:
        raise Faulty("收据所附公钥不是本期公布的公钥,收据不是由本平台出具。")


def _read(file: Path, what: str) -> dict[str, Any]:
    with file.open("rb") as source:
        content = source.read(BYTES_MAX + 1)
    if len(content) > BYTES_MAX:
        raise Faulty(f"{what}过大,不是由本平台出具的文件。")
    try:
        found = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise Faulty(f"{what}不是有效的 JSON 文件。") from error
    if not isinstance(found, dict):
        raise Faulty(f"{what}不是有效的 JSON 文件。")
    return found
