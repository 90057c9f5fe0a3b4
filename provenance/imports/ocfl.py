"""OCFL objects 1.0 and 1.1: ``inventory.json``, its sidecar, and the chain of versions.

The dataset is the state of the head version, or of the version whose folder is named:
``object/v2``. The digests that address content are SHA-512 as a rule, so the files are *declared*,
unless the fixity block gives SHA-256 for each of them. Digests are compared without regard to case.
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
from provenance.imported import (
    N_,
    SHA256,
    Listed,
    algorithm_named,
    clean_path,
    entries_of,
    read_digest,
)
from provenance.imports.contents import hash_files, read_text
from provenance.imports.documents import parse_json
from provenance.imports.findings import Findings, Person, shown
from provenance.imports.naming import orcid_in

if TYPE_CHECKING:
    from pathlib import Path

    from provenance.imported import Imported

__all__ = ["read", "sniff"]

_INVENTORY = "inventory.json"
_DECLARATION = re.compile(r"0=ocfl_object_(1\.[01])")
_VERSION = re.compile(r"v0*[1-9][0-9]*")
_SIDECAR = re.compile(r"([0-9A-Fa-f]+)[ \t]+inventory\.json\s*")


def sniff(path: Path) -> bool:
    """Tell whether this is an object's folder, that of one of its versions, or an inventory."""
    folder = _folder(path)
    return any(folder.glob("0=ocfl_object_*")) or _is_version(folder)


def read(path: Path) -> Imported:
    """Read an object's inventory; content is not read.

    Raises:
        MalformedError: the inventory is not one of OCFL 1.0 or 1.1.
        UnsoundSourceError: the sidecar has another digest.
    """
    path = _folder(path)
    root, version = (path.parent, path.name) if _is_version(path) else (path, None)
    _check_declaration(root)
    inventory = _Inventory.read(root)
    version = version or inventory.head
    if version not in inventory.versions:
        raise MalformedError(f"the object has no version {version}", field=_INVENTORY)
    findings = Findings()
    contents = inventory.contents_of(version)
    listed = inventory.listed(contents, findings)
    _describe(inventory, version, findings)
    data = "." if root == path else ".."
    return findings.imported("ocfl", entries_of(listed), data=data, places=contents)


def _folder(path: Path) -> Path:
    return path.parent if path.name == _INVENTORY and path.is_file() else path


def _is_version(path: Path) -> bool:
    return _VERSION.fullmatch(path.name) is not None and any(path.parent.glob("0=ocfl_object_*"))


def _check_declaration(root: Path) -> None:
    for found in root.glob("0=ocfl_object_*"):
        match = _DECLARATION.fullmatch(found.name)
        if match is None:
            raise UnsupportedVersionError("expected OCFL 1.0 or 1.1", field=found.name)
        if read_text(found).decode("ascii", "replace").strip() != f"ocfl_object_{match[1]}":
            raise MalformedError("the declaration says something else", field=found.name)


@dataclass(frozen=True, slots=True)
class _Inventory:
    """An inventory whose sidecar agrees; digests as they are written there, in lower case."""

    root: Path
    algorithm: str
    id: str
    head: str
    manifest: dict[str, list[str]]
    versions: dict[str, dict[str, object]]
    fixity: dict[str, object]

    @classmethod
    def read(cls, root: Path) -> _Inventory:
        octets = read_text(root / _INVENTORY)
        members = _object(parse_json(octets, _INVENTORY), _INVENTORY)
        algorithm = algorithm_named(
            _string(members, "digestAlgorithm"), f"{_INVENTORY}:digestAlgorithm"
        )
        if algorithm not in {SHA256, "sha512"}:
            raise UnsupportedVersionError(
                f"expected sha512 or sha256, got {algorithm}", field=f"{_INVENTORY}:digestAlgorithm"
            )
        _check_sidecar(root, octets, algorithm)
        versions = {
            name: _object(one, f"{_INVENTORY}:versions.{name}")
            for name, one in _object(members.get("versions"), f"{_INVENTORY}:versions").items()
        }
        head = _string(members, "head")
        _check_versions(versions, head)
        return cls(
            root=root,
            algorithm=algorithm,
            id=_string(members, "id"),
            head=head,
            manifest=_paths_by_digest(members.get("manifest"), "manifest"),
            versions=versions,
            fixity=_object(members.get("fixity", {}), f"{_INVENTORY}:fixity"),
        )

    def contents_of(self, version: str) -> dict[str, str]:
        """Return logical path -> content path, relative to the object, of one version."""
        where = f"versions.{version}.state"
        found: dict[str, str] = {}
        for digest, paths in _paths_by_digest(self.versions[version].get("state"), where).items():
            if not self.manifest.get(digest):
                raise MalformedError(f"{digest[:20]}… is not in the manifest", field=_field(where))
            for raw in paths:
                path = clean_path(raw, _field(where))
                if path in found:
                    raise NameCollisionError(f"{path!r:.200} is there twice", field=_field(where))
                found[path] = self.manifest[digest][0]
        if not found:
            raise MalformedError("the version has no files", field=_field(where))
        return found

    def listed(self, contents: dict[str, str], findings: Findings) -> list[Listed]:
        """Return the files, by SHA-256 where the object knows it of all."""
        algorithm, digests = self._best_digests(set(contents.values()))
        lengths = {place: self._length(place) for place in set(contents.values())}
        missing = sorted(path for path, place in contents.items() if lengths[place] is None)
        if missing:
            findings.note(
                N_("The content of {count} files is not there: {names}"),
                count=len(missing),
                names=shown(missing),
            )
        return [
            Listed(path, algorithm, digests[place], lengths[place], _field("manifest"))
            for path, place in contents.items()
        ]

    def _best_digests(self, places: set[str]) -> tuple[str, dict[str, bytes]]:
        blocks = {
            name.lower(): _paths_by_digest(block, f"fixity.{name}")
            for name, block in self.fixity.items()
            if name.lower() == SHA256
        } | {self.algorithm: self.manifest}
        for algorithm in (SHA256, self.algorithm):
            field = _field("manifest" if algorithm == self.algorithm else "fixity.sha256")
            digests = {
                place: read_digest(algorithm, digest, field)
                for digest, listed in blocks.get(algorithm, {}).items()
                for place in listed
            }
            if places <= digests.keys():
                return algorithm, digests
        raise MalformedError("content without a digest", field=_field("manifest"))

    def _length(self, place: str) -> int | None:
        path = self.root / place
        return path.stat().st_size if path.is_file() and not path.is_symlink() else None


def _check_sidecar(root: Path, octets: bytes, algorithm: str) -> None:
    name = f"{_INVENTORY}.{algorithm}"
    match = _SIDECAR.fullmatch(read_text(root / name).decode("utf-8", "replace"))
    if match is None:
        raise MalformedError("expected a digest and inventory.json", field=name)
    ((_, hashed),) = hash_files(root, [_INVENTORY], [algorithm])
    if hashed.digests[0] != read_digest(algorithm, match[1], name) or hashed.length != len(octets):
        raise UnsoundSourceError("inventory.json has another digest", field=name)


def _check_versions(versions: dict[str, dict[str, object]], head: str) -> None:
    """Check that the versions are v1 to the head, with the same number of digits or none before."""
    where = f"{_INVENTORY}:versions"
    if any(_VERSION.fullmatch(name) is None for name in versions):
        raise MalformedError("expected names as v1 or v001", field=where)
    numbers = sorted(int(name[1:]) for name in versions)
    if numbers != list(range(1, len(numbers) + 1)):
        raise MalformedError("expected every version from the first to the head", field=where)
    if head not in versions or int(head[1:]) != len(numbers):
        raise MalformedError("expected the newest version", field=f"{_INVENTORY}:head")


def _paths_by_digest(value: object, where: str) -> dict[str, list[str]]:
    """Return digest in lower case -> paths; two spellings of one digest are refused."""
    found: dict[str, list[str]] = {}
    seen: dict[str, str] = {}
    for digest, paths in _object(value, _field(where)).items():
        if not (isinstance(paths, list) and all(isinstance(one, str) for one in paths)):
            raise MalformedError(
                "expected an array of paths", field=_field(f"{where}.{digest[:16]}")
            )
        if digest.lower() in found:
            raise MalformedError("the digest is there in two spellings", field=_field(where))
        for path in paths:
            clean = clean_path(path, _field(where))
            if clean in seen:
                raise NameCollisionError(f"{path!r:.200} has two digests", field=_field(where))
            seen[clean] = digest
        found[digest.lower()] = list(paths)
    return found


def _object(value: object, where: str) -> dict[str, object]:
    if not isinstance(value, dict):
        raise MalformedError("expected an object", field=where)
    return value


def _string(members: dict[str, object], name: str) -> str:
    value = members.get(name)
    if not isinstance(value, str) or not value:
        raise MalformedError("expected text", field=_field(name))
    return value


def _field(where: str) -> str:
    return f"{_INVENTORY}:{where}"


# --- what it says of the data -----------------------------------------------------------------


def _describe(inventory: _Inventory, version: str, findings: Findings) -> None:
    """Take the object's id and who made its versions; tell the versions up to this one.

    A version has no name of its own that anybody gave out, so no relation points to one.
    """
    findings.identifier(inventory.id, _field("id"))
    number = int(version[1:])
    names = sorted(inventory.versions, key=lambda name: int(name[1:]))
    for name in names[:number]:
        where = f"versions.{name}"
        block = inventory.versions[name]
        user = block.get("user")
        if isinstance(user, dict) and isinstance(user.get("name"), str):
            address = str(user.get("address", ""))
            findings.person(Person(user["name"], orcid_in(address)), _field(f"{where}.user"))
        facts = {"version": name, "created": str(block.get("created", "?"))[:40]}
        message = " ".join(str(block.get("message") or "").split())[:200]
        if message:
            findings.note(N_("Version {version} of {created}: {message}"), **facts, message=message)
        else:
            findings.note(N_("Version {version} of {created}, without a message"), **facts)
