"""A bidder's own doors, behind a session."""

from __future__ import annotations

from local.openapi.schema import BIDDER, Door, Schema, asked, listed, one_of, some, text, thing, whole
from local.openapi.words import (
    ANNOUNCED,
    APPLICANT,
    CLASS,
    CODE,
    DATE,
    DEPOSIT,
    DOCUMENT,
    FEN,
    FLAG,
    LOCAL_TIME,
    MS,
    PERIOD,
    RECEIPT,
    WHOLE_YUAN,
    YUAN,
)

_ACCOUNT, _BID = ("account",), ("bid",)
_UUID = text(
    r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}",
    example="7f9c24e8-3b1c-4a55-9d0a-0f6f3c1d2e4b",
)
_PAY_CODE = text(r"\d{20}")
_OUR_REF = text(r"[0-9A-Za-z_]{1,64}")
ACCOUNT_FIELDS: dict[str, Schema] = {
    "account_no": text(r"[0-9A-Za-z]{6,34}"),
    "account_name": text(r"[^|\x00-\x1f\x7f]{1,60}"),
}
_WALLET = ("alipay/answers.py", "alipay/calls.py", "stripe/answers.py", "stripe/client.py")

DOORS = {
    "GET /me": Door(BIDDER, {200: APPLICANT}, sessions=_ACCOUNT),
    "GET /deposits": Door(
        BIDDER,
        {
            200: thing(
                {
                    "application_code": CODE,
                    "state": one_of("none", "pending", "held", "rolled", "forfeited", "refunding", "refunded"),
                    "amount_yuan": text(),
                    "payments": listed(
                        thing(
                            {
                                "channel": text(),
                                "state": one_of("pending", "posted", "void"),
                                "amount_yuan": YUAN,
                                "arrived_at": LOCAL_TIME,
                            }
                        )
                    ),
                }
            )
        },
        sessions=_ACCOUNT,
    ),
    "GET /deposits/mine": Door(
        BIDDER,
        {
            200: thing(
                {
                    "application_code": CODE,
                    "state": one_of("none", "held", "rolled", "forfeited", "refunding", "refunded"),
                    "doubtful": listed(thing({"arrived_at": LOCAL_TIME, "amount_yuan": YUAN, "reason": text()})),
                },
                optional={
                    "amount_yuan": YUAN,
                    "excess_yuan": YUAN,
                    "channel": text(),
                    "value_date": text(),
                    "rolled_from": some(text()),
                },
            )
        },
        sessions=_ACCOUNT,
    ),
    "POST /deposits/corrections": Door(
        BIDDER,
        {200: DEPOSIT},
        asked(
            {
                "period": PERIOD,
                "paid_on": DATE,
                "amount_yuan": text(r"\d{1,9}(\.\d{1,2})?", example="2000.00"),
                "payer_account_tail": text(r"[0-9A-Za-z]{4,8}"),
            }
        ),
        sessions=_ACCOUNT,
        once=True,
    ),
    "POST /deposits/payments": Door(
        BIDDER,
        {
            201: thing(
                {
                    "our_ref": text(),
                    "trade_no": text(),
                    "pay_token": text(),
                    "amount_yuan": YUAN,
                    "pay_before": LOCAL_TIME,
                }
            )
        },
        asked({"period": PERIOD, "auth_code": text(r"[0-9A-Za-z_-]{1,128}")}),
        sessions=_ACCOUNT,
        behind=_WALLET,
    ),
    "GET /deposits/payments/{our_ref}": Door(
        BIDDER,
        {200: thing({"our_ref": _OUR_REF, "state": one_of("open", "pending", "paid", "closed"), "amount_yuan": YUAN})},
        query={"result_code?": text(r"\d{4}", about="What my.tradePay answered; it proves nothing.")},
        sessions=_ACCOUNT,
        behind=_WALLET,
    ),
    "POST /bids": Door(
        BIDDER,
        {201: RECEIPT},
        asked({"request_id": _UUID, "price": {"type": "integer", "minimum": 1, "maximum": 999_999_999}}),
        sessions=_BID,
        about="Bid, or revise a bid: a price in whole yuan under a request id of the bidder's own. The same id and "
        "price again is the same bid and gets the same receipt; after an unknown outcome it is sent again as it was.",
    ),
    "GET /me/bids": Door(
        BIDDER,
        {
            200: thing(
                {
                    "period": PERIOD,
                    "bidder_class": CLASS,
                    "bids_max": whole(least=0),
                    "bids_left": whole(least=0),
                    "bids": listed(RECEIPT),
                }
            )
        },
        sessions=("account", "bid"),
    ),
    "GET /me/result": Door(
        BIDDER,
        {
            200: thing(
                {
                    "period": PERIOD,
                    "bidder_class": CLASS,
                    "price": WHOLE_YUAN,
                    "bid_at": LOCAL_TIME,
                    "rank": whole(least=1),
                    "won": FLAG,
                    "announced": thing(ANNOUNCED),
                }
            )
        },
        sessions=_ACCOUNT,
    ),
    "GET /me/payment-notice": Door(
        BIDDER,
        {
            200: thing(
                {
                    "pay_code": _PAY_CODE,
                    "amount_fen": FEN,
                    "due_at_ms": MS,
                    "state": one_of("issued", "registered", "paid", "void", "defaulted"),
                    "document": DOCUMENT,
                }
            )
        },
        sessions=_ACCOUNT,
    ),
    "GET /me/receipt": Door(
        BIDDER,
        {
            200: thing(
                {
                    "number": text(),
                    "code": text(),
                    "check_code": text(),
                    "state": one_of("planned", "numbered", "issued", "written_off", "reversed"),
                    "document": DOCUMENT,
                }
            )
        },
        sessions=_ACCOUNT,
    ),
    "GET /me/refunds": Door(
        BIDDER,
        {
            200: thing(
                {
                    "refunds": listed(
                        thing(
                            {
                                "our_ref": text(),
                                "source": one_of("deposit", "excess", "credit", "forfeit", "interest"),
                                "state": one_of("planned", "sent", "paid", "failed"),
                                "principal_yuan": YUAN,
                                "interest_yuan": YUAN,
                                "leaves_on": text(),
                                "account": text(example="622299*********0001"),
                                "reason": text(),
                                "answered": FLAG,
                            }
                        )
                    )
                }
            )
        },
        sessions=_ACCOUNT,
    ),
    "POST /refunds/accounts": Door(
        BIDDER,
        {202: thing({"refunds": whole(least=0)})},
        asked({"period": PERIOD, **ACCOUNT_FIELDS}),
        sessions=_ACCOUNT,
        once=True,
    ),
}
