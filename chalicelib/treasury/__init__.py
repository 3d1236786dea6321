"""Payment notices, the treasury's confirmations, the settlement deadline, defaulters and clearing."""
