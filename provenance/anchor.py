"""An anchored checkpoint: where its root lies on a chain, and the evidence that it does.

One block hash, vouched for by whoever checks, carries everything else (EIP-1186, EIP-2935)::

    block hash = Keccak-256(header)
        `-- state root
              |-- account proof --> the contract: code hash, storage root
              |                       `-- storage proof --> roots[log id][tree size] = root hash
              `-- account proof --> the history contract: code hash, storage root
                                      `-- storage proof --> hash of an earlier block

The evidence block's time is the latest at which the checkpoint can have been anchored. Where
that state is gone, the block's receipts root shows the contract's event instead
(``anchored_event.py``); where a chain has no proofs at all, there is the operator's word
(``anchor_statement.py``). Nothing here asks a chain anything: ``provenance.chain`` fetches
evidence, this file judges it.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from provenance import rlp, trie
from provenance.anchor_evidence import (
    Evidence,
    HistoryProof,
    ReceiptEvidence,
    StatedEvidence,
    StorageEvidence,
    parse_evidence,
)
from provenance.anchor_statement import AnchorStatement, open_statement
from provenance.anchored_event import verify_anchored_event
from provenance.digests import to_evm_hex
from provenance.errors import (
    BadTrieProofError,
    CodeMismatchError,
    FatalError,
    HistoryMismatchError,
    MalformedError,
    NotAnchoredError,
    RootMismatchError,
    VerificationError,
)
from provenance.header import BlockHeader
from provenance.keccak import keccak256

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from provenance.note import NoteVerifier

__all__ = [
    "HISTORY_CODE_HASH",
    "HISTORY_CONTRACT",
    "HISTORY_WINDOW",
    "AnchorState",
    "AnchorStatement",
    "Evidence",
    "HistoryProof",
    "ReceiptEvidence",
    "StatedEvidence",
    "StorageEvidence",
    "check_transition",
    "history_storage_slot",
    "log_id",
    "parse_evidence",
    "root_storage_slot",
    "verify_anchored_event",
    "verify_anchored_root",
    "verify_history",
    "verify_proof",
    "verify_statement",
]

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
    evidence: StorageEvidence,
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


def verify_proof(  # noqa: PLR0913 -- as verify_anchored_root
    evidence: StorageEvidence | ReceiptEvidence,
    *,
    contract: bytes,
    code_hash: bytes,
    log_id: bytes,
    tree_size: int,
    root_hash: bytes,
    roots_slot: int,
) -> BlockHeader:
    """Check evidence of either kind that is a proof; return its block's header.

    Raises:
        MalformedError: the header does not parse.
        VerificationError: as ``verify_anchored_root`` and ``verify_anchored_event``; the latter
            looks neither at the code nor at a slot.
    """
    if isinstance(evidence, ReceiptEvidence):
        return verify_anchored_event(
            evidence, contract=contract, log_id=log_id, tree_size=tree_size, root_hash=root_hash
        )
    return verify_anchored_root(
        evidence,
        contract=contract,
        code_hash=code_hash,
        log_id=log_id,
        tree_size=tree_size,
        root_hash=root_hash,
        roots_slot=roots_slot,
    )


def verify_statement(  # noqa: PLR0913 -- each is one thing that the statement must say
    evidence: StatedEvidence,
    verifiers: Iterable[NoteVerifier],
    *,
    origin: str,
    chain_id: int,
    contract: bytes,
    log_id: bytes,
    tree_size: int,
    root_hash: bytes,
) -> AnchorStatement:
    """Check that the log signed a statement of exactly this; what it states stays its word.

    Args:
        verifiers: the log's checkpoint keys for ``tree_size``.

    Raises:
        MalformedError: not a statement.
        BadSignatureError: another key signed it, or the signature does not verify.
        VerificationError: it is about another log, chain, contract or checkpoint.
    """
    stated = open_statement(evidence.note, verifiers)
    expected = (origin, chain_id, contract, log_id, tree_size, root_hash)
    found = (stated.origin, stated.chain_id, stated.contract, stated.log_id)
    if (*found, stated.tree_size, stated.root_hash) != expected:
        raise VerificationError("the statement is about another anchor", field="statement")
    return stated


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
