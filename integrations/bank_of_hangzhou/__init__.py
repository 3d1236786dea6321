"""Bank of Hangzhou: statement, refund batch and return file over a profile that an integrator edits."""
