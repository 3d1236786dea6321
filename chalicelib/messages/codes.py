"""One-time codes: a lane of their own, queue and function, that no campaign can hold up.

Whoever made a code stored it and hands it over with ``code_lane(...)``; ``code_tasks`` takes it from the queue and
texts it at most once. Without a text the bidder simply asks again. Phone and code lie sealed in the queue.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from enum import StrEnum

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import PutError
from pynamodb.models import Model

from chalicelib.kernel.clock import Clock
from chalicelib.kernel.errors import InvalidInput, NotAllowed, Pending, TooMany
from chalicelib.kernel.ids import canonical
from chalicelib.kernel.log import logger
from chalicelib.kernel.privacy import Vault
from chalicelib.kernel.queues import Queue
from chalicelib.kernel.tables import HubMeta, table_name
from chalicelib.messages.rules import UNREACHABLE
from integrations.ports import Sms, SmsCarrier

TEMPLATE = "code"
# A code is good for five minutes; a text that comes later than this only misleads.
USELESS_AFTER_MS = 4 * 60_000
_KEPT_S = 7 * 86_400
_CONDITION_FAILED = "ConditionalCheckFailedException"


class CodeState(StrEnum):
    """Where a code's text stands; ``free``: the carrier said that it took nothing, so it may be tried again."""

    CLAIMED = "claimed"
    FREE = "free"


class CodeTextRecord(Model):
    """That a code's text was begun. No phone and no code stand here."""

    class Meta(HubMeta):
        """The messages' table."""

        table_name = table_name("MESSAGES_TABLE")

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True, default="text")
    state = UnicodeAttribute()
    expires_at_s = NumberAttribute()


def code_lane(queue: Callable[[], Queue], vault: Callable[[], Vault], clock: Clock) -> Callable[[str, str, str], None]:
    """What hands a code over: ``(out_id, phone, code)``, one message to the queue and no word to the carrier.

    Without a phone (``""``) the message goes to nobody: a caller who must not show by his time whether there is a text
    to send hands one over in either case. Errors are the queue's own.
    """

    def enqueue_code(out_id: str, phone: str, sms_code: str) -> None:
        owner, keep = _owner(out_id), vault()
        body = {
            "out_id": out_id,
            "phone": keep.seal(phone, owner),
            "code": keep.seal(sms_code, owner),
            "at_ms": clock.now_ms(),
        }
        queue().send(canonical(body).decode())

    return enqueue_code


def text_code(body: str, carriers: Iterable[SmsCarrier], vault: Vault, clock: Clock) -> str:
    """Text one code from the queue, at most once, and say what became of it in a word for the log.

    Raises ``TooMany``, ``NotAllowed`` or ``Pending`` where surely no carrier has it and it should be tried again.
    """
    entry = json.loads(body)
    out_id, owner = entry["out_id"], _owner(entry["out_id"])
    phone = vault.open(entry["phone"], owner)
    if not phone:
        return "nobody"
    if clock.now_ms() - entry["at_ms"] > USELESS_AFTER_MS:
        return "too late"
    if not _claim(out_id, clock.now_ms()):
        return "repeated"
    return _send(Sms(out_id, phone, TEMPLATE, {"code": vault.open(entry["code"], owner)}), carriers)


def _send(sms: Sms, carriers: Iterable[SmsCarrier]) -> str:
    """Only a carrier's express "not taken", or no way to it, leads to the next one; an unknown outcome ends it."""
    refused: NotAllowed | TooMany | Pending | None = None
    for carrier in carriers:
        try:
            carrier.send(sms)
        except (NotAllowed, TooMany) as error:
            logger.warning("code not taken", extra={"out_id": sms.out_id, "code": error.code})
            refused = refused or error
            continue
        except InvalidInput as error:
            logger.warning("code refused", extra={"out_id": sms.out_id, "code": error.code})
            return "refused"
        except Pending as error:
            if error.code != UNREACHABLE:
                return "unknown"
            refused = refused or error
            continue
        return "sent"
    CodeTextRecord(_owner(sms.out_id), "text").update([CodeTextRecord.state.set(CodeState.FREE.value)])
    raise refused or NotAllowed("SMS_NO_CARRIER", "没有可用的短信平台")


def _claim(out_id: str, now_ms: int) -> bool:
    record = CodeTextRecord(
        _owner(out_id), "text", state=CodeState.CLAIMED.value, expires_at_s=now_ms // 1_000 + _KEPT_S
    )
    try:
        record.save(CodeTextRecord.pk.does_not_exist() | (CodeTextRecord.state == CodeState.FREE.value))
    except PutError as error:
        if error.cause_response_code == _CONDITION_FAILED:
            return False
        raise
    return True


def _owner(out_id: str) -> str:
    return f"sms-code#{out_id}"
