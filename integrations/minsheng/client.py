"""Minsheng behind the port: its codec, and the link over HTTP. The bank is asked; it never sends of its own accord."""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from http import HTTPStatus
from typing import Any

import requests

from chalicelib.kernel.clock import Clock, local_date
from chalicelib.kernel.errors import Conflict, FileRefused, InvalidInput, Pending, Problem, TooEarlyOrLate
from integrations.bundle import Part, sm3, write_bundle
from integrations.minsheng import answers, codec, detail
from integrations.minsheng.answers import Answer
from integrations.minsheng.codec import Order
from integrations.minsheng.envelope import Login, Reply, body_xml, read_reply, write_request
from integrations.minsheng.profile import Profile, Way, default_profile
from integrations.notices import read_notice
from integrations.ports import (
    BatchFile,
    BatchReturn,
    BatchState,
    CreditNotice,
    RefundLine,
    RefusedInPart,
    Statement,
)

TIMEOUT_SECONDS = (3.05, 20.0)
ROWS_MAX = 1_000_000


class MinshengBank:
    """A ``DepositBank``, asked over its link. Handing over a file is safe to repeat: each request in it is asked about
    under its own number first, and sent only where the bank says that it has none of that number."""

    pays_interest_apart = False

    def __init__(
        self,
        url: str,
        login: Login,
        account_no: str,
        clock: Clock,
        *,
        profile: Profile | None = None,
        timeout_seconds: tuple[float, float] = TIMEOUT_SECONDS,
    ) -> None:
        self._profile = profile or default_profile()
        self._url = url.rstrip("/") + self._profile.path
        self._login = login
        self._account_no = account_no
        self._clock = clock
        self._timeout_seconds = timeout_seconds
        self.channel = self._profile.channel

    @property
    def lines_max(self) -> int:
        """How many lines one batch file may hold."""
        return self._profile.lines_max

    def read_statement(self, content: bytes, sidecar: bytes) -> Statement:
        """Decode a day that ``fetch_statement`` fetched. Raises ``FileRefused`` where digest or totals are wrong."""
        return detail.read_statement(content, sidecar, self._profile)

    def write_batch(self, batch_no: str, lines: tuple[RefundLine, ...]) -> BatchFile:
        """Encode a refund batch (1 to ``lines_max`` lines). Raises ``InvalidInput`` for what can't be written."""
        return codec.write_batch(batch_no, lines, self._account_no, self._profile)

    def read_return(self, content: bytes, sidecar: bytes) -> BatchReturn:
        """Decode what ``fetch_return`` fetched. Raises ``FileRefused`` where digest or totals are wrong."""
        return answers.read_return(content, sidecar, self._profile)

    def send_batch(self, file: BatchFile) -> None:
        """Hand the file's requests to the bank, each once.

        Raises ``Pending`` where it is not known whether one arrived, ``Conflict`` where the bank holds other payments
        under its number, ``RefusedInPart`` where the bank says that it will not take one, and every other is
        known to be there or refused as well; ``FileRefused`` where the file is not as frozen.
        """
        if not hmac.compare_digest(sm3(file.content), file.digest):
            raise FileRefused("DIGEST_DIFFERS", "文件内容与 SM3 摘要不一致")
        refused: list[tuple[Order, str]] = []
        for order in codec.read_batch(file.content, self._profile)[1]:
            if self._ask(order.way, order.ins_id, order) is BatchState.NOT_FOUND and (code := self._order(order)):
                refused.append((order, code))
        if refused:
            raise _refused_in_part(refused)

    def ask_batch(self, file: BatchFile) -> BatchState:
        """Ask what became of a file: ``ACCEPTED`` where the bank has every request in it, ``NOT_FOUND`` where it says
        that one is missing. ``Pending`` where the bank does not answer, or not clearly; ``Conflict`` where it holds
        other payments under a number of it."""
        orders = codec.read_batch(file.content, self._profile)[1]
        states = [self._ask(order.way, order.ins_id, order) for order in orders]
        return BatchState.NOT_FOUND if BatchState.NOT_FOUND in states else BatchState.ACCEPTED

    def fetch_return(self, file: BatchFile, refused: frozenset[str] = frozenset()) -> BatchFile:
        """Ask what became of each payment of a file, and give the replies as a file for ``read_return``.

        Raises ``Pending`` until the bank has worked through every request in it, but for one that it ``refused`` and
        now says it has not. A payment of its own may still be pending in the file then: fetch again.
        """
        batch_no, orders = codec.read_batch(file.content, self._profile)
        parts = []
        for order in orders:
            xml, answer = self._answer(order.way, order.ins_id)
            # Its word when it was handed the request, and its word now: only both together end a payment.
            turned_away = answer.said == "not_found" and refused.issuperset(order.refs)
            if not turned_away and (answer.said != "accepted" or answer.state == "pending"):
                raise _unknown(order.way.ask_code, order.ins_id, f"code {answer.code[:20]!a}")
            payments = [[ref, amount] for ref, amount in order.payments]
            facts: dict[str, Any] = {"trn_code": order.way.trn_code, "ins_id": order.ins_id, "payments": payments}
            if turned_away:
                facts["turned_away"] = True
            parts.append(Part(facts, xml))
        content = write_bundle("return", {"batch_no": batch_no}, parts)
        return BatchFile(self._profile.names["return"].format(batch_no=batch_no), content, sm3(content))

    def fetch_statement(self, day: date, opening_fen: int = 0) -> BatchFile:
        """Ask for a day's detail, page by page, and give the replies as a file for ``read_statement``. The bank states
        its own balance: ``opening_fen`` is not needed.

        Raises ``TooEarlyOrLate`` before the day is over, ``Pending`` where the bank does not answer, or not clearly.
        Fetched again, the file differs in the times of its replies: keep the first.
        """
        del opening_fen
        today = local_date(self._clock.now_ms())
        if day >= today:
            raise TooEarlyOrLate("DAY_NOT_OVER", f"{day} 尚未结束,不能取对账单")
        parts = [Part({"role": detail.DAY}, xml) for xml in self._pages(day)]
        if detail.read_page(parts[0].content, self._profile).total == 0:
            # The balance first: whatever is booked between the two questions shows in the second.
            parts.append(Part({"role": detail.BALANCE}, self._balance_xml()))
            later, _ = self._page(day + timedelta(days=1), today, 1)
            parts.append(Part({"role": detail.LATER}, later))
        content = write_bundle("statement", {"account_no": self._account_no, "day": day.isoformat()}, parts)
        return BatchFile(self._profile.names["statement"].format(day=f"{day:%Y%m%d}"), content, sm3(content))

    def balance_fen(self) -> int:
        """The account's balance now. ``Pending`` where the bank does not answer, or not clearly."""
        return detail.read_balance(self._balance_xml(), self._account_no, self._profile)

    def read_notice(self, headers: Mapping[str, str], body: bytes, now_ms: int) -> CreditNotice:
        """Check and decode the bank's word on a credit; raises as ``notices.read_notice`` does."""
        return read_notice(headers, body, now_ms, (self._login.password, self._account_no), self._profile.notice)

    def _pages(self, day: date) -> list[bytes]:
        pages, had, total = [], 0, None
        while total is None or had < total:
            xml, page = self._page(day, day, had + 1)
            if total not in (None, page.total) or page.total > ROWS_MAX or (not page.rows and had < page.total):
                raise _unknown(detail.TRN_CODE, day.isoformat(), f"{page.total} rows in all, page from {had + 1}")
            pages.append(xml)
            had, total = had + len(page.rows), page.total
        return pages

    def _page(self, first: date, last: date, start: int) -> tuple[bytes, detail.Page]:
        trn_id = f"D{first:%Y%m%d}{last:%Y%m%d}{start:09d}"
        body = detail.detail_body(self._account_no, first, last, start=start, trn_id=trn_id, profile=self._profile)
        xml = self._call(detail.TRN_CODE, body, trn_id)
        try:
            return xml, detail.read_page(xml, self._profile)
        except FileRefused as wrong:
            raise _unknown(detail.TRN_CODE, trn_id, wrong.code) from wrong

    def _balance_xml(self) -> bytes:
        account = body_xml({"acntNo": self._account_no}).replace("xDataBody", "acntList")
        xml = self._call(detail.BALANCE_CODE, f"<xDataBody><trnId>B</trnId>{account}</xDataBody>", "balance")
        try:
            detail.read_balance(xml, self._account_no, self._profile)
        except FileRefused as wrong:
            raise _unknown(detail.BALANCE_CODE, "balance", wrong.code) from wrong
        return xml

    def _order(self, order: Order) -> str:
        """Send a request; returns the code by which the bank refused it, empty where it took it."""
        reply = self._reply(order.way.trn_code, order.body, order.ins_id)
        if reply.said == "accepted" and reply.text("insId") == order.ins_id:
            return ""
        if reply.said == "refused":
            return reply.code
        if reply.said == "duplicate" and self._ask(order.way, order.ins_id, order) is BatchState.ACCEPTED:
            return ""
        raise _unknown(order.way.trn_code, order.ins_id, f"code {reply.code[:20]!a}")

    def _ask(self, way: Way, ins_id: str, order: Order) -> BatchState:
        _, answer = self._answer(way, ins_id)
        if answer.said == "not_found":
            return BatchState.NOT_FOUND
        if answer.said != "accepted":
            raise _unknown(way.ask_code, ins_id, f"code {answer.code[:20]!a}")
        if answer.rows:
            difference = answers.differs(answer, order)
            if difference is not None:
                raise Conflict("BATCH_CHANGED", f"银行已收到同号但内容不同的指令: {ins_id}", problems=(difference,))
        return BatchState.ACCEPTED

    def _answer(self, way: Way, ins_id: str) -> tuple[bytes, Answer]:
        xml = self._call(way.ask_code, codec.ask_body(way, ins_id), ins_id)
        try:
            return xml, answers.read_answer(xml, way, ins_id, self._profile)
        except FileRefused as wrong:
            raise _unknown(way.ask_code, ins_id, wrong.code) from wrong

    def _reply(self, trn_code: str, body: str, number: str) -> Reply:
        try:
            return read_reply(self._call(trn_code, body, number), trn_code, self._profile)
        except FileRefused as wrong:
            # Whatever came back, it may have been taken.
            raise _unknown(trn_code, number, wrong.code) from wrong

    def _call(self, trn_code: str, body: str, number: str) -> bytes:
        request = write_request(trn_code, body, self._login, self._clock.now_ms(), self._profile)
        try:
            answer = requests.post(
                self._url,
                data=request,
                headers={"Content-Type": self._profile.content_type},
                timeout=self._timeout_seconds,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            # Nothing of the error itself: it may hold the request.
            raise _unknown(trn_code, number, type(error).__name__) from None
        if answer.status_code != HTTPStatus.OK:
            raise _unknown(trn_code, number, f"status {answer.status_code}")
        return answer.content


def login_from(secret: str) -> Login:
    """A login from its secret, ``client_id:user_id:password``. Raises ``InvalidInput`` (``LOGIN_INVALID``)."""
    parts = secret.split(":", 2)
    if len(parts) != 3 or not all(parts):
        raise InvalidInput("LOGIN_INVALID", "民生银行登录信息格式不正确")
    return Login(*parts)


def _refused_in_part(refused: Sequence[tuple[Order, str]]) -> RefusedInPart:
    problems = tuple(
        Problem(0, "insId", order.ins_id, f"refused by code {code[:20]!a}: its payments go with a later batch")
        for order, code in refused
    )
    numbers = "、".join(order.ins_id for order, _ in refused)
    refs = frozenset(ref for order, _ in refused for ref in order.refs)
    return RefusedInPart("BATCH_REFUSED_IN_PART", f"银行拒收指令 {numbers},其中各笔将改由后续批次退付", refs, problems)


def _unknown(trn_code: str, number: str, why: str) -> Pending:
    return Pending("BANK_SILENT", f"银行未明确答复: {trn_code} {number} ({why})")
