"""Frictionless data package: ``datapackage.json``, versions 1 and 2.

    {"resources": [{"path": "a.csv", "hash": "sha256:9c65…", "bytes": 4}, …], "contributors": …}

A ``hash`` without a prefix is MD5. A resource of several files has one hash over all of them,
which is the digest of none; one at an address, or with its data in the document, is no file here.
The package's files are its resources: the document itself is not among them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from provenance.errors import MalformedError
from provenance.imported import N_, SHA256, algorithm_named, clean_path, read_digest
from provenance.imports.documents import (
    as_array,
    as_object,
    bytes_in,
    load_json,
    many,
    objects,
    seems,
    text_of,
    texts_of,
)
from provenance.imports.findings import Findings, Person, name_of_parts, shown
from provenance.imports.listing import FolderPlace, Item, complete

if TYPE_CHECKING:
    from pathlib import Path

    from provenance.imported import Imported

__all__ = ["read", "sniff"]

NAME = "datapackage.json"

_UNPLACED = ("description", "keywords", "created", "homepage")


def sniff(path: Path) -> bool:
    """Tell whether it is a ``datapackage.json``, a folder that has one, or the like of it."""
    if path.is_dir():
        return (path / NAME).is_file()
    return path.name == NAME or seems(path, _is_package)


def _is_package(document: dict[str, object]) -> bool:
    resources = document.get("resources")
    return isinstance(resources, list) and any(
        isinstance(one, dict) and ("path" in one or "data" in one) for one in resources
    )


def read(path: Path) -> Imported:
    """Read a data package.

    Raises:
        MalformedError: no package, a path that leads out of it, or a digest that is none.
    """
    source = path / NAME if path.is_dir() else path
    package = as_object(load_json(source), source.name)
    findings = Findings()
    _describe(package, findings)
    items = list(_items(as_array(package.get("resources"), "resources"), findings))
    entries = complete(items, FolderPlace(source.parent), findings)
    return findings.imported("frictionless", entries, data=".")


# --- files ----------------------------------------------------------------------------------


def _items(resources: list[object], findings: Findings) -> list[Item]:
    items: list[Item] = []
    elsewhere: list[str] = []
    for index, value in enumerate(resources):
        where = f"resources[{index}]"
        resource = as_object(value, where)
        paths = _paths(resource, where)
        local = [one for one in paths if not _is_address(one)]
        elsewhere += [one for one in paths if _is_address(one)]
        if not paths:
            elsewhere.append(text_of(resource, "name") or where)
        items += _of_resource(resource, local, where, is_whole=len(paths) == 1)
    if elsewhere:
        findings.note(
            N_("These are no files here and are left out ({count}): {names}."),
            count=len(elsewhere),
            names=shown(elsewhere),
        )
    return items


def _paths(resource: dict[str, object], where: str) -> list[str]:
    paths = []
    for one in many(resource.get("path")):
        if not isinstance(one, str):
            raise MalformedError("expected a path", field=f"{where}.path")
        paths.append(one)
    # frictionless-py keeps the further files of a resource here
    extra = resource.get("extrapaths")
    if isinstance(extra, list):
        paths += [one for one in extra if isinstance(one, str)]
    return paths


def _is_address(path: str) -> bool:
    return re.match(r"[A-Za-z][A-Za-z0-9+.-]+://", path) is not None


def _of_resource(
    resource: dict[str, object], paths: list[str], where: str, *, is_whole: bool
) -> list[Item]:
    """Return the files of a resource; what it says of hash and length is of the whole."""
    algorithm, digest, length = SHA256, None, None
    if is_whole:
        algorithm, digest = _digest(resource, where)
        length = bytes_in(resource.get("bytes", _stats(resource).get("bytes")))
    return [
        Item(_safe(one, f"{where}.path"), algorithm, digest, length, f"{where}.path")
        for one in paths
    ]


def _safe(path: str, where: str) -> str:
    r"""Refuse what the specification refuses; ``\`` and drives lead out on Windows."""
    if re.match(r"[A-Za-z]:", path) or path.startswith("~") or "\\" in path:
        raise MalformedError(f"expected a relative path with /, got {path!r:.80}", field=where)
    return clean_path(path, where)


def _stats(resource: dict[str, object]) -> dict[str, object]:
    """Return where older versions of frictionless-py put hash and length."""
    stats = resource.get("stats")
    return stats if isinstance(stats, dict) else {}


def _digest(resource: dict[str, object], where: str) -> tuple[str, bytes | None]:
    stats = _stats(resource)
    for holder, place in ((resource, where), (stats, f"{where}.stats")):
        for name in ("sha256", "hash", "md5"):
            value = holder.get(name)
            if value is None or value == "":
                continue
            if not isinstance(value, str):
                raise MalformedError("expected a digest", field=f"{place}.{name}")
            prefix, colon, rest = value.strip().partition(":")
            default = _default_algorithm(name, stats)
            algorithm = algorithm_named(prefix if colon else default, f"{place}.{name}")
            digest = read_digest(algorithm, rest if colon else prefix, f"{place}.{name}")
            return algorithm, digest
    return SHA256, None


def _default_algorithm(name: str, stats: dict[str, object]) -> str:
    if name != "hash":
        return name
    hashing = stats.get("hashing")
    return hashing if isinstance(hashing, str) and hashing else "md5"


# --- what it describes ----------------------------------------------------------------------


def _describe(package: dict[str, object], findings: Findings) -> None:
    findings.title(text_of(package, "title"), "title")
    findings.version(package.get("version"), "version")
    for one, where in objects(package.get("contributors"), "contributors"):
        findings.person(_person(one, where, findings), where)
    licences = [
        texts_of(one, "name", "path", "title")
        for one, _ in objects(package.get("licenses"), "licenses")
    ]
    findings.licences(licences or [[one] for one in texts_of(package, "license")])
    findings.identifier(text_of(package, "id"), "id")
    for one, where in objects(package.get("sources"), "sources"):
        address = text_of(one, "path")
        if address and _is_address(address):
            findings.relation("wasDerivedFrom", address, where)
        else:
            findings.no_place(where)
    findings.unplaced(package, _UNPLACED)


def _person(one: dict[str, object], where: str, findings: Findings) -> Person:
    given, family = text_of(one, "givenName"), text_of(one, "familyName")
    name = text_of(one, "title", "name") or name_of_parts(given, family)
    address = text_of(one, "path")
    kinds = [text for text in (*many(one.get("roles")), *many(one.get("role"))) if text]
    plain = [kind for kind in kinds if isinstance(kind, str) and kind not in _UNSPECIFIC]
    is_orcid = address is not None and "orcid.org" in address
    return Person(
        name,
        findings.orcid(address, f"{where}.path") if is_orcid else None,
        kinds=plain,
    )


_UNSPECIFIC = frozenset({"author", "contributor", "creator"})
"""Roles that say no more than that somebody is named here."""
