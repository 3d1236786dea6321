"""A time stamping authority over HTTP (RFC 3161)."""
