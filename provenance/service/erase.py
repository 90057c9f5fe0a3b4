"""Erase what a ledger discloses of a person, by order of its root key, while it does not run.

    (1) order     ``erasure`` entries, signed by the root key: durable, and part of the log
    (2) head      signed, so that the order is proved like any other entry
    (3) keys      destroyed, with published manifests and the index of people

A crash after (1) is made good by the next start, which signs what is unsigned and carries out what
is ordered; nothing has to be asked for again.
"""

from __future__ import annotations

from contextlib import ExitStack, closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from provenance import strict_json
from provenance.digests import from_b64url
from provenance.erasure import Erased
from provenance.errors import MalformedError, NotFoundError, VerificationError
from provenance.files.lock import FolderLock
from provenance.ledger.erase_disclosures import (
    apply_erasures,
    erased_of,
    find_person,
    integrate_erasure,
    issue_erasure,
)
from provenance.ledger.load_record import load_record
from provenance.ledger.sign_checkpoint import sign_newest_head
from provenance.operator_types import MAX_ERASED
from provenance.policy import Policy
from provenance.service.change_intent import check_settled
from provenance.service.operator_keys import OperatorKeys
from provenance.service.signer_process import open_signer
from provenance.store.key_store import open_key_store
from provenance.store.log_store import open_log_store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from provenance.keys import PrivateKey
    from provenance.ledger.ports import KeyStore, LogStore
    from provenance.record import Record
    from provenance.service.settings import LedgerFolder

__all__ = ["Done", "Wish", "erase"]

_MAX_CLAIM_BYTES: Final = 45_000
"""Of one order: base64url makes a third more of it, and an entry holds 65,535 bytes."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be erased; of the records alone, all that they disclose and their manifests."""

    records: tuple[bytes, ...] = ()
    """Record ids of 32 bytes; none to look for the person in the whole log."""
    person: str | None = None
    """ORCID iD, bare."""
    digests: tuple[str, ...] = ()
    """Base64url digests of disclosures of the one record."""
    manifest: bool = False
    """The published manifest, and nothing else unless it is named too."""


@dataclass(frozen=True, slots=True)
class Done:
    """What was erased, and where the log says so."""

    erased: tuple[Erased, ...]
    entries: tuple[int, ...]


def erase(
    folder: LedgerFolder,
    wish: Wish,
    *,
    unlock_root: Callable[[OperatorKeys], PrivateKey],
    now_unix: int,
) -> Done:
    """Order an erasure and carry it out.

    Raises:
        LockedError: the service runs.
        NotFoundError: no such record, or nothing that names the person.
        MalformedError: not a ledger folder, no root key, or a digest that is not the record's.
        VerificationError: another root key than the policy's.
        UnavailableError: the signer or a database is away; the next start goes on.
    """
    settings = folder.read_settings()
    policy = Policy.parse(folder.policy.read_bytes())
    with (
        FolderLock(folder.writer_lock, purpose="write this ledger or erase from it"),
        ExitStack() as opened,
    ):
        store = opened.enter_context(closing(open_log_store(folder.log_database(settings))))
        keys = opened.enter_context(closing(open_key_store(folder.key_database(settings))))
        signer = opened.enter_context(closing(open_signer(folder, policy, settings.signer)))
        check_settled(folder, store)
        sign_newest_head(store=store, signer=signer, origin=policy.origin)
        erased = _resolve(wish, store, keys)
        root = unlock_root(OperatorKeys(folder.keys))
        if root.public != policy.root_key:
            raise VerificationError("this is another root key than the policy names")
        entries = []
        for some in _orders(erased):
            record = issue_erasure(some, root=root, origin=policy.origin, now_unix=now_unix)
            entries.append(integrate_erasure(record, store))  # (1)
        sign_newest_head(store=store, signer=signer, origin=policy.origin)  # (2)
        apply_erasures(store, keys)  # (3)
    return Done(tuple(erased), tuple(entries))


def _resolve(wish: Wish, store: LogStore, key_store: KeyStore) -> list[Erased]:
    """Find what is meant; nothing is changed here."""
    if not wish.records:
        if wish.person is None or wish.digests or wish.manifest:
            raise MalformedError("expected a record, or a person alone", field="ID")
        found = find_person(wish.person, store=store, key_store=key_store)
    else:
        records = [_load(one, store, key_store) for one in dict.fromkeys(wish.records)]
        found = [_erased(one, wish) for one in records]
    found = [one for one in found if one.digests is None or one.digests or one.manifest]
    if not found:
        raise NotFoundError(f"nothing that can be read names {wish.person}", field="--person")
    return found


def _load(record_id: bytes, store: LogStore, key_store: KeyStore) -> Record:
    index = store.record_indexes([record_id]).get(record_id)
    if index is None:
        raise NotFoundError(f"there is no record {record_id.hex()}", field="ID")
    return load_record(index, log=store, key_store=key_store, holder=True)


def _erased(record: Record, wish: Wish) -> Erased:
    if wish.person is not None:
        found = erased_of(record, wish.person)
        return Erased(record.id, found.digests, wish.manifest)
    if not wish.digests:
        return Erased(record.id, frozenset() if wish.manifest else None, manifest=True)
    own = {part.digest for part in record.parts} | record.withheld
    for digest in wish.digests:
        if digest not in own:
            raise MalformedError(f"{digest!a:.60} is no digest of the record", field="--digest")
    return Erased(record.id, frozenset(map(from_b64url, wish.digests)), wish.manifest)


def _orders(erased: Sequence[Erased]) -> Iterator[list[Erased]]:
    """Cut what is to be erased into what one entry can say, each record once."""
    some: list[Erased] = []
    length = 0
    for one in erased:
        size = len(strict_json.dump(one.to_claim()))
        if some and (len(some) == MAX_ERASED or length + size > _MAX_CLAIM_BYTES):
            yield some
            some, length = [], 0
        some.append(one)
        length += size
    if some:
        yield some
