"""The auction: window, broadcasts, ranking, more quota and the result."""
