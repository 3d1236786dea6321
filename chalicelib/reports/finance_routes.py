"""Doors to finance's files and the year's tables: lists with digests, each file behind a link that lives minutes."""

from __future__ import annotations

import re
from typing import Any

from chalice.app import Blueprint, Response

from chalicelib.kernel.errors import InvalidInput, NotFound, Problem
from chalicelib.periods import access
from chalicelib.periods.naming import month_of
from chalicelib.reports.keys import folder, manifests, tables_folder
from chalicelib.reports.late import draw_up_again, statements_asked
from chalicelib.wiring import hub

finance_routes = Blueprint(__name__)

LINK_SECONDS = 300
_ROLES = ("cashier", "approver", "auditor")
_YEAR = re.compile(r"20\d\d", re.ASCII)


@finance_routes.route("/periods/{period}/finance-files", methods=["GET"])
def finance_files(period: str) -> dict[str, Any]:
    """The month's files and its amendments' (operator: cashier, approver or auditor):
    ``{period, editions: [{number, files: [{name, bytes, sha256, sm3, url}]}]}``; number 0 is the month's own.
    """
    access.operator(finance_routes.current_request, *_ROLES)
    month_of(period)
    files = hub().files
    editions = [
        {
            "number": manifest["number"],
            "files": [
                {**each, "url": files.link("outbox", folder(period) + each["name"], LINK_SECONDS)}
                for each in manifest["files"]
            ],
        }
        for manifest in manifests(files, period)
    ]
    return {"period": period, "editions": editions}


@finance_routes.route("/periods/{period}/finance-files", methods=["POST"])
def draw_up(period: str) -> Response:
    """A closed month drawn up again (cashier), ``{statements?: [{channel, day}]}`` -> 202 ``{period, state}``:
    those statements are taken in first; what is different from what was sealed becomes the next amendment.
    """
    request = finance_routes.current_request
    actor = access.actor(request, "cashier")
    month_of(period)
    body = request.json_body
    draw_up_again(period, statements_asked(body if isinstance(body, dict) else {}), hub().machines, actor)
    return Response({"period": period, "state": "started"}, status_code=202)


@finance_routes.route("/data-tables/{year}", methods=["GET"])
def data_tables(year: str) -> dict[str, Any]:
    """The year's tables and charts (any operator): ``{year, files: [{name, url}]}``."""
    access.operator(finance_routes.current_request)
    if _YEAR.fullmatch(year) is None:
        raise InvalidInput("YEAR_INVALID", "年份格式不正确", problems=(Problem(0, "year", year[:20], "such as 2026"),))
    files, place = hub().files, tables_folder(int(year))
    found = [
        {"name": key.removeprefix(place), "url": files.link("outbox", key, LINK_SECONDS)}
        for key in files.keys("outbox", place)
    ]
    if not found:
        raise NotFound("TABLES_UNKNOWN", f"{year} 年尚无数据表")
    return {"year": int(year), "files": found}
