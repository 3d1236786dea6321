"""The simulator's own way of packing and unpacking frames, written from the interface and not from the hub's codec."""

from __future__ import annotations

import base64
import hashlib
import re
from xml.sax.saxutils import escape, unescape

HEAD, MAC = 23, 64


class BadFrame(Exception):
    """A frame that the treasury does not accept; the text is the Information of its 5001."""


def pack(number: str, ids: tuple[str, str], day: str, fields: dict[str, str], token: str) -> bytes:
    """A frame from the treasury to the hub. ``ids``: its own and the one it answers; ``day`` is ``YYYYMMDD``."""
    voucher = "<Voucher>" + "".join(f"<{name}>{escape(text)}</{name}>" for name, text in fields.items()) + "</Voucher>"
    xml = (
        '<?xml version="1.0" encoding="GBK"?><CFX><HEAD><APP>CNNONTAX</APP><VER>1.0</VER><SRC>F330100</SRC>'
        f"<DES>K3301000001</DES><MsgNo>{number}</MsgNo><MsgID>{ids[0]}</MsgID><MsgRef>{ids[1]}</MsgRef>"
        f"<WorkDate>{day}</WorkDate><Reserve/></HEAD><MSG><MOF><VoucherCount>1</VoucherCount><VoucherBody>"
        f"<Voucher>{base64.b64encode(voucher.encode('gb18030')).decode()}</Voucher></VoucherBody></MOF></MSG></CFX>"
    ).encode("gb18030")
    mac = hashlib.sha256(token.encode() + xml).hexdigest().upper().encode()
    total = HEAD + len(xml) + MAC
    return str(total).ljust(8).encode() + b"CNNONTAX1.0" + number.encode() + xml + mac


def unpack(frame: bytes, token: str) -> tuple[str, str, dict[str, str]]:
    """Message number, message id and voucher fields of a frame from the hub. Raises ``BadFrame``."""
    length = frame[:8].rstrip(b" ")
    if not length.isdigit() or int(length) != len(frame) or frame[8:19] != b"CNNONTAX1.0":
        raise BadFrame("报文头错误")
    xml, mac = frame[HEAD:-MAC], frame[-MAC:]
    if hashlib.sha256(token.encode() + xml).hexdigest().lower().encode() != mac.lower():
        raise BadFrame("MAC校验失败")
    text = xml.decode("gb18030")
    inner = base64.b64decode(_tag(text, "Voucher"), validate=True).decode("gb18030")
    fields = {name: unescape(value) for name, value in re.findall(r"<(\w+)>([^<]*)</\1>", inner)}
    return _tag(text, "MsgNo"), _tag(text, "MsgID"), fields


def _tag(text: str, name: str) -> str:
    found = re.search(rf"<{name}>([^<]*)</{name}>", text)
    if found is None:
        raise BadFrame(f"缺少{name}")
    return found[1]
