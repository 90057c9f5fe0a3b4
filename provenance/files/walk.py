"""Hash a dataset, many files at a time, and give its files in the order of the manifest.

    tree -> found files -> batches -> hasher (bounded, many at a time) -> blocks, in order

Links, special files, unreadable or changing files and improper names are problems: the walk goes
on past each, and all of them are told at its end.
"""

from __future__ import annotations

import errno
import os
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from provenance.errors import EmptyDatasetError, UnusableDatasetError
from provenance.files.blocks import Block, block_of
from provenance.files.hash_file import CHANGED, NOT_A_FILE
from provenance.files.hasher import Batch, Hasher, Wanted
from provenance.files.tree import (
    NOT_READABLE,
    SPECIAL,
    SYMLINK,
    Folder,
    Found,
    Problem,
    Problems,
    walk_tree,
)
from provenance.fingerprint import FileEntry, Summary, Tally

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from provenance.files.digest_cache import DigestCache

__all__ = [
    "Block",
    "Problem",
    "fingerprint_dataset",
    "hash_blocks",
    "hash_dataset",
    "hash_found",
]

CHANGED_FILE = "the file changed while it was read"

FIRST_FILES = 64
MOST_FILES = 512
BYTES_IN_BATCH = 8 << 20
"""A batch has as many files as there were in so many bytes lately; 8 MiB are some 6 ms of work."""

OPEN_FOLDERS = 512
"""Folders that batches under way may hold, of the 1,024 descriptors a process usually has."""

MOST_FOLDERS = 64
"""Folders in one batch; ``hash_file.MOST_DESCRIPTORS`` could go along at most."""

FILES_UNDER_WAY = 65_536
"""Files hashed, or to be hashed, while one before them is not: a long file at their head must not
keep the others waiting, nor may the others take all memory."""

PROGRESS_SECONDS = 0.1


_Group: TypeAlias = "tuple[Folder, str, list[str], dict[str, bytes]]"
"""As ``tree.Found``, but of one batch."""


def hash_dataset(
    path: Path,
    *,
    on_progress: Callable[[int, int], None] | None = None,
    on_problem: Callable[[Problem], None] | None = None,
    workers: int | None = None,
    cache: DigestCache | None = None,
) -> Iterator[FileEntry]:
    """Yield the entries of a folder, or of one file, in the order of the manifest.

    Only when the iteration ends without an error are the entries those of the dataset; arguments
    and errors are those of ``hash_blocks``.
    """
    blocks = hash_blocks(
        path, on_progress=on_progress, on_problem=on_problem, workers=workers, cache=cache
    )
    for block in blocks:
        yield from block.entries()


def fingerprint_dataset(
    path: Path,
    *,
    on_progress: Callable[[int, int], None] | None = None,
    on_problem: Callable[[Problem], None] | None = None,
    workers: int | None = None,
    cache: DigestCache | None = None,
) -> Summary:
    """Return digest, file count and sum of lengths of a dataset; as ``hash_blocks``."""
    tally = Tally()
    for block in hash_blocks(
        path, on_progress=on_progress, on_problem=on_problem, workers=workers, cache=cache
    ):
        tally.add_hashed(block.leaf_hashes, sum(block.lengths))
    return tally.summary()


def hash_blocks(  # noqa: PLR0913 -- each by its name, and all but one may be left out
    path: Path,
    *,
    algorithms: Sequence[str] = (),
    on_progress: Callable[[int, int], None] | None = None,
    on_problem: Callable[[Problem], None] | None = None,
    workers: int | None = None,
    cache: DigestCache | None = None,
) -> Iterator[Block]:
    """Yield the files of a folder, or the one file, in the order of the manifest.

    Only when the iteration ends without an error are they those of the dataset.

    Args:
        path: the folder or file itself, not a link to it.
        algorithms: what to hash by beside SHA-256, of ``fingerprint.ADDITIONAL_ALGORITHMS``.
        on_progress: told (files, bytes) done, some times a second, by the thread that iterates.
        on_problem: told each problem soon after it is met, since the end may be hours away.
        workers: processors to use; None takes all that this process may use.
        cache: what is known of files read before, and is told of those read now.

    Raises:
        UnusableDatasetError: at the end, with every problem met.
        EmptyDatasetError: at the end, when there was no file.
    """
    wanted = Wanted(tuple(algorithms), cache)
    run = _Run(wanted, on_progress or _ignore_progress, on_problem or _ignore_problem)
    with Hasher(workers or _processors(), wanted) as hasher:
        yield from run.hash_files(walk_tree(path, run.problems), hasher)
    run.tell_problems()
    if run.problems:
        raise UnusableDatasetError(sorted(run.problems))
    if not run.files:
        raise EmptyDatasetError(f"{path}: expected a file, got none (folders do not count)")


def hash_found(
    found: Iterator[Found],
    problems: Problems,
    *,
    on_progress: Callable[[int, int], None] | None = None,
    workers: int | None = None,
) -> Iterator[Block]:
    """Yield the files that were ``found``, in that order, without those that are ``problems``.

    They are read in any case: what is known from earlier is not asked.
    """
    wanted = Wanted()
    run = _Run(wanted, on_progress or _ignore_progress, _ignore_problem, problems)
    with Hasher(workers or _processors(), wanted) as hasher:
        yield from run.hash_files(found, hasher)


@dataclass(slots=True)
class _Part:
    """A batch under way: where its files lie, and the folders kept open for them."""

    batch: Batch
    groups: list[tuple[Folder, str, list[str]]]
    is_held: bool = True

    def release(self) -> None:
        if self.is_held:
            for folder, _, _ in self.groups:
                folder.release()
            self.is_held = False

    def paths(self) -> list[str]:
        return [prefix + name for _, prefix, names in self.groups for name in names]


@dataclass(slots=True)
class _Run:
    """One pass over a dataset: what it has done, and whom it tells."""

    wanted: Wanted
    on_progress: Callable[[int, int], None]
    on_problem: Callable[[Problem], None]
    problems: Problems = field(default_factory=Problems)
    files: int = 0
    told: int = 0
    mean_length: float = BYTES_IN_BATCH / FIRST_FILES

    def hash_files(self, found: Iterator[Found], hasher: Hasher) -> Iterator[Block]:
        """Keep many batches under way, and take them in order."""
        under_way: deque[_Part] = deque()
        files = folders = 0
        try:
            for part in self._parts(found):
                under_way.append(part)
                files += part.batch.count
                folders += len(part.groups)
                hasher.submit(part.batch)
                while under_way and (
                    under_way[0].batch.is_done or files > FILES_UNDER_WAY or folders > OPEN_FOLDERS
                ):
                    yield from self._finish(under_way[0], hasher)
                    done = under_way.popleft()
                    files -= done.batch.count
                    folders -= len(done.groups)
            while under_way:
                yield from self._finish(under_way[0], hasher)
                under_way.popleft()
        finally:
            # given up: no thread may go on with a descriptor that is about to be closed
            if under_way:
                hasher.stop()
            for part in under_way:
                part.release()

    def _parts(self, found: Iterator[Found]) -> Iterator[_Part]:
        """Part what was found into batches."""
        groups: list[_Group] = []
        count = 0
        for folder, prefix, names, on_disk in found:
            start = 0
            while start < len(names):
                room = max(1, self._files_in_batch() - count)
                some = names[start : start + room]
                folder.keep()
                groups.append((folder, prefix, some, on_disk))
                start, count = start + len(some), count + len(some)
                if len(some) >= room or len(groups) >= MOST_FOLDERS:
                    yield _part(groups, count)
                    groups, count = [], 0
        if groups:
            yield _part(groups, count)

    def _files_in_batch(self) -> int:
        return max(1, min(MOST_FILES, int(BYTES_IN_BATCH / (self.mean_length + 1))))

    def _finish(self, part: _Part, hasher: Hasher) -> Iterator[Block]:
        while not hasher.wait(part.batch, PROGRESS_SECONDS):
            self._tell(hasher)
        part.release()
        block = self._block(part)
        if block.paths:
            self.files += len(block.paths)
            yield block
        self._tell(hasher)

    def _block(self, part: _Part) -> Block:
        """Return the files of a batch that were hashed, and note what is wrong with the others."""
        answer, paths = part.batch.answer, part.paths()
        if answer is not None and not any(answer.outcomes):
            self.mean_length = sum(answer.numbers) / len(paths)
        block, failed = block_of(part.batch, paths, self.wanted.algorithms)
        for path, outcome, number in failed:
            self.problems.add(path, *_what_happened(outcome, number))
        if self.wanted.cache is not None:
            self.wanted.cache.remember(block.states, block.sha256)
        return block

    def _tell(self, hasher: Hasher) -> None:
        self.on_progress(self.files, hasher.bytes_read)
        self.tell_problems()

    def tell_problems(self) -> None:
        """Tell the problems met since it was asked last."""
        for problem in self.problems[self.told :]:
            self.on_problem(problem)
        self.told = len(self.problems)


def _part(groups: Sequence[_Group], count: int) -> _Part:
    """Make a batch of files and their folders."""
    octets = b"//".join(
        os.fsencode("\0".join([prefix, *names]))
        if not on_disk
        else _renamed(prefix, names, on_disk)
        for _, prefix, names, on_disk in groups
    )
    batch = Batch([folder.descriptor for folder, *_ in groups], octets, count)
    return _Part(batch, [(folder, prefix, names) for folder, prefix, names, _ in groups])


def _renamed(prefix: str, names: Sequence[str], on_disk: Mapping[str, bytes]) -> bytes:
    """Name the files of a folder where some have another name on the disk."""
    named = (
        name.encode() + b"/" + on_disk[name] if name in on_disk else name.encode() for name in names
    )
    return b"\0".join([prefix.encode(), *named])


def _what_happened(outcome: int, number: int) -> tuple[str, str]:
    if outcome == CHANGED:
        return CHANGED_FILE, ""
    if outcome == NOT_A_FILE:
        return SPECIAL, ""
    if number == errno.ELOOP:
        return SYMLINK, ""
    return NOT_READABLE, os.strerror(number)


def _processors() -> int:
    """Return how many processors this process may use, where the system tells."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _ignore_progress(_files: int, _bytes: int) -> None:
    """Tell nobody."""


def _ignore_problem(_: Problem) -> None:
    """Tell nobody before the end."""
