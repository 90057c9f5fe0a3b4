"""Files that a script makes: write them, or check that they are as it would write them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ROOT", "write_or_check"]

ROOT: Final = Path(__file__).resolve().parent.parent


def write_or_check(files: Mapping[Path, str]) -> int:
    """Write what a script has made; with ``--check``, only name what is otherwise.

    Returns:
        The exit code.
    """
    if "--check" not in sys.argv[1:]:
        for path, text in files.items():
            path.write_text(text, "utf-8")
        return 0
    stale = [
        path
        for path, text in files.items()
        if not path.is_file() or path.read_text("utf-8") != text
    ]
    for path in stale:
        script = Path(sys.argv[0]).name
        sys.stderr.write(f"{path.relative_to(ROOT)} is not what scripts/{script} writes\n")
    return 1 if stale else 0
