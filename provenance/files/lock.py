"""Locks on files, freed by the kernel when their process ends, however it ends.

``FolderLock`` is held for as long as a process does what only one may do; a second one is refused.
``TurnLock`` is held for milliseconds; whoever comes second waits for its turn.

A lock file that a crash leaves behind locks nothing: the lock belongs to the open descriptor,
not to the file's existence. The process id in it is for people to read only. ``flock`` excludes
processes of one machine. On a network file system it may not: these files belong on a local disk.
"""

from __future__ import annotations

import fcntl
import os
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, Self

from provenance.errors import FatalError, LockedError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import TracebackType

__all__ = ["FolderLock", "TurnLock"]

_LOOK_AGAIN: Final = 0.001
"""Seconds between two looks at a lock that somebody has: a turn lasts a few milliseconds."""


class FolderLock:
    """A lock on one file; a second holder, in any process, is refused at once."""

    def __init__(self, path: Path, *, purpose: str, shared: bool = False) -> None:
        """Take the lock, creating the file when it is missing.

        Args:
            purpose: what only one process may do, for the message ("anchor this ledger").
            shared: others may hold it shared as well, and nobody exclusively meanwhile.

        Raises:
            LockedError: somebody else holds it.
        """
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
            fcntl.flock(self._descriptor, kind | fcntl.LOCK_NB)
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


class TurnLock:
    """Lets one thread of one process at a time through a block; the others wait."""

    def __init__(self, path: Path, *, patience: float = 10.0) -> None:
        """Name the file, which is made when the first turn is taken.

        Args:
            patience: seconds to wait for one's turn.
        """
        self._path = path
        self._patience = patience
        self._threads = threading.Lock()
        self._descriptor = -1

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Take a turn; it ends with the block.

        Raises:
            UnavailableError: somebody else's turn does not end.
            FatalError: the lock file cannot be made: without it there are no turns.
        """
        deadline = time.monotonic() + self._patience
        if not self._threads.acquire(timeout=self._patience):
            raise self._busy()
        try:
            while not self._try_flock():
                # the kernel wakes no waiter at a deadline, so we look
                if time.monotonic() > deadline:
                    raise self._busy()
                time.sleep(_LOOK_AGAIN)
            try:
                yield
            finally:
                fcntl.flock(self._descriptor, fcntl.LOCK_UN)
        finally:
            self._threads.release()

    def _try_flock(self) -> bool:
        try:
            if self._descriptor < 0:
                flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
                self._descriptor = os.open(self._path, flags, 0o600)
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError as error:
            raise FatalError(f"{self._path} cannot be locked: {error}") from error
        return True

    def _busy(self) -> UnavailableError:
        return UnavailableError(f"{self._path} has been held by another for {self._patience:g} s")

    def __del__(self) -> None:
        """Close the file with the object."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
