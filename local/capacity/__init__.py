"""What to provision for how many bidders, what it costs, where it breaks: ``make capacity`` writes docs/capacity.md."""
