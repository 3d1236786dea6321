"""The API's doors in this process: a request in, a status and a body out, as a client on the internet has them."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from local.simulation.clockwork import Clockwork, Killed
from local.simulation.faults import Faults
from local.simulation.functions import API, Functions
from local.world.web import Answer

TIME_OUT_MS = 29_000
WAY_MS = 20


@cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    from app import app

    return tuple(
        (route, re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", route) + r"\Z")) for route in sorted(app.routes)
    )


@dataclass
class Api:
    """API Gateway in front of the API's function and the bid function."""

    clockwork: Clockwork
    faults: Faults
    functions: Functions
    doors: set[str] = field(default_factory=set)

    def ask(self, method: str, path: str, body: Any = None, token: str = "", *, attempts: int = 1) -> Answer:
        """A client's request in JSON; where nothing comes back, status 0, and asked again so often in all."""
        headers = {"content-type": "application/json"}
        if token:
            headers["authorization"] = f"Bearer {token}"
        answer = Answer(0, {"code": "NO_ANSWER"})
        for attempt in range(attempts):
            self.clockwork.pause(1_000 * 2**attempt if attempt else WAY_MS)
            answer = self._once(method, path, json.dumps(body).encode() if body is not None else b"", headers)
            if answer.status not in (0, 429, 500, 502, 503, 504):
                break
        return answer

    def _once(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        work, faults = self.clockwork, self.faults
        if faults.strikes("door_unsent", work.now_ms):
            work.pause(3_000)
            return Answer(0, {"code": "NO_ANSWER"})
        status, told = self.serve(method, path, headers, body)
        if faults.strikes("door_unheard", work.now_ms):
            work.pause(TIME_OUT_MS)
            return Answer(0, {"code": "NO_ANSWER"})
        try:
            return Answer(status, json.loads(told))
        except ValueError:
            return Answer(status, told.decode())

    def serve(self, method: str, path: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        """A request as the gateway hands it on. A function that does not answer is the gateway's own 502 or 504."""
        work = self.clockwork
        path, _, query = path.partition("?")
        event: dict[str, Any] = {
            "httpMethod": method,
            "path": path,
            "headers": {name.lower(): value for name, value in headers.items()},
            "multiValueHeaders": {name.lower(): [value] for name, value in headers.items()},
            "multiValueQueryStringParameters": {
                name: [value] for name, _, value in (part.partition("=") for part in query.split("&")) if name
            }
            or None,
            "pathParameters": {},
            "stageVariables": None,
            "body": body.decode(),
            "isBase64Encoded": False,
            "requestContext": {
                "resourcePath": path,
                "httpMethod": method,
                "identity": {"sourceIp": "203.0.113.7"},
                "requestTimeEpoch": work.now_ms,
            },
        }
        name = "bid" if path == "/bids" else API
        if name == API:
            route, found = next((r, m) for r, pattern in _patterns() if (m := pattern.match(path)))
            event["requestContext"]["resourcePath"] = route
            event["pathParameters"] = found.groupdict()
            self.doors.add(f"{method} {route}")
        strand = self.functions.start(name, event)
        try:
            answer = work.join(strand)
        except Killed:
            self.functions.forget()
            work.pause_until(strand.invocation.deadline_ms)
            return 504, b'{"message": "Endpoint request timed out"}'
        except Exception:
            return 502, b'{"message": "Internal server error"}'
        return int(answer["statusCode"]), str(answer["body"]).encode()
