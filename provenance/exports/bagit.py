"""A bag, BagIt 1.0 (RFC 8493): the data as payload, receipt, manifest and policy as tag files.

    bagit.txt   bag-info.txt   manifest-sha256.txt   tagmanifest-sha256.txt
    data/...                   the dataset; each file is hashed while it is copied
    provenance/receipt.json    provenance/manifest.jsonl    provenance/policy.json

Written by hand: bagit-python moves the data it is given instead of copying them, writes
``BagIt-Version: 0.97``, and leaves ``%`` in names as it is, which version 1.0 wants as ``%25``.
Names that line-wise readers cannot get back (white space at the end, U+2028, U+2029) are refused.
"""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime
from importlib.metadata import version as installed_version
from typing import TYPE_CHECKING, Final

from provenance.errors import FileAccessError, MalformedError
from provenance.exports.payload import FOLDER, copy_payload, put_evidence
from provenance.exports.subject import ORCID, ROR, plain_identifier
from provenance.files.atomic import write_bytes
from provenance.imported import N_, remark

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from provenance.exports.subject import Subject
    from provenance.imported import Remark

__all__ = ["encode_path", "make", "remarks"]

_DECLARATION: Final = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
_MANIFEST: Final = "manifest-sha256.txt"
_TAG_MANIFEST: Final = "tagmanifest-sha256.txt"
_LINE_ENDS: Final = re.compile("[\u2028\u2029]")
_ENCODED: Final = {"%": "%25", "\r": "%0D", "\n": "%0A"}


def make(subject: Subject, folder: Path) -> None:
    """Fill ``folder`` with the bag.

    Raises:
        MalformedError: no data, or a name that a bag cannot carry.
        SourceMismatchError: the data are not what the record signs.
    """
    subject = put_evidence(subject, folder)
    count = octets = 0
    try:
        with (folder / _MANIFEST).open("xb") as manifest:
            for entry, length in copy_payload(subject, folder / "data"):
                path = encode_path(f"data/{entry.path}")
                manifest.write(f"{entry.sha256.hex()}  {path}\n".encode())
                count, octets = count + 1, octets + length
    except OSError as error:
        raise FileAccessError(f"{_MANIFEST}: {error.strerror}") from error
    write_bytes(folder / "bagit.txt", _DECLARATION)
    write_bytes(folder / "bag-info.txt", "".join(_info(subject, octets, count)).encode())
    write_bytes(folder / _TAG_MANIFEST, "".join(_tag_lines(folder)).encode())


def remarks(subject: Subject) -> tuple[Remark, ...]:
    """Say which names are right by the standard and yet too much for bagit-python."""
    count = sum("%" in entry.path for entry in subject.entries()) if subject.manifest else 0
    if not count:
        return ()
    sentence = N_(
        "{count} names hold a percent sign: in the bag it is %25, as BagIt 1.0 wants; "
        "bagit-python does not read that."
    )
    return (remark(sentence, count=count),)


def encode_path(path: str) -> str:
    """Return a path as it stands in a manifest (RFC 8493 §2.1.3).

    Raises:
        MalformedError: readers would get another name back.
    """
    if path != path.rstrip() or _LINE_ENDS.search(path):
        raise MalformedError(
            f"a bag cannot carry this name: {path.removeprefix('data/')!a:.200}", field="path"
        )
    return "".join(_ENCODED.get(one, one) for one in path)


def _info(subject: Subject, octets: int, count: int) -> Iterator[str]:
    """Yield the lines of ``bag-info.txt``."""
    deposit = subject.deposit
    organizations = [ror for person in subject.people for ror in person.ror]
    for ror in dict.fromkeys(organizations):
        yield _tag("Source-Organization", ROR + ror)
    for person in subject.people:
        yield _tag("Contact-Name", person.name)
        if person.orcid is not None:
            yield _tag("Contact-Identifier", ORCID + person.orcid)
    yield _tag("External-Description", subject.title)
    for one in deposit.identifiers:
        yield _tag("External-Identifier", plain_identifier(one.type, one.value))
    yield _tag("External-Identifier", f"{subject.origin} record {subject.record_id}")
    if subject.receipt_url is not None:
        yield _tag("External-Identifier", subject.receipt_url)
    yield _tag("Provenance-Dataset-Digest", subject.signed_summary().digest.hex())
    if deposit.license is not None:
        yield _tag("License", deposit.license)
    yield _tag("Bagging-Date", datetime.fromtimestamp(subject.now_unix, UTC).date().isoformat())
    yield _tag("Payload-Oxum", f"{octets}.{count}")
    yield _tag("Bag-Software-Agent", f"provenance {installed_version('provenance-ledger')}")


def _tag(name: str, value: str) -> str:
    # what some readers take for a line end would begin another tag
    return f"{name}: {_LINE_ENDS.sub(' ', value)}\n"


def _tag_lines(folder: Path) -> Iterator[str]:
    tags = [path for path in folder.iterdir() if path.is_file()]
    tags += [path for path in (folder / FOLDER).iterdir() if path.is_file()]
    for path in sorted(tags):
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        yield f"{digest}  {path.relative_to(folder).as_posix()}\n"
