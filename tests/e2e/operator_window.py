"""An operator's window: signing in at the provider, and a year's notice typed in."""

from __future__ import annotations

from playwright.sync_api import Page

WINDOW = {"width": 1280, "height": 820}
# A year's notice as somebody copies it.
NOTICE = {
    "year": "2027",
    "source": "国务院办公厅关于 2027 年部分节假日安排的通知（示例）",
    "holidays": "1月1日至3日、2月5日至11日、4月3日至5日、5月1日至5日、6月9日、9月15日、10月1日至7日",
    "workdays": "2月14日、10月9日",
}


def sign_in(page: Page, url: str, period: str, name: str, password: str) -> None:
    """From the console's door to the period's day."""
    page.goto(f"{url}/console")
    page.get_by_role("link", name="登录").click()
    page.fill("input[name=name]", name)
    page.fill("input[name=password]", password)
    page.click("button")
    page.wait_for_url(f"{url}/console/{period}")


def draft_a_year(page: Page, url: str) -> None:
    """Type a year's notice in and look at it, before anything is kept."""
    page.goto(f"{url}/console/calendar")
    for field, text in NOTICE.items():
        page.fill(f"[name={field}]", text)
    page.get_by_role("button", name="核对").click()
    page.get_by_text("放假 27 天").wait_for()
