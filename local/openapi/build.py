"""Put the document together from the registered routes, the described doors and the codes that the code shows."""

from __future__ import annotations

import inspect
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from local.openapi import bidders, codes, counterparties, money, operators, public
from local.openapi.codes import Refusal
from local.openapi.schema import COMPONENTS, JSON, TAGS, Door, Schema, listed, named, text, thing, whole
from local.openapi.words import CODE, PERIOD, PROBLEM_FIELDS

DOORS: dict[str, Door] = {
    **public.DOORS,
    **bidders.DOORS,
    **operators.DOORS,
    **money.DOORS,
    **counterparties.DOORS,
}
PROBLEM_JSON = "application/problem+json"
# Of the gateway, in front of every door.
EVERYWHERE = (Refusal("INTERNAL", "HubError", "系统繁忙,请稍后重试"),)
_BODY = Refusal("BODY_NOT_JSON", "InvalidInput", "请求内容不是有效的 JSON")
_MEDIA = Refusal("MEDIA_TYPE_UNKNOWN", "NotUnderstood", "不支持的 Content-Type")
_ONCE = (
    Refusal("IDEMPOTENCY_KEY_INVALID", "InvalidInput", ""),
    Refusal("IDEMPOTENCY_KEY_REUSED", "Conflict", ""),
    Refusal("IDEMPOTENCY_KEY_BUSY", "Pending", ""),
)
_PROBLEM = named(
    "Problem",
    {
        **thing(
            {
                "type": text(r"urn:hangpai:problem:[a-z0-9_]+"),
                "title": text(about="The kind of error: what the caller can do."),
                "status": whole(),
                "code": text(r"[A-Z][A-Z0-9_]+", about="Stable: programs go by it. `x-problems` lists all."),
                "detail": text(about="A sentence for people, in Chinese."),
                "problems": listed(thing(PROBLEM_FIELDS)),
            }
        ),
        "description": "RFC 9457. `problems` names each thing that is wrong, without quoting personal data.",
    },
)
_IN_PATH: Mapping[str, Schema] = {
    "period": PERIOD,
    "month": PERIOD,
    "code": CODE,
    "year": text(r"20\d\d", example="2026"),
    "pay_code": text(r"\d{20}"),
    "approval_id": text(),
    "change_id": text(),
    "our_ref": text(r"[0-9A-Za-z_]{1,64}"),
    "channel": text(example="hangzhou"),
    "carrier": text(example="aliyun"),
    "key": text(),
    "name": text(),
}
_SCHEMES = {
    "account": "An account session, from `POST /account-sessions`, `/activations` or `/passwords`.",
    "bid": "A bid session, from `POST /sessions`.",
    "operator": "An operator's session, from `POST /operator-sessions`.",
}
_HEADERS: dict[str, Schema] = {
    "Retry-After": whole("Seconds.", 0),
    "ETag": text(about="Names this content: send it back as `If-None-Match`, and get 304 while it is the same."),
    "RateLimit-Limit": whole("Requests in the window of the limit that will stop the caller first.", 0),
    "RateLimit-Remaining": whole("How many of them are left.", 0),
    "RateLimit-Reset": whole("Seconds until the window begins anew.", 0),
    "Idempotency-Replayed": text("true", about="The answer is the one that was given before under this key."),
}
_TITLES = {
    200: "Done.",
    201: "Made.",
    202: "Taken in; it goes on by itself, or waits for another person.",
    304: "Unchanged.",
    400: "What was sent is wrong: correct it and send it again.",
    401: "Who is asking is not known: sign in.",
    403: "This person may not do this.",
    404: "There is no such thing.",
    409: "Same key with other content, or a state that has moved on.",
    415: "The Content-Type is not one that this door takes.",
    422: "A file that is wrong as a whole.",
    429: "Wait, then try again.",
    500: "The hub's own fault; it is on its log.",
    503: "The outcome is not known yet: ask again, never send it anew under another number.",
}


def document() -> dict[str, Any]:
    """The OpenAPI document. Raises ``LookupError`` where routes and described doors differ."""
    views = _views()
    if views.keys() != DOORS.keys():
        missing, gone = views.keys() - DOORS.keys(), DOORS.keys() - views.keys()
        raise LookupError(f"describe these doors in local/openapi: {sorted(missing)}; no longer there: {sorted(gone)}")
    paths: dict[str, dict[str, Any]] = defaultdict(dict)
    for name, door in DOORS.items():
        method, _, path = name.partition(" ")
        paths[path][method.lower()] = _operation(path, method, door, views[name])
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Hangpai",
            "version": "1",
            "summary": "Integration and payments hub of Hangzhou's monthly car-quota auction",
            "description": _ABOUT,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "./"}],
        "tags": [{"name": name, "description": about} for name, about in TAGS.items()],
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": dict(sorted(COMPONENTS.items())),
            "headers": {name: {"schema": schema} for name, schema in _HEADERS.items()},
            "securitySchemes": {
                name: {"type": "http", "scheme": "bearer", "description": about} for name, about in _SCHEMES.items()
            },
        },
        "x-problems": _problems(codes.everything()),
    }


def _problems(refusals: Iterable[Refusal]) -> dict[str, Any]:
    """Every code of the hub, those too that only stand on the operators' list or in a machine's failure."""
    by_code: dict[str, list[Refusal]] = defaultdict(list)
    for refusal in sorted(refusals):
        by_code[refusal.code].append(refusal)
    return {
        code: {
            "kinds": sorted({each.kind for each in made}),
            "statuses": sorted({each.status for each in made}),
            "sentences": sorted({each.message for each in made}),
        }
        for code, made in sorted(by_code.items())
    }


def document_text(made: Mapping[str, Any]) -> str:
    """The document as it is served."""
    return json.dumps(made, ensure_ascii=False, separators=(",", ":")) + "\n"


_ABOUT = """Money is whole fen (`_fen`), or yuan with two decimals where people read it (`_yuan`); bids are whole yuan.
Instants are UTC epoch milliseconds (`_ms`), or Asia/Shanghai's local time as text. Errors are problem+json (RFC 9457)
with a stable `code`. Lists take `limit` and `cursor` and answer `next`. A POST that makes something takes an
`Idempotency-Key`: the same key and content again get the same answer for a day. Answers to GETs bear an `ETag`."""


def _views() -> dict[str, Any]:
    from app import app
    from chalicelib.bidding import bid

    found = {
        f"{method} {path}": entry.view_function
        for path, methods in app.routes.items()
        for method, entry in methods.items()
    }
    # A function of its own, in front of which the gateway has its own path (infra/api.yaml).
    return {**found, "POST /bids": bid.answer}


def _operation(path: str, method: str, door: Door, view: Any) -> dict[str, Any]:
    refusals = {*EVERYWHERE, *codes.reached(view), *codes.of_files(*door.behind)}
    bid = path == "/bids"
    if method == "POST":
        refusals |= set() if bid else {_MEDIA}
        refusals |= {_BODY} if door.takes is not None and door.kind == JSON and not bid else set()
    refusals |= set(_ONCE) if door.once else set()
    responses: dict[str, Any] = {}
    for status, schema in door.answers.items():
        responses[str(status)] = _answer(status, method, door, schema)
    if method == "GET":
        responses["304"] = {"description": _TITLES[304], "headers": _headers("ETag")}
    by_status: dict[int, set[str]] = defaultdict(set)
    for refusal in refusals:
        by_status[refusal.status].add(refusal.code)
    for status, names in sorted(by_status.items()):
        _refused(responses, status, sorted(names), door)
    described = inspect.cleandoc(door.about or inspect.unwrap(view).__doc__ or "")
    made: dict[str, Any] = {
        "tags": [door.tag],
        "operationId": _operation_id(method, path),
        "summary": _first_sentence(described),
        "description": described,
        "parameters": _parameters(path, door),
        "responses": dict(sorted(responses.items())),
    }
    if door.sessions:
        made["security"] = [{name: []} for name in door.sessions]
    if door.takes is not None:
        made["requestBody"] = {"required": True, "content": {door.kind: {"schema": door.takes}}}
    return made


def _answer(status: int, method: str, door: Door, schema: Schema | None) -> dict[str, Any]:
    headers = ["ETag"] if method == "GET" and status == 200 else []
    headers += ["RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"] if door.limited else []
    headers += ["Idempotency-Replayed"] if door.once else []
    answer: dict[str, Any] = {"description": _TITLES[status], "content": {door.answer_kind: {"schema": schema}}}
    return answer | ({"headers": _headers(*headers)} if headers else {})


def _refused(responses: dict[str, Any], status: int, names: list[str], door: Door) -> None:
    enumerated: Schema = {"properties": {"code": {"enum": names}, "status": {"const": status}}}
    content = {PROBLEM_JSON: {"schema": {"allOf": [_PROBLEM, enumerated]}}}
    if door.own_errors:
        content |= {door.answer_kind: {"schema": text()}}
    answer = responses.setdefault(str(status), {"description": _TITLES[status], "content": {}})
    answer["content"] |= content
    wanted = ["Retry-After"] if status in (429, 503) else []
    wanted += ["RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"] if door.limited else []
    if wanted:
        answer["headers"] = _headers(*wanted)


def _headers(*names: str) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _parameters(path: str, door: Door) -> list[dict[str, Any]]:
    found = [
        {"name": name, "in": "path", "required": True, "schema": _IN_PATH[name]}
        for name in re.findall(r"\{(\w+)\}", path)
    ]
    query = dict(door.query)
    if door.paged:
        most = 200 if path.startswith("/audit-trail") else 1_000
        query["limit?"] = {"type": "integer", "minimum": 1, "maximum": most}
        query["cursor?"] = text(about="`next` of the page before.")
    for name, schema in query.items():
        found.append({"name": name.rstrip("?"), "in": "query", "required": not name.endswith("?"), "schema": schema})
    for name, schema in door.headers.items():
        found.append({"name": name, "in": "header", "required": False, "schema": schema})
    if door.once:
        key = text(r"[\x21-\x7e]{1,128}", about="The caller's own, such as a UUID; good for a day.")
        found.append({"name": "Idempotency-Key", "in": "header", "required": False, "schema": key})
    return found


def _operation_id(method: str, path: str) -> str:
    words = [word for word in re.split(r"[^A-Za-z0-9]+", path) if word]
    return "_".join([method.lower(), *words]).replace("-", "_")


def _first_sentence(described: str) -> str:
    line = " ".join(described.split())
    return (re.split(r"(?<=[.;:]) |: ", line, maxsplit=1)[0] or line)[:120].replace("`", "")


def problems_page(problems: Mapping[str, Any]) -> str:
    """Every code with its status, its sentences and what the caller can do."""
    lines = [
        "# Codes of refusals",
        "",
        "Every door answers a refusal as problem+json (RFC 9457) with one of these codes. A code never changes its",
        "meaning; sentences may. A code that no door of the API answers is written on the operators' list instead, or",
        "stands in a state machine's failure. Written by `make api-docs` from the code.",
        "",
        "| kind | status | what to do |",
        "|---|---|---|",
    ]
    for name, kind in codes.KINDS.items():
        said = "" if name == "HubError" else " ".join((kind.__doc__ or "").split())
        lines.append(f"| `{name}` | {kind.status} | {said or 'The hub is at fault: try again, or call.'} |")
    lines += ["", "| code | status | kind | sentence |", "|---|---|---|---|"]
    for code, made in problems.items():
        kinds, statuses = (" / ".join(map(str, made[name])) for name in ("kinds", "statuses"))
        sentences = "<br>".join(each.replace("|", "\\|") for each in made["sentences"][:3])
        lines.append(f"| `{code}` | {statuses} | {kinds} | {sentences} |")
    return "\n".join(lines) + "\n"
