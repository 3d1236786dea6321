"""The simulated gateway: checks a request, does what it asks, answers; and the faults that were scripted for it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from integrations.alipay.simulator import wire
from integrations.alipay.simulator.books import Books, Fields, Refused, cents, yuan

FAULTS = {
    "unread": "nothing done, no answer",
    "mute": "done, no answer",
    "http_500": "done, HTTP 500",
    "busy": "nothing done, code 20000",
    "processing": "nothing done, code 10003",
    "system_error": "nothing done, 40004 SYSTEM_ERROR",
    "system_error_done": "done, 40004 SYSTEM_ERROR",
    "wrong_signature": "done, the signature is over other bytes",
    "unsigned": "done, no signature",
    "wrong_amount": "done, each amount answered one fen higher",
    "other_number": "done, answered about another number",
}
_NOT_DONE = {"unread": None, "busy": "20000", "processing": "10003", "system_error": "40004"}

# method: the fields that it needs, each with what it must look like
_NUMBER, _MONEY, _SOME = r"[0-9A-Za-z_]{1,64}", r"\d{1,9}\.\d\d", r"[^/=&]+"
RULES: dict[str, dict[str, str]] = {
    "alipay.trade.create": {
        "out_trade_no": _NUMBER,
        "total_amount": _MONEY,
        "subject": _SOME,
        "product_code": "JSAPI_PAY",
        "op_app_id": r"\d{16}",
        "buyer_open_id": _SOME,
    },
    "alipay.trade.query": {"out_trade_no": _NUMBER},
    "alipay.trade.refund": {"out_trade_no": _NUMBER, "out_request_no": _NUMBER, "refund_amount": _MONEY},
    "alipay.trade.fastpay.refund.query": {"out_trade_no": _NUMBER, "out_request_no": _NUMBER},
    "alipay.fund.trans.uni.transfer": {
        "out_biz_no": _NUMBER,
        "trans_amount": _MONEY,
        "product_code": "TRANS_ACCOUNT_NO_PWD",
        "biz_scene": "DIRECT_TRANSFER",
        "order_title": _SOME,
    },
    "alipay.fund.trans.common.query": {
        "out_biz_no": _NUMBER,
        "product_code": "TRANS_ACCOUNT_NO_PWD",
        "biz_scene": "DIRECT_TRANSFER",
    },
    "alipay.data.dataservice.bill.downloadurl.query": {"bill_type": "trade", "bill_date": r"\d{4}-\d\d-\d\d"},
}


@dataclass
class Gateway:
    """One app's side of the gateway. ``faults`` maps a method to the faults of its next calls, in order."""

    app_id: str
    signer: wire.Signer
    books: Books
    bill_url: Callable[[date], str]
    faults: dict[str, list[str]] = field(default_factory=dict)
    calls: list[dict[str, str]] = field(default_factory=list)

    def take(self, query: str, form: bytes) -> tuple[int, bytes] | None:
        """Status and body for a request; ``None``: the connection ends without an answer."""
        params = wire.request_params(query, form)
        method = params.get("method", "")
        refusal = self._gate(params)
        if refusal:
            return 200, wire.answer("error_response", _failed("40002", refusal), self.signer)
        waiting = self.faults.get(method) or [""]
        fault = waiting.pop(0)
        self.calls.append({"method": method, "fault": fault})
        if fault in _NOT_DONE:
            code = _NOT_DONE[fault]
            return (200, wire.answer(method, _failed(code, _system(method, code)), self.signer)) if code else None
        fields = self._do(method, params)
        return self._spoilt(method, fields, fault)

    def _gate(self, params: dict[str, str]) -> str:
        """What the gateway itself finds wrong, as its sub_code; empty where all is well."""
        if params.get("app_id") != self.app_id:
            return "isv.invalid-app-id"
        if params.get("sign_type") != "RSA2" or params.get("charset") != "utf-8" or params.get("version") != "1.0":
            return "isv.invalid-signature-type"
        if not re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", params.get("timestamp", "")):
            return "isv.invalid-timestamp"
        if not self.signer.is_merchants(wire.request_content(params), params.get("sign", "")):
            return "isv.invalid-signature"
        if params.get("format", "").upper() != "JSON" or (
            params["method"] not in RULES and "token" not in params["method"]
        ):
            return "isv.invalid-method"
        return ""

    def _do(self, method: str, params: dict[str, str]) -> Fields:
        try:
            if method == "alipay.system.oauth.token":
                return self._token(params)
            biz = json.loads(params["biz_content"])
            for name, rule in RULES[method].items():
                if not re.fullmatch(rule, biz.get(name, "")):
                    raise Refused("ACQ.INVALID_PARAMETER" if "trade" in method else "INVALID_PARAMETER")
            return {"code": "10000", "msg": "Success", **self._method(method)(biz)}
        except Refused as refusal:
            return _failed("40004", str(refusal))

    def _method(self, method: str) -> Callable[[Fields], Fields]:
        return {
            "alipay.trade.create": self.books.create,
            "alipay.trade.query": self.books.query,
            "alipay.trade.refund": self.books.refund,
            "alipay.trade.fastpay.refund.query": self.books.refund_query,
            "alipay.fund.trans.uni.transfer": self.books.transfer,
            "alipay.fund.trans.common.query": self.books.transfer_query,
            "alipay.data.dataservice.bill.downloadurl.query": self._bill,
        }[method]

    def _bill(self, biz: Fields) -> Fields:
        return {"bill_download_url": self.bill_url(date.fromisoformat(biz["bill_date"]))}

    def _token(self, params: dict[str, str]) -> Fields:
        user = self.books.auth_codes.pop(params.get("code", ""), "")
        if params.get("grant_type") != "authorization_code" or not user:
            return _failed("40002", "isv.code-invalid")
        times = {"auth_start": "2026-03-01 09:00:00", "expires_in": 1296000, "re_expires_in": 2592000}
        return {"access_token": self.books.serial("composeB"), "open_id": user, "refresh_token": "r" * 40, **times}

    def _spoilt(self, method: str, fields: Fields, fault: str) -> tuple[int, bytes] | None:
        """The answer as the fault has it."""
        name = "error_response" if method.endswith("oauth.token") and "sub_code" in fields else method
        if fault == "mute":
            return None
        if fault == "http_500":
            return 500, b"<html>error</html>"
        if fault == "system_error_done":
            return 200, wire.answer(name, _failed("40004", _system(method, "40004")), self.signer)
        if fault == "unsigned":
            return 200, wire.answer(name, fields, None)
        if fault == "wrong_amount":
            fields = {key: _more(key, value) for key, value in fields.items()}
        if fault == "other_number":
            fields = {key: f"{value}9" if key.startswith("out_") else value for key, value in fields.items()}
        body = wire.answer(name, fields, self.signer)
        # The same JSON, one space more: only the bytes tell.
        return 200, body.replace(b'":{"', b'":{ "', 1) if fault == "wrong_signature" else body


def _failed(code: str, sub_code: str) -> Fields:
    return {"code": code, "msg": "Failed", "sub_code": sub_code, "sub_msg": "业务处理失败"}


def _system(method: str, code: str) -> str:
    if code != "40004":
        return "isp.unknow-error"
    return "ACQ.SYSTEM_ERROR" if ".trade." in method else "SYSTEM_ERROR"


def _more(key: str, value: Any) -> Any:
    return yuan(cents(value) + 1) if key.endswith("_amount") else value
