"""Read files of a dataset again, and compare them with what its manifest lists.

Not the folder is walked but the manifest: each file that is due is opened by its name, so what
else lies there, however much, costs nothing and is not looked at. No digest is remembered from an
earlier run, and the system is asked to forget what it holds of a file in memory, since it is the
disk that is to be read. (It need not obey: a network's server or a disk has a memory of its own.)
"""

from __future__ import annotations

import errno
import itertools
import os
import stat
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, Self

from provenance.errors import FileAccessError, MalformedError
from provenance.files.hash_file import OPEN_FLAGS
from provenance.files.tree import NOT_READABLE, SYMLINK, Folder, Found, Problems
from provenance.files.walk import hash_found
from provenance.fixity_report import MOST_LISTED, MOST_PATH_BYTES, BadFile
from provenance.text import nfc

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from provenance.files.walk import Block
    from provenance.fingerprint import FileEntry

__all__ = ["Comparison", "Rechecked", "portions", "recheck"]

PORTION_BYTES = 16 << 30
PORTION_FILES = 200_000
"""Read in less than a minute by most disks; the end of a portion costs tenths of a second."""

FILES_AT_ONCE = 256
"""Files of one folder that are looked for before they are given to those who hash."""


class Rechecked(NamedTuple):
    """What reading files again has shown; the members are those of ``FixityReport``."""

    failed: int = 0
    missing: int = 0
    length: int = 0
    bad: tuple[BadFile, ...] = ()
    until: str = ""
    """Path of the last file that was looked for."""

    def then(self, later: Rechecked) -> Rechecked:
        """Return what this and a later portion of the files have shown."""
        return Rechecked(
            self.failed + later.failed,
            self.missing + later.missing,
            self.length + later.length,
            _listed([*self.bad, *later.bad]),
            later.until or self.until,
        )


def _listed(bad: list[BadFile]) -> tuple[BadFile, ...]:
    """Return as many, of bad files by path, as a report lists."""
    room = itertools.accumulate(len(one.path.encode()) for one in bad[:MOST_LISTED])
    return tuple(bad[: sum(octets <= MOST_PATH_BYTES for octets in room)])


def portions(entries: Iterable[FileEntry]) -> Iterator[Iterator[FileEntry]]:
    """Part entries so that little is lost when the reading ends in between.

    Each portion is to be read to its end before the next is asked for.
    """
    rest = iter(entries)
    for first in rest:
        yield _portion(itertools.chain([first], rest))


def _portion(entries: Iterator[FileEntry]) -> Iterator[FileEntry]:
    octets = 0
    for files, entry in enumerate(entries, start=1):
        yield entry
        octets += entry.length or 0
        if octets >= PORTION_BYTES or files >= PORTION_FILES:
            return


def recheck(
    data: Path,
    due: Iterable[FileEntry],
    *,
    only_file: bool = False,
    on_progress: Callable[[int, int], None] | None = None,
    workers: int | None = None,
) -> Rechecked:
    """Read the files that are ``due``, in order, and compare them with their digests.

    Args:
        data: the dataset's folder, or its only file under whatever name.
        due: entries of its manifest; read once, and not held.
        only_file: whether the dataset is one file, and ``data`` may be that file.
        on_progress: told (files, bytes) done, some times a second.
        workers: processors to use; None takes all that this process may use.

    Raises:
        FileAccessError: nothing lies at ``data``, or it cannot be looked into.
        MalformedError: ``data`` is a file and the dataset has several; or an error of ``due``.
    """
    run = Comparison()
    with _Place(data, only_file=only_file) as place:
        found = _look_for(due, place, run)
        for block in hash_found(found, run.problems, on_progress=on_progress, workers=workers):
            run.compare(block)
    return run.result()


class _Unread(Problems):
    """Files that are there and could not be read, told to the run and not held."""

    def __init__(self, tell: Callable[[str, str, str], None]) -> None:
        super().__init__()
        self._tell = tell

    def add(self, path: str, what: str, detail: str = "") -> None:
        self._tell(path, what, detail)


@dataclass(slots=True)
class Comparison:
    """Files that are looked for, and what became of them.

    Each is ``expect``ed; after that it is ``missing``, one of ``problems``, or in a block.
    """

    until: str = ""
    under_way: dict[str, FileEntry] = field(default_factory=dict)
    failed: int = 0
    lost: int = 0
    length: int = 0
    bad: list[BadFile] = field(default_factory=list)
    problems: Problems = field(init=False)
    """Takes files that are there and could not be read; those not expected are passed over."""

    def __post_init__(self) -> None:
        """Let what is added to ``problems`` be counted at once."""
        self.problems = _Unread(self._tell_unread)

    def expect(self, entry: FileEntry) -> None:
        """Begin to look for a file, after those before it in the manifest."""
        self.under_way[entry.path] = entry
        self.until = entry.path

    def missing(self, path: str) -> None:
        """Note that a file is not there."""
        self._add_bad(BadFile(path, "missing", self.under_way[path].sha256))

    def compare(self, block: Block) -> None:
        """Compare files that were read."""
        for there in block.entries():
            listed = self.under_way[there.path]
            self.length += there.length or 0
            if there.sha256 == listed.sha256:
                del self.under_way[there.path]
            else:
                self._add_bad(BadFile(there.path, "changed", listed.sha256, found=there.sha256))

    def _tell_unread(self, path: str, what: str, detail: str) -> None:
        if path not in self.under_way:
            return
        if not what:
            self.missing(path)
            return
        reason = f"{what} ({detail})" if detail else what
        expected = self.under_way[path].sha256
        self._add_bad(BadFile(path, "unreadable", expected, reason=reason))

    def _add_bad(self, one: BadFile) -> None:
        del self.under_way[one.path]
        self.lost += one.outcome == "missing"
        self.failed += one.outcome != "missing"
        self.bad.append(one)
        if len(self.bad) == 2 * MOST_LISTED:  # however many there are
            self._cut()

    def _cut(self) -> None:
        self.bad.sort(key=lambda one: one.path)
        del self.bad[MOST_LISTED:]

    def result(self) -> Rechecked:
        """Return what became of all of them."""
        if self.under_way:
            raise RuntimeError(f"nothing became of {len(self.under_way)} files")
        self._cut()
        return Rechecked(self.failed, self.lost, self.length, _listed(self.bad), self.until)


def _look_for(due: Iterable[FileEntry], place: _Place, run: Comparison) -> Iterator[Found]:
    """Open the folders of the files that are due, and pass on those that are there."""
    for parent, entries in itertools.groupby(due, key=lambda one: one.path.rpartition("/")[0]):
        while some := list(itertools.islice(entries, FILES_AT_ONCE)):
            level = place.enter(parent)
            names, on_disk = _look_into(level, some, run)
            if names and level.folder is not None:
                yield Found(level.folder, parent and parent + "/", names, on_disk)


def _look_into(
    level: _Level, entries: list[FileEntry], run: Comparison
) -> tuple[list[str], dict[str, bytes]]:
    """Return the names that are there, and those that are others on the disk."""
    names: list[str] = []
    on_disk: dict[str, bytes] = {}
    for entry in entries:
        run.expect(entry)
        if level.wrong is not None:
            run.problems.add(entry.path, *level.wrong)
            continue
        name = entry.path.rpartition("/")[2]
        there = level.find(name)
        if there is None:
            run.missing(entry.path)
            continue
        names.append(name)
        if there != name.encode():
            on_disk[name] = there
    return names, on_disk


# --- folders by name ----------------------------------------------------------------------

_GONE = ("", "")
"""Instead of a problem: what lies in a folder that is not there is missing."""


@dataclass(slots=True)
class _Level:
    """A folder on the way down, open, or what keeps it from being so."""

    name: str
    folder: Folder | None
    wrong: tuple[str, str] | None = None
    """What is wrong with it and why, as of a ``tree.Problem``."""
    only: bytes | None = None
    """On the disk, the name of the only file of the dataset, whatever the manifest calls it."""
    _others: dict[str, bytes] | None = None
    """Names on the disk that are not in NFC, by their NFC; None before they were asked for."""

    def find(self, name: str) -> bytes | None:
        """Return the name that a file has on the disk, None when it is not there."""
        return next((one for one in self._names(name) if _forget(self.descriptor, one)), None)

    def _names(self, name: str) -> Iterator[bytes]:
        """Yield what a name may be on the disk, the likely one first."""
        if self.only is not None:
            yield self.only
            return
        yield name.encode()
        if self._others is None:  # so the folder is listed only if something is not there
            self._others = dict(_not_normal(self.descriptor))
        if name in self._others:
            yield self._others[name]

    @property
    def descriptor(self) -> int:
        if self.folder is None:
            raise RuntimeError("a folder was looked into that is not open")
        return self.folder.descriptor

    def below(self, name: str) -> _Level:
        """Return the folder ``name`` in this one."""
        if self.wrong is not None:
            return _Level(name, None, self.wrong)
        for there in self._names(name):
            try:
                flags = OPEN_FLAGS | os.O_DIRECTORY
                return _Level(name, Folder(os.open(there, flags, dir_fd=self.descriptor)))
            except FileNotFoundError:
                continue
            except OSError as error:
                return _Level(name, None, self._why_not(there, error))
        return _Level(name, None, _GONE)

    def _why_not(self, there: bytes, error: OSError) -> tuple[str, str]:
        """Tell a link from another thing in the folder's place; below that nothing is there."""
        if error.errno != errno.ENOTDIR:
            return NOT_READABLE, error.strerror or ""
        try:
            mode = os.stat(there, dir_fd=self.descriptor, follow_symlinks=False).st_mode
        except OSError:
            return _GONE
        return (SYMLINK, "") if stat.S_ISLNK(mode) else _GONE


class _Place:
    """Where the files of a dataset lie: a folder, of which those on the way down stay open."""

    def __init__(self, data: Path, *, only_file: bool) -> None:
        try:
            is_file = stat.S_ISREG(data.stat().st_mode)
            if is_file and not only_file:
                raise MalformedError(f"{data}: expected the dataset's folder, got a file")
            above = data.parent if is_file else data
            descriptor = os.open(above, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            raise FileAccessError(f"{data}: {error.strerror}") from error
        only = os.fsencode(data.name) if is_file else None
        self._levels = [_Level("", Folder(descriptor), only=only)]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._leave(0)

    def enter(self, path: str) -> _Level:
        """Go to a folder; "" is the dataset's own."""
        parts = path.split("/") if path else []
        pairs = zip(parts, self._levels[1:], strict=False)
        common = sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1].name, pairs))
        self._leave(common + 1)
        for name in parts[common:]:
            self._levels.append(self._levels[-1].below(name))
        return self._levels[-1]

    def _leave(self, depth: int) -> None:
        for level in self._levels[depth:]:
            if level.folder is not None:
                level.folder.release()
        del self._levels[depth:]


def _forget(folder: int, name: bytes) -> bool:
    """Let the system forget a file's content, so that it is read anew; False when it is gone."""
    try:
        descriptor = os.open(name, OPEN_FLAGS, dir_fd=folder)
    except FileNotFoundError:
        return False
    except OSError:
        return True  # told when it is read
    try:
        if hasattr(os, "posix_fadvise"):
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    except OSError:
        return True  # a pipe, say
    finally:
        os.close(descriptor)
    return True


def _not_normal(folder: int) -> Iterator[tuple[str, bytes]]:
    try:
        names = os.listdir(folder)
    except OSError:
        return
    for name in names:
        try:
            normal = nfc(name)
        except MalformedError:
            continue
        if normal != name:
            yield normal, os.fsencode(name)
