"""The HTTP API: parses, calls one use case, shapes the answer. Rules live in `provenance`.

Installed as ``provenance_api``; imports of its own are therefore relative.
"""

__all__: list[str] = []
