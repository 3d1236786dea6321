"""The reports' doors: an operator looks at the announcement before it is approved, and after."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalice.app import Blueprint

from chalicelib.kernel.errors import InvalidInput, Problem
from chalicelib.periods import access
from chalicelib.periods.naming import month_of
from chalicelib.treasury.documents import as_json

reports_routes = Blueprint(__name__)

_VERSION_MAX = 9_999


@reports_routes.route("/periods/{period}/announcement", methods=["GET"])
def show_announcement(period: str) -> dict[str, Any]:
    """By any operator, ``?version=2&file=announcement.html`` (a version of the plan, the latest without; the page
    without a name) -> ``{period, edition, document: {file_name, content_type, sha256, content}}``."""
    # Late: the libraries that draw are a third of a cold start of the API, and this door alone needs them.
    from chalicelib.reports.announcement_data import announcement_data  # noqa: PLC0415
    from chalicelib.reports.announcement_files import TYPES, announcement_files  # noqa: PLC0415
    from chalicelib.reports.announcing import announcement_of  # noqa: PLC0415

    request = reports_routes.current_request
    access.operator(request)
    month_of(period)
    asked: Mapping[str, str] = request.query_params or {}
    name, number = str(asked.get("file") or "announcement.html"), str(asked.get("version") or "0")
    if name not in TYPES:
        raise _wrong("file", name, f"one of {', '.join(TYPES)}")
    if not number.isascii() or not number.isdigit() or int(number) > _VERSION_MAX:
        raise _wrong("version", number, "the number of a version of the plan")
    found = announcement_of(period, int(number))
    edition = announcement_data(found)["edition"]
    shown = as_json(announcement_files(found)[name], name, TYPES[name])
    return {"period": period, "edition": edition, "document": shown}


def _wrong(field: str, found: str, remedy: str) -> InvalidInput:
    return InvalidInput("BODY_INVALID", f"请求字段不正确: {field}", problems=(Problem(0, field, found[:40], remedy),))
