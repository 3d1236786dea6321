"""The carrier over HTTP. Nothing here sends twice: a request without an answer is ``Pending``, to be asked about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from chalicelib.kernel.clock import Clock
from chalicelib.kernel.ids import Entropy
from integrations.aliyun_sms.codec import (
    BATCH_MAX,
    PAGE_SIZE,
    batch_params,
    details_params,
    read_details,
    read_reports,
    read_send,
    send_params,
    signed,
)
from integrations.aliyun_sms.profile import Profile, profile
from integrations.ports import Sms, SmsPreview, SmsReceipt, SmsReport
from integrations.sms_line import CarrierLine

_NONCE_BYTES = 16
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class AliyunSms:
    """Dysms at ``url``; ``secret`` is the AccessKeySecret of the profile's AccessKeyId."""

    def __init__(
        self, url: str, secret: str, clock: Clock, entropy: Entropy, carrier_profile: Profile | None = None
    ) -> None:
        self._secret = secret
        self._clock = clock
        self._entropy = entropy
        self._profile = carrier_profile or profile()
        self._http = CarrierLine(url, self._profile)

    @property
    def name(self) -> str:
        """What operators and records call it."""
        return "aliyun"

    @property
    def batch_max(self) -> int:
        """How many messages one request takes."""
        return BATCH_MAX

    @property
    def reports_by_its_id(self) -> bool:
        """No: its pushes bear our number."""
        return False

    @property
    def report_answer(self) -> Mapping[str, Any]:
        """What ends its repeating a push."""
        return {"code": 0, "msg": "成功"}

    def preview(self, template: str, params: Mapping[str, str]) -> SmsPreview:
        """A message as it will look. Raises ``InvalidInput`` where template, variables or length do not fit."""
        return self._profile.preview(template, params)

    def send(self, sms: Sms) -> str:
        """Send one message and return the carrier's own id.

        Raises ``TooMany`` (its limits: wait), ``InvalidInput`` (it will never go), ``NotAllowed`` (our account there is
        shut or set up wrong: nothing goes until a person looks) or ``Pending`` (not known).
        """
        return read_send(self._post(send_params(sms, self._profile)), self._profile)

    def send_batch(self, out_id: str, messages: Sequence[Sms]) -> str:
        """Send messages of one template under one number, to one phone each; raises as ``send``."""
        return read_send(self._post(batch_params(out_id, messages, self._profile)), self._profile)

    def read_reports(self, body: bytes) -> Sequence[SmsReport]:
        """What it pushed. Raises ``InvalidInput`` (``SMS_REPORT_INVALID``) for what is no push of its."""
        return read_reports(body, self._profile)

    def ask(self, out_id: str, phone: str, day: date) -> SmsReceipt | None:
        """What became of a message sent on ``day``; ``None`` where the carrier never took it.

        ``Pending`` where the carrier does not answer, ``NotAllowed`` where it does not serve our account.
        """
        page = 1
        while True:
            found = read_details(self._post(details_params(phone, day, page)), out_id, self._profile)
            if found.receipt is not None or page * PAGE_SIZE >= found.total:
                return found.receipt
            page += 1

    def _post(self, params: Mapping[str, str]) -> bytes:
        nonce = self._entropy.token(_NONCE_BYTES).hex()
        body = signed(params, self._profile, self._secret, nonce=nonce, now_ms=self._clock.now_ms())
        return self._http.post(body, _FORM)
