"""Doors open to everybody, and the ones at which a bidder gets a session."""

from __future__ import annotations

from local.openapi.schema import BIDDER, PUBLIC, Door, asked, by_name, listed, named, one_of, text, thing, whole
from local.openapi.words import (
    ANNOUNCED,
    ANY,
    CLASS,
    CODE,
    FLAG,
    LOCAL_TIME,
    MS,
    OPEN_PERIOD,
    PASSWORD,
    PERIOD,
    PHONE,
    SHA256,
    SMS_CODE,
    TOKEN,
    TREE_HEAD,
)

_WHO = {"period": PERIOD, "application_code": CODE}
_BY_PHONE = {**_WHO, "phone": PHONE}
_BY_CODE = {**_BY_PHONE, "sms_code": SMS_CODE}
_STEPS = listed(SHA256)

DOORS = {
    "GET /health": Door(PUBLIC, {200: thing({"status": text()})}),
    "GET /openapi.json": Door(PUBLIC, {200: {"type": "object"}}),
    "GET /time": Door(PUBLIC, {200: thing({"now_ms": MS})}),
    "GET /periods/{period}": Door(PUBLIC, {200: OPEN_PERIOD}),
    "GET /periods/{period}/result": Door(
        PUBLIC,
        {
            200: named(
                "Result",
                thing(
                    {
                        "period": PERIOD,
                        "classes": by_name(
                            thing(
                                {
                                    **ANNOUNCED,
                                    "qualified": whole(least=0),
                                    "more_quota": thing(
                                        {
                                            "added": whole(least=0),
                                            "announced": whole(least=0),
                                            "conditions": by_name(FLAG),
                                        }
                                    ),
                                }
                            ),
                            CLASS,
                        ),
                        "ranking_sha256": SHA256,
                        "seed": SHA256,
                        "seed_commitment": SHA256,
                    },
                    optional={"pauses": listed(ANY), "phases": listed(ANY), "lowest": ANY},
                ),
            )
        },
    ),
    "GET /periods/{period}/bid-log": Door(PUBLIC, {200: TREE_HEAD}),
    "GET /periods/{period}/bid-log/inclusion": Door(
        PUBLIC,
        {200: thing({"head": TREE_HEAD, "index": whole(least=0), "leaf": SHA256, "proof": _STEPS})},
        query={
            "leaf": SHA256,
            "bidder_class": CLASS,
            "code": CODE,
            "number": {"type": "integer", "minimum": 1, "maximum": 999},
        },
    ),
    "GET /periods/{period}/bid-log/consistency": Door(
        PUBLIC,
        {200: thing({"head": TREE_HEAD, "older": whole(least=0), "proof": _STEPS})},
        query={"older": {"type": "integer", "minimum": 0, "maximum": 999_999_999}},
    ),
    "POST /sms-codes": Door(
        BIDDER,
        {202: thing({"message": text()})},
        asked({**_BY_PHONE, "purpose": one_of("account", "activation", "password")}),
        limited=True,
    ),
    "POST /account-sessions": Door(BIDDER, {201: thing({"token": TOKEN})}, asked(_BY_CODE), limited=True),
    "POST /activations": Door(
        BIDDER,
        {201: thing({"token": TOKEN, "activated_at": LOCAL_TIME})},
        asked({**_BY_CODE, "password": PASSWORD, "rollover": FLAG}),
        limited=True,
    ),
    "POST /sessions": Door(
        BIDDER,
        {
            201: thing(
                {
                    "token": TOKEN,
                    "bidder_class": CLASS,
                    "window": thing({"opens_at": LOCAL_TIME, "closes_at": LOCAL_TIME}),
                }
            )
        },
        asked({**_WHO, "password": PASSWORD}),
        limited=True,
    ),
    "POST /passwords": Door(
        BIDDER, {201: thing({"token": TOKEN})}, asked({**_BY_CODE, "password": PASSWORD}), limited=True
    ),
}
