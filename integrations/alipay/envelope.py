"""An answer's envelope, ``{"<method>_response":{...},"sign":"..."}``, verified over the bytes that came. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from json import JSONDecodeError
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from chalicelib.kernel.errors import Pending
from chalicelib.kernel.json_text import check_text
from integrations.alipay.signature import is_signed

ERROR = "error_response"

_SPACE = " \t\r\n"
# Numbers stay the text that they are: an amount never becomes a float.
_DECODER = json.JSONDecoder(parse_float=str, parse_int=str)


@dataclass(frozen=True)
class Answer:
    """What the gateway signed. ``code`` is empty where the method's answer carries none (oauth)."""

    code: str
    sub_code: str
    reason: str
    fields: Mapping[str, Any] = field(repr=False)

    def text(self, name: str) -> str:
        """A field as text; empty where it is missing or no text."""
        value = self.fields.get(name, "")
        return value if isinstance(value, str) else ""


def read_answer(body: bytes, method: str, key: RSAPublicKey, charset: str) -> Answer:
    """Open an answer to a method.

    Raises ``Pending`` for whatever is no signed answer to it: nothing is then known of the call.
    """
    try:
        text = body.decode(charset)
        parts = _members(text)
        check_text(text, {name: value for name, (value, _) in parts.items()})
    except (ValueError, RecursionError) as error:
        raise unclear("ANSWER_UNREADABLE") from error
    name = f"{method.replace('.', '_')}_response"
    name = name if name in parts else ERROR
    if name not in parts or "sign" not in parts or not isinstance(parts["sign"][0], str):
        raise unclear("ANSWER_UNSIGNED")
    value, raw = parts[name]
    if not is_signed(raw.encode(charset), parts["sign"][0], key):
        raise unclear("ANSWER_SIGNATURE")
    if not isinstance(value, dict):
        raise unclear("ANSWER_UNREADABLE")
    texts = {label: str(value.get(label, "")) for label in ("code", "sub_code", "sub_msg", "msg")}
    return Answer(texts["code"], texts["sub_code"], texts["sub_msg"] or texts["msg"], value)


def unclear(why: str) -> Pending:
    """The outcome is unknown; it is asked about under the same number."""
    return Pending("WALLET_UNCLEAR", f"支付宝未明确答复 ({why})")


def _members(text: str) -> dict[str, tuple[Any, str]]:
    """The members of a JSON object, each with its value and with the very text that it was written as."""
    at = _after(text, 0, "{")
    members: dict[str, tuple[Any, str]] = {}
    while True:
        name, at = _DECODER.raw_decode(text, _skip(text, at))
        start = _skip(text, _after(text, at, ":"))
        value, end = _DECODER.raw_decode(text, start)
        if not isinstance(name, str) or name in members:
            raise JSONDecodeError("no name, or a name that stands twice", text, at)
        members[name] = (value, text[start:end])
        at = _skip(text, end)
        if text[at : at + 1] == "}":
            if text[at + 1 :].strip(_SPACE):
                raise JSONDecodeError("something follows the object", text, at)
            return members
        at = _after(text, at, ",")


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at] in _SPACE:
        at += 1
    return at


def _after(text: str, at: int, mark: str) -> int:
    at = _skip(text, at)
    if text[at : at + 1] != mark:
        raise JSONDecodeError(f"{mark} is missing", text, at)
    return at + 1
