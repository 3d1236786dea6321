"""`make api-docs`: write chalicelib/openapi.json, which the API serves, and docs/api/problems.md."""

from __future__ import annotations

import json
from pathlib import Path

from local.openapi import codes
from local.openapi.build import document, problems_page
from local.package import ROOT


def written() -> dict[Path, str]:
    """Each file, and what should stand in it."""
    made = json.dumps(document(), ensure_ascii=False, indent=1)
    return {
        ROOT / "chalicelib" / "openapi.json": f"{made}\n",
        ROOT / "docs" / "api" / "problems.md": problems_page(codes.everything()),
    }


def main() -> None:
    """Write them."""
    for file, content in written().items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content, encoding="utf-8")
        print(file.relative_to(ROOT))


if __name__ == "__main__":
    main()
