"""The official SDK as the other side. Runs in its own environment; a JSON object a line in, one a line out.

Nothing here is the hub's: what it signs, verifies, fills and sends, the SDK does.
"""

from __future__ import annotations

import http.client
import importlib
import json
import logging
import sys
from typing import Any
from urllib.parse import urlsplit

from alipay.aop.api.AlipayClientConfig import AlipayClientConfig
from alipay.aop.api.DefaultAlipayClient import DefaultAlipayClient
from alipay.aop.api.util import SignatureUtils, WebUtils

logging.disable(logging.CRITICAL)

# The SDK connects to port 80 or 443 whatever the URL says; the simulator listens elsewhere. Only the connection is
# replaced: path, query, headers and body stay the SDK's.
_connect = WebUtils.get_http_connection


def _to_any_port(url: str, query_string: str, timeout: int) -> tuple[str, http.client.HTTPConnection]:
    parts = urlsplit(url)
    plain, _ = _connect(f"{parts.scheme}://{parts.hostname}{parts.path}", query_string, timeout)
    return plain, http.client.HTTPConnection(parts.hostname or "", parts.port or 80, timeout=timeout)


WebUtils.get_http_connection = _to_any_port


def _camel(method: str) -> str:
    return "".join(part.capitalize() for part in method.split("."))


def sign(private_key: str, content: str) -> str:
    """RSA2 over a text."""
    return str(SignatureUtils.sign_with_rsa2(private_key, content, "utf-8"))


def verify(public_key: str, content: str, signature: str) -> bool:
    """Whether the SDK believes a signature."""
    try:
        return bool(SignatureUtils.verify_with_rsa(public_key, content.encode(), signature))
    except Exception:
        return False


def sign_content(params: dict[str, Any]) -> str:
    """What the SDK signs of these parameters."""
    return str(SignatureUtils.get_sign_content(params))


def model(method: str, biz: dict[str, Any]) -> dict[str, Any]:
    """A method's business content as the SDK's own model has it: what the model does not know is gone."""
    name = f"{_camel(method)}Model"
    filled = getattr(importlib.import_module(f"alipay.aop.api.domain.{name}"), name).from_alipay_dict(biz)
    return dict(filled.to_alipay_dict())


def unknown_fields(method: str, answer: str) -> list[str]:
    """Which fields of an answer the SDK's response class does not know, or reads otherwise."""
    name = f"{_camel(method)}Response"
    response = getattr(importlib.import_module(f"alipay.aop.api.response.{name}"), name)()
    response.parse_response_content(answer)
    known = {"code", "msg", "sub_code", "sub_msg"}
    return [
        key for key, value in json.loads(answer).items() if key not in known and getattr(response, key, None) != value
    ]


def execute(
    *, url: str, app_id: str, private_key: str, alipay_key: str, method: str, biz: dict[str, Any], plain: dict[str, str]
) -> str:
    """A whole call by the SDK's client, its answer verified by it. An error is told as such."""
    config = AlipayClientConfig()
    config.server_url, config.app_id, config.sign_type = url, app_id, "RSA2"
    config.app_private_key, config.alipay_public_key = private_key, alipay_key
    name = f"{_camel(method)}Request"
    request = getattr(importlib.import_module(f"alipay.aop.api.request.{name}"), name)()
    if biz:
        model_name = f"{_camel(method)}Model"
        module = importlib.import_module(f"alipay.aop.api.domain.{model_name}")
        request.biz_content = getattr(module, model_name).from_alipay_dict(biz)
    for key, value in plain.items():
        setattr(request, key, value)
    try:
        return str(DefaultAlipayClient(config).execute(request))
    except Exception as error:
        return f"error: {str(error).partition(']')[2].partition('.')[0]}"


ASKED = {function.__name__: function for function in (sign, verify, sign_content, model, unknown_fields, execute)}


def main() -> None:
    """Answer until the input ends."""
    for line in sys.stdin:
        given = json.loads(line)
        print(json.dumps(ASKED[given.pop("ask")](**given)), flush=True)  # noqa: T201 (its answer)


if __name__ == "__main__":
    main()
