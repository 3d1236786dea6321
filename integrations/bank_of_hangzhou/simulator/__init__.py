"""Bank of Hangzhou as a server with state, for demonstrations and tests. Shares no code with the codec it tests."""

from integrations.bank_of_hangzhou.simulator.server import HangzhouSimulator

__all__ = ["HangzhouSimulator"]
