"""The page folds case as ``provenance.text`` does."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_committed_table_is_the_one_of_python() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "make_page_casefold", "--check"],
        check=False,
        capture_output=True,
        text=True,
    )

    assert (done.returncode, done.stderr) == (0, "")
