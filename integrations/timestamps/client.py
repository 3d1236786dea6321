"""The authority over HTTP (RFC 3161, 3.4). No answer, or one that does not hold, is ``Pending``: it is asked again."""

from __future__ import annotations

import requests

from chalicelib.kernel.errors import Pending
from chalicelib.kernel.timestamps import REQUEST_TYPE, certificates, stamp_faults, stamp_request

_SECONDS = (3, 10)
# A token with its certificates has a few thousand bytes.
_ANSWER_BYTES_MAX = 1 << 20


class TimestampClient:
    """The authority at ``url``; ``certificate`` is what it is trusted by (PEM or DER)."""

    def __init__(self, url: str, certificate: bytes) -> None:
        self._url = url
        self._roots = certificates(certificate)

    def stamp(self, content: bytes) -> bytes:
        """The answer (DER) over the content, verified."""
        asked = stamp_request(content)
        try:
            answer = requests.post(
                self._url,
                data=asked.content,
                headers={"Content-Type": REQUEST_TYPE},
                timeout=_SECONDS,
                allow_redirects=False,
            )
            body = answer.content[:_ANSWER_BYTES_MAX]
        except requests.RequestException as error:
            raise Pending("TIMESTAMP_UNKNOWN", "时间戳机构未应答") from error
        if answer.status_code != requests.codes.ok:
            raise Pending("TIMESTAMP_UNKNOWN", f"时间戳机构应答 {answer.status_code}")
        if faults := stamp_faults(content, body, self._roots, asked.nonce):
            raise Pending("TIMESTAMP_UNKNOWN", "时间戳不成立") from ValueError("; ".join(faults))
        return body
