"""Look at what lies on the disk, as the verifier wants it: whole, a part, or one file.

Which part of a dataset the data are need not be said where they tell it themselves: a file by the
end of its path or by its content, a folder by the files in it.
"""

from __future__ import annotations

import itertools
import tempfile
from typing import TYPE_CHECKING

from provenance.comparison import MOST_SAMPLES, Comparison, Rename, choose_part, compare, under
from provenance.errors import FileAccessError, MalformedError, NotFoundError
from provenance.file_proof import FileProof
from provenance.files.manifest_file import read_manifest
from provenance.files.walk import fingerprint_dataset, hash_dataset
from provenance.fingerprint import Tally, entry_line, header_line, parse_manifest
from provenance.given import Data, OneFile, OneSealedFile, PartOfData, WholeData
from provenance.text import nfc

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path
    from typing import BinaryIO, TypeAlias

    from provenance.fingerprint import FileEntry, Summary
    from provenance.salted import FileOpening

    OnProgress: TypeAlias = Callable[[int, int], None] | None

__all__ = ["THE_WHOLE", "data_at", "tails_of"]

THE_WHOLE = "."
"""What ``inside`` is for the whole dataset, where the data are not to be taken for a part."""


def data_at(  # noqa: PLR0913 -- each is one thing a reader may have at hand
    path: Path,
    *,
    manifest: Path | None = None,
    file_proof: Path | None = None,
    file_opening: FileOpening | None = None,
    inside: str | None = None,
    on_progress: OnProgress = None,
) -> Data:
    """Hash what lies at ``path`` and compare it with what is known of the dataset.

    Args:
        path: a folder or a file.
        manifest: the dataset's manifest; None compares by the dataset digest alone.
        file_proof: proves that one file belongs to the dataset; ``path`` is then that file.
        file_opening: opens one file of a sealed dataset; ``path`` is then that file.
        inside: which part of the dataset ``path`` is, as the manifest has it, or ``THE_WHOLE``.
            None lets the data tell: see ``_folder`` and ``_file``.

    Raises:
        NotFoundError: the manifest lists nothing by that name, nor with that content.
        MalformedError: a proof or manifest that does not parse, or data that cannot be hashed.
    """
    if file_opening is not None:
        return OneSealedFile(file_opening, _only_entry(path, on_progress).sha256)
    if file_proof is not None:
        return _one_file(path, file_proof, on_progress)
    if manifest is None:
        return WholeData(fingerprint_dataset(path, on_progress=on_progress))
    if inside is not None and inside != THE_WHOLE:
        return _part(path, manifest, inside, on_progress)
    if inside is None and path.is_file():
        return _file(path, manifest, on_progress)
    return _folder(path, manifest, on_progress, is_whole=inside == THE_WHOLE)


# --- a folder -----------------------------------------------------------------------------


def _folder(path: Path, manifest: Path, on_progress: OnProgress, *, is_whole: bool) -> Data:
    """Compare a folder with the whole dataset, or with that part of it which its files are."""
    seen = _Seen()
    try:
        with tempfile.TemporaryFile() as spool:
            found = seen.keep(hash_dataset(path, on_progress=on_progress), spool)
            comparison = compare(
                read_manifest(manifest), found, again=lambda: read_manifest(manifest)
            )
            summary = seen.tally.summary()
            if is_whole or comparison.is_equal:
                return WholeData(summary, comparison)
            part = choose_part(read_manifest(manifest), seen.samples)
            if not part:
                return WholeData(summary, comparison)
            spool.seek(0)
            return _against(manifest, part, _read_back(summary, spool))
    except OSError as error:
        raise FileAccessError(f"{path}: {error.strerror}") from error


class _Seen:
    """The files on their way past: counted, written down, and some of them remembered."""

    def __init__(self) -> None:
        self.tally = Tally()
        self.samples: list[FileEntry] = []

    def keep(self, entries: Iterable[FileEntry], spool: BinaryIO) -> Iterator[FileEntry]:
        step = 1
        for number, entry in enumerate(entries):
            self.tally.add(entry)
            spool.write(entry_line(entry))
            if number % step == 0:
                self.samples.append(entry)
                if len(self.samples) == MOST_SAMPLES:  # thin them out, evenly
                    del self.samples[1::2]
                    step *= 2
            yield entry


def _read_back(summary: Summary, spool: BinaryIO) -> Iterable[FileEntry]:
    return parse_manifest(itertools.chain([header_line(summary)], spool))


def _against(manifest: Path, part: str, found: Iterable[FileEntry]) -> PartOfData:
    lines = read_manifest(manifest)
    comparison = compare(under(lines, part), found, again=lambda: read_manifest(manifest))
    return PartOfData(lines.header, comparison, part)


# --- one file -----------------------------------------------------------------------------


def _one_file(path: Path, file_proof: Path, on_progress: OnProgress) -> OneFile:
    try:
        proof = FileProof.parse(file_proof.read_bytes())
    except OSError as error:
        raise FileAccessError(f"{file_proof}: {error.strerror}") from error
    return OneFile(proof, _only_entry(path, on_progress).sha256)


def _only_entry(path: Path, on_progress: OnProgress) -> FileEntry:
    if path.is_dir():
        raise MalformedError(f"{path}: expected one file, got a folder")
    (entry,) = hash_dataset(path, on_progress=on_progress)
    return entry


def _part(path: Path, manifest: Path, part: str, on_progress: OnProgress) -> PartOfData:
    """Compare a sub-folder or file; the whole manifest is read, since its digest must be proved."""
    if not path.is_file():
        return _against(manifest, part, hash_dataset(path, on_progress=on_progress))
    lines = read_manifest(manifest)
    listed = [entry for entry in lines if entry.path == part]
    if not listed:
        raise NotFoundError(f"the manifest lists no file at {part!a:.200}", field="path")
    there = _only_entry(path, on_progress)._replace(path=part)
    return PartOfData(lines.header, compare(listed, [there]), part)


def _file(path: Path, manifest: Path, on_progress: OnProgress) -> PartOfData:
    """Compare a file with the one whose path ends like its own, else with one of its content.

    Where a file is listed by its name, another content is a change, also when that content is
    listed elsewhere: two files that were swapped must not pass for each other.

    Raises:
        NotFoundError: neither name nor content is listed.
    """
    there = _only_entry(path, on_progress)
    tails = {tail: len(tail) for tail in tails_of(path)}
    lines = read_manifest(manifest)
    named: FileEntry | None = None
    same: FileEntry | None = None
    for entry in lines:
        if entry.sha256 == there.sha256 and same is None:
            same = entry
        if tails.get(entry.path, 0) > (len(named.path) if named else 0):
            named = entry
    if named is not None:
        comparison = compare([named], [there._replace(path=named.path)])
        return PartOfData(lines.header, _with_copy(comparison, named, same), named.path)
    if same is None:
        raise NotFoundError(
            f"the manifest lists no file called {path.name!a:.200}, and none of this content",
            field="path",
        )
    return PartOfData(lines.header, compare([same], [there._replace(path=same.path)]), same.path)


def _with_copy(comparison: Comparison, named: FileEntry, same: FileEntry | None) -> Comparison:
    """Say of a changed file which other listed file it has the content of."""
    if comparison.is_equal or same is None:
        return comparison
    return Comparison(
        matched=0,
        changed=comparison.changed,
        missing=(),
        added=(),
        renamed=(),
        wrong_length=(),
        duplicated=(Rename(same.path, named.path),),
    )


def tails_of(path: Path) -> list[str]:
    """Return every end of a file's absolute path as a manifest would write it, longest first."""
    parts = [nfc(part) for part in path.resolve().parts]
    return ["/".join(parts[start:]) for start in range(1, len(parts))]
