"""The OpenAPI document, as `make api-docs` wrote it (docs/decisions/0054)."""

from __future__ import annotations

from functools import cache
from pathlib import Path

FILE = Path(__file__).parent.parent / "openapi.json"


@cache
def document_text() -> str:
    """The document as JSON text."""
    return FILE.read_text(encoding="utf-8")
