"""The OpenAPI document, as it was written into the package (docs/decisions/0054)."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from chalicelib.kernel.errors import NotFound

FILE = Path(__file__).parent.parent / "openapi.json"


@cache
def document_text() -> str:
    """The document as JSON text. Raises ``NotFound`` (``DOCUMENT_NOT_PACKAGED``) outside of a package."""
    try:
        return FILE.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise NotFound("DOCUMENT_NOT_PACKAGED", "接口文档在打包时生成,此处没有") from None
