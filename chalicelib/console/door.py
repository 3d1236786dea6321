"""The console's function: every page's request comes in here, is let through or refused, and is answered.

A function of its own, behind the API's ``/console``: it may read what operators read, and do what they decide; the
API's function, which bidders and counterparties speak to, gets none of these rights (docs/decisions/0040).
"""

from __future__ import annotations

from functools import cache
from typing import Any

from chalicelib.console import sessions
from chalicelib.console.addresses import PAGES
from chalicelib.console.oidc import Client, Provider
from chalicelib.console.pages import Ask, Page
from chalicelib.console.rendering import STATIC, outside, page, static_file
from chalicelib.console.sessions import SignedIn
from chalicelib.console.web import Answer, Request, redirect, request_of
from chalicelib.kernel.errors import HubError, NotAllowed, NotAuthenticated, NotFound
from chalicelib.kernel.log import logger
from chalicelib.wiring import hub

SIGN_IN, SIGNED_IN, SIGN_OUT = "/console/sign-in", "/console/signed-in", "/console/sign-out"
_STATIC = "/console/static/"
GUARDS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Strict-Transport-Security": "max-age=31536000",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def handle(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Answer an event of API Gateway's. Whatever goes wrong is a page as well, and nothing of it is told."""
    del context
    try:
        answer = _answer(request_of(event))
    except HubError as error:
        answer = outside("refused.html", status=error.status, message=error.message)
    except Exception:
        logger.exception("console failed")
        answer = outside("refused.html", status=500, message="系统繁忙，请稍后重试")
    return answer.as_event(GUARDS)


def _answer(request: Request) -> Answer:
    path = request.path.rstrip("/")
    if path.startswith(_STATIC):
        return _static(path)
    if path == SIGN_IN:
        return outside("sign_in.html", message="", said=request.query.get("said", "") == "signed-out")
    if path in (f"{SIGN_IN}/go", SIGNED_IN):
        return _signing_in(request, path)
    now_ms = hub().clock.now_ms()
    try:
        operator = sessions.signed_in(request, now_ms)
    except NotAuthenticated:
        # A part that refreshes itself: the whole page goes to the sign-in.
        away = Answer("", 401, headers={"HX-Redirect": SIGN_IN})
        return away if request.partial else redirect(SIGN_IN)
    return _inside(request, path, operator, now_ms)


def _inside(request: Request, path: str, operator: SignedIn, now_ms: int) -> Answer:
    if request.method == "POST":
        operator.check_csrf(request.form.get("csrf", ""))
    if path == SIGN_OUT and request.method == "POST":
        return redirect(f"{SIGN_IN}?said=signed-out", sessions.sign_out(operator))
    found, named = find_page(request.method, path)
    ask = Ask(request, operator, named, now_ms, found)
    try:
        if not ask.may(*found.roles):
            raise NotAllowed("ROLE_NEEDED", "您没有办理此业务的权限")
        return found.view(ask)
    except HubError as error:
        logger.info("refused", extra={"page": found.path, "code": error.code})
        return page(ask, "error.html", status=error.status, error=error)


def find_page(method: str, path: str) -> tuple[Page, dict[str, str]]:
    """The page of an address. Raises ``NotFound`` (``PAGE_UNKNOWN``)."""
    for each in PAGES:
        if each.method == method and (found := each.pattern.fullmatch(path)):
            return each, found.groupdict()
    raise NotFound("PAGE_UNKNOWN", "没有这个页面")


def _signing_in(request: Request, path: str) -> Answer:
    here = hub()
    now_ms = here.clock.now_ms()
    if path != SIGNED_IN:
        address, cookie = sessions.begin(provider(), here.entropy, now_ms)
        return redirect(address, cookie)
    try:
        cookies = sessions.finish(request, provider(), here.entropy, now_ms)
    except HubError as error:
        logger.info("refused", extra={"page": SIGNED_IN, "code": error.code})
        return outside("sign_in.html", status=error.status, message=error.message, said=False)
    return redirect("/console", *cookies)


def _static(path: str) -> Answer:
    name = path.rsplit("/", 1)[-1]
    if name not in STATIC:
        raise NotFound("PAGE_UNKNOWN", "没有这个页面")
    content, digest = static_file(name)
    if path != f"{_STATIC}{digest}/{name}":
        raise NotFound("PAGE_UNKNOWN", "没有这个页面")
    # Text, so that no setting of the API about binary types matters.
    headers = {"Cache-Control": "public, max-age=31536000, immutable"}
    return Answer(content.decode(), content_type=STATIC[name], headers=headers)


@cache
def provider() -> Provider:
    """The OpenID provider of this stage."""
    here = hub()
    config = here.settings
    return Provider(
        Client(
            config.need("OIDC_ISSUER"),
            config.need("OIDC_CLIENT_ID"),
            here.keys.secret("OIDC_SECRET"),
            f"{config.need('CONSOLE_URL').rstrip('/')}{SIGNED_IN}",
            config.environment.get("OIDC_NAME_CLAIM") or "preferred_username",
        )
    )
