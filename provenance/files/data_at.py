"""Look at what lies on the disk, as the verifier wants it: whole, a part, or one file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provenance.errors import FileAccessError, MalformedError, NotFoundError
from provenance.files.manifest_file import read_manifest
from provenance.files.walk import fingerprint_dataset, hash_dataset
from provenance.fingerprint import FileProof, Tally, compare, under
from provenance.given import Data, OneFile, PartOfData, WholeData

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from provenance.fingerprint import FileEntry

__all__ = ["data_at"]


def data_at(
    path: Path,
    *,
    manifest: Path | None = None,
    file_proof: Path | None = None,
    inside: str | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> Data:
    """Hash what lies at ``path`` and compare it with what is known of the dataset.

    Args:
        path: a folder or a file.
        manifest: the dataset's manifest; None compares by the dataset digest alone.
        file_proof: proves that one file belongs to the dataset; ``path`` is then that file.
        inside: which part of the dataset ``path`` is, as the manifest has it. None takes a
            folder for the whole, and a file for the one whose path ends like its own.

    Raises:
        NotFoundError: the manifest lists nothing by that name.
        MalformedError: a proof or manifest that does not parse, or data that cannot be hashed.
    """
    if file_proof is not None:
        return _one_file(path, file_proof, on_progress)
    if manifest is None:
        return WholeData(fingerprint_dataset(path, on_progress=on_progress))
    part = inside or (_listed_name(path, manifest) if path.is_file() else None)
    if part is None:
        tally = Tally()
        found = _counted(hash_dataset(path, on_progress=on_progress), tally)
        comparison = compare(read_manifest(manifest), found)
        return WholeData(tally.summary(), comparison)
    return _part(path, manifest, part, on_progress)


def _counted(entries: Iterable[FileEntry], tally: Tally) -> Iterator[FileEntry]:
    """Pass entries on and count them, so that a million of them are never held."""
    for entry in entries:
        tally.add(entry)
        yield entry


def _one_file(
    path: Path, file_proof: Path, on_progress: Callable[[int, int], None] | None
) -> OneFile:
    try:
        proof = FileProof.parse(file_proof.read_bytes())
    except OSError as error:
        raise FileAccessError(f"{file_proof}: {error.strerror}") from error
    return OneFile(proof, _only_entry(path, on_progress).sha256)


def _only_entry(path: Path, on_progress: Callable[[int, int], None] | None) -> FileEntry:
    if path.is_dir():
        raise MalformedError(f"{path}: expected one file, got a folder")
    (entry,) = hash_dataset(path, on_progress=on_progress)
    return entry


def _part(
    path: Path, manifest: Path, part: str, on_progress: Callable[[int, int], None] | None
) -> PartOfData:
    """Compare a sub-folder or file; the whole manifest is read, since its digest must be proved."""
    lines = read_manifest(manifest)
    if not path.is_file():
        found = hash_dataset(path, on_progress=on_progress)
        return PartOfData(lines.header, compare(under(lines, part), found))
    listed = [entry for entry in lines if entry.path == part]
    if not listed:
        raise NotFoundError(f"the manifest lists no file at {part!a:.200}", field="path")
    there = _only_entry(path, on_progress)._replace(path=part)
    return PartOfData(lines.header, compare(listed, [there]))


def _listed_name(path: Path, manifest: Path) -> str | None:
    """Return the manifest's path that is the longest tail of ``path``; None for the whole.

    Raises:
        NotFoundError: no file of the manifest has this name.
    """
    parts = path.resolve().parts
    tails = ["/".join(parts[start:]) for start in range(1, len(parts))]
    listed = {entry.path for entry in read_manifest(manifest) if entry.path in set(tails)}
    for tail in tails:  # longest first
        if tail in listed:
            return tail
    raise NotFoundError(f"the manifest lists no file called {parts[-1]!a:.200}", field="path")
