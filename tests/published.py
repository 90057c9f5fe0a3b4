"""Test vectors: those published by others, read where they lie, and our own in the repo.

The published ones are never copied into the repo. They lie in the folder that the variable
PROVENANCE_VECTORS names, or in ``shared/vectors`` beside the repo.
"""

import json
import os
from pathlib import Path
from typing import Any

import pytest

__all__ = ["own_cases", "published", "published_cases"]

REPO = Path(__file__).resolve().parent.parent
FOLDER = Path(os.environ.get("PROVENANCE_VECTORS", REPO.parent / "shared" / "vectors"))


def published(name: str) -> Path:
    """Return the path of a published file or folder; skip the test where there is none."""
    path = FOLDER / name
    if not path.exists():
        pytest.skip(f"published vectors are absent: {path} (name them in PROVENANCE_VECTORS)")
    return path


def published_cases(folder: str, *, having: str | None = None) -> list[Any]:
    """Return the JSON files below a published folder as parameters, one for each.

    ``having`` leaves out the files that are not an object with that member.
    """
    root = FOLDER / folder
    if not root.exists():
        reason = f"published vectors are absent: {root} (name them in PROVENANCE_VECTORS)"
        return [pytest.param(None, marks=pytest.mark.skip(reason=reason), id="absent")]
    return [case for case in _cases(root) if having is None or having in case.values[0]]


def own_cases(folder: str) -> list[Any]:
    """Return the JSON files in a folder of ``tests/vectors`` as parameters, one for each."""
    return _cases(REPO / "tests" / "vectors" / folder)


def _cases(root: Path) -> list[Any]:
    files = sorted(root.rglob("*.json"))
    assert files, f"no vectors in {root}"
    return [
        pytest.param(json.loads(file.read_text()), id=str(file.relative_to(root).with_suffix("")))
        for file in files
    ]
