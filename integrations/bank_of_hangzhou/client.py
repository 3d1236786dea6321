"""Bank of Hangzhou behind the port: its codec, and HTTPS for handing over batch files."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from http import HTTPStatus
from typing import IO

import requests

from chalicelib.kernel.errors import Conflict, FileRefused, Pending, Problem
from chalicelib.kernel.json_text import read_json
from integrations.bank_of_hangzhou import codec, interest, statement
from integrations.bank_of_hangzhou.profile import Profile, default_profile
from integrations.notices import read_notice
from integrations.ports import (
    BatchFile,
    BatchReturn,
    BatchState,
    CreditNotice,
    InterestAdvice,
    RefundLine,
    Statement,
    StatementSummary,
)

TIMEOUT_SECONDS = (3.05, 20)

# The bank's own words for a file that it looked at and did not take. Others of the 400s (a time-out, too many requests,
# a proxy's answer) say nothing of the file: its outcome is unknown.
_REFUSALS = frozenset(
    {
        HTTPStatus.BAD_REQUEST,
        HTTPStatus.UNAUTHORIZED,
        HTTPStatus.FORBIDDEN,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        HTTPStatus.UNPROCESSABLE_ENTITY,
    }
)


class BankOfHangzhou:
    """A ``DepositBank``. Handing over a file is safe to repeat: the bank keeps one file a name."""

    pays_interest_apart = False

    def __init__(self, url: str, secret: str, account_no: str = "", profile: Profile | None = None) -> None:
        self._url = url.rstrip("/")
        self._account_no = account_no
        self._notice_secret = secret
        self._secret = secret.encode()
        self._profile = profile or default_profile()
        self.channel = self._profile.channel

    @property
    def lines_max(self) -> int:
        """How many lines one batch file may hold."""
        return self._profile.lines_max

    def read_statement(self, content: bytes, sidecar: bytes) -> Statement:
        """Decode a statement. Raises ``FileRefused`` where digest, header or control totals are wrong."""
        return statement.read_statement(content, sidecar, self._profile)

    def stream_statement(self, source: IO[bytes], sidecar: bytes, take: statement.Take) -> StatementSummary:
        """Decode a statement of any length, handing its lines over as they are read; raises as ``read_statement``."""
        return statement.stream_statement(source, sidecar, self._profile, take)

    def write_batch(self, batch_no: str, lines: tuple[RefundLine, ...]) -> BatchFile:
        """Encode a refund batch (1 to ``lines_max`` lines). Raises ``InvalidInput`` for what can't be written."""
        return codec.write_batch(batch_no, lines, self._profile)

    def read_return(self, content: bytes, sidecar: bytes) -> BatchReturn:
        """Decode a return file. Raises ``FileRefused`` where digest, header or control totals are wrong."""
        return codec.read_return(content, sidecar, self._profile)

    def send_batch(self, file: BatchFile) -> None:
        """Hand the file to the bank.

        Raises ``Pending`` where it is not known whether it arrived, ``Conflict`` where the bank holds other bytes
        under this name, ``FileRefused`` where the bank says that it will not take it.
        """
        headers = {
            "Content-Type": "application/octet-stream",
            "X-SM3": file.digest,
            "X-Signature": self._signature(file.digest),
        }
        answer = self._call("PUT", file.name, headers, file.content)
        if answer.status_code in (HTTPStatus.OK, HTTPStatus.CREATED):
            return
        if answer.status_code == HTTPStatus.CONFLICT:
            raise _changed(file.name)
        if answer.status_code in _REFUSALS:
            raise FileRefused("BATCH_REFUSED", f"银行拒收文件 {file.name},状态 {answer.status_code}")
        raise _unknown(file.name, f"status {answer.status_code}")

    def ask_batch(self, file: BatchFile) -> BatchState:
        """Ask what became of a file. ``Pending`` where the bank does not answer, or not clearly; ``Conflict`` where it
        tells the digest of another file under this name."""
        headers = {"X-Signature": self._signature(file.name)}
        answer = self._call("GET", file.name, headers, None)
        if answer.status_code == HTTPStatus.NOT_FOUND:
            return BatchState.NOT_FOUND
        try:
            told = read_json(answer.content) if answer.status_code == HTTPStatus.OK else {}
            accepted, digest = told.get("state") == "accepted", told.get("sm3")
        except (ValueError, AttributeError):
            accepted, digest = False, None
        if accepted and digest == file.digest:
            return BatchState.ACCEPTED
        if accepted and isinstance(digest, str) and digest:
            raise _changed(file.name)
        # Accepted, and no digest: it may be another file than ours.
        raise _unknown(file.name, f"status {answer.status_code}")

    @property
    def advises_interest(self) -> bool:
        """Whether its profile has the layout of an interest advice."""
        return "interest_row" in self._profile.layouts

    def read_interest(self, content: bytes, sidecar: bytes) -> InterestAdvice:
        """Decode the bank's own interest. Raises ``FileRefused`` where digest, header or control totals are wrong, or
        it is of another account than ours."""
        advice = interest.read_interest(content, sidecar, self._profile)
        if self._account_no and advice.account_no != self._account_no:
            problem = Problem(1, "account_no", f"{len(advice.account_no)} characters", "the number of our account")
            raise FileRefused("ACCOUNT_DIFFERS", "计息文件不是本账户的", problems=(problem,))
        return advice

    def read_notice(self, headers: Mapping[str, str], body: bytes, now_ms: int) -> CreditNotice:
        """Check and decode the bank's word on a credit; raises as ``notices.read_notice`` does."""
        return read_notice(headers, body, now_ms, (self._notice_secret, self._account_no), self._profile.notice)

    def _signature(self, signed: str) -> str:
        return hmac.new(self._secret, signed.encode(), hashlib.sha256).hexdigest()

    def _call(self, method: str, name: str, headers: dict[str, str], body: bytes | None) -> requests.Response:
        url = f"{self._url}/batches/{name}"
        try:
            return requests.request(
                method, url, headers=headers, data=body, timeout=TIMEOUT_SECONDS, allow_redirects=False
            )
        except requests.RequestException as error:
            raise _unknown(name, type(error).__name__) from error


def _unknown(name: str, why: str) -> Pending:
    return Pending("BANK_SILENT", f"银行未明确答复: {name} ({why})")


def _changed(name: str) -> Conflict:
    return Conflict("BATCH_CHANGED", f"银行已收到同名但内容不同的文件: {name}")
