"""Keep dated archives of the disclosures' keys, and none for longer than an erasure may take.

    disclosure-keys-20261123T020500Z.tar    its name says when it was made (UTC)

An erased key lies in every archive made before; only when the last of them is gone is it erased.
So each new archive, one a day, takes away those that are older than 29 days.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from provenance.errors import FileAccessError
from provenance.files.atomic import fsync_folder
from provenance.service.backup import DISCLOSURE_KEYS, make_backup

if TYPE_CHECKING:
    from pathlib import Path

    from provenance.service.settings import LedgerFolder

__all__ = ["KEPT_DAYS", "rotate_keys"]

KEPT_DAYS: Final = 29
"""With an archive a day, what was erased is in none after 30 days: a request for erasure has to be
answered within a month (GDPR art. 12(3))."""

_NAME: Final = re.compile(r"disclosure-keys-(\d{8}T\d{6}Z)\.tar")
_TIME: Final = "%Y%m%dT%H%M%SZ"


def rotate_keys(folder: LedgerFolder, target: Path, *, now_unix: int) -> tuple[Path, list[Path]]:
    """Write a dated archive into ``target``, then remove those older than ``KEPT_DAYS``.

    Returns:
        The archive, and what was removed. A crash between leaves old ones, for the next time.

    Raises:
        AlreadyExistsError: one was made in this very second.
        FileAccessError: an old one cannot be removed: see to it by hand.
    """
    now = datetime.fromtimestamp(now_unix, UTC)
    made = target / f"disclosure-keys-{now.strftime(_TIME)}.tar"
    make_backup(folder, made, of=DISCLOSURE_KEYS)
    removed = []
    for path in sorted(target.iterdir()):
        name = _NAME.fullmatch(path.name)
        if name is None:
            continue
        try:
            since = datetime.strptime(name[1], _TIME).replace(tzinfo=UTC)
        except ValueError:
            continue  # no date: not one of ours
        if now - since > timedelta(days=KEPT_DAYS):
            try:
                path.unlink()
            except OSError as error:
                raise FileAccessError(f"{path}: {error.strerror}") from error
            removed.append(path)
    if removed:
        fsync_folder(target)
    return made, removed
