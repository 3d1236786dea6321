"""The treasury's non-tax system (财政非税): framed XML over TCP out, confirmations by HTTP in."""
