"""A treasury to test against: frames over TCP, controls over HTTP. No code shared with the codec."""

from integrations.treasury_nontax.simulator.server import TreasurySimulator

__all__ = ["TreasurySimulator"]
