"""The usual stack, doing the same job: Chalice's route, a PynamoDB model, Powertools' logger and idempotency.

The same session check, price limits and receipt as ours, so that only the stack differs.
"""

# mypy: disable-error-code="untyped-decorator,no-untyped-call,union-attr,no-any-return"

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)
from chalice.app import Chalice
from pynamodb.attributes import ListAttribute, MapAttribute, NumberAttribute, UnicodeAttribute, UnicodeSetAttribute
from pynamodb.models import Model

from chalicelib.bidding.receipts import signed_receipt
from chalicelib.bidding.rules import PlacedBid, PriceLimits, check_price
from chalicelib.kernel import tokens
from chalicelib.kernel.clock import SystemClock
from local.bench.bids import keyring

app = Chalice("usual")
logger = Logger(service="usual")
_LIMITS = PriceLimits(1_000_000, 10_000, 4_000_000)
_SESSION_KEYS, _SIGNER = keyring().session_keys(), keyring().receipt_signer()
_CONFIG = IdempotencyConfig(event_key_jmespath="request_id", raise_on_no_idempotency_key=True)
_LAYER = DynamoDBPersistenceLayer(table_name="idempotency")


class Placed(MapAttribute):  # type: ignore[type-arg]
    """A bid in a bidder's history."""

    request_id = UnicodeAttribute()
    price_fen = NumberAttribute()
    bid_at_ms = NumberAttribute()


class Bidder(Model):
    """A bidder's item."""

    class Meta:
        """Table and region."""

        table_name = "bids"
        region = "cn-north-1"

    pk = UnicodeAttribute(hash_key=True)
    history = ListAttribute(of=Placed)
    bid_at_ms = NumberAttribute()
    request_ids = UnicodeSetAttribute()


@idempotent_function(data_keyword_argument="bid", config=_CONFIG, persistence_store=_LAYER)
def place(*, bid: dict[str, Any], session: dict[str, Any]) -> dict[str, Any]:
    """Write the bid and sign its receipt."""
    now_ms = SystemClock().now_ms()
    placed = PlacedBid(bid["request_id"], bid["price"] * 100, now_ms)
    entry = Placed(request_id=placed.request_id, price_fen=placed.price_fen, bid_at_ms=now_ms)
    Bidder(f"{session['period']}#{session['bidder_class']}#{session['subject']}").update(
        actions=[
            Bidder.history.set((Bidder.history | []).append([entry])),
            Bidder.bid_at_ms.set(now_ms),
            Bidder.request_ids.add({placed.request_id}),
        ],
        condition=Bidder.pk.does_not_exist() | (Bidder.bid_at_ms < now_ms),
    )
    return signed_receipt(tokens.Session(**session), (placed,), 0, 3, _SIGNER)


@app.route("/bids", methods=["POST"])
def bids() -> dict[str, Any]:
    """The route."""
    request = app.current_request
    session = tokens.verify(tokens.bearer(request.headers), "bid", _SESSION_KEYS, SystemClock().now_ms())
    asked = request.json_body
    check_price(asked["price"] * 100, _LIMITS)
    receipt = place(bid=asked, session=vars(session))
    logger.info("bid accepted", extra={"request_id": asked["request_id"]})
    return receipt


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """The Lambda entry point."""
    answer: dict[str, Any] = app(event, context)
    return answer
