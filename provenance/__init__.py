"""fingerprint -> record -> log -> checkpoint -> anchor -> receipt -> verify.

In this package a file is pure and a folder touches the world; ``docs/architecture.md``
holds the drawing and ``tests/architecture`` the rule about who may import whom.
"""

__all__: list[str] = []
