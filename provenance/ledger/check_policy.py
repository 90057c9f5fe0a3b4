"""Compare the policy that a ledger serves with what its own log says, before anything is served.

    origin, root_key             entry 0, genesis, which that root key signed
    chains                       genesis, or a ``configuration`` that adds the chain; the first is
                                 that of genesis, whose blocks the beacons name
    checkpoint_keys, from, to    genesis, or the ``configuration`` two entries below the size

A bit that has changed in the file would else be served to every reader, as the word of the
operator. The rest stands in no entry and is his word alone: a chain's name, when its blocks count
as final, the level of its evidence, who sets its time and who runs it, institutions, witnesses.
"""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode
from typing import TYPE_CHECKING, Final

from provenance.errors import (
    DamagedReceiptError,
    MalformedError,
    OtherPolicyError,
    VerificationError,
)
from provenance.ledger.configure_log import LEAD
from provenance.ledger.load_record import check_entry
from provenance.record import configuration_of, genesis_of, parse_entry, verify_signature

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provenance.ledger.ports import LogReader
    from provenance.policy import Chain, CheckpointKey, Policy
    from provenance.record import Configuration, Genesis, Record
    from provenance.record_values import Chain as LoggedChain

__all__ = ["check_policy", "configurations", "read_genesis"]

_FIRST_SIGNED: Final = 2
"""The tree size of the first checkpoint: genesis names the keys from there on."""

_AT_ONCE: Final = 256


def check_policy(policy: Policy, log: LogReader) -> None:
    """Check that a policy is that of this log.

    Reads one entry, and one more for each other checkpoint key. For a chain that joined later it
    reads the log from its beginning, up to the entry that adds it.

    Raises:
        OtherPolicyError: it is not; ``field`` names the member.
        DamagedReceiptError: the entry that would say so is damaged.
    """
    genesis = read_genesis(policy, log)
    for place, key in enumerate(policy.checkpoint_keys):
        _check_key(key, genesis, policy, log, f"checkpoint_keys[{place}]")
    _check_chains(policy, genesis, log)


def read_genesis(policy: Policy, log: LogReader) -> Genesis:
    """Return what entry 0 says, once the policy's root key is found to have signed it.

    Raises:
        OtherPolicyError: it names another root key or origin than the policy.
        DamagedReceiptError: it is damaged.
    """
    first = _record(0, log)
    if first.type != "genesis":
        raise DamagedReceiptError(f"entry 0 is a {first.type} record")
    genesis = genesis_of(first)
    _demand(policy.root_key == genesis.root_key, "genesis names another root key", "root_key")
    _verify(first, 0, policy)
    _demand(first.payload.get("aud") == policy.origin, "genesis has another origin", "origin")
    return genesis


def _check_key(
    key: CheckpointKey, genesis: Genesis, policy: Policy, log: LogReader, field: str
) -> None:
    """Check a checkpoint key and the tree sizes from and to which it signs."""
    vkey = key.verifier.to_vkey()
    if key.first <= _FIRST_SIGNED:
        added: tuple[str, ...] = genesis.checkpoint_keys
    else:
        change = _configuration(key.first - LEAD, policy, log)
        added = (
            ()
            if change is None or change.from_tree_size != key.first
            else change.add.checkpoint_keys
        )
    _demand(vkey in added, f"the log adds no such key at tree size {key.first}", field)
    if key.last is not None:
        change = _configuration(key.last + 1 - LEAD, policy, log)
        retired = (
            ()
            if change is None or change.from_tree_size != key.last + 1
            else change.retire.checkpoint_keys
        )
        _demand(vkey in retired, f"the log retires no such key at tree size {key.last}", field)


def _check_chains(policy: Policy, genesis: Genesis, log: LogReader) -> None:
    known = set(map(_facts, genesis.chains))
    said = list(map(_facts, policy.chains))
    _demand(said[0] == _facts(genesis.chains[0]), "genesis names another first chain", "chains[0]")
    if not known.issuperset(said):
        for _, change in configurations(policy, log):
            known.update(map(_facts, change.add.chains))
            if known.issuperset(said):
                break
    for place, chain in enumerate(said):
        _demand(chain in known, "the log never added this chain", f"chains[{place}]")


def _facts(chain: Chain | LoggedChain) -> tuple[int, bytes, bytes, bytes, bytes, int]:
    """Return what the log says of a chain; the policy's name for it is a label."""
    place = chain.chain_id, chain.genesis_hash, chain.contract, chain.log_id
    return (*place, chain.code_hash, chain.roots_slot)


def configurations(policy: Policy, log: LogReader) -> Iterator[tuple[int, Configuration]]:
    """Yield what changed the log's keys and chains with its leaf index, in the order of the log.

    Raises:
        DamagedReceiptError: an entry that seems to be one is damaged.
    """
    start, root = 1, policy.root_key.thumbprint.encode()
    while entries := log.entries(start, start + _AT_ONCE):
        for index, entry in enumerate(entries, start):
            # parsed is only what the root key signed, as its header says
            if root in _header(entry) and (change := _configuration(index, policy, log)):
                yield index, change
        start += len(entries)


def _header(entry: bytes) -> bytes:
    try:
        return urlsafe_b64decode(entry.partition(b".")[0] + b"==")
    except binascii.Error:
        return b""  # damaged: nothing in it is believed


def _configuration(leaf_index: int, policy: Policy, log: LogReader) -> Configuration | None:
    """Return the configuration at an index; None for another record, or none at all."""
    if leaf_index >= log.head().tree_size:
        return None
    record = _record(leaf_index, log)
    if record.type != "configuration":
        return None
    _verify(record, leaf_index, policy)
    return configuration_of(record)


def _record(leaf_index: int, log: LogReader) -> Record:
    entries = log.entries(leaf_index, leaf_index + 1)
    if not entries:
        raise DamagedReceiptError(f"entry {leaf_index} is missing")
    check_entry(entries[0], leaf_index, log.read_tile)
    try:
        return parse_entry(entries[0])
    except (MalformedError, VerificationError) as error:
        raise DamagedReceiptError(f"entry {leaf_index} does not parse: {error}") from error


def _verify(record: Record, leaf_index: int, policy: Policy) -> None:
    try:
        verify_signature(record, policy.root_key)
    except VerificationError as error:
        raise DamagedReceiptError(f"entry {leaf_index} is not signed by the root key") from error


def _demand(fact: bool, otherwise: str, field: str) -> None:  # noqa: FBT001 -- what is demanded
    if not fact:
        raise OtherPolicyError(f"policy.json is not of this log: {otherwise}", field=field)
