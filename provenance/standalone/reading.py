"""What the reader of the single file has on the disk: files, datasets, the dossier's folder."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from provenance.comparison import compare
from provenance.errors import MalformedError
from provenance.file_proof import FileProof
from provenance.fingerprint import FileEntry, parse_manifest, summarize
from provenance.given import OneFile, OneSealedFile, PartOfData, WholeData
from provenance.text import nfc

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from provenance.fingerprint import Summary
    from provenance.given import Data
    from provenance.salted import FileOpening

__all__ = ["data_at", "read_file", "read_folder"]

_CHUNK = 1 << 20
_MOST_BYTES = 1 << 30
"""Of a file that is read whole: receipts and policies are far smaller, a manifest may be long."""


def data_at(
    path: Path | None,
    *,
    manifest: Path | None,
    file_proof: Path | None,
    opening: FileOpening | None,
) -> Data | None:
    """Hash what the reader has, whole or one file of it; None where no path is given."""
    if path is None:
        if opening is not None:
            raise MalformedError("to be compared with what is opened: name the file", field="PATH")
        return None
    if opening is not None:
        return OneSealedFile(opening, _hash(path)[0])
    if file_proof is not None:
        return OneFile(FileProof.parse(read_file(file_proof)), _hash(path)[0])
    found = list(_entries(path))
    if manifest is None:
        return WholeData(summarize(found))
    listed = parse_manifest(read_file(manifest).splitlines(keepends=True))
    if path.is_dir():
        kept = list(listed)
        return WholeData(summarize(found), compare(kept, found, again=lambda: kept))
    return _listed_file(list(listed), found[0], path, listed.header)


def _listed_file(
    listed: Sequence[FileEntry], found: FileEntry, path: Path, header: Summary
) -> PartOfData:
    parts = [nfc(part) for part in path.resolve().parts]
    tails = {"/".join(parts[start:]) for start in range(1, len(parts))}
    named = [entry for entry in listed if entry.path in tails]
    if not named:
        raise MalformedError(f"the manifest lists no file called {path.name!a:.200}")
    entry = max(named, key=lambda one: len(one.path))
    comparison = compare([entry], [found._replace(path=entry.path)])
    return PartOfData(header, comparison, entry.path)


def _entries(path: Path) -> Iterator[FileEntry]:
    """Yield the files of a folder in the order of a manifest, or the one file."""
    if not path.is_dir():
        yield FileEntry(nfc(path.name), *_hash(path))
        return
    found = []
    for folder, folders, names in os.walk(path, onerror=_refuse):
        for name in [*folders, *names]:
            one = Path(folder, name)
            if one.is_symlink() or (name in names and not one.is_file()):
                raise MalformedError(f"{one}: expected files and folders only")
        found += [Path(folder, name) for name in names]
    by_path = {nfc(one.relative_to(path).as_posix()): one for one in found}
    for name in sorted(by_path):
        yield FileEntry(name, *_hash(by_path[name]))


def _refuse(error: OSError) -> None:
    raise error


def _hash(path: Path) -> tuple[bytes, int]:
    digest, length = hashlib.sha256(), 0
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
            length += len(chunk)
    return digest.digest(), length


def read_file(path: Path) -> bytes:
    """Return a receipt, policy, manifest or header.

    Raises:
        MalformedError: far longer than any of them.
    """
    with path.open("rb") as stream:
        octets = stream.read(_MOST_BYTES + 1)
    if len(octets) > _MOST_BYTES:
        raise MalformedError(f"{path}: longer than {_MOST_BYTES} bytes")
    return octets


def read_folder(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder by its name, ``/`` between folders."""
    files = {}
    for parent, _folders, names in os.walk(folder, onerror=_refuse):
        for name in names:
            path = Path(parent, name)
            files[path.relative_to(folder).as_posix()] = read_file(path)
    return files
