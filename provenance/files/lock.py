"""Hold a folder for one process: an exclusive lock on a file, freed by the kernel at exit.

A lock file that a crash leaves behind locks nothing: the lock belongs to the open descriptor,
not to the file's existence. The process id in it is for people to read only.
"""

from __future__ import annotations

import fcntl
import os
from typing import TYPE_CHECKING, Self

from provenance.errors import LockedError

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

__all__ = ["FolderLock"]


class FolderLock:
    """An exclusive lock on one file; a second holder, in any process, is refused at once.

    ``flock`` excludes processes of one machine. On a network file system it may not: a ledger
    folder belongs on a local disk.
    """

    def __init__(self, path: Path, *, purpose: str) -> None:
        """Take the lock, creating the file when it is missing.

        Args:
            purpose: what only one process may do, for the message ("anchor this ledger").

        Raises:
            LockedError: somebody else holds it.
        """
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.pread(self._descriptor, 32, 0).decode("ascii", "replace").strip()
            os.close(self._descriptor)
            raise LockedError(
                f"process {holder or 'unknown'} holds {path}, and only one may {purpose}"
            ) from error
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        """Free the lock. The file stays: removing it could free a lock taken meanwhile."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def __enter__(self) -> Self:
        """Hold the lock for a block."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Free the lock at the end of the block."""
        self.release()
