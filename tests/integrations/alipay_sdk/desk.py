"""What the Alipay tests share: keys made for nothing else, a merchant, a clock, and the official SDK as a process."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from chalicelib.kernel.clock import SetClock, at_shanghai, from_ms
from integrations.alipay.client import AlipayClient
from integrations.alipay.profile import Merchant, default_profile
from integrations.alipay.signature import read_keys
from integrations.alipay.simulator import AlipaySimulator
from integrations.ports import WalletOrder, WalletRefund, WalletTransfer

HERE = Path(__file__).parent
NAMES = ("merchant.private", "merchant.public", "alipay.private", "alipay.public")
PEM = {name: (HERE / "keys" / f"{name}.pem").read_text() for name in NAMES}
KEYS = read_keys(PEM["merchant.private"], PEM["alipay.public"])
MERCHANT = Merchant("2021000000000001", "2088000000000001", "2021000000000002", "https://hub.example/alipay/notify")
PROFILE = replace(default_profile(), connect_timeout_seconds=2.0, answer_timeout_seconds=2.0)

ORDER = WalletOrder("D202603_0000000000001", 200_000, "open-id-1", "竞买保证金 0000000000001")
REFUND = WalletRefund("R202603_1", ORDER.our_ref, 200_000, "保证金退还")
INTEREST = WalletTransfer("I202603_1", "open-id-1", 37, "保证金利息", "2026年3月")
DAY = "2026-03-12"


class Day:
    """A clock for both sides."""

    def __init__(self, at: str = f"{DAY}T09:30:15") -> None:
        self.clock = SetClock(at_shanghai(at))

    def now(self) -> datetime:
        return from_ms(self.clock.now_ms())


def simulator(day: Day, hub_url: str = "", **more: Any) -> AlipaySimulator:
    return AlipaySimulator(
        PEM["alipay.private"],
        PEM["merchant.public"],
        app_id=MERCHANT.app_id,
        seller_id=MERCHANT.seller_id,
        hub_url=hub_url,
        now=day.now,
        **more,
    )


def client(alipay: AlipaySimulator, day: Day, profile: Any = PROFILE) -> AlipayClient:
    return AlipayClient(
        alipay.gateway_url,
        MERCHANT,
        PEM["merchant.private"],
        PEM["alipay.public"],
        clock=day.clock,
        profile=profile,
    )
