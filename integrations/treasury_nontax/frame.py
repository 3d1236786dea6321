"""The frame around each message: total length, application, version, message number, XML, MAC. Pure.

::

    987     CNNONTAX1.05996<?xml version="1.0" encoding="GBK"?><CFX>...</CFX>7F83B165...
    |       |       |  |   |                                              |
    8       8       3  4   XML                                            64 hex digits

The length counts every byte of the frame, its own eight among them. The MAC is SHA-256 over token and XML, compared
without regard to case.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass

from chalicelib.kernel.errors import InvalidInput, Problem
from integrations.treasury_nontax.profile import Profile

LENGTH_BYTES = 8
MESSAGE_NO_BYTES = 4
HEAD_BYTES = LENGTH_BYTES + 8 + 3 + MESSAGE_NO_BYTES
MAC_BYTES = 64

_LENGTH = re.compile(rb"([1-9]\d*) *")
_MAC = re.compile(rb"[0-9A-Fa-f]{64}")


@dataclass(frozen=True)
class Frame:
    """A message number and the XML it carries."""

    message_no: str
    xml: bytes


def refused(code: str, message: str, field: str, found: str, remedy: str) -> InvalidInput:
    """The error that names one thing wrong with a frame."""
    return InvalidInput(code, message, problems=(Problem(0, field, found, remedy),))


def mac_of(token: str, xml: bytes) -> str:
    """The MAC of a frame's XML: 64 hex digits, capitals as the treasury writes them."""
    return hashlib.sha256(token.encode() + xml).hexdigest().upper()


def write_frame(frame: Frame, token: str, profile: Profile) -> bytes:
    """The bytes of a frame. Raises ``InvalidInput`` (``FRAME_TOO_LONG``) for one above ``frame_bytes_max``."""
    length = HEAD_BYTES + len(frame.xml) + MAC_BYTES
    if length > profile.frame_bytes_max:
        raise _too_long(length, profile)
    head = f"{length:<{LENGTH_BYTES}}{profile.application}{profile.version}{frame.message_no}"
    return head.encode("ascii") + frame.xml + mac_of(token, frame.xml).encode("ascii")


def read_length(head: bytes, profile: Profile) -> int:
    """The total length that the first eight bytes announce.

    Raises ``InvalidInput``: ``FRAME_LENGTH_INVALID`` where they are no number, ``FRAME_TOO_LONG`` above the limit.
    """
    found = _LENGTH.fullmatch(head) if len(head) == LENGTH_BYTES else None
    if found is None or int(found[1]) <= HEAD_BYTES + MAC_BYTES:
        raise refused(
            "FRAME_LENGTH_INVALID",
            "报文长度域不正确",
            "length",
            ascii(head[:LENGTH_BYTES]),
            "the frame's total length in 8 characters, digits first, padded with spaces",
        )
    length = int(found[1])
    if length > profile.frame_bytes_max:
        raise _too_long(length, profile)
    return length


def read_frame(content: bytes, token: str, profile: Profile) -> Frame:
    """Check a whole frame and take it apart. Nothing inside is looked at before the MAC holds.

    Raises ``InvalidInput``: ``FRAME_LENGTH_INVALID``, ``FRAME_TOO_LONG``, ``FRAME_LENGTH_DIFFERS``,
    ``FRAME_HEAD_INVALID`` or ``MAC_INVALID``.
    """
    length = read_length(content[:LENGTH_BYTES], profile)
    if length != len(content):
        raise refused("FRAME_LENGTH_DIFFERS", "报文长度与长度域不符", "length", str(length), f"{len(content)}")
    head, xml, mac = content[LENGTH_BYTES:HEAD_BYTES], content[HEAD_BYTES:-MAC_BYTES], content[-MAC_BYTES:]
    message_no = head[-MESSAGE_NO_BYTES:]
    if head[:-MESSAGE_NO_BYTES] != f"{profile.application}{profile.version}".encode() or not message_no.isdigit():
        expected = f"{profile.application}{profile.version} and a message number of 4 digits"
        raise refused("FRAME_HEAD_INVALID", "报文头不正确", "head", ascii(head), expected)
    if _MAC.fullmatch(mac) is None or not hmac.compare_digest(mac.decode().upper(), mac_of(token, xml)):
        raise refused("MAC_INVALID", "报文校验码(MAC)不正确", "mac", "", "SHA-256 over token and XML, 64 hex digits")
    return Frame(message_no.decode(), xml)


def _too_long(length: int, profile: Profile) -> InvalidInput:
    return refused("FRAME_TOO_LONG", "报文超长", "length", str(length), f"at most {profile.frame_bytes_max} bytes")
