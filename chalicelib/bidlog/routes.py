"""The log's doors, open to everybody: the newest signed head, and proofs against it."""

from __future__ import annotations

import re
from typing import Any

from chalice.app import Blueprint

from chalicelib.bidlog.heads import consistency_proof, inclusion_proof, newest
from chalicelib.kernel.errors import InvalidInput, Problem
from chalicelib.wiring import hub

bidlog_routes = Blueprint(__name__)

_SHAPES = {
    "leaf": re.compile(r"[0-9a-f]{64}", re.ASCII),
    "bidder_class": re.compile(r"individual|unit", re.ASCII),
    "code": re.compile(r"[0-9A-Za-z-]{1,32}", re.ASCII),
    "number": re.compile(r"[1-9][0-9]{0,2}", re.ASCII),
    "older": re.compile(r"[0-9]{1,9}", re.ASCII),
}


def _asked(*names: str) -> list[str]:
    given: dict[str, str] = dict(bidlog_routes.current_request.query_params or {})
    wrong = [name for name in names if _SHAPES[name].fullmatch(given.get(name, "")) is None]
    if wrong:
        problems = tuple(Problem(0, name, "", f"a parameter like {_SHAPES[name].pattern}") for name in wrong)
        raise InvalidInput("BID_LOG_PARAMETER", f"参数缺失或不正确: {', '.join(wrong)}", problems=problems)
    return [given[name] for name in names]


@bidlog_routes.route("/periods/{period}/bid-log", methods=["GET"])
def bid_log_head(period: str) -> dict[str, Any]:
    """The newest signed tree head, for everybody."""
    return newest(period)


@bidlog_routes.route("/periods/{period}/bid-log/inclusion", methods=["GET"])
def bid_log_inclusion(period: str) -> dict[str, Any]:
    """``?leaf=&bidder_class=&code=&number=``: the proof that the bid of a receipt is in the log."""
    leaf, bidder_class, code, number = _asked("leaf", "bidder_class", "code", "number")
    return inclusion_proof(period, leaf, bidder_class, code, int(number), files=hub().files)


@bidlog_routes.route("/periods/{period}/bid-log/consistency", methods=["GET"])
def bid_log_consistency(period: str) -> dict[str, Any]:
    """``?older=SIZE``: the proof that the log only grew since an older head."""
    return consistency_proof(period, int(_asked("older")[0]), hub().files)
