"""Double entry, append-only: every fen that comes in is in exactly one place."""
