"""Dataverse's native JSON: a dataset, one version of it, or the list of a version's files.

    {"data": {"latestVersion": {"files": [{"label": "a.tab", "directoryLabel": "raw",
        "dataFile": {"filesize": 4, "checksum": {"type": "MD5", "value": "098f6bcd…"},
                     "originalFileFormat": "text/csv"}}], "metadataBlocks": …}}}

A table that Dataverse has converted (``originalFileFormat``) is served as ``.tab``, while the
checksum is of another byte stream: of the upload, or of a stored form that is never served. So
nothing is known about which bytes it is of; the user is told, and the length is left open.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from provenance.errors import MalformedError
from provenance.imported import N_, algorithm_named, clean_path, read_digest
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
from provenance.imports.findings import Findings, Person, shown
from provenance.imports.listing import Item, NoPlace, complete

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from provenance.imported import Imported

__all__ = ["read", "sniff"]

_VERSIONS = ("latestVersion", "datasetVersion")
_UNPLACED = (
    *("dsDescription", "keyword", "subject", "datasetContact", "publication", "notesText"),
    *("depositor", "dateOfDeposit", "kindOfData", "grantNumber", "language", "producer"),
)


def sniff(path: Path) -> bool:
    """Tell whether it has a version of a dataset, or files with a ``dataFile``."""
    return seems(path, _is_dataverse)


def _is_dataverse(document: dict[str, object]) -> bool:
    data = document.get("data", document)
    if isinstance(data, list):
        return any(isinstance(one, dict) and "dataFile" in one for one in data)
    return isinstance(data, dict) and (
        any(name in data for name in _VERSIONS)
        or "metadataBlocks" in data
        or ("datasetPersistentId" in data and "files" in data)
    )


def read(path: Path) -> Imported:
    """Read a dataset.

    Raises:
        MalformedError: no dataset; a checksum that is none; a name or folder that no manifest may
            have; two algorithms.
    """
    document = as_object(load_json(path), path.name)
    data, where = document.get("data", document), "data." if "data" in document else ""
    findings = Findings()
    if isinstance(data, list):
        entries = complete(_files(data, "data", findings), NoPlace(), findings)
        return findings.imported("dataverse", entries, data="." if entries else None)
    dataset = as_object(data, "data")
    version = dataset
    for name in _VERSIONS:
        if name in dataset:
            version, where = as_object(dataset[name], where + name), f"{where}{name}."
            break
    if "files" not in version and "metadataBlocks" not in version:
        raise MalformedError("expected files or metadataBlocks, got neither", field=path.name)
    _describe(dataset, version, where, findings)
    listed = _files(as_array(version.get("files", []), f"{where}files"), f"{where}files", findings)
    entries = complete(listed, NoPlace(), findings)
    return findings.imported("dataverse", entries, data="." if entries else None)


# --- files ----------------------------------------------------------------------------------


def _files(files: list[object], where: str, findings: Findings) -> Iterator[Item]:
    converted = []
    for index, value in enumerate(files):
        place = f"{where}[{index}]"
        one = as_object(value, place)
        file = as_object(one.get("dataFile", one.get("datafile")), f"{place}.dataFile")
        path = _path(one, file, place)
        algorithm, digest = _digest(file, f"{place}.dataFile")
        length = bytes_in(file.get("filesize"))
        if file.get("originalFileFormat") or file.get("originalFileName"):
            converted.append(path)
            length = None
        yield Item(path, algorithm, digest, length, f"{place}.dataFile")
    if files:
        findings.note(N_("The digests are as declared by the repository."))
    if converted:
        findings.note(
            N_(
                "The repository has converted these tables ({count}), and it is not known which "
                "form of them its digests are of: {names}."
            ),
            count=len(converted),
            names=shown(converted),
        )


def _path(one: dict[str, object], file: dict[str, object], where: str) -> str:
    label = text_of(one, "label") or text_of(file, "filename")
    if label is None:
        raise MalformedError("expected the file's label", field=f"{where}.label")
    folder = one.get("directoryLabel", file.get("directoryLabel"))
    if folder is None or folder == "":
        return clean_path(label, f"{where}.label")
    if not isinstance(folder, str):
        raise MalformedError("expected a folder", field=f"{where}.directoryLabel")
    return clean_path(f"{folder.strip('/')}/{label}", f"{where}.directoryLabel")


def _digest(file: dict[str, object], where: str) -> tuple[str, bytes | None]:
    checksum = file.get("checksum")
    if isinstance(checksum, dict):
        kind, value = checksum.get("type"), checksum.get("value")
        if not isinstance(kind, str) or not isinstance(value, str):
            raise MalformedError("expected type and value", field=f"{where}.checksum")
        algorithm = algorithm_named(kind, f"{where}.checksum.type")
        return algorithm, read_digest(algorithm, value.strip(), f"{where}.checksum.value")
    value = text_of(file, "md5")
    if value is None:
        return "md5", None
    return "md5", read_digest("md5", value, f"{where}.md5")


# --- metadata -------------------------------------------------------------------------------


def _describe(
    dataset: dict[str, object], version: dict[str, object], where: str, findings: Findings
) -> None:
    fields = _citation(version)
    titles = [one for one in many(fields.get("title")) if isinstance(one, str)]
    findings.title(titles[0] if titles else None, f"{where}title")
    for one, place in objects(fields.get("author"), f"{where}author"):
        findings.person(_author(one, place, findings), place)
    for one, place in objects(fields.get("contributor"), f"{where}contributor"):
        kinds = [text for text in [_value(one, "contributorType")] if text]
        findings.person(Person(_value(one, "contributorName"), kinds=kinds), place)
    _licence(version, findings)
    _identifiers(dataset, version, findings)
    findings.unplaced(fields, _UNPLACED)
    findings.unplaced(version, ("releaseTime",))
    findings.version(_number(version), f"{where}versionNumber")


def _number(version: dict[str, object]) -> str | None:
    """Return major and minor number as Dataverse shows them, ``2.0``; a draft has none."""
    numbers = [version.get(name) for name in ("versionNumber", "versionMinorNumber")]
    found = [str(one) for one in numbers if type(one) is int]
    return ".".join(found) if type(numbers[0]) is int else None


def _citation(version: dict[str, object]) -> dict[str, object]:
    """Return the fields of the citation block, by name."""
    blocks = version.get("metadataBlocks")
    block = blocks.get("citation") if isinstance(blocks, dict) else None
    fields = block.get("fields") if isinstance(block, dict) else None
    return {
        str(one.get("typeName")): one.get("value") for one, _ in objects(fields, "citation.fields")
    }


def _value(compound: dict[str, object], name: str) -> str | None:
    """Return a part of a compound field; a vocabulary's term may come with its own name."""
    part = compound.get(name)
    if not isinstance(part, dict):
        return None
    expanded = part.get("expandedvalue")
    if name.endswith("Name") and isinstance(expanded, dict):
        return text_of(expanded, "termName") or text_of(part, "value")
    return text_of(part, "value")


def _author(one: dict[str, object], where: str, findings: Findings) -> Person:
    scheme = (_value(one, "authorIdentifierScheme") or "").upper()
    identifier = _value(one, "authorIdentifier")
    orcid = None
    if identifier and (scheme == "ORCID" or "orcid.org" in identifier):
        orcid = findings.orcid(identifier, f"{where}.authorIdentifier")
    elif identifier:
        findings.no_place(f"{where}.authorIdentifier")
    # a ROR address where the installation looks organisations up
    affiliation = _value(one, "authorAffiliation")
    ror = findings.ror([affiliation] if affiliation and "ror.org" in affiliation else [], where)
    return Person(_value(one, "authorName"), orcid, ror)


def _licence(version: dict[str, object], findings: Findings) -> None:
    licence = version.get("license")
    if isinstance(licence, dict):
        findings.licences([texts_of(licence, "rightsIdentifier", "uri", "name")])
    elif isinstance(licence, str) and licence.upper() not in {"NONE", ""}:
        # before 5.10 "CC0" was the one licence there was, and it was 1.0
        findings.licences([["CC0-1.0" if licence == "CC0" else licence]])
    findings.unplaced(version, ("termsOfUse",))


def _identifiers(
    dataset: dict[str, object], version: dict[str, object], findings: Findings
) -> None:
    for holder in (dataset, version):
        name = text_of(holder, "datasetPersistentId", "persistentUrl")
        if name is not None:
            findings.identifier(name, "persistentUrl")
            return
    protocol, authority = text_of(dataset, "protocol"), text_of(dataset, "authority")
    identifier = text_of(dataset, "identifier")
    if protocol and authority and identifier:
        findings.identifier(f"{protocol}:{authority}/{identifier}", "identifier")
