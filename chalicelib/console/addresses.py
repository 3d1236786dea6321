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
    plan_pages,
    problem_pages,
    refund_pages,
    text_pages,
    trail_pages,
    treasury_pages,
)
from chalicelib.console.pages import Page
from chalicelib.periods.operators import ROLES

_PERIOD = "/console/{period}"

PAGES = (
    Page("GET", "/console", ROLES, day_pages.latest),
    Page("GET", "/console/trail", ("auditor",), trail_pages.show),
    Page("GET", "/console/plans/new", ("planner",), plan_pages.new),
    Page("POST", "/console/plans/drafts", ("planner",), plan_pages.draft),
    Page("POST", "/console/plans", ("planner",), plan_pages.submit),
    Page("GET", _PERIOD, ROLES, day_pages.show),
    Page("GET", f"{_PERIOD}/approvals", ROLES, approval_pages.listing),
    Page("GET", f"{_PERIOD}/approvals/{{approval}}", ROLES, approval_pages.show),
    Page("POST", f"{_PERIOD}/approvals/{{approval}}", ("approver",), approval_pages.decide),
    Page("GET", f"{_PERIOD}/plan", ROLES, plan_pages.show),
    Page("POST", f"{_PERIOD}/plan/amendments", ("planner",), plan_pages.amend),
    Page("POST", f"{_PERIOD}/plan/restart", ("planner",), plan_pages.restart),
    Page("GET", f"{_PERIOD}/problems", ROLES, problem_pages.listing),
    Page("GET", f"{_PERIOD}/deposits", ROLES, deposit_pages.show),
    Page("GET", f"{_PERIOD}/doubtful", ROLES, deposit_pages.doubtful),
    Page("POST", f"{_PERIOD}/doubtful/proposals", ("cashier",), deposit_pages.propose),
    Page("POST", f"{_PERIOD}/doubtful/confirmations", ("approver",), deposit_pages.confirm),
    Page("GET", f"{_PERIOD}/differences", ROLES, deposit_pages.differences),
    Page("GET", f"{_PERIOD}/auction", ROLES, auction_pages.show),
    Page("POST", f"{_PERIOD}/auction/pauses", ("planner",), auction_pages.pause),
    Page("GET", f"{_PERIOD}/texts", ROLES, text_pages.listing),
    Page("GET", f"{_PERIOD}/texts/{{campaign}}", ROLES, text_pages.show),
    Page("POST", f"{_PERIOD}/texts/{{campaign}}/dry-run", ROLES, text_pages.try_out),
    Page("POST", f"{_PERIOD}/texts/{{campaign}}/start", ("planner",), text_pages.start),
    Page("GET", f"{_PERIOD}/treasury", ROLES, month_pages.treasury),
    Page("GET", f"{_PERIOD}/treasury/{{pay_code}}", ROLES, treasury_pages.show),
    Page("POST", f"{_PERIOD}/treasury/{{pay_code}}/proposals", ("cashier",), treasury_pages.act),
    Page("POST", f"{_PERIOD}/treasury/{{pay_code}}/confirmations", ("approver",), treasury_pages.act),
    Page("GET", f"{_PERIOD}/refunds", ROLES, month_pages.refunds_of),
    Page("POST", f"{_PERIOD}/refunds/again", ("cashier",), refund_pages.again),
    Page("GET", f"{_PERIOD}/refunds/{{our_ref}}", ROLES, refund_pages.show),
    Page("POST", f"{_PERIOD}/refunds/{{our_ref}}/proposals", ("cashier",), refund_pages.propose),
    Page("POST", f"{_PERIOD}/refunds/{{our_ref}}/confirmations", ("approver",), refund_pages.confirm),
    Page("GET", f"{_PERIOD}/files", file_pages.READERS, file_pages.listing),
    Page("POST", f"{_PERIOD}/files/again", ("cashier",), file_pages.draw_up),
    Page("GET", f"{_PERIOD}/files/{{shelf}}/{{name}}", file_pages.READERS, file_pages.fetch),
    Page("GET", f"{_PERIOD}/hotline", ROLES, hotline_pages.desk),
    Page("POST", f"{_PERIOD}/hotline", hotline_pages.DESK, hotline_pages.find),
    Page("GET", f"{_PERIOD}/hotline/{{code}}", hotline_pages.DESK, hotline_pages.story),
    Page("POST", f"{_PERIOD}/hotline/{{code}}", hotline_pages.DESK, hotline_pages.log),
    Page("GET", f"{_PERIOD}/contacts", ROLES, hotline_pages.counted),
)
