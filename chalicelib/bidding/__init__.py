"""The bid function, and nothing that it does not need: it imports the kernel only."""
