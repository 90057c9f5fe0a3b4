"""The example dataset once more, sealed; what opens it whole, or one file of it; an erasure."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

from example_ledger import ALICE, ORIGIN, ROOT, T0
from openings import issue_opening

from provenance import fingerprint
from provenance.digests import from_b64url, sha256
from provenance.erasure import Erased
from provenance.ledger.erase_disclosures import issue_erasure
from provenance.record import issue_record
from provenance.salted import file_opening, salted_digest
from provenance.sealed import SealedSecret, seal_claims

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provenance.fingerprint import FileEntry
    from provenance.record import Record

__all__ = ["SealedExample", "make_erasure", "make_sealed"]

SALTS = sha256(b"salts of the example")
"""The owner's 32 random bytes."""


@dataclass(frozen=True)
class SealedExample:
    """A sealed deposit and all that its owner has of it."""

    deposit: Record
    secret: SealedSecret
    opening: Record
    file_opening: bytes


def make_sealed(entries: Sequence[FileEntry]) -> SealedExample:
    """Seal both digests; open them, and one file."""
    data = fingerprint.summarize(entries)
    salts = (sha256(b"sealed %d" % number)[:16] for number in count())
    made = seal_claims(
        {
            "dataset_digest": data.digest.hex(),
            "salted_digest": salted_digest(entries, SALTS).hex(),
        },
        key=ALICE.public.thumbprint,
        salts=salts,
    )
    deposit = issue_record(
        "deposit",
        {"files": data.files, "bytes": data.length},
        private_key=ALICE,
        aud=ORIGIN,
        iat=T0 + 3_200,
        salts=salts,
        made=made,
    )
    secret = SealedSecret(deposit.id, made)
    names = ["dataset_digest", "salted_digest"]
    opening = issue_opening(secret, names, private_key=ALICE, aud=ORIGIN, iat=T0 + 3_260)
    one = file_opening(entries, entries[0].path, SALTS, secret.named(["salted_digest"]))
    return SealedExample(deposit, secret, opening, one.to_bytes())


def make_erasure(record: Record) -> Record:
    """Order that one disclosure of a record is erased, and its published manifest."""
    first = from_b64url(record.parts[0].digest)
    erased = [Erased(record.id, frozenset([first]), manifest=True)]
    return issue_erasure(erased, root=ROOT, origin=ORIGIN, now_unix=T0 + 3_320)
