"""Copy the files of a dataset into an export, each only if it is what the manifest lists.

A file is hashed while it is copied: what lies in the export is what was hashed, whatever happens
to the data meanwhile. The walk is that of fingerprints, so no link is followed and names on the
disk may be in another Unicode form.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import tempfile
from collections import deque
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from provenance.errors import (
    AlreadyExistsError,
    FileAccessError,
    MalformedError,
    SourceMismatchError,
    UnusableDatasetError,
)
from provenance.files.atomic import fsync_folder, write_bytes
from provenance.files.hash_file import OPEN_FLAGS
from provenance.files.manifest_file import write_manifest_file
from provenance.files.tree import Problems, walk_tree
from provenance.files.walk import hash_dataset
from provenance.imported import N_

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provenance.exports.subject import Subject
    from provenance.fingerprint import FileEntry

__all__ = ["FOLDER", "MANIFEST", "POLICY", "RECEIPT", "copy_payload", "new_folder", "put_evidence"]

FOLDER: Final = "provenance"
"""Where our own files lie in an export."""

RECEIPT: Final = f"{FOLDER}/receipt.json"
MANIFEST: Final = f"{FOLDER}/manifest.jsonl"
POLICY: Final = f"{FOLDER}/policy.json"

_ADDED = N_("it is not in the manifest")
_MISSING = N_("the file is missing")
_OTHER_CONTENT = N_("the content has another digest")
_BLOCK: Final = 1 << 20


@contextlib.contextmanager
def new_folder(target: Path) -> Iterator[Path]:
    """Give a folder to fill; it becomes ``target`` when the block ends, and is gone on an error.

    Raises:
        AlreadyExistsError: something is at ``target``.
        FileAccessError: the disk refuses.
    """
    if target.exists() or target.is_symlink():
        raise AlreadyExistsError(f"{target} exists: name a folder that does not")
    try:
        staging = Path(
            tempfile.mkdtemp(dir=target.absolute().parent, prefix=".writing-", suffix=".tmp")
        )
    except OSError as error:
        raise FileAccessError(f"{target}: {error.strerror}") from error
    try:
        yield staging
        staging.chmod(0o755)
        staging.rename(target)
        fsync_folder(target.absolute().parent)
    except OSError as error:
        raise FileAccessError(f"{error.filename or target}: {error.strerror}") from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def put_evidence(subject: Subject, folder: Path) -> Subject:
    """Write receipt, manifest and policy; the manifest is made of the data if none was given.

    Returns the subject with the manifest that was written, so that nobody changes it meanwhile.
    Without data it is checked here; with them, while they are copied. The manifest of a sealed
    deposit is refused, as it holds what opens every file.

    Raises:
        MalformedError: the receipt shows no dataset digest that the manifest could have.
        ManifestMismatchError: the manifest is not the one that the record signs.
        UnusableDatasetError: the data cannot be hashed.
        FileAccessError: the manifest cannot be read, or nothing be written.
    """
    target = folder / MANIFEST
    try:
        (folder / FOLDER).mkdir()
        write_bytes(folder / RECEIPT, subject.octets)
        if subject.policy is not None:
            write_bytes(folder / POLICY, subject.policy)
        if subject.manifest is not None:
            shutil.copyfile(subject.manifest, target)
    except OSError as error:
        raise FileAccessError(f"{error.filename}: {error.strerror}") from error
    if subject.manifest is None:
        if subject.data is None:
            return subject
        write_manifest_file(target, hash_dataset(subject.data))
    subject = replace(subject, manifest=target)
    if subject.data is None:
        deque(subject.entries(), maxlen=0)
    return subject


def copy_payload(subject: Subject, folder: Path) -> Iterator[tuple[FileEntry, int]]:
    """Copy the data below ``folder``; yield each file with its length in bytes.

    Believe nothing before the end of the iteration.

    Raises:
        SourceMismatchError: with every file that is missing, added or changed.
        UnusableDatasetError: links, special files or improper names among the data.
        MalformedError: data or manifest were not given.
    """
    if subject.data is None:
        raise MalformedError("is needed: the export holds the files", field="--data")
    problems = Problems()
    wrong: list[tuple[str, str, str]] = []
    there = _there(subject.data, problems)
    found = next(there, None)
    made: Path | None = None
    for entry in subject.entries():
        while found is not None and found[0] < entry.path:
            wrong.append((found[0], _ADDED, ""))
            found = next(there, None)
        if found is None or found[0] != entry.path:
            wrong.append((entry.path, _MISSING, ""))
            continue
        target = folder / entry.path
        if target.parent != made:  # the files of a folder mostly follow each other
            made = target.parent
            made.mkdir(parents=True, exist_ok=True)
        length = _copy(found[1], found[2], target, entry)
        if length is None:
            wrong.append((entry.path, _OTHER_CONTENT, ""))
        else:
            yield entry, length
        found = next(there, None)
    while found is not None:
        wrong.append((found[0], _ADDED, ""))
        found = next(there, None)
    if problems:
        raise UnusableDatasetError(sorted(problems))
    if wrong:
        raise SourceMismatchError(wrong)


def _there(data: Path, problems: Problems) -> Iterator[tuple[str, int, bytes]]:
    """Yield manifest path, folder descriptor and name on the disk, in the manifest's order."""
    for folder, prefix, names, on_disk in walk_tree(data, problems):
        for name in names:
            yield prefix + name, folder.descriptor, on_disk.get(name) or name.encode()


def _copy(folder: int, name: bytes, target: Path, entry: FileEntry) -> int | None:
    """Copy one file and return its length; None, and no copy, if the content is another one."""
    digest, length = hashlib.sha256(), 0
    try:
        source = os.open(name, OPEN_FLAGS, dir_fd=folder)
        with os.fdopen(source, "rb", buffering=0) as file, target.open("xb") as copy:
            while block := file.read(_BLOCK):
                digest.update(block)
                copy.write(block)
                length += len(block)
    except OSError as error:
        raise FileAccessError(f"{entry.path}: {error.strerror}") from error
    is_same = digest.digest() == entry.sha256 and entry.length in {None, length}
    if not is_same:
        target.unlink()
    return length if is_same else None
