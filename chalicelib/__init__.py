"""The hub: one package a room of the business, each with its rules, records, use cases and entry points."""
