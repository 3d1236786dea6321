"""The actors of a simulated month: operators, bidders, bank, regulator and treasury payers, all over the deployed doors.

Each actor does what ``local.month.Month`` planted, returns counts and keeps what it saw, so that ``local.checks`` can
hold it against the hub's result.
"""
