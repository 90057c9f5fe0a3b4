"""Gather what the log says below a new record, for the rules that need to know it.

    record --type--> no rule                         nothing is asked
                     a binding in a ``key`` record   the binder's key and its signature
                     ``authority.RULED``             signer, targets, owners, revokers

Everything is asked under the lock of the log's head, the new records before it in the batch
included: no other process can put an entry in between. That a key was revoked comes with the
key itself (``StoredKey.newest_event``), so that an ordinary record costs no question.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from provenance.authority import RULED, Facts, SignerFacts, Target, check_authority, records_needed
from provenance.errors import (
    FatalError,
    KeyRevokedError,
    ProvenanceError,
    UnavailableError,
    UnknownKeyError,
)
from provenance.identity import BoundKey, Level, standing_of
from provenance.key_binder import parse_binder
from provenance.key_values import revocation_of
from provenance.ledger.key_chain import chain_of, ends_of, read_key
from provenance.ledger.load_record import load_record
from provenance.ledger.ports import StoredKey
from provenance.ledger.projections import KeyEvent, project
from provenance.record import key_binding_of, parse_entry, parse_record

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from provenance.identity import Institution, Standing
    from provenance.keys import PublicKey
    from provenance.ledger.ports import KeyStore, LogReader, LogTransaction
    from provenance.record import Record

__all__ = ["BatchAuthority"]


@dataclass(slots=True)
class BatchAuthority:
    """The rules about authority for one batch; belongs to the transaction that it asks."""

    transaction: LogTransaction
    log: LogReader
    key_store: KeyStore
    institutions: Mapping[str, Institution]
    """By thumbprint, the institution keys of the policy that this service serves."""
    stored: Mapping[str, StoredKey]
    """The signing keys of the batch that are in the log, as the transaction found them."""
    next_index: int
    """Where the batch begins; a beacon in front moves all of it and changes no order."""
    _fresh: dict[bytes, BoundKey] = field(default_factory=dict)
    """The new records of the batch that a rule may ask for, by id, with their indexes."""
    _fresh_keys: dict[str, list[BoundKey]] = field(default_factory=dict)
    _fresh_events: dict[str, list[KeyEvent]] = field(default_factory=dict)
    _stored_events: dict[str, Sequence[KeyEvent]] = field(default_factory=dict)
    _taken: int = 0

    def check(self, record: Record) -> ProvenanceError | None:
        """Return why the log may not take ``record``, None when nothing speaks against it.

        Raises:
            UnavailableError: the store could not be asked.
            FatalError: the state on disk is unknown.
        """
        try:
            if self._is_revoked(record.kid):
                return KeyRevokedError(f"{record.kid} was revoked", field="header.kid")
            if "binder" in record.claims:
                self._check_binder(record)
            elif record.type in RULED:
                check_authority(record, self._facts(record))
        except (UnavailableError, FatalError):
            raise
        except ProvenanceError as error:
            return error
        return None

    def take(self, record: Record) -> None:
        """Note a new record of the batch: those after it may be about it."""
        index = self.next_index + self._taken
        self._taken += 1
        placed = BoundKey(record, index)
        self._fresh[record.id] = placed
        if record.key is not None:
            self._fresh_keys.setdefault(record.kid, []).append(placed)
        if record.key is not None or record.type == "revocation":
            event = project(record, index, None).key_event
            if event is not None:
                self._fresh_events.setdefault(event.kid, []).append(event)

    def has_events(self, kid: str) -> bool:
        """Tell whether anybody has bound or revoked a signing key of this batch."""
        stored = self.stored.get(kid)
        return kid in self._fresh_events or (stored is not None and stored.newest_event is not None)

    def bound_by(self, kid: str, binder: str) -> KeyEvent | None:
        """Return the first entry in which ``binder`` has bound the key; None without one."""
        if not self.has_events(kid):
            return None
        bindings = (one for one in self._events(kid) if not one.is_revocation)
        return next((one for one in bindings if one.by_kid == binder), None)

    # --- keys ---------------------------------------------------------------------------------

    def _is_revoked(self, kid: str) -> bool:
        return self.has_events(kid) and any(one.is_revocation for one in self._events(kid))

    def _events(self, kid: str) -> Sequence[KeyEvent]:
        return self.key_events([kid]).get(kid, ())

    def key_events(self, kids: Sequence[str]) -> Mapping[str, Sequence[KeyEvent]]:
        """Return what is said of keys below the next record (``key_chain.KeySource``)."""
        missing = [kid for kid in kids if kid not in self._stored_events]
        if missing:  # under the lock: what is stored stays as it is until the batch is done
            asked = self.transaction.key_events(missing)
            self._stored_events.update({kid: asked.get(kid, ()) for kid in missing})
        stored = self._stored_events
        found = {kid: [*stored.get(kid, ()), *self._fresh_events.get(kid, ())] for kid in kids}
        return {kid: events for kid, events in found.items() if events}

    def stored_keys(self, kids: Sequence[str]) -> Mapping[str, StoredKey]:
        """Return keys that are known below the next record (``key_chain.KeySource``)."""
        found = dict(self.transaction.stored_keys(kids))
        for kid in kids:
            fresh = self._fresh_keys.get(kid)
            if kid not in found and fresh:
                found[kid] = StoredKey(
                    kid, fresh[0].leaf_index, key_binding_of(fresh[0].record).key
                )
        return found

    def _known_key(self, kid: str, where: str) -> PublicKey:
        found = self.stored_keys([kid]).get(kid)
        if found is None:
            raise UnknownKeyError(f"no key record of {kid} at a lower index", field=where)
        return found.key

    def _check_binder(self, record: Record) -> None:
        """Check who signed the binding; whether he speaks for anybody, a reader's policy says."""
        binder = parse_binder(str(record.claims["binder"]))
        binder.verify(self._known_key(binder.kid, "binder"))
        if any(one.is_revocation for one in self._events(binder.kid)):
            raise KeyRevokedError(f"the binder's key {binder.kid} was revoked", field="binder")

    def _key_record(self, kid: str, leaf_index: int) -> BoundKey:
        if leaf_index >= self.next_index:
            fresh = self._fresh_keys[kid]
            return next(one for one in fresh if one.leaf_index == leaf_index)
        return read_key(kid, leaf_index, log=self.log, key_store=self.key_store)

    def _standing(self, kid: str) -> Standing:
        here = self.next_index + self._taken
        chain = [self._key_record(*place) for place in chain_of(kid, here, self)]
        ends = ends_of(self.key_events(list({one.record.kid for one in chain} - {kid})))
        return standing_of(kid, here, chain, self.institutions, ends)

    # --- facts --------------------------------------------------------------------------------

    def _facts(self, record: Record) -> Facts:
        targets = {}
        for record_id in records_needed(record):
            found = self._record(record_id)
            if found is not None:
                targets[record_id] = Target(found.record, self._owner(found))
        named = [str(record.claims[one]) for one in ("to", "key") if one in record.claims]
        return Facts(
            signer=self._signer(record.kid),
            targets=targets,
            known_keys=frozenset(self.stored_keys(named)) if named else frozenset(),
            revokers=self._revokers(record) if record.type == "revocation" else frozenset(),
        )

    def _signer(self, kid: str) -> SignerFacts:
        standing = self._standing(kid)
        binding = standing.binding
        return SignerFacts(
            kid=kid,
            is_bound=standing.level is Level.INSTITUTION_BOUND,
            may_bind=standing.may_bind,
            name=binding.name,
            orcid=binding.orcid,
        )

    def _revokers(self, record: Record) -> frozenset[str]:
        """Return who may revoke the key: itself, its recovery key, whoever bound it."""
        kid = revocation_of(record).key
        known = self.stored_keys([kid]).get(kid)
        if known is None:
            return frozenset()
        first = key_binding_of(self._entry(known.leaf_index))
        binders = {one.by_kid for one in self._events(kid) if not one.is_revocation}
        # only the first record names the recovery key: a thief can write later ones
        return frozenset({kid, *binders} | ({first.recovery} if first.recovery else set()))

    def _entry(self, leaf_index: int) -> Record:
        for one in self._fresh.values() if leaf_index >= self.next_index else ():
            if one.leaf_index == leaf_index:
                return one.record
        return parse_entry(self.transaction.entry(leaf_index))

    def _record(self, record_id: bytes) -> BoundKey | None:
        """Return a record below with its public disclosures."""
        fresh = self._fresh.get(record_id)
        if fresh is not None:
            # as the next batch will read it: what a holder keeps from view decides nothing
            shown = fresh.record
            if shown.held:
                shown = parse_record(shown.public(), complete=False)
            return BoundKey(shown, fresh.leaf_index)
        index = self.transaction.record_indexes([record_id]).get(record_id)
        if index is None:
            return None
        return BoundKey(load_record(index, log=self.log, key_store=self.key_store), index)

    def _owner(self, target: BoundKey) -> str:
        """Follow the transfers of a record; each was signed by who owned it then."""
        owner, at = target.record.kid, target.leaf_index
        while True:
            later = self._transfers(target.record.id, owner, at)
            moved = next(later, None)
            if moved is None:
                return owner
            owner, at = str(moved.record.claims["to"]), moved.leaf_index

    def _transfers(self, record_id: bytes, owner: str, after: int) -> Iterator[BoundKey]:
        known = self.transaction.stored_keys([owner]).get(owner)
        if known is not None:
            for index in self.transaction.signed_about(record_id, known.leaf_index):
                if index > after:
                    record = parse_entry(self.transaction.entry(index))
                    if _is_transfer(record, record_id):
                        yield BoundKey(record, index)
        fresh = (one for one in self._fresh.values() if one.leaf_index > after)
        yield from (
            one for one in fresh if one.record.kid == owner and _is_transfer(one.record, record_id)
        )


def _is_transfer(record: Record, record_id: bytes) -> bool:
    return record.type == "transfer" and record.claims.get("record") == record_id.hex()
