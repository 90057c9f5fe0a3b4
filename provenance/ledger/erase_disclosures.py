"""Carry out erasures: destroy keys, take back manifests, forget whom the index of people names.

    erasure entry --> manifests --> keys of disclosures --> index of people --> erased_size

The entry comes first and is the order; everything here follows from it and is safe to repeat. So a
start carries out what a crash has left, and a restored copy all of it once more: a backup from
before an erasure brings nothing back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from provenance import tlog
from provenance.digests import from_b64url
from provenance.erasure import Erased, read_erasure
from provenance.errors import ErasedError
from provenance.ledger.find_people import named_by, names_person, orcid_words, words_of
from provenance.ledger.load_record import load_record
from provenance.ledger.ports import NewEntry
from provenance.ledger.projections import project
from provenance.merkle import leaf_hash
from provenance.record import issue_record, parse_entry

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from provenance.keys import PrivateKey
    from provenance.ledger.ports import KeyStore, LogReader, LogStore, Named
    from provenance.record import Record

__all__ = [
    "apply_erasures",
    "check_manifest_kept",
    "erased_of",
    "find_person",
    "integrate_erasure",
    "issue_erasure",
]

_PAGE = 1_000


# --- the order --------------------------------------------------------------------------------


def find_person(orcid: str, *, store: LogReader, key_store: KeyStore) -> list[Erased]:
    """Find every public disclosure that names a person by ORCID iD.

    Of a ``key`` record of that person's all identity claims go, of any other record whatever
    names them, what its holder keeps from view as well. Records that name them nowhere else than
    there are in no index: whoever erases has to name those.
    """
    words = orcid_words(orcid)
    found, after = [], -1
    while indexes := store.records_of_person(key_store.tag(words), after, _PAGE):
        for index in indexes:
            record = load_record(index, log=store, key_store=key_store, holder=True)
            if names_person(record, words):
                found.append(erased_of(record, orcid))
        after = indexes[-1]
    return found


def erased_of(record: Record, orcid: str) -> Erased:
    """Return what of a record names the person with this ORCID iD, held disclosures included."""
    words = orcid_words(orcid)
    parts = record.parts
    if record.type != "key" or not names_person(record, words):
        parts = tuple(part for part in parts if words in words_of(part))
    digests = frozenset(from_b64url(part.digest) for part in parts)
    return Erased(record.id, digests, manifest=False)


def issue_erasure(
    erased: Sequence[Erased], *, root: PrivateKey, origin: str, now_unix: int
) -> Record:
    """Sign the order, by the log's root key."""
    claims = {"records": [one.to_claim() for one in erased]}
    return issue_record(
        "erasure", claims, private_key=root, aud=origin, iat=now_unix, salts=iter(())
    )


def integrate_erasure(record: Record, store: LogStore) -> int:
    """Make the order an entry, and return its leaf index; its head is still to be signed."""
    with store.integrate() as transaction:
        size = transaction.head().tree_size
        extension = tlog.append(size, [leaf_hash(record.entry)], transaction.read_tile)
        transaction.append([NewEntry(record.entry, project(record, size, None))], extension)
        # a crash here leaves the log as it was: the transaction has not been committed
    return size


# --- carrying it out --------------------------------------------------------------------------


def apply_erasures(store: LogStore, key_store: KeyStore, *, again: bool = False) -> int:
    """Carry out the erasures that the log orders and were not carried out; return how many.

    Args:
        again: those too that were: the databases may be older than that.

    Raises:
        UnavailableError: a reader holds the old state of the files; ask again.
    """
    indexes = store.erasures(0 if again else key_store.erased_size())
    if not indexes:
        return 0  # and nothing is written: a start needs no free disk for this
    erased = [one for index in indexes for one in _ordered(index, store)]
    touched = [_erase(one, store, key_store) for one in erased]
    # a crash here leaves names in the index that no disclosure shows: all begins again
    people = sorted({index for index in touched if index is not None})
    store.replace_people(_people(people, store, key_store))
    key_store.forget()
    key_store.note_erased(indexes[-1] + 1)
    return len(indexes)


def _ordered(leaf_index: int, store: LogReader) -> tuple[Erased, ...]:
    (entry,) = store.entries(leaf_index, leaf_index + 1)
    return read_erasure(parse_entry(entry))


def _erase(one: Erased, store: LogStore, key_store: KeyStore) -> int | None:
    """Erase what is stored of one record; return its leaf index, None if it is no entry."""
    index = store.record_indexes([one.record]).get(one.record)
    if index is None:
        return None
    if one.manifest:
        store.erase_manifest(index)
    if one.digests is None or one.digests:
        stored = [(part.digest, part.ciphertext) for part in store.disclosures(index)]
        if stored:
            key_store.erase(one.record, one.digests, stored)
    return index


def _people(indexes: Sequence[int], store: LogReader, key_store: KeyStore) -> Iterator[Named]:
    for index in indexes:
        record = load_record(index, log=store, key_store=key_store)
        yield named_by(record, index, key_store.tag)


def check_manifest_kept(record_id: bytes, leaf_index: int, store: LogReader) -> None:
    """Check that a record's manifest was never erased: what was does not come back.

    Raises:
        ErasedError: it was.
    """
    for index in store.erasures(leaf_index):
        if any(one.record == record_id and one.manifest for one in _ordered(index, store)):
            raise ErasedError(f"the manifest of record {record_id.hex()} was erased")
