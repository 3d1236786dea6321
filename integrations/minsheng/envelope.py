"""The link's XML: a request with its header, and the reply's status and body. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from chalicelib.kernel.clock import from_ms
from chalicelib.kernel.errors import FileRefused, InvalidInput, Problem
from integrations.minsheng.profile import Profile

_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_DECLARED = re.compile(r"<\?xml[^>]*?encoding\s*=\s*[\"']([A-Za-z0-9._-]+)[\"']")
_SUBSETS = frozenset({"gb2312", "gbk", "gb18030"})


@dataclass(frozen=True)
class Login:
    """Who speaks to the bank. Nothing of it is shown."""

    client_id: str = field(repr=False)
    user_id: str = field(repr=False)
    password: str = field(repr=False)


@dataclass(frozen=True)
class Reply:
    """A reply: what the bank says of the request (``said``: a word of the profile), and its body."""

    trn_code: str
    code: str
    message: str = field(repr=False)
    said: str
    body: ET.Element = field(repr=False)

    def text(self, name: str) -> str:
        """The text of the first element of that name in the body, wherever it stands; empty where there is none."""
        return (self.body.findtext(f".//{name}") or "").strip()


def refused(code: str, message: str, *problems: Problem) -> FileRefused:
    """The error for a message of which nothing is taken."""
    return FileRefused(code, message, problems=problems)


def element(name: str, text: str) -> str:
    """One element with its text."""
    return f"<{name}>{escape(text)}</{name}>"


def body_xml(fields: Mapping[str, str]) -> str:
    """``xDataBody`` with its elements in order."""
    return f"<xDataBody>{''.join(element(name, text) for name, text in fields.items())}</xDataBody>"


def write_request(trn_code: str, body: str, login: Login, at_ms: int, profile: Profile) -> bytes:
    """A whole request; ``at_ms`` is when it leaves, told in Asia/Shanghai.

    Raises ``InvalidInput`` (``TEXT_UNWRITABLE``) for text that XML or the encoding can't hold.
    """
    header = {
        "dtClient": f"{from_ms(at_ms):%Y-%m-%d %H:%M:%S}",
        "clientId": login.client_id,
        "userId": login.user_id,
        "userPswd": login.password,
        "language": "chs",
        "appId": "nsbdes",
        "appVer": "201",
    }
    inner = "".join(element(name, text) for name, text in header.items())
    return encode(
        f'<?xml version="1.0" encoding="{profile.declared_encoding}"?>'
        f'<CMBC header="100" version="100" security="none" lang="chs" trnCode="{trn_code}">'
        f"<requestHeader>{inner}</requestHeader>{body}</CMBC>",
        profile,
    )


def encode(text: str, profile: Profile) -> bytes:
    """Text as the link carries it. Raises ``InvalidInput`` (``TEXT_UNWRITABLE``)."""
    if _FORBIDDEN.search(text) is None:
        try:
            return text.encode(profile.encoding)
        except UnicodeEncodeError:
            pass
    problem = Problem(0, "xml", "", f"characters of {profile.encoding}, no control characters")
    raise InvalidInput("TEXT_UNWRITABLE", "报文含有无法写入的字符", problems=(problem,))


def read_reply(xml: bytes, trn_code: str, profile: Profile) -> Reply:
    """Take a reply apart.

    Raises ``FileRefused``: ``REPLY_TOO_LARGE``, ``ENCODING_WRONG``, ``XML_INVALID`` (half a reply is that), or
    ``REPLY_FOREIGN`` where it answers another transaction or has no status.
    """
    root = parse_xml(xml, profile)
    if root.tag != "CMBC" or root.get("trnCode") != trn_code:
        raise refused("REPLY_FOREIGN", "应答不是所问的交易", Problem(0, "trnCode", "", trn_code))
    code = (root.findtext("./responseHeader/status/code") or "").strip()
    if not code:
        problem = Problem(0, "responseHeader/status/code", "", "a code")
        raise refused("REPLY_FOREIGN", "应答缺少状态码", problem)
    message = (root.findtext("./responseHeader/status/message") or "").strip()
    body = root.find("./xDataBody")
    said = profile.reply_codes.get(code, "unknown")
    return Reply(trn_code, code, message, said, ET.Element("xDataBody") if body is None else body)


def parse_xml(xml: bytes, profile: Profile) -> ET.Element:
    """Decode and parse, without declarations of the text's own (entities that expand, files that are read)."""
    if len(xml) > profile.bytes_max:
        raise refused("REPLY_TOO_LARGE", f"应答超过 {profile.bytes_max} 字节")
    try:
        text = xml.decode(profile.encoding)
    except UnicodeDecodeError as error:
        problem = Problem(0, "(encoding)", f"byte {error.start}", f"text in {profile.encoding}")
        raise refused("ENCODING_WRONG", "报文编码不正确", problem) from None
    declared = _DECLARED.match(text)
    if declared is not None and declared[1].lower() not in _SUBSETS:
        problem = Problem(0, "(encoding)", declared[1][:20], profile.declared_encoding)
        raise refused("ENCODING_WRONG", "报文声明了其他编码", problem)
    wrong = refused("XML_INVALID", "报文不是完整的XML", Problem(0, "xml", "", "whole, well-formed XML without DOCTYPE"))
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise wrong
    try:
        # Decoded here: expat knows no GB18030, and the text's own declaration is then of no account.
        return ET.fromstring(text)  # noqa: S314 (no DOCTYPE, no entities, length bounded)
    except (ET.ParseError, ValueError):
        raise wrong from None
