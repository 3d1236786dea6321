"""Every page of the console and which roles open it."""

from __future__ import annotations

from chalicelib.console import (
    approval_pages,
    auction_pages,
    day_pages,
    deposit_pages,
    file_pages,
    hotline_pages,
    month_pages,
    trail_pages,
)
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
    Page("GET", f"{_PERIOD}/plan", ROLES, month_pages.plan),
    Page("GET", f"{_PERIOD}/deposits", ROLES, deposit_pages.show),
    Page("GET", f"{_PERIOD}/doubtful", ROLES, deposit_pages.doubtful),
    Page("POST", f"{_PERIOD}/doubtful/proposals", ("cashier",), deposit_pages.propose),
    Page("POST", f"{_PERIOD}/doubtful/confirmations", ("approver",), deposit_pages.confirm),
    Page("GET", f"{_PERIOD}/differences", ROLES, deposit_pages.differences),
    Page("GET", f"{_PERIOD}/auction", ROLES, auction_pages.show),
    Page("POST", f"{_PERIOD}/auction/pauses", ("planner",), auction_pages.pause),
    Page("GET", f"{_PERIOD}/texts", ROLES, month_pages.texts),
    Page("GET", f"{_PERIOD}/treasury", ROLES, month_pages.treasury),
    Page("GET", f"{_PERIOD}/refunds", ROLES, month_pages.refunds_of),
    Page("GET", f"{_PERIOD}/files", file_pages.READERS, file_pages.listing),
    Page("GET", f"{_PERIOD}/files/{{shelf}}/{{name}}", file_pages.READERS, file_pages.fetch),
    Page("GET", f"{_PERIOD}/hotline", ROLES, hotline_pages.desk),
    Page("POST", f"{_PERIOD}/hotline", hotline_pages.DESK, hotline_pages.find),
    Page("GET", f"{_PERIOD}/hotline/{{code}}", hotline_pages.DESK, hotline_pages.story),
    Page("POST", f"{_PERIOD}/hotline/{{code}}", hotline_pages.DESK, hotline_pages.log),
    Page("GET", f"{_PERIOD}/contacts", ROLES, hotline_pages.counted),
)
