"""A bidder's phone: a browser of 360 x 740 on the pages' front, and the texts that come to it."""

from __future__ import annotations

import io
import json
import os
import shutil
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, Playwright
from playwright.sync_api import TimeoutError as NotSeenError

from local.people import Person
from local.world.addresses import Addresses
from local.world.phones import codes_on
from local.world.web import ask, need, now_ms

SCREENS = os.environ.get("SCREENS", "")
SCREEN_BYTES_MAX = 100 * 1024
# Several things may share the machine.
WAIT_MS = 45_000
# A phone that came home from a journey: what it shows is Beijing's time all the same.
ZONE = "Europe/London"
# A small phone's screen.
WIDTH, HEIGHT = 360, 740
# Nothing of a browser that speaks to its maker.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
SERIOUS = ("serious", "critical")


def chromium() -> str:
    """The machine's Chromium; empty where it has none."""
    return next(
        (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), ""
    )


def open_browser(playwright: Playwright) -> Browser:
    """A browser without a window."""
    # The language of what the browser draws by itself, such as a field for a date.
    chinese: dict[str, str | float | bool] = {**os.environ, "LANGUAGE": "zh_CN"}
    return playwright.chromium.launch(executable_path=chromium(), args=list(FLAGS), env=chinese)


class Phone:
    """One bidder's phone. Pages are walked through as he does: what is in memory goes when they are loaded anew."""

    def __init__(self, browser: Browser, url: str, at: Addresses, person: Person, period: str) -> None:
        self.at, self.person, self.period = at, person, period
        self.faults: list[str] = []
        context = browser.new_context(
            viewport={"width": WIDTH, "height": HEIGHT}, device_scale_factor=2, locale="zh-CN", timezone_id=ZONE
        )
        self.page: Page = context.new_page()
        self.page.set_default_timeout(WAIT_MS)
        self.page.on("pageerror", lambda error: self.faults.append(f"an error on a page: {error}"))
        self.page.on("console", self._hear)
        self.page.goto(f"{url}/")
        self.see("本期日程")

    def _hear(self, message: Any) -> None:
        # A refusal of the hub is an answer; a browser's console calls it an error all the same.
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.faults.append(f"on the console: {message.text}")

    def go(self, page: str) -> None:
        """To a page by its address, as a link in a text does, without loading anew."""
        self.page.evaluate(f"location.hash = '#/pages/{page}/index'")
        self.page.wait_for_timeout(600)

    def at_once(self, selector: str) -> Locator:
        """What can be seen now: pages that were left stay hidden behind the one that is shown."""
        return self.page.locator(f"{selector}:visible").last

    def type(self, field: str, text: str) -> None:
        """Type into a field by its id."""
        self.at_once(f"#{field}").fill(text)

    def press(self, text: str) -> None:
        """Press a button by what it says."""
        self.at_once(f'button:has-text("{text}")').click()

    def see(self, text: str, within_ms: int = WAIT_MS) -> None:
        """Wait until a text can be seen; where it is not, what is there is said."""
        self.wait_for(f'*:has-text("{text}")', within_ms)

    def wait_for(self, selector: str, within_ms: int = WAIT_MS) -> None:
        """Wait until something can be seen, as ``see`` does for a text."""
        try:
            self.at_once(selector).wait_for(timeout=within_ms)
        except NotSeenError as error:
            seen = self.page.locator("body").inner_text()
            raise AssertionError(f"no {selector} within {within_ms} ms, but: {seen!r}; {self.faults}") from error

    def text(self) -> str:
        """All that can be seen."""
        return str(self.at_once(".page").inner_text())

    def sms_code(self, button: str = "获取验证码") -> str:
        """Ask for a code with the page's own button and read it off the phone; asked again where none comes."""
        before = len(codes_on(self.at, self.person.phone))
        self.press(button)
        until_ms = now_ms() + 25_000
        while len(found := codes_on(self.at, self.person.phone)) <= before:
            if now_ms() > until_ms:
                raise TimeoutError(f"no code came; the page says: {self.text()}")
            self.page.wait_for_timeout(300)
        return found[-1]

    def sign_in(self) -> None:
        """Into one's own pages, with code, phone and SMS code."""
        self.go("login")
        self.type("code", self.person.code)
        self.type("phone", self.person.phone)
        self.type("sms-code", self.sms_code())
        self.shoot("login")
        self.press("登录")
        self.see(self.person.code)

    def enter_the_auction(self, password: str) -> None:
        """Sign in on the auction's page, with code and bidding password."""
        self.type("code", self.person.code)
        self.type("password", password)
        self.press("登录")

    def shoot(self, name: str) -> None:
        """Hold a page to what everybody can use, and take a picture of it where somebody wants one."""
        # Each page scrolls in a frame of its own: the picture shows all of it, as somebody sees it who scrolls.
        frame = self.at_once(".page")
        height = frame.evaluate("(page) => { window.scrollTo(0, 0); return Math.ceil(page.scrollHeight) }")
        self.page.set_viewport_size({"width": WIDTH, "height": max(HEIGHT, height)})
        self.page.evaluate("document.querySelectorAll('.taro_page').forEach((page) => page.scrollTo(0, 0))")
        self.page.wait_for_timeout(350)
        self.faults += look_at(self.page, f"bidder-{name}")
        self.page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
        wide = self.page.evaluate("document.documentElement.scrollWidth")
        if any(nonsense in self.text() for nonsense in ("NaN", "undefined", "null")):
            self.faults.append(f"{name}: something was not understood: {self.text()[:300]}")
        if wide > WIDTH:
            self.faults.append(f"{name}: {wide} px wide on a phone of {WIDTH}")


def look_at(page: Page, name: str) -> list[str]:
    """A picture of a page where somebody wants one; what axe says of it that is serious."""
    if SCREENS:
        save_screen(page.screenshot(full_page=True), Path(SCREENS) / f"{name}.png")
    found = Axe().run(page).response["violations"]
    return [
        f"{name}: {each['id']} ({each['impact']}): {each['nodes'][0]['html'][:200]}"
        for each in found
        if each["impact"] in SERIOUS
    ]


def save_screen(shot: bytes, file: Path) -> None:
    """A picture with as many colours as its size allows."""
    image = Image.open(io.BytesIO(shot)).convert("RGB")
    for colours in (256, 128, 64, 32):
        out = io.BytesIO()
        image.quantize(colours, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
        if out.tell() < SCREEN_BYTES_MAX:
            break
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(out.getvalue())


def inside_alipay(phone: Phone) -> None:
    """Let the phone's pages run in Alipay's own browser: its bridge, with the simulated wallet behind it."""

    def call(name: str, options: dict[str, Any]) -> dict[str, Any]:
        if name == "getAuthCode":
            user = need("POST", f"{phone.at.alipay}/_sign_in", body={"open_id": f"user-{phone.person.code}"})
            return {"authcode": user["auth_code"]}
        trades = need("GET", f"{phone.at.alipay}/_state")["trades"]
        (number,) = [each["out_trade_no"] for each in trades if each["trade_no"] == options["tradeNO"]]
        paid = ask("POST", f"{phone.at.alipay}/_pay", body={"out_trade_no": number})
        return {"resultCode": "9000" if paid.ok else "4000"}

    phone.page.expose_function("hostAlipay", lambda name, text: json.dumps(call(name, json.loads(text))))
    phone.page.evaluate(
        """() => { window.AlipayJSBridge = { call: (name, options, then) =>
            window.hostAlipay(name, JSON.stringify(options)).then((text) => then(JSON.parse(text))) } }"""
    )


def lose_the_answer(page: Page, path: str) -> list[dict[str, Any]]:
    """The first request to a path arrives, and its answer is lost on the way; returns the bodies as they are sent."""
    sent: list[dict[str, Any]] = []

    def pass_on(route: Any) -> None:
        sent.append(route.request.post_data_json)
        if len(sent) == 1:
            route.fetch()
            route.abort("connectionreset")
        else:
            route.continue_()

    page.route(path, pass_on)
    return sent
