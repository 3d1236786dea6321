"""Two auction days on the deployed package, in a minute: Shanghai's two phases, and one that operators pause."""
