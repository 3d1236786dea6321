"""SMS codes: six digits to the registered phone, good once, for five minutes and five tries.

Asking and trying behave the same, and take as long, whether the code is listed, the phone is the registered one, or
neither: an item is written and a message handed to the queue of codes in every case; only, some go to nobody.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from typing import Any

from pynamodb.exceptions import DoesNotExist, PutError, UpdateError
from pynamodb.expressions.condition import Condition

from chalicelib.applicants.code_records import SmsCodeRecord, code_pk
from chalicelib.applicants.code_rules import (
    CODE_DIGITS,
    CODE_LIVES_MS,
    CODE_TRIES_MAX,
    REMEMBERED_MS,
    may_send_code,
)
from chalicelib.applicants.records import ApplicantRecord, find
from chalicelib.kernel.errors import HubError, InvalidInput, TooMany
from chalicelib.kernel.ids import Entropy, id_from
from chalicelib.kernel.log import logger
from chalicelib.kernel.privacy import Vault

ACCOUNT, ACTIVATION, PASSWORD = "account", "activation", "password"
PURPOSES = (ACCOUNT, ACTIVATION, PASSWORD)

SendCode = Callable[[str, str, str], None]

_CONDITION_FAILED = "ConditionalCheckFailedException"


def request_code(
    period: str, code: str, phone: str, purpose: str, *, now_ms: int, vault: Vault, entropy: Entropy, send: SendCode
) -> None:
    """Text a fresh code to the phone, if it is the one registered for the application code and the limits allow it.

    Never says which of these was not so. ``send`` takes (our id of the message, phone or ``""`` for nobody, code); what
    it can't take is logged, and the bidder asks again a minute later.
    """
    sms_code = f"{entropy.below(10**CODE_DIGITS):0{CODE_DIGITS}d}"
    out_id = id_from("sms-code", period, code, purpose, vault.lookup("phone", phone), now_ms)
    if not _put(period, code, phone, purpose, sms_code=sms_code, out_id=out_id, now_ms=now_ms, vault=vault):
        logger.info("code withheld", extra={"period": period, "purpose": purpose})
        return
    applicant = find(period, code)
    registered = _registered(applicant, phone, vault)
    try:
        send(out_id, phone if registered else "", sms_code)
    except HubError as error:
        logger.warning("code not sent", extra={"period": period, "out_id": out_id, "code": error.code})


def use_code(
    period: str, code: str, phone: str, purpose: str, sms_code: str, *, now_ms: int, vault: Vault
) -> ApplicantRecord:
    """Use up a code and return whose it was.

    The try is counted before the codes are compared, so that tries side by side count too. Raises ``InvalidInput``
    (``SMS_CODE_WRONG``, ``SMS_CODE_EXPIRED``) or ``TooMany`` (``SMS_CODE_TRIES``).
    """
    standing = SmsCodeRecord(code_pk(period, code), _sk(purpose, phone, vault))
    live = (
        SmsCodeRecord.pk.exists()
        & (SmsCodeRecord.used == False)  # noqa: E712 (a DynamoDB condition)
        & (SmsCodeRecord.tries < CODE_TRIES_MAX)
        & (SmsCodeRecord.issued_at_ms > now_ms - CODE_LIVES_MS)
    )
    if not _changed(standing, [SmsCodeRecord.tries.add(1)], live):
        raise _why_not(standing, now_ms)
    fits = hmac.compare_digest(standing.code_hash, _hash(period, code, purpose, sms_code, vault))
    applicant = find(period, code)
    registered = _registered(applicant, phone, vault)
    if applicant is None or not (fits and registered):
        raise _wrong()
    unused = (SmsCodeRecord.used == False) & (SmsCodeRecord.code_hash == standing.code_hash)  # noqa: E712
    if not _changed(standing, [SmsCodeRecord.used.set(True)], unused):
        raise _wrong()
    return applicant


def _put(
    period: str, code: str, phone: str, purpose: str, *, sms_code: str, out_id: str, now_ms: int, vault: Vault
) -> bool:
    """Write the code down before it is sent; ``False`` where the limits or another request at once forbid it."""
    pk, sk = code_pk(period, code), _sk(purpose, phone, vault)
    try:
        earlier = SmsCodeRecord.get(pk, sk, consistent_read=True)
    except DoesNotExist:
        sent_at_ms: list[int] = []
        unmoved: Condition = SmsCodeRecord.pk.does_not_exist()
    else:
        times = [int(at_ms) for at_ms in (*earlier.earlier_at_ms, earlier.issued_at_ms)]
        sent_at_ms = [at_ms for at_ms in times if now_ms - at_ms < REMEMBERED_MS]
        unmoved = SmsCodeRecord.out_id == earlier.out_id
    if not may_send_code(sent_at_ms, now_ms):
        return False
    fresh = SmsCodeRecord(
        pk,
        sk,
        code_hash=_hash(period, code, purpose, sms_code, vault),
        out_id=out_id,
        issued_at_ms=now_ms,
        earlier_at_ms=sent_at_ms,
        expires_at_s=(now_ms + REMEMBERED_MS) // 1_000,
    )
    try:
        fresh.save(unmoved)
    except PutError as error:
        if error.cause_response_code == _CONDITION_FAILED:
            return False
        raise
    return True


def _changed(record: SmsCodeRecord, actions: list[Any], condition: Condition) -> bool:
    try:
        record.update(actions, condition=condition)
    except UpdateError as error:
        if error.cause_response_code == _CONDITION_FAILED:
            return False
        raise
    return True


def _why_not(keys: SmsCodeRecord, now_ms: int) -> HubError:
    try:
        standing = SmsCodeRecord.get(keys.pk, keys.sk, consistent_read=True)
    except DoesNotExist:
        return _wrong()
    if standing.issued_at_ms <= now_ms - CODE_LIVES_MS:
        return InvalidInput("SMS_CODE_EXPIRED", "验证码已过期,请重新获取")
    if not standing.used and standing.tries >= CODE_TRIES_MAX:
        return TooMany("SMS_CODE_TRIES", "验证码错误次数过多,请重新获取")
    return _wrong()


def _wrong() -> InvalidInput:
    return InvalidInput("SMS_CODE_WRONG", "验证码错误")


def _registered(applicant: ApplicantRecord | None, phone: str, vault: Vault) -> bool:
    return hmac.compare_digest(applicant.phone_lookup if applicant else "", vault.lookup("phone", phone))


def _hash(period: str, code: str, purpose: str, sms_code: str, vault: Vault) -> str:
    return vault.lookup("sms-code", f"{period}/{code}/{purpose}/{sms_code}")


def _sk(purpose: str, phone: str, vault: Vault) -> str:
    return f"{purpose}#{vault.lookup('phone', phone)}"
