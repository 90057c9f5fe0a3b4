"""A fragment of DataCite JSON (schema 4.5): all that a receipt shows, to be completed.

Publisher and year of publication are the repository's to say, so they are not there. Everybody
who contributed is a creator, in the signed order, since a record does not say who is not; their
CRediT roles become contributor types by the table of ``docs/exports.md``, which loses detail. The
receipt is a related identifier, ``IsDocumentedBy``, where the service's address is known. The
dataset digest is no SHA-256 of a file, so it stands under a name of its own.

Written by hand: the package ``datacite`` checks such JSON and makes none.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from provenance.exports.subject import ORCID, ROR, claimed_time
from provenance.imported import N_, remark
from provenance.verdict import utc_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provenance.exports.subject import Subject
    from provenance.imported import Remark
    from provenance.record_values import Contributor, Relation

    Members: TypeAlias = dict[str, object]

__all__ = ["TYPES", "remarks", "write"]

TYPES: Final = {
    "conceptualization": "Researcher",
    "data-curation": "DataCurator",
    "formal-analysis": "Researcher",
    "investigation": "DataCollector",
    "methodology": "Researcher",
    "project-administration": "ProjectManager",
    "resources": "Other",
    "software": "Other",
    "supervision": "Supervisor",
    "validation": "Other",
    "visualization": "Other",
    "writing-original-draft": "Other",
    "writing-review-editing": "Editor",
}
"""CRediT slug -> contributor type; who acquired funds has none, DataCite has funding references."""

_RELATIONS: Final = {
    "alternateOf": "IsVariantFormOf",
    "hadPrimarySource": "IsDerivedFrom",
    "specializationOf": "IsVersionOf",
    "wasDerivedFrom": "IsDerivedFrom",
    "wasQuotedFrom": "IsDerivedFrom",
    "wasRevisionOf": "IsNewVersionOf",
}

_KINDS: Final = (
    ("DOI", re.compile(r"(?:https?://(?:dx\.)?doi\.org/|doi:)?(10\.[0-9]{4,9}[0-9.]*/\S+)")),
    ("arXiv", re.compile(r"(arXiv:\S+)", re.IGNORECASE)),
    ("ARK", re.compile(r"(?:https?://n2t\.net/)?(ark:\S+)")),
    ("URN", re.compile(r"(urn:\S+)", re.IGNORECASE)),
    ("URL", re.compile(r"(https?://\S+)")),
)
"""Kinds of identifiers that DataCite knows and that say themselves what they are."""


class _Related(NamedTuple):
    kind: str
    value: str


def write(subject: Subject) -> Iterator[bytes]:
    """Yield the JSON.

    Raises:
        MalformedError: the receipt is of no deposit.
    """
    made = {name: value for name, value in _members(subject).items() if value}
    yield json.dumps(made, ensure_ascii=False, indent=2).encode() + b"\n"


def remarks(subject: Subject) -> tuple[Remark, ...]:
    """Say how many relations DataCite has no kind of identifier for."""
    lost = sum(_target(subject, one) is None for one in subject.deposit.relations)
    sentence = N_("{count} relations are left out: DataCite knows no such identifier.")
    return (remark(sentence, count=lost),) if lost else ()


def _members(subject: Subject) -> Members:
    deposit = subject.deposit
    doi = next((one.value for one in deposit.identifiers if one.type == "doi"), None)
    sizes = [] if subject.files is None else [_counted(subject.files)]
    sizes += [] if deposit.length is None else [f"{deposit.length} bytes"]
    return {
        "doi": doi,
        "types": {"resourceTypeGeneral": "Dataset"},
        "creators": [_person(one) for one in subject.people],
        "titles": [{"title": deposit.title}] if deposit.title else [],
        "version": deposit.version,
        "contributors": list(_contributors(subject)),
        "dates": list(_dates(subject)),
        "alternateIdentifiers": list(_alternate(subject, doi)),
        "relatedIdentifiers": list(_related(subject)),
        "sizes": sizes,
        "rightsList": list(_rights(subject)),
        "schemaVersion": "http://datacite.org/schema/kernel-4",
    }


def _counted(files: int) -> str:
    return "1 file" if files == 1 else f"{files} files"


def _person(person: Contributor) -> Members:
    made: Members = {"name": person.name}
    if person.orcid is not None:
        identifier = {"nameIdentifier": ORCID + person.orcid, "nameIdentifierScheme": "ORCID"}
        made["nameIdentifiers"] = [identifier | {"schemeUri": ORCID}]
    if person.ror:
        # a record has no names of organisations
        made["affiliation"] = [
            {
                "name": ROR + ror,
                "affiliationIdentifier": ROR + ror,
                "affiliationIdentifierScheme": "ROR",
                "schemeUri": ROR,
            }
            for ror in person.ror
        ]
    return made


def _contributors(subject: Subject) -> Iterator[Members]:
    for person in subject.people:
        for kind in dict.fromkeys(TYPES[slug] for slug in person.roles if slug in TYPES):
            yield {"contributorType": kind, **_person(person)}


def _dates(subject: Subject) -> Iterator[Members]:
    yield {
        "date": claimed_time(subject).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "dateType": "Submitted",
        "dateInformation": "claimed by the clock of whoever signed the deposit, not proved",
    }
    for bound, said in (
        (subject.not_before, "entered the log no earlier than this"),
        (subject.not_after, "existed no later than this"),
    ):
        if bound is not None:
            where = f"block {bound.block_number} of {bound.chain}"
            date = utc_text(bound.time_unix).removesuffix(" UTC").replace(" ", "T") + "Z"
            yield {"date": date, "dateType": "Other", "dateInformation": f"proved: {said}, {where}"}


def _alternate(subject: Subject, doi: str | None) -> Iterator[Members]:
    found = [(one.type, one.value) for one in subject.deposit.identifiers if one.value != doi]
    found.append((f"record id (SHA-256) in {subject.origin}", subject.record_id))
    if subject.digest is not None:
        found.append((subject.digest_is, subject.digest))
    if subject.manifest is not None and subject.files == 1:
        found += [("SHA-256", entry.sha256.hex()) for entry in subject.entries()]
    for kind, value in found:
        yield {"alternateIdentifier": value, "alternateIdentifierType": kind}


def _related(subject: Subject) -> Iterator[Members]:
    if subject.receipt_url is not None:
        yield _relation("IsDocumentedBy", _Related("URL", subject.receipt_url))
    for one in subject.deposit.relations:
        target = _target(subject, one)
        if target is not None:
            yield _relation(_RELATIONS[one.relation], target)


def _relation(relation: str, target: _Related) -> Members:
    return {
        "relatedIdentifier": target.value,
        "relatedIdentifierType": target.kind,
        "relationType": relation,
    }


def _target(subject: Subject, relation: Relation) -> _Related | None:
    """Return what a relation points to, if it has an identifier of a kind that DataCite knows."""
    if relation.record is not None:
        url = subject.url_of(relation.record)
        return None if url is None else _Related("URL", url)
    for kind, shape in _KINDS:
        found = shape.fullmatch(relation.identifier or "")
        if found is not None:
            return _Related(kind, found[1])
    return None


def _rights(subject: Subject) -> Iterator[Members]:
    expression = subject.deposit.license
    if expression is None:
        return
    made: Members = {"rights": expression}
    if subject.license_url is not None:
        made |= {"rightsUri": subject.license_url, "rightsIdentifier": expression.lower()}
        made |= {"rightsIdentifierScheme": "SPDX", "schemeUri": "https://spdx.org/licenses/"}
    yield made
