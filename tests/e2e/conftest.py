"""One month for all that is looked at in a browser: on the deployed hub, with the pages in front of it."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from local import pages
from local.stage import clear_left_overs, end_all, set_up
from tests.e2e.bidder_month import BidderMonth, begin
from tests.e2e.phone import open_browser

NAME = "e2e"


@pytest.fixture(scope="session")
def going() -> Iterator[BidderMonth]:
    pages.build()
    clear_left_overs(NAME, print)
    stage = set_up(f"{NAME}-{os.getpid()}", print, lasting=False)
    try:
        yield begin(stage, f"{NAME}-{os.getpid()}")
    finally:
        end_all(f"{NAME}-{os.getpid()}")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = open_browser(playwright)
        yield opened
        opened.close()
