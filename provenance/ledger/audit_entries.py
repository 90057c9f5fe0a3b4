"""The rules that every entry of a log must keep, checked one after the other from the first.

    genesis        only entry 0, signed by the root key
    beacon         signed by a beacon key in force, of the first chain, blocks never going back
    configuration  signed by the root key, changing nothing below its own checkpoint
    key            signed by itself, the kid its thumbprint
    any other      signed by a key whose ``key`` record has a lower index

What holds of keys besides, who may bind and revoke them, is checked in ``audit_keys``.

No two entries are the same record, and all are meant for this log. Whoever holds the entries can
check all this; nothing here needs the service, its database or its word.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from provenance.checkpoint import Checkpoint, open_checkpoint
from provenance.errors import BadSignatureError, UnknownKeyError, VerificationError
from provenance.ledger.audit_keys import KeyAuditor
from provenance.ledger.keys_in_force import KeysInForce
from provenance.note import Note
from provenance.record import (
    beacon_of,
    check_audience,
    configuration_of,
    genesis_of,
    parse_entry,
    verify_signature,
)

if TYPE_CHECKING:
    from provenance.keys import PublicKey
    from provenance.ledger.keys_in_force import InForce
    from provenance.record import Record
    from provenance.record_values import Beacon

__all__ = ["EntryAuditor"]


class EntryAuditor:
    """Takes the entries in order; keeps some hundred bytes per record and per key."""

    def __init__(self, *, origin: str, root_key: PublicKey) -> None:
        """Expect a log called ``origin`` that ``root_key`` began."""
        self._origin = origin
        self._root_key = root_key
        self._ids: set[bytes] = set()
        self._keys = KeyAuditor()
        self._in_force: KeysInForce | None = None
        self._beacon_chain: int | None = None
        self._last_beacon: Beacon | None = None
        self._count = 0
        self.by_type: Counter[str] = Counter()
        """How many entries of each type were checked."""

    def take(self, entry: bytes) -> Record:
        """Check the next entry and return it parsed.

        Raises:
            MalformedError: not a record, or meant for another log.
            VerificationError: it breaks one of the rules.
            UnknownKeyError: its key has no ``key`` record at a lower index.
        """
        index = self._count
        record = parse_entry(entry)
        check_audience(record, self._origin)
        if record.id in self._ids:
            raise VerificationError("the same record has a lower index too")
        if (index == 0) is not (record.type == "genesis"):
            raise VerificationError(f"a {record.type} record cannot stand at index {index}")
        verify_signature(record, self._signer(record))
        self._learn(index, record)
        self._ids.add(record.id)
        self._count += 1
        self.by_type[record.type] += 1
        return record

    def check_signer(self, note_text: str) -> None:
        """Check that a key signed a checkpoint which the log itself puts in force for its size.

        The policy's ranges may be older than the newest ``configuration``; the entries are not.

        Raises:
            BadSignatureError: no such key signed it: it was retired, or never added.
        """
        size = Checkpoint.from_text(Note.parse(note_text).text).tree_size
        verifiers = self._keys_at(size).checkpoint_keys
        try:
            open_checkpoint(note_text, self._origin, verifiers)
        except BadSignatureError as error:
            raise BadSignatureError(
                f"no key that genesis and configurations put in force for tree size {size} "
                f"signed it: {error}"
            ) from error

    def _signer(self, record: Record) -> PublicKey:
        if record.type in {"genesis", "configuration", "erasure"}:
            return self._root_key
        if record.key is not None:
            return record.key
        if record.type == "beacon":
            return self._beacon_signer(record)
        key = self._keys.keys.get(record.kid)
        if key is None:
            raise UnknownKeyError(f"{record.kid} has no key record at a lower index")
        return key

    def _beacon_signer(self, record: Record) -> PublicKey:
        key = self._keys_at(self._count + 1).beacon_keys.get(record.kid)
        if key is None:
            raise UnknownKeyError(f"{record.kid} may not sign the beacon at index {self._count}")
        return key

    def _keys_at(self, tree_size: int) -> InForce:
        if self._in_force is None:
            raise VerificationError("the log does not begin with genesis")
        return self._in_force.at(tree_size)

    def _learn(self, index: int, record: Record) -> None:
        """Take in what later entries depend on."""
        if record.type == "genesis":
            genesis = genesis_of(record)
            if genesis.root_key != self._root_key:
                raise VerificationError("genesis names another root key than the policy")
            self._in_force = KeysInForce(genesis)
            self._beacon_chain = genesis.chains[0].chain_id
        elif record.type == "configuration":
            if self._in_force is not None:  # always: entry 0 is genesis
                self._in_force.take(index, configuration_of(record))
        elif record.type == "beacon":
            self._learn_beacon(beacon_of(record))
        elif record.type != "erasure":
            self._keys.take(record)

    def _learn_beacon(self, beacon: Beacon) -> None:
        if beacon.block.chain_id != self._beacon_chain:
            raise VerificationError(f"block of chain {beacon.block.chain_id}, not the first chain")
        number, last = beacon.block.number, self._last_beacon
        if last is not None and (number <= last.block.number or beacon.timestamp < last.timestamp):
            raise VerificationError(f"block {number} comes after block {last.block.number}")
        self._last_beacon = beacon
