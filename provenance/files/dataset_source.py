"""What a person names to compare with something else: data, a manifest, or a deposit.

folder or file           hashed where it lies
manifest                 read
receipt                  its manifest must lie in the same folder, as ``deposit`` leaves it
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from provenance.errors import FileAccessError, MalformedError, NotFoundError
from provenance.files.manifest_file import read_manifest
from provenance.files.walk import hash_dataset
from provenance.fingerprint import Tally, check_published
from provenance.receipt import Receipt
from provenance.record import deposit_of, parse_record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from provenance.fingerprint import FileEntry, Summary

__all__ = ["DatasetSource", "source_at"]

_MANIFEST = b'{"format":"provenance-manifest"'
_RECEIPT = b'{"format":"provenance-receipt"'
_NOT_COMPARABLE = (b'{"format":"provenance-declared-manifest"', b'{"format":"provenance-chunks"')
"""Lists of ours that have no SHA-256 of files; taken for data they would differ from everything."""
_HEAD_BYTES = 64
_MAX_RECEIPT_BYTES = 64 << 20


@dataclass(slots=True)
class DatasetSource:
    """A list of files, and where it comes from; ``summary`` is known once they were read."""

    path: Path
    kind: Literal["data", "manifest", "deposit"]
    manifest: Path | None = None
    signed: Summary | None = None
    """What the record of a deposit signs; the receipt itself is not verified here."""
    record_id: str | None = None
    summary: Summary | None = None

    def entries(self, on_progress: Callable[[int, int], None] | None) -> Iterator[FileEntry]:
        """Yield the files in order; believe nothing before the end.

        Raises:
            ManifestMismatchError: the manifest is not that of the deposit, or lies.
            MalformedError: data that cannot be hashed, or a manifest that does not parse.
        """
        tally = Tally()
        for entry in self._entries(on_progress):
            tally.add(entry)
            yield entry
        self.summary = tally.summary()

    def _entries(self, on_progress: Callable[[int, int], None] | None) -> Iterator[FileEntry]:
        if self.manifest is None:
            yield from hash_dataset(self.path, on_progress=on_progress)
            return
        lines = read_manifest(self.manifest)
        if self.signed is not None:
            check_published(lines.header, self.signed)
        yield from lines


def source_at(path: Path) -> DatasetSource:
    """Find out what lies at ``path``.

    Raises:
        FileAccessError: it cannot be read.
        NotFoundError: a receipt without its manifest in the same folder.
        MalformedError: a receipt that does not parse, or of a record without a dataset digest.
    """
    try:
        if path.exists() and not path.is_file():
            # a folder, or a pipe, which hashing refuses and reading would wait for
            return DatasetSource(path, "data")
        with path.open("rb") as file:
            octets = file.read(_HEAD_BYTES)
            if octets.startswith(_MANIFEST):
                return DatasetSource(path, "manifest", manifest=path)
            if octets.startswith(_NOT_COMPARABLE):
                raise MalformedError(
                    f"{path}: expected a manifest with the SHA-256 of each file, "
                    "got one with other digests only"
                )
            if not octets.startswith(_RECEIPT):
                return DatasetSource(path, "data")
            octets += file.read(_MAX_RECEIPT_BYTES)
        return _deposit(path, octets)
    except OSError as error:
        raise FileAccessError(f"{path}: {error.strerror}") from error


def _deposit(path: Path, octets: bytes) -> DatasetSource:
    record = parse_record(Receipt.parse(octets).record.sd_jwt.encode("ascii"), complete=False)
    deposit = deposit_of(record) if record.type == "deposit" else None
    signed = None if deposit is None else deposit.summary
    if signed is None:
        is_sealed = deposit is not None and deposit.sealed
        why = "is sealed: name its manifest instead" if is_sealed else "is not there"
        raise MalformedError(f"{path}: the dataset digest of its record {why}")
    for candidate in sorted(path.parent.glob("*.jsonl")):
        try:
            header = read_manifest(candidate).header
        except MalformedError:
            continue  # some other file of JSON lines
        if header.digest == signed.digest:
            return DatasetSource(path, "deposit", candidate, signed, record.id_hex)
    raise NotFoundError(
        f"{path}: put the manifest of this deposit (its .jsonl file) into the same folder"
    )
