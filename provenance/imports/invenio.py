"""Records of Zenodo and other InvenioRDM repositories, as their REST API gives them.

    Zenodo      "files": [{"key": "a.csv", "size": 4, "checksum": "md5:098f6bcd…"}]
    InvenioRDM  "files": {"entries": {"a.csv": {"key": …, "size": …, "checksum": …}}}
    depositions "files": [{"filename": "a.csv", "filesize": 4, "checksum": "098f6bcd…"}]

The checksums are MD5: the files are *declared* by the repository, which identifies nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from provenance.errors import MalformedError
from provenance.imported import N_, algorithm_named, clean_path, read_digest
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
from provenance.imports.findings import Findings, Person, name_of_parts
from provenance.imports.listing import Item, NoPlace, complete

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from provenance.imported import Imported

__all__ = ["read", "sniff"]

_UNPLACED = (
    *("description", "publication_date", "publisher", "subjects", "keywords", "dates"),
    *("languages", "funding", "grants", "communities", "journal", "notes", "references"),
)


def sniff(path: Path) -> bool:
    """Tell whether it is a record with metadata, or the list of a record's files."""
    return seems(path, _is_invenio)


def _is_invenio(document: dict[str, object]) -> bool:
    metadata = document.get("metadata")
    if isinstance(metadata, dict) and "creators" in metadata and "title" in metadata:
        return True
    entries = document.get("entries")
    return isinstance(entries, list) and any(
        isinstance(one, dict) and "key" in one and "checksum" in one for one in entries
    )


def read(path: Path) -> Imported:
    """Read a record.

    Raises:
        MalformedError: no record; a checksum that is none; a file name that no manifest may have;
            two algorithms.
    """
    record = as_object(load_json(path), path.name)
    if not _is_invenio(record) and "files" not in record:
        raise MalformedError("expected metadata or files, got neither", field=path.name)
    findings = Findings()
    metadata = record.get("metadata")
    if isinstance(metadata, dict):
        _describe(record, metadata, findings)
    elif "entries" in record:
        record = {"files": record}
    entries = complete(_files(record, findings), NoPlace(), findings)
    return findings.imported("invenio", entries, data="." if entries else None)


# --- files ----------------------------------------------------------------------------------


def _files(record: dict[str, object], findings: Findings) -> Iterator[Item]:
    for one, where in _entries(record.get("files")):
        name = text_of(one, "key", "filename")
        if name is None:
            raise MalformedError("expected the file's name as key", field=where)
        path = clean_path(name, f"{where}.key")
        algorithm, digest = _digest(one.get("checksum"), f"{where}.checksum")
        yield Item(path, algorithm, digest, bytes_in(one.get("size", one.get("filesize"))), where)
    if not record.get("files"):
        findings.note(N_("The record shows no files: they may be restricted, or not in it."))


def _digest(checksum: object, where: str) -> tuple[str, bytes | None]:
    if checksum is None or checksum == "":
        return "md5", None
    if not isinstance(checksum, str):
        raise MalformedError("expected text as md5:…", field=where)
    prefix, colon, digits = checksum.strip().partition(":")
    algorithm = algorithm_named(prefix if colon else "md5", where)
    return algorithm, read_digest(algorithm, digits if colon else prefix, where)


def _entries(files: object) -> Iterator[tuple[dict[str, object], str]]:
    """Yield the files of any of the three forms, each with its JSON path."""
    where = "files"
    if isinstance(files, dict):
        entries, where = files.get("entries"), "files.entries"
        if isinstance(entries, dict):
            for name, one in entries.items():
                place = f"files.entries.{name[:60]!r}"
                yield {"key": name, **as_object(one, place)}, place
            return
        files = entries
    for index, one in enumerate(many(files)):
        yield as_object(one, f"{where}[{index}]"), f"{where}[{index}]"


# --- metadata -------------------------------------------------------------------------------


def _describe(record: dict[str, object], metadata: dict[str, object], findings: Findings) -> None:
    findings.title(text_of(metadata, "title"), "metadata.title")
    findings.version(metadata.get("version"), "metadata.version")
    for name in ("creators", "contributors"):
        for one, where in objects(metadata.get(name), f"metadata.{name}"):
            findings.person(_person(one, where, name, findings), where)
    findings.licences(list(_licences(metadata)))
    findings.access(_access(record, metadata))
    _identifiers(record, metadata, findings)
    for one, where in objects(metadata.get("related_identifiers"), "metadata.related_identifiers"):
        relation = one.get("relation_type")
        kind = text_of(relation, "id") if isinstance(relation, dict) else text_of(one, "relation")
        identifier = text_of(one, "identifier") or ""
        findings.relation(kind or "?", identifier, where, text_of(one, "scheme"))
    findings.unplaced(metadata, _UNPLACED)


def _person(one: dict[str, object], where: str, list_name: str, findings: Findings) -> Person:
    inner = one.get("person_or_org")
    body = inner if isinstance(inner, dict) else one
    given, family = text_of(body, "given_name"), text_of(body, "family_name")
    orcid, ror = findings.orcid(text_of(body, "orcid"), f"{where}.orcid"), []
    for name, place in objects(body.get("identifiers"), f"{where}.identifiers"):
        scheme, text = text_of(name, "scheme"), text_of(name, "identifier")
        if scheme == "orcid":
            orcid = orcid or findings.orcid(text, place)
        elif scheme == "ror" and text:
            ror += findings.stated_ror(text, place)
    for affiliation, place in objects(one.get("affiliations"), f"{where}.affiliations"):
        ror += findings.ror(texts_of(affiliation, "id"), place)
        for name, _ in objects(affiliation.get("identifiers"), place):
            if text_of(name, "scheme") == "ror":
                ror += findings.stated_ror(text_of(name, "identifier") or "", place)
    role = one.get("role")
    kind = text_of(role, "id") if isinstance(role, dict) else text_of(one, "role", "type")
    if list_name == "creators" and not isinstance(role, dict):
        kind = None  # there, a bare type is that of a name
    return Person(
        text_of(body, "name") or name_of_parts(given, family),
        orcid,
        list(dict.fromkeys(ror)),
        kinds=[kind] if kind else [],
    )


def _licences(metadata: dict[str, object]) -> Iterator[list[str]]:
    licence = metadata.get("license")
    if isinstance(licence, dict):
        yield texts_of(licence, "id", "url", "title")
    elif isinstance(licence, str):
        yield [licence]
    for one, _ in objects(metadata.get("rights"), "rights"):
        titles = one.get("title")
        title = titles if isinstance(titles, dict) else {}
        yield [*texts_of(one, "id", "link"), *texts_of(title, "en")]


def _access(record: dict[str, object], metadata: dict[str, object]) -> str | None:
    """Return the level of access; a public record's files may still be restricted."""
    level = text_of(metadata, "access_right")
    if level is not None:
        return level if level in {"open", "embargoed", "restricted", "closed"} else None
    access = record.get("access")
    if isinstance(access, dict):
        return {"open": "open", "embargoed": "embargoed", "restricted": "restricted"}.get(
            text_of(access, "status") or ""
        )
    return None


def _identifiers(
    record: dict[str, object], metadata: dict[str, object], findings: Findings
) -> None:
    pids = record.get("pids")
    inner = pids.get("doi") if isinstance(pids, dict) else None
    if isinstance(inner, dict):
        findings.identifier(text_of(inner, "identifier"), "pids.doi", "doi")
    doi = text_of(record, "doi") or text_of(metadata, "doi")
    findings.identifier(doi, "doi", "doi")
    for name in ("identifiers", "alternate_identifiers"):
        for one, where in objects(metadata.get(name), f"metadata.{name}"):
            findings.identifier(text_of(one, "identifier"), where, text_of(one, "scheme"))
