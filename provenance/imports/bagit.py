"""Bags (BagIt, RFC 8493 and its drafts from 0.93): a folder, or a zip or tar archive of one.

The dataset is the payload: its paths are those below ``data/``, so a bag has the digest of the
folder that was put into it. Checked without reading the payload:

    (1) the declaration, and every line of every manifest
    (2) each tag file against the tag manifests
    (3) the payload there is, plus ``fetch.txt``, is what each manifest lists: nothing more, or less
    (4) Payload-Oxum against lengths and count

A bag may encode CR, LF and ``%`` in paths; many writers do not. Which spelling is meant is decided
by what is there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from provenance.errors import (
    MalformedError,
    NameCollisionError,
    UnsoundSourceError,
    UnsupportedVersionError,
)
from provenance.imported import N_, SHA256, Listed, algorithm_named, entries_of
from provenance.imports.bag_tags import (
    OXUM_LABELS,
    check_tag_path,
    decode_percent,
    read_bag_info,
    read_declaration,
    read_fetch,
    read_manifest,
    read_oxum,
)
from provenance.imports.contents import first_names, hash_files, look_into
from provenance.imports.findings import Findings, Person, shown
from provenance.text import nfc

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from provenance.imported import Imported, Remark
    from provenance.imports.bag_tags import Declaration, Fetch, Line, Oxum
    from provenance.imports.contents import Contents

__all__ = ["read", "sniff"]

_PREFERRED = (
    SHA256,
    "sha512",
    "sha3-512",
    "sha3-256",
    "blake2b",
    "sha384",
    "sha224",
    "sha1",
    "md5",
)
_MANIFEST = re.compile(r"manifest-([a-z0-9-]+)\.txt", re.IGNORECASE)
_TAG_MANIFEST = re.compile(r"tagmanifest-([a-z0-9-]+)\.txt", re.IGNORECASE)
_TAG_FILE = re.compile(
    r"(?:[^/]+/)?(?:bagit|(?:bag|package)-info|fetch|(?:tag)?manifest-[A-Za-z0-9-]+)\.txt",
    re.IGNORECASE,
)
_PAYLOAD = "data/"
# said by every bag, and nothing that a deposit would carry
_PASSED_OVER = frozenset(
    {*OXUM_LABELS, "bagging-date", "bag-software-agent", "bag-size", "bag-count"}
    | {"external-description", "source-organization", "external-identifier", "license"}
    | {"packing-date", "package-size"}  # what drafts called two of them
)
_LONGEST_TITLE = 300


def sniff(path: Path) -> bool:
    """Tell whether there is a ``bagit.txt``, in the folder or at the top of the archive."""
    if path.is_dir():
        return (path / "bagit.txt").is_file()
    return any(re.fullmatch(r"(?:[^/]+/)?bagit\.txt", name) for name in first_names(path))


def read(path: Path) -> Imported:
    """Read a bag, without reading its payload.

    Raises:
        MalformedError: the bag is not valid, or its digests are of no known algorithm; ``field``
            names tag file and line.
        UnsoundSourceError: a tag file or the payload is not what the bag says.
    """
    contents = look_into(path, lambda name: _TAG_FILE.fullmatch(name) is not None)
    bag = _Bag(path, contents, _root_of(contents, path))
    findings = Findings()
    bag.check_tag_files(findings)
    listed = bag.listed(findings)
    _describe(bag, findings)
    return findings.imported("bagit", entries_of(listed), data=bag.root + "data")


def _root_of(contents: Contents, path: Path) -> str:
    """Return the folder of the bag inside an archive, with ``/``; empty for the top."""
    if "bagit.txt" in contents.lengths or path.is_dir():
        return ""
    tops = {name.split("/")[0] for name in contents.lengths}
    if len(tops) != 1:
        raise MalformedError("expected one bag, in one folder or at the top", field=path.name)
    return f"{tops.pop()}/"


@dataclass(slots=True)
class _Bag:
    """A bag that was looked into; ``root`` is where it lies in its archive."""

    path: Path
    contents: Contents
    root: str

    def text(self, name: str) -> bytes | None:
        return self.contents.texts.get(self.root + name)

    @property
    def declaration(self) -> Declaration:
        octets = self.text("bagit.txt")
        if octets is None:
            raise MalformedError("expected the file, got none", field="bagit.txt")
        return read_declaration(octets)

    def manifests(
        self, shape: re.Pattern[str], findings: Findings
    ) -> dict[str, tuple[str, list[Line]]]:
        """Return algorithm -> (file name, lines) of the manifests whose algorithm is known."""
        found = {}
        declaration = self.declaration
        for full_name, octets in self.contents.texts.items():
            name = full_name.removeprefix(self.root)
            match = shape.fullmatch(name)
            if match is None:
                continue
            try:
                algorithm = algorithm_named(match[1], name)
            except UnsupportedVersionError:
                findings.note(
                    N_("{file}: its algorithm is unknown, nothing is checked by it."), file=name
                )
                continue
            found[algorithm] = (name, read_manifest(octets, name, algorithm, declaration))
        return found

    # --- (2) ----------------------------------------------------------------------------

    def check_tag_files(self, findings: Findings) -> None:
        """Check every tag file that a tag manifest lists."""
        stored = {
            _in_bag(name, self.root): name
            for name in self.contents.lengths
            if name.startswith(self.root) and not name.startswith(self.root + _PAYLOAD)
        }
        for algorithm, (_, lines) in self.manifests(_TAG_MANIFEST, findings).items():
            places: dict[str, Line] = {}
            for line in lines:
                place = stored.get(_spelled(line, stored.__contains__))
                if place is None:
                    raise UnsoundSourceError(
                        f"the tag file {line.path!r:.200} is missing", field=line.where
                    )
                places[place] = line
            for name, hashed in hash_files(self.path, places, [algorithm]):
                if hashed.digests[0] != places[name].digest:
                    raise UnsoundSourceError(
                        f"the tag file {places[name].path!r:.200} has another digest",
                        field=places[name].where,
                    )

    # --- (3) ----------------------------------------------------------------------------

    def listed(self, findings: Findings) -> list[Listed]:
        """Return the payload as the best of the manifests lists it."""
        manifests = self.manifests(_MANIFEST, findings)
        if not manifests:
            raise MalformedError(
                "expected a payload manifest of a known algorithm", field="manifest-sha256.txt"
            )
        there = self._payload()
        fetches = self._fetches()
        meant = _Spelling(there.keys() | fetches.keys())
        files = {
            algorithm: _by_path(lines, meant, findings, may_repeat=self.declaration.is_draft)
            for algorithm, (_, lines) in manifests.items()
        }
        self._check_complete(manifests, files, there, fetches)
        lengths = {path: fetch.length for path, fetch in fetches.items()} | there
        _tell_missing(fetches.keys() - there.keys(), findings)
        every = set().union(*files.values())
        self._check_oxum([lengths[path] for path in every])
        best = next(
            name for name in sorted(files, key=_PREFERRED.index) if len(files[name]) == len(every)
        )
        return [
            Listed(_below_data(path), best, line.digest, lengths[path], line.where)
            for path, line in files[best].items()
        ]

    def _payload(self) -> dict[str, int]:
        """Return path in NFC -> length of the payload that is there."""
        prefix = self.root + _PAYLOAD
        links = [name for name in self.contents.links if name.startswith(prefix)]
        if links:
            raise MalformedError("expected a file, got a link or device", field=min(links))
        there: dict[str, int] = {}
        for name, length in self.contents.lengths.items():
            if name.startswith(prefix):
                path = _in_bag(name, self.root)
                if path in there:
                    raise NameCollisionError(f"{path!r:.200} is there in two Unicode forms")
                there[path] = length
        return there

    def _fetches(self) -> dict[str, Fetch]:
        octets = self.text("fetch.txt")
        if octets is None:
            return {}
        found = {}
        for fetch in read_fetch(octets, self.declaration):
            path = check_tag_path(fetch.path, fetch.where)
            _check_payload_path(path, fetch.where)
            if path in found:
                raise NameCollisionError(f"{path!r:.200} is there twice", field=fetch.where)
            found[path] = fetch
        return found

    def _check_complete(
        self,
        manifests: dict[str, tuple[str, list[Line]]],
        files: dict[str, dict[str, Line]],
        there: dict[str, int],
        fetches: dict[str, Fetch],
    ) -> None:
        every: set[str] = set().union(*files.values())
        known = there.keys() | fetches.keys()
        for lines in files.values():
            for path, line in lines.items():
                if path not in known:
                    raise UnsoundSourceError(
                        f"{path!r:.200} is neither in the bag nor in fetch.txt", field=line.where
                    )
        if unlisted := known - every:
            raise UnsoundSourceError(
                f"no manifest lists {', '.join(repr(one) for one in sorted(unlisted)[:10])}",
                field=next(iter(manifests.values()))[0],
            )
        incomplete = [name for name in files if len(files[name]) != len(every)]
        if incomplete and (not self.declaration.is_draft or len(incomplete) == len(files)):
            missing = min(every - files[incomplete[0]].keys())
            raise UnsoundSourceError(
                f"{missing!r:.200} is listed in another manifest only",
                field=manifests[incomplete[0]][0],
            )

    # --- (4) ----------------------------------------------------------------------------

    def info(self) -> tuple[dict[str, list[str]], list[Remark]]:
        octets = self.text(self.declaration.info_name)
        if octets is None:
            return {}, []
        return read_bag_info(octets, self.declaration)

    def _check_oxum(self, lengths: list[int | None]) -> None:
        name = self.declaration.info_name
        oxum: Oxum | None = read_oxum(self.info()[0], name)
        if oxum is None:
            return
        known = [length for length in lengths if length is not None]
        is_whole = len(known) == len(lengths)
        total = sum(known)
        if oxum.files != len(lengths) or (
            total != oxum.octets if is_whole else total > oxum.octets
        ):
            raise UnsoundSourceError(
                f"Payload-Oxum says {oxum.octets} bytes in {oxum.files} files, "
                f"got {total} in {len(lengths)}",
                field=name,
            )


class _Spelling:
    """Whether this bag encodes paths as BagIt 1.0 wants: decided by what is there.

    When all lines of a manifest name what is there as they stand, they are not encoded, whatever
    the version says; when they do decoded, they are.
    """

    def __init__(self, there: Iterable[str]) -> None:
        self._there = set(there)

    def paths(self, lines: list[Line]) -> list[str]:
        raw = [check_tag_path(line.path, line.where) for line in lines]
        if not any("%" in path for path in raw) or all(path in self._there for path in raw):
            return raw
        decoded = [_decoded(line) for line in lines]
        if all(path in self._there for path in decoded):
            return decoded
        return [
            one if one in self._there or other not in self._there else other
            for one, other in zip(raw, decoded, strict=True)
        ]


def _decoded(line: Line) -> str:
    return check_tag_path(decode_percent(line.path), line.where)


def _spelled(line: Line, is_there: Callable[[str], bool]) -> str:
    raw = check_tag_path(line.path, line.where)
    return raw if is_there(raw) or "%" not in raw else _decoded(line)


def _by_path(
    lines: list[Line], meant: _Spelling, findings: Findings, *, may_repeat: bool
) -> dict[str, Line]:
    found: dict[str, Line] = {}
    twice = []
    for path, line in zip(meant.paths(lines), lines, strict=True):
        _check_payload_path(path, line.where)
        other = found.setdefault(path, line)
        if other is line:
            continue
        if other.digest != line.digest or not may_repeat:
            what = "another digest" if other.digest != line.digest else "the same digest"
            raise NameCollisionError(
                f"{path!r:.200} is listed with {what} at {other.where}", field=line.where
            )
        twice.append(path)
    if twice:
        findings.note(
            N_("{file}: listed twice, with the same digest ({count}): {names}"),
            file=lines[0].where.partition(":")[0],
            count=len(twice),
            names=shown(twice),
        )
    return found


def _check_payload_path(path: str, where: str) -> None:
    if not path.startswith(_PAYLOAD):
        raise MalformedError(f"expected a path below data/, got {path!r:.120}", field=where)


def _below_data(path: str) -> str:
    return path.removeprefix(_PAYLOAD)


def _in_bag(name: str, root: str) -> str:
    return nfc(name.removeprefix(root), repr(name)[1:-1])


def _tell_missing(missing: Iterable[str], findings: Findings) -> None:
    names = sorted(missing)
    if names:
        findings.note(
            N_("{count} files are not here and have to be fetched: {names}"),
            count=len(names),
            names=shown(names),
        )


# --- what it says of the data -----------------------------------------------------------------


def _describe(bag: _Bag, findings: Findings) -> None:
    """Take from bag-info what a deposit has a place for; the rest is told."""
    tags, remarks = bag.info()
    name = bag.declaration.info_name
    findings.remarks += remarks
    for text in tags.get("external-description", [])[:1]:
        if len(text) <= _LONGEST_TITLE:
            findings.title(text, f"{name}: External-Description")
        else:
            findings.no_place("External-Description")
    for organization in tags.get("source-organization", []):
        if "://" in organization:  # as our own bags have it; an address is nobody's name
            findings.no_place("Source-Organization")
        else:
            findings.person(Person(organization), f"{name}: Source-Organization")
    findings.licences([[text] for text in tags.get("license", [])])
    for text in tags.get("external-identifier", []):
        findings.identifier(text, f"{name}: External-Identifier")
    findings.no_place(*sorted(label for label in tags if label not in _PASSED_OVER))
