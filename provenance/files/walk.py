"""Hash a dataset, many files at a time, and yield its entries in the order of the manifest.

    tree -> found files -> batches -> hasher (bounded, many at a time) -> entries, in order

Links, special files, unreadable or changing files and improper names are problems: the walk goes
on past each, and all of them are told at its end.
"""

from __future__ import annotations

import errno
import os
from collections import deque
from concurrent.futures import wait
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from provenance.errors import EmptyDatasetError, UnusableDatasetError
from provenance.files.hash_file import CHANGED, HASHED, NOT_A_FILE, Hashed
from provenance.files.hasher import Hasher
from provenance.files.tree import (
    NOT_READABLE,
    SPECIAL,
    SYMLINK,
    Folder,
    FoundFile,
    Problem,
    Problems,
    walk_tree,
)
from provenance.fingerprint import FileEntry, Summary, Tally

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from concurrent.futures import Future
    from pathlib import Path

__all__ = ["Problem", "fingerprint_dataset", "hash_dataset"]

CHANGED_FILE = "the file changed while it was read"

FILES_IN_BATCH = 256
BYTES_IN_BATCH = 8 << 20
"""A batch is closed by whichever comes first; 8 MiB are some 5 ms of work."""

SHORT_FILE_BYTES = 64 << 10
"""Mean length below which a batch is worth the way to another process."""

EARLY_FILES = 2_000
"""Fewer are hashed before a process would have started."""

OPEN_FOLDERS = 512
"""Folders that batches under way may hold, of the 1,024 descriptors a process usually has."""

PROGRESS_SECONDS = 0.1


def hash_dataset(
    path: Path,
    *,
    on_progress: Callable[[int, int], None] | None = None,
    on_problem: Callable[[Problem], None] | None = None,
    workers: int | None = None,
) -> Iterator[FileEntry]:
    """Yield the entries of a folder, or of one file, in the order of the manifest.

    Only when the iteration ends without an error are the entries those of the dataset.

    Args:
        path: the folder or file itself, not a link to it.
        on_progress: told (files, bytes) done, some times a second, by the thread that iterates.
        on_problem: told each problem soon after it is met, since the end may be hours away.
        workers: threads to hash with; None takes one for each processor this process may use.

    Raises:
        UnusableDatasetError: at the end, with every problem met.
        EmptyDatasetError: at the end, when there was no file.
    """
    run = _Run(on_progress or _ignore_progress, on_problem or _ignore_problem)
    with Hasher(workers or _processors()) as hasher:
        yield from run.hash_files(walk_tree(path, run.problems), hasher)
    run.tell_problems()
    if run.problems:
        raise UnusableDatasetError(sorted(run.problems))
    if not run.files:
        raise EmptyDatasetError(f"{path}: expected a file, got none (folders do not count)")


def fingerprint_dataset(
    path: Path,
    *,
    on_progress: Callable[[int, int], None] | None = None,
    on_problem: Callable[[Problem], None] | None = None,
    workers: int | None = None,
) -> Summary:
    """Return digest, file count and sum of lengths of a dataset; as ``hash_dataset``."""
    tally = Tally()
    for entry in hash_dataset(
        path, on_progress=on_progress, on_problem=on_problem, workers=workers
    ):
        tally.add(entry)
    return tally.summary()


@dataclass(slots=True)
class _Batch:
    """Files to be hashed together, and the folders kept open for them."""

    files: list[FoundFile] = field(default_factory=list)
    folders: list[tuple[Folder, list[bytes]]] = field(default_factory=list)
    length: int = 0

    def add(self, found: FoundFile) -> None:
        if not self.folders or self.folders[-1][0] is not found.folder:
            found.folder.keep()
            self.folders.append((found.folder, []))
        self.folders[-1][1].append(found.name)
        self.files.append(found)
        self.length += found.length

    def is_full(self, most_folders: int) -> bool:
        return (
            len(self.files) >= FILES_IN_BATCH
            or self.length >= BYTES_IN_BATCH
            or len(self.folders) >= most_folders
        )

    def submit(self, hasher: Hasher, *, is_early: bool) -> Future[list[Hashed]]:
        is_short = self.length < SHORT_FILE_BYTES * len(self.files)
        groups = [(folder.descriptor, names) for folder, names in self.folders]
        return hasher.submit(groups, is_short=is_short and not is_early)

    def release(self) -> None:
        for folder, _ in self.folders:
            folder.release()


@dataclass(slots=True)
class _Run:
    """One pass over a dataset: what it has done, and whom it tells."""

    on_progress: Callable[[int, int], None]
    on_problem: Callable[[Problem], None]
    problems: Problems = field(default_factory=Problems)
    files: int = 0
    told: int = 0

    def hash_files(self, found: Iterator[FoundFile], hasher: Hasher) -> Iterator[FileEntry]:
        """Keep twice as many batches under way as there are threads, and take them in order."""
        most = 2 * hasher.workers
        under_way: deque[tuple[_Batch, Future[list[Hashed]]]] = deque()
        seen = 0
        try:
            for batch in _batches(found, most_folders=max(1, OPEN_FOLDERS // (most + 1))):
                seen += len(batch.files)
                under_way.append((batch, batch.submit(hasher, is_early=seen < EARLY_FILES)))
                if len(under_way) > most:
                    yield from self._entries(*under_way[0], hasher)
                    under_way.popleft()[0].release()
            while under_way:
                yield from self._entries(*under_way[0], hasher)
                under_way.popleft()[0].release()
        finally:
            # given up: no thread may go on with a descriptor that is about to be closed
            if under_way:
                hasher.stop()
            for batch, _ in under_way:
                batch.release()

    def _entries(
        self, batch: _Batch, future: Future[list[Hashed]], hasher: Hasher
    ) -> Iterator[FileEntry]:
        while wait([future], timeout=PROGRESS_SECONDS).not_done:
            self._tell(hasher)
        for found, hashed in zip(batch.files, future.result(), strict=True):
            if hashed.outcome == HASHED:
                self.files += 1
                yield FileEntry(found.path, hashed.sha256, hashed.number)
            else:
                self.problems.add(found.path, *_what_happened(hashed))
        self._tell(hasher)

    def _tell(self, hasher: Hasher) -> None:
        self.on_progress(self.files, hasher.bytes_read)
        self.tell_problems()

    def tell_problems(self) -> None:
        """Tell the problems met since it was asked last."""
        for problem in self.problems[self.told :]:
            self.on_problem(problem)
        self.told = len(self.problems)


def _batches(found: Iterable[FoundFile], most_folders: int) -> Iterator[_Batch]:
    batch = _Batch()
    for file in found:
        batch.add(file)
        if batch.is_full(most_folders):
            yield batch
            batch = _Batch()
    if batch.files:
        yield batch


def _what_happened(hashed: Hashed) -> tuple[str, str]:
    if hashed.outcome == CHANGED:
        return CHANGED_FILE, ""
    if hashed.outcome == NOT_A_FILE:
        return SPECIAL, ""
    if hashed.number == errno.ELOOP:
        return SYMLINK, ""
    return NOT_READABLE, os.strerror(hashed.number)


def _processors() -> int:
    """Return how many processors this process may use, where the system tells."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _ignore_progress(_files: int, _bytes: int) -> None:
    """Tell nobody."""


def _ignore_problem(_: Problem) -> None:
    """Tell nobody before the end."""
