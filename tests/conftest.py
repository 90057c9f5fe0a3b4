"""Puts ``tests/`` on the path, for ``oracles``, ``strategies`` and ``published``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import settings
from small_ledger import SmallLedger

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# a busy machine is slow, not wrong; what must be quick is measured in scripts/bench
settings.register_profile("house", deadline=None, max_examples=100)
settings.load_profile("house")


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[SmallLedger]:
    """A ledger of two entries, signed, with nobody writing to it."""
    ledger = SmallLedger(tmp_path)
    ledger.begin()
    yield ledger
    ledger.close()
