"""Which error codes a service logged: what an operator sees of a fault."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["count_codes"]


def count_codes(log: Path) -> dict[str, int]:
    """Return how often each ``code`` stands in a service's log of JSON lines."""
    found: dict[str, int] = {}
    for line in log.read_text("utf-8", "replace").splitlines():
        try:
            said = json.loads(line)
        except ValueError:
            continue  # what the launcher or a dying interpreter printed
        code = said.get("code") if isinstance(said, dict) else None
        if isinstance(code, str):
            found[code] = found.get(code, 0) + 1
    return found
