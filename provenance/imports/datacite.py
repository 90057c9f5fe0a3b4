"""DataCite metadata 4.x as JSON: of the REST API, or bare. It lists no files.

    {"data": {"id": "10.5281/zenodo.1", "attributes": {"creators": [...], "titles": [...], ...}}}

A contributor's type becomes a CRediT role only where both mean the same (``roles``); a related
identifier becomes a relation only where PROV-O has a word for it (``findings``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from provenance.errors import MalformedError
from provenance.imports.documents import (
    as_object,
    load_json,
    many,
    objects,
    seems,
    text_of,
    texts_of,
)
from provenance.imports.findings import Findings, Person, name_of_parts

if TYPE_CHECKING:
    from pathlib import Path

    from provenance.imported import Imported

__all__ = ["read", "sniff"]

_UNPLACED = (
    *("publisher", "publicationYear", "subjects", "dates", "language", "sizes", "formats"),
    *("descriptions", "geoLocations", "fundingReferences", "container"),
)


def sniff(path: Path) -> bool:
    """Tell whether it is a document with creators and titles, at one of the two places."""
    return seems(path, _is_datacite)


def _is_datacite(document: dict[str, object]) -> bool:
    data = document.get("data")
    if isinstance(data, dict):
        attributes = data.get("attributes")
        document = attributes if isinstance(attributes, dict) else data
    return isinstance(document.get("creators"), list) and isinstance(document.get("titles"), list)


def read(path: Path) -> Imported:
    """Read the metadata.

    Raises:
        MalformedError: no DataCite metadata, or a list of several records.
    """
    attributes, where = _attributes(as_object(load_json(path), path.name))
    findings = Findings()
    _titles(attributes, where, findings)
    findings.version(attributes.get("version"), f"{where}version")
    for name in ("creators", "contributors"):
        for one, place in objects(attributes.get(name), f"{where}{name}"):
            kinds = texts_of(one, "contributorType") if name == "contributors" else []
            findings.person(_person(one, place, kinds, findings), place)
    findings.licences(
        [
            texts_of(one, "rightsIdentifier", "rightsUri", "rightsURI", "rights")
            for one, _ in objects(attributes.get("rightsList"), f"{where}rightsList")
        ]
    )
    _identifiers(attributes, where, findings)
    for one, place in objects(attributes.get("relatedIdentifiers"), f"{where}relatedIdentifiers"):
        findings.relation(
            text_of(one, "relationType") or "?",
            text_of(one, "relatedIdentifier") or "",
            place,
            text_of(one, "relatedIdentifierType"),
        )
    findings.unplaced(attributes, _UNPLACED)
    return findings.imported("datacite")


def _attributes(document: dict[str, object]) -> tuple[dict[str, object], str]:
    """Return the metadata and what stands before the path of its members."""
    data = document.get("data")
    if isinstance(data, list):
        if len(data) != 1:
            raise MalformedError(f"expected one record, got {len(data)}", field="data")
        data = data[0]
    found, where = document, ""
    if data is not None:
        found, where = as_object(data, "data"), "data."
        if "attributes" in found:
            found, where = as_object(found["attributes"], "data.attributes"), "data.attributes."
    if "creators" not in found and "titles" not in found:
        raise MalformedError("expected creators and titles, got neither", field=where.rstrip("."))
    return found, where


def _titles(attributes: dict[str, object], where: str, findings: Findings) -> None:
    titles = list(objects(attributes.get("titles"), f"{where}titles"))
    # a title without a type is the main one; others are subtitles and translations
    titles.sort(key=lambda one: text_of(one[0], "titleType") is not None)
    for one, place in titles[:1]:
        findings.title(text_of(one, "title"), place)
    findings.no_place(*(place for _, place in titles[1:]))


def _person(one: dict[str, object], where: str, kinds: list[str], findings: Findings) -> Person:
    given, family = text_of(one, "givenName"), text_of(one, "familyName")
    orcid, ror = None, []
    for name, place in objects(one.get("nameIdentifiers"), f"{where}.nameIdentifiers"):
        text = text_of(name, "nameIdentifier")
        scheme = f"{text_of(name, 'nameIdentifierScheme')} {text_of(name, 'schemeUri')}".lower()
        if "orcid" in scheme or (text and "orcid.org" in text):
            orcid = orcid or findings.orcid(text, place)
        elif text and "ror" in scheme:
            ror += findings.stated_ror(text, place)
        elif text:
            findings.no_place(place)
    return Person(
        text_of(one, "name") or name_of_parts(given, family),
        orcid,
        ror + _affiliations(one, where, findings),
        kinds=kinds,
    )


def _affiliations(one: dict[str, object], where: str, findings: Findings) -> list[str]:
    """Return the ROR ids of affiliations; one that is a name alone has none."""
    found = []
    # 4.2 wrote "affiliations", some exporters still do
    for name in ("affiliation", "affiliations"):
        for place, value in enumerate(many(one.get(name))):
            if isinstance(value, dict):
                text = text_of(value, "affiliationIdentifier")
                scheme = (text_of(value, "affiliationIdentifierScheme") or "").lower()
                if text and ("ror" in scheme or "ror.org" in text):
                    found += findings.stated_ror(text, f"{where}.{name}[{place}]")
    return found


def _identifiers(attributes: dict[str, object], where: str, findings: Findings) -> None:
    findings.identifier(text_of(attributes, "doi"), f"{where}doi", "doi")
    members = (
        ("identifiers", "identifier", "identifierType"),
        ("alternateIdentifiers", "alternateIdentifier", "alternateIdentifierType"),
    )
    for name, value, kind in members:
        for one, place in objects(attributes.get(name), f"{where}{name}"):
            findings.identifier(text_of(one, value), place, text_of(one, kind))
    single = attributes.get("identifier")
    if isinstance(single, dict):  # 4.0 to 4.2
        text, stated = text_of(single, "identifier"), text_of(single, "identifierType")
        findings.identifier(text, f"{where}identifier", stated)
