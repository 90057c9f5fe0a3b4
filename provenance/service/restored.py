"""Remember that a folder was restored from a backup, until every chain was asked about it.

A ledger that simply starts again goes on when its chains cannot be reached: its own memory knows
what was signed. A restored one may be older than all that lies beside it, and only the chain knows
better. ``restored`` is an empty file in the folder, made before the folder appears.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from provenance.files.atomic import PRIVATE, fsync_folder, write_bytes

if TYPE_CHECKING:
    from pathlib import Path

    from provenance.service.settings import LedgerFolder

__all__ = ["forget_restored", "is_restored", "note_restored"]


def _path(folder: LedgerFolder) -> Path:
    return folder.root / "restored"


def note_restored(folder: LedgerFolder) -> None:
    """Say that this folder was restored; durable on return."""
    write_bytes(_path(folder), b"", mode=PRIVATE)


def is_restored(folder: LedgerFolder) -> bool:
    """Tell whether the folder was restored, and not every chain was asked since."""
    return _path(folder).exists()


def forget_restored(folder: LedgerFolder) -> None:
    """Say that every chain was asked, and none knew more than this copy."""
    if is_restored(folder):
        _path(folder).unlink(missing_ok=True)
        fsync_folder(folder.root)
