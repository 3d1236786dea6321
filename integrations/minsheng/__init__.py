"""Minsheng (CMBC): a deposit bank that is asked, over its XML link, and never drops a file of its own accord."""
