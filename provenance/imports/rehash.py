"""Re-hash the files of an import, all or a random sample, and compare them with what it says.

All names and lengths are compared in any case, since that costs next to nothing: a file of which
the source states another length is not the one that it hashed. The sample is drawn by a seed that
is shown, so that anybody can draw it again: the k files with the smallest SHA-256(seed ‖ path).
"""

from __future__ import annotations

import hashlib
import heapq
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from provenance.errors import MalformedError, NameCollisionError, SourceMismatchError
from provenance.fingerprint import DeclaredEntry, FileEntry
from provenance.imported import N_, SHA256, remark
from provenance.imports.contents import hash_files, is_archive, look_into
from provenance.imports.findings import shown
from provenance.text import nfc

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping
    from pathlib import Path

    from provenance.imported import Imported
    from provenance.imports.contents import FileDigests

__all__ = ["SEED_BYTES", "Found", "draw", "find_files", "rehash"]

SEED_BYTES = 16

MISSING = "the file is missing"
OTHER_CONTENT = "the content has another digest"
OTHER_LENGTH = "the file has another length"

_IGNORED = (".git/", ".dvc/")


class _File(NamedTuple):
    """A file that is there: its name as stored, and its length in bytes."""

    name: str
    length: int


@dataclass(frozen=True, slots=True)
class Found:
    """What lies where the files of an import should be; ``files`` is by path in NFC."""

    place: Path
    files: dict[str, _File]


def find_files(imported: Imported, source: Path, data: Path | None) -> Found:
    """Look where the files of an import lie.

    Args:
        source: where it was read from.
        data: a folder, archive, or for a single file that file; None takes what the source says.

    Raises:
        MalformedError: nobody says where they lie, or the place is damaged.
        NameCollisionError: two names there are one in NFC.
    """
    place, prefix = _place_of(imported, source, data)
    if place.is_file() and (not is_archive(place) or _is_named_after(imported, place)):
        if len(imported.entries) != 1:
            raise MalformedError("expected a folder", field="--data")
        path = imported.entries[0].path
        return Found(place.parent, {path: _File(place.name, place.stat().st_size)})
    lengths = look_into(place, lambda _: False).lengths
    files = _by_path(lengths, prefix)
    if data is None:
        if source.parent == place:  # the list itself is no file of the dataset
            files.pop(nfc(source.name), None)
        stored = {path: prefix + name for path, name in imported.places.items()}
        files |= {
            path: _File(name, lengths[name]) for path, name in stored.items() if name in lengths
        }
        if stored:  # what else lies there belongs to the format
            listed = {entry.path for entry in imported.entries}
            files = {path: file for path, file in files.items() if path in listed}
    return Found(place, files)


def _is_named_after(imported: Imported, place: Path) -> bool:
    """Tell whether an archive is itself the one file of the dataset."""
    return len(imported.entries) == 1 and imported.entries[0].path.endswith(nfc(place.name))


def _place_of(imported: Imported, source: Path, data: Path | None) -> tuple[Path, str]:
    """Return a folder or archive, and what stands before the names in it."""
    if data is not None:
        return data, ""
    if imported.data is None:
        raise MalformedError(
            "is needed: the source does not say where the files lie", field="--data"
        )
    inside = "" if imported.data == "." else f"{imported.data}/"
    if is_archive(source):
        return source, inside
    return (source if source.is_dir() else source.parent) / imported.data, ""


def _by_path(lengths: Mapping[str, int], prefix: str) -> dict[str, _File]:
    files: dict[str, _File] = {}
    for name, length in lengths.items():
        if not name.startswith(prefix) or name.startswith(_IGNORED):
            continue
        path = nfc(name[len(prefix) :], ascii(name)[1:-1])
        if path in files:
            raise NameCollisionError(f"{name!r:.200} and {files[path].name!r:.200} are one in NFC")
        files[path] = _File(name, length)
    return files


def draw(paths: Iterable[str], count: int, seed: bytes) -> list[str]:
    """Return ``count`` of the paths at random, all of them if there are no more; see the module."""

    def rank(path: str) -> bytes:
        return hashlib.sha256(seed + path.encode()).digest()

    return heapq.nsmallest(count, paths, key=rank)


def rehash(
    imported: Imported,
    found: Found,
    sample: Collection[str] | None,
    on_progress: Callable[[int, int], None] | None = None,
) -> Imported:
    """Return the import with the level of each file that was read here.

    Args:
        sample: paths to read; None reads all, which gives a declared list an identity, too.
        on_progress: told (files, bytes) done.

    Raises:
        SourceMismatchError: with every file that was read, or seen, and disagrees.
    """
    chosen = {entry.path for entry in imported.entries} if sample is None else set(sample)
    is_upgraded = imported.is_declared and sample is None
    algorithms = [imported.algorithm, *([SHA256] if is_upgraded else [])]
    read = _read(found, chosen, algorithms, on_progress or _ignore)
    problems = [
        (entry.path, *wrong)
        for entry in imported.entries
        if (wrong := _compare(entry, found.files.get(entry.path), read.get(entry.path), chosen))
    ]
    if problems:
        raise SourceMismatchError(problems)
    entries = [_updated(entry, found, read, is_upgraded=is_upgraded) for entry in imported.entries]
    files = [entry for entry in entries if isinstance(entry, FileEntry)]
    declared = [entry for entry in entries if isinstance(entry, DeclaredEntry)]
    said = (*imported.warnings, *_differences(imported, found))
    return replace(imported, entries=tuple(files) or tuple(declared), warnings=said)


def _read(
    found: Found,
    chosen: Collection[str],
    algorithms: Collection[str],
    on_progress: Callable[[int, int], None],
) -> dict[str, FileDigests]:
    # one content can stand for several paths
    paths: dict[str, list[str]] = {}
    for path in chosen:
        if path in found.files:
            paths.setdefault(found.files[path].name, []).append(path)
    read: dict[str, FileDigests] = {}
    done = 0
    for name, hashed in hash_files(found.place, paths, algorithms):
        read |= dict.fromkeys(paths[name], hashed)
        done += hashed.length
        on_progress(len(read), done)
    return read


def _compare(
    entry: FileEntry | DeclaredEntry,
    file: _File | None,
    read: FileDigests | None,
    chosen: Collection[str],
) -> tuple[str, str] | None:
    """Return what is wrong with one file; one that is absent and was not to be read is not."""
    if file is None or (read is None and entry.path in chosen):
        return (MISSING, "") if entry.path in chosen else None
    if entry.length is not None and file.length != entry.length:
        return OTHER_LENGTH, f"found {file.length}, stated {entry.length}"
    stated = entry.sha256 if isinstance(entry, FileEntry) else entry.digest
    if read is not None and read.digests[0] != stated:
        return OTHER_CONTENT, f"found {read.digests[0].hex()}, stated {stated.hex()}"
    return None


def _updated(
    entry: FileEntry | DeclaredEntry,
    found: Found,
    read: Mapping[str, FileDigests],
    *,
    is_upgraded: bool,
) -> FileEntry | DeclaredEntry:
    hashed = read.get(entry.path)
    if hashed is None:
        file = found.files.get(entry.path)
        return entry if file is None else entry._replace(length=file.length)
    if isinstance(entry, FileEntry):
        return entry._replace(length=hashed.length, imported=False)
    if is_upgraded:
        return FileEntry(entry.path, hashed.digests[1], hashed.length)
    return entry._replace(length=hashed.length)


def _differences(imported: Imported, found: Found) -> list[str]:
    """Say which files are listed and not there, or there and not listed."""
    listed = {entry.path for entry in imported.entries}
    missing = sorted(listed - found.files.keys())
    extra = sorted(found.files.keys() - listed)
    said: list[str] = []
    if missing:
        said.append(
            remark(
                N_("Listed, but not there ({count}): {names}"),
                count=len(missing),
                names=shown(missing),
            )
        )
    if extra:
        said.append(
            remark(
                N_("There, but not listed, so not part of the dataset ({count}): {names}"),
                count=len(extra),
                names=shown(extra),
            )
        )
    return said


def _ignore(_files: int, _bytes: int) -> None:
    """Tell nobody."""
