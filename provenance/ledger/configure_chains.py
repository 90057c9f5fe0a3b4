"""Add a chain that the log anchors on, or retire one: one ``configuration`` entry.

    entry N        configuration          signed by the root key: adds or retires one chain
    checkpoint N + 2 and all later        may be anchored there, or are so no more

A policy keeps a retired chain, since what was anchored on it goes on being proved by it; that it
was retired, and when, is in the log. The first chain of genesis stays: beacons name its blocks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from provenance.digests import to_evm_hex
from provenance.errors import ConflictError, MalformedError
from provenance.ledger.configure_log import LEAD
from provenance.record import (
    check_audience,
    configuration_of,
    issue_record,
    parse_record,
    verify_signature,
)

if TYPE_CHECKING:
    from provenance.keys import PrivateKey
    from provenance.ledger.chain_port import ChainPin
    from provenance.policy import Chain, Policy
    from provenance.record import Record

__all__ = [
    "ChainChange",
    "chain_claim",
    "check_chain_change",
    "issue_chain_configuration",
    "policy_with_chain",
    "read_chain_configuration",
]


@dataclass(frozen=True, slots=True)
class ChainChange:
    """A chain that joins or leaves, as a ``configuration`` record says it."""

    adds: bool
    """False retires it."""
    chain_id: int
    contract: bytes
    """20 bytes."""
    log_id: bytes
    """32 bytes."""
    from_tree_size: int
    """The smallest tree size that it concerns."""

    @property
    def leaf_index(self) -> int:
        """Where the record has to be in the log."""
        return self.from_tree_size - LEAD


def chain_claim(chain: Chain | ChainPin) -> dict[str, object]:
    """Return a chain as ``genesis`` and ``configuration`` name it."""
    return {
        "chain_id": chain.chain_id,
        "genesis_hash": to_evm_hex(chain.genesis_hash),
        "contract": to_evm_hex(chain.contract),
        "log_id": to_evm_hex(chain.log_id),
        "code_hash": to_evm_hex(chain.code_hash),
        "roots_slot": chain.roots_slot,
    }


def issue_chain_configuration(  # noqa: PLR0913 -- each is a part of the record
    chain: Chain | ChainPin,
    *,
    adds: bool,
    root: PrivateKey,
    origin: str,
    tree_size: int,
    now_unix: int,
) -> Record:
    """Sign the record that becomes entry ``tree_size``."""
    claims = {
        "from_tree_size": tree_size + LEAD,
        "add" if adds else "retire": {"chains": [chain_claim(chain)]},
    }
    return issue_record(
        "configuration", claims, private_key=root, aud=origin, iat=now_unix, salts=iter(())
    )


def read_chain_configuration(compact: bytes, policy: Policy) -> tuple[Record, ChainChange] | None:
    """Read a record that adds or retires one chain, and check who signed it.

    Returns:
        None for a configuration that changes something else.

    Raises:
        MalformedError: not a record, of another log, or more than one chain.
        BadSignatureError: another key than the policy's root key signed it.
    """
    record = parse_record(compact, complete=True)
    check_audience(record, policy.origin)
    found = configuration_of(record)
    verify_signature(record, policy.root_key)
    chains = [(True, one) for one in found.add.chains]
    chains += [(False, one) for one in found.retire.chains]
    if not chains:
        return None
    keys = [*found.add.checkpoint_keys, *found.add.beacon_keys]
    keys += [*found.retire.checkpoint_keys, *found.retire.beacon_keys]
    if keys or len(chains) != 1:
        raise MalformedError("expected a change of one chain and nothing else", field="add")
    ((adds, chain),) = chains
    return record, ChainChange(
        adds, chain.chain_id, chain.contract, chain.log_id, found.from_tree_size
    )


def check_chain_change(policy: Policy, chain: Chain, *, adds: bool) -> None:
    """Check that a chain may join, or leave, what the policy names.

    Raises:
        ConflictError: it may not.
    """
    if not adds and chain.chain_id == policy.chains[0].chain_id:
        raise ConflictError("the log's beacons name blocks of its first chain: it stays")
    known = policy.chain_named(chain.chain_id)
    if adds and known is not None and chain_claim(known) != chain_claim(chain):
        # anchors and nonces are kept by chain id: two contracts on one chain would mix them up
        raise ConflictError(f"the policy knows chain {chain.chain_id} with another contract")


def policy_with_chain(policy: Policy, chain: Chain) -> bytes:
    """Return the policy's bytes with one more chain; the same bytes where it is there already."""
    if policy.chain(chain.chain_id, chain.contract, chain.log_id) is not None:
        return policy.octets
    return policy.revised(chains=[*policy.chains, chain]).octets
