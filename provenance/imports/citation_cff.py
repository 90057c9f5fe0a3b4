"""``CITATION.cff`` (Citation File Format 1.x): who is to be cited for a dataset or software.

    cff-version: 1.2.0
    title: Weather at the pole
    authors: [{family-names: Doe, given-names: Josephine, orcid: https://orcid.org/0000-…}]

Read with every scalar as text: to YAML ``1.10`` is the number 1.1, and the family name ``No``
is false. A key that is there twice is refused, as are merge keys; aliases are counted, and no
value is ever walked deeper than an author's affiliation. It lists no files.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provenance.errors import MalformedError
from provenance.imports.contents import read_text
from provenance.imports.documents import as_object, many, objects, text_of, texts_of
from provenance.imports.findings import Findings, Person, name_of_parts
from provenance.imports.naming import identifier_of
from provenance.imports.yaml_documents import parse_yaml

if TYPE_CHECKING:
    from pathlib import Path

    from provenance.imported import Imported

__all__ = ["read", "sniff"]

MAX_BYTES: Final = 1 << 20
"""Bytes of one file: a page or two is usual."""

_UNPLACED = (
    *("abstract", "message", "date-released", "keywords", "contact", "url"),
    *("repository", "repository-code", "repository-artifact", "commit", "preferred-citation"),
    *("references", "type"),
)
_KINDS: Final = {"swh": "swhid"}


def sniff(path: Path) -> bool:
    """Tell whether it has the file's only allowed name, or its suffix."""
    return path.suffix.lower() == ".cff" and path.is_file()


def read(path: Path) -> Imported:
    """Read a citation file.

    Raises:
        MalformedError: no YAML, a key that is there twice, no ``cff-version``.
        TooLargeError: more bytes, levels or aliases than the limits.
    """
    document = as_object(parse_yaml(read_text(path), path.name, max_bytes=MAX_BYTES), path.name)
    if text_of(document, "cff-version") is None:
        raise MalformedError("expected the member, got none", field=f"{path.name}:cff-version")
    findings = Findings()
    findings.title(text_of(document, "title"), "title")
    findings.version(document.get("version"), "version")
    for one, where in objects(document.get("authors"), "authors"):
        findings.person(_person(one, where, findings), where)
    licences = [[one] for one in many(document.get("license")) if isinstance(one, str) and one]
    # Citation File Format 1.2.0: several licences are alternatives
    findings.licences(
        licences or [[one] for one in texts_of(document, "license-url")], joined_by="OR"
    )
    findings.identifier(text_of(document, "doi"), "doi", "doi")
    for one, where in objects(document.get("identifiers"), "identifiers"):
        kind = text_of(one, "type") or "other"
        kind = _KINDS.get(kind, kind)
        text = text_of(one, "value")
        is_known = text is not None and identifier_of(kind, text) is not None
        findings.identifier(text, where, kind if is_known else None)
    findings.unplaced(document, _UNPLACED)
    return findings.imported("citation-cff")


def _person(one: dict[str, object], where: str, findings: Findings) -> Person:
    family = " ".join(texts_of(one, "name-particle", "family-names")) or None
    name = text_of(one, "name") or name_of_parts(text_of(one, "given-names"), family)
    suffix = text_of(one, "name-suffix")
    if name and suffix:
        name = f"{name} {suffix}"
    affiliations = [text for text in many(one.get("affiliation")) if isinstance(text, str)]
    for body, _ in objects(one.get("affiliation"), f"{where}.affiliation"):
        affiliations += texts_of(body, "ror", "name")
    return Person(
        name or text_of(one, "alias"),
        findings.orcid(text_of(one, "orcid"), f"{where}.orcid"),
        findings.ror([text for text in affiliations if "ror.org" in text], where),
    )
