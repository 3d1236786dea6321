"""A frame taken apart for an integrator: every part that can be read, and all that is wrong by part and field. Pure.

Unlike the codec, which stops at the first fault since it must not trust what follows, this goes on as far as it can.
Personal data is masked, files inside are counted.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from chalicelib.kernel.errors import InvalidInput, Problem
from chalicelib.kernel.money import fen_from_yuan
from chalicelib.kernel.privacy import mask_id, mask_name, mask_phone
from integrations.treasury_nontax.envelope import parse, read_day, read_voucher
from integrations.treasury_nontax.frame import HEAD_BYTES, LENGTH_BYTES, MAC_BYTES, mac_of, read_length
from integrations.treasury_nontax.profile import Profile

_END = b"</CFX>"


@dataclass
class Inspection:
    """What was found. ``mac``: ``valid``, ``wrong`` or ``not checked``; ``head`` and ``voucher`` are fields by name."""

    message_no: str = ""
    bytes: int = 0
    announced_bytes: int | None = None
    mac: str = "not checked"
    head: dict[str, str] = field(default_factory=dict)
    voucher: dict[str, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def fault(self, where: str, found: str, remedy: str) -> None:
        """Add a problem; ``where`` is ``part.field``."""
        self.problems.append(Problem(0, where, found[:60], remedy))

    def as_dict(self) -> dict[str, Any]:
        """As JSON shows it."""
        return {
            "message_no": self.message_no,
            "bytes": self.bytes,
            "announced_bytes": self.announced_bytes,
            "mac": self.mac,
            "head": self.head,
            "voucher": {name: _shown(name, text) for name, text in self.voucher.items()},
            "problems": [problem.as_dict() for problem in self.problems],
        }


def inspect_frame(content: bytes, token: str | None, profile: Profile) -> Inspection:
    """Take a frame apart. Without a ``token`` the MAC's form is checked and no more."""
    seen = Inspection(bytes=len(content))
    _length(seen, content, profile)
    start = content[LENGTH_BYTES:HEAD_BYTES]
    seen.message_no = start[-4:].decode("ascii", "replace")
    if start[:-4] != f"{profile.application}{profile.version}".encode():
        seen.fault("frame.head", ascii(start[:-4]), f"{profile.application}{profile.version}")
    if not (len(seen.message_no) == 4 and seen.message_no.isdigit()):
        seen.fault("frame.MsgNo", ascii(seen.message_no), "4 digits")
    elif seen.message_no not in _RULES:
        seen.fault("frame.MsgNo", seen.message_no, f"a message of this link: {', '.join(_RULES)}")
    end = content.rfind(_END) + len(_END) if _END in content else max(len(content) - MAC_BYTES, HEAD_BYTES)
    _mac(seen, content[HEAD_BYTES:end], content[end:], token)
    _xml(seen, content[HEAD_BYTES:end], profile)
    return seen


def _length(seen: Inspection, content: bytes, profile: Profile) -> None:
    try:
        seen.announced_bytes = read_length(content[:LENGTH_BYTES], profile)
    except InvalidInput as error:
        _take(seen, "frame", error)
        return
    if seen.announced_bytes != len(content):
        seen.fault("frame.length", str(seen.announced_bytes), f"{len(content)}, the bytes that there are")


def _mac(seen: Inspection, xml: bytes, mac: bytes, token: str | None) -> None:
    if re.fullmatch(rb"[0-9A-Fa-f]{64}", mac) is None:
        seen.mac = "wrong"
        seen.fault("frame.mac", f"{len(mac)} bytes", "64 hex digits right after </CFX>, no line break")
    elif token is not None:
        holds = hmac.compare_digest(mac.decode().upper(), mac_of(token, xml))
        seen.mac = "valid" if holds else "wrong"
        if not holds:
            seen.fault("frame.mac", "another digest", "SHA-256 over token and XML as sent; the case does not matter")


def _xml(seen: Inspection, xml: bytes, profile: Profile) -> None:
    try:
        root = parse(xml, profile, "CFX", "XML_INVALID")
    except InvalidInput as error:
        _take(seen, "xml", error)
        return
    seen.head = {child.tag: (child.text or "").strip() for child in root.iterfind("./HEAD/*")}
    for name, holds, remedy in _head_rules(seen, profile):
        if not holds(seen.head.get(name, "")):
            seen.fault(f"HEAD.{name}", seen.head.get(name, ""), remedy)
    vouchers = root.findall("./MSG/MOF/VoucherBody/Voucher")
    count = root.findtext("./MSG/MOF/VoucherCount", "")
    if len(vouchers) != 1 or count != "1":
        seen.fault("MOF.VoucherCount", f"{count}, {len(vouchers)} found", "one voucher")
    if vouchers:
        _voucher(seen, vouchers[0].text or "", profile)


def _voucher(seen: Inspection, encoded: str, profile: Profile) -> None:
    try:
        seen.voucher = read_voucher(encoded, profile)
    except InvalidInput as error:
        _take(seen, "Voucher", error)
        return
    for name, (holds, remedy) in _RULES.get(seen.message_no, {}).items():
        if not holds(seen.voucher.get(name, "")):
            found = seen.voucher.get(name)
            seen.fault(f"Voucher.{name}", "missing" if found is None else _shown(name, found), remedy)


def _take(seen: Inspection, part: str, error: InvalidInput) -> None:
    for problem in error.problems:
        seen.fault(f"{part}.{problem.field}", problem.found, problem.remedy)


Rule = tuple[Callable[[str], bool], str]


def _fits(pattern: str, remedy: str) -> Rule:
    return lambda text: re.fullmatch(pattern, text, re.ASCII) is not None, remedy


def _is_day(text: str) -> bool:
    try:
        read_day("day", text)
    except InvalidInput:
        return False
    return True


def _is_amount(text: str) -> bool:
    try:
        return fen_from_yuan(text) > 0
    except ValueError:
        return False


def _is_base64(text: str) -> bool:
    try:
        return bool(base64.b64decode("".join(text.split()), validate=True))
    except (binascii.Error, ValueError):
        return False


_PAY_CODE = _fits(r"\d{20}", "20 digits")
_ANY: Rule = (bool, "a text")
_DAY: Rule = (_is_day, "a day that exists, YYYYMMDD")
_AMOUNT: Rule = (_is_amount, "yuan above 0, at most two decimals")
_BASE64: Rule = (_is_base64, "whole Base64")
_BILL_NO = _fits(r"\d{10}", "10 digits")
_KIND = {"BillTypeCode": _ANY, "BillVerCode": _ANY}
_ANSWER = {"OriMsgNo": _fits(r"\d{4}|", "4 digits"), "Result": _fits(r"\d{5}", "5 digits, 00000 for yes")}

# What each message must say, by message number.
_RULES: Mapping[str, Mapping[str, Rule]] = {
    "8994": {"PayCode": _PAY_CODE, "BillDate": _DAY, "PayerName": _ANY, "Amt": _AMOUNT, "PayStats": _ANY},
    "8997": {"PayCode": _PAY_CODE},
    "5997": {"PayCode": _PAY_CODE, "PayStats": _ANY},
    "5996": {
        "PayCode": _PAY_CODE,
        "CfmDate": _DAY,
        "CfmTime": _fits(r"([01]\d|2[0-3])[0-5]\d[0-5]\d", "HHMMSS"),
        "Amt": _AMOUNT,
        "TraNoBus": _ANY,
    },
    "8999": {**_KIND, "ChgAgenCode": _ANY},
    "8981": {"PayCode": _PAY_CODE, "BillNo": _BILL_NO, **_KIND, "Invoice_Data": _BASE64},
    "5981": {"Result": _ANSWER["Result"]},
    "8982": {"BillNo": _BILL_NO, **_KIND},
    "5982": {"Result": _ANSWER["Result"], "Invoicefiledata": _BASE64},
    "8001": _ANSWER,
    "5001": _ANSWER,
}


def _head_rules(seen: Inspection, profile: Profile) -> tuple[tuple[str, Callable[[str], bool], str], ...]:
    return (
        ("APP", lambda text: text == profile.application, profile.application),
        ("VER", lambda text: text == profile.version, profile.version),
        ("SRC", bool, "the sender's node"),
        ("DES", bool, "the receiver's node"),
        ("MsgNo", lambda text: text == seen.message_no, f"{seen.message_no}, as the frame's head says"),
        ("MsgID", _fits(r"[0-9A-Za-z_-]{1,64}", "")[0], "1 to 64 letters and digits"),
        ("WorkDate", _is_day, _DAY[1]),
    )


_MASKS: Mapping[str, Callable[[str], str]] = {
    "PayerName": mask_name,
    "PayerAcct": mask_id,
    "PayerCreditCode": mask_id,
    "MobilePhone": mask_phone,
    "Invoice_Data": lambda text: f"{len(text)} characters",
    "Invoicefiledata": lambda text: f"{len(text)} characters",
}


def _shown(name: str, text: str) -> str:
    return _MASKS[name](text) if name in _MASKS else text
