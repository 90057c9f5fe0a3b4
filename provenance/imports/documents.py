"""JSON documents of other tools: read without guessing, then taken apart with patience.

Tolerant where a document merely describes: a byte order mark, floats, strings in any Unicode
form. Strict where two readers could see two documents: a member named twice is refused.
"""

from __future__ import annotations

import functools
import json
from typing import TYPE_CHECKING, NoReturn

from provenance.errors import (
    FileAccessError,
    MalformedError,
    MalformedJSONError,
    ProvenanceError,
    TooLargeError,
)
from provenance.imports.contents import MAX_DOCUMENT_BYTES, read_text
from provenance.strict_json import MAX_INTEGER, tokenize

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

__all__ = [
    "MAX_DOCUMENT_BYTES",
    "as_array",
    "as_object",
    "bytes_in",
    "load_json",
    "many",
    "objects",
    "parse_json",
    "seems",
    "text_of",
    "texts_of",
]

_BOM = b"\xef\xbb\xbf"


def parse_json(octets: bytes, where: str) -> object:
    """Read one JSON text (RFC 8259) of which every member is named once.

    Args:
        where: the file's name, for errors.

    Raises:
        MalformedJSONError: not JSON, or a member is there twice.
        TooLargeError: above ``MAX_DOCUMENT_BYTES``, or nested too deep.
    """
    octets = octets.removeprefix(_BOM)
    if len(octets) > MAX_DOCUMENT_BYTES:
        raise TooLargeError(limit=MAX_DOCUMENT_BYTES, length=len(octets), unit="bytes", field=where)
    try:
        tokenize(octets)  # judges encoding, grammar, depth and digits
        value: object = json.loads(octets, object_pairs_hook=_once)
    except MalformedJSONError as error:
        raise MalformedJSONError(str(error), field=where) from error
    return value


def load_json(path: Path) -> object:
    """Read a JSON file; a second call for an unchanged file costs nothing.

    Raises:
        FileAccessError: it cannot be read.
        MalformedJSONError: see ``parse_json``.
    """
    try:
        found = path.stat()
    except OSError as error:
        raise FileAccessError(f"{path}: {error.strerror}") from error
    return _load(path, found.st_ino, found.st_size, found.st_mtime_ns)


@functools.lru_cache(maxsize=1)
def _load(path: Path, _inode: int, length: int, _mtime: int) -> object:
    if length > MAX_DOCUMENT_BYTES:  # before it is in memory
        raise TooLargeError(limit=MAX_DOCUMENT_BYTES, length=length, unit="bytes", field=path.name)
    return parse_json(read_text(path), path.name)


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        seen: set[str] = set()
        twice = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]  # None: not seen before
        raise MalformedJSONError(f"the member {twice[:60]!r} is there twice")
    return members


def seems(path: Path, is_ours: Callable[[dict[str, object]], bool]) -> bool:
    """Tell whether ``path`` is a JSON file whose outermost object ``is_ours``; raises nothing."""
    try:
        if not path.is_file():
            return False
        with path.open("rb") as file:  # most files are no JSON, and many are large
            head = file.read(64).removeprefix(_BOM).lstrip()
        value = load_json(path) if head.startswith(b"{") else None
    except (OSError, ProvenanceError):
        return False
    return isinstance(value, dict) and is_ours(value)


# --- where it decides over truth ------------------------------------------------------------


def as_object(value: object, where: str) -> dict[str, object]:
    """Return ``value``, which must be an object.

    Raises:
        MalformedError: it is none.
    """
    if not isinstance(value, dict):
        _refuse("an object", value, where)
    return value


def as_array(value: object, where: str) -> list[object]:
    """Return ``value``, which must be an array.

    Raises:
        MalformedError: it is none.
    """
    if not isinstance(value, list):
        _refuse("an array", value, where)
    return value


def bytes_in(value: object) -> int | None:
    """Return a length in bytes, given as number or as digits; None for anything else."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 17:
        value = int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return value if 0 <= value <= MAX_INTEGER else None


def _refuse(expected: str, value: object, where: str) -> NoReturn:
    got = json.dumps(value, ensure_ascii=True)[:60]
    raise MalformedError(f"expected {expected}, got {got}", field=where)


# --- where it describes ---------------------------------------------------------------------


def many(value: object) -> list[object]:
    """Return the values of a member that may be absent, one value, or an array."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def objects(value: object, where: str) -> Iterator[tuple[dict[str, object], str]]:
    """Yield each object among ``many`` values with its place, as ``creators[2]``."""
    for index, one in enumerate(many(value)):
        if isinstance(one, dict):
            yield one, f"{where}[{index}]"


def text_of(members: Mapping[str, object], *names: str) -> str | None:
    """Return the first of some members that is a text with something in it, else None."""
    for name in names:
        value = members.get(name)
        if isinstance(value, str) and value.strip():
            return value.strip()
    return None


def texts_of(members: Mapping[str, object], *names: str) -> list[str]:
    """Return all of some members that are texts with something in them."""
    found = [text_of(members, name) for name in names]
    return [text for text in found if text is not None]
