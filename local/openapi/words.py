"""Schemas that many doors share."""

from __future__ import annotations

from local.openapi.schema import Schema, by_name, listed, named, one_of, some, text, thing, whole

PERIOD = text(r"20\d\d-(0[1-9]|1[0-2])", example="2026-03", about="The month that names the period.")
LOCAL_TIME = text(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}", about="Asia/Shanghai, to the millisecond.")
DATE = {"type": "string", "format": "date"}
MS = whole("UTC epoch milliseconds.")
FEN = whole("CNY 1 = 100 fen.")
YUAN = text(r"-?\d+\.\d\d", example="2000.00", about="Yuan.")
WHOLE_YUAN = whole("Whole yuan.")
CLASS = one_of("individual", "unit")
CODE = text(r"[0-9A-Za-z-]{1,32}", example="2026030000001", about="The application code (申请编码).")
PHONE = text(r"1[3-9]\d{9}", example="13800000001")
SMS_CODE = text(r"\d{6}", example="123456")
PASSWORD = text(longest=200, about="8 to 64 characters with letters and digits.")
REASON = text(longest=200)
SHA256 = text(r"[0-9a-f]{64}")
BASE64 = text(r"[A-Za-z0-9+/]*={0,2}")
FLAG: Schema = {"type": "boolean"}
TOKEN = text(about="Sent as `Authorization: Bearer`.")
ANY: Schema = {}

DOCUMENT = named(
    "Document",
    thing({"file_name": text(), "content_type": text(), "sha256": SHA256, "content": BASE64}),
)
MILESTONE = named("Milestone", thing({"at": text(example="2026-03-25T09:00:00.000"), "date": DATE}))
STATEMENT = named("StatementDue", thing({"channel": text(), "day": DATE, "due": MILESTONE}))
NUMBERS = by_name(whole(least=0), CLASS)
_PLAN_NUMBERS = {
    "quotas": NUMBERS,
    "last_average_fen": NUMBERS,
    "lows_fen": by_name(listed(whole(least=0), 500), CLASS),
    "last_mean_fen": NUMBERS,
}
PLAN = named(
    "Plan",
    thing(
        {
            "period": PERIOD,
            "city": text(),
            "rules_version": text(),
            "milestones": by_name(MILESTONE),
            "broadcasts": listed(MILESTONE),
            "statements": listed(STATEMENT),
            **_PLAN_NUMBERS,
        },
        optional={"warning_fen": NUMBERS},
    ),
)
DRAFT = named(
    "PlanDraft",
    thing(
        {"period": PERIOD, "city": text(example="hangzhou"), "quotas": NUMBERS},
        optional={
            **{name: schema for name, schema in _PLAN_NUMBERS.items() if name != "quotas"},
            "warning_fen": NUMBERS,
            "dates": by_name(DATE),
        },
    ),
)
AMENDMENT = named(
    "Amendment",
    thing(
        {"reason": text(longest=500)},
        optional={
            "milestones": by_name(MILESTONE),
            "broadcasts": listed(MILESTONE, 500),
            "statements": listed(STATEMENT, 500),
        },
    ),
)
STANDING = {
    "period": PERIOD,
    "state": one_of("draft", "running", "rejected", "stopped", "finished"),
    "attempt": whole(least=1),
}
PERIOD_STATE = named("PeriodState", thing(STANDING))
OPEN_PERIOD = named("Period", thing({**STANDING, "approved": FLAG, "plan": some(PLAN), "reached": by_name(LOCAL_TIME)}))
APPROVAL = named(
    "Approval",
    thing(
        {
            "id": text(),
            "period": PERIOD,
            "kind": text(example="refund_batch"),
            "subject": text(),
            "totals": by_name(ANY),
            "made_by": text(),
            "state": one_of("waiting", "approved", "rejected"),
            "decided_by": text(),
            "reason": text(),
        }
    ),
)
PROBLEM_FIELDS = {"line": whole(least=0), "field": text(), "found": text(), "remedy": text()}
APPLICANT = named(
    "Applicant",
    thing(
        {
            "period": PERIOD,
            "application_code": CODE,
            "bidder_class": CLASS,
            "name": text(example="王**"),
            "id_number": text(example="110105********002X"),
            "phone": text(example="138****0001"),
            "valid_from": text(),
            "valid_until": text(),
            "audit": one_of("", "passed", "failed"),
            "audit_reason": text(),
            "qualified": FLAG,
            "refusal": text(),
            "refusal_text": text(),
            "withdrawn_at": some(LOCAL_TIME),
            "activated_at": some(LOCAL_TIME),
            "rollover": FLAG,
            "locked": FLAG,
        }
    ),
)
RECEIPT = named(
    "BidReceipt",
    thing(
        {
            "receipt": thing(
                {
                    "period": PERIOD,
                    "bidder_class": CLASS,
                    "application_code": CODE,
                    "request_id": text(),
                    "price": WHOLE_YUAN,
                    "bid_at": LOCAL_TIME,
                    "bid_number": whole(least=1),
                    "bids_left": whole(least=0),
                },
                optional={"lowest": WHOLE_YUAN, "lowest_at": LOCAL_TIME},
            ),
            "signature": BASE64,
            "public_key": BASE64,
        }
    ),
)
TREE_HEAD = named(
    "TreeHead",
    thing(
        {
            "head": thing(
                {
                    "what": text(),
                    "period": PERIOD,
                    "size": whole(least=0),
                    "root": SHA256,
                    "at": LOCAL_TIME,
                    "at_ms": MS,
                    "final": FLAG,
                }
            ),
            "signature": BASE64,
            "public_key": BASE64,
        }
    ),
)
ANNOUNCED = {
    "quota": whole(least=0),
    "bidders": whole(least=0),
    "winners": whole(least=0),
    "lowest": some(WHOLE_YUAN),
    "average": some(WHOLE_YUAN),
    "at_lowest": whole(least=0),
    "won_at_lowest": whole(least=0),
    "last_winner_at": some(LOCAL_TIME),
    "mean_bid": some(WHOLE_YUAN),
    "trimmed_mean": some(WHOLE_YUAN),
}
DEPOSIT = named(
    "Deposit",
    thing(
        {
            "application_code": CODE,
            "state": one_of("held", "rolled", "forfeited", "refunding", "refunded"),
            "amount_yuan": YUAN,
            "excess_yuan": YUAN,
        }
    ),
)
