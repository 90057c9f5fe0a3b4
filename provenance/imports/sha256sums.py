r"""Lists of checksums: ``sha256sum``, ``md5sum``, ``b2sum``, BSD's ``sha256``, ``openssl dgst``.

    <hex> <space or *>path          GNU; a leading ``\`` means that ``\\``, ``\n`` and ``\r`` in the
    SHA256 (path) = <hex>           path are escapes, in both forms
    SHA2-256(path)= <hex>           openssl
    <hex>                           alone, in ``data.zip.sha256``: that of ``data.zip``

64 hex digits are SHA-256 only where the list does not say otherwise: BLAKE3 and SHA-3 have as many.
"""

from __future__ import annotations

import re
from dataclasses import replace
from io import BytesIO
from typing import TYPE_CHECKING

from provenance.errors import MalformedError, ProvenanceError
from provenance.imported import (
    N_,
    Imported,
    Listed,
    algorithm_named,
    clean_path,
    entries_of,
    read_digest,
    remark,
)
from provenance.imports.contents import open_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import BinaryIO

__all__ = ["lines_of", "read", "sniff"]

_GNU = re.compile(r"(?P<mark>\\?)(?P<hex>[0-9A-Fa-f]{32,128}) [ *](?P<path>.+)", re.DOTALL)
_BSD = re.compile(
    r"(?P<mark>\\?)(?P<name>[A-Za-z][A-Za-z0-9/-]*) ?\((?P<path>.+)\) ?= (?P<hex>[0-9A-Fa-f]+)",
    re.DOTALL,
)
_BARE = re.compile(r"[0-9A-Fa-f]{32,128}")
_ESCAPES = {"\\\\": "\\", "\\n": "\n", "\\r": "\r"}

# What a list's own name says: a word of it, as in B3SUMS, data.zip.sha256, sha-512.txt.
_NAMES = re.compile(
    r"(?<![a-z0-9])(blake3|b3|blake2s|blake2b?|b2|sha3-[0-9]{3}|sm3|md5|sha-?(?:1|224|256|384|512))"
    r"(?:-?sums?)?(?![a-z0-9])"
)
_TOOLS = {"b3": "blake3", "b2": "blake2b", "blake2": "blake2b"}
_LENGTHS = {32: "md5", 40: "sha1", 56: "sha224", 64: "sha256", 96: "sha384", 128: "sha512"}
_SUFFIX = re.compile(r"\.(?:md5|sha1|sha224|sha256|sha384|sha512|b2|sm3)(?:sums?)?$", re.IGNORECASE)
_HEAD_BYTES = 64 << 10
_SIGNED = b"-----BEGIN PGP SIGNED MESSAGE-----"
_WIDE = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"\xef\xbb\xbf": "utf-8-sig"}


def sniff(path: Path) -> bool:
    """Tell whether the first line that is not a comment is one of a list."""
    if not path.is_file():
        return False
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
        lines = lines_of(BytesIO(head), path.name, is_cut=len(head) == _HEAD_BYTES)
        _, line = next(lines, (0, ""))
    except (OSError, ProvenanceError):
        return False
    return any(form.fullmatch(line) for form in (_GNU, _BSD, _BARE))


def read(path: Path) -> Imported:
    """Read a list of checksums, line by line: it may have millions.

    Raises:
        FileAccessError: it cannot be read.
        TooLargeError: it is above ``MAX_TEXT_BYTES``.
        MalformedError: a line that is of neither form, two algorithms, or a path that no manifest
            may have; ``field`` is file and line.
    """
    named, remarks = _named_algorithm(path), []
    with open_text(path) as file:
        is_signed = _SIGNED in file.read(_HEAD_BYTES)
        file.seek(0)
        lines = lines_of(file, path.name)
        entries = entries_of(
            _listed(line, f"{path.name}:{number}", named, path) for number, line in lines
        )
        file.seek(0)
        _, first = next(lines_of(file, path.name), (0, ""))
    if not entries:
        raise MalformedError("expected at least one line with a checksum", field=path.name)
    imported = Imported("sha256sums", entries, data=".")
    if is_signed:
        remarks.append(remark(N_("{file}: its PGP signature was not checked."), file=path.name))
    if named is None and _BSD.fullmatch(first) is None:
        remarks.append(
            remark(
                N_("{file}: taken for {algorithm} by the length of its digests alone."),
                file=path.name,
                algorithm=imported.algorithm,
            )
        )
    return replace(imported, warnings=tuple(remarks))


def lines_of(file: BinaryIO, name: str, *, is_cut: bool = False) -> Iterator[tuple[int, str]]:
    r"""Yield (number, line) of a list, without comments, empty lines and a PGP signature.

    Lines end in LF, CR LF, or (``--zero``) NUL. PowerShell writes UTF-16, others a byte order
    mark; both say so in the first bytes.

    Args:
        file: at its beginning.
        is_cut: the end is missing.

    Raises:
        MalformedError: not UTF-8.
    """
    is_signed = is_head = False
    for number, raw in enumerate(_raw_lines(file, name, is_cut=is_cut), start=1):
        line = raw.removesuffix("\r")
        if number == 1:
            is_signed = is_head = line == _SIGNED.decode()
        elif is_head:
            is_head = line != ""
        elif is_signed and line.startswith("-----BEGIN PGP SIGNATURE-----"):
            return
        if not is_head and line.strip() and not line.startswith("#"):
            yield number, line.removeprefix("- ") if is_signed else line


def _raw_lines(file: BinaryIO, name: str, *, is_cut: bool) -> Iterator[str]:
    head = file.read(_HEAD_BYTES)
    file.seek(0)
    encoding = next((code for mark, code in _WIDE.items() if head.startswith(mark)), "utf-8")
    number, octets = 1, b""
    try:
        if encoding == "utf-16" or b"\0" in head:
            octets = file.read()
            text = octets.decode(encoding, "ignore" if is_cut else "strict")
            yield from text.split("\0" if "\0" in text else "\n")
            return
        for number, octets in enumerate(file, start=1):
            line = octets.decode(encoding if number == 1 else "utf-8")
            yield line.removesuffix("\n")
    except UnicodeError as error:
        number += octets[: getattr(error, "start", 0)].count(b"\n")
        raise MalformedError("expected UTF-8", field=f"{name}:{number}") from error


def _listed(line: str, where: str, named: str | None, source: Path) -> Listed:
    if (match := _BSD.fullmatch(line)) is not None:
        algorithm = _bsd_algorithm(match["name"], where)
    elif (match := _GNU.fullmatch(line)) is not None:
        algorithm = _algorithm(match["hex"], named, where)
    elif _BARE.fullmatch(line.strip()) and _SUFFIX.search(source.name):
        text = line.strip()
        algorithm = _algorithm(text, named, where)
        stem = clean_path(_SUFFIX.sub("", source.name), where)
        return Listed(stem, algorithm, read_digest(algorithm, text, where), None, where)
    else:
        raise MalformedError(f"expected a digest and a path, got {line!r:.120}", field=where)
    path = _unescaped(match["path"], where) if match["mark"] else match["path"]
    if path == "-":
        raise MalformedError("this is the digest of standard input, of no file", field=where)
    digest = read_digest(algorithm, match["hex"], where)
    return Listed(clean_path(path, where), algorithm, digest, None, where)


def _unescaped(path: str, where: str) -> str:
    def replace(match: re.Match[str]) -> str:
        if match[0] not in _ESCAPES:
            raise MalformedError(f"expected an escape, got {match[0]!r}", field=where)
        return _ESCAPES[match[0]]

    return re.sub(r"\\.?", replace, path, flags=re.DOTALL)


def _bsd_algorithm(name: str, where: str) -> str:
    # openssl 3 calls the SHA-2 family so
    return algorithm_named(re.sub(r"^SHA2-(?=[0-9]{3}$)", "SHA", name, flags=re.IGNORECASE), where)


def _algorithm(text: str, named: str | None, where: str) -> str:
    by_length = _LENGTHS.get(len(text))
    if named is not None:
        return named
    if by_length is None:
        raise MalformedError(f"no digest has {len(text)} hex digits", field=where)
    return by_length


def _named_algorithm(path: Path) -> str | None:
    match = _NAMES.search(path.name.lower().replace("_", "-"))
    return None if match is None else algorithm_named(_TOOLS.get(match[1], match[1]), path.name)
