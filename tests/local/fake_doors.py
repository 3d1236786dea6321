"""A hub, a carrier and a treasury so small that they fit one dictionary each: enough for the actors to act on."""

from __future__ import annotations

import json
import threading
from collections import defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class FakeDoors:
    """Answers what the rooms answer, keeps what it was told, and serves all parties at one URL."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.phones: defaultdict[str, list[str]] = defaultdict(list)
        self.codes: dict[str, str] = {}
        self.bids: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
        self.approvals: list[dict[str, Any]] = []
        self.decided: dict[str, str] = {}
        self.paid: list[dict[str, Any]] = []
        self.corrected: dict[str, dict[str, Any]] = {}
        self.refusals_first: defaultdict[str, int] = defaultdict(int)
        self.calls: list[tuple[str, str, Any]] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> FakeDoors:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def serve(self, method: str, path: str, token: str, body: Any) -> tuple[int, Any]:
        with self.lock:
            self.calls.append((method, path, body))
            if self.refusals_first[path] > 0:
                self.refusals_first[path] -= 1
                return 404, {"code": "NOT_YET"}
            if path.startswith("/_phones/"):
                return 200, self.phones[path.removeprefix("/_phones/")]
            name = path.strip("/").split("/")[0].split("?")[0].replace("-", "_")
            return getattr(self, f"on_{name}")(path, token, body)

    def on_sms_codes(self, path: str, token: str, body: Any) -> tuple[int, Any]:
        code = f"{len(self.codes) + 100_000:06d}"
        self.codes[body["application_code"]] = code
        self.phones[body["phone"]].append(f"【竞价】您的验证码为{code},5分钟内有效。")
        return 202, {"message": "sent"}

    def on_account_sessions(self, path: str, token: str, body: Any) -> tuple[int, Any]:
        return 201, {"token": body["application_code"]}

    def on_activations(self, path: str, token: str, body: Any) -> tuple[int, Any]:
        if body["sms_code"] != self.codes[body["application_code"]]:
            return 400, {"code": "SMS_CODE_WRONG"}
        return 201, {"token": body["application_code"], "activated_at": ""}

    def on_sessions(self, path: str, token: str, body: Any) -> tuple[int, Any]:
        return 201, {"token": body["application_code"]}

    def on_deposits(self, path: str, token: str, body: Any) -> tuple[int, Any]:
        self.corrected[token] = body
        return 200, {"state": "held"}

    def on_refunds(self, path: str, token: str, body: Any) -> tuple[int, Any]:
        return (400, {"code": "NAME_DIFFERS"}) if body["account_name"] == "陌生人" else (200, {})

    def on_bids(self, path: str, token: str, body: Any) -> tuple[int, Any]:
        price, placed = body["price"], self.bids[token]
        if price < 10_000:
            return 400, {"code": "BELOW_RESERVE"}
        if price % 100:
            return 400, {"code": "OFF_TICK"}
        # One tick above the cap of either class.
        if price in (32_100, 48_100):
            return 400, {"code": "ABOVE_CAP"}
        for answer in placed:
            if answer["receipt"]["request_id"] == body["request_id"]:
                same = answer["receipt"]["price"] == price
                return (201, answer) if same else (409, {"code": "REQUEST_REUSED"})
        if len(placed) == 3:
            return 409, {"code": "NO_BIDS_LEFT"}
        placed.append({"receipt": {**body, "bid_number": len(placed) + 1}})
        return 201, placed[-1]

    def on_operator_sessions(self, path: str, token: str, body: Any) -> tuple[int, Any]:
        return 200, {"token": body["name"]}

    def on_periods(self, path: str, token: str, body: Any) -> tuple[int, Any]:
        if "approvals" in path:
            return 200, {"approvals": [one for one in self.approvals if one["id"] not in self.decided]}
        return 201, {"period": "2026-03"}

    def on_approvals(self, path: str, token: str, body: Any) -> tuple[int, Any]:
        approval_id = path.rsplit("/", 1)[-1]
        if next(one for one in self.approvals if one["id"] == approval_id)["made_by"] == token:
            return 403, {"code": "SELF_APPROVAL"}
        self.decided.setdefault(approval_id, token)
        return 200, {"decision": "approved", "by": self.decided[approval_id]}

    def on__pay(self, path: str, token: str, body: Any) -> tuple[int, Any]:
        self.paid.append(body)
        return 200, {"answer": "8001"}

    def on__push(self, path: str, token: str, body: Any) -> tuple[int, Any]:
        return 200, {"pushed": 0, "acknowledged": 0}

    def on__credits(self, path: str, token: str, body: Any) -> tuple[int, Any]:
        return 200, {}

    on__statement = on__accounts = on__credits

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        doors = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1

            def _answer(self) -> None:
                raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                token = self.headers.get("Authorization", "").removeprefix("Bearer ")
                status, content = doors.serve(self.command, self.path, token, json.loads(raw) if raw else None)
                body = json.dumps(content).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = _answer  # noqa: N815 (http.server names them so)

            def log_message(self, *args: object) -> None:
                pass

        return Handler
