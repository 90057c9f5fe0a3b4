"""The chain's side of the receipts that ``receipts.py`` builds: an anchor and its evidence.

State, storage, receipts and headers are made with the packages ``trie`` and ``rlp``.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from eth_hash.auto import keccak
from oracles import evm_state, naive_merkle

from provenance.anchor import (
    AnchorStatement,
    HistoryProof,
    ReceiptEvidence,
    StatedEvidence,
    StorageEvidence,
)
from provenance.anchor_statement import sign_statement
from provenance.digests import RootHash
from provenance.receipt import ReceiptAnchor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from receipts import Shape

    from provenance.anchor import Evidence

__all__ = [
    "BEACON_NUMBER",
    "BEACON_TIME",
    "CONTRACT",
    "CONTRACT_CODE",
    "EVIDENCE_NUMBER",
    "EVIDENCE_TIME",
    "ORIGIN",
    "ROOTS_SLOT",
    "T0",
    "log_id",
    "make_anchor",
]

ORIGIN = "ledger.example/log"
T0 = 1_780_000_000
"""2026-05-28; every time below is an offset to it, so the same bytes come out every day."""
BEACON_TIME = T0 - 100
EVIDENCE_TIME = T0 + 200
BEACON_NUMBER = 1_000_000
EVIDENCE_NUMBER = BEACON_NUMBER + 30

ROOTS_SLOT = 2
REGISTRAR = bytes.fromhex("11" * 20)
CONTRACT = bytes.fromhex("c0" * 20)
CONTRACT_CODE = bytes.fromhex("60806040")
HISTORY_CONTRACT = bytes.fromhex("0000f90827f1c53a10cb7a02335b175320002935")
HISTORY_CODE = bytes.fromhex(
    "3373fffffffffffffffffffffffffffffffffffffffe14604657602036036042575f35600143038111604257611f"
    "ff81430311604257611fff9006545f5260205ff35b5f5ffd5b5f35611fff60014303065500"
)
TRANSACTION = 2
"""Index of the transaction that anchored, in a block of ``crowd`` others."""


def log_id() -> bytes:
    """Return keccak256(abi.encode(registrar, keccak256(origin)))."""
    return keccak(REGISTRAR.rjust(32, b"\0") + keccak(ORIGIN.encode()))


def make_anchor(
    chain_id: int, entries: Sequence[bytes], beacon_hash: bytes, shape: Shape
) -> ReceiptAnchor:
    """Return the anchor of a root over ``entries`` on a chain."""
    size, root = len(entries), naive_merkle.root(entries)
    kind = shape.kinds.get(chain_id, "storage")
    history_slot = (BEACON_NUMBER % 8191).to_bytes(32, "big")
    state = _state(chain_id, size, root, beacon_hash, shape)
    evidence: Evidence
    if kind == "storage":
        header = evm_state.header(*_place(chain_id, shape), state.root, keccak(b"block before"))
        evidence = StorageEvidence(header, *state.prove(CONTRACT, _slot(size)))
    elif kind == "receipt":
        evidence = _receipt_evidence(chain_id, size, root, state.root, shape)
    else:
        evidence = _statement(chain_id, size, root, shape)
    has_history = shape.history and shape.beacon and chain_id == shape.beacon_chain
    return ReceiptAnchor(
        chain_id=chain_id,
        contract=CONTRACT,
        log_id=log_id(),
        evidence=evidence,
        history=HistoryProof(*state.prove(HISTORY_CONTRACT, history_slot))
        if has_history and kind != "trusted-rpc"
        else None,
    )


def _place(chain_id: int, shape: Shape) -> tuple[int, int]:
    """Return number and time of the evidence block, each chain's own."""
    return EVIDENCE_NUMBER, shape.evidence_time + chain_id


def _slot(size: int) -> bytes:
    of_log = evm_state.mapping_slot(log_id(), ROOTS_SLOT.to_bytes(32, "big"))
    return evm_state.mapping_slot(size.to_bytes(32, "big"), of_log)


def _state(
    chain_id: int, size: int, root: bytes, beacon_hash: bytes, shape: Shape
) -> evm_state.State:
    state = evm_state.State()
    for number in range(shape.crowd):
        state.add(keccak(b"account %d on %d" % (number, chain_id))[:20])
    roots = {_slot(8): keccak(b"older"), _slot(size): shape.stored_root or root}
    state.add(CONTRACT, shape.code, {**roots, bytes(32): b"\x01"})
    remembered = {
        (number % 8191).to_bytes(32, "big"): keccak(b"block %d" % number)
        for number in range(BEACON_NUMBER + 8 - shape.crowd, BEACON_NUMBER + 8)
    }
    remembered[(BEACON_NUMBER % 8191).to_bytes(32, "big")] = shape.remembered or beacon_hash
    state.add(HISTORY_CONTRACT, HISTORY_CODE, remembered)
    return state


def _receipt_evidence(
    chain_id: int, size: int, root: bytes, state_root: bytes, shape: Shape
) -> ReceiptEvidence:
    """Make a block of ``crowd`` transactions and one more, which anchored the root."""
    say: dict[str, Any] = {"contract": CONTRACT, "log_id": log_id(), "size": size, "root": root}
    say |= shape.event
    topic = keccak(b"CheckpointAnchored(bytes32,uint64,bytes32)")
    event = (say["contract"], [topic, say["log_id"], say["size"].to_bytes(32, "big")], say["root"])
    receipts = [
        evm_state.transaction_receipt([(bytes([at]) * 20, [keccak(b"%d" % at)], b"")], kind=at % 4)
        for at in range(shape.crowd)
    ]
    index = min(TRANSACTION, len(receipts))
    ours = evm_state.transaction_receipt(
        [event], status=say.get("status", 1), kind=say.get("kind", 2)
    )
    receipts.insert(index, ours)
    receipts_root, nodes = evm_state.prove_receipt(receipts, index)
    number, time = _place(chain_id, shape)
    header = evm_state.header(number, time, state_root, keccak(b"before"), receipts_root)
    return ReceiptEvidence(header, index, nodes)


def _statement(chain_id: int, size: int, root: bytes, shape: Shape) -> StatedEvidence:
    number, time = _place(chain_id, shape)
    statement = AnchorStatement(
        origin=ORIGIN,
        chain_id=chain_id,
        contract=CONTRACT,
        log_id=log_id(),
        tree_size=size,
        root_hash=RootHash(root),
        block_number=number,
        block_hash=keccak(b"block %d of %d" % (number, chain_id)),
        timestamp=time,
        tx_hash=keccak(b"transaction of %d" % chain_id),
    )
    changes: dict[str, Any] = dict(shape.statement)
    return StatedEvidence(sign_statement(replace(statement, **changes), shape.statement_signer))
