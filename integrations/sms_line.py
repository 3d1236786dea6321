"""The way to a carrier of texts, over HTTP. Nothing goes twice: a request without an answer is ``Pending``."""

from __future__ import annotations

from collections.abc import Mapping

import requests
from urllib3.exceptions import MaxRetryError, NewConnectionError

from chalicelib.kernel.errors import Pending
from integrations.sms_profile import CarrierProfile


class CarrierLine:
    """Connections to ``url``, kept alive, of which several threads take one each."""

    def __init__(self, url: str, profile: CarrierProfile) -> None:
        self._url = url
        self._timeouts = (profile.connect_timeout_s, profile.read_timeout_s)
        # Its adapter does not retry: a request that may have arrived is never repeated.
        self._session = requests.Session()
        # What the environment says of proxies and certificates is the same for each request: looked up once.
        settled = self._session.merge_environment_settings(url, {}, None, None, None)
        self._session.proxies, self._session.verify = settled["proxies"], settled["verify"]
        self._session.trust_env = False

    def post(self, body: bytes, headers: Mapping[str, str]) -> bytes:
        """The answer's body, whatever its HTTP status: refusals come as 4xx with a code in the body.

        Raises ``Pending``: ``SMS_UNREACHABLE`` where no connection came about and so nothing left, ``SMS_NO_ANSWER``
        where the request may have arrived.
        """
        try:
            return self._session.post(
                self._url, data=body, headers=dict(headers), timeout=self._timeouts, allow_redirects=False
            ).content
        except requests.RequestException as error:
            if _never_connected(error):
                raise Pending("SMS_UNREACHABLE", "无法连接短信平台") from error
            raise Pending("SMS_NO_ANSWER", "短信平台没有应答") from error


def _never_connected(error: requests.RequestException) -> bool:
    if isinstance(error, requests.ConnectTimeout):
        return True
    cause = error.args[0] if error.args else None
    return isinstance(cause, MaxRetryError) and isinstance(cause.reason, NewConnectionError)
