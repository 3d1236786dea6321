"""The operators' pages: rendered here, readable and usable without JavaScript (docs/decisions/0040)."""
