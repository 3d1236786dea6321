"""`make up PHASE=...`: a period brought to a phase, kept there, and moved on by a bar on the pages (ADR 0055)."""
