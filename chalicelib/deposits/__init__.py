"""Deposits: intake, matching, doubtful payments and their correction, interest, qualification, reconciliation."""
