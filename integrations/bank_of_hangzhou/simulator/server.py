"""The bank over HTTP on 127.0.0.1: the hub's door (``/batches``) and the control doors (``/_...``).

| door | does |
|---|---|
| PUT ``/batches/{name}`` | takes a batch: 201, the same again 200, other bytes 409; checks X-SM3 and X-Signature |
| GET ``/batches/{name}`` | ``{"state": "accepted", "sm3"}`` or 404 |
| POST ``/_credits`` | ``[{serial, booked_at_ms, value_date, amount_fen, account, name, memo}]`` comes in |
| POST ``/_tell`` | ``{credits, copies?, spoil?}``: tells the hub of credits as they come in, see ``Teller`` |
| POST ``/_statement`` | ``{day, spoil?}``: closes the day and drops the statement, or first a spoilt one: ``half``,
  ``total`` |
| POST ``/_accounts`` | ``{account: code}``: payments to these fail with the code from now on; ``"0000"`` heals |
| POST ``/_faults`` | ``{refuse, mute, hold_returns}``: the next n calls: 503, unread; taken, unanswered; return kept |
| POST ``/_interest`` | ``{period, leaves_on, rate_ppm, odd}``: drops the bank's own interest up to a day, with
  ``{serial: fen}`` on top |
| POST ``/_return`` | ``{name, turned?}``: drops the return file of a batch (again), or over it another one |
| GET ``/_state`` | balance, batches, and every payment made |
"""

from __future__ import annotations

import hashlib
import hmac
import threading
import time
from collections.abc import Callable
from typing import Any

from integrations.bank_of_hangzhou.simulator import paper
from integrations.bank_of_hangzhou.simulator.account import Account, Drop, RefusalError
from integrations.simulated import HttpSimulator, Reply, Request, Teller, as_json

BATCHES = "/batches/"


class HangzhouSimulator(HttpSimulator):
    """The bank. ``drop(key, bytes)`` is how its files reach the hub's inbox. Use it as a context, or start and stop it.

    ``fail_first``: how many rows fail (1001, 1003, ...) in a period's first batch that has more rows than that, besides
    those of ``/_accounts``.
    ``return_delay_seconds``: how long after a batch its return file is dropped.
    ``hub_url``: the hub's door for notices. ``balance_fen``: what stands in the account before.
    """

    def __init__(
        self,
        secret: str,
        account_no: str,
        drop: Drop,
        *,
        fail_first: int = 2,
        port: int = 0,
        balance_fen: int = 0,
        return_delay_seconds: float = 0.0,
        hub_url: str = "",
        now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
    ) -> None:
        super().__init__(port)
        self._secret = secret.encode()
        self._delay = return_delay_seconds
        self._lock = threading.Lock()
        self.faults = {"refuse": 0, "mute": 0, "hold_returns": 0}
        self.account = Account(account_no, drop, fail_first, now_ms, balance_fen, balance_fen)
        self._teller = Teller(secret, account_no, hub_url, now_ms)

    def _use_fault(self, name: str) -> bool:
        with self._lock:
            due = self.faults[name] > 0
            self.faults[name] -= due
        return due

    def _signed(self, signed: str, signature: str) -> bool:
        right = hmac.new(self._secret, signed.encode(), hashlib.sha256).hexdigest()
        return hmac.compare_digest(right, signature)

    def put_batch(self, name: str, headers: Any, content: bytes) -> tuple[int | None, Any]:
        """The hub hands over a batch. Status ``None``: the connection ends without an answer."""
        if self._use_fault("refuse"):
            return 503, {"error": "busy"}
        digest = paper.sm3_hex(content)
        if headers.get("X-SM3", "").lower() != digest:
            return 400, {"error": "X-SM3 is not the digest of the body"}
        if not self._signed(digest, headers.get("X-Signature", "")):
            return 401, {"error": "X-Signature is wrong"}
        with self._lock:
            new = self.account.take_batch(name, content)
        if new and not self._use_fault("hold_returns"):
            self._drop_return(name)
        return (None, None) if self._use_fault("mute") else (201 if new else 200, {"state": "accepted"})

    def _drop_return(self, name: str) -> None:
        if self._delay:
            timer = threading.Timer(self._delay, self.account.deliver_return, (name,))
            timer.daemon = True
            timer.start()
        else:
            self.account.deliver_return(name)

    def get_batch(self, name: str, headers: Any) -> tuple[int | None, Any]:
        """The hub asks about a batch."""
        if self._use_fault("refuse"):
            return 503, {"error": "busy"}
        if not self._signed(name, headers.get("X-Signature", "")):
            return 401, {"error": "X-Signature is wrong"}
        with self._lock:
            content = self.account.batches.get(name)
        if content is None:
            return 404, {"error": "no such batch"}
        return 200, {"state": "accepted", "sm3": paper.sm3_hex(content)}

    def serve(self, request: Request) -> Reply | None:
        """The hub's door and the controls."""
        name = request.path.removeprefix(BATCHES)
        try:
            if request.path.startswith(BATCHES) and request.method == "PUT":
                status, content = self.put_batch(name, request.headers, request.body)
            elif request.path.startswith(BATCHES):
                status, content = self.get_batch(name, request.headers)
            elif request.path == "/_tell":
                # Outside the lock: the hub may ask something while it is told.
                status, content = 200, self._teller.tell_all(request.given())
            else:
                status, content = 200, self.control(request.path, request.given())
        except RefusalError as refusal:
            status, content = refusal.status, {"error": str(refusal)}
        return None if status is None else as_json(status, content)

    def _delivered(self, door: str, given: Any) -> str:
        if door == "/_statement":
            return self.account.close_day(given["day"], given.get("spoil", ""))
        if door == "/_interest":
            return self.account.advise_interest(**given)
        return self.account.deliver_return(given["name"], turned=bool(given.get("turned")))

    def control(self, door: str, given: Any) -> Any:
        """A control door; raises ``RefusalError``."""
        with self._lock:
            match door:
                case "/_credits":
                    for came in given:
                        self.account.credit(came)
                    return {"taken": len(given)}
                case "/_statement" | "/_interest" | "/_return":
                    return {"key": self._delivered(door, given)}
                case "/_accounts":
                    self.account.failing.update(given)
                    return {"failing": len(self.account.failing)}
                case "/_faults":
                    self.faults.update(given)
                    return self.faults
                case "/_state":
                    return {**self.account.state(), "faults": dict(self.faults)}
        raise RefusalError(404, f"no door is called {door}")
