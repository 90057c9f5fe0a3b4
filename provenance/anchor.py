"""An anchored checkpoint: where its root lies on a chain, and the evidence that it does.

One block hash, vouched for by whoever checks, carries everything else (EIP-1186, EIP-2935)::

    block hash = Keccak-256(header)
        `-- state root
              |-- account proof --> the contract: code hash, storage root
              |                       `-- storage proof --> roots[log id][tree size] = root hash
              `-- account proof --> the history contract: code hash, storage root
                                      `-- storage proof --> hash of an earlier block

The evidence block's time is the latest at which the checkpoint can have been anchored. Nothing
here asks a chain anything: ``provenance.chain`` fetches evidence, this file judges it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from provenance import rlp, trie
from provenance.digests import from_evm_hex, to_evm_hex
from provenance.errors import (
    BadTrieProofError,
    CodeMismatchError,
    FatalError,
    HistoryMismatchError,
    MalformedError,
    NotAnchoredError,
    RootMismatchError,
    TooLargeError,
)
from provenance.header import MAX_HEADER_BYTES, BlockHeader
from provenance.keccak import keccak256

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provenance.strict_json import Members

__all__ = [
    "HISTORY_CODE_HASH",
    "HISTORY_CONTRACT",
    "HISTORY_WINDOW",
    "MAX_NODES",
    "MAX_NODE_BYTES",
    "AnchorState",
    "Evidence",
    "HistoryProof",
    "check_transition",
    "history_storage_slot",
    "log_id",
    "root_storage_slot",
    "verify_anchored_root",
    "verify_history",
]

MAX_NODES = 65
"""Nodes of one proof: each takes at least one of the 64 nibbles of a hashed key."""

MAX_NODE_BYTES = 1_024
"""A branch of state or storage has 532 bytes, a leaf at most some 150."""

HISTORY_CONTRACT = bytes.fromhex("0000f90827f1c53a10cb7a02335b175320002935")
"""Address of the contract that keeps the hashes of recent blocks (EIP-2935)."""

HISTORY_CODE_HASH = keccak256(
    bytes.fromhex(
        "3373fffffffffffffffffffffffffffffffffffffffe14604657602036036042575f"
        "35600143038111604257611fff81430311604257611fff9006545f5260205ff35b5f5ffd5b"
        "5f35611fff60014303065500"
    )
)
"""Keccak-256 of its code, as the EIP prints it."""

HISTORY_WINDOW = 8_191
"""Blocks that it reaches back; block n is kept in slot n mod 8,191."""


# --- evidence -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Evidence:
    """A block's header and the EIP-1186 proof of one storage slot in that block's state.

    ``header`` is RLP; the proofs are RLP nodes, root first: ``account_proof`` from the state
    root to the contract, ``storage_proof`` from its storage root to the slot of the root hash.
    """

    header: bytes
    account_proof: tuple[bytes, ...]
    storage_proof: tuple[bytes, ...]

    @classmethod
    def from_json(cls, members: Members) -> Evidence:
        """Read ``{"header":"0x..","account_proof":["0x.."],"storage_proof":["0x.."]}``.

        Raises:
            MalformedError: a member is missing, unknown, or not hex.
            TooLargeError: a header, a node or a proof larger than any real one.
        """
        evidence = cls(
            header=_octets(members.value("header"), members.path("header"), MAX_HEADER_BYTES),
            account_proof=_nodes(members, "account_proof"),
            storage_proof=_nodes(members, "storage_proof"),
        )
        members.done()
        return evidence

    def to_json(self) -> dict[str, object]:
        """Return the members of its JSON form, in the order of the format."""
        return {
            "header": to_evm_hex(self.header),
            "account_proof": [to_evm_hex(node) for node in self.account_proof],
            "storage_proof": [to_evm_hex(node) for node in self.storage_proof],
        }


@dataclass(frozen=True, slots=True)
class HistoryProof:
    """The EIP-1186 proof of one slot of the history contract, in the evidence block's state."""

    account_proof: tuple[bytes, ...]
    storage_proof: tuple[bytes, ...]

    @classmethod
    def from_json(cls, members: Members) -> HistoryProof:
        """Read ``{"account_proof":["0x.."],"storage_proof":["0x.."]}``.

        Raises:
            MalformedError: a member is missing, unknown, or not hex.
            TooLargeError: a node or a proof larger than any real one.
        """
        proof = cls(
            account_proof=_nodes(members, "account_proof"),
            storage_proof=_nodes(members, "storage_proof"),
        )
        members.done()
        return proof

    def to_json(self) -> dict[str, object]:
        """Return the members of its JSON form, in the order of the format."""
        return {
            "account_proof": [to_evm_hex(node) for node in self.account_proof],
            "storage_proof": [to_evm_hex(node) for node in self.storage_proof],
        }


def _nodes(members: Members, name: str) -> tuple[bytes, ...]:
    texts = members.array(name, max_items=MAX_NODES)
    field = members.path(name)
    return tuple(_octets(text, f"{field}[{i}]", MAX_NODE_BYTES) for i, text in enumerate(texts))


def _octets(value: object, field: str, limit: int) -> bytes:
    if not isinstance(value, str):
        raise MalformedError("expected 0x and hex", field=field)
    if len(value) > 2 + 2 * limit:
        raise TooLargeError(limit=limit, length=len(value) // 2 - 1, unit="bytes", field=field)
    return from_evm_hex(value, field=field)


# --- places -------------------------------------------------------------------------------


def log_id(registrar: bytes, origin: str) -> bytes:
    """Return the contract's name for a log: keccak256(abi.encode(registrar, keccak256(origin))).

    Args:
        registrar: the 20-byte address that registered the log.
        origin: the log's name line.
    """
    return keccak256(_word(registrar) + keccak256(origin.encode()))


def root_storage_slot(log_id: bytes, tree_size: int, roots_slot: int) -> bytes:
    """Return the slot of ``roots[log_id][tree_size]``, 32 bytes (Solidity, "Layout of State").

    Args:
        log_id: 32 bytes.
        roots_slot: the slot at which the contract declares the outer mapping.
    """
    of_log = keccak256(log_id + roots_slot.to_bytes(32, "big"))
    return keccak256(tree_size.to_bytes(32, "big") + of_log)


def history_storage_slot(number: int) -> bytes:
    """Return the slot in which the history contract keeps block ``number``'s hash, 32 bytes."""
    return (number % HISTORY_WINDOW).to_bytes(32, "big")


# --- checks -------------------------------------------------------------------------------


def verify_anchored_root(  # noqa: PLR0913 -- five facts of the policy and the checkpoint's two
    evidence: Evidence,
    *,
    contract: bytes,
    code_hash: bytes,
    log_id: bytes,
    tree_size: int,
    root_hash: bytes,
    roots_slot: int,
) -> BlockHeader:
    """Check that in the evidence block's state the contract holds ``root_hash`` for the log.

    Says nothing of the block itself: the caller must have its hash from somebody it trusts.

    Args:
        contract: address, 20 bytes.
        code_hash: Keccak-256 of the code that must lie there, 32 bytes.
        log_id: the log's name in the contract, 32 bytes.
        root_hash: of the checkpoint at ``tree_size``, 32 bytes.
        roots_slot: the slot at which the contract declares ``roots``.

    Raises:
        MalformedError: the header does not parse.
        BadTrieProofError: a proof does not lead from the header's state root to an answer.
        CodeMismatchError: another contract lies at that address.
        NotAnchoredError: the block proves that no root lies there, or no contract.
        RootMismatchError: the contract holds another root at that tree size.
    """
    header = BlockHeader.parse(evidence.header)
    slot = root_storage_slot(log_id, tree_size, roots_slot)
    storage_root = _storage_root(header.state_root, contract, code_hash, evidence.account_proof)
    found = _slot_value(storage_root, slot, evidence.storage_proof)
    if found is None:
        raise NotAnchoredError(f"block {header.number} holds no root for tree size {tree_size}")
    if found != root_hash:
        raise RootMismatchError(expected=root_hash, calculated=found)
    return header


def verify_history(
    state_root: bytes, history_proof: HistoryProof, number: int, block_hash: bytes
) -> None:
    """Check that ``block_hash`` is block ``number`` of the chain that led to ``state_root``.

    Args:
        state_root: of the evidence block, 32 bytes.
        number: of the earlier block, at most ``HISTORY_WINDOW`` before the evidence block.
        block_hash: of the earlier block, 32 bytes.

    Raises:
        BadTrieProofError: a proof does not lead from the state root to an answer.
        CodeMismatchError: another contract than EIP-2935's lies at its address.
        NotAnchoredError: the state proves that the contract, or the slot, is empty.
        HistoryMismatchError: the slot names another block.
    """
    storage_root = _storage_root(
        state_root, HISTORY_CONTRACT, HISTORY_CODE_HASH, history_proof.account_proof
    )
    found = _slot_value(storage_root, history_storage_slot(number), history_proof.storage_proof)
    if found is None:
        raise NotAnchoredError(f"the history contract holds no hash for block {number}")
    if found != block_hash:
        raise HistoryMismatchError(
            f"expected {block_hash.hex()} at block {number}, found {found.hex()}"
        )


def _storage_root(
    state_root: bytes, address: bytes, code_hash: bytes, account_proof: Sequence[bytes]
) -> bytes:
    """Return the storage root of the contract at ``address``, after checking its code."""
    account = trie.get(state_root, keccak256(address), account_proof)
    if account is None:
        raise NotAnchoredError(f"there is no account {to_evm_hex(address)}")
    fields = _decoded(account)
    # nonce, balance, storage root, code hash (Yellow Paper §4.1)
    if not isinstance(fields, list) or len(fields) != 4:
        raise BadTrieProofError("expected an account of four fields")
    storage_root, found = fields[2:]
    if isinstance(storage_root, list) or isinstance(found, list):
        raise BadTrieProofError("expected hashes in the account")
    if found != code_hash:
        raise CodeMismatchError(expected=code_hash, found=found)
    return storage_root


def _slot_value(storage_root: bytes, slot: bytes, storage_proof: Sequence[bytes]) -> bytes | None:
    """Return the 32 bytes in a slot, None if they are zero: the trie leaves leading zeros out."""
    value = trie.get(storage_root, keccak256(slot), storage_proof)
    if value is None:
        return None
    digits = _decoded(value)
    if isinstance(digits, list) or not 1 <= len(digits) <= 32 or digits[0] == 0:
        raise BadTrieProofError("expected a slot's value of 1 to 32 bytes, without leading zeros")
    return _word(digits)


def _decoded(value: bytes) -> rlp.Item:
    try:
        return rlp.decode(value)
    except MalformedError as error:
        raise BadTrieProofError("a value in the trie is not RLP") from error


def _word(octets: bytes) -> bytes:
    return octets.rjust(32, b"\0")


# --- life of an anchor --------------------------------------------------------------------


class AnchorState(Enum):
    """How far an anchor has come (``docs/operating.md``).

    PREPARED: its signed transaction is stored. SENT: given to a node at least once. INCLUDED:
    in a block, with evidence. FINAL: that block is final; never left again.
    """

    PREPARED = "prepared"
    SENT = "sent"
    INCLUDED = "included"
    FINAL = "final"


_NEXT = {
    AnchorState.PREPARED: {AnchorState.SENT},
    AnchorState.SENT: {AnchorState.INCLUDED},
    # displaced by a reorganisation: the same stored bytes are sent again
    AnchorState.INCLUDED: {AnchorState.FINAL, AnchorState.SENT},
    AnchorState.FINAL: set(),
}


def check_transition(old: AnchorState, new: AnchorState) -> None:
    """Check that an anchor may go from ``old`` to ``new``.

    Raises:
        FatalError: a final anchor would be taken back, which only a broken chain can ask for.
        RuntimeError: a step left out, which is our own mistake.
    """
    if new in _NEXT[old]:
        return
    if old is AnchorState.FINAL:
        raise FatalError(f"a final anchor cannot become {new.value}")
    raise RuntimeError(f"an anchor cannot go from {old.value} to {new.value}")
