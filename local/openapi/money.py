"""Operators' doors to money: corrections, differences, notices, receipts, refunds, finance's files."""

from __future__ import annotations

from local.openapi.bidders import ACCOUNT_FIELDS
from local.openapi.operators import DOORS as _OPERATORS
from local.openapi.schema import OPERATOR, Door, asked, by_name, listed, one_of, page, some, text, thing, whole
from local.openapi.words import CLASS, CODE, DATE, DEPOSIT, DOCUMENT, FEN, FLAG, MS, PERIOD, SHA256

_SIGNED_IN = ("operator",)
_PAY_CODE = text(r"\d{20}")
_NOTICE_STATE = one_of("issued", "registered", "paid", "void", "defaulted")
_NOTICE = thing(
    {
        "code": CODE,
        "bidder_class": CLASS,
        "rank": whole(least=1),
        "pay_code": _PAY_CODE,
        "replaces": text(),
        "amount_fen": FEN,
        "state": _NOTICE_STATE,
        "paid_at_ms": MS,
        "paid_by": text(),
        "bank_serial": text(),
        "void_cause": text(),
        "released": FLAG,
        "forfeited_fen": FEN,
    }
)
_RECEIPT = thing(
    {
        "code": CODE,
        "pay_code": _PAY_CODE,
        "number": text(),
        "check_code": text(),
        "amount_fen": FEN,
        "state": one_of("planned", "numbered", "issued", "written_off", "reversed"),
        "issued_at_ms": MS,
        "written_off_at_ms": MS,
        "reverses": text(),
    }
)
_SURPLUS = thing(
    {
        "message_id": text(),
        "pay_code": text(),
        "code": text(),
        "finding": text(),
        "amount_fen": FEN,
        "surplus_fen": FEN,
        "confirmed_at_ms": MS,
        "bank_serial": text(),
    }
)
_COUNTS = {name: whole(least=0) for name in ("winners", "paid", "defaulted", "released", "undecided")}
_DESK_ACCOUNT = asked({"our_ref": text(r"RF20\d\d(0[1-9]|1[0-2])[0-9a-f]{24}"), **ACCOUNT_FIELDS})
_FILE = {"name": text(), "url": text(about="Good for five minutes.")}


def _state(word: str) -> Door:
    return Door(
        OPERATOR,
        {202: thing({"pay_code": _PAY_CODE, "number": text(), "state": one_of(word)})},
        asked({"cause": text(r"[^\x00-\x1f\x7f]{1,100}")}) if word == "proposed" else None,
        sessions=_SIGNED_IN,
        once=True,
    )


def _voiding(*fields: str) -> Door:
    known = {"cause": text(r"[^\x00-\x1f\x7f]{1,100}"), "then": one_of("reissue", "release")}
    return Door(
        OPERATOR,
        {202: thing({"pay_code": _PAY_CODE, "state": _NOTICE_STATE, "void_state": text()})},
        asked({name: known[name] for name in fields}),
        sessions=_SIGNED_IN,
        once=True,
    )


def _account(word: str) -> Door:
    return Door(
        OPERATOR,
        {202: thing({"our_ref": text(), "state": one_of(word)})},
        _DESK_ACCOUNT,
        sessions=_SIGNED_IN,
        once=True,
    )


DOORS = {
    "POST /deposits/correction-confirmations": Door(
        OPERATOR,
        {200: DEPOSIT},
        _OPERATORS["POST /deposits/correction-proposals"].takes,
        sessions=_SIGNED_IN,
        once=True,
    ),
    "GET /periods/{period}/differences": Door(
        OPERATOR,
        {
            200: page(
                "differences",
                thing(
                    {
                        "code": text(),
                        "why": text(),
                        "subject": text(),
                        "bank_fen": some(FEN),
                        "ledger_fen": some(FEN),
                        "wanted": text(),
                        "passing": FLAG,
                    },
                    optional={"channel": text(), "day": text()},
                ),
                {"period": PERIOD, "reconciled_at_ms": some(MS), "total": whole(least=0)},
            )
        },
        sessions=_SIGNED_IN,
        paged=True,
    ),
    "GET /treasury/notices/{pay_code}": Door(
        OPERATOR,
        {
            200: thing(
                {
                    "pay_code": _PAY_CODE,
                    "amount_fen": FEN,
                    "due_at_ms": MS,
                    "state": _NOTICE_STATE,
                    "document": DOCUMENT,
                }
            )
        },
        sessions=_SIGNED_IN,
    ),
    "POST /treasury/notices/{pay_code}/void-proposals": _voiding("cause", "then"),
    "POST /treasury/notices/{pay_code}/void-confirmations": _voiding("then"),
    "POST /treasury/receipts/{pay_code}/reversal-proposals": _state("proposed"),
    "POST /treasury/receipts/{pay_code}/reversal-confirmations": _state("confirmed"),
    "GET /periods/{period}/treasury": Door(
        OPERATOR,
        {
            200: thing(
                {
                    "notices": listed(_NOTICE),
                    "receipts": listed(_RECEIPT),
                    "surplus": listed(_SURPLUS),
                    "payments_without_receipt": listed(text()),
                    "receipts_without_payment": listed(text()),
                }
            )
        },
        sessions=_SIGNED_IN,
    ),
    "GET /periods/{period}/treasury/{name}": Door(
        OPERATOR,
        {200: page("rows", {"anyOf": [_NOTICE, _RECEIPT, _SURPLUS]})},
        sessions=_SIGNED_IN,
        paged=True,
    ),
    "GET /periods/{period}/clearing": Door(
        OPERATOR,
        {
            200: page(
                "rows",
                thing(
                    {
                        "code": CODE,
                        "bidder_class": CLASS,
                        "rank": whole(least=1),
                        "amount_fen": FEN,
                        "pay_code": _PAY_CODE,
                        "state": text(),
                        "paid_at_ms": MS,
                        "paid_fen": FEN,
                        "forfeited_fen": FEN,
                    }
                ),
                {
                    **_COUNTS,
                    "paid_fen": FEN,
                    "forfeit_fen": FEN,
                    "quota": by_name(thing({**_COUNTS, "quota": whole(least=0), "unused": whole(least=0)}), CLASS),
                },
            )
        },
        sessions=_SIGNED_IN,
        paged=True,
    ),
    "POST /periods/{period}/refunds/again": Door(
        OPERATOR,
        {202: thing({"batch": text(), "state": one_of("started")})},
        sessions=_SIGNED_IN,
        once=True,
    ),
    "POST /refunds/account-proposals": _account("proposed"),
    "POST /refunds/account-confirmations": _account("confirmed"),
    "GET /periods/{period}/finance-files": Door(
        OPERATOR,
        {
            200: thing(
                {
                    "period": PERIOD,
                    "editions": listed(
                        thing(
                            {
                                "number": whole(least=0),
                                "files": listed(
                                    thing({**_FILE, "bytes": whole(least=0), "sha256": SHA256, "sm3": SHA256})
                                ),
                            }
                        )
                    ),
                }
            )
        },
        sessions=_SIGNED_IN,
    ),
    "POST /periods/{period}/finance-files": Door(
        OPERATOR,
        {202: thing({"period": PERIOD, "state": one_of("started")})},
        asked({}, optional={"statements": listed(asked({"channel": text(r"[a-z]{2,20}"), "day": DATE}), 31)}),
        sessions=_SIGNED_IN,
        once=True,
    ),
    "GET /data-tables/{year}": Door(
        OPERATOR,
        {200: thing({"year": whole(least=2000), "files": listed(thing(_FILE))})},
        sessions=_SIGNED_IN,
    ),
}
