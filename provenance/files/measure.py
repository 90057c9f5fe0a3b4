"""How much there is to hash, for whoever wants to know how long it will take."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["measure_dataset"]

ENTRIES_BETWEEN = 1_000
"""Names looked at before it is asked again whether to go on: some 2 ms."""


def measure_dataset(path: Path, is_wanted: Callable[[], bool]) -> int | None:
    """Return the sum of lengths in bytes of the files in a folder, or of one file.

    What cannot be looked at is left out, since the hashing itself tells of it.

    Returns:
        None once ``is_wanted`` answers False, which is asked every few milliseconds.
    """
    folders: list[Path | str] = [path]
    total = seen = 0
    while folders:
        try:
            with os.scandir(folders.pop()) as entries:
                for entry in entries:
                    seen += 1
                    if seen % ENTRIES_BETWEEN == 0 and not is_wanted():
                        return None
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry.path)
                    elif entry.is_file(follow_symlinks=False):
                        total += entry.stat(follow_symlinks=False).st_size
        except NotADirectoryError:
            total += path.stat().st_size
        except OSError:
            continue
    return total if is_wanted() else None
