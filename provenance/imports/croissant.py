"""Croissant 1.0 and 1.1 (MLCommons): a dataset for machine learning, as JSON-LD.

    {"distribution": [{"@type": "cr:FileObject", "@id": "a.csv", "contentUrl": "data/a.csv",
                       "contentSize": "4 B", "sha256": "9c65…"}, {"@type": "cr:FileSet", …}]}

A ``contentUrl`` that is a path is the file's path; one that is an address is fetched by nobody,
and the file goes by its name. What is contained in another file (an archive) is no file of its
own, and a ``FileSet`` names none. Hugging Face writes an address where the SHA-256 should be.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from provenance.errors import MalformedError
from provenance.imported import N_, SHA256, clean_path, read_digest
from provenance.imports.documents import (
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
    from collections.abc import Iterator
    from pathlib import Path

    from provenance.imported import Imported

__all__ = ["read", "sniff"]

_UNPLACED = (
    *("description", "keywords", "datePublished", "citeAs", "citation", "publisher"),
    *("inLanguage", "isLiveDataset"),
)
_RELATIONS = {"isBasedOn": "wasDerivedFrom", "wasDerivedFrom": "wasDerivedFrom"}
_PREFIX = re.compile(r"^(?:cr:|sc:|schema:|https?://schema\.org/|http://mlcommons\.org/croissant/)")


def sniff(path: Path) -> bool:
    """Tell whether it is a dataset that conforms to Croissant, or distributes its file objects."""
    return seems(path, _is_croissant)


def _is_croissant(document: dict[str, object]) -> bool:
    if "mlcommons.org/croissant" in str(
        document.get("conformsTo") or document.get("dct:conformsTo")
    ):
        return True
    return any(
        isinstance(one, dict) and _is_a(one, "FileObject", "FileSet")
        for one in many(document.get("distribution"))
    )


def _is_a(members: dict[str, object], *names: str) -> bool:
    return any(
        isinstance(one, str) and _PREFIX.sub("", one) in names for one in many(members.get("@type"))
    )


def read(path: Path) -> Imported:
    """Read a dataset.

    Raises:
        MalformedError: no dataset, a path that leads out of its folder, or a digest that is none.
    """
    document = as_object(load_json(path), path.name)
    if not _is_croissant(document):
        raise MalformedError("expected a Croissant dataset", field=f"{path.name}:distribution")
    findings = Findings()
    _describe(document, findings)
    items = list(_items(document, findings))
    return findings.imported(
        "croissant", complete(items, FolderPlace(path.parent), findings), data="."
    )


# --- files ----------------------------------------------------------------------------------


def _items(document: dict[str, object], findings: Findings) -> Iterator[Item]:
    sets, contained, rounded, remote = [], [], [], []
    for index, value in enumerate(many(document.get("distribution"))):
        where = f"distribution[{index}]"
        one = as_object(value, where)
        name = text_of(one, "name", "@id") or where
        if _is_a(one, "FileSet"):
            sets.append(name)
        elif one.get("containedIn"):
            contained.append(name)
        elif _is_a(one, "FileObject"):
            path, is_remote = _path(one, where)
            remote += [path] if is_remote else []
            length, is_rounded = _length(one.get("contentSize"))
            rounded += [path] if is_rounded else []
            yield Item(path, *_digest(one, where, findings), length, where)
    for said, names in (
        (N_("Sets of files name no file and are left out ({count}): {names}."), sets),
        (
            N_("Contained in another file, and so no files of their own ({count}): {names}."),
            contained,
        ),
        (N_("Lengths that are rounded there are left open ({count}): {names}."), rounded),
        (N_("At an address, and named here as there ({count}): {names}."), remote),
    ):
        if names:
            findings.note(said, count=len(names), names=shown(names))


def _path(one: dict[str, object], where: str) -> tuple[str, bool]:
    """Return the path of a file object, and whether its content is at an address."""
    address = text_of(one, "contentUrl")
    is_local = address is not None and re.match(r"file:|[A-Za-z]:|.*\\", address, re.IGNORECASE)
    if address is None or ("://" in address and not is_local):
        name = text_of(one, "name", "@id")
        last = unquote(_path_of_address(address or "").rpartition("/")[2])
        if (name is None or "." not in name) and "." in last:
            name = last
        if name is None:
            raise MalformedError("expected a name", field=f"{where}.name")
        return clean_path(name, f"{where}.name"), address is not None
    if is_local:
        raise MalformedError(
            f"expected a path within the dataset, got {address!r:.80}", field=f"{where}.contentUrl"
        )
    return clean_path(address, f"{where}.contentUrl"), False


def _path_of_address(address: str) -> str:
    """Return the path of an address; nothing of one that cannot be taken apart."""
    try:
        return urlsplit(address).path
    except ValueError:
        return ""


def _digest(one: dict[str, object], where: str, findings: Findings) -> tuple[str, bytes | None]:
    for algorithm in (SHA256, "md5"):
        value = one.get(algorithm)
        if value is None or value == "":
            continue
        if not isinstance(value, str):
            raise MalformedError("expected a digest in hex", field=f"{where}.{algorithm}")
        if "://" in value:
            findings.note(
                N_("{field}: an address stands where the digest should be."),
                field=f"{where}.{algorithm}",
            )
            continue
        return algorithm, read_digest(algorithm, value.strip(), f"{where}.{algorithm}")
    return SHA256, None


def _length(stated: object) -> tuple[int | None, bool]:
    """Return a length in bytes, and whether there is one that is only rounded."""
    if isinstance(stated, str) and (
        match := re.fullmatch(r"\s*([0-9]+)\s*(?:B|bytes?)?\s*", stated)
    ):
        return bytes_in(match[1]), False
    exact = bytes_in(stated)
    return exact, exact is None and stated is not None


# --- what it describes ----------------------------------------------------------------------


def _describe(document: dict[str, object], findings: Findings) -> None:
    findings.title(text_of(document, "name"), "name")
    findings.version(document.get("version"), "version")
    for name in ("creator", "author", "contributor"):
        for index, one in enumerate(many(document.get(name))):
            where = f"{name}[{index}]"
            if isinstance(one, str):
                findings.person(Person(one), where)
            elif isinstance(one, dict):
                findings.person(_person(one, where, findings), where)
    findings.licences([list(_licence(one)) for one in many(document.get("license"))])
    for name in ("@id", "identifier", "sameAs", "url"):
        for text in _addresses(document.get(name)):
            findings.identifier(text, name)
    for name, word in _RELATIONS.items():
        for text in _addresses(document.get(name)):
            findings.relation(word, text, name)
    findings.unplaced(document, _UNPLACED)


def _addresses(value: object) -> Iterator[str]:
    for one in many(value):
        text = text_of(one, "@id", "url") if isinstance(one, dict) else one
        if isinstance(text, str):
            yield text


def _licence(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from texts_of(value, "@id", "url", "identifier", "name")


def _person(one: dict[str, object], where: str, findings: Findings) -> Person:
    name = text_of(one, "name") or name_of_parts(
        text_of(one, "givenName"), text_of(one, "familyName")
    )
    addresses = [
        text
        for member in ("@id", "identifier", "sameAs", "url")
        for text in many(one.get(member))
        if isinstance(text, str)
    ]
    orcids = [text for text in addresses if "orcid.org" in text]
    rors = []
    for body, _ in objects(one.get("affiliation"), f"{where}.affiliation"):
        rors += texts_of(body, "@id", "identifier", "sameAs", "url")
    if _is_a(one, "Organization"):
        rors += addresses
    return Person(
        name,
        findings.orcid(orcids[0], where) if orcids else None,
        findings.ror([text for text in rors if "ror.org" in text], where),
    )
