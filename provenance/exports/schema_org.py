"""A deposit as the schema.org ``Dataset`` that search engines read inside its page.

Only what the record shows is said. There is no date: the record's own is the signer's word, and
the proved one is for whoever checks the receipt. Addresses are relative to the page, so that they
are right behind any proxy.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from provenance.credit import ROLES
from provenance.exports.subject import ORCID, ROR, plain_identifier, spdx_url
from provenance.imported import N_, remark
from provenance.record import deposit_of

if TYPE_CHECKING:
    from provenance.imported import Remark
    from provenance.record import Record
    from provenance.record_values import Contributor, Deposit

__all__ = ["dataset_of", "description_of", "script_text", "title_of"]

_BASED_ON: Final = frozenset({"hadPrimarySource", "wasDerivedFrom", "wasQuotedFrom"})


def title_of(record: Record) -> str:
    """Return the title, or the first digits of the record id where none is shown."""
    shown = deposit_of(record).title if record.type == "deposit" else None
    return shown or f"{record.type} {record.id_hex[:16]}"


def description_of(record: Record) -> Remark:
    """Return one sentence on what the record is."""
    if record.type != "deposit":
        return remark(N_("A record of the provenance ledger {log}."), log=record.aud)
    deposit = deposit_of(record)
    if deposit.sealed:
        return remark(
            N_("A sealed deposit in the provenance ledger {log}: of what is not shown."),
            log=record.aud,
        )
    sentence = N_(
        "A dataset of {files} files: who contributed what, and since when it is on record in the "
        "provenance ledger {log}. The data are not kept here."
    )
    return remark(sentence, files=deposit.files, log=record.aud)


def dataset_of(record: Record, *, page: str, standing: str) -> dict[str, object]:
    """Return the JSON-LD of a deposit.

    Args:
        page: path of its page, and below ``/v1`` of the record.
        standing: ``sound``, or in what way it is not.
    """
    deposit = deposit_of(record)
    said = description_of(record)
    members: dict[str, object | None] = {
        "@context": "https://schema.org/",
        "@type": "Dataset",
        "@id": page,
        "url": page,
        "name": title_of(record),
        "description": said.key.format(**said.facts),
        "identifier": _identifiers(record, deposit),
        "version": deposit.version,
        "creativeWorkStatus": None if standing == "sound" else standing,
        "license": spdx_url(deposit.license) or deposit.license,
        "isAccessibleForFree": True if deposit.access == "open" else None,
        "creator": [_person(one) for one in deposit.contributors if one is not None],
        "contributor": [
            role for one in deposit.contributors if one is not None for role in _roles(one)
        ],
        "isBasedOn": [
            one.identifier or f"/records/{(one.record or b'').hex()}"
            for one in deposit.relations
            if one.relation in _BASED_ON
        ],
        "includedInDataCatalog": {"@type": "DataCatalog", "name": record.aud, "url": "/"},
        "subjectOf": {
            "@type": "DigitalDocument",
            "name": "Receipt of the deposit",
            "url": f"/v1{page}/receipt",
            "encodingFormat": "application/json",
        },
    }
    return {name: value for name, value in members.items() if value not in (None, [])}


def script_text(value: object) -> str:
    """Return JSON that may stand inside ``<script>``: ASCII, and nothing that HTML would see."""
    text = json.dumps(value, ensure_ascii=True, separators=(",", ":"))
    for one in "<>&":
        text = text.replace(one, f"\\u{ord(one):04x}")
    return text


def _identifiers(record: Record, deposit: Deposit) -> list[object]:
    named: list[object] = [plain_identifier(one.type, one.value) for one in deposit.identifiers]
    named.append(_property("record id", record.id_hex))
    if deposit.dataset_digest is not None:
        digest = deposit.dataset_digest.hex()
        named.append(_property("dataset digest (RFC 9162 tree, SHA-256)", digest))
    return named


def _property(name: str, value: str) -> dict[str, str]:
    return {"@type": "PropertyValue", "propertyID": name, "value": value}


def _named(one: Contributor) -> dict[str, object]:
    person: dict[str, object] = {"@type": "Person", "name": one.name}
    return person if one.orcid is None else person | {"@id": ORCID + one.orcid}


def _person(one: Contributor) -> dict[str, object]:
    affiliation = [{"@type": "Organization", "@id": ROR + ror} for ror in one.ror]
    return _named(one) | ({"affiliation": affiliation} if affiliation else {})


def _roles(one: Contributor) -> list[dict[str, object]]:
    """Return each role as schema.org has it: a ``Role`` between the dataset and the person."""
    return [
        {"@type": "Role", "roleName": ROLES[slug].uri, "contributor": _named(one)}
        for slug in one.roles
    ]
