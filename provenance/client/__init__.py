"""Speaks to a ledger's HTTP API for the command line; trusts nothing it hears."""

from provenance.client.service import LedgerClient, is_temporary

__all__ = ["LedgerClient", "is_temporary"]
