"""Tencent Cloud's request signature, TC3-HMAC-SHA256, of a JSON POST.

https://cloud.tencent.com/document/api/382/52072
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime

ALGORITHM, SERVICE = "TC3-HMAC-SHA256", "sms"
CONTENT_TYPE = "application/json"


def authorization(host: str, body: bytes, *, secret_id: str, secret_key: str, now_s: int) -> str:
    """The ``Authorization`` header of a request that leaves at ``now_s`` (the value of ``X-TC-Timestamp``)."""
    signed_headers = "content-type;host"
    headers = f"content-type:{CONTENT_TYPE}\nhost:{host}\n"
    canonical = f"POST\n/\n\n{headers}\n{signed_headers}\n{hashlib.sha256(body).hexdigest()}"
    # The date in UTC, whatever the region.
    date = datetime.fromtimestamp(now_s, UTC).strftime("%Y-%m-%d")
    scope = f"{date}/{SERVICE}/tc3_request"
    to_sign = f"{ALGORITHM}\n{now_s}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = f"TC3{secret_key}".encode()
    for part in (date, SERVICE, "tc3_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.digest(key, to_sign.encode(), "sha256").hex()
    return f"{ALGORITHM} Credential={secret_id}/{scope}, SignedHeaders={signed_headers}, Signature={signature}"
