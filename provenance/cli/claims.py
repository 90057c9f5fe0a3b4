"""What a deposit says of its data: from a metadata file, from flags, and from the data."""

from __future__ import annotations

import os
import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from provenance import strict_json
from provenance.assurance import Assurance
from provenance.cli.files import read_file
from provenance.credit import role_of
from provenance.errors import MalformedError
from provenance.files.keystore import generate
from provenance.fingerprint import Summary
from provenance.identifiers import bare_orcid, bare_ror
from provenance.record import issue_record
from provenance.text import nfc

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

__all__ = [
    "Flags",
    "check_claims",
    "contributor_of",
    "dataset_claims",
    "flag_claims",
    "new_salts",
    "read_metadata",
    "relation_of",
    "roles_of",
]

_METADATA_BYTES = 1 << 20


def read_metadata(path: Path | None) -> dict[str, object]:
    """Read the claims of a JSON file; record.py judges them."""
    if path is None:
        return {}
    value = strict_json.parse(read_file(path), max_bytes=_METADATA_BYTES)
    if not isinstance(value, dict):
        raise MalformedError("expected a JSON object", field=str(path))
    return dict(value)


@dataclass(frozen=True, slots=True)
class Flags:
    """What the flags of ``deposit`` state; None where a flag was not given."""

    title: str | None
    version: str | None
    contributors: list[str] | None
    license: str | None
    access: str | None
    identifiers: list[str] | None
    relations: list[str] | None
    block: str | None


def flag_claims(flags: Flags) -> dict[str, object]:
    """Return the claims that flags state; they win over the metadata file."""
    claims: dict[str, object] = {
        "title": None if flags.title is None else nfc(flags.title),
        "version": None if flags.version is None else nfc(flags.version),
        "contributors": [contributor_of(text) for text in flags.contributors or ()],
        "license": flags.license,
        "access": flags.access,
        "identifiers": [_identifier(text) for text in flags.identifiers or ()],
        "relations": [relation_of(text) for text in flags.relations or ()],
        "block": None if flags.block is None else _block(flags.block),
    }
    return {name: value for name, value in claims.items() if value}


def roles_of(text: str) -> list[str]:
    """Read roles with commas between them, by any of their names; record.py judges the rest."""
    found = [(one.strip(), role_of(one)) for one in text.split(",")]
    return [name if role is None else role.slug for name, role in found]


def contributor_of(text: str) -> dict[str, object]:
    """Read one person, as ``Name; orcid=...; ror=...; roles=...``."""
    name, *rest = [part.strip() for part in text.split(";")]
    person: dict[str, object] = {"name": nfc(name)}
    for part in rest:
        what, _separator, value = part.partition("=")
        match what.strip():
            case "orcid":
                person["orcid"] = bare_orcid(value.strip())
            case "ror":
                person["ror"] = [bare_ror(one.strip()) for one in value.split(",")]
            case "roles":
                person["roles"] = roles_of(value)
            case _:
                raise MalformedError(
                    f"expected orcid=, ror= or roles=, got {part!r}", field="--contributor"
                )
    return person


def _identifier(text: str) -> dict[str, object]:
    kind, _separator, value = text.partition(":")
    return {"type": kind.lower(), "value": value}


def relation_of(text: str) -> dict[str, object]:
    """Read one relation, as ``wasRevisionOf=<record id>``."""
    word, _separator, target = text.partition("=")
    member = "record" if re.fullmatch("[0-9a-f]{64}", target) else "identifier"
    return {"relation": word, member: target}


def _block(text: str) -> dict[str, object]:
    match = re.fullmatch(r"(\d{1,15}):(\d{1,15}):(0x[0-9a-f]{64})", text)
    if match is None:
        raise MalformedError("expected CHAIN:NUMBER:HASH, as 1:23500000:0x...", field="--block")
    chain_id, number, block_hash = match.groups()
    return {"chain_id": int(chain_id), "number": int(number), "block_hash": block_hash}


def check_claims(claims: dict[str, object], hold: Sequence[str]) -> None:
    """Let the record's own rules judge before anything is hashed, asked for or written.

    Raises:
        MalformedError: or one of its leaves; ``field`` names the claim.
    """
    for name in ("dataset_digest", "declared_digest", "files", "bytes", "assurance", "sealed"):
        if name in claims:
            raise MalformedError("is taken from the data, not from the metadata", field=name)
    stand_in = dataset_claims(Summary(bytes(range(32)), 1, 1))
    issue_record(
        "deposit",
        claims | stand_in,
        private_key=generate("Ed25519"),
        aud="nowhere.invalid",
        iat=int(time.time()),
        salts=new_salts(),
        hold=hold,
    )


def dataset_claims(
    summary: Summary,
    *,
    algorithm: str = "sha256",
    levels: Assurance | None = None,
    additional: Mapping[str, Summary] | None = None,
) -> dict[str, object]:
    """Return the claims that the data themselves make.

    Args:
        algorithm: any but SHA-256 makes the digest a declared one.
        levels: how the digests came about; None where every file was hashed here.
        additional: what came out by other algorithms, beside SHA-256.
    """
    digest = summary.digest.hex()
    dataset: dict[str, object] = {"dataset_digest": digest}
    if algorithm != "sha256":
        dataset = {"declared_digest": {"algorithm": algorithm, "digest": digest}}
    dataset["files"] = summary.files
    if summary.length is not None:
        dataset["bytes"] = summary.length
    if additional:
        dataset["additional_digests"] = [
            {"algorithm": name, "digest": one.digest.hex()} for name, one in additional.items()
        ]
    levels = levels or Assurance(rehashed=summary.files)
    return dataset | {"assurance": levels.to_claim()}


def new_salts() -> Iterator[bytes]:
    """Yield salts for disclosures, 16 random bytes each (RFC 9901 §9.3)."""
    while True:
        yield os.urandom(16)
