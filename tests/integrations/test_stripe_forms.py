"""What is sent to the gateway is what the official ``stripe`` package sends for the same call: recorded on a socket."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

import pytest
import stripe

from chalicelib.kernel.errors import HubError
from integrations.ports import WalletOrder, WalletRefund
from integrations.stripe import forms
from integrations.stripe.client import StripeGateway

KEY = "sk_test_of_a_test"
ORDER = WalletOrder("HP202603_330100000017_001", 200_000, "-", "小客车竞价保证金")
REFUND = WalletRefund("RF202603aa11", ORDER.our_ref, 200_000, "退款")
META = {forms.OUR_REF: ORDER.our_ref}
Seen = tuple[str, str, list[tuple[str, str]], list[tuple[str, str]], dict[str, str]]


class Recorder:
    """A server that writes down what comes and answers with an empty list."""

    def __init__(self) -> None:
        seen: list[Seen] = []
        self.seen = seen

        class Door(BaseHTTPRequestHandler):
            def _take(self) -> None:
                path, _, query = self.path.partition("?")
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode("ascii")
                said = ("authorization", "content-type", "idempotency-key", "stripe-version")
                headers = {name.lower(): value for name, value in self.headers.items() if name.lower() in said}
                seen.append((self.command, path, sorted(parse_qsl(query)), sorted(parse_qsl(body)), headers))
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b'{"object":"list","data":[],"has_more":false}')

            do_GET = do_POST = _take  # noqa: N815 the server's own names

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture(scope="module")
def recorder() -> Iterator[Recorder]:
    made = Recorder()
    yield made
    made.server.shutdown()
    made.server.server_close()


CALLS: dict[str, tuple[forms.Call, Callable[[stripe.StripeClient], object]]] = {
    "create": (
        forms.create(ORDER),
        lambda sdk: sdk.v1.payment_intents.create(
            {"amount": 200_000, "currency": "cny", "payment_method_types": ["alipay"], "metadata": META},
            {"idempotency_key": ORDER.our_ref},
        ),
    ),
    "intent": (
        forms.intent("pi_1"),
        lambda sdk: sdk.v1.payment_intents.retrieve("pi_1", {"expand": ["latest_charge.balance_transaction"]}),
    ),
    "refund": (
        forms.refund(REFUND, "pi_1"),
        lambda sdk: sdk.v1.refunds.create(
            {"payment_intent": "pi_1", "amount": 200_000, "metadata": {forms.OUR_REF: REFUND.our_ref}},
            {"idempotency_key": REFUND.our_ref},
        ),
    ),
    "refunds": (
        forms.refunds("pi_1", "re_9"),
        lambda sdk: sdk.v1.refunds.list({"payment_intent": "pi_1", "limit": 100, "starting_after": "re_9"}),
    ),
    "bookings": (
        forms.bookings("txn_9"),
        lambda sdk: sdk.v1.balance_transactions.list(
            {"expand": ["data.source.payment_intent"], "limit": 100, "starting_after": "txn_9"}
        ),
    ),
}


@pytest.mark.parametrize("name", CALLS)
def test_given_a_call_when_we_and_the_official_package_make_it_then_the_wire_bears_the_same(
    recorder: Recorder, name: str
) -> None:
    ours, theirs = CALLS[name]
    sdk = stripe.StripeClient(KEY, base_addresses={"api": recorder.url}, max_network_retries=0)
    gateway = StripeGateway(recorder.url, KEY, "whsec", "2088", lambda _: "pi_1")

    gateway._exchange(ours)
    theirs(sdk)

    mine, official = recorder.seen[-2:]
    if ours.verb == "GET":
        # The package names a content type and a key of its own on requests that have no body.
        official[4].pop("content-type", None)
        official[4].pop("idempotency-key", None)
    assert mine == official
    assert mine[4]["stripe-version"] == stripe.api_version


@pytest.mark.parametrize(
    ("call", "params"),
    [
        (forms.create(ORDER), "PaymentIntentCreateParams"),
        (forms.intent("pi_1"), "PaymentIntentRetrieveParams"),
        (forms.refund(REFUND, "pi_1"), "RefundCreateParams"),
        (forms.refunds("pi_1", "re_9"), "RefundListParams"),
        (forms.bookings("txn_9"), "BalanceTransactionListParams"),
    ],
)
def test_given_a_call_when_held_to_the_described_parameters_then_each_is_known_and_none_required_is_missing(
    call: forms.Call, params: str
) -> None:
    described = getattr(stripe.params, params)
    sent = {name.partition("[")[0] for name, _ in call.pairs}

    assert sent <= set(described.__annotations__)
    required = {name for name, kind in described.__annotations__.items() if "NotRequired" not in str(kind)}
    assert required <= sent


def test_given_an_answer_to_something_else_when_a_payment_is_opened_then_it_is_open_what_became_of_it(
    recorder: Recorder,
) -> None:
    gateway = StripeGateway(recorder.url, KEY, "whsec", "2088", lambda _: "")

    with pytest.raises(HubError, match="WALLET_UNCLEAR"):
        gateway.create(ORDER)
