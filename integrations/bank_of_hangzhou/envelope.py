"""What all the bank's files share: digest and sidecar, encoding, a header line and delimited rows. Pure."""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.hashes import SM3, Hash

from chalicelib.kernel.errors import FileRefused, InvalidInput, Problem
from integrations.bank_of_hangzhou.fields import SKIPPED, Field
from integrations.bank_of_hangzhou.profile import Profile

_SIDECAR = re.compile(rb"([0-9a-fA-F]{64})(?:[ \t]+[^\r\n]*)?[\r\n]*")
FOUND_CHARS_MAX = 40


@dataclass(frozen=True)
class Row:
    """A line as read: the values of the fields that are right, and a problem for each that is not."""

    line: int
    values: Mapping[str, Any]
    problems: tuple[Problem, ...]


def sm3(content: bytes) -> str:
    """SM3 (GB/T 32905) as 64 hex digits."""
    digest = Hash(SM3())
    digest.update(content)
    return digest.finalize().hex()


def refused(code: str, message: str, problems: Sequence[Problem] = ()) -> FileRefused:
    """The error for a file of which nothing is taken."""
    return FileRefused(code, message, problems=tuple(problems))


def open_envelope(content: bytes, sidecar: bytes, profile: Profile) -> list[str]:
    """Check the digest and decode: the file's lines without their ends (LF or CRLF). Raises ``FileRefused``."""
    if len(content) > profile.bytes_max:
        raise refused("FILE_TOO_LARGE", f"文件超过 {profile.bytes_max} 字节")
    told = _SIDECAR.fullmatch(sidecar)
    if told is None:
        raise refused("SIDECAR_UNREADABLE", "摘要文件格式不正确")
    if not hmac.compare_digest(told[1].decode().lower(), sm3(content)):
        raise refused("DIGEST_DIFFERS", "文件内容与 SM3 摘要不一致")
    try:
        text = content.decode(profile.encoding)
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        problem = Problem(line, "(encoding)", f"byte {error.start}", f"text in {profile.encoding}")
        raise refused("ENCODING_WRONG", "文件编码不正确", [problem]) from None
    lines = text.split("\n")
    if lines[-1] == "":
        lines.pop()
    if not lines:
        raise refused("FILE_EMPTY", "文件为空")
    return [line.removesuffix("\r") for line in lines]


def _shown(field: Field, text: str) -> str:
    # Free text may hold a person's name or account: a problem shows its length only.
    return f"{len(text)} characters" if field.kind == "text" else text[:FOUND_CHARS_MAX]


def read_row(line: int, text: str, layout: Sequence[Field], profile: Profile) -> Row:
    """Read one line by its layout."""
    parts = text.split(profile.delimiter)
    if len(parts) != len(layout):
        remedy = f"{len(layout)} fields separated by {profile.delimiter!r}"
        return Row(line, {}, (Problem(line, "(line)", f"{len(parts)} fields", remedy),))
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for field, part in zip(layout, parts, strict=True):
        if field.name == SKIPPED:
            continue
        try:
            values[field.name] = field.read(part, profile.directions)
        except ValueError as error:
            problems.append(Problem(line, field.name, _shown(field, part), str(error)))
    return Row(line, values, tuple(problems))


def read_header(lines: Sequence[str], layout: Sequence[Field], profile: Profile) -> Mapping[str, Any]:
    """The header's values. Raises ``FileRefused`` where one is wrong, or where the row count is not the file's."""
    header = read_row(1, lines[0], layout, profile)
    if header.problems:
        raise refused("HEADER_WRONG", "文件头不正确", header.problems)
    rows = len(lines) - 1
    if header.values["count"] != rows:
        problem = Problem(1, "count", str(header.values["count"]), f"{rows}, the number of rows that follow")
        raise refused("COUNT_DIFFERS", "文件头笔数与明细不一致", [problem])
    return header.values


def read_rows(lines: Sequence[str], layout: Sequence[Field], profile: Profile) -> Iterator[Row]:
    """The rows below the header; the first is line 2."""
    for number, text in enumerate(lines[1:], start=2):
        yield read_row(number, text, layout, profile)


def check_total(header: Mapping[str, Any], name: str, found_fen: int) -> None:
    """Hold a control total of the header to what the rows add up to. Raises ``FileRefused``."""
    if header[name] != found_fen:
        problem = Problem(1, name, str(header[name]), f"{found_fen}, what the rows add up to")
        raise refused("TOTAL_DIFFERS", "文件头合计金额与明细不一致", [problem])


def write_line(line: int, values: Mapping[str, Any], layout: Sequence[Field], profile: Profile) -> str:
    """Write one line. Raises ``InvalidInput`` (``FIELD_UNWRITABLE``) for a value that the field can't hold."""
    parts = []
    for field in layout:
        text = "" if field.name == SKIPPED else _written(line, field, values[field.name], profile)
        parts.append(text)
    return profile.delimiter.join(parts)


def _written(line: int, field: Field, value: Any, profile: Profile) -> str:
    try:
        text = field.write(value)
        if profile.delimiter in text:
            raise ValueError(f"no {profile.delimiter!r}: it separates fields")
        text.encode(profile.encoding)
    except ValueError as error:
        remedy = "characters of the file's encoding" if isinstance(error, UnicodeError) else str(error)
        problem = Problem(line, field.name, _shown(field, str(value)), remedy)
        raise InvalidInput("FIELD_UNWRITABLE", "字段内容无法写入银行文件", problems=(problem,)) from None
    return text
