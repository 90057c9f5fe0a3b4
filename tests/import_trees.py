"""The trees of ``tests/data/imports`` unpacked, and the tools that made them."""

from __future__ import annotations

import os
import subprocess
import tarfile
from pathlib import Path

import pytest

__all__ = ["TOOLS", "run_tool", "tool", "tree_of"]

REPO = Path(__file__).resolve().parent.parent
TOOLS = REPO / ".tools" / "formats" / "bin"


def tree_of(name: str, folder: Path) -> Path:
    """Unpack a recorded tree below ``folder``."""
    with tarfile.open(REPO / "tests" / "data" / "imports" / f"{name}.tar.gz") as archive:
        # as an attribute: Debian 12's Python, 3.11.2, has no such argument yet
        archive.extraction_filter = getattr(tarfile, "tar_filter", None)
        archive.extractall(folder)
    return folder / name


def tool(name: str) -> Path:
    """Return a tool's path; skip the test where it is not installed."""
    path = TOOLS / name
    if not path.exists():
        pytest.skip(f"{name} is not installed: scripts/test does so")
    return path


def run_tool(home: Path, folder: Path, name: str, *words: object) -> bytes:
    """Run a tool as somebody who has ``home``, and return what it prints."""
    path = tool(name)
    settings = {"HOME": str(home), "GIT_CONFIG_NOSYSTEM": "1", "DVC_NO_ANALYTICS": "1"}
    settings |= {"GIT_AUTHOR_NAME": "Ann", "GIT_AUTHOR_EMAIL": "ann@example.org"}
    settings |= {"GIT_COMMITTER_NAME": "Ann", "GIT_COMMITTER_EMAIL": "ann@example.org"}
    settings["PATH"] = f"{TOOLS}{os.pathsep}{os.environ['PATH']}"
    program = [str(TOOLS / "python"), str(path)] if path.suffix == ".py" else [str(path)]
    done = subprocess.run(
        [*program, *map(str, words)],
        cwd=folder,
        env={**os.environ, **settings},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout
