"""`make api-docs`: write build/api/openapi.json, which the API serves, and build/api/problems.md, to be read."""

from __future__ import annotations

from pathlib import Path

from local.openapi.build import document, document_text, problems_page
from local.package import ROOT


def written() -> dict[Path, str]:
    """Each file, and what should stand in it."""
    made = document()
    return {
        ROOT / "build" / "api" / "openapi.json": document_text(made),
        ROOT / "build" / "api" / "problems.md": problems_page(made["x-problems"]),
    }


def main() -> None:
    """Write them."""
    for file, content in written().items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content, encoding="utf-8")
        print(file.relative_to(ROOT))


if __name__ == "__main__":
    main()
