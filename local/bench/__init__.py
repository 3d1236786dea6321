"""What speed was promised, measured against something else on the same machine in the same run: ``make bench``."""
