"""Look at what lies on the disk, as the verifier wants it: whole, a part, or one file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provenance.errors import FileAccessError, MalformedError, NotFoundError
from provenance.files.manifest_file import read_manifest
from provenance.files.walk import hash_dataset
from provenance.fingerprint import FileProof, compare, summarize, under
from provenance.given import Data, OneFile, PartOfData, WholeData

if TYPE_CHECKING:
    from collections.abc import Callable
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
        return _one_file(path, file_proof)
    if manifest is None:
        return WholeData(summarize(hash_dataset(path, on_progress=on_progress)))
    part = inside or (_listed_name(path, manifest) if path.is_file() else None)
    if part is None:
        found = list(hash_dataset(path, on_progress=on_progress))
        return WholeData(summarize(found), compare(read_manifest(manifest), found))
    return _part(path, manifest, part, on_progress)


def _one_file(path: Path, file_proof: Path) -> OneFile:
    try:
        proof = FileProof.parse(file_proof.read_bytes())
    except OSError as error:
        raise FileAccessError(f"{file_proof}: {error.strerror}") from error
    return OneFile(proof, _only_entry(path).sha256)


def _only_entry(path: Path) -> FileEntry:
    entries = list(hash_dataset(path))
    if len(entries) != 1:
        raise MalformedError(f"{path}: expected one file, got a folder of {len(entries)}")
    return entries[0]


def _part(
    path: Path, manifest: Path, part: str, on_progress: Callable[[int, int], None] | None
) -> PartOfData:
    """Compare a sub-folder or file; the whole manifest is read, since its digest must be proved."""
    lines = read_manifest(manifest)
    listed: list[FileEntry] = []
    prefix = part.rstrip("/") + "/"
    for entry in lines:
        if entry.path == part or entry.path.startswith(prefix):
            listed.append(entry)
    if not listed:
        raise NotFoundError(f"the manifest lists nothing at {part!a:.200}", field="path")
    if len(listed) == 1 and listed[0].path == part:
        there = [_only_entry(path)._replace(path=part)]
        return PartOfData(lines.header, compare(listed, there))
    found = hash_dataset(path, on_progress=on_progress)
    return PartOfData(lines.header, compare(under(listed, part), found))


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
