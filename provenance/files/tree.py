"""Find the files of a dataset in the order of its manifest, and hold their folders open.

A folder's names are sorted with ``/`` appended to folders: visited depth first, that is the order
of the full paths by bytes, so the largest folder is all that must be held. Each folder is opened
relative to the one above and never through a link. Whatever is not a plain file or a folder with
a proper name is a problem, and so is a folder whose names change while it is walked.
"""

from __future__ import annotations

import itertools
import os
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from provenance.errors import MalformedError
from provenance.files.hash_file import OPEN_FLAGS
from provenance.fingerprint import MAX_PATH_BYTES
from provenance.text import casefold_key, check_path, nfc, told_apart

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["Folder", "Found", "Problem", "Problems", "walk_tree"]

BAD_NAME = "the name cannot stand in a manifest"
CHANGED_FOLDER = "the folder changed while it was read"
NOT_READABLE = "it cannot be read"
NOT_UTF8 = "the name is not UTF-8"
SAME_NAME = "the name equals another one but for case or Unicode form"
SPECIAL = "it is neither a file nor a folder"
SYMLINK = "it is a symbolic link"
TOO_LONG = "the path is too long"


class Problem(NamedTuple):
    """One thing that keeps a dataset from being fingerprinted.

    ``what`` is a fixed sentence, one of this module's or of ``walk``'s; ``detail`` may be empty.
    """

    path: str
    what: str
    detail: str


class Problems(list[Problem]):
    """The problems met so far."""

    def add(self, path: str, what: str, detail: str = "") -> None:
        """Note one; a path that is no clean text is shown with escapes."""
        shown = path if path.isprintable() else repr(path)[1:-1]
        self.append(Problem(shown or ".", what, detail))


class Folder:
    """An open folder; it is closed when neither the walk nor a batch needs it any more."""

    def __init__(self, descriptor: int) -> None:
        """Own ``descriptor``; one user to begin with."""
        self.descriptor = descriptor
        self._users = 1

    def keep(self) -> None:
        """Take part in using it; each ``keep`` wants its ``release``."""
        self._users += 1

    def release(self) -> None:
        """Stop using it; the last one closes it."""
        self._users -= 1
        if not self._users:
            os.close(self.descriptor)


class Found(NamedTuple):
    """Files of one folder that follow each other in the manifest, and what opens them.

    ``prefix`` is the folder's path with ``/`` at the end, or empty; ``on_disk`` has the names
    that are others on the disk than in the manifest.
    """

    folder: Folder
    prefix: str
    names: list[str]
    on_disk: dict[str, bytes]


@dataclass(slots=True)
class _Level:
    """A folder on the way down: its path with ``/`` at the end, and the names still to visit."""

    folder: Folder
    prefix: str
    state: tuple[int, ...]
    runs: Iterator[list[str]]  # of files, or of one folder whose name ends in ``/``
    on_disk: dict[str, bytes]  # only of names that are not NFC there

    def name(self, key: str) -> bytes:
        """Return the name on the disk."""
        return self.on_disk.get(key) or key.removesuffix("/").encode()


def walk_tree(path: Path, problems: Problems) -> Iterator[Found]:
    """Yield the files of a folder, or the one file, in the order of manifest paths.

    ``keep`` their folder before asking for the next ones, to use it later.
    """
    try:
        above = Folder(os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC))
    except OSError as error:
        problems.add(str(path), NOT_READABLE, error.strerror or "")
        return
    try:
        yield from _walk_root(path, above, problems)
    finally:
        above.release()


def _walk_root(path: Path, above: Folder, problems: Problems) -> Iterator[Found]:
    name = os.fsencode(path.name or ".")
    try:
        mode = os.stat(name, dir_fd=above.descriptor, follow_symlinks=False).st_mode
    except OSError as error:
        problems.add(str(path), NOT_READABLE, error.strerror or "")
        return
    if stat.S_ISDIR(mode):
        yield from _walk_folder(above, name, problems)
    elif stat.S_ISREG(mode):
        level = _Level(above, "", (), iter(()), {})
        key = _key(path.name, "", level, problems)
        if key is not None:
            yield Found(above, "", [key], level.on_disk)
    else:
        problems.add(str(path), SYMLINK if stat.S_ISLNK(mode) else SPECIAL)


def _walk_folder(above: Folder, name: bytes, problems: Problems) -> Iterator[Found]:
    root = _enter(above, name, "", problems)
    levels = [root] if root else []
    try:
        while levels:
            level = levels[-1]
            run = next(level.runs, None)
            if run is None:
                _leave(levels.pop(), problems)
            elif run[0].endswith("/"):
                below = _enter(level.folder, level.name(run[0]), level.prefix + run[0], problems)
                levels += [below] if below else []
            else:
                yield Found(level.folder, level.prefix, run, level.on_disk)
    finally:
        for level in levels:
            level.folder.release()


def _enter(above: Folder, name: bytes, prefix: str, problems: Problems) -> _Level | None:
    try:
        folder = Folder(os.open(name, OPEN_FLAGS | os.O_DIRECTORY, dir_fd=above.descriptor))
    except OSError as error:
        problems.add(prefix, NOT_READABLE, error.strerror or "")
        return None
    try:
        level = _Level(folder, prefix, _state(folder), iter(()), {})
        level.runs = _runs(_sorted_keys(level, problems))
    except OSError as error:
        problems.add(prefix, NOT_READABLE, error.strerror or "")
        folder.release()
        return None
    return level


def _leave(level: _Level, problems: Problems) -> None:
    # a name that came or went since it was listed would be missing without a word
    if _state(level.folder) != level.state:
        problems.add(level.prefix, CHANGED_FOLDER)
    level.folder.release()


def _state(folder: Folder) -> tuple[int, ...]:
    found = os.fstat(folder.descriptor)
    return (found.st_mtime_ns, found.st_ctime_ns, found.st_nlink)


def _runs(keys: list[str]) -> Iterator[list[str]]:
    """Part sorted keys into folders, one by one, and the files between them."""
    folders = [place for place, key in enumerate(keys) if key.endswith("/")]
    start = 0
    for place in (*folders, len(keys)):
        if place > start:
            yield keys[start:place]
        if place < len(keys):
            yield [keys[place]]
        start = place + 1


# --- the names of one folder --------------------------------------------------------------


def _sorted_keys(level: _Level, problems: Problems) -> list[str]:
    """Return the names in NFC, ``/`` after those of folders, in the order of full paths."""
    files, folders = _listed(level, problems)
    text = "".join(itertools.chain(files, folders))
    if len(level.prefix) <= MAX_PATH_BYTES // 8 and text.isascii() and text.isprintable():
        keys = files
        keys += [name + "/" for name in folders]
    else:
        keys = _keys(files, "", level, problems) + _keys(folders, "/", level, problems)
    # names on a disk are distinct, and then also in lower case if they are in lower case already
    is_lower = text.isascii() and text == text.lower()
    if not is_lower and not _are_distinct(keys):
        keys = _without_collisions(keys, level, problems)
    keys.sort()  # code points sort as their UTF-8 bytes do
    return keys


def _listed(level: _Level, problems: Problems) -> tuple[list[str], list[str]]:
    """Return the names that files and folders have on the disk."""
    files: list[str] = []
    folders: list[str] = []
    with os.scandir(level.folder.descriptor) as entries:
        for entry in entries:
            if entry.is_file(follow_symlinks=False):
                files.append(entry.name)
            elif entry.is_dir(follow_symlinks=False):
                folders.append(entry.name)
            else:
                what = SYMLINK if entry.is_symlink() else SPECIAL
                problems.add(level.prefix + _shown(entry.name), what)
    return files, folders


def _keys(names: list[str], suffix: str, level: _Level, problems: Problems) -> list[str]:
    keyed = (_key(name, suffix, level, problems) for name in names)
    return [key for key in keyed if key is not None]


def _key(name: str, suffix: str, level: _Level, problems: Problems) -> str | None:
    """Return the name in NFC with ``suffix``, or None after noting why there is none."""
    try:
        key = name if name.isascii() else nfc(os.fsencode(name).decode())
        check_path(key)
    except UnicodeDecodeError:
        problems.add(level.prefix + _shown(name), NOT_UTF8)
        return None
    except MalformedError as error:
        problems.add(level.prefix + _shown(name), BAD_NAME, str(error))
        return None
    if len(level.prefix) + len(key) > MAX_PATH_BYTES // 4:  # worth a closer look
        length = len((level.prefix + key).encode())
        if length > MAX_PATH_BYTES:
            problems.add(level.prefix + key, TOO_LONG, f"{length} bytes, limit {MAX_PATH_BYTES}")
            return None
    key += suffix
    return key if name.isascii() or _remember(name, key, level, problems) else None


def _remember(name: str, key: str, level: _Level, problems: Problems) -> bool:
    """Keep the name on disk where it is another than the key's; False when one is kept already."""
    on_disk = os.fsencode(name)
    if on_disk == key.removesuffix("/").encode():
        return True
    other = level.on_disk.setdefault(key, on_disk)
    if other != on_disk:
        problems.add(level.prefix + key, SAME_NAME, told_apart(on_disk.decode(), other.decode()))
    return other == on_disk


def _shown(name: str) -> str:
    return os.fsencode(name).decode(errors="backslashreplace")


def _are_distinct(keys: list[str]) -> bool:
    # a sorted list takes less memory than a set of a million names
    folded = sorted(casefold_key(key.removesuffix("/")) for key in keys)
    return all(one != other for one, other in itertools.pairwise(folded))


def _without_collisions(keys: list[str], level: _Level, problems: Problems) -> list[str]:
    first: dict[str, str] = {}
    for key in keys:
        folded = casefold_key(key.removesuffix("/"))
        if folded in first:
            other = first[folded]
            # of two names with one key, one is the key itself and the other is remembered
            name = key.removesuffix("/").encode() if key == other else level.name(key)
            both = told_apart(name.decode(), level.name(other).decode())
            problems.add(level.prefix + key, SAME_NAME, both)
        else:
            first[folded] = key
    return list(first.values())
