"""A period (期): its city's rules, its calendar and plan, what it waits for, and who approved what."""
