"""The ledger's schema, one revision after the other (alembic); revisions never change."""

__all__: list[str] = []
