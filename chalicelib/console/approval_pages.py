"""What waits for a second person: the totals in front, then the word. The rules are ``periods.approvals``'s."""

from __future__ import annotations

from chalicelib.console.day_pages import may_decide
from chalicelib.console.pages import Ask
from chalicelib.console.rendering import page
from chalicelib.console.web import Answer, redirect
from chalicelib.kernel.errors import NotFound
from chalicelib.periods import approvals
from chalicelib.periods.approvals import Approval
from chalicelib.wiring import hub


def listing(ask: Ask) -> Answer:
    """A period's approvals, those that wait first."""
    found = approvals.approvals(ask.period)
    return page(
        ask,
        "approvals.html",
        waits=[each for each in found if not each.decision],
        decided=sorted((each for each in found if each.decision), key=lambda each: -each.decided_at_ms),
    )


def show(ask: Ask) -> Answer:
    """One approval with its totals and, for whoever may, the form."""
    found = _find(ask)
    own = found.made_by == ask.operator.name
    return page(ask, "approval.html", found=found, own=own, may_decide=may_decide(ask, found))


def decide(ask: Ask) -> Answer:
    """The second person's word."""
    found = _find(ask)
    decision = ask.request.form.get("decision", "")
    reason = ask.request.form.get("reason", "").strip()
    approvals.decide(found.id, decision, reason=reason, actor=ask.actor, machines=hub().machines)
    return redirect(f"/console/{ask.period}/approvals?said=decided")


def _find(ask: Ask) -> Approval:
    found = approvals.find_approval(ask.named["approval"])
    if found.period != ask.period:
        raise NotFound("APPROVAL_UNKNOWN", "没有这一审批事项")
    return found
