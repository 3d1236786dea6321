"""The counterparties in this process: the project's own simulators, reached by the hub's own clients over a line that
loses, repeats and delays.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import Message
from functools import cache
from typing import Any, Self
from urllib.parse import urlsplit

import requests
from cryptography.hazmat.primitives.asymmetric import rsa

from chalicelib.kernel.clock import from_ms
from integrations.alipay.simulator import AlipaySimulator
from integrations.aliyun_sms.simulator import SmsSimulator
from integrations.bank_of_hangzhou.simulator import HangzhouSimulator
from integrations.minsheng.simulator import MinshengSimulator
from integrations.simulated import HttpSimulator, Request
from integrations.treasury_nontax.simulator import TreasurySimulator
from local.counterparties import (
    ACCOUNT_NO,
    ALIPAY_APP_ID,
    ALIPAY_SELLER_ID,
    FLOAT_FEN,
    MINSHENG_ACCOUNT_NO,
    MINSHENG_LOGIN,
)
from local.simulation.clockwork import Clockwork
from local.simulation.faults import Faults
from local.simulation.functions import Functions
from local.stage import private_pem, public_pem

SHARED = "a secret of the simulation"
HUB = "http://hub.simulated"
LINE_MS = 15
SLOW_MS = 60_000
TIME_OUT_MS = 20_000
# A control of a counterparty, which nothing goes wrong with: its own hand.
_CONTROL = "/_"


@cache
def alipay_keys() -> dict[str, str]:
    """A pair of keys for each side, made once a process: no bytes that the hub keeps hang on them."""
    hub, alipay = (rsa.generate_private_key(public_exponent=65_537, key_size=2_048) for _ in range(2))
    return {
        "hub": private_pem(hub),
        "hub_public": public_pem(hub),
        "alipay": private_pem(alipay),
        "alipay_public": public_pem(alipay),
    }


def secrets() -> dict[str, str]:
    """What stands in Secrets Manager, by the variable that names it."""
    keys = alipay_keys()
    own = ("SESSION", "PRIVACY", "RECEIPT", "EVIDENCE", "SMS", "HANGZHOU", "TREASURY", "OIDC", "STRIPE")
    return {
        **{f"{name}_SECRET": f"{SHARED} of {name}" for name in own},
        "MINSHENG_SECRET": ":".join(MINSHENG_LOGIN),
        "ALIPAY_SECRET": json.dumps({"private_key": keys["hub"], "alipay_key": keys["alipay_public"]}),
    }


@dataclass
class Parties:
    """Banks, wallet, carrier and treasury, by the name that the hub's settings have for their host."""

    clockwork: Clockwork
    faults: Faults
    functions: Functions
    drop: Callable[[str, bytes], None]
    # The API, for a counterparty that tells the hub of something: method, path, headers, body -> status, body.
    api: Callable[[str, str, dict[str, str], bytes], tuple[int, bytes]]
    bank: HangzhouSimulator = field(init=False)
    minsheng: MinshengSimulator = field(init=False)
    alipay: AlipaySimulator = field(init=False)
    carrier: SmsSimulator = field(init=False)
    treasury: TreasurySimulator = field(init=False)

    def __post_init__(self) -> None:
        """Open their books."""
        work, keys, known = self.clockwork, alipay_keys(), secrets()

        def now_ms() -> int:
            return work.now_ms

        self.bank = HangzhouSimulator(
            known["HANGZHOU_SECRET"],
            ACCOUNT_NO,
            self.drop,
            fail_first=0,
            balance_fen=FLOAT_FEN,
            now_ms=now_ms,
            hub_url=f"{HUB}/banks/hangzhou/notifications",
        )
        self.minsheng = MinshengSimulator(
            MINSHENG_LOGIN,
            MINSHENG_ACCOUNT_NO,
            balance_fen=FLOAT_FEN,
            compressed=True,
            secret=MINSHENG_LOGIN[-1],
            now_ms=now_ms,
            hub_url=f"{HUB}/banks/minsheng/notifications",
        )
        self.alipay = AlipaySimulator(
            keys["alipay"],
            keys["hub_public"],
            app_id=ALIPAY_APP_ID,
            seller_id=ALIPAY_SELLER_ID,
            hub_url=f"{HUB}/alipay/notifications",
            balance_fen=FLOAT_FEN,
            compressed=True,
            now=lambda: from_ms(work.now_ms),
        )
        self.carrier = SmsSimulator(known["SMS_SECRET"], now_s=lambda: work.now_ms / 1_000)
        self.treasury = TreasurySimulator(known["TREASURY_SECRET"], HUB)
        # Nobody comes over the network.
        for each in (self.bank, self.minsheng, self.alipay, self.carrier, self.treasury):
            each._server.server_close()
        self.treasury._tcp.server_close()

    def _host(self, name: str) -> HttpSimulator:
        by_port = {str(each.port): each for each in (self.alipay,)}
        hosts = {"bank": self.bank, "minsheng": self.minsheng, "alipay": self.alipay, "carrier": self.carrier}
        return hosts.get(name) or by_port[name]

    def send(self, asked: requests.PreparedRequest) -> requests.Response:
        """What ``requests`` sends, the answer as it gives it. Raises its exceptions."""
        url = urlsplit(asked.url or "")
        body = asked.body.encode() if isinstance(asked.body, str) else bytes(asked.body or b"")
        headers = {str(name): str(value) for name, value in asked.headers.items()}
        if url.netloc == "hub.simulated":
            return _response(*self.api(str(asked.method), url.path, headers, body))
        name = url.netloc.partition(".")[0] if url.netloc.endswith(".simulated") else "alipay"
        request = Request(str(asked.method), url.path, url.query, _message(headers), body)
        reply = self._over_the_line(lambda: self._host(name).serve(request))
        if reply is None:
            raise requests.ConnectionError("the connection ended")
        return _response(reply.status, reply.body)

    def exchange(self, frame: bytes) -> bytes:
        """A frame for the treasury, and the one that answers it; empty where none comes. Raises ``OSError``."""
        try:
            return self._over_the_line(lambda: self.treasury.take(frame)) or b""
        except requests.RequestException as error:
            raise TimeoutError(str(error)) from None

    def _over_the_line(self, serve: Callable[[], Any]) -> Any:
        work, faults = self.clockwork, self.faults
        self.functions.breathe()
        work.pause(LINE_MS)
        if faults.strikes("party_unsent", work.now_ms):
            work.pause(TIME_OUT_MS / 5)
            raise requests.ConnectTimeout("no connection")
        answer = serve()
        if faults.strikes("party_twice", work.now_ms):
            work.pause(LINE_MS)
            answer = serve()
        if faults.strikes("party_unheard", work.now_ms):
            work.pause(TIME_OUT_MS)
            raise requests.ReadTimeout("no answer")
        if faults.strikes("party_slow", work.now_ms):
            work.pause(SLOW_MS)
        self.functions.breathe()
        return answer


def _message(headers: dict[str, str]) -> Message:
    made = Message()
    for name, value in headers.items():
        made[name] = value
    return made


def _response(status: int, body: bytes) -> requests.Response:
    made = requests.Response()
    made.status_code = status
    made.raw = io.BytesIO(body)
    made._content = body
    made.encoding = "utf-8"
    return made


class Line:
    """A socket to the treasury, as far as its client uses one."""

    def __init__(self, exchange: Callable[[bytes], bytes]) -> None:
        self._exchange = exchange
        self._answer = b""

    def __enter__(self) -> Self:  # noqa: D105
        return self

    def __exit__(self, *_: object) -> None:  # noqa: D105
        return None

    def settimeout(self, seconds: float) -> None:
        """The line has a time-out of its own."""

    def sendall(self, frame: bytes) -> None:
        """Send a frame, and have its answer come."""
        self._answer = self._exchange(frame)

    def recv(self, size: int) -> bytes:
        """The next bytes of the answer; none where the line is closed."""
        part, self._answer = self._answer[:size], self._answer[size:]
        return part
