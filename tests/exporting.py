"""Deposits to export: receipts of real data, with people, and hostile ones."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from published import FOLDER
from receipts import (
    DATASET,
    NOW,
    ORIGIN,
    Built,
    Shape,
    build,
    dataset_summary,
    key_of,
    salts,
)

from provenance.digests import to_evm_hex
from provenance.errors import MalformedError
from provenance.exports import Subject, write_text
from provenance.files.manifest_file import write_manifest_file
from provenance.files.walk import hash_dataset
from provenance.given import GivenBlock
from provenance.record import issue_record
from provenance.sealed import seal_claims
from provenance.text import check_line
from provenance.verify import verify_receipt

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from provenance.policy import Policy

__all__ = [
    "CLAIMS",
    "ORCID",
    "PEOPLE",
    "ROR",
    "hostile_lines",
    "put_dataset",
    "sealed_subject",
    "subject_of",
    "text_of",
    "verified",
    "with_data",
]

ORCID, ROR = "0000-0002-1825-0097", "05dxps055"
PEOPLE: list[dict[str, object]] = [
    {"name": "王小明", "orcid": ORCID, "ror": [ROR], "roles": ["data-curation", "investigation"]},
    {"name": "Kristen Gorman", "ror": [ROR, "013q1eq08"], "roles": ["writing-original-draft"]},
    {"name": "龔𠮷 (Team)"},
]
CLAIMS: dict[str, object] = {
    "title": "企鹅 – Palmer penguins",
    "version": "1.10",
    "contributors": PEOPLE,
    "identifiers": [
        {"type": "doi", "value": "10.5072/penguins"},
        {"type": "cstr", "value": "31253.11.sciencedb.00001"},
    ],
    "relations": [
        {"relation": "wasRevisionOf", "record": "ab" * 32},
        {"relation": "wasDerivedFrom", "identifier": "https://doi.org/10.6073/pasta.98b1"},
    ],
}


def subject_of(claims: Mapping[str, object] | None = None, **shape: object) -> Subject:
    """A receipt of the builder's three files, with people and what belongs to a real deposit."""
    return Subject.parse(built(claims, **shape).octets, now_unix=NOW)


def built(claims: Mapping[str, object] | None = None, **shape: object) -> Built:
    return build(Shape(claims=CLAIMS | dict(claims or {}), **shape))  # type: ignore[arg-type]  # as Shape has it


def verified(made: Built, *, hashes: bool = True, policy: Policy | None = None) -> Subject:
    """The subject with a verdict, perhaps with the block hashes that its reader looked up."""
    known = made.evidence_hashes.values() if hashes else ()
    verdict = verify_receipt(
        made.octets,
        policy or made.policy,
        now_unix=NOW,
        blocks=[GivenBlock.from_hash(to_evm_hex(one)) for one in known],
    )
    return replace(Subject.parse(made.octets, now_unix=NOW), verdict=verdict)


def sealed_subject() -> Subject:
    """A deposit that seals both digests, its title and how much it is, under an open receipt."""
    key = key_of(8)
    summary = dataset_summary()
    hidden: dict[str, object] = {
        "dataset_digest": summary.digest.hex(),
        "salted_digest": "5c" * 32,
        "title": "A sealed title",
        "files": summary.files,
        "bytes": summary.length,
    }
    record = issue_record(
        "deposit",
        {"contributors": PEOPLE},
        private_key=key,
        aud=ORIGIN,
        iat=NOW,
        salts=salts(),
        made=seal_claims(hidden, key=key.public.thumbprint, salts=salts()),
    )
    subject = subject_of()
    return replace(subject, parts=replace(subject.parts, record=record))


def put_dataset(folder: Path, files: Mapping[str, bytes] = DATASET) -> Path:
    """Write the builder's three files, or others."""
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    return folder


def with_data(data: Path, place: Path, claims: Mapping[str, object] | None = None) -> Subject:
    """A deposit of what lies at ``data``, with its manifest at ``place``."""
    manifest = place / "data.manifest.jsonl"
    summary = write_manifest_file(manifest, hash_dataset(data))
    signed: dict[str, object] = {"dataset_digest": summary.digest.hex(), "files": summary.files}
    signed["bytes"] = summary.length
    return replace(subject_of(signed | dict(claims or {})), manifest=manifest, data=data)


def text_of(name: str, subject: Subject) -> str:
    return b"".join(write_text(name, subject)).decode()


def hostile_lines() -> list[str]:
    """Titles that break what is careless, of those that a record may carry."""
    own = ["</title><script>alert(1)</script>", "]]>", "&amp;&", "\ufffe\uffff", "a: b # c", "'\""]
    own += ["a\u2028Payload-Oxum: 0.0\u2029b", "%s{title}{0.__class__}", "../../etc", "\\", "No"]
    path = FOLDER / "blns" / "blns.json"
    listed = json.loads(path.read_text()) if path.exists() else []
    return [one for one in own + listed if _is_line(one)]


def _is_line(text: str) -> bool:
    if not 0 < len(text) <= 1_000 or text != text.strip():
        return False
    try:
        check_line(text)
    except MalformedError:
        return False
    return True
