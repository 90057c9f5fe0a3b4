"""Joins settings, keys, stores and chains to a ledger that runs, and carries out its orders."""
