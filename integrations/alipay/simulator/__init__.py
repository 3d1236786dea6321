"""An Alipay to test against: gateway, bills, notifications and controls over HTTP. No code shared with the codec."""

from integrations.alipay.simulator.server import AlipaySimulator

__all__ = ["AlipaySimulator"]
