"""A POST under an ``Idempotency-Key``: the same key and content again get the same answer, and are done once.

The key is the caller's own, for a day. Doors that answer tokens or take a counterparty's message know no key: a token
is not kept, and a counterparty's message bears its own number. What is kept of an answer is masked as the answer is.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable

from chalice.app import Request, Response
from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import PutError
from pynamodb.models import Model

from chalicelib.kernel.errors import Conflict, HubError, InvalidInput, Pending, Problem
from chalicelib.kernel.ids import canonical, id_from
from chalicelib.kernel.tables import HubMeta, table_name
from chalicelib.kernel.tokens import bearer, verify
from chalicelib.wiring import hub

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
KEPT_S = 24 * 3_600
# Longer than the function lives: whoever began before that will not come back to finish.
BUSY_MS = 60_000
BODY_CHARACTERS_MAX = 300_000
_AUDIENCES = ("operator", "account")
_KEY = re.compile(r"[\x21-\x7e]{1,128}")
# It answers what the wallet needs to be paid, and is the same while it is open without any key.
_OWN_WAY = frozenset({"/deposits/payments"})


class RepeatRecord(Model):
    """A request under a key: what it was, and its answer once there is one (``status`` 0 until then)."""

    class Meta(HubMeta):
        """The applicants' table, which deletes short-lived items by itself."""

        table_name = table_name("APPLICANTS_TABLE")

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True, default="answer")
    content = UnicodeAttribute()
    begun_at_ms = NumberAttribute()
    status = NumberAttribute(default=0)
    body = UnicodeAttribute(default="")
    content_type = UnicodeAttribute(default="")
    expires_at_s = NumberAttribute()


def once(request: Request, answer: Callable[[], Response]) -> Response:
    """The answer to a request, or the one that it was given before under the same key.

    Raises ``InvalidInput`` (``IDEMPOTENCY_KEY_INVALID``), ``Conflict`` (``IDEMPOTENCY_KEY_REUSED``: other content) or
    ``Pending`` (``IDEMPOTENCY_KEY_BUSY``: the first request has no answer yet).
    """
    key = request.headers.get(HEADER)
    if key is None or request.method != "POST" or request.path in _OWN_WAY:
        return answer()
    who = _who(request)
    if not who:
        return answer()  # which refuses it, or knows no key
    if _KEY.fullmatch(key) is None:
        problem = Problem(0, HEADER, "", "1 to 128 visible ASCII characters, such as a UUID")
        raise InvalidInput("IDEMPOTENCY_KEY_INVALID", "Idempotency-Key 格式不正确", problems=(problem,))
    now_ms = hub().clock.now_ms()
    claim = RepeatRecord(
        f"idempotency#{id_from(who, key)}",
        content=_content(request),
        begun_at_ms=now_ms,
        expires_at_s=now_ms // 1_000 + KEPT_S,
    )
    standing = _claim(claim)
    if standing is not None:
        return _before(standing, claim.content)
    made = answer()
    _keep(claim, made)
    return made


def _who(request: Request) -> str:
    keys, now_ms = hub().keys.session_keys(), hub().clock.now_ms()
    for audience in _AUDIENCES:
        try:
            session = verify(bearer(request.headers), audience, keys, now_ms)
        except HubError:
            continue
        return f"{audience}#{session.period}#{session.subject}"
    return ""


def _content(request: Request) -> str:
    """A digest of everything that makes it the same request."""
    what = [request.method, request.path, dict(request.uri_params or {}), dict(request.query_params or {})]
    raw = request.raw_body
    return hashlib.sha256(canonical(what) + (raw.encode() if isinstance(raw, str) else raw)).hexdigest()


def _claim(claim: RepeatRecord) -> RepeatRecord | None:
    """``None`` once the request is ours to answer, else what stands under the key."""
    gone = RepeatRecord.expires_at_s <= claim.begun_at_ms // 1_000
    left = (RepeatRecord.content == claim.content) & (RepeatRecord.status == 0)
    left &= RepeatRecord.begun_at_ms <= claim.begun_at_ms - BUSY_MS
    try:
        claim.save(condition=RepeatRecord.pk.does_not_exist() | gone | left)
    except PutError as error:
        if error.cause_response_code != "ConditionalCheckFailedException":
            raise
        return RepeatRecord.get(claim.pk, claim.sk, consistent_read=True)
    return None


def _before(standing: RepeatRecord, content: str) -> Response:
    if standing.content != content:
        raise Conflict("IDEMPOTENCY_KEY_REUSED", "该 Idempotency-Key 已用于内容不同的请求")
    if not standing.status:
        raise Pending("IDEMPOTENCY_KEY_BUSY", "同一请求正在处理,请稍后用同一 Idempotency-Key 查询结果")
    headers: dict[str, str | list[str]] = {"Content-Type": standing.content_type, REPLAYED: "true"}
    return Response(standing.body, headers, int(standing.status))


def _keep(claim: RepeatRecord, made: Response) -> None:
    text = made.body if isinstance(made.body, str) else canonical(made.body).decode()
    if made.status_code in (401, 429) or made.status_code >= 500 or len(text) > BODY_CHARACTERS_MAX:
        # Nothing was decided: it may be asked again at once, and what it does is itself done once.
        claim.update([RepeatRecord.begun_at_ms.set(0)])
        return
    kind = str(made.headers.get("Content-Type", "application/json"))
    claim.update(
        [RepeatRecord.status.set(made.status_code), RepeatRecord.body.set(text), RepeatRecord.content_type.set(kind)]
    )
