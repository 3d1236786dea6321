"""Whole months in one process, under a clock that jumps: the real handlers and state machines, and faults by a seed.

Nothing here runs at the same time as anything else, and nothing is left to chance but what the seed decides: the same
seed is the same month, to the last byte (docs/proof.md, docs/decisions/0056).
"""
