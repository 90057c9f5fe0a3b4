"""Hash a dataset behind a URL: many ranges asked for at a time, hashed in order, memory bounded.

    files in manifest order -> ranges -> threads that fetch -> [range] [range] [range] -> digests

Small files are one range each, so many are on their way; a huge one has several of its own ahead
of the one that is hashed. A dropped connection continues where it ended, after a pause.
"""

from __future__ import annotations

import hashlib
import threading
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from provenance.chunks import ChunkTree
from provenance.errors import UnavailableError
from provenance.files.long_file import begin_digest
from provenance.files.tree import NOT_READABLE
from provenance.files.walk import CHANGED_FILE
from provenance.remote.location import ChangedError, DroppedError, RefusedError, open_location
from provenance.remote.patience import PAUSES, patiently
from provenance.remote.rows import Row, Run, in_manifest_order

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from concurrent.futures import Future

    from provenance.files.blocks import Block
    from provenance.files.long_file import Digest
    from provenance.files.tree import Problem
    from provenance.remote.location import Location, RemoteFile
    from provenance.remote.url import Url

__all__ = ["RANGE_BYTES", "hash_files", "hash_url"]

RANGE_BYTES = 4 << 20
"""Asked for at a time: long enough that the way there and back does not matter."""

WINDOW_BYTES = 64 << 20
"""Bytes asked for and not hashed yet: the memory that this needs."""

RANGES_A_THREAD = 4
"""Ranges that wait for each thread, so that it need not wait for what is hashed."""

SHORT_BYTES = 16 << 10
"""Pieces of a range that are shorter are joined, as each is an object of its own."""

FILES_IN_BLOCK = 256

MOST_TRIES = 64
"""Of one range: a server that sends a little and drops each time must come to an end."""


def hash_url(
    url: Url,
    *,
    algorithms: Sequence[str] = (),
    on_progress: Callable[[int, int], None] | None = None,
    on_problem: Callable[[Problem], None] | None = None,
) -> Iterator[Block]:
    """Yield the files behind a URL as ``files.walk.hash_blocks`` yields those of a folder.

    Only when the iteration ends without an error are they those of the dataset.

    Raises:
        UnusableDatasetError: at the end, with every problem met; before anything is read, if
            names are among them.
        EmptyDatasetError: there is no file.
        FileAccessError: nothing is there, or it must not be read.
        UnavailableError: nobody answers, though asked again.
        DriverMissingError: the package for this protocol is not installed.
    """
    run = Run(on_progress, on_problem)
    location = open_location(url)
    try:
        files = in_manifest_order(location.files(run.problems), run.problems)
        if run.problems:  # sooner than after hours of reading
            run.finish(url)
        paths: list[str] = []
        rows: list[Row] = []
        for file, row in hash_files(location, files, algorithms, run.tell):
            paths.append(file.path)
            rows.append(row)
            if len(paths) == FILES_IN_BLOCK:
                yield from _some(run.block(paths, rows))
                paths, rows = [], []
        yield from _some(run.block(paths, rows))
    finally:
        location.close()
    run.finish(url)


def _some(block: Block | None) -> Iterator[Block]:
    if block is not None:
        yield block


def hash_files(
    location: Location,
    files: Iterable[RemoteFile],
    algorithms: Sequence[str],
    on_read: Callable[[int], None],
) -> Iterator[tuple[RemoteFile, Row]]:
    """Yield each file with what became of it, in the order given.

    Args:
        on_read: told the count of bytes after each range, in this thread.

    Raises:
        UnavailableError: nobody answers, though asked again.
    """
    with _Fetcher(location) as fetcher:
        hashing: _Hashing | None = None
        for part in fetcher.fetch(_parts(files)):
            if hashing is None or part.start == 0:
                hashing = _Hashing(algorithms)
            if not hashing.wrong:
                _take(part, location, hashing, on_read)
            if hashing.wrong:
                fetcher.give_up(part.file)
            if part.is_last:
                yield part.file, hashing.row()


# --- ranges -------------------------------------------------------------------------------


@dataclass(slots=True, eq=False)
class _Part:
    """A range of a file; ``stop`` is None where the file is read in one go."""

    file: RemoteFile
    start: int
    stop: int | None
    is_last: bool
    content: Future[list[bytes]] | None = None

    @property
    def length(self) -> int:
        return 0 if self.stop is None else self.stop - self.start


def _parts(files: Iterable[RemoteFile]) -> Iterator[_Part]:
    for file in files:
        if file.length is None or file.is_stream:
            yield _Part(file, 0, None, is_last=True)
            continue
        for start in range(0, max(1, file.length), RANGE_BYTES):
            stop = min(start + RANGE_BYTES, file.length)
            yield _Part(file, start, stop, is_last=stop == file.length)


class _StoppedError(Exception):
    """The run was given up while a range was being read."""


class _Fetcher:
    """Threads that fetch ranges; a context manager, and leaving it stops them soon."""

    def __init__(self, location: Location) -> None:
        self._location = location
        self._threads = ThreadPoolExecutor(location.threads, thread_name_prefix="fetch")
        self._stop = threading.Event()
        self._given_up: RemoteFile | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._threads.shutdown(wait=True, cancel_futures=True)

    def fetch(self, parts: Iterator[_Part]) -> Iterator[_Part]:
        """Yield parts in order, each asked for a window ahead."""
        under_way: deque[_Part] = deque()
        octets = 0
        most = self._location.threads * RANGES_A_THREAD
        for part in parts:
            while under_way and (len(under_way) >= most or octets + part.length > WINDOW_BYTES):
                octets -= under_way[0].length
                yield under_way.popleft()
            if part.stop is not None and part.file is not self._given_up:
                part.content = self._threads.submit(self._fetch, part)
            under_way.append(part)
            octets += part.length
        yield from under_way

    def give_up(self, file: RemoteFile) -> None:
        """Fetch nothing more of a file: it is known to be unusable."""
        self._given_up = file

    def _fetch(self, part: _Part) -> list[bytes]:
        came = _Came(part.length)

        def sink(octets: bytes) -> None:
            if self._stop.is_set() or part.file is self._given_up:
                raise _StoppedError
            came.add(octets)

        self._read_all(part, came, sink)
        return came.pieces

    def _read_all(self, part: _Part, came: _Came, sink: Callable[[bytes], object]) -> None:
        failed = 0
        for _ in range(MOST_TRIES):
            before = came.length
            try:
                self._location.read(part.file, part.start + before, part.stop, sink)
                _check_all_came(came.length, part.length)
            except DroppedError as error:
                # what came in between starts the pauses anew
                failed = 1 if came.length > before else failed + 1
                if failed > len(PAUSES):
                    raise
                if came.length == part.length:
                    came.clear()  # all came, but not the look at the version afterwards
                if self._stop.wait(PAUSES[failed - 1]):
                    raise _StoppedError from error
            else:
                return
        raise DroppedError(f"it was dropped {MOST_TRIES} times")


class _Came:
    """What came of a range, in the pieces that it came in: to join them costs as much as to read.

    A piece costs some 100 bytes beside its content, so short ones are joined all the same.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self.pieces: list[bytes] = []
        self.length = 0

    def add(self, octets: bytes) -> None:
        self.length += len(octets)
        if self.length > self._most:
            raise ChangedError
        if self.pieces and len(self.pieces[-1]) < SHORT_BYTES:
            self.pieces[-1] += octets
        else:
            self.pieces.append(octets)

    def clear(self) -> None:
        self.pieces.clear()
        self.length = 0


def _check_all_came(came: int, wanted: int | None) -> None:
    if wanted not in {None, came}:
        raise DroppedError(f"{came} of {wanted} bytes came")


# --- digests ------------------------------------------------------------------------------


class _Hashing:
    """The digests of one file under way."""

    def __init__(self, algorithms: Sequence[str]) -> None:
        self._algorithms = algorithms
        self.wrong, self.detail = "", ""
        self.begin()

    def begin(self) -> None:
        """Begin from the first byte."""
        self._digests: list[Digest] = [hashlib.sha256()]
        self._digests += [begin_digest(algorithm) for algorithm in self._algorithms]
        self.length = 0

    def update(self, octets: bytes) -> None:
        for digest in self._digests:
            digest.update(octets)
        self.length += len(octets)

    def row(self) -> Row:
        if self.wrong:
            return Row(wrong=self.wrong, detail=self.detail)
        first, *others = self._digests
        chunks = next((one.hashes() for one in others if isinstance(one, ChunkTree)), ())
        return Row(first.digest(), self.length, tuple(one.digest() for one in others), chunks)


def _take(
    part: _Part, location: Location, hashing: _Hashing, on_read: Callable[[int], None]
) -> None:
    """Hash a part, and note what is wrong with the file."""
    try:
        if part.content is None:
            _stream(part.file, location, hashing, on_read)
        else:
            pieces = part.content.result()
            part.content = None  # its memory is wanted
            for octets in pieces:
                hashing.update(octets)
            on_read(part.length)
        if part.is_last:
            patiently(lambda: location.check(part.file))
    except ChangedError:
        hashing.wrong = CHANGED_FILE
    except RefusedError as error:
        hashing.wrong, hashing.detail = NOT_READABLE, str(error)
    except DroppedError as error:
        raise UnavailableError(f"{location.url}: {part.file.path}: {error}") from error


def _stream(
    file: RemoteFile, location: Location, hashing: _Hashing, on_read: Callable[[int], None]
) -> None:
    """Read a file in one go; each try begins anew, since what follows might be another version."""

    def sink(octets: bytes) -> None:
        hashing.update(octets)
        on_read(len(octets))

    def read() -> None:
        on_read(-hashing.length)
        hashing.begin()
        location.read(file, 0, None, sink)
        _check_all_came(hashing.length, file.length)

    patiently(read)
