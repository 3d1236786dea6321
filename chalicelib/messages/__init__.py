"""Text messages to bidders: who gets which, sent once each, and what became of them."""
