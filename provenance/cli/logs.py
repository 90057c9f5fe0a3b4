"""Logs that a person names to be read whole: by address, or as a folder."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from provenance.cli.language import current
from provenance.errors import NotFoundError
from provenance.files.log_folder import LogFolder
from provenance.ledger.audit_log import PublicLog
from provenance.service.settings import LedgerFolder

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["is_address", "opened_log"]


def is_address(text: str) -> bool:
    """Tell a URL from a folder's name."""
    return text.startswith(("http://", "https://"))


@contextmanager
def opened_log(where: str) -> Iterator[PublicLog]:
    """Open a log: a service's or mirror's URL, a mirror's folder, or a ledger folder.

    Raises:
        NotFoundError: there is no such folder.
    """
    if is_address(where):
        # imported here: a log on the disk is read without the network's libraries
        from provenance.client import LedgerClient  # noqa: PLC0415

        with LedgerClient(where, language=current()) as client:
            yield PublicLog(client.get)
        return
    folder = LedgerFolder(Path(where).absolute())
    if folder.database.exists():
        # imported here: a mirror's folder is read without the database's libraries
        from provenance.service.audit import open_stored_log  # noqa: PLC0415

        with open_stored_log(folder) as log:
            yield log
        return
    if not folder.root.is_dir():
        raise NotFoundError(f"{where}: no such folder", field="--log")
    yield PublicLog(LogFolder(folder.root).read)
