"""A gateway shaped as Stripe: forms with an Idempotency-Key out, signed events in, balance transactions as its bill."""
