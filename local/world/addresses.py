"""Where the actors find the hub and the counterparties' simulators."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from local.stage import Stage


@dataclass(frozen=True)
class Addresses:
    """Base URLs, with or without a slash at the end. ``drop`` puts a file into the hub's inbox under a key."""

    api: str
    bank: str
    carrier: str
    treasury: str
    drop: Callable[[str, bytes], None]
    minsheng: str = ""
    # One of the two: whatever reaches residents' wallet.
    alipay: str = ""
    stripe: str = ""

    @classmethod
    def of_stage(cls, stage: Stage, drop: Callable[[str, bytes], None]) -> Addresses:
        """Those of a stage."""
        ports, by_stripe = stage.ports, stage.scene.gateway == "stripe"
        return cls(
            stage.api_url,
            ports.bank_url,
            ports.carrier_url,
            ports.treasury_url,
            drop,
            minsheng=ports.minsheng_url,
            alipay="" if by_stripe else ports.alipay_url,
            stripe=ports.stripe_url if by_stripe else "",
        )

    @property
    def wallet_name(self) -> str:
        """What residents' wallet is reached through."""
        return "a gateway shaped as Stripe" if self.stripe else "Alipay"

    def __post_init__(self) -> None:  # noqa: D105
        for name in ("api", "bank", "carrier", "treasury", "minsheng", "alipay", "stripe"):
            object.__setattr__(self, name, getattr(self, name).rstrip("/"))
