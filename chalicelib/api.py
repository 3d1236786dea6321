"""The API's doors: every room's routes, and one place where an error becomes an answer (RFC 9457, problem+json)."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

from chalice.app import BadRequestError, Chalice, Request, Response

from chalicelib.applicants.desk_routes import desk_routes
from chalicelib.applicants.routes import applicants_routes
from chalicelib.auctions.routes import auctions_routes
from chalicelib.bidlog.routes import bidlog_routes
from chalicelib.deposits.payment_routes import payment_routes
from chalicelib.deposits.routes import deposits_routes
from chalicelib.edge.answering import finished
from chalicelib.edge.document import document_text
from chalicelib.edge.repeating import once
from chalicelib.evidence.routes import evidence_routes
from chalicelib.kernel import rates
from chalicelib.kernel.errors import HubError, InvalidInput, NotUnderstood
from chalicelib.kernel.log import logger
from chalicelib.messages.routes import messages_routes
from chalicelib.periods.routes import periods_routes
from chalicelib.refunds.routes import refunds_routes
from chalicelib.reports.finance_routes import finance_routes
from chalicelib.reports.routes import reports_routes
from chalicelib.treasury.desk_routes import treasury_desk_routes
from chalicelib.treasury.routes import treasury_routes

PROBLEM_JSON = "application/problem+json"


def problem(error: HubError) -> Response:
    """The answer to an error that the hub knows: stable code, Chinese sentence, and what is wrong where."""
    body = json.dumps(error.as_problem(), ensure_ascii=False)
    return Response(body, {"Content-Type": PROBLEM_JSON}, error.status)


def _answering(view: Callable[..., Any]) -> Callable[..., Any]:
    """The view with its errors answered. Around each view, because Chalice turns errors into 500 before middleware."""

    @wraps(view)
    def answer(*args: Any, **named: Any) -> Any:
        try:
            return view(*args, **named)
        except HubError as error:
            logger.info("refused", extra={"view": view.__name__, "code": error.code})
            return problem(error)
        except (BadRequestError, RecursionError):
            # Chalice's own: a body that is not JSON. And JSON nested deeper than any of ours.
            return problem(_not_json())
        except Exception:
            # What it was stands in the log; the caller learns that it was not them.
            logger.exception("failed", extra={"view": view.__name__})
            return problem(HubError("INTERNAL", "系统繁忙,请稍后重试"))

    return answer


def health() -> dict[str, Any]:
    """Whether the API answers at all; it touches nothing."""
    return {"status": "ok"}


def openapi() -> Response:
    """This API as an OpenAPI 3.1 document, for everybody."""
    return Response(document_text(), {"Content-Type": "application/json"})


def open_doors(app: Chalice) -> None:
    """Register the routes of every room that has any."""
    app.route("/health")(health)
    app.route("/openapi.json")(openapi)
    for routes in (
        periods_routes,
        applicants_routes,
        desk_routes,
        deposits_routes,
        payment_routes,
        auctions_routes,
        bidlog_routes,
        treasury_routes,
        treasury_desk_routes,
        refunds_routes,
        messages_routes,
        evidence_routes,
        finance_routes,
        reports_routes,
    ):
        app.register_blueprint(routes)
    answer_errors(app)


def answer_errors(app: Chalice) -> None:
    """Let every route that the app has by now answer its errors as problems, and every answer go over the edge."""
    for methods in app.routes.values():
        for entry in methods.values():
            entry.view_function = _answering(entry.view_function)
    app.register_middleware(_over_the_edge, "http")


def _over_the_edge(request: Request, get_response: Callable[[Request], Response]) -> Response:
    rates.forget()
    try:
        _check_body(request)
        response = once(request, lambda: _in_our_words(get_response(request)))
    except HubError as error:
        response = problem(error)
    except Exception:
        logger.exception("failed", extra={"view": "edge"})
        response = problem(HubError("INTERNAL", "系统繁忙,请稍后重试"))
    return finished(request, response)


def _check_body(request: Request) -> None:
    """Raise ``InvalidInput`` (``BODY_NOT_JSON``) for what Python reads as JSON and nobody can write again: half a
    surrogate pair, ``NaN``. What is no JSON at all is for the view to say, which may want something else."""
    try:
        found = request.json_body
    except (BadRequestError, RecursionError):
        return
    try:
        json.dumps(found, ensure_ascii=False, allow_nan=False).encode()
    except ValueError as error:
        raise _not_json() from error


def _not_json() -> InvalidInput:
    return InvalidInput("BODY_NOT_JSON", "请求内容不是有效的 JSON")


def _in_our_words(response: Response) -> Response:
    """Chalice's own refusal as a problem like any other."""
    if response.status_code == NotUnderstood.status:
        return problem(NotUnderstood("MEDIA_TYPE_UNKNOWN", "不支持的 Content-Type"))
    return response
