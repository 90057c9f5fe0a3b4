"""Where the test vectors that others published lie; a test that needs absent ones skips."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

__all__ = ["read_json", "vector_path"]

ROOT = Path(__file__).parents[2]
VECTORS = Path(os.environ.get("PROVENANCE_VECTORS", ROOT.parent / "shared" / "vectors"))


def vector_path(name: str) -> Path:
    """Return the path of a published file or folder, or skip the test that asks for it."""
    path = VECTORS / name
    if not path.exists():
        pytest.skip(f"published vectors are absent: set PROVENANCE_VECTORS (looked for {path})")
    return path


def read_json(name: str) -> dict[str, object]:
    """Read a published JSON file, or skip."""
    value = json.loads(vector_path(name).read_text("utf-8"))
    assert isinstance(value, dict)
    return value
