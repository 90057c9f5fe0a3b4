"""Put a new key of the log's own in the place of an old one: one ``configuration`` entry.

    log of N entries                      signed by the old key
    entry N        configuration          signed by the root key: adds new, retires old, from N + 2
    checkpoint N + 1                      signed by the old key, which so announces the new one
    checkpoint N + 2 and all later        signed by the new key

The entry is the change: what a policy says afterwards follows from it, and until it is an entry
nothing has changed. Whoever calls holds the writer's lock, so N stays what it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final

from provenance import tlog
from provenance.errors import ConflictError, MalformedError
from provenance.ledger.ports import NewEntry
from provenance.ledger.projections import project
from provenance.ledger.sign_checkpoint import sign_newest_head
from provenance.merkle import leaf_hash
from provenance.note import NoteVerifier
from provenance.policy import CheckpointKey
from provenance.record import (
    check_audience,
    configuration_of,
    issue_record,
    parse_record,
    verify_signature,
)

if TYPE_CHECKING:
    from provenance.keys import PrivateKey, PublicKey
    from provenance.ledger.configure_chains import ChainChange
    from provenance.ledger.ports import LogStore, SignedHead, Signer
    from provenance.policy import Policy
    from provenance.record import Record

__all__ = [
    "LEAD",
    "KeyKind",
    "Replacement",
    "changed_policy",
    "configure_log",
    "issue_configuration",
    "read_configuration",
]

LEAD: Final = 2
"""A change from N + 2 on is entry N: N + 1 is the size of the checkpoint that announces it."""


class KeyKind(Enum):
    """Which of the log's own keys; the value is its name among the operator's key files."""

    CHECKPOINT = "checkpoint"
    BEACON = "beacon"


@dataclass(frozen=True, slots=True)
class Replacement:
    """A key that takes another's place, as a ``configuration`` record says it."""

    kind: KeyKind
    old: PublicKey
    new: PublicKey
    from_tree_size: int
    """The smallest tree size whose checkpoint, and whose last entry, the new key may sign."""

    @property
    def leaf_index(self) -> int:
        """Where the record has to be in the log."""
        return self.from_tree_size - LEAD


# --- the record -------------------------------------------------------------------------------


def issue_configuration(  # noqa: PLR0913 -- each is a part of the record
    kind: KeyKind,
    *,
    old: PublicKey,
    new: PublicKey,
    root: PrivateKey,
    origin: str,
    tree_size: int,
    now_unix: int,
) -> Record:
    """Sign the record that becomes entry ``tree_size``."""
    claims = {
        "from_tree_size": tree_size + LEAD,
        "add": _keys_json(kind, new, origin),
        "retire": _keys_json(kind, old, origin),
    }
    return issue_record(
        "configuration", claims, private_key=root, aud=origin, iat=now_unix, salts=iter(())
    )


def _keys_json(kind: KeyKind, key: PublicKey, origin: str) -> dict[str, object]:
    if kind is KeyKind.CHECKPOINT:
        return {"checkpoint_keys": [NoteVerifier(origin, key).to_vkey()]}
    return {"beacon_keys": [key.jwk()]}


def read_configuration(compact: bytes, policy: Policy) -> tuple[Record, Replacement]:
    """Read a record that puts one key in the place of another, and check who signed it.

    Raises:
        MalformedError: not a record, of another log, or one that changes something else.
        BadSignatureError: another key than the policy's root key signed it.
    """
    record = parse_record(compact, complete=True)
    check_audience(record, policy.origin)
    change = configuration_of(record)
    verify_signature(record, policy.root_key)
    vkeys = change.retire.checkpoint_keys, change.add.checkpoint_keys
    beacons = change.retire.beacon_keys, change.add.beacon_keys
    if change.add.chains or change.retire.chains:
        raise MalformedError("expected a change of keys only", field="add.chains")
    size = change.from_tree_size
    if tuple(map(len, vkeys + beacons)) == (1, 1, 0, 0):
        old, new = (NoteVerifier.from_vkey(vkey).key for (vkey,) in vkeys)
        return record, Replacement(KeyKind.CHECKPOINT, old, new, size)
    if tuple(map(len, vkeys + beacons)) == (0, 0, 1, 1):
        (old,), (new,) = beacons
        return record, Replacement(KeyKind.BEACON, old, new, size)
    raise MalformedError("expected one key in the place of another", field="add")


# --- the policy -------------------------------------------------------------------------------


def changed_policy(policy: Policy, change: Replacement) -> bytes:
    """Return the policy's bytes after a change; the same bytes where it says so already.

    A policy names no beacon keys: those stay between the log and its audit.

    Raises:
        ConflictError: the policy does not know the old key, or has retired it.
    """
    new = NoteVerifier(policy.origin, change.new)
    if change.kind is KeyKind.BEACON or any(one.verifier == new for one in policy.checkpoint_keys):
        return policy.octets
    old = NoteVerifier(policy.origin, change.old)
    last = change.from_tree_size - 1
    if not any(one.verifier == old and one.covers(last + 1) for one in policy.checkpoint_keys):
        raise ConflictError("the policy has no such key in use", field="retire.checkpoint_keys")
    ranges = [
        CheckpointKey(old, one.first, last) if one.verifier == old and one.covers(last + 1) else one
        for one in policy.checkpoint_keys
    ]
    added = CheckpointKey(new, change.from_tree_size, None)
    return policy.revised(checkpoint_keys=[*ranges, added]).octets


# --- the log ----------------------------------------------------------------------------------


def configure_log(
    record: Record,
    change: Replacement | ChainChange,
    *,
    store: LogStore,
    signer: Signer,
    origin: str,
) -> SignedHead:
    """Integrate the record as one entry, unless it is one, and sign its head by the old key.

    Safe to repeat after a crash.

    Args:
        signer: by the ranges of the changed policy, so that no head ever gets another key's name.

    Raises:
        ConflictError: the log has grown since the record was signed; it can never be an entry.
        UnavailableError: the signer is away; run it again when it is back.
        FatalError: the log may not be continued (see ``sign_newest_head``).
    """
    if not store.record_indexes([record.id]):
        signer.check_key(change.leaf_index + 1)  # asked first: the head must find its key
        _integrate(record, change, store)
        # a crash here leaves the entry durable and its head unsigned, and no service starts
    return sign_newest_head(store=store, signer=signer, origin=origin)


def _integrate(record: Record, change: Replacement | ChainChange, store: LogStore) -> None:
    with store.integrate() as transaction:
        size = transaction.head().tree_size
        if size != change.leaf_index:
            raise ConflictError(f"the record was to be entry {change.leaf_index}, not {size}")
        extension = tlog.append(size, [leaf_hash(record.entry)], transaction.read_tile)
        entry = NewEntry(record.entry, project(record, size, None))
        transaction.append([entry], extension)
        # a crash here leaves the log as it was: the transaction has not been committed
