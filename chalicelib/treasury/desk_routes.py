"""Doors to notices and receipts: the winner's own papers, and what two operators decide about them."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from chalice.app import Blueprint, Response

from chalicelib.applicants.bodies import Body
from chalicelib.applicants.sessions import account
from chalicelib.kernel import aws
from chalicelib.kernel.errors import NotFound
from chalicelib.kernel.paging import page_of
from chalicelib.kernel.queues import SqsQueue
from chalicelib.periods import access
from chalicelib.periods.naming import month_of
from chalicelib.periods.records import load_period_rules
from chalicelib.treasury import clearing, records, reversing, voiding
from chalicelib.treasury.documents import as_json, notice_document
from chalicelib.treasury.lists import treasury_lists
from chalicelib.treasury.receipt_records import receipts_of
from chalicelib.treasury.receipts import receipt_file
from chalicelib.treasury.records import NoticeRecord
from chalicelib.treasury.registering import Office
from chalicelib.wiring import hub

treasury_desk_routes = Blueprint(__name__)

_LISTS = ("notices", "receipts", "surplus")
# What names a row of any of them, whatever state it comes to.
_NAMING = ("pay_code", "number", "reverses", "message_id")
_CAUSE = r"[^\x00-\x1f\x7f]{1,100}"


@treasury_desk_routes.route("/me/payment-notice", methods=["GET"])
def my_notice() -> dict[str, Any]:
    """The winner's notice (account session): ``{pay_code, amount_fen, due_at_ms, state, document}``, the PDF whole."""
    session = _bidder()
    notice = records.find_notice(session.period, session.subject)
    if notice is None:
        raise NotFound("NOTICE_UNKNOWN", "没有您的缴款通知书")
    return _shown(notice, whole=True)


@treasury_desk_routes.route("/me/receipt", methods=["GET"])
def my_receipt() -> dict[str, Any]:
    """The winner's e-receipt (account session): ``{number, check_code, state, document}``, the treasury's own file."""
    session, here = _bidder(), hub()
    issued = [each for each in receipts_of(session.period, session.subject) if each.stands and each.file_sha256]
    if not issued:
        raise NotFound("RECEIPT_UNKNOWN", "财政电子票据尚未开具")
    record = issued[-1]
    file = receipt_file(here.files, Office(here.treasury(), here.keys.vault(), here.clock), record)
    document = as_json(file, f"receipt-{record.number}.pdf")
    return {
        "number": record.number,
        "code": here.treasury().receipt_code,
        "check_code": record.check_code,
        "state": record.state,
        "document": document,
    }


@treasury_desk_routes.route("/treasury/notices/{pay_code}", methods=["GET"])
def notice_of(pay_code: str) -> dict[str, Any]:
    """Any notice, void ones too, masked. Operator: cashier, approver or auditor."""
    access.operator(treasury_desk_routes.current_request, "cashier", "approver", "auditor")
    notice = records.notice_by_pay_code(pay_code)
    if notice is None:
        raise NotFound("NOTICE_UNKNOWN", "没有该缴款码的缴款通知书")
    return _shown(notice, whole=False)


@treasury_desk_routes.route("/treasury/notices/{pay_code}/void-proposals", methods=["POST"])
def void_proposals(pay_code: str) -> Response:
    """``{cause, then: reissue|release}`` (operator, cashier) -> 202 ``{pay_code, state, void_state}``."""
    actor = access.actor(treasury_desk_routes.current_request, "cashier")
    body = _body()
    cause, then = body.text("cause", _CAUSE, "1 to 100 characters"), body.choice("then", voiding.THEN)
    body.check()
    return _voided(voiding.propose_void(pay_code, cause, then, actor=actor))


@treasury_desk_routes.route("/treasury/notices/{pay_code}/void-confirmations", methods=["POST"])
def void_confirmations(pay_code: str) -> Response:
    """``{then}``, the same word, by an approver who is not the proposer -> 202."""
    actor = access.actor(treasury_desk_routes.current_request, "approver")
    body = _body()
    then = body.choice("then", voiding.THEN)
    body.check()
    queue = SqsQueue(aws.client("sqs"), hub().settings.need("CONFIRMATIONS_QUEUE"))
    return _voided(voiding.confirm_void(pay_code, then, actor=actor, queue=queue))


@treasury_desk_routes.route("/treasury/receipts/{pay_code}/reversal-proposals", methods=["POST"])
def reversal_proposals(pay_code: str) -> Response:
    """``{cause}`` (operator, cashier) -> 202 ``{pay_code, number, state}``."""
    actor = access.actor(treasury_desk_routes.current_request, "cashier")
    body = _body()
    cause = body.text("cause", _CAUSE, "1 to 100 characters")
    body.check()
    record = reversing.propose_reversal(pay_code, cause, actor=actor)
    return Response({"pay_code": pay_code, "number": record.number, "state": "proposed"}, status_code=202)


@treasury_desk_routes.route("/treasury/receipts/{pay_code}/reversal-confirmations", methods=["POST"])
def reversal_confirmations(pay_code: str) -> Response:
    """By an approver who is not the proposer -> 202; the reversing receipt is issued with the month's."""
    actor = access.actor(treasury_desk_routes.current_request, "approver")
    record = reversing.confirm_reversal(pay_code, actor=actor)
    return Response({"pay_code": pay_code, "number": record.number, "state": "confirmed"}, status_code=202)


@treasury_desk_routes.route("/periods/{period}/treasury", methods=["GET"])
def period_lists(period: str) -> dict[str, Any]:
    """Notices, receipts, surplus payments and what does not fit (``TreasuryLists``). Any operator."""
    access.operator(treasury_desk_routes.current_request)
    month_of(period)
    return treasury_lists(period).as_dict()


@treasury_desk_routes.route("/periods/{period}/treasury/{name}", methods=["GET"])
def period_list(period: str, name: str) -> dict[str, Any]:
    """One of those lists, ``notices``, ``receipts`` or ``surplus``, by pages: ``{rows, next}``. Any operator."""
    request = treasury_desk_routes.current_request
    access.operator(request)
    month_of(period)
    if name not in _LISTS:
        raise NotFound("LIST_UNKNOWN", "没有这一列表")
    rows = treasury_lists(period).as_dict()[name]
    shown, following = page_of(rows, request.query_params, lambda row: [row.get(field, "") for field in _NAMING])
    return {"rows": shown, "next": following}


@treasury_desk_routes.route("/periods/{period}/clearing", methods=["GET"])
def period_clearing(period: str) -> dict[str, Any]:
    """The clearing data as it stands: totals, quota not taken, one row a winner, no personal data. Any operator."""
    request = treasury_desk_routes.current_request
    access.operator(request)
    month_of(period)
    rows, following = page_of(clearing.lines(period), request.query_params, lambda row: row.code)
    return {**clearing.totals(period), "rows": [asdict(row) for row in rows], "next": following}


def _bidder() -> Any:
    here = hub()
    return account(treasury_desk_routes.current_request.headers, here.keys.session_keys(), here.clock.now_ms())


def _body() -> Body:
    return Body(treasury_desk_routes.current_request.json_body)


def _shown(notice: NoticeRecord, *, whole: bool) -> dict[str, Any]:
    here = hub()
    title = load_period_rules(notice.period).title
    content = notice_document(notice, here.treasury().guide, here.keys.vault(), title=title, whole=whole)
    return {
        "pay_code": notice.pay_code,
        "amount_fen": int(notice.amount_fen),
        "due_at_ms": int(notice.due_at_ms),
        "state": notice.state,
        "document": as_json(content, f"notice-{notice.pay_code}.pdf"),
    }


def _voided(notice: NoticeRecord) -> Response:
    shown = {"pay_code": notice.pay_code, "state": notice.state, "void_state": notice.void_state}
    return Response(shown, status_code=202)
