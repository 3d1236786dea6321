"""What is asked of the gateway, as the official ``stripe`` package would ask it. Pure.

Form-encoded, integer minor units. Our own number goes along twice: as the ``Idempotency-Key``, which a gateway keeps
for 24 h, and in ``metadata[hub_ref]``, which it keeps for good: by that one it is asked what became of a call.
Documented at https://docs.stripe.com/api.
"""

from __future__ import annotations

from dataclasses import dataclass

from integrations.ports import WalletOrder, WalletRefund

# The version whose shapes are read here, and the last that describes payment_method_types: docs/decisions/0036.
API_VERSION = "2026-08-26.dahlia"
CURRENCY = "cny"
METHOD = "alipay"
OUR_REF = "hub_ref"
PAGE = 100

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Call:
    """One call. ``pairs`` are the form of a POST and the query of a GET; ``key`` is the idempotency key of a POST."""

    verb: str
    path: str
    pairs: Pairs = ()
    key: str = ""


def create(order: WalletOrder) -> Call:
    """Open a payment. It names no payer: whoever holds the ``client_secret`` of the answer can pay it."""
    pairs = (
        ("amount", str(order.amount_fen)),
        ("currency", CURRENCY),
        (f"metadata[{OUR_REF}]", order.our_ref),
        ("payment_method_types[0]", METHOD),
    )
    return Call("POST", "/v1/payment_intents", pairs, order.our_ref)


def intent(serial: str) -> Call:
    """A payment as the gateway has it, with the booking of its charge: that one says when the money was there."""
    return Call("GET", f"/v1/payment_intents/{serial}", (("expand[0]", "latest_charge.balance_transaction"),))


def refund(order: WalletRefund, serial: str) -> Call:
    """Give back a part or all of a payment."""
    pairs = (
        ("amount", str(order.amount_fen)),
        (f"metadata[{OUR_REF}]", order.our_ref),
        ("payment_intent", serial),
    )
    return Call("POST", "/v1/refunds", pairs, order.our_ref)


def refunds(serial: str, after: str = "") -> Call:
    """A page of the refunds of a payment."""
    return Call("GET", "/v1/refunds", (("limit", str(PAGE)), ("payment_intent", serial), *_after(after)))


def bookings(after: str = "") -> Call:
    """A page of what was booked, the newest first, each with what it was booked for."""
    pairs = (("expand[0]", "data.source.payment_intent"), ("limit", str(PAGE)), *_after(after))
    return Call("GET", "/v1/balance_transactions", pairs)


def _after(last: str) -> Pairs:
    return (("starting_after", last),) if last else ()
