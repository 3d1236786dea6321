"""Operators' doors: the period, the applicants' desk, the campaigns."""

from __future__ import annotations

from local.openapi.schema import OPERATOR, Door, asked, by_name, listed, one_of, page, some, text, thing, whole
from local.openapi.words import (
    AMENDMENT,
    ANY,
    APPLICANT,
    APPROVAL,
    CODE,
    DATE,
    DOCUMENT,
    DRAFT,
    FEN,
    FLAG,
    LOCAL_TIME,
    MS,
    PASSWORD,
    PERIOD,
    PERIOD_STATE,
    PHONE,
    PLAN,
    PROBLEM_FIELDS,
    REASON,
    SHA256,
    TOKEN,
)

_SIGNED_IN = ("operator",)
_CHANGE = thing({"field": text(), "before": ANY, "after": ANY}, optional={})
_NOTICE = {
    "year": {"type": "integer", "minimum": 2004, "maximum": 2099},
    "holidays": listed(DATE, 400),
    "workdays": listed(DATE, 400),
    "source": text(longest=200),
}
_ENTRY = thing({**_NOTICE, "number": whole(least=1), "entered_by": text(), "entered_at_ms": MS})
_ROOT = "/periods/{period}/applicants/{code}"

_ATTACHMENT = {
    "name": text(longest=100),
    "kind": one_of("video", "audio", "scan", "photo", "other"),
    "bytes": whole(least=1),
    "sha256": SHA256,
    "sm3": SHA256,
}

DOORS = {
    "POST /operator-sessions": Door(
        OPERATOR,
        {201: thing({"token": TOKEN, "roles": listed(text()), "expires_at_ms": MS})},
        asked({"name": text(longest=1_000), "password": text(longest=1_000)}),
    ),
    "POST /periods": Door(OPERATOR, {201: PERIOD_STATE}, PLAN, sessions=_SIGNED_IN, once=True),
    "POST /plan-drafts": Door(OPERATOR, {200: PLAN}, DRAFT, sessions=_SIGNED_IN, once=True),
    "GET /calendar": Door(OPERATOR, {200: page("entries", _ENTRY)}, sessions=_SIGNED_IN, paged=True),
    "POST /calendar": Door(OPERATOR, {201: _ENTRY}, thing(_NOTICE), sessions=_SIGNED_IN, once=True),
    "POST /periods/{period}/restart": Door(
        OPERATOR,
        {202: PERIOD_STATE},
        asked({}, optional={"abandoned": FLAG}),
        sessions=_SIGNED_IN,
        once=True,
    ),
    "POST /periods/{period}/attachments": Door(
        OPERATOR,
        {
            201: thing(
                {
                    "sha256": SHA256,
                    "upload": some(
                        thing(
                            {
                                "url": text(about="Takes one PUT of the file, within the hour."),
                                "headers": by_name(text()),
                            }
                        )
                    ),
                }
            )
        },
        asked(_ATTACHMENT),
        sessions=_SIGNED_IN,
        once=True,
    ),
    "GET /periods/{period}/attachments": Door(
        OPERATOR,
        {
            200: thing(
                {
                    "period": PERIOD,
                    "attachments": listed(
                        thing(
                            {
                                **_ATTACHMENT,
                                "upload": one_of("none", "arrived", "differs"),
                                "sealed_in": some(text(about="The package that names it.")),
                            }
                        )
                    ),
                }
            )
        },
        sessions=_SIGNED_IN,
    ),
    "POST /periods/{period}/amendments": Door(OPERATOR, {201: APPROVAL}, AMENDMENT, sessions=_SIGNED_IN, once=True),
    "GET /periods/{period}/plan-versions": Door(
        OPERATOR,
        {
            200: page(
                "versions",
                thing(
                    {
                        "number": whole(least=1),
                        "kind": text(),
                        "state": one_of("waiting", "rejected", "published", "replaced"),
                        "made_by": text(),
                        "made_at": LOCAL_TIME,
                        "reason": text(),
                        "decided_by": text(),
                        "decided_at": text(),
                        "decision_reason": text(),
                        "digest": text(),
                        "changes": listed(_CHANGE),
                        "plan": PLAN,
                    }
                ),
            )
        },
        sessions=_SIGNED_IN,
        paged=True,
    ),
    "GET /audit-trail/{month}": Door(
        OPERATOR,
        {
            200: page(
                "acts",
                thing(
                    {
                        "at": LOCAL_TIME,
                        "by": text(),
                        "roles": listed(text()),
                        "act": text(),
                        "subject": text(),
                        "before": by_name(ANY),
                        "after": by_name(ANY),
                    }
                ),
            )
        },
        query={"of?": one_of("acts", "sign-ins")},
        sessions=_SIGNED_IN,
        paged=True,
    ),
    "GET /periods/{period}/approvals": Door(
        OPERATOR,
        {200: page("approvals", APPROVAL)},
        query={"state?": one_of("waiting", "approved", "rejected")},
        sessions=_SIGNED_IN,
        paged=True,
    ),
    "POST /approvals/{approval_id}": Door(
        OPERATOR,
        {200: APPROVAL},
        asked(
            {"decision": one_of("approved", "rejected")}, optional={"reason": {"type": "string", "maxLength": 1_000}}
        ),
        sessions=_SIGNED_IN,
        once=True,
    ),
    "GET /periods/{period}/problems": Door(
        OPERATOR,
        {200: page("problems", thing({"source": text(), "code": text(), "message": text(), **PROBLEM_FIELDS}))},
        sessions=_SIGNED_IN,
        paged=True,
    ),
    "GET /periods/{period}/announcement": Door(
        OPERATOR,
        {
            200: thing(
                {
                    "period": PERIOD,
                    "edition": thing(
                        {
                            "number": whole(least=1),
                            "state": one_of("draft", "published"),
                            "issued_on": some(DATE),
                            "reason": text(),
                            "changes": listed(by_name(ANY)),
                        }
                    ),
                    "document": DOCUMENT,
                }
            )
        },
        query={
            "version?": {"type": "integer", "minimum": 0, "maximum": 9_999},
            "file?": one_of(
                "announcement.csv",
                "announcement.docx",
                "announcement.html",
                "announcement.json",
                "calendar.png",
                "calendar.svg",
            ),
        },
        sessions=_SIGNED_IN,
    ),
    "POST /periods/{period}/pauses": Door(
        OPERATOR,
        {202: thing({"period": PERIOD, "action": text(), "number": whole(least=0), "reason": text()})},
        asked({"action": one_of("pause", "resume"), "reason": REASON}),
        sessions=_SIGNED_IN,
        once=True,
    ),
    f"GET {_ROOT}": Door(OPERATOR, {200: APPLICANT}, sessions=_SIGNED_IN),
    f"POST {_ROOT}/changes": Door(
        OPERATOR,
        {202: thing({"change_id": text()})},
        asked(
            {"kind": one_of("phone", "password", "withdrawal", "validity"), "reason": REASON},
            optional={"phone": PHONE, "valid_until": DATE},
        ),
        sessions=_SIGNED_IN,
        once=True,
    ),
    f"POST {_ROOT}/changes/{{change_id}}": Door(OPERATOR, {200: APPLICANT}, sessions=_SIGNED_IN, once=True),
    f"POST {_ROOT}/activation": Door(
        OPERATOR,
        {201: APPLICANT},
        asked({"id_number": text(r"[0-9A-Za-z]{18}"), "password": PASSWORD, "rollover": FLAG}),
        sessions=_SIGNED_IN,
        once=True,
    ),
    "GET /sms-reports": Door(
        OPERATOR,
        {200: thing({"carriers": listed(thing({"name": text(), "path": text()}))})},
        sessions=_SIGNED_IN,
        about="Where each carrier of texts is to report, for setting it up there: a secret between the hub and it.",
    ),
    "GET /periods/{period}/campaigns": Door(
        OPERATOR,
        {
            200: thing(
                {
                    "campaigns": listed(
                        thing(
                            {
                                "name": text(),
                                "stage": whole(least=0),
                                "title": text(),
                                "sent": whole(least=0),
                                "delivered": whole(least=0),
                                "failed": by_name(whole(least=0)),
                                "waiting": whole(least=0),
                                "pending": by_name(whole(least=0)),
                            }
                        )
                    )
                }
            )
        },
        sessions=_SIGNED_IN,
    ),
    "POST /periods/{period}/campaigns/{name}/dry-run": Door(
        OPERATOR,
        {
            200: thing(
                {
                    "count": whole(least=0),
                    "parts": whole(least=0),
                    "cost_fen": FEN,
                    "samples": listed(thing({"text": text(), "parts": whole(least=1)})),
                    "approval": FLAG,
                }
            )
        },
        sessions=_SIGNED_IN,
    ),
    "POST /periods/{period}/campaigns/{name}/start": Door(
        OPERATOR,
        {202: thing({"campaign": text(), "state": one_of("started")})},
        asked({"request_id": text(r"[0-9A-Za-z]{8,40}")}),
        sessions=_SIGNED_IN,
        once=True,
    ),
    "POST /deposits/correction-proposals": Door(
        OPERATOR,
        {202: thing({"payment": text(), "application_code": CODE, "state": one_of("proposed")})},
        asked(
            {
                "period": PERIOD,
                "channel": text(r"[a-z_]{2,20}"),
                "serial": text(r"[0-9A-Za-z_-]{1,64}"),
                "application_code": text(r"[0-9A-Za-z]{6,32}"),
            }
        ),
        sessions=_SIGNED_IN,
        once=True,
    ),
}
