"""localstripe as a Stripe-shaped gateway on this machine: started, and paid at as a resident's browser would."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

HERE = Path(__file__).resolve().parent
API_KEY = "sk_test_of_this_machine"
SIGNING_SECRET = "whsec_of_this_machine"  # noqa: S105 a gateway's that knows nothing real
_UP_WITHIN_S = 30
_ANSWER_WITHIN_S = 30
_CARD = {"number": "4242424242424242", "exp_month": "12", "exp_year": "2030", "cvc": "123"}


def interpreter() -> str:
    """The Python of its own environment, made where it does not stand yet."""
    setup = ["sh", str(HERE.parent / "side_environment.sh"), "localstripe", str(HERE / "requirements.txt")]
    return subprocess.run(setup, stdout=subprocess.PIPE, text=True, check=True).stdout.strip()


@contextmanager
def running(port: int, events_url: str = "") -> Iterator[str]:
    """Run it; gives its URL. With ``events_url``, signed events go there."""
    process = subprocess.Popen([interpreter(), str(HERE / "serve.py"), str(port)], stdin=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_for(process, url)
        if events_url:
            hook = {"url": events_url, "secret": SIGNING_SECRET}
            requests.post(f"{url}/_config/webhooks/hub", data=hook, timeout=_ANSWER_WITHIN_S).raise_for_status()
        yield url
    finally:
        process.terminate()
        process.wait(10)


def _wait_for(process: subprocess.Popen[bytes], url: str) -> None:
    until = time.monotonic() + _UP_WITHIN_S
    while True:
        try:
            requests.get(f"{url}/v1/refunds", timeout=1)
            return
        except requests.RequestException:
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError("localstripe did not come up") from None
            time.sleep(0.1)


def pay(url: str, intent: str) -> None:
    """The resident pays. It knows cards only, so the wallet's part is played by one."""
    card = {"type": "card", **{f"card[{name}]": value for name, value in _CARD.items()}}
    method = call(url, "/v1/payment_methods", card)["id"]
    call(url, f"/v1/payment_intents/{intent}", {"payment_method": method})
    call(url, f"/v1/payment_intents/{intent}/confirm", {})


def call(url: str, path: str, form: dict[str, str] | None = None) -> Any:
    """A call as its own dashboard would make it."""
    verb = "GET" if form is None else "POST"
    headers = {"Authorization": f"Bearer {API_KEY}"}
    answer = requests.request(verb, url + path, data=form, headers=headers, timeout=_ANSWER_WITHIN_S)
    answer.raise_for_status()
    return answer.json()


def books(url: str, intents: Iterable[str]) -> dict[str, Any]:
    """What it has of these payments, in the words of the other wallet's books: ``{"trades": [{out_trade_no, trade_no,
    fen, paid_at, refunds: [[number, fen]]}]}``; ``paid_at`` is empty where nobody paid."""
    trades = []
    for number in intents:
        intent = call(url, f"/v1/payment_intents/{number}")
        back = call(url, f"/v1/refunds?payment_intent={number}&limit=100")["data"]
        trades.append(
            {
                "out_trade_no": intent["metadata"]["hub_ref"],
                "trade_no": intent["id"],
                "fen": intent["amount"],
                "paid_at": str(intent["created"]) if intent["status"] == "succeeded" else "",
                "refunds": [[refund["metadata"]["hub_ref"], refund["amount"]] for refund in back],
            }
        )
    return {"trades": trades}


__all__ = ["API_KEY", "SIGNING_SECRET", "books", "call", "interpreter", "pay", "running"]
