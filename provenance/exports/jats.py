"""The contributors as a JATS ``<contrib-group>``, their roles as JATS4R recommends for CRediT.

    <contrib contrib-type="author">
      <contrib-id contrib-id-type="orcid" authenticated="false">https://orcid.org/...</contrib-id>
      <string-name>王小明</string-name>
      <role vocab="credit" vocab-identifier="https://credit.niso.org/" vocab-term="Data curation"
            vocab-term-identifier="https://credit.niso.org/contributor-roles/data-curation/">...

JATS 1.2 or later; to be put into an article's ``<article-meta>``. Organisations are an ``<aff>``
with nothing but their ROR id. No ORCID iD is called authenticated: a record's are claimed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provenance.credit import ROLES
from provenance.errors import MalformedError
from provenance.exports.subject import ORCID, ROR
from provenance.exports.xml_text import add, to_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provenance.exports.subject import Subject
    from provenance.exports.xml_text import Element
    from provenance.record_values import Contributor

__all__ = ["write"]

_CREDIT: Final = "https://credit.niso.org/"


def write(subject: Subject) -> Iterator[bytes]:
    """Yield the element as a document.

    Raises:
        MalformedError: no contributor is shown, or the receipt is of no deposit.
    """
    if not subject.people:
        raise MalformedError(
            "expected a contributor, got none that the receipt shows", field="contributors"
        )
    group = add(None, "contrib-group", {})
    rors = list(dict.fromkeys(ror for one in subject.people for ror in one.ror))
    places = {ror: f"aff{number}" for number, ror in enumerate(rors, start=1)}
    for person in subject.people:
        _contributor(group, person, places)
    for ror, place in places.items():
        wrap = add(add(group, "aff", {"id": place}), "institution-wrap", {})
        kind = {"institution-id-type": "ror", "vocab": "ROR", "vocab-identifier": ROR}
        add(wrap, "institution-id", kind, ROR + ror)
    yield to_bytes(group)


def _contributor(group: Element, person: Contributor, places: dict[str, str]) -> None:
    one = add(group, "contrib", {"contrib-type": "author"})
    if person.orcid is not None:
        kind = {"contrib-id-type": "orcid", "authenticated": "false"}
        add(one, "contrib-id", kind, ORCID + person.orcid)
    add(one, "string-name", {}, person.name)
    for slug in person.roles:
        role = ROLES[slug]
        said = {"vocab": "credit", "vocab-identifier": _CREDIT, "vocab-term": role.english}
        add(one, "role", said | {"vocab-term-identifier": role.uri}, role.english)
    for ror in person.ror:
        add(one, "xref", {"ref-type": "aff", "rid": places[ror]})
