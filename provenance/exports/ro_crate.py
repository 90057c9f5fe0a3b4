"""An RO-Crate 1.2: the data, who made them, the receipt, and the deposit as an action.

    ro-crate-metadata.json      written line by line: a million files need no memory
    data/...                    the dataset, copied as for a bag; only with ``--data``
    provenance/receipt.json     a File ``about`` the root; with it manifest and policy

People have their ORCID iD as ``@id``, organisations their ROR id. Who did what stands as the
RO-Crate community does it, a schema.org ``Role`` between the dataset and the person whose
``roleName`` is the CRediT role's URI; everybody is an ``author`` too, since a record does not say
who is not. What RO-Crate demands and a receipt does not show is said to be not stated.

Written by hand: the package ``rocrate`` keeps all files in memory and copies them itself, after
and apart from the check that they are the signed ones. It reads what is written here.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, TypeAlias

from provenance.credit import ROLES
from provenance.digests import sha256
from provenance.exports.payload import (
    FOLDER,
    MANIFEST,
    POLICY,
    RECEIPT,
    copy_payload,
    put_evidence,
)
from provenance.exports.subject import ORCID, ROR, claimed_time, plain_identifier
from provenance.files.atomic import writing
from provenance.imported import N_, remark
from provenance.verdict import utc_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from typing import BinaryIO

    from provenance.exports.subject import Subject
    from provenance.imported import Remark
    from provenance.record_values import Contributor

    Entity: TypeAlias = dict[str, object]

__all__ = ["make", "path_id", "remarks"]

_METADATA: Final = "ro-crate-metadata.json"
_CONTEXT: Final = "https://w3id.org/ro/crate/1.2/context"
_PROFILE: Final = "https://w3id.org/ro/crate/1.2"
_DATA: Final = "data/"
_RECORD: Final = "#record"
_LICENSE: Final = "#license"
_OUTSIDE_IRIS: Final = re.compile(r"[^A-Za-z0-9/._~!$'()*+,=@\x80-\U0010ffff-]")
_BASED_ON: Final = frozenset(
    {"hadPrimarySource", "wasDerivedFrom", "wasQuotedFrom", "wasRevisionOf"}
)
"""Relations that schema.org's ``isBasedOn`` says too: made from it, or a modification of it."""


def make(subject: Subject, folder: Path) -> None:
    """Fill ``folder`` with the crate.

    Raises:
        MalformedError: a manifest or data that are not as they must be.
        SourceMismatchError: the data are not what the record signs.
    """
    subject = put_evidence(subject, folder)
    with writing(folder / _METADATA) as file:
        file.write(f'{{"@context":"{_CONTEXT}","@graph":['.encode())
        for entity in _described(subject, folder):
            file.write(_line(entity) + b",")
        if subject.data is not None:
            _write_files(subject, folder, file)
            file.write(b",")
        file.write(_line(_action(subject)) + b"\n]}\n")


def remarks(subject: Subject) -> tuple[Remark, ...]:
    """Say how many relations are no ``isBasedOn``."""
    lost = sum(one.relation not in _BASED_ON for one in subject.deposit.relations)
    sentence = N_("{count} relations are left out: RO-Crate has no word for them.")
    return (remark(sentence, count=lost),) if lost else ()


def path_id(path: str) -> str:
    """Return the ``@id`` of a path in the crate: a relative reference, as an IRI (RFC 3987)."""
    return _OUTSIDE_IRIS.sub(lambda one: f"%{ord(one[0]):02X}", path)


def _line(entity: Entity) -> bytes:
    return b"\n" + json.dumps(entity, ensure_ascii=False, separators=(",", ":")).encode()


def _to(*names: str) -> object:
    """Return a reference, or several; JSON-LD writes one without an array."""
    return _one_of([{"@id": name} for name in names])


def _one_of(values: Sequence[object]) -> object:
    return values[0] if len(values) == 1 else values


# --- the files ----------------------------------------------------------------------------


def _data_about(subject: Subject) -> Entity:
    signed = subject.signed_summary()
    about: Entity = {"@id": _DATA, "@type": "Dataset", "name": "The dataset"}
    total = "" if signed.length is None else f", {signed.length} bytes"
    said = f"{signed.files} files{total}; dataset digest {signed.digest.hex()}"
    return about | {"description": said, "identifier": signed.digest.hex()}


def _write_files(subject: Subject, folder: Path, file: BinaryIO) -> None:
    """Copy the data and describe each file, then the folder that has them as its parts."""
    for entry, length in copy_payload(subject, folder / _DATA.rstrip("/")):
        name = path_id(_DATA + entry.path)
        described: Entity = {"@id": name, "@type": "File", "name": entry.path}
        described |= {"contentSize": str(length), "sha256": entry.sha256.hex()}
        file.write(_line(described) + b",")
    file.write(_line(_data_about(subject))[:-1] + b',"hasPart":[')
    for number, entry in enumerate(subject.entries()):
        reference = _line({"@id": path_id(_DATA + entry.path)})
        file.write(b"," + reference if number else reference)
    file.write(b"]}")


def _evidence(subject: Subject, folder: Path) -> Iterator[Entity]:
    """Yield our own files: what they are, and their digests."""
    said = {
        RECEIPT: ("Receipt of the deposit", "application/json"),
        MANIFEST: ("Manifest of the dataset", "application/jsonl"),
        POLICY: ("Trust policy that the receipt was checked by", "application/json"),
    }
    for path, (name, kind) in said.items():
        if (folder / path).exists():
            octets = (folder / path).read_bytes()
            described: Entity = {"@id": path, "@type": "File", "name": name}
            described |= {"encodingFormat": kind, "contentSize": str(len(octets))}
            described |= {"sha256": sha256(octets).hex(), "about": {"@id": "./"}}
            if path == RECEIPT and subject.receipt_url is not None:
                described["url"] = subject.receipt_url
            yield described


# --- everything else ----------------------------------------------------------------------


def _described(subject: Subject, folder: Path) -> Iterator[Entity]:
    """Yield all entities but the files of the dataset."""
    yield {
        "@id": _METADATA,
        "@type": "CreativeWork",
        "conformsTo": {"@id": _PROFILE},
        "about": {"@id": "./"},
    }
    evidence = list(_evidence(subject, folder))
    roles = list(_roles(subject))
    yield _root(subject, evidence, roles)
    yield from evidence
    yield from _people(subject)
    yield from roles
    for slug in dict.fromkeys(slug for one in subject.people for slug in one.roles):
        role = ROLES[slug]
        yield {"@id": role.uri, "@type": "DefinedTerm", "name": role.english}
    yield _license(subject)
    yield from _record(subject)


def _root(subject: Subject, evidence: list[Entity], roles: list[Entity]) -> Entity:
    deposit = subject.deposit
    today = datetime.fromtimestamp(subject.now_unix, UTC).date().isoformat()
    root: Entity = {"@id": "./", "@type": "Dataset", "name": subject.title}
    root["description"] = (
        f"A dataset deposited in {subject.origin} as entry {subject.leaf_index}, with its receipt."
    )
    root |= {"datePublished": today, "license": {"@id": _license_id(subject)}}
    ours = [str(one["@id"]) for one in evidence]
    root["hasPart"] = _to(*([_DATA] if subject.data else []), *ours)
    named = [plain_identifier(one.type, one.value) for one in deposit.identifiers]
    root["identifier"] = [*named, subject.record_id]
    if deposit.version is not None:
        root["version"] = deposit.version
    if subject.people:
        ids = (_person_id(number, one) for number, one in enumerate(subject.people))
        root["author"] = _to(*dict.fromkeys(ids))
    if roles:
        root["contributor"] = _to(*(str(one["@id"]) for one in roles))
    derived = [
        one.identifier or subject.url_of(one.record or b"") or f"record {(one.record or b'').hex()}"
        for one in deposit.relations
        if one.relation in _BASED_ON
    ]
    return root | ({"isBasedOn": _one_of(derived)} if derived else {})


def _person_id(number: int, person: Contributor) -> str:
    return f"#person-{number}" if person.orcid is None else ORCID + person.orcid


def _people(subject: Subject) -> Iterator[Entity]:
    """Yield each person once, and each organisation, of which a record has only the ROR id."""
    people: dict[str, Entity] = {}
    for number, one in enumerate(subject.people):
        name = _person_id(number, one)
        person = people.setdefault(name, {"@id": name, "@type": "Person", "name": one.name})
        if one.ror:
            person["affiliation"] = _to(*(ROR + ror for ror in one.ror))
    yield from people.values()
    for ror in dict.fromkeys(ror for one in subject.people for ror in one.ror):
        url = ROR + ror
        yield {"@id": url, "@type": "Organization", "name": f"ROR {ror}", "url": url}


def _roles(subject: Subject) -> Iterator[Entity]:
    for number, one in enumerate(subject.people):
        for slug in one.roles:
            role: Entity = {"@id": f"#role-{number}-{slug}", "@type": "Role"}
            role |= {"name": f"{ROLES[slug].english}: {one.name}"}
            role |= {"roleName": {"@id": ROLES[slug].uri}}
            yield role | {"contributor": {"@id": _person_id(number, one)}}


def _license_id(subject: Subject) -> str:
    return subject.license_url or _LICENSE


def _license(subject: Subject) -> Entity:
    expression = subject.deposit.license
    said = "SPDX licence expression" if expression else "The record states no licence"
    name = expression or "Not stated"
    return {
        "@id": _license_id(subject),
        "@type": "CreativeWork",
        "name": name,
        "description": said,
    }


def _record(subject: Subject) -> Iterator[Entity]:
    """Yield the signed record and the holder of the key."""
    agent = f"#key-{subject.parts.record.kid}"
    yield {
        "@id": _RECORD,
        "@type": "CreativeWork",
        "name": f"Entry {subject.leaf_index} of {subject.origin}",
        "identifier": subject.record_id,
        "subjectOf": {"@id": RECEIPT},
    }
    yield _holder(subject, agent)


def _holder(subject: Subject, agent: str) -> Entity:
    """Describe the key's holder as its ``key`` record does."""
    holder = subject.holder
    name = None if holder is None else holder.name
    described: Entity = {"@id": agent, "name": name or "Holder of the signing key"}
    is_organization = holder is not None and holder.orcid is None and bool(holder.ror)
    described["@type"] = "Organization" if is_organization else "Person"
    described["description"] = f"As the key's record says; see {FOLDER}/receipt.json"
    if holder is not None and holder.orcid is not None:
        described["identifier"] = ORCID + holder.orcid
    return described


def _action(subject: Subject) -> Entity:
    """Return the deposit: its time is the signer's word, and its result is the signed record."""
    claimed = claimed_time(subject).strftime("%Y-%m-%d %H:%M:%S UTC")
    said = [f"Signed at {claimed} by the signer's own clock (claimed, not proved)."]
    if subject.not_before is not None:
        said.append(f"Entered the log no earlier than {utc_text(subject.not_before.time_unix)}.")
    if subject.not_after is not None:
        said.append(f"Existed no later than {utc_text(subject.not_after.time_unix)}.")
    return {
        "@id": "#deposit",
        "@type": "CreateAction",
        "name": f"Deposit in {subject.origin}",
        "description": " ".join(said),
        "agent": {"@id": f"#key-{subject.parts.record.kid}"},
        "object": {"@id": _DATA if subject.data else "./"},
        "result": {"@id": _RECORD},
    }
