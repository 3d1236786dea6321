"""The XML inside a frame: ``CFX`` with a head, and one voucher that travels as Base64 of XML of its own. Pure."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from chalicelib.kernel.errors import InvalidInput
from integrations.treasury_nontax.frame import refused
from integrations.treasury_nontax.profile import Profile

# Characters that XML 1.0 can't hold; expat would refuse them on the other side.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


# A voucher's fields; a few messages nest some of them below one more name.
Fields = Mapping[str, "str | Mapping[str, str]"]


@dataclass(frozen=True)
class Head:
    """Who says what to whom. ``message_ref`` is the number of the message that this one answers, or its own."""

    message_no: str
    message_id: str
    message_ref: str
    work_date: date


@dataclass(frozen=True)
class Envelope:
    """A head and the fields of its one voucher."""

    head: Head
    voucher: Mapping[str, str]


def write_envelope(head: Head, fields: Fields, profile: Profile) -> bytes:
    """The XML of a message. Raises ``InvalidInput`` (``TEXT_UNWRITABLE``) for text that can't be written."""
    shown = {
        "APP": profile.application,
        "VER": profile.version,
        "SRC": profile.source,
        "DES": profile.destination,
        "MsgNo": head.message_no,
        "MsgID": head.message_id,
        "MsgRef": head.message_ref,
        "WorkDate": head.work_date.strftime("%Y%m%d"),
        "Reserve": "",
    }
    inner = _encode(_element("Voucher", fields), profile)
    voucher = base64.b64encode(inner).decode()
    body = f"<VoucherCount>1</VoucherCount><VoucherBody><Voucher>{voucher}</Voucher></VoucherBody>"
    outer = f"<CFX>{_element('HEAD', shown)}<MSG><MOF>{body}</MOF></MSG></CFX>"
    return _encode(f'<?xml version="1.0" encoding="{profile.declared_encoding}"?>{outer}', profile)


def read_envelope(xml: bytes, profile: Profile) -> Envelope:
    """Take a message's XML apart.

    Raises ``InvalidInput``: ``XML_INVALID``, ``HEAD_INVALID``, ``VOUCHER_COUNT`` (one voucher a message) or
    ``VOUCHER_INVALID`` (not Base64 of a ``Voucher``).
    """
    root = parse(xml, profile, "CFX", "XML_INVALID")
    head = _read_head(root)
    vouchers = root.findall("./MSG/MOF/VoucherBody/Voucher")
    count = root.findtext("./MSG/MOF/VoucherCount", "")
    if len(vouchers) != 1 or count != "1":
        raise refused("VOUCHER_COUNT", "报文必须恰好包含一张凭证", "VoucherCount", f"{len(vouchers)}", "one voucher")
    return Envelope(head, read_voucher(vouchers[0].text or "", profile))


def _read_head(root: ET.Element) -> Head:
    def text(name: str) -> str:
        return (root.findtext(f"./HEAD/{name}") or "").strip()

    message_id, work_date = text("MsgID"), text("WorkDate")
    if re.fullmatch(r"[0-9A-Za-z_-]{1,64}", message_id) is None:
        raise refused("HEAD_INVALID", "报文标识号不正确", "MsgID", ascii(message_id[:64]), "1 to 64 letters and digits")
    return Head(text("MsgNo"), message_id, text("MsgRef"), read_day("WorkDate", work_date))


def read_day(field: str, text: str) -> date:
    """A day as the treasury writes it, ``YYYYMMDD``. Raises ``InvalidInput`` (``HEAD_INVALID``)."""
    try:
        if re.fullmatch(r"\d{8}", text, re.ASCII) is None:
            raise ValueError(text)
        return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        raise refused(
            "HEAD_INVALID", "日期格式不正确", field, ascii(text[:20]), "a day that exists, YYYYMMDD"
        ) from None


def read_voucher(encoded: str, profile: Profile) -> dict[str, str]:
    """The fields of a voucher from its Base64. Raises ``InvalidInput`` (``VOUCHER_INVALID``)."""
    try:
        # Some systems break the lines of their Base64; anything else that is not Base64 is a fault.
        inner = base64.b64decode("".join(encoded.split()), validate=True)
    except (binascii.Error, ValueError):
        raise refused(
            "VOUCHER_INVALID", "凭证内容不是完整的Base64编码", "Voucher", f"{len(encoded)} characters", "whole Base64"
        ) from None
    root = parse(inner, profile, "Voucher", "VOUCHER_INVALID")
    return {child.tag: (child.text or "").strip() for child in root}


def parse(content: bytes, profile: Profile, tag: str, code: str) -> ET.Element:
    """Parse XML that may not bring declarations of its own (entities that expand, files that are read)."""
    wrong: InvalidInput = refused(code, f"报文XML不正确: {tag}", tag, "", f"well-formed XML in {tag}, no DOCTYPE")
    try:
        text = content.decode(profile.encoding)
        if "<!DOCTYPE" in text or "<!ENTITY" in text:
            raise wrong
        # Decoded here: expat knows no GBK, and the text's own declaration is then of no account.
        root = ET.fromstring(text)  # noqa: S314 (no DOCTYPE, no entities, length bounded)
    except (UnicodeDecodeError, ET.ParseError):
        raise wrong from None
    if root.tag != tag:
        raise wrong
    return root


def _element(tag: str, fields: Fields) -> str:
    return f"<{tag}>{''.join(_field(name, content) for name, content in fields.items())}</{tag}>"


def _field(name: str, content: str | Mapping[str, str]) -> str:
    if not isinstance(content, str):
        return _element(name, content)
    return f"<{name}>{escape(content)}</{name}>" if content else f"<{name}/>"


def _encode(text: str, profile: Profile) -> bytes:
    if _FORBIDDEN.search(text) is not None:
        raise refused("TEXT_UNWRITABLE", "报文含有无法写入的字符", "xml", "", "text without control characters")
    try:
        return text.encode(profile.encoding)
    except UnicodeEncodeError:
        remedy = f"characters that {profile.encoding} has"
        raise refused("TEXT_UNWRITABLE", "报文含有无法编码的字符", "xml", "", remedy) from None
