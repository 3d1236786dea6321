"""What a month must have kept, checked from ledger, files and what the actors saw. Pure: readers are passed in."""
