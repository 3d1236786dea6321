"""A month on the bidder's pages, in a browser, against the deployed hub: what he sees and does, in its order."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from pypdf import PdfReader

from chalicelib.kernel.signing import holds
from local.world.web import ask, need
from tests.e2e.bidder_month import BidderMonth
from tests.e2e.phone import Phone, chromium, inside_alipay, lose_the_answer

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(not chromium(), reason="no Chromium; remedy: apt-get install chromium"),
]

PASSWORD = "Hz9bidding"


@pytest.fixture(scope="module")
def corrector(going: BidderMonth, browser: Browser) -> Phone:
    going.until_reached("applicants_to_notary")
    return Phone(browser, going.url, going.at, going.corrector, going.month.period)


def test_a_visitor_sees_the_month_and_finds_help(going: BidderMonth, corrector: Phone) -> None:
    corrector.see("银行缴纳截止")
    assert "NaN" not in corrector.text()
    corrector.shoot("home")
    corrector.go("help")
    corrector.see("网络断了怎么办")
    corrector.shoot("help")


def test_a_payment_by_alipay_is_confirmed_by_the_hub_and_not_by_the_phone(going: BidderMonth, browser: Browser) -> None:
    phone = Phone(browser, going.url, going.at, going.payer, going.month.period)
    inside_alipay(phone)
    phone.sign_in()
    phone.go("deposit")
    phone.see("用银行汇款")
    phone.shoot("deposit-to-pay")
    phone.press("支付保证金")
    phone.see("等待对账单确认")
    phone.shoot("deposit-coming")
    assert phone.faults == []


def test_a_doubtful_deposit_is_put_right(going: BidderMonth, corrector: Phone) -> None:
    payment = going.month.payment_of(going.corrector.code)
    corrector.sign_in()
    corrector.shoot("home-signed-in")
    going.until(next(name for name in going.month.plan.milestones if name == "deposit_reminder"))
    corrector.go("deposit")
    corrector.see("待更正的汇款", within_ms=40_000)
    corrector.shoot("deposit-doubtful")
    corrector.go("correction")
    corrector.see("汇款账号末")
    corrector.type("paid-on", payment.value_date.isoformat())
    corrector.type("amount", f"{payment.amount_fen // 100}.{payment.amount_fen % 100:02d}")
    # First with another's account, which is refused in a sentence
    corrector.type("tail", "0000" if not payment.account.endswith("0000") else "1111")
    corrector.press("提交更正")
    corrector.wait_for('[role="alert"]')
    corrector.type("tail", payment.account[-4:])
    corrector.shoot("correction")
    corrector.press("提交更正")
    corrector.see("更正成功")
    corrector.go("home")
    corrector.go("deposit")
    corrector.see("保证金已到账")
    corrector.shoot("deposit-held")
    assert corrector.faults == []


def test_a_qualified_bidder_activates(going: BidderMonth, corrector: Phone) -> None:
    going.until("activation_opens")
    corrector.go("activation")
    corrector.type("code", going.corrector.code)
    corrector.type("phone", going.corrector.phone)
    corrector.type("sms-code", corrector.sms_code())
    corrector.type("password", PASSWORD)
    corrector.type("repeated", PASSWORD + "x")
    corrector.see("两次输入的密码不一致")
    corrector.type("repeated", PASSWORD)
    corrector.at_once("#rollover").check()
    corrector.shoot("activation")
    corrector.press("激活")
    corrector.see("激活成功")
    corrector.shoot("activated")
    assert corrector.faults == []


def test_a_bid_whose_answer_is_lost_stands_once(going: BidderMonth, corrector: Phone) -> None:
    going.until("activation_closes")
    corrector.go("auction")
    corrector.see("登录竞价", within_ms=40_000)
    corrector.shoot("auction-before")
    corrector.enter_the_auction(PASSWORD)
    going.until("auction_opens")
    limits, price = going.month.prices[going.corrector.bidder_class], going.top_price
    corrector.wait_for("#price")
    corrector.type("price", str(limits.reserve + 50))
    corrector.see("的整数倍")
    assert corrector.at_once('button:has-text("提交报价")').is_disabled()
    corrector.type("price", str(price - limits.tick))
    corrector.shoot("auction-price")
    corrector.press("提交报价")
    corrector.see("确认以")
    corrector.shoot("auction-confirm")
    sent = lose_the_answer(corrector.page, "**/api/bids")

    corrector.press("确认提交")

    corrector.see("不会重复报价")
    corrector.shoot("auction-network-lost")
    corrector.see("当前有效报价")
    corrector.page.unroute("**/api/bids")
    assert len(sent) >= 2
    assert len({body["request_id"] for body in sent}) == 1
    bids = _bids(going)
    assert [each["receipt"]["request_id"] for each in bids] == [sent[0]["request_id"]]
    assert bids[0]["receipt"]["bids_left"] == going.month.bids_max - 1
    # And what is copied from the page is the hub's signed word
    corrector.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    corrector.press("复制回执")
    corrector.see("已复制")
    copied = json.loads(corrector.page.evaluate("navigator.clipboard.readText()"))
    assert holds(copied["receipt"], copied["signature"], copied["public_key"])
    assert corrector.faults == []


def test_a_revision_counts_and_a_second_phone_sees_it(going: BidderMonth, browser: Browser, corrector: Phone) -> None:
    price = going.top_price
    corrector.type("price", str(price))
    corrector.press("提交报价")
    corrector.press("确认提交")
    corrector.see("已被取代")
    corrector.shoot("auction-receipt")
    second = Phone(browser, going.url, going.at, going.corrector, going.month.period)
    second.go("auction")
    second.enter_the_auction(PASSWORD)
    second.see("已被取代")
    assert f"{price:,} 元" in second.text()
    # And nothing of a person is left on either phone or in its address
    for phone in (corrector, second):
        kept = phone.page.evaluate(
            "JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie, location.href])"
        )
        assert going.corrector.code not in kept
        assert phone.person.phone not in kept
    assert second.faults == []


def test_the_result_comes_with_the_rank(going: BidderMonth, corrector: Phone) -> None:
    going.until_reached("auction_closes")
    corrector.go("result")
    corrector.see("恭喜")
    assert "名次" in corrector.text()
    corrector.shoot("result")
    corrector.go("auction")
    corrector.see("结果已公布", within_ms=15_000)
    assert corrector.faults == []


def test_the_notice_is_downloaded_and_its_payment_seen(going: BidderMonth, corrector: Phone) -> None:
    going.until("settlement_opens")
    corrector.go("settlement")
    corrector.see("缴款码")
    corrector.shoot("notice")
    with corrector.page.expect_download() as download:
        corrector.press("下载缴款通知书")
    content = Path(download.value.path()).read_bytes()
    said = corrector.text()
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)
    pay_code = next(word for word in said.split() if len(word) == 20 and word.isdigit())
    assert pay_code in text.replace(" ", "")
    assert going.corrector.code in text
    # Nobody signs in to bid any more: what the revision stood at is what is owed.
    paying = {"pay_code": pay_code, "amount_fen": going.top_price * 100, "payer_name": going.corrector.name}
    assert ask("POST", f"{going.at.treasury}/_pay", body=paying, attempts=1).ok
    for _ in range(20):
        corrector.press("刷新付款状态")
        corrector.page.wait_for_timeout(700)
        if "财政已确认收款" in corrector.text():
            break
    corrector.see("财政已确认收款")
    corrector.shoot("notice-paid")
    assert corrector.faults == []


def test_a_refund_that_came_back_gets_another_account(going: BidderMonth, browser: Browser) -> None:
    phone = Phone(browser, going.url, going.at, going.payee, going.month.period)
    phone.sign_in()
    going.until_over()
    phone.go("refund")
    phone.see("银行退回")
    phone.type("account", going.month.new_accounts[going.payee.code])
    phone.type("owner", "陌生人")
    phone.press("提交")
    phone.see("户名须与申请人一致")
    phone.shoot("refund-failed")
    phone.type("owner", going.payee.name)
    phone.press("提交")
    phone.see("等待重新付款")
    phone.shoot("refund-answered")
    assert phone.faults == []


def _bids(going: BidderMonth) -> list[dict[str, dict[str, int]]]:
    body = {"period": going.month.period, "application_code": going.corrector.code, "password": PASSWORD}
    token = need("POST", f"{going.at.api}/sessions", body=body)["token"]
    return list(need("GET", f"{going.at.api}/me/bids", token=token)["bids"])
