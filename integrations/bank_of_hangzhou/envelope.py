"""What all the bank's files share: digest and sidecar, encoding, a header line and delimited rows. Pure."""

from __future__ import annotations

import hmac
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any

from cryptography.hazmat.primitives.hashes import SM3, Hash

from chalicelib.kernel.errors import FileRefused, InvalidInput, Problem
from integrations.bank_of_hangzhou.fields import SKIPPED, Field
from integrations.bank_of_hangzhou.profile import Profile

_SIDECAR = re.compile(rb"([0-9a-fA-F]{64})(?:[ \t]+[^\r\n]*)?[\r\n]*")
FOUND_CHARS_MAX = 40
_BLOCK_BYTES = 1 << 18


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


def check_digest(source: IO[bytes], sidecar: bytes, profile: Profile) -> None:
    """Hold a file, from its start, to its sidecar. Raises ``FileRefused``."""
    told = _SIDECAR.fullmatch(sidecar)
    if told is None:
        raise refused("SIDECAR_UNREADABLE", "摘要文件格式不正确")
    digest, size = Hash(SM3()), 0
    source.seek(0)
    while block := source.read(_BLOCK_BYTES):
        size += len(block)
        if size > profile.bytes_max:
            raise refused("FILE_TOO_LARGE", f"文件超过 {profile.bytes_max} 字节")
        digest.update(block)
    if not hmac.compare_digest(told[1].decode().lower(), digest.finalize().hex()):
        raise refused("DIGEST_DIFFERS", "文件内容与 SM3 摘要不一致")


def wrong_encoding(line: int, byte: int, profile: Profile) -> FileRefused:
    """The error for bytes that are no text."""
    problem = Problem(line, "(encoding)", f"byte {byte}", f"text in {profile.encoding}")
    return refused("ENCODING_WRONG", "文件编码不正确", [problem])


def open_envelope(content: bytes, sidecar: bytes, profile: Profile) -> list[str]:
    """Check the digest and decode: the file's lines without their ends (LF or CRLF). Raises ``FileRefused``."""
    check_digest(io.BytesIO(content), sidecar, profile)
    try:
        text = content.decode(profile.encoding)
    except UnicodeDecodeError as error:
        raise wrong_encoding(content[: error.start].count(b"\n") + 1, error.start, profile) from None
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


def read_header(text: str, layout: Sequence[Field], profile: Profile) -> Mapping[str, Any]:
    """The header's values. Raises ``FileRefused`` where one is wrong."""
    header = read_row(1, text, layout, profile)
    if header.problems:
        raise refused("HEADER_WRONG", "文件头不正确", header.problems)
    return header.values


def check_count(header: Mapping[str, Any], rows: int) -> None:
    """Hold the header's count to the file's rows. Raises ``FileRefused``."""
    if header["count"] != rows:
        problem = Problem(1, "count", str(header["count"]), f"{rows}, the number of rows that follow")
        raise refused("COUNT_DIFFERS", "文件头笔数与明细不一致", [problem])


def need_control_fields(rows: Iterable[Row], names: tuple[str, ...]) -> None:
    """Without these fields of every row no total can be checked. Raises ``FileRefused``."""
    problems = [problem for row in rows if not all(name in row.values for name in names) for problem in row.problems]
    if problems:
        raise refused("ROWS_UNREADABLE", "明细无法核对合计", problems)


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
