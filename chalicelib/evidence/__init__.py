"""Sealed packages for the notary, and their verifier."""
