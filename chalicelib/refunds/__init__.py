"""Refunds: two batches, the treasury's share, returns, another account, sending again. Nothing leaves twice."""
