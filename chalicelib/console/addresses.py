"""Every page of the console and which roles open it."""

from __future__ import annotations

from chalicelib.console import approval_pages, day_pages, trail_pages
from chalicelib.console.pages import Page
from chalicelib.periods.operators import ROLES

_PERIOD = "/console/{period}"

PAGES = (
    Page("GET", "/console", ROLES, day_pages.latest),
    Page("GET", "/console/trail", ("auditor",), trail_pages.show),
    Page("GET", _PERIOD, ROLES, day_pages.show),
    Page("GET", f"{_PERIOD}/approvals", ROLES, approval_pages.listing),
    Page("GET", f"{_PERIOD}/approvals/{{approval}}", ROLES, approval_pages.show),
    Page("POST", f"{_PERIOD}/approvals/{{approval}}", ("approver",), approval_pages.decide),
)
