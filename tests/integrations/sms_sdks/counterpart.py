"""The carriers' official SDKs as the other side. Runs in an environment of its own; a JSON object a line in, one out.

Nothing here is the hub's: what it signs, fills and sends, the SDKs do.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from alibabacloud_dysmsapi20170525 import models as dysms
from alibabacloud_dysmsapi20170525.client import Client as Dysms
from alibabacloud_tea_openapi.utils import Utils
from alibabacloud_tea_openapi.utils_models import Config
from tencentcloud.common import credential
from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile
from tencentcloud.sms.v20210111 import models as tencent
from tencentcloud.sms.v20210111.sms_client import SmsClient

logging.disable(logging.CRITICAL)


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


def aliyun_signature(params: dict[str, str], secret: str) -> str:
    """What the SDK signs a POST with these parameters with."""
    return str(Utils.get_rpcsignature(params, "POST", secret))


def aliyun_fields(action: str, fields: dict[str, Any]) -> dict[str, Any]:
    """A request as the SDK's own model has it: what the model does not know is gone."""
    return dict(getattr(dysms, f"{action}Request")().from_map(fields).to_map())


def aliyun_call(*, host: str, key_id: str, secret: str, action: str, fields: dict[str, Any]) -> Any:
    """A whole call by the SDK's client: its answer as the SDK's response class has it, or the code of its error."""
    config = Config(access_key_id=key_id, access_key_secret=secret, endpoint=host, protocol="http")
    # The signature of the API's own version, in its parameters; the SDK's other one is in headers.
    config.signature_algorithm = "v2"
    request = getattr(dysms, f"{action}Request")().from_map(fields)
    try:
        answer = getattr(Dysms(config), _snake(action))(request)
    except Exception as error:
        return {"error": getattr(error, "code", str(error))}
    return answer.body.to_map()


def tencent_fields(action: str, fields: dict[str, Any]) -> dict[str, Any]:
    """A request as the SDK's own model has it."""
    request = getattr(tencent, f"{action}Request")()
    request.from_json_string(json.dumps(fields))
    return {key: value for key, value in json.loads(request.to_json_string()).items() if value is not None}


def tencent_signature(*, host: str, key_id: str, secret: str, now_s: int, body: str) -> str:
    """What the SDK signs a body with at an instant."""
    headers = {"Content-Type": "application/json", "Host": host, "X-TC-Timestamp": str(now_s)}
    request = SimpleNamespace(method="POST", uri="/", header=headers, data=body)
    date = datetime.fromtimestamp(now_s, UTC).strftime("%Y-%m-%d")
    return str(_tencent(host, key_id, secret)._get_tc3_signature({}, request, date, "sms", secret))


def tencent_call(*, host: str, key_id: str, secret: str, action: str, fields: dict[str, Any]) -> Any:
    """A whole call by the SDK's client, or the code of its error."""
    request = getattr(tencent, f"{action}Request")()
    request.from_json_string(json.dumps(fields))
    try:
        answer = getattr(_tencent(host, key_id, secret), action)(request)
    except TencentCloudSDKException as error:
        return {"error": error.get_code()}
    return json.loads(answer.to_json_string())


def _tencent(host: str, key_id: str, secret: str) -> SmsClient:
    http = HttpProfile(protocol="http", endpoint=host, reqMethod="POST")
    profile = ClientProfile(signMethod="TC3-HMAC-SHA256", httpProfile=http)
    return SmsClient(credential.Credential(key_id, secret), "ap-guangzhou", profile)


ASKED = {
    function.__name__: function
    for function in (
        aliyun_signature,
        aliyun_fields,
        aliyun_call,
        tencent_signature,
        tencent_fields,
        tencent_call,
    )
}


def main() -> None:
    """Answer until the input ends."""
    for line in sys.stdin:
        given = json.loads(line)
        print(json.dumps(ASKED[given.pop("ask")](**given)), flush=True)  # noqa: T201 (its answer)


if __name__ == "__main__":
    main()
