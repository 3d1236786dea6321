"""The carrier over HTTP. Nothing here sends twice: a request without an answer is ``Pending``, to be asked about."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlsplit

from chalicelib.kernel.clock import SHANGHAI, Clock, from_ms
from chalicelib.kernel.errors import Pending
from integrations.ports import Sms, SmsPreview, SmsReceipt, SmsReport
from integrations.sms_line import CarrierLine
from integrations.tencent_sms.codec import (
    BATCH_MAX,
    headers,
    read_receipts,
    read_reports,
    read_send,
    receipts_params,
    send_params,
)
from integrations.tencent_sms.profile import Profile, profile

# How far back it tells receipts.
_KEPT_DAYS = 7


class TencentSms:
    """Tencent Cloud SMS at ``url``; ``secret`` is the SecretKey of the profile's SecretId."""

    def __init__(self, url: str, secret: str, clock: Clock, carrier_profile: Profile | None = None) -> None:
        self._host = urlsplit(url).netloc
        self._secret = secret
        self._clock = clock
        self._profile = carrier_profile or profile()
        self._http = CarrierLine(url, self._profile)

    @property
    def name(self) -> str:
        """What operators and records call it."""
        return "tencent"

    @property
    def batch_max(self) -> int:
        """How many messages one request takes."""
        return BATCH_MAX

    @property
    def reports_by_its_id(self) -> bool:
        """Yes: its pushes bear the SerialNo, not our number."""
        return True

    @property
    def report_answer(self) -> Mapping[str, Any]:
        """What ends its repeating a push."""
        return {"result": 0, "errmsg": "OK"}

    def preview(self, template: str, params: Mapping[str, str]) -> SmsPreview:
        """A message as it will look. Raises ``InvalidInput`` where template, variables or length do not fit."""
        return self._profile.preview(template, params)

    def send(self, sms: Sms) -> str:
        """Send one message and return the carrier's own id; raises what the port says."""
        return read_send(self._post("SendSms", send_params(sms, self._profile)), self._profile)

    def send_batch(self, out_id: str, messages: Sequence[Sms]) -> str:
        """Send the one message that a request takes; raises as ``send``."""
        (sms,) = messages
        if sms.out_id != out_id:
            raise ValueError(f"a message of {sms.out_id} under {out_id}")
        return self.send(sms)

    def read_reports(self, body: bytes) -> Sequence[SmsReport]:
        """What it pushed. Raises ``InvalidInput`` (``SMS_REPORT_INVALID``) for what is no push of its."""
        return read_reports(body, self._profile)

    def ask(self, out_id: str, phone: str, day: date) -> SmsReceipt | None:
        """What became of a message sent on ``day``; ``None`` where the carrier never took it.

        It tells of receipts only, not of what it took: so "none" is a word only when none can come in any more, and the
        day is not further back than it tells. ``Pending`` until then, and where it does not answer.
        """
        now = from_ms(self._clock.now_ms())
        began = datetime.combine(day, time(), SHANGHAI)
        oldest = now - timedelta(days=_KEPT_DAYS)
        begin_s = int(max(began, oldest + timedelta(minutes=1)).timestamp())
        asked = receipts_params(phone, begin_s, self._profile)
        found = read_receipts(self._post("PullSmsSendStatusByPhoneNumber", asked), out_id, self._profile)
        last = began + timedelta(days=1, hours=self._profile.receipt_within_hours)
        if found is None and (now < last or began < oldest):
            raise Pending("SMS_NO_REPORT", "短信平台尚无回执")
        return found

    def _post(self, action: str, params: Mapping[str, Any]) -> bytes:
        body = json.dumps(params, ensure_ascii=False, separators=(",", ":")).encode()
        now_ms = self._clock.now_ms()
        signed = headers(action, self._host, body, self._profile, self._secret, now_ms=now_ms)
        return self._http.post(body, signed)
