"""Give records their leaf indexes: the first durable step of the group commit.

Under the lock of the log's head one transaction takes every request that waits::

    requests --repeats, refusals--> new records --beacon in front--> entries, tiles, head --> commit

Nothing is signed here and nobody is answered. The head that this leaves is durable; the signer
(``sign_checkpoint``) reads it back and recomputes it before anybody hears of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, TypeAlias

from provenance import tlog
from provenance.digests import sha256
from provenance.errors import ClockAheadError, ProvenanceError, UnknownKeyError
from provenance.ledger.check_authority import BatchAuthority
from provenance.ledger.find_people import opened_by, tags_of
from provenance.ledger.ports import Head, NewEntry, SealedDisclosure
from provenance.ledger.projections import project
from provenance.merkle import leaf_hash
from provenance.record import Record, key_binding_of, parse_record

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from provenance.identity import Institution
    from provenance.ledger.accept_records import Item
    from provenance.ledger.ports import (
        BeaconSource,
        KeyStore,
        LogReader,
        LogStore,
        LogTransaction,
        NewBeacon,
        StoredKey,
    )

__all__ = ["MAX_CLOCK_AHEAD", "Integrated", "Integration", "Outcome", "integrate_entries"]

MAX_CLOCK_AHEAD: Final = 600
"""Seconds that a new record's ``iat`` may lie ahead of our clock."""


@dataclass(frozen=True, slots=True)
class Integrated:
    """A record's place in the log."""

    record: Record
    """As it was submitted; on a repeat the stored bytes may differ, and they win."""
    leaf_index: int
    is_new: bool
    """This batch integrated it; False when it had its index before."""
    has_events: bool = True
    """False when nobody has bound or revoked the signing key below it."""


Outcome: TypeAlias = Integrated | ProvenanceError


@dataclass(frozen=True, slots=True)
class Integration:
    """What one transaction did."""

    outcomes: list[list[Outcome]]
    """Per request, per record, in the order given."""
    head: Head | None
    """The new durable head; None when nothing was new, so that nothing changed."""
    tiles: Mapping[tuple[int, int], bytes]
    """The stored tiles that were written, for a cache to take over."""

    @property
    def covering_size(self) -> int:
        """The smallest tree size whose checkpoint answers every outcome.

        Of a batch of nothing but repeats too: another process may have integrated them a moment
        ago, and not have signed them yet.
        """
        if self.head is not None:
            return self.head.tree_size
        placed = (one for row in self.outcomes for one in row if isinstance(one, Integrated))
        return max((one.leaf_index + 1 for one in placed), default=0)


def integrate_entries(  # noqa: PLR0913 -- what a batch is decided by
    requests: Sequence[Sequence[Item]],
    *,
    store: LogStore,
    key_store: KeyStore,
    beacons: BeaconSource | None,
    now_unix: int,
    institutions: Mapping[str, Institution] = MappingProxyType({}),
) -> Integration:
    """Integrate what is new among ``requests``; all of it is durable on return, or none.

    Args:
        requests: checked records (``accept_records.check_records``) and refusals.
        beacons: may begin the batch with a beacon; None for a log without a chain.
        institutions: by thumbprint, the institution keys of the policy that is served.

    Raises:
        UnavailableError: the store could not; nothing was integrated.
        FatalError: the state on disk is unknown.
    """
    with store.integrate() as transaction:
        batch = _Batch(transaction, requests, now_unix, store, key_store, institutions)
        outcomes = [[batch.take(item) for item in items] for items in requests]
        if not batch.new:
            return Integration([[_placed(one, 0) for one in row] for row in outcomes], None, {})
        beacon = None
        if beacons is not None:
            beacon = beacons.beacon_after(transaction.newest_beacon(), now_unix)
        first = batch.head.tree_size + (beacon is not None)
        entries = _entries(batch, beacon, first, key_store)
        # a crash here leaves keys of records that are not entries: the next start sweeps them,
        # under the lock that is held here, lest another process's start take them for orphans
        leaves = [leaf_hash(entry.entry) for entry in entries]
        extension = tlog.append(batch.head.tree_size, leaves, transaction.read_tile)
        transaction.append(entries, extension)
        # a crash here leaves the log as it was: the transaction has not been committed
    # a crash here leaves a durable head that is not signed; the next start signs it first
    placed = [[_placed(outcome, first) for outcome in row] for row in outcomes]
    return Integration(placed, Head(extension.tree_size, extension.root_hash), extension.tiles)


@dataclass(frozen=True, slots=True)
class _Pending:
    """A record of this batch: ``place`` counts its new records, or is where a repeat lies."""

    record: Record
    place: int
    is_new: bool
    in_batch: bool
    has_events: bool = True


_Planned: TypeAlias = _Pending | ProvenanceError


@dataclass(slots=True)
class _Batch:
    """Which records of a batch are new, which repeat, which are refused."""

    transaction: LogTransaction
    requests: Sequence[Sequence[Item]]
    now_unix: int
    log: LogReader
    key_store: KeyStore
    institutions: Mapping[str, Institution]
    authority: BatchAuthority = field(init=False)
    head: Head = field(init=False)
    stored: Mapping[bytes, int] = field(init=False)
    stored_keys: Mapping[str, StoredKey] = field(init=False)
    new: list[Record] = field(default_factory=list)
    new_places: dict[bytes, int] = field(default_factory=dict)
    new_keys: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        records = [item for items in self.requests for item in items if isinstance(item, Record)]
        self.head = self.transaction.head()
        self.stored = self.transaction.record_indexes(list({record.id for record in records}))
        self.stored_keys = self.transaction.stored_keys(list({record.kid for record in records}))
        self.authority = BatchAuthority(
            self.transaction,
            self.log,
            self.key_store,
            self.institutions,
            self.stored_keys,
            self.head.tree_size,
        )

    def take(self, item: Item) -> _Planned:
        """Plan one record, by six rules in this order.

        (1) What was refused before stays refused.
        (2) A record that is an entry, or new in this batch, is a repeat: same index.
        (3) A ``key`` record of a known key is a repeat of the first one, or if somebody bound the
            key in it, of the first one with a binding by the same key.
        (4) Only now the clock, so that a retry never fails on it.
        (5) Every other record needs its key at a lower index.
        (6) Its key must not have been revoked, and must have the right to say this.
        """
        if not isinstance(item, Record):  # (1)
            return item
        repeat = self._repeat(item)
        if repeat is not None:
            return repeat
        if item.iat > self.now_unix + MAX_CLOCK_AHEAD:  # (4)
            return ClockAheadError(
                f"{item.iat} is more than {MAX_CLOCK_AHEAD} s after {self.now_unix}", field="iat"
            )
        place = len(self.new)
        is_known = item.kid in self.stored_keys or item.kid in self.new_keys
        if item.key is None and not is_known:  # (5)
            return UnknownKeyError(f"the key record of {item.kid} was refused", field="header.kid")
        refusal = self.authority.check(item)  # (6)
        if refusal is not None:
            return refusal
        if not is_known:
            self.new_keys[item.kid] = place
        self.authority.take(item)
        self.new.append(item)
        self.new_places[item.id] = place
        has_events = self.authority.has_events(item.kid)
        return _Pending(item, place, is_new=True, in_batch=True, has_events=has_events)

    def _repeat(self, record: Record) -> _Pending | None:
        place = self.stored.get(record.id)  # (2)
        if place is not None:
            return _Pending(record, place, is_new=False, in_batch=False)
        place = self.new_places.get(record.id)  # (2)
        if place is not None:
            return _Pending(record, place, is_new=False, in_batch=True)
        return None if record.key is None else self._repeated_key(record)

    def _repeated_key(self, record: Record) -> _Pending | None:  # (3)
        binder = key_binding_of(record).binder
        if binder is not None:
            event = self.authority.bound_by(record.kid, binder.kid)
            if event is None:
                return None
            place = event.leaf_index - self.head.tree_size
            in_batch = place >= 0
            return _Pending(record, place if in_batch else event.leaf_index, False, in_batch)  # noqa: FBT003 -- no new one
        if record.kid in self.stored_keys:
            first = self.stored_keys[record.kid].leaf_index
            return _Pending(record, first, is_new=False, in_batch=False)
        if record.kid in self.new_keys:
            return _Pending(record, self.new_keys[record.kid], is_new=False, in_batch=True)
        return None

    def key_index(self, kid: str, first: int) -> int:
        """Return where the ``key`` record of a new record's key lies."""
        if kid in self.stored_keys:
            return self.stored_keys[kid].leaf_index
        return first + self.new_keys[kid]


def _placed(planned: _Planned, first: int) -> Outcome:
    if not isinstance(planned, _Pending):
        return planned
    index = first + planned.place if planned.in_batch else planned.place
    return Integrated(planned.record, index, planned.is_new, planned.has_events)


def _entries(
    batch: _Batch, beacon: NewBeacon | None, first: int, key_store: KeyStore
) -> list[NewEntry]:
    """Seal the disclosures (their keys are then durable) and make the entries in order."""
    entries = []
    if beacon is not None:
        record = parse_record(beacon.compact, complete=True)
        projection = project(record, first - 1, None)
        entries.append(NewEntry(record.entry, projection, (), beacon.header))
    # hashing the text again is cheaper than decoding its digest
    digests = [
        [(sha256(part.text.encode("ascii")), part.text) for part in record.parts]
        for record in batch.new
    ]
    ids = [record.id for record in batch.new]
    sealed = key_store.seal(list(zip(ids, digests, strict=True)))
    tag = cache(key_store.tag)  # the same people stand in record after record of a batch
    for place, (record, pairs, octets) in enumerate(zip(batch.new, digests, sealed, strict=True)):
        index = first + place
        disclosures = tuple(
            SealedDisclosure(digest, part.digest in record.held, ciphertext)
            for part, (digest, _), ciphertext in zip(record.parts, pairs, octets, strict=True)
        )
        projection = project(record, index, batch.key_index(record.kid, first))
        people = tags_of(record, tag) if disclosures else ()
        opened = opened_by(record) if disclosures else ()
        entries.append(
            NewEntry(record.entry, projection, disclosures, people=people, opened=opened)
        )
    return entries
