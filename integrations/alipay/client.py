"""Alipay behind the port. Nothing here sends twice: a call without a signed, explicit answer is ``Pending``."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import requests

from chalicelib.kernel.clock import Clock, SystemClock
from integrations.alipay import answers, bill, calls, notification
from integrations.alipay.envelope import Answer, read_answer, unclear
from integrations.alipay.profile import Merchant, Profile, default_profile
from integrations.alipay.signature import read_keys
from integrations.answer import read_bounded
from integrations.ports import (
    WalletBill,
    WalletNotification,
    WalletOrder,
    WalletPayment,
    WalletRefund,
    WalletTrade,
    WalletTransfer,
)


class AlipayClient:
    """A ``Wallet``. ``private_key`` is ours, ``alipay_key`` Alipay's public one; both as its console gives them."""

    channel = "alipay"

    def __init__(
        self,
        url: str,
        merchant: Merchant,
        private_key: str,
        alipay_key: str,
        *,
        clock: Clock | None = None,
        profile: Profile | None = None,
    ) -> None:
        self._url = url
        self._merchant = merchant
        self._keys = read_keys(private_key, alipay_key)
        self._clock = clock or SystemClock()
        self._profile = profile or default_profile()
        # One connection kept alive. Its adapter does not retry: a request that may have arrived is never repeated.
        self._http = requests.Session()

    def user(self, auth_code: str) -> str:
        """The user's open_id. ``NotAuthenticated`` for a code that is wrong or used up."""
        return answers.read_user(self._call(calls.token(auth_code)), self._profile)

    def create(self, order: WalletOrder) -> WalletTrade:
        """Open a trade. Raises ``Conflict``, ``InvalidInput`` or ``Pending``, and ``TooMany`` or ``NotAllowed``."""
        answer = self._call(calls.create(order, self._merchant, self._profile))
        return answers.read_created(answer, order, self._profile)

    def ask(self, our_ref: str) -> WalletTrade:
        """What Alipay has of a trade. ``Pending`` where no clear answer came."""
        return answers.read_trade(self._call(calls.query(our_ref)), our_ref, self._profile)

    def ask_after(self, our_ref: str, client_code: str) -> WalletTrade:
        """Ask, knowing my.tradePay's resultCode. ``Pending`` while it leaves open what Alipay does not show yet."""
        return answers.check_client(self.ask(our_ref), client_code)

    def refund(self, refund: WalletRefund) -> WalletPayment:
        """Give money back. ``Pending`` without fund_change=Y, so that a repeat is asked about and not counted twice."""
        return answers.read_refund(self._call(calls.refund(refund)), refund, self._profile)

    def ask_refund(self, refund: WalletRefund) -> WalletPayment:
        """What became of a refund; ``PAID`` only on REFUND_SUCCESS."""
        return answers.read_refund_state(self._call(calls.refund_query(refund)), refund, self._profile)

    def transfer(self, transfer: WalletTransfer) -> WalletPayment:
        """Send money to a user's balance."""
        return answers.read_transfer(self._call(calls.transfer(transfer, self._profile)), transfer, self._profile)

    def ask_transfer(self, transfer: WalletTransfer) -> WalletPayment:
        """What became of a transfer."""
        call = calls.transfer_query(transfer.our_ref, self._profile)
        return answers.read_transfer_state(self._call(call), transfer, self._profile)

    def read_notification(
        self, body: bytes, amount_of: Callable[[str], int | None], signature: str = ""
    ) -> WalletNotification:
        """Check and decode a notification; it holds its own signature. ``NotAuthenticated`` or ``InvalidInput``."""
        del signature
        return notification.read_notification(body, self._keys.alipay, self._merchant, amount_of, self._profile)

    def fetch_bill(self, day: date) -> bytes:
        """A day's bill (csv.zip). ``NotFound`` where there is none (yet); ``Pending`` where it could not be fetched:
        its URL lives 30 s, so asking again begins with a new one.
        """
        url = answers.read_bill_url(self._call(calls.bill_url(day, self._profile)), self._profile)
        return self._send("GET", url, self._profile.bill_bytes_max)

    def read_bill(self, content: bytes) -> WalletBill:
        """Decode a bill. Raises ``FileRefused``."""
        return bill.read_bill(content, self._profile)

    def _call(self, call: calls.Call) -> Answer:
        request = calls.request(call, self._merchant, self._keys, self._profile, self._clock.now_ms())
        body = self._send("POST", self._url, self._profile.answer_bytes_max, request)
        return read_answer(body, call.method, self._keys.alipay, self._profile.charset)

    def _send(self, verb: str, url: str, bytes_max: int, request: calls.Request | None = None) -> bytes:
        """One exchange. ``Pending`` for whatever goes wrong on the way; the error names no URL, which is signed."""
        timeouts = (self._profile.connect_timeout_seconds, self._profile.answer_timeout_seconds)
        params, form = (request.query, request.form) if request else (None, None)
        headers = {"Content-Type": f"application/x-www-form-urlencoded;charset={self._profile.charset}"}
        try:
            with self._http.request(
                verb,
                url,
                params=params,
                data=form,
                headers=headers if request else None,
                timeout=timeouts,
                allow_redirects=False,
                stream=True,
            ) as answer:
                if answer.status_code != 200:
                    raise unclear(f"HTTP {answer.status_code}")
                body = read_bounded(answer, bytes_max)
        except requests.RequestException as error:
            raise unclear(type(error).__name__) from None
        if body is None:
            raise unclear("too long an answer")
        return body
