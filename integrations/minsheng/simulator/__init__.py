"""Minsheng as a server with state, for demonstrations and tests. Shares no code with the codec it tests."""

from integrations.minsheng.simulator.server import MinshengSimulator

__all__ = ["MinshengSimulator"]
