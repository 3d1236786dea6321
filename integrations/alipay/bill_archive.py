"""The bill's archive: a zip whose names are GBK, often without saying so, with a detail and a summary member. Pure."""

from __future__ import annotations

import io
import zipfile
import zlib
from dataclasses import dataclass, field

from chalicelib.kernel.errors import FileRefused, Problem

DETAIL, SUMMARY = "业务明细", "汇总"
# Alipay says GBK; names in titles need more, and GB18030 holds all of GBK.
ENCODING = "gb18030"

_MEMBERS_MAX = 16
_TIMES_PACKED_MAX = 10
_UTF8_FLAG = 0x800
_ENCRYPTED_FLAG = 0x1


@dataclass(frozen=True)
class Archive:
    """Both members' text. ``name`` is the detail's."""

    name: str
    detail: str = field(repr=False)
    summary: str = field(repr=False)


def open_archive(content: bytes, bytes_max: int) -> Archive:
    """Unpack a bill. Raises ``FileRefused``: ``BILL_ARCHIVE`` (no whole zip), ``BILL_MEMBERS`` or ``BILL_ENCODING``."""
    if len(content) > bytes_max:
        raise refused(
            "BILL_ARCHIVE", "账单压缩包过大", Problem(0, "archive", f"{len(content)} bytes", f"<= {bytes_max}")
        )
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = _members(archive)
            packed_max = bytes_max * _TIMES_PACKED_MAX
            texts = {kind: _text(archive, info, packed_max) for kind, (info, _) in members.items()}
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError) as error:
        found = type(error).__name__
        raise refused("BILL_ARCHIVE", "账单压缩包已损坏", Problem(0, "archive", found, "a whole zip archive")) from None
    return Archive(members[DETAIL][1], texts[DETAIL], texts[SUMMARY])


def _members(archive: zipfile.ZipFile) -> dict[str, tuple[zipfile.ZipInfo, str]]:
    found: dict[str, tuple[zipfile.ZipInfo, str]] = {}
    infos = archive.infolist()
    wrong = Problem(0, "members", f"{len(infos)} members", f"one {DETAIL} and one {DETAIL}({SUMMARY}), .csv")
    if len(infos) > _MEMBERS_MAX:
        raise refused("BILL_MEMBERS", "账单压缩包内容不符", wrong)
    for info in infos:
        name = member_name(info)
        if DETAIL in name and name.endswith(".csv"):
            kind = SUMMARY if SUMMARY in name else DETAIL
            if kind in found:
                raise refused("BILL_MEMBERS", "账单压缩包内容不符", wrong)
            found[kind] = (info, name)
    if len(found) != 2:
        raise refused("BILL_MEMBERS", "账单压缩包内容不符", wrong)
    return found


def member_name(info: zipfile.ZipInfo) -> str:
    """A member's name: GBK where the flag does not say UTF-8. zipfile reads such names as code page 437."""
    if info.flag_bits & _UTF8_FLAG:
        return info.filename
    try:
        return info.filename.encode("cp437").decode(ENCODING)
    except UnicodeError:
        return info.filename


def _text(archive: zipfile.ZipFile, info: zipfile.ZipInfo, bytes_max: int) -> str:
    if info.flag_bits & _ENCRYPTED_FLAG:
        raise refused("BILL_ARCHIVE", "账单压缩包已加密", Problem(0, "archive", "encrypted", "no password"))
    with archive.open(info) as member:
        # One byte more than may be: a header that lies about the size does not help.
        content = member.read(bytes_max + 1)
    if len(content) > bytes_max:
        raise refused("BILL_ARCHIVE", "账单过大", Problem(0, "archive", "too large", f"<= {bytes_max} bytes unpacked"))
    try:
        return content.decode(ENCODING)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise refused(
            "BILL_ENCODING", "账单不是GBK编码", Problem(line, "encoding", f"byte {error.start}", "GBK")
        ) from None


def refused(code: str, message: str, *problems: Problem) -> FileRefused:
    """The bill is wrong as a whole."""
    return FileRefused(code, message, problems=problems)
