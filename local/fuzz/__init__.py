"""`make fuzz-api`: schemathesis sends the deployed API what its document allows and what it does not. `make fuzz`: any
bytes for every codec."""
