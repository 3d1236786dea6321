"""Which fonts a PDF leaves to the machine that shows it."""

from __future__ import annotations

import io
from typing import Any

from pypdf import PdfReader


def fonts_left_out(content: bytes) -> set[str]:
    """Names of the fonts that a PDF names without carrying them: these look different, or are blank, elsewhere."""
    left_out = set()
    for page in PdfReader(io.BytesIO(content)).pages:
        for reference in page["/Resources"].get("/Font", {}).values():
            font: Any = reference.get_object()
            described = [font, *(each.get_object() for each in font.get("/DescendantFonts", ()))]
            if not any("/FontFile2" in each.get("/FontDescriptor", {}) for each in described):
                left_out.add(str(font["/BaseFont"]))
    return left_out
