"""A dataset as a list of files, each with its digest, and one digest over them all.

A dataset is a folder, or one single file (whose path is its own name). Its manifest is lines of
JSON (``docs/formats.md``, Fingerprint v1): a header, then one line a file by the bytes of the
path. Two files, ``a.csv`` and an empty ``b/c.csv``::

    {"format":"provenance-manifest","v":1,"files":2,"bytes":4,"digest":"f87109c4…"}
    {"path":"a.csv","sha256":"9c6536d3…","length":4}
    {"path":"b/c.csv","sha256":"e3b0c442…","length":0}

The entry of a file is SHA-256(content) ‖ path, and the **dataset digest** is the RFC 9162 root
over the entries, so each file can be proved alone. A source that has only MD5 or SHA-512 gives a
*declared manifest*: another format tag, ``"algorithm":"md5"`` in the header, that name in place
of ``sha256``, and the entry algorithm ‖ 00 ‖ digest ‖ path; its root is never an identity.

A digest that was taken from a source and not computed here is marked ``"assurance":"imported"``
at the end of its line, and the header counts such lines (``"imported":1``). The digest covers
neither, but the record signs the count. The header of a sealed dataset ends in the random bytes
of its salts (``provenance.salted``), which its owner keeps.

Entries are streamed: what is kept is a few hashes and the names of the folders being read.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeAlias, TypeVar

from provenance import strict_json
from provenance.digests import from_hex, sha256
from provenance.errors import (
    EmptyDatasetError,
    HashOfNothingError,
    MalformedError,
    ManifestMismatchError,
    NameCollisionError,
    TooLargeError,
    UnsupportedVersionError,
)
from provenance.merkle import RootAccumulator, leaf_hash
from provenance.strict_json import MAX_INTEGER
from provenance.text import casefold_key, check_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

__all__ = [
    "ADDITIONAL_ALGORITHMS",
    "DECLARED_ALGORITHMS",
    "DIGESTS_OF_NOTHING",
    "MAX_LINE_BYTES",
    "MAX_PATH_BYTES",
    "DeclaredEntry",
    "FileEntry",
    "Manifest",
    "Summary",
    "Tally",
    "check_format",
    "check_published",
    "dataset_digest",
    "entry_bytes",
    "entry_line",
    "header_line",
    "in_order",
    "parse_declared_manifest",
    "parse_manifest",
    "summarize",
    "to_sha256sum",
    "write_manifest",
]

MAX_PATH_BYTES = 32_767
"""Bytes of UTF-8 in one path: the longest that any common system can name (Windows)."""

MAX_LINE_BYTES = 6 * MAX_PATH_BYTES + 4_096
"""Bytes of one manifest line: a path written entirely in escapes, and the other members."""

DECLARED_ALGORITHMS = {
    "md5": 16,
    "sha1": 20,
    "sha224": 28,
    "sha384": 48,
    "sha512": 64,
    "sha3-256": 32,
    "sha3-512": 64,
    "blake2b": 64,
    "sm3": 32,
    "blake3": 32,
    "sha256-chunks": 32,
}
"""What a declared manifest may name -> length of its digest in bytes. SHA-256 is not declared."""

ADDITIONAL_ALGORITHMS = ("blake3", "sm3", "sha256-chunks")
"""What a deposit may sign beside its dataset digest: roots of declared manifests, no identities.

``sha256-chunks`` is ours, see ``provenance.chunks``.
"""

DIGESTS_OF_NOTHING = {
    sha256(text.encode()): text
    for text in (
        *("", "[object ArrayBuffer]", "[object Blob]", "[object File]", "[object Object]"),
        *("[object Promise]", "undefined", "null", "None", "NaN"),
    )
}
"""SHA-256 -> what was hashed when a program hashed no content at all; each has been seen."""

_MANIFEST = "provenance-manifest"
_DECLARED = "provenance-declared-manifest"
_IMPORTED = "imported"
_SALTS = "salts"
_MARK = f',"assurance":"{_IMPORTED}"'


class FileEntry(NamedTuple):
    """One file of a dataset; its length in bytes is stated, never proved."""

    path: str
    sha256: bytes
    length: int | None
    imported: bool = False
    """Whether the digest was taken from a source, without reading the content."""


class DeclaredEntry(NamedTuple):
    """One file, by a digest that its source declares and that is no identity."""

    path: str
    algorithm: str
    digest: bytes
    length: int | None


Entry: TypeAlias = FileEntry | DeclaredEntry
_E = TypeVar("_E", bound=Entry)


@dataclass(frozen=True, slots=True)
class Summary:
    """What a deposit signs of a dataset: its digest (32 bytes), files, and sum of lengths.

    ``length`` is None when the length of a file is not known.
    """

    digest: bytes
    files: int
    length: int | None
    imported: int = 0
    """Files whose digest was taken from a source (``FileEntry.imported``)."""


# --- the digest ---------------------------------------------------------------------------


def entry_bytes(entry: Entry) -> bytes:
    """Return the tree's entry of a file: SHA-256(content) ‖ path (see the module for MD5)."""
    if isinstance(entry, FileEntry):
        return entry.sha256 + entry.path.encode()
    return b"%b\0%b%b" % (entry.algorithm.encode(), entry.digest, entry.path.encode())


class Tally:
    """The summary of entries that come one by one, already checked (see ``in_order``)."""

    def __init__(self) -> None:
        """Begin with no file."""
        self._tree = RootAccumulator()
        self._length: int | None = 0
        self._imported = 0

    def add(self, entry: Entry) -> None:
        """Count one file."""
        self._tree.add(leaf_hash(entry_bytes(entry)))
        if self._length is not None:
            self._length = None if entry.length is None else self._length + entry.length
        if isinstance(entry, FileEntry) and entry.imported:
            self._imported += 1

    def add_hashed(self, leaf_hashes: bytes, length: int) -> None:
        """Count files whose leaf hashes, joined, and sum of lengths are known."""
        self._tree.extend(leaf_hashes)
        if self._length is not None:
            self._length += length

    def summary(self) -> Summary:
        """Return what was counted.

        Raises:
            EmptyDatasetError: no file was.
            TooLargeError: the sum of lengths is beyond what JSON integers hold (8 PiB).
        """
        if not self._tree.size:
            raise EmptyDatasetError("expected at least one file, got none (folders do not count)")
        if self._length is not None and self._length > MAX_INTEGER:
            raise TooLargeError(limit=MAX_INTEGER, length=self._length, unit="bytes")
        return Summary(self._tree.root(), self._tree.size, self._length, self._imported)


def summarize(entries: Iterable[Entry]) -> Summary:
    """Check entries in order and return their summary.

    Raises:
        MalformedError: see ``in_order``; or no entry at all.
    """
    tally = Tally()
    for entry in in_order(entries):
        tally.add(entry)
    return tally.summary()


def dataset_digest(entries: Iterable[FileEntry]) -> bytes:
    """Return the dataset digest, 32 bytes, of entries in order (see ``summarize``)."""
    return summarize(entries).digest


def in_order(entries: Iterable[_E]) -> Iterator[_E]:
    """Pass entries on, checking each: path, order, uniqueness, and that something was hashed.

    Raises:
        MalformedError: a path outside the rules, or not after the last by the bytes of its UTF-8.
        NameCollisionError: a name equal to another of its folder but for case.
        HashOfNothingError: the digest of a text like ``undefined`` with another length.
    """
    folders = _Folders()
    for entry in entries:
        check_path(entry.path, "path")
        folders.enter(entry.path)
        if isinstance(entry, FileEntry):
            _check_something(entry)
        yield entry


class _Folders:
    """The folders on the way to the newest path, each with the names it has shown so far.

    Sorted by bytes, all that lies in a folder comes in one run, so a closed one is forgotten.
    The check is by folder and not by whole path: ``A/x`` and ``a/y`` would be one folder on a
    file system without case, and its copy would have another digest.
    """

    def __init__(self) -> None:
        self._last = ""
        self._parents: list[str] = []
        self._names: list[dict[str, str]] = [{}]

    def enter(self, path: str) -> None:
        # code points sort as their UTF-8 bytes do
        if path <= self._last:
            raise MalformedError(
                f"expected byte order, got {path!a:.200} after {self._last!a:.200}"
            )
        if len(path) * 4 > MAX_PATH_BYTES and len(path.encode()) > MAX_PATH_BYTES:
            raise TooLargeError(
                limit=MAX_PATH_BYTES, length=len(path.encode()), unit="bytes", field="path"
            )
        self._last = path
        *parents, name = path.split("/")
        if parents != self._parents:
            self._change_to(parents)
        self._claim(name, path)

    def _change_to(self, parents: list[str]) -> None:
        pairs = zip(parents, self._parents, strict=False)
        common = sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], pairs))
        del self._parents[common:]
        del self._names[common + 1 :]
        for parent in parents[common:]:
            self._claim(parent, "/".join([*self._parents, parent]))
            self._parents.append(parent)
            self._names.append({})

    def _claim(self, name: str, path: str) -> None:
        names = self._names[-1]
        key = casefold_key(name)
        if key in names:
            other = "/".join([*self._parents, names[key]])
            raise NameCollisionError(f"{path!r:.200} and {other!r:.200} differ in case at most")
        names[name if key == name else key] = name  # one string in memory, not two


def _check_something(entry: FileEntry) -> None:
    text = DIGESTS_OF_NOTHING.get(entry.sha256)
    if text is None:
        if entry.length == 0:
            raise HashOfNothingError(
                f"{entry.path!a:.200}: length 0, but not the digest of nothing"
            )
    elif entry.length not in {None, len(text)}:
        raise HashOfNothingError(
            f"{entry.path!a:.200}: this is the digest of {text!r}, not of {entry.length} bytes"
        )


# --- the manifest -------------------------------------------------------------------------


def header_line(
    summary: Summary, algorithm: str = "sha256", *, salts: bytes | None = None
) -> bytes:
    """Return the first line of a manifest; any algorithm but SHA-256 makes it a declared one.

    Args:
        salts: of a sealed dataset, 32 random bytes (``provenance.salted``).
    """
    is_declared = algorithm != "sha256"
    header = {"format": _DECLARED if is_declared else _MANIFEST, "v": 1}
    if is_declared:
        header["algorithm"] = algorithm
    header |= {"files": summary.files, "bytes": summary.length, "digest": summary.digest.hex()}
    if summary.imported:
        header |= {_IMPORTED: summary.imported}
    if salts is not None:
        header |= {_SALTS: salts.hex()}
    return strict_json.dump(header) + b"\n"


def entry_line(entry: Entry) -> bytes:
    """Return the line of one file."""
    path = strict_json.dump(entry.path).decode()
    length = "null" if entry.length is None else entry.length
    algorithm, digest, mark = _named(entry)
    line = f'{{"path":{path},"{algorithm}":"{digest.hex()}","length":{length}{mark}}}\n'
    return line.encode()


def _named(entry: Entry) -> tuple[str, bytes, str]:
    """Return algorithm and digest of a file, and the mark at the end of its line."""
    if isinstance(entry, FileEntry):
        return "sha256", entry.sha256, _MARK if entry.imported else ""
    return entry.algorithm, entry.digest, ""


def write_manifest(entries: Iterable[Entry]) -> bytes:
    """Return the whole manifest of entries in order; ``files.manifest_file`` streams a long one.

    Raises:
        MalformedError: see ``summarize``.
    """
    kept = list(entries)
    summary = summarize(kept)
    algorithm = "sha256" if isinstance(kept[0], FileEntry) else kept[0].algorithm
    return b"".join([header_line(summary, algorithm), *map(entry_line, kept)])


class Manifest(Generic[_E]):
    """A manifest being read: the header at once, the entries by iterating, once.

    Only after the last entry is it known that the header told the truth: then digest, count and
    lengths are compared, and a difference raises. So believe nothing before the end.
    """

    def __init__(
        self,
        lines: Iterable[bytes],
        header: Summary,
        algorithm: str,
        make: Callable[[str, bytes, int | None, bool], _E],
        salts: bytes | None = None,
    ) -> None:
        """Take the ``lines`` after the header; use ``parse_manifest``."""
        self.header = header
        self.salts = salts
        self.algorithm = algorithm
        self._lines = lines
        self._make = make

    def __iter__(self) -> Iterator[_E]:
        """Read the entries.

        Raises:
            MalformedError: a line, a path or the order is not as it must be.
            ManifestMismatchError: the entries are not those of the header.
        """
        tally = Tally()
        for entry in in_order(self._entries()):
            tally.add(entry)
            yield entry
        _check_same(tally.summary(), self.header)

    def _entries(self) -> Iterator[_E]:
        size = DECLARED_ALGORITHMS.get(self.algorithm, 32)
        for number, line in enumerate(self._lines, start=2):
            members = _members(line, f"line {number}")
            path = members.text("path", max_length=MAX_PATH_BYTES)
            text = members.text(self.algorithm, max_length=2 * size)
            digest = from_hex(text, length=size, field=members.path(self.algorithm))
            length = members.nullable("length", members.integer)
            imported = "assurance" in members and self.algorithm == "sha256"
            if imported:
                members.literal("assurance", _IMPORTED)
            members.done()
            yield self._make(path, digest, length, imported)


def parse_manifest(lines: Iterable[bytes]) -> Manifest[FileEntry]:
    """Begin to read a manifest from its lines, each with its line end.

    Raises:
        UnsupportedVersionError: a declared manifest, or no manifest of version 1.
        MalformedError: the header is not as it must be.
    """
    lines = iter(lines)
    members = _header(lines, _MANIFEST)
    imported = members.integer(_IMPORTED, low=1) if _IMPORTED in members else 0
    salts = members.hex32(_SALTS) if _SALTS in members else None
    header = replace(_summary(members), imported=imported)
    return Manifest(lines, header, "sha256", FileEntry, salts)


def parse_declared_manifest(lines: Iterable[bytes]) -> Manifest[DeclaredEntry]:
    """Begin to read a declared manifest; as ``parse_manifest``."""
    lines = iter(lines)
    members = _header(lines, _DECLARED)
    algorithm = members.text("algorithm")
    if algorithm not in DECLARED_ALGORITHMS:
        raise UnsupportedVersionError(
            f"expected one of {', '.join(DECLARED_ALGORITHMS)}, got {algorithm!a:.80}",
            field="line 1.algorithm",
        )

    def make(path: str, digest: bytes, length: int | None, _: bool) -> DeclaredEntry:  # noqa: FBT001 -- never true
        return DeclaredEntry(path, algorithm, digest, length)

    return Manifest(lines, _summary(members), algorithm, make)


def check_published(manifest: Summary, signed: Summary) -> None:
    """Check that a manifest's digest, counts and sum of lengths are those of the signed record.

    A record that signs no sum of lengths is contradicted by none.

    Raises:
        ManifestMismatchError: with the first that is not as ``field``.
    """
    if signed.length is None:
        signed = replace(signed, length=manifest.length)
    _check_same(manifest, signed)


def _check_same(manifest: Summary, signed: Summary) -> None:
    pairs = (
        ("digest", signed.digest.hex(), manifest.digest.hex()),
        ("files", signed.files, manifest.files),
        ("bytes", signed.length, manifest.length),
        (_IMPORTED, signed.imported, manifest.imported),
    )
    for field, expected, got in pairs:
        if expected != got:
            raise ManifestMismatchError(f"expected {expected}, got {got}", field=field)


def _header(lines: Iterator[bytes], expected: str) -> strict_json.Members:
    members = _members(next(lines, b""), "line 1")
    check_format(members, expected)
    return members


def check_format(members: strict_json.Members, expected: str) -> None:
    """Check the members ``format`` and ``v`` of a manifest, or of what is proved of one.

    Raises:
        UnsupportedVersionError: another format, or another version than 1.
    """
    tag, version = members.value("format"), members.value("v")
    if tag != expected or version != 1 or version is True:
        raise UnsupportedVersionError(
            f"expected {expected} version 1, got {tag!a:.80} version {version!a:.20}",
            field=members.path("format"),
        )


def _summary(members: strict_json.Members) -> Summary:
    summary = Summary(
        digest=members.hex32("digest"),
        files=members.integer("files", low=1),
        length=members.nullable("bytes", members.integer),
    )
    members.done()
    return summary


def _members(line: bytes, field: str) -> strict_json.Members:
    if not line.endswith(b"\n"):
        raise MalformedError("expected a line that ends in a line feed", field=field)
    return strict_json.Members(
        strict_json.parse(line, max_bytes=MAX_LINE_BYTES, max_depth=1), field
    )


def to_sha256sum(entries: Iterable[FileEntry]) -> Iterator[bytes]:
    r"""Yield lines for ``sha256sum -c``: ``<hex>  <path>``, escaped as GNU coreutils does.

    A path with ``\`` gets it doubled and the line begins with ``\``; a file called ``-`` is
    written ``./-``, since the bare name means standard input.
    """
    for entry in entries:
        path = "./-" if entry.path == "-" else entry.path
        mark = "\\" if "\\" in path else ""
        escaped = path.replace("\\", "\\\\")
        yield f"{mark}{entry.sha256.hex()}  {escaped}\n".encode()
