"""The gateway behind the port. It is asked by its own numbers, which the hub keeps, and never trusted to remember ours.

An Idempotency-Key is forgotten after 24 h, and some gateways of this shape never look at it. So before money goes back
the payment's refunds are read: one under our number is the answer, and never more than the payment leaves.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime, timedelta
from urllib.parse import urlencode

import requests

from chalicelib.kernel.clock import SHANGHAI, Clock, SystemClock, to_ms
from chalicelib.kernel.errors import Conflict, InvalidInput, NotFound
from integrations.answer import read_bounded
from integrations.ports import (
    TradeState,
    WalletBill,
    WalletNotification,
    WalletOrder,
    WalletOutcome,
    WalletPayment,
    WalletRefund,
    WalletTrade,
    WalletTransfer,
)
from integrations.stripe import answers, bill, event, forms

CONNECT_TIMEOUT_SECONDS, ANSWER_TIMEOUT_SECONDS = 3.0, 15.0
ANSWER_BYTES_MAX = 10_000_000
PAGES_MAX = 2_000
NO_TRANSFERS = "NO_TRANSFERS"


def day_of_shanghai(day: date) -> bill.Day:
    """A day as a calendar has it."""
    begins = datetime(day.year, day.month, day.day, tzinfo=SHANGHAI)
    return bill.Day(day, to_ms(begins), to_ms(begins + timedelta(days=1)))


class StripeGateway:
    """A ``Wallet``. ``serial_of`` gives the gateway's number of a payment from ours, empty where it is not known."""

    channel = "alipay"

    def __init__(
        self,
        url: str,
        api_key: str,
        signing_secret: str,
        account_no: str,
        serial_of: Callable[[str], str],
        *,
        clock: Clock | None = None,
        day_of: Callable[[date], bill.Day] = day_of_shanghai,
    ) -> None:
        self._url = url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {api_key}", "Stripe-Version": forms.API_VERSION}
        self._signing_secret = signing_secret
        self._account_no = account_no
        self._serial_of = serial_of
        self._clock = clock or SystemClock()
        self._day_of = day_of
        # One connection kept alive. Its adapter does not retry: a request that may have arrived is never repeated.
        self._http = requests.Session()

    def user(self, auth_code: str) -> str:
        """Nobody signs in here: who holds a payment's ``pay_token`` pays it. The same for all."""
        del auth_code
        return "-"

    def create(self, order: WalletOrder) -> WalletTrade:
        """Open a payment, or show the one that is kept under our number. Raises ``Conflict``, ``InvalidInput`` or
        ``Pending``.

        Where its answer was lost the call is repeated: under the same key it is the same payment, and where the gateway
        opens another one nobody ever gets the first one's ``pay_token``, so that it can't be paid.
        """
        serial = self._serial_of(order.our_ref)
        call = forms.intent(serial) if serial else forms.create(order)
        trade = answers.read_intent(self._call(call), order.our_ref)
        if trade.amount_fen != order.amount_fen:
            raise Conflict("WALLET_AMOUNT_DIFFERS", "支付网关记录的金额与本次付款不一致")
        if trade.state is not TradeState.WAITING:
            raise Conflict("WALLET_TRADE_MOVED", "该付款已支付或已关闭")
        return trade

    def ask(self, our_ref: str) -> WalletTrade:
        """What the gateway has of a payment; ``NOT_FOUND`` where nobody was given one. ``Pending``."""
        serial = self._serial_of(our_ref)
        if not serial:
            return WalletTrade(our_ref, "", TradeState.NOT_FOUND, 0, None, "")
        try:
            trade = answers.read_intent(self._call(forms.intent(serial)), our_ref)
        except InvalidInput as refused:
            # The payment was there when we kept its number.
            raise answers.unclear(refused.code) from None
        if trade.state is TradeState.PAID and trade.paid_at_ms is None:
            raise answers.unclear("not booked yet")
        return trade

    def ask_after(self, our_ref: str, client_code: str) -> WalletTrade:
        """Ask. What the device was told proves nothing: ``Pending`` while the gateway shows no payment."""
        trade = self.ask(our_ref)
        if trade.state in (TradeState.WAITING, TradeState.NOT_FOUND) and client_code:
            raise answers.unclear("not paid yet")
        return trade

    def refund(self, refund: WalletRefund) -> WalletPayment:
        """Give money back, once under a number and never more than was paid. ``FAILED`` only on an explicit no."""
        serial = self._known(refund.trade_ref)
        trade = answers.read_intent(self._call(forms.intent(serial)), refund.trade_ref)
        if trade.state is not TradeState.PAID:
            return _failed(refund.our_ref, refund.amount_fen, "NOT_PAID", "该笔交易未支付")
        standing = self._refunds(serial)
        done = _under(standing, refund)
        if done is not None:
            return done
        if answers.standing_fen(standing) + refund.amount_fen > trade.amount_fen:
            return _failed(refund.our_ref, refund.amount_fen, "MORE_THAN_PAID", "退款合计超过该笔交易金额")
        try:
            return answers.read_refund(self._call(forms.refund(refund, serial)), refund)
        except InvalidInput as refused:
            return _failed(refund.our_ref, refund.amount_fen, refused.code, refused.message)

    def ask_refund(self, refund: WalletRefund) -> WalletPayment:
        """What became of a refund, by our number among those of its payment. ``Conflict`` where it is there twice."""
        done = _under(self._refunds(self._known(refund.trade_ref)), refund)
        return done or WalletPayment(refund.our_ref, WalletOutcome.NOT_FOUND, 0)

    def transfer(self, transfer: WalletTransfer) -> WalletPayment:
        """There are none: ``FAILED``, so that the payee names an account at a bank."""
        return _failed(transfer.our_ref, transfer.amount_fen, NO_TRANSFERS, "该支付网关不支持转账,请提供银行账户")

    def ask_transfer(self, transfer: WalletTransfer) -> WalletPayment:
        """As ``transfer``."""
        return self.transfer(transfer)

    def read_notification(
        self, body: bytes, amount_of: Callable[[str], int | None], signature: str = ""
    ) -> WalletNotification:
        """Check and decode an event. Raises ``NotAuthenticated`` or ``InvalidInput``."""
        asked = (amount_of, self._serial_of)
        return event.read_event(body, signature, self._signing_secret, self._clock.now_ms(), asked)

    def fetch_bill(self, day: date) -> bytes:
        """What was booked on a day. ``NotFound`` (``BILL_NOT_READY``) before the day is over, ``Pending``."""
        wanted = self._day_of(day)
        if self._clock.now_ms() < wanted.to_ms:
            raise NotFound("BILL_NOT_READY", "支付网关账单尚未生成")
        pages: list[bytes] = []
        after = ""
        for _ in range(PAGES_MAX):
            status, page = self._exchange(forms.bookings(after))
            booked, more = answers.read_page(answers.read_body(status, page))
            # As they came: they are evidence.
            pages.append(page)
            try:
                reached = not more or not booked or booked[-1]["created"] * 1_000 < wanted.from_ms
                after = str(booked[-1]["id"]) if booked else ""
            except (KeyError, TypeError):
                raise answers.unclear("a booking") from None
            if reached:
                return bill.write_bill(self._account_no, wanted, pages)
        raise answers.unclear("too many pages")

    def read_bill(self, content: bytes) -> WalletBill:
        """Decode a bill. Raises ``FileRefused``."""
        return bill.read_bill(content)

    def _known(self, trade_ref: str) -> str:
        serial = self._serial_of(trade_ref)
        if not serial:
            raise answers.unclear("a payment whose number was never kept")
        return serial

    def _refunds(self, serial: str) -> list[answers.Fields]:
        found: list[answers.Fields] = []
        for _ in range(PAGES_MAX):
            page, more = answers.read_page(self._call(forms.refunds(serial, str(found[-1]["id"]) if found else "")))
            found += page
            if not more or not page:
                return found
        raise answers.unclear("too many pages")

    def _call(self, call: forms.Call) -> answers.Fields:
        return answers.read_body(*self._exchange(call))

    def _exchange(self, call: forms.Call) -> tuple[int, bytes]:
        """One exchange: status and body. ``Pending`` for whatever goes wrong on the way."""
        encoded = urlencode(call.pairs)
        headers = dict(self._headers)
        url = self._url + call.path
        if call.verb == "POST":
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "Idempotency-Key": call.key}
        elif encoded:
            url = f"{url}?{encoded}"
        try:
            with self._http.request(
                call.verb,
                url,
                data=encoded if call.verb == "POST" else None,
                headers=headers,
                timeout=(CONNECT_TIMEOUT_SECONDS, ANSWER_TIMEOUT_SECONDS),
                allow_redirects=False,
                stream=True,
            ) as answer:
                body, status = read_bounded(answer, ANSWER_BYTES_MAX), answer.status_code
        except requests.RequestException as error:
            raise answers.unclear(type(error).__name__) from None
        if body is None:
            raise answers.unclear("too long an answer")
        return status, body


def _under(standing: list[answers.Fields], refund: WalletRefund) -> WalletPayment | None:
    ours = [each for each in standing if answers.our_ref_of(each) == refund.our_ref]
    if len(ours) > 1:
        raise Conflict("WALLET_REFUNDED_TWICE", f"支付网关以同一编号退款 {len(ours)} 次: {refund.our_ref}")
    return answers.read_refund(ours[0], refund) if ours else None


def _failed(our_ref: str, amount_fen: int, code: str, reason: str) -> WalletPayment:
    return WalletPayment(our_ref, WalletOutcome.FAILED, amount_fen, "", code, reason)


def keys_from(secret: str) -> tuple[str, str]:
    """The API key and the events' signing secret: ``{"api_key", "signing_secret"}`` as JSON. Raises ``InvalidInput``
    (``KEYS_INVALID``)."""
    try:
        kept = json.loads(secret)
        return str(kept["api_key"]), str(kept["signing_secret"])
    except (ValueError, KeyError, TypeError):
        raise InvalidInput("KEYS_INVALID", "支付网关密钥格式不正确") from None
