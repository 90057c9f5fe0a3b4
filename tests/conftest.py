"""Puts ``tests/`` on the path, for ``oracles``, ``strategies`` and ``published``."""

from hypothesis import settings

# a busy machine is slow, not wrong; what must be quick is measured in scripts/bench
settings.register_profile("house", deadline=None, max_examples=100)
settings.load_profile("house")
