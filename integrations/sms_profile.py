"""What the carriers' profiles have in common: sign, templates, price, and what a carrier's codes mean. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from chalicelib.kernel.errors import HubError, InvalidInput, NotAllowed, Pending, TooMany
from integrations.ports import SmsPreview

CHARACTERS_MAX = 500
_ONE_PART_MAX = 70
_LONG_PART_MAX = 67
_VARIABLE = re.compile(r"\$\{(\w+)\}")


@dataclass(frozen=True)
class Template:
    """A text as approved by the carrier, its id there, and the variables it takes.

    ``order``: the variables one by one, for a carrier that knows them by number.
    """

    id: str
    text: str
    order: tuple[str, ...] = ()

    @cached_property
    def variables(self) -> frozenset[str]:
        """The names between ``${`` and ``}``."""
        return frozenset(self._filled_in)

    @cached_property
    def _filled_in(self) -> tuple[str, ...]:
        return tuple(_VARIABLE.findall(self.text))

    @cached_property
    def _own_characters(self) -> int:
        return len(_VARIABLE.sub("", self.text))

    def characters(self, params: Mapping[str, str]) -> int:
        """How long the text will be, without the sign: as of ``filled``, which need not be written for it."""
        return self._own_characters + sum([len(params[name]) for name in self._filled_in])

    def filled(self, params: Mapping[str, str]) -> str:
        """The text a phone will show, without the sign."""
        return _VARIABLE.sub(lambda found: params[found[1]], self.text)


@dataclass(frozen=True)
class CarrierProfile:
    """Sign, price of a part (1/100 fen), time-outs, templates; and what codes mean.

    Of answers: wait (``wait_number``: for one of the numbers), never, account. Of receipts: limit, dead number.
    """

    sign: str
    part_centifen: int
    connect_timeout_s: float
    read_timeout_s: float
    wait_number_codes: frozenset[str]
    wait_codes: frozenset[str]
    never_codes: frozenset[str]
    account_codes: frozenset[str]
    limit_codes: frozenset[str]
    dead_codes: frozenset[str]
    templates: Mapping[str, Template]

    def check(self, template_name: str, params: Mapping[str, str]) -> Template:
        """A message's template. Raises ``InvalidInput``: no such template, wrong variables, too long with the sign."""
        template = self.templates.get(template_name)
        if template is None:
            raise InvalidInput("SMS_TEMPLATE_UNKNOWN", f"短信模板不存在: {template_name}")
        if template.variables != params.keys():
            raise InvalidInput("SMS_PARAMS", f"短信模板变量不符: {template_name}")
        if len(self._signed("")) + template.characters(params) > CHARACTERS_MAX:
            raise InvalidInput("SMS_TOO_LONG", f"短信超过{CHARACTERS_MAX}字: {template_name}")
        return template

    def preview(self, template_name: str, params: Mapping[str, str]) -> SmsPreview:
        """A message as a phone shows it. Raises as ``check`` does."""
        text = self.check(template_name, params).filled(params)
        count = parts(text, self.sign)
        return SmsPreview(self._signed(text), count, count * self.part_centifen)

    def _signed(self, text: str) -> str:
        return f"【{self.sign}】{text}"

    def meaning(self, code: str) -> HubError:
        """Only an explicit word ends a message; what is not in the profile's tables is no such word."""
        if code in self.wait_number_codes:
            return TooMany("SMS_NUMBER_LIMITED", f"短信平台对号码限流: {code}")
        if code in self.wait_codes:
            return TooMany("SMS_LIMITED", f"短信平台限流: {code}")
        if code in self.never_codes:
            return InvalidInput("SMS_REFUSED", f"短信平台拒收: {code}")
        if code in self.account_codes:
            return NotAllowed("SMS_ACCOUNT", f"短信平台账户或配置有误: {code}")
        return unknown(code)

    def ended(self, state: str, code: str) -> str:
        """A receipt's state: a failure by a limit is none for good."""
        return "limited" if state == "failed" and code in self.limit_codes else state


def unknown(what: str) -> Pending:
    """What is raised for an answer that says nothing certain."""
    return Pending("SMS_UNKNOWN", f"短信平台答复不明: {what}")


def parts(text: str, sign_name: str) -> int:
    """How many messages a text is charged as: 70 characters with the sign in its brackets, or 67 each."""
    length = len(f"【{sign_name}】{text}")
    return 1 if length <= _ONE_PART_MAX else -(-length // _LONG_PART_MAX)


def common_of(content: Mapping[str, Any], templates: Mapping[str, Template]) -> dict[str, Any]:
    """The fields of ``CarrierProfile`` from a profile's TOML."""
    account, codes, timeouts = content["account"], content["codes"], content["timeouts"]
    return {
        "sign": account["sign"],
        "part_centifen": account["part_centifen"],
        "connect_timeout_s": timeouts["connect_s"],
        "read_timeout_s": timeouts["read_s"],
        "wait_number_codes": frozenset(codes["wait_number"]),
        "wait_codes": frozenset(codes["wait"]),
        "never_codes": frozenset(codes["never"]),
        "account_codes": frozenset(codes["account"]),
        "limit_codes": frozenset(codes["limit"]),
        "dead_codes": frozenset(codes["dead"]),
        "templates": templates,
    }
