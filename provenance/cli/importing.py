"""Take in what a source says of a dataset, re-hash as much as is wished, and tell what came out."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING

from provenance.assurance import Assurance, chance_of_missing, percent_text
from provenance.cli.claims import dataset_claims
from provenance.cli.commands.fingerprints import (
    fingerprint_to,
    hashing_progress,
    write_fingerprint,
)
from provenance.cli.language import _
from provenance.cli.output import print_fields, warn
from provenance.cli.places import Url, local, read_place
from provenance.errors import FileAccessError, MalformedError
from provenance.files.manifest_file import write_declared_manifest_file, write_manifest_file
from provenance.fingerprint import FileEntry
from provenance.imported import Remark
from provenance.imports.rehash import SEED_BYTES, draw, find_files, rehash

if TYPE_CHECKING:
    from provenance.fingerprint import Summary
    from provenance.imported import Imported

__all__ = ["NOTHING", "Subject", "Taken", "Wish", "read_wish", "said", "subject_of", "take_in"]

_BAD_SHARE = Fraction(1, 100)
"""Of which a sample's chance to miss all is told."""


@dataclass(frozen=True, slots=True)
class Wish:
    """How many files to re-hash: ``count``, or all where it is None."""

    count: int | None


NOTHING = Wish(0)


def read_wish(text: str) -> Wish:
    """Read ``none``, ``all`` or a number of files.

    Raises:
        MalformedError: anything else.
    """
    if text in {"none", "all"}:
        return Wish(0 if text == "none" else None)
    if not (text.isascii() and text.isdigit()) or not int(text[:18]) >= 1:
        raise MalformedError(f"expected none, all or a number, got {text!a:.40}", field="--rehash")
    return Wish(int(text[:18]))


@dataclass(frozen=True, slots=True)
class Taken:
    """What a source says, after as much was re-hashed as was wished."""

    imported: Imported
    data: Path | None
    drawn: int = 0
    """Files of a random sample; 0 when none was drawn."""
    seed: bytes = b""

    @property
    def assurance(self) -> Assurance:
        """How many files are of each level."""
        files = [entry for entry in self.imported.entries if isinstance(entry, FileEntry)]
        count = sum(entry.imported for entry in files)
        levels = Assurance(
            declared=len(self.imported.entries) - len(files),
            imported=count,
            rehashed=len(files) - count,
        )
        is_taken = levels.declared or levels.imported
        return replace(levels, source=self.imported.source) if is_taken else levels

    def write_manifest(self, target: Path) -> Summary:
        """Write the manifest; a source that lists no files leaves it to hash the data.

        Raises:
            MalformedError: no files are listed, and no data given.
        """
        entries = self.imported.entries
        if not entries:
            if self.data is None:
                raise MalformedError("is needed: the source lists no files", field="--data")
            return fingerprint_to(self.data, target)
        files = [entry for entry in entries if isinstance(entry, FileEntry)]
        if files:
            return write_manifest_file(target, files)
        declared = [entry for entry in entries if not isinstance(entry, FileEntry)]
        return write_declared_manifest_file(target, declared, self.imported.algorithm)

    def claims(self, summary: Summary) -> dict[str, object]:
        """Return what a deposit claims of the data and of how their digests came about."""
        levels = self.assurance if self.imported.entries else None
        return dataset_claims(summary, algorithm=self.imported.algorithm, levels=levels)

    def tell(self) -> None:
        """Say what was drawn, and every remark, beside the answer."""
        for one in self.imported.warnings:
            warn(_("Note: {text}").format(text=said(one)))
        if not self.drawn:
            return
        files = len(self.imported.entries)
        bad = ceil(files * _BAD_SHARE)
        chance = percent_text(chance_of_missing(files, self.drawn, bad))
        print_fields(
            (
                (_("sample"), _("{k} of {n} files").format(k=self.drawn, n=files)),
                (_("seed of the sample"), self.seed.hex()),
                (_("chance to miss 1 % of wrong files"), chance),
            )
        )


def said(sentence: str) -> str:
    """Return a remark of a reader in the user's language."""
    if not isinstance(sentence, Remark):
        return sentence
    return _(sentence.key).format(**sentence.facts)


def take_in(imported: Imported, source: Path | Url, data: Path | None, wish: Wish) -> Taken:
    """Re-hash the files of an import as wished.

    Args:
        source: where it was read from.
        data: where its files lie; None takes what the source says.

    Raises:
        MalformedError: nobody says where the files lie, or they cannot be read.
        SourceMismatchError: files that were looked at are not what the source says.
    """
    data = None if data is None else local(data, "--data")
    if not imported.entries or (wish.count == 0 and data is None):
        return Taken(imported, data)
    found = find_files(imported, Path(source.name) if isinstance(source, Url) else source, data)
    sample, seed = None, b""
    if wish.count is not None:
        seed = os.urandom(SEED_BYTES)
        sample = draw((entry.path for entry in imported.entries), wish.count, seed)
    if sample is not None and len(sample) == len(imported.entries):
        sample = None
    with hashing_progress() as on_progress:
        imported = rehash(imported, found, sample, on_progress)
    return Taken(imported, data, len(sample or ()), seed)


# --- what is deposited ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Subject:
    """What is deposited: a dataset that lies at ``source``, or one that a source describes."""

    source: Path | Url
    data: Path | Url | None
    imported: Imported | None = None
    wish: Wish = NOTHING
    scheduler: str | None = None
    algorithms: tuple[str, ...] = ()
    """What to hash by beside SHA-256."""
    verify_all: bool = False

    @property
    def metadata(self) -> dict[str, object]:
        """Return the claims that the source makes; command line and metadata file win."""
        return {} if self.imported is None else dict(self.imported.metadata)

    def check_publishable(self) -> None:
        """Refuse early what the ledger would refuse: a declared manifest identifies nothing."""
        is_declared = self.imported is not None and self.imported.is_declared
        if is_declared and self.wish.count is not None:
            raise MalformedError(
                "a declared manifest identifies nothing; see --rehash all",
                field="--publish-manifest",
            )

    def write_manifest(self, target: Path, *, as_json: bool) -> dict[str, object]:
        """Hash what is to be hashed, write the manifest and return the data's own claims."""
        if self.imported is None:
            written = write_fingerprint(
                self.source,
                target,
                algorithms=self.algorithms,
                verify_all=self.verify_all,
                scheduler=self.scheduler,
            )
            return dataset_claims(written.summary, additional=written.additional)
        data = self.data if isinstance(self.data, Path) else None
        taken = take_in(self.imported, self.source, data, self.wish)
        claims = taken.claims(taken.write_manifest(target))
        if not as_json:
            taken.tell()
        return claims


def subject_of(  # noqa: PLR0913 -- one for each option that says what is deposited
    path: Path | Url | None,
    source: Path | Url | None,
    data: Path | None,
    kind: str | None,
    wish: Wish,
    *,
    scheduler: str | None,
    algorithms: tuple[str, ...],
    verify_all: bool,
) -> Subject:
    """Find out what is deposited; with a source to import, PATH is where its files lie.

    Raises:
        FileAccessError: nothing is there.
        MalformedError: the source is malformed, or an option is there without one.
    """
    if source is not None:
        if scheduler is not None or isinstance(path, Url):
            field = "PATH" if scheduler is None else "--scheduler"
            raise MalformedError("files of an import are read by this machine only", field=field)
        if algorithms or verify_all:
            field = "--also" if algorithms else "--verify-all"
            raise MalformedError("is for data of which every file is hashed here", field=field)
        return Subject(source, data or path, read_place(source, kind), wish)
    for name, value in (("--as", kind), ("--data", data), ("--rehash", wish.count != 0)):
        if value:
            raise MalformedError("says nothing without --import", field=name)
    if path is None:
        raise MalformedError("is needed here", field="PATH")
    if isinstance(path, Path) and not path.exists():
        raise FileAccessError(f"{path}: no such file or folder", field="PATH")
    return Subject(path, path, scheduler=scheduler, algorithms=algorithms, verify_all=verify_all)
