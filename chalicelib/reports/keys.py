"""Where finance's files lie in the outbox, and what stands there."""

from __future__ import annotations

from typing import Any

from chalicelib.kernel.errors import NotFound
from chalicelib.kernel.files import Files, read_json


def folder(period: str) -> str:
    """Where a month's files lie."""
    return f"reports/{period}/"


def tables_folder(year: int) -> str:
    """Where a year's tables lie."""
    return f"tables/{year}/"


def suffix(number: int) -> str:
    """What the names of an amendment's files end with; nothing for the month's own."""
    return f"-amendment-{number}" if number else ""


def manifest_key(period: str, number: int = 0) -> str:
    """Where the list of a month's files, or of its amendment's, lies."""
    return f"{folder(period)}manifest{suffix(number)}.json"


def figures_key(period: str, number: int = 0) -> str:
    """Where a month's figures lie."""
    return f"{folder(period)}figures-{period}{suffix(number)}.json"


def last_number(files: Files, period: str) -> int:
    """The number of a month's last amendment, 0 where there is none."""
    names = [key for key in files.keys("outbox", f"{folder(period)}manifest-amendment-") if key.endswith(".json")]
    return max((int(key.removesuffix(".json").rpartition("-")[2]) for key in names), default=0)


def manifests(files: Files, period: str) -> list[dict[str, Any]]:
    """The month's list of files and those of its amendments. ``NotFound`` (``MONTH_NOT_FILED``) for a month that has
    none yet."""
    try:
        return [
            read_json(files, "outbox", manifest_key(period, number)) for number in range(last_number(files, period) + 1)
        ]
    except NotFound:
        raise NotFound("MONTH_NOT_FILED", f"{period} 期尚未编制结算文件") from None
