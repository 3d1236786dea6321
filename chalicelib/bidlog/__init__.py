"""The bid log: an append-only Merkle tree of every accepted bid, signed each minute while the auction is open."""
