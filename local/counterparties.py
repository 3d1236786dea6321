"""The counterparties on this machine: bank, SMS carrier and treasury, each with state, on ports of its own.

`python -m local.counterparties FILE` serves those that the JSON file describes until it is ended.
"""

from __future__ import annotations

import json
import signal
import sys
from contextlib import ExitStack
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from integrations.alipay.simulator import AlipaySimulator
from integrations.aliyun_sms.simulator import SmsSimulator
from integrations.bank_of_hangzhou.simulator import HangzhouSimulator
from integrations.minsheng.simulator import MinshengSimulator
from integrations.treasury_nontax.simulator import TreasurySimulator
from local import localstripe
from local.identity import Identity
from local.localstripe.door import Door
from local.payments import PAYOUT_ACCOUNT_NO
from local.processes import free_port

# The deposit account at the bank; not a real one.
ACCOUNT_NO = "3301040160000000001"
MINSHENG_ACCOUNT_NO = "600033029"
MINSHENG_LOGIN = ("2200003220", "2200003220001", "demo-of-the-link")
ALIPAY_APP_ID, ALIPAY_SELLER_ID = "2021000000000001", "2088000000000001"
# What residents' wallet is reached through: Alipay's own platform, or a gateway shaped as Stripe.
GATEWAYS = ("alipay", "stripe")
OIDC_CLIENT_ID = "hangpai-console"
# What stands in each account from before: interest is paid from it, and what one account pays for another.
FLOAT_FEN = 1_000_000
# The treasury's non-tax account; not a real one either.
TREASURY_ACCOUNT_NO = "3301040160000009999"
# So that the hub is waiting for the return file only after it has sent the batch, as in life.
RETURN_DELAY_S = 0.5

# The carrier's limits on codes to one phone, (seconds, codes), compressed like the month: days there are seconds here.
CODE_LIMITS = ((4, 1), (60, 5))


@dataclass(frozen=True)
class Ports:
    """Where the counterparties listen, on 127.0.0.1."""

    bank: int
    carrier: int
    treasury_link: int
    treasury_control: int
    minsheng: int
    alipay: int
    identity: int
    # A gateway shaped as Stripe, and the line to it.
    stripe: int
    stripe_door: int

    @property
    def bank_url(self) -> str:
        """The bank's file door."""
        return f"http://127.0.0.1:{self.bank}"

    @property
    def minsheng_url(self) -> str:
        """Minsheng's link and controls."""
        return f"http://127.0.0.1:{self.minsheng}"

    @property
    def alipay_url(self) -> str:
        """Alipay's gateway and controls."""
        return f"http://127.0.0.1:{self.alipay}"

    @property
    def stripe_url(self) -> str:
        """The line to the gateway shaped as Stripe, and its controls."""
        return f"http://127.0.0.1:{self.stripe_door}"

    @property
    def identity_url(self) -> str:
        """The operators' identity provider."""
        return f"http://127.0.0.1:{self.identity}"

    @property
    def carrier_url(self) -> str:
        """The carrier's API, without a slash at the end."""
        return f"http://127.0.0.1:{self.carrier}"

    @property
    def treasury_url(self) -> str:
        """The treasury's controls."""
        return f"http://127.0.0.1:{self.treasury_control}"

    def parameters(self, gateway: str) -> dict[str, str]:
        """The template's parameters that name the counterparties; ``gateway`` is one of ``GATEWAYS``."""
        return {
            "WalletGateway": gateway,
            "StripeUrl": self.stripe_url,
            "HangzhouUrl": self.bank_url,
            "HangzhouAccountNo": ACCOUNT_NO,
            "MinshengUrl": self.minsheng_url,
            "MinshengAccountNo": MINSHENG_ACCOUNT_NO,
            "AlipayUrl": f"{self.alipay_url}/gateway.do",
            "AlipayAppId": ALIPAY_APP_ID,
            "AlipaySellerId": ALIPAY_SELLER_ID,
            "AlipayPayoutAccountNo": PAYOUT_ACCOUNT_NO,
            "OidcIssuer": self.identity_url,
            "OidcClientId": OIDC_CLIENT_ID,
            "SmsUrl": f"{self.carrier_url}/",
            "TreasuryAddress": f"127.0.0.1:{self.treasury_link}",
            "TreasuryAccountNo": TREASURY_ACCOUNT_NO,
            # A month in minutes has no night.
            "SmsQuietHours": "none",
            # One environment for codes: starting several at once costs this machine more time than a code lives.
            "CodeConcurrency": "1",
        }


def choose_ports() -> Ports:
    """A port of its own each."""
    return Ports(*(free_port() for _ in fields(Ports)))


@dataclass(frozen=True)
class Scene:
    """All that the counterparties need to know of the hub. Secrets are read from where the hub reads them."""

    ports: Ports
    api_url: str
    aws_environment: dict[str, str]
    inbox_bucket: str
    secrets: dict[str, str]
    alipay_keys: dict[str, str]
    console_url: str
    gateway: str = GATEWAYS[0]

    def to_json(self) -> str:
        """As the file that ``main`` reads."""
        return json.dumps(asdict(self))

    @staticmethod
    def from_json(text: str) -> Scene:
        """From that file."""
        content = json.loads(text)
        return Scene(**{**content, "ports": Ports(**content["ports"])})


class _Hub:
    """The hub's inbox and secrets, as a counterparty has them."""

    def __init__(self, scene: Scene) -> None:
        env = scene.aws_environment
        self._scene = scene
        self._client: Any = boto3.Session(
            env["AWS_ACCESS_KEY_ID"], env["AWS_SECRET_ACCESS_KEY"], region_name=env["AWS_REGION"]
        ).client
        self._options = {"endpoint_url": env["AWS_ENDPOINT_URL"], "config": Config(s3={"addressing_style": "path"})}
        self._s3 = self._client("s3", **self._options)

    def secret(self, variable: str) -> str:
        manager = self._client("secretsmanager", **self._options)
        return str(manager.get_secret_value(SecretId=self._scene.secrets[variable])["SecretString"])

    def drop(self, key: str, content: bytes) -> None:
        self._s3.put_object(Bucket=self._scene.inbox_bucket, Key=key, Body=content)


def drop_into(scene: Scene) -> Any:
    """``drop(key, content)``: puts a file into the hub's inbox."""
    return _Hub(scene).drop


def serve(scene: Scene) -> ExitStack:
    """Start all of them; closing what is returned stops them."""
    hub, ports = _Hub(scene), scene.ports
    running = ExitStack()
    running.enter_context(
        HangzhouSimulator(
            hub.secret("HANGZHOU_SECRET"),
            ACCOUNT_NO,
            hub.drop,
            fail_first=0,
            port=ports.bank,
            balance_fen=FLOAT_FEN,
            return_delay_seconds=RETURN_DELAY_S,
            hub_url=f"{scene.api_url}/banks/hangzhou/notifications",
        )
    )
    running.enter_context(
        MinshengSimulator(
            MINSHENG_LOGIN,
            MINSHENG_ACCOUNT_NO,
            port=ports.minsheng,
            balance_fen=FLOAT_FEN,
            compressed=True,
            secret=MINSHENG_LOGIN[-1],
            hub_url=f"{scene.api_url}/banks/minsheng/notifications",
        )
    )
    _serve_gateway(running, scene)
    signed_in = f"{scene.console_url}/console/signed-in"
    running.enter_context(Identity(OIDC_CLIENT_ID, hub.secret("OIDC_SECRET"), signed_in, ports.identity))
    running.enter_context(SmsSimulator(hub.secret("SMS_SECRET"), ports.carrier, code_limits=CODE_LIMITS))
    running.enter_context(
        TreasurySimulator(
            hub.secret("TREASURY_SECRET"), scene.api_url, tcp_port=ports.treasury_link, http_port=ports.treasury_control
        )
    )
    return running


def _serve_gateway(running: ExitStack, scene: Scene) -> None:
    ports = scene.ports
    if scene.gateway == "stripe":
        hub_url = f"{scene.api_url}/stripe/notifications"
        door = Door(ports.stripe_door, f"http://127.0.0.1:{ports.stripe}", hub_url, localstripe.SIGNING_SECRET)
        running.enter_context(door)
        running.enter_context(localstripe.running(ports.stripe, f"{ports.stripe_url}/_events"))
        return
    running.enter_context(
        AlipaySimulator(
            scene.alipay_keys["alipay_private"],
            scene.alipay_keys["merchant_public"],
            app_id=ALIPAY_APP_ID,
            seller_id=ALIPAY_SELLER_ID,
            hub_url=f"{scene.api_url}/alipay/notifications",
            port=ports.alipay,
            balance_fen=FLOAT_FEN,
            compressed=True,
        )
    )


def all_up(scene_file: Path) -> Path:
    """The file that stands beside a scene's as soon as all of its counterparties listen."""
    return scene_file.with_suffix(".up")


def main() -> None:
    """Serve until a signal ends it."""
    scene = Scene.from_json(Path(sys.argv[1]).read_text())
    # Blocked before any thread is made, so that the signal waits for this one.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    with serve(scene):
        # Who waits for this knows that all of them listen, and on ports of theirs.
        all_up(Path(sys.argv[1])).touch()
        signal.sigwait({signal.SIGTERM, signal.SIGINT})


if __name__ == "__main__":
    main()
