"""The counterparties: one folder each with codec, client, profile and simulator, behind the ports the hub asks for."""
