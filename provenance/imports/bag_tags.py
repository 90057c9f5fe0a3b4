"""The tag files of a bag: declaration, manifests, fetch list and bag-info (RFC 8493).

Versions 0.93 to 0.97 are read as their writers wrote them: one space or several between digest and
path, an asterisk of ``md5sum``, spaces around the colon of bag-info. Up to 0.95 bag-info is called
package-info, and a backslash may stand between the parts of a path.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from provenance.errors import MalformedError, UnsupportedVersionError
from provenance.imported import N_, read_digest, remark
from provenance.text import check_path, nfc

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provenance.imported import Remark

__all__ = [
    "OXUM_LABELS",
    "Declaration",
    "Fetch",
    "Line",
    "Oxum",
    "check_tag_path",
    "decode_percent",
    "read_bag_info",
    "read_declaration",
    "read_fetch",
    "read_manifest",
    "read_oxum",
]

OXUM_LABELS = ("payload-oxum", "payload-oxsum", "payload-ossum")
"""In lower case: the Library of Congress's own program wrote the later two at first."""

_VERSIONS = {(0, minor) for minor in (93, 94, 95, 96, 97)} | {(1, 0)}
_LAST_EARLY = (0, 95)
_STRICT = re.compile(
    r"BagIt-Version: ([0-9]+)\.([0-9]+)\nTag-File-Character-Encoding: ([A-Za-z0-9_.:-]+)\n?"
)
_LAX = re.compile(
    r"BagIt-Version[ \t]*:[ \t]*([0-9]+)\.([0-9]+)[ \t]*\n"
    r"Tag-File-Character-Encoding[ \t]*:[ \t]*([A-Za-z0-9_.:-]+)\s*"
)
_LINE = re.compile(r"([0-9A-Fa-f]+)[ \t]+\*?(.+)")
_FETCH = re.compile(r"(\S+)[ \t]+([0-9]+|-)[ \t]+(.+)")
_OXUM = re.compile(r"([0-9]{1,16})\.([0-9]{1,16})")


class Declaration(NamedTuple):
    """What ``bagit.txt`` says: the version as two numbers, and the encoding of the tag files."""

    version: tuple[int, int]
    encoding: str

    @property
    def is_draft(self) -> bool:
        """Whether it is a version before RFC 8493."""
        return self.version < (1, 0)

    @property
    def info_name(self) -> str:
        """What the file with the bag's metadata is called."""
        return "package-info.txt" if self.version <= _LAST_EARLY else "bag-info.txt"

    def path_of(self, written: str) -> str:
        """Return a path with ``/`` between its parts.

        All payload lies below ``data``, so what begins otherwise than ``data/`` tells the two
        uses of a backslash apart: it may also be a part of a name.
        """
        is_windows = self.version <= _LAST_EARLY and written.startswith("data\\")
        return written.replace("\\", "/") if is_windows else written


class Line(NamedTuple):
    """One line of a manifest; the path as it is written there."""

    path: str
    digest: bytes
    where: str


class Fetch(NamedTuple):
    """One line of ``fetch.txt``; the length in bytes is None where it is ``-``."""

    path: str
    url: str
    length: int | None
    where: str


class Oxum(NamedTuple):
    """Payload-Oxum: bytes and number of all payload files."""

    octets: int
    files: int


def read_declaration(octets: bytes) -> Declaration:
    """Read ``bagit.txt``, always UTF-8 without byte order mark.

    Raises:
        MalformedError: another form.
        UnsupportedVersionError: a version other than 0.93 to 0.97 and 1.0.
    """
    try:
        text = octets.decode().replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        raise MalformedError("expected UTF-8", field="bagit.txt") from error
    match = _STRICT.fullmatch(text) or _LAX.fullmatch(text)
    if match is None or (match[1] != "0" and not _STRICT.fullmatch(text)):
        raise MalformedError(
            "expected BagIt-Version and Tag-File-Character-Encoding, nothing else",
            field="bagit.txt",
        )
    version = int(match[1][:4]), int(match[2][:4])
    if version not in _VERSIONS:
        raise UnsupportedVersionError(
            f"expected BagIt 0.93 to 0.97 or 1.0, got {match[1]:.9}.{match[2]:.9}",
            field="bagit.txt",
        )
    try:
        "".encode(match[3])
    except LookupError as error:
        raise UnsupportedVersionError(
            f"unknown encoding {match[3]:.80}", field="bagit.txt"
        ) from error
    return Declaration(version, match[3])


def read_manifest(octets: bytes, name: str, algorithm: str, declaration: Declaration) -> list[Line]:
    """Read a payload or tag manifest.

    Raises:
        MalformedError: a line of another form.
    """
    lines = []
    for number, line in _lines(octets, name, declaration.encoding):
        where = f"{name}:{number}"
        match = _LINE.fullmatch(line)
        if match is None:
            raise MalformedError(f"expected digest and path, got {line!r:.120}", field=where)
        path = declaration.path_of(match[2])
        lines.append(Line(path, read_digest(algorithm, match[1], where), where))
    return lines


def read_fetch(octets: bytes, declaration: Declaration) -> list[Fetch]:
    """Read ``fetch.txt``.

    Raises:
        MalformedError: a line of another form.
    """
    found = []
    for number, line in _lines(octets, "fetch.txt", declaration.encoding):
        where = f"fetch.txt:{number}"
        match = _FETCH.fullmatch(line)
        if match is None or len(match[2]) > 16:
            raise MalformedError(f"expected address, length, path; got {line!r:.120}", field=where)
        length = None if match[2] == "-" else int(match[2])
        found.append(Fetch(declaration.path_of(match[3]), match[1], length, where))
    return found


def read_bag_info(
    octets: bytes, declaration: Declaration
) -> tuple[dict[str, list[str]], list[Remark]]:
    """Return the values of bag-info by label in lower case, in their order, and remarks.

    A line that begins with a space or tab goes on with the one before.
    """
    tags: dict[str, list[str]] = {}
    remarks = []
    last: list[str] | None = None
    name = declaration.info_name
    for number, line in _lines(octets, name, declaration.encoding):
        label, colon, value = line.partition(":")
        if line[0] in " \t" and last is not None:
            last[-1] = f"{last[-1]} {line.strip()}".strip()
        elif colon and label.strip() and line[0] not in " \t":
            last = tags.setdefault(label.strip().lower(), [])
            last.append(value.strip())
        else:
            remarks.append(remark(N_("{field}: this line is left out."), field=f"{name}:{number}"))
    return tags, remarks


def read_oxum(tags: dict[str, list[str]], name: str) -> Oxum | None:
    """Return what Payload-Oxum says, None when it is not there.

    Args:
        name: the file that says so, for errors.

    Raises:
        MalformedError: another form, or two that differ.
    """
    values = {one for label in OXUM_LABELS for one in tags.get(label, [])}
    if not values:
        return None
    match = _OXUM.fullmatch(values.pop())
    if match is None or values:
        raise MalformedError("expected one Payload-Oxum as 279164409832.1198", field=name)
    return Oxum(int(match[1]), int(match[2]))


def decode_percent(path: str) -> str:
    """Undo what BagIt 1.0 encodes in a path: CR, LF and the percent sign, and nothing else."""
    return re.sub("%(0[DdAa]|25)", lambda match: chr(int(match[1], 16)), path)


def check_tag_path(path: str, where: str) -> str:
    """Return a path inside the bag, in NFC and without leading ``./``.

    ``~`` at its beginning is refused as well: a shell takes it for somebody's home.

    Raises:
        MalformedError: it may lead out of the bag.
    """
    cleaned = nfc(path, where)
    while cleaned.startswith("./"):
        cleaned = cleaned[2:]
    if cleaned.startswith("~"):
        raise MalformedError(f"expected a path inside the bag, got {path!r:.120}", field=where)
    check_path(cleaned, where)
    return cleaned


def _lines(octets: bytes, name: str, encoding: str) -> Iterator[tuple[int, str]]:
    """Yield (number, line) without empty ones; lines end in LF, CR or CR LF."""
    try:
        text = octets.decode(encoding).removeprefix("\ufeff")
    except (UnicodeError, LookupError) as error:
        raise MalformedError(f"expected {encoding}: {error}"[:200], field=name) from error
    # not splitlines: it splits at characters that a name may have
    for number, line in enumerate(re.split(r"\r\n|\n|\r", text), start=1):
        if line.strip():
            yield number, line
