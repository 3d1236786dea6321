"""The actors of a simulated month, all of them outside the hub: they know its doors and nothing else.

Each actor does what ``local.month.Month`` planted, returns counts and keeps what it saw, so that ``local.checks`` can
hold it against the hub's result.
"""
