"""The revisions."""

__all__: list[str] = []
