"""The bid function's own door to AWS: a signed POST over a kept connection, without botocore (docs/decisions/0012).

An attempt that gets no answer is made again with the same content: every write through this door carries a condition
that makes a second arrival of it a repeat. What has no answer in the end is ``Unanswered``: ask again, assume nothing.
"""

from __future__ import annotations

import json
import os
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from chalicelib.bidding.sigv4 import Credentials, Place, amz_date, authorize
from chalicelib.bidding.wire import Address, Connection, Reply
from chalicelib.kernel.clock import Clock, SystemClock

PAUSE_SECONDS_MAX = 0.05
# Made once: ``json.dumps`` with options makes an encoder for each call.
_ENCODE = json.JSONEncoder(separators=(",", ":")).encode
_THROTTLED = ("ThrottlingException", "ProvisionedThroughputExceededException", "RequestLimitExceeded")


class Refused(Exception):
    """AWS answered no: ``code`` is the error's name, ``content`` what came with it."""

    def __init__(self, code: str, content: Mapping[str, Any]) -> None:
        super().__init__(code)
        self.code = code
        self.content = content


class Unanswered(Exception):
    """No attempt was answered by the service: whether it happened is not known."""


@dataclass(frozen=True)
class Patience:
    """How long to wait: for a connection, and for a reply at each attempt, in seconds."""

    connect_seconds: float
    reply_seconds: tuple[float, ...]

    @property
    def seconds_max(self) -> float:
        """The longest that a call can take, pauses between its attempts included."""
        attempts = len(self.reply_seconds)
        return sum(self.reply_seconds) + attempts * self.connect_seconds + (attempts - 1) * PAUSE_SECONDS_MAX


# DynamoDB answers within tens of ms. The window and the bid together end before ``rules.FUNCTION_TIMEOUT_MS`` does.
WINDOW = Patience(0.2, (0.25, 0.6))
BID = Patience(0.2, (0.25, 0.6, 1.5))
SECRET = Patience(0.5, (1.0, 2.0))
# A page of a scan is a megabyte, and whoever counts has minutes.
PAGE = Patience(1.0, (5.0, 10.0, 20.0))


@dataclass(frozen=True)
class Service:
    """A service that speaks AWS's JSON protocol."""

    name: str
    target: str
    content_type: str


DYNAMODB = Service("dynamodb", "DynamoDB_20120810", "application/x-amz-json-1.0")
SECRETS = Service("secretsmanager", "secretsmanager", "application/x-amz-json-1.1")


def region_of(environment: Mapping[str, str]) -> str:
    """The region of a function's environment. Raises ``RuntimeError`` where it names none."""
    region = environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION")
    if not region:
        raise RuntimeError("the environment does not set AWS_REGION")
    return region


def address_of(service: Service, environment: Mapping[str, str]) -> Address:
    """Where a service is: ``AWS_ENDPOINT_URL_<SERVICE>`` or ``AWS_ENDPOINT_URL``, else its address in the region."""
    url = environment.get(f"AWS_ENDPOINT_URL_{service.name.upper()}") or environment.get("AWS_ENDPOINT_URL")
    if not url:
        region = region_of(environment)
        url = f"https://{service.name}.{region}.amazonaws.com{'.cn' if region.startswith('cn-') else ''}"
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path not in ("", "/"):
        raise RuntimeError(f"the endpoint of {service.name} is not http(s)://host[:port]: {url}")
    tls = parts.scheme == "https"
    return Address(parts.hostname, parts.port or (443 if tls else 80), tls, parts.netloc.rpartition("@")[2])


def credentials_of(environment: Mapping[str, str]) -> Credentials:
    """The role's credentials as Lambda puts them into the environment. Raises ``RuntimeError`` where they are not."""
    key, secret = environment.get("AWS_ACCESS_KEY_ID"), environment.get("AWS_SECRET_ACCESS_KEY")
    if not key or not secret:
        raise RuntimeError("the environment does not set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
    return Credentials(key, secret, environment.get("AWS_SESSION_TOKEN", ""))


@dataclass
class Door:
    """A service through kept connections; threads may share it. Credentials are read anew for every request."""

    service: Service
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)
    clock: Clock = field(default_factory=SystemClock)
    _kept: list[Connection] = field(default_factory=list, repr=False)

    def __post_init__(self) -> None:
        """Find out where the service is, once."""
        self._address = address_of(self.service, self.environment)
        self._place = Place(self._address.host_header, region_of(self.environment), self.service.name)

    def call(self, operation: str, content: Mapping[str, Any], patience: Patience) -> dict[str, Any]:
        """The answer of an operation. Raises ``Refused`` or ``Unanswered``."""
        raw = self.raw(operation, content, patience)
        try:
            answer: dict[str, Any] = json.loads(raw)
        except ValueError as error:
            raise Unanswered(f"{self.service.name} {operation}: the answer is no JSON") from error
        return answer

    def raw(self, operation: str, content: Mapping[str, Any], patience: Patience) -> bytes:
        """The same, as the bytes that came."""
        body = _ENCODE(content).encode()
        why = ""
        for attempt, wait_seconds in enumerate(patience.reply_seconds):
            if attempt:
                # Many who were turned away at once do not come back at once.
                time.sleep(random.uniform(0, PAUSE_SECONDS_MAX))  # noqa: S311 (nobody gains by guessing a pause)
            try:
                reply = self._send(operation, body, patience.connect_seconds, wait_seconds)
            except OSError as error:
                why = type(error).__name__
                continue
            if reply.status == 200:
                return reply.body
            code, answer = _error(reply)
            if reply.status < 500 and code not in _THROTTLED:
                raise Refused(code, answer)
            why = code
        raise Unanswered(f"{self.service.name} {operation}: {why} at attempt {len(patience.reply_seconds)}")

    def _send(self, operation: str, body: bytes, connect_seconds: float, wait_seconds: float) -> Reply:
        head = authorize(
            body,
            target=f"{self.service.target}.{operation}",
            content_type=self.service.content_type,
            date=amz_date(self.clock.now_ms()),
            place=self._place,
            who=credentials_of(self.environment),
        )
        connection = self._connection(connect_seconds)
        try:
            reply = connection.exchange(head.encode() + body, wait_seconds)
        except BaseException:
            # Its answer may still come: nobody may take it for the answer to another request.
            connection.close()
            raise
        if connection.reusable:
            self._kept.append(connection)
        else:
            connection.close()
        return reply

    def _connection(self, connect_seconds: float) -> Connection:
        while True:
            try:
                kept = self._kept.pop()
            except IndexError:
                return Connection(self._address, connect_seconds)
            if kept.idle():
                return kept
            kept.close()


class SecretsDoor:
    """Secrets Manager, as far as ``Keyring`` asks it."""

    def __init__(self, door: Door | None = None) -> None:
        self._door = door or Door(SECRETS)

    def get_secret_value(self, SecretId: str) -> dict[str, Any]:  # noqa: N803 (as AWS spells it)
        """``{"SecretString", ...}`` of a secret."""
        return self._door.call("GetSecretValue", {"SecretId": SecretId}, SECRET)


def _error(reply: Reply) -> tuple[str, dict[str, Any]]:
    """An error's bare name and its content; a reply that is no JSON object is named by its status."""
    try:
        content = json.loads(reply.body)
        return str(content["__type"]).rpartition("#")[2].partition(":")[0], content
    except (ValueError, KeyError, TypeError):
        return f"HTTP {reply.status}", {}
