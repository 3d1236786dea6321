"""What every room stands on: money, time, ids, errors, settings, tokens, privacy and the doors to AWS."""
