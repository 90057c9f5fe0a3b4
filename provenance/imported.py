"""What a list of files in somebody else's format says of a dataset, made ready for a deposit.

    a reader of ``imports/`` -> ``Listed`` files + metadata + remarks -> ``imported`` -> Imported

Nothing here was hashed by us. What decides over truth is strict: each path becomes one that a
manifest may have (NFC, relative, no ``..``), each digest has its algorithm's length, no path is
listed twice with two contents, and a list with two algorithms is refused. A list of SHA-256 gives
the entries of a manifest; another algorithm gives those of a *declared* manifest. Metadata is in
the shape of ``deposit --metadata``; what was found and has no place there becomes a remark.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from provenance.errors import MalformedError, NameCollisionError, UnsupportedVersionError
from provenance.fingerprint import (
    DECLARED_ALGORITHMS,
    DeclaredEntry,
    FileEntry,
    in_order,
)
from provenance.text import check_path, nfc, told_apart

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

__all__ = [
    "ALGORITHMS",
    "N_",
    "SHA256",
    "Imported",
    "Listed",
    "Remark",
    "algorithm_named",
    "clean_path",
    "entries_of",
    "read_digest",
    "remark",
]

SHA256 = "sha256"

ALGORITHMS = {SHA256: 32} | {
    name: length for name, length in DECLARED_ALGORITHMS.items() if name != "sha256-chunks"
}
"""Every algorithm that a source may use -> length of its digest in bytes."""

_SPELLINGS = {
    "blake2": "blake2b",
    "blake2b512": "blake2b",
    "b2": "blake2b",
    "sha3256": "sha3-256",
    "sha3512": "sha3-512",
}
"""Other names of algorithms, without hyphens, underscores and case."""

_SHORT_BLAKE2B = re.compile("blake2b?(?!512)[0-9]{1,3}")
_OTHER_BLAKE2B = re.compile("(?:[0-9A-Fa-f]{2}){1,63}")
_ONE_BLAKE2B = "BLAKE2b is known with 512 bits only"


def N_(text: str) -> str:  # noqa: N802 -- gettext's own name for "a key, translated later"
    """Mark a sentence that is translated where it is shown."""
    return text


class Remark(str):
    """A sentence for the user, English as text, that can still be said in another language.

    ``key`` is the sentence with ``{name}`` for each of ``facts``.
    """

    __slots__ = ("facts", "key")
    key: str
    facts: dict[str, object]


def remark(key: str, **facts: object) -> Remark:
    """Make a remark; mark the sentence: ``remark(N_("{file} is missing"), file=name)``."""
    said = Remark(key.format(**facts))
    said.key, said.facts = key, facts
    return said


class _Respelled(str):
    """A path in NFC whose source writes it in another form, ``written``."""

    __slots__ = ("written",)
    written: str


class Listed(NamedTuple):
    """One file as a source lists it.

    ``where`` names the place that says so, as ``manifest-md5.txt:17``, for errors.
    """

    path: str
    algorithm: str
    digest: bytes
    length: int | None
    where: str
    hashed: bool = False
    """Whether the reader itself hashed the content, its source having no digest of it."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What a source says; ``entries`` is empty where it describes a dataset and lists no file."""

    source: str
    """One of ``assurance.SOURCES``, where files are listed."""
    entries: tuple[FileEntry, ...] | tuple[DeclaredEntry, ...] = ()
    metadata: dict[str, object] = field(default_factory=dict)
    """Claims as in ``deposit --metadata``: title, contributors, license, identifiers ..."""
    warnings: tuple[str, ...] = ()
    data: str | None = None
    """Folder of the files: relative to the source, if that is a folder or archive, otherwise to
    the folder it lies in. None where the source does not say."""
    places: Mapping[str, str] = field(default_factory=dict)
    """Path -> where its content lies in ``data``, if anywhere is another place than the path."""

    @property
    def algorithm(self) -> str:
        """The algorithm of all digests; SHA-256 where there is none."""
        first = self.entries[0] if self.entries else None
        return first.algorithm if isinstance(first, DeclaredEntry) else SHA256

    @property
    def is_declared(self) -> bool:
        """Tell whether the digests are of an algorithm that makes no identity."""
        return self.algorithm != SHA256


# --- what decides over truth --------------------------------------------------------------


def algorithm_named(name: str, where: str) -> str:
    """Return our name of a digest algorithm: ``SHA-256``, ``sha_256`` and ``sha256`` are one.

    Raises:
        UnsupportedVersionError: one that no manifest may have.
    """
    plain = name.strip().lower().replace("-", "").replace("_", "")
    known = _SPELLINGS.get(plain, plain)
    if _SHORT_BLAKE2B.fullmatch(plain):
        raise UnsupportedVersionError(f"{_ONE_BLAKE2B}, got {name!r:.80}", field=where)
    if known not in ALGORITHMS:
        raise UnsupportedVersionError(
            f"expected one of {', '.join(ALGORITHMS)}, got {name!r:.80}", field=where
        )
    return known


def read_digest(algorithm: str, text: str, where: str) -> bytes:
    """Return a digest written in hex of any case; see ``algorithm_named``.

    Raises:
        MalformedError: not hex, or not of the algorithm's length.
        UnsupportedVersionError: BLAKE2b of another length, as ``b2sum --length`` writes it.
    """
    length = ALGORITHMS[algorithm]
    # bytes.fromhex would pass over spaces
    if len(text) != 2 * length or not text.isascii() or not text.isalnum():
        if algorithm == "blake2b" and _OTHER_BLAKE2B.fullmatch(text):
            raise UnsupportedVersionError(
                f"{_ONE_BLAKE2B}, got {4 * len(text)} bits: {text!r:.140}", field=where
            )
        raise MalformedError(
            f"expected {2 * length} hex digits of {algorithm}, got {text!r:.140}", field=where
        )
    try:
        return bytes.fromhex(text)
    except ValueError as error:
        raise MalformedError(f"expected hex, got {text!r:.140}", field=where) from error


def clean_path(path: str, where: str) -> str:
    """Return a path of a source as a manifest has it: in NFC, without leading ``./``.

    Another form than NFC is remembered, so that ``entries_of`` can tell two names from one.

    Raises:
        MalformedError: absolute, with ``..`` or an empty part, or with a control character.
        NotNormalizedError: it has no NFC that is the same in every runtime.
    """
    cleaned = _without_dot(nfc(path, where))
    check_path(cleaned, where)
    if path.isascii() or (written := _without_dot(path)) == cleaned:
        return cleaned
    respelled = _Respelled(cleaned)
    respelled.written = written
    return respelled


def _without_dot(path: str) -> str:
    while path.startswith("./"):
        path = path[2:].lstrip("/")
    return path


def _written(path: str) -> str:
    return path.written if isinstance(path, _Respelled) else path


def entries_of(listed: Iterable[Listed]) -> tuple[FileEntry, ...] | tuple[DeclaredEntry, ...]:
    """Return the entries, in order, of files whose paths are cleaned.

    The same path twice with the same digest is one file; two forms of one name in NFC are not.

    Raises:
        MalformedError: two algorithms in one list; a path twice with two contents or lengths, or
            two that are equal but for case or in NFC.
        HashOfNothingError: the digest of a text that programs write where data should be.
    """
    files = sorted(listed, key=lambda one: one.path)
    if not files:
        return ()
    files.reverse()  # what is taken from the end of a list is free at once
    first = files[-1]
    once = _of_one_algorithm(_each_once(_taken(files)), first)
    if first.algorithm == SHA256:
        return tuple(
            in_order(
                FileEntry(str(one.path), one.digest, one.length, not one.hashed) for one in once
            )
        )
    return tuple(
        in_order(
            DeclaredEntry(str(one.path), one.algorithm, one.digest, one.length) for one in once
        )
    )


def _taken(files: list[Listed]) -> Iterator[Listed]:
    """Yield the files from the last to the first and keep none: there may be millions."""
    while files:
        yield files.pop()


def _of_one_algorithm(files: Iterable[Listed], first: Listed) -> Iterator[Listed]:
    for one in files:
        if one.algorithm != first.algorithm:
            raise MalformedError(
                f"expected {first.algorithm} as at {first.where}, got {one.algorithm}; "
                "one list may have one algorithm only",
                field=one.where,
            )
        yield one


def _each_once(files: Iterable[Listed]) -> Iterator[Listed]:
    last: Listed | None = None
    for one in files:
        if last is None or one.path != last.path:
            if last is not None:
                yield last
            last = one
        elif _written(one.path) != _written(last.path):
            both = told_apart(_written(last.path), _written(one.path))
            raise NameCollisionError(f"{both} are one name in NFC", field=one.where)
        elif (one.algorithm, one.digest) != (last.algorithm, last.digest):
            raise NameCollisionError(
                f"{one.path!r:.200} is listed with other content at {last.where}", field=one.where
            )
        elif last.length is None:
            last = one
        elif one.length not in {None, last.length}:
            raise NameCollisionError(
                f"{one.path!r:.200} is listed with another length at {last.where}", field=one.where
            )
    if last is not None:
        yield last
