"""What a build of the pages is held to."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path

import pytest

from local import pages

SCREENS_BYTES_MAX = 3_000_000
PAGES = ("pages/home/index", "pages/auction/index")


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """A build with both kinds, as Taro leaves it."""
    (tmp_path / "h5" / "js").mkdir(parents=True)
    (tmp_path / "h5" / "css").mkdir()
    (tmp_path / "h5" / "css" / "app.1.css").write_text("p{}")
    (tmp_path / "h5" / "js" / "app.1.js").write_text("1")
    (tmp_path / "h5" / "js" / "12.1.js").write_text('"提交报价"')
    (tmp_path / "h5" / "index.html").write_text('<script src="./js/app.1.js"></script><link href="./css/app.1.css">')
    for page in PAGES:
        (tmp_path / "alipay" / page).parent.mkdir(parents=True)
        (tmp_path / "alipay" / f"{page}.axml").write_text("<view/>")
    (tmp_path / "alipay" / "app.json").write_text(json.dumps({"pages": PAGES}))
    return tmp_path


def test_given_every_page_and_a_light_auction_page_then_the_build_holds(built):
    pages.check(built)


def test_given_a_page_without_its_axml_then_it_is_named(built):
    (built / "alipay" / f"{PAGES[1]}.axml").unlink()
    with pytest.raises(pages.PagesNotBuiltError, match="pages/auction/index"):
        pages.check(built)


@pytest.mark.parametrize("part", ["js/app.1.js", "js/12.1.js", "js/shared.1.js", "css/app.1.css"])
def test_given_any_part_of_the_auction_page_that_grows_then_the_build_fails(built, part):
    heavy = random.Random(1).randbytes(pages.AUCTION_PAGE_BYTES_MAX).hex()
    (built / "h5" / part).write_text(f'"提交报价 {heavy}"')
    with pytest.raises(pages.PagesNotBuiltError, match="auction page is"):
        pages.check(built)


def test_every_page_of_the_source_is_one_of_the_app() -> None:
    listed = (pages.SOURCE / "src" / "app.config.ts").read_text()
    folders = sorted(folder.name for folder in (pages.SOURCE / "src" / "pages").iterdir())
    assert folders
    assert [name for name in folders if f"'pages/{name}/index'" not in listed] == []


def test_no_page_keeps_anything_on_the_phone() -> None:
    written = {file.name: file.read_text() for file in (pages.SOURCE / "src").rglob("*.ts*")}
    words = ("setStorage", "localStorage", "sessionStorage", "document.cookie")
    assert [name for name, text in written.items() if any(word in text for word in words)] == []


def test_every_picture_is_shown_and_they_are_light() -> None:
    folder = pages.ROOT / "docs" / "screens"
    taken = {file.name: file.stat().st_size for file in folder.glob("*.png")}
    shown = set(re.findall(r'src="([^"]+)"', (folder / "README.md").read_text()))
    assert shown == taken.keys()
    assert sum(taken.values()) < SCREENS_BYTES_MAX
