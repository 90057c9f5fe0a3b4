"""The ledger of the worked examples in ``docs/formats.md``: fixed keys, salts and clock.

    0 genesis   1 beacon   2 key   3 deposit        checkpoints at tree sizes 2 and 4

The second checkpoint is anchored on a made-up chain (id 7357), whose state is built by
``oracles/evm_state.py``. ``scripts/make_formats_examples.py`` writes what this makes.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from oracles import evm_state

from provenance import anchor, checkpoint, fingerprint, merkle, tlog
from provenance.digests import sha256, to_evm_hex
from provenance.fingerprint import FileEntry
from provenance.header import BlockHeader
from provenance.keccak import keccak256
from provenance.keys import PrivateKey
from provenance.note import NoteSigner
from provenance.policy import Chain, CheckpointKey, Policy, render_policy
from provenance.receipt import (
    Anchored,
    LoggedBeacon,
    LoggedRecord,
    ProofSet,
    Receipt,
    ReceiptAnchor,
)
from provenance.record import Record, issue_record

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = [
    "ALICE",
    "DATA",
    "ORIGIN",
    "REGISTRAR",
    "ROOTS_SLOT",
    "SIGNER",
    "T0",
    "World",
    "make_world",
]

ORIGIN = "ledger.example/log"
T0 = 1_760_000_000
REGISTRAR, CONTRACT = bytes.fromhex("11" * 20), bytes.fromhex("22" * 20)
CHAIN_ID, BEACON_NUMBER, EVIDENCE_NUMBER, ROOTS_SLOT = 7357, 1_000, 1_010, 0
CODE = b"stands for the code of CheckpointAnchor"
# printed in EIP-2935
HISTORY_CODE = bytes.fromhex(
    "3373fffffffffffffffffffffffffffffffffffffffe14604657602036036042575f35600143038111604257611f"
    "ff81430311604257611fff9006545f5260205ff35b5f5ffd5b5f35611fff60014303065500"
)
DATA = {"a.csv": b"a,b\n", "b/c.csv": b""}


# --- the ledger of the examples -----------------------------------------------------------


def key_of(name: str) -> PrivateKey:
    """Return the Ed25519 key whose seed is SHA-256("formats.md " ‖ name)."""
    return PrivateKey.from_seed("Ed25519", sha256(f"formats.md {name}".encode()))


def salts(name: str) -> Iterator[bytes]:
    """Yield salts that are the same each time, which only an example may have."""
    return (sha256(f"formats.md {name} {n}".encode())[:16] for n in itertools.count())


ROOT, BEACON, ALICE = key_of("root"), key_of("beacon"), key_of("alice")
SIGNER = NoteSigner(ORIGIN, key_of("checkpoint"))


@dataclass(frozen=True)
class World:
    """Everything the examples are cut from."""

    entries: list[FileEntry]
    records: tuple[Record, ...]
    leaves: list[bytes]
    roots: dict[int, bytes]
    notes: dict[int, str]
    tile: bytes
    policy: Policy
    receipts: dict[str, Receipt]
    evidence: BlockHeader
    log_id: bytes


def _dataset() -> list[FileEntry]:
    return [FileEntry(path, sha256(octets), len(octets)) for path, octets in DATA.items()]


def _chain(log_id: bytes) -> Chain:
    return Chain(
        name="Example chain",
        chain_id=CHAIN_ID,
        genesis_hash=sha256(b"first block of the example chain"),
        contract=CONTRACT,
        log_id=log_id,
        code_hash=keccak256(CODE),
        roots_slot=ROOTS_SLOT,
        depth=None,
        claims_independence=True,
    )


def _issue(
    name: str, key: PrivateKey, iat: int, claims: Mapping[str, object], hold: Sequence[str] = ()
) -> Record:
    return issue_record(
        name, claims, private_key=key, aud=ORIGIN, iat=iat, salts=salts(name), hold=hold
    )


def _records(chain: Chain, beacon_header: bytes, data: fingerprint.Summary) -> tuple[Record, ...]:
    pinned = {
        "chain_id": chain.chain_id,
        "genesis_hash": to_evm_hex(chain.genesis_hash),
        "contract": to_evm_hex(chain.contract),
        "log_id": to_evm_hex(chain.log_id),
        "code_hash": to_evm_hex(chain.code_hash),
        "roots_slot": chain.roots_slot,
    }
    genesis = {
        "root_key": ROOT.public.jwk(),
        "checkpoint_keys": [SIGNER.verifier.to_vkey()],
        "beacon_key": BEACON.public.jwk(),
        "chains": [pinned],
    }
    block = BlockHeader.parse(beacon_header)
    beacon = {
        "chain_id": CHAIN_ID,
        "number": block.number,
        "block_hash": to_evm_hex(block.hash),
        "timestamp": block.timestamp,
    }
    deposit = {
        "dataset_digest": data.digest.hex(),
        "files": data.files,
        "bytes": data.length,
        "title": "Two small tables",
        "contributors": [{"name": "Alice Example", "roles": ["data-curation", "software"]}],
        "license": "CC0-1.0",
        "access": "open",
    }
    identity = {"name": "Alice Example", "orcid": "0000-0002-1825-0097"}
    return (
        _issue("genesis", ROOT, T0 - 90, genesis),
        _issue("beacon", BEACON, T0 - 80, beacon),
        _issue("key", ALICE, T0 - 2, identity),
        _issue("deposit", ALICE, T0, deposit, hold=["contributors"]),
    )


def _anchor(log_id: bytes, root: bytes, beacon: BlockHeader) -> tuple[ReceiptAnchor, BlockHeader]:
    """Put the root and the beacon's hash into a state, and prove both from one block."""
    state = evm_state.State()
    for number in range(3):
        state.add(bytes([number + 1]) * 20)
    slot = anchor.root_storage_slot(log_id, 4, ROOTS_SLOT)
    older = anchor.root_storage_slot(log_id, 2, ROOTS_SLOT)
    state.add(CONTRACT, CODE, {slot: root, older: sha256(b"older")})
    history_slot = anchor.history_storage_slot(beacon.number)
    state.add(anchor.HISTORY_CONTRACT, HISTORY_CODE, {history_slot: beacon.hash})
    header = evm_state.header(EVIDENCE_NUMBER, T0 + 60, state.root, sha256(b"block 1009"))
    evidence = anchor.StorageEvidence(header, *state.prove(CONTRACT, slot))
    history = anchor.HistoryProof(*state.prove(anchor.HISTORY_CONTRACT, history_slot))
    proved = ReceiptAnchor(CHAIN_ID, CONTRACT, log_id, evidence, history)
    return proved, BlockHeader.parse(header)


def make_world() -> World:
    """Make a log of four entries, anchor its second checkpoint, and issue two receipts."""
    entries = _dataset()
    log_id = anchor.log_id(REGISTRAR, ORIGIN)
    chain = _chain(log_id)
    header = evm_state.header(
        BEACON_NUMBER, T0 - 100, sha256(b"state of block 1000"), sha256(b"block 999")
    )
    records = _records(chain, header, fingerprint.summarize(entries))
    leaves: list[bytes] = [merkle.leaf_hash(record.entry) for record in records]
    roots: dict[int, bytes] = {size: merkle.root_of(leaves[:size]) for size in (2, 4)}
    notes = {
        size: checkpoint.sign(
            checkpoint.Checkpoint(ORIGIN, size, merkle.root_of(leaves[:size])), SIGNER
        )
        for size in (2, 4)
    }
    path = {index: tuple(merkle.inclusion_path(leaves, index)) for index in range(4)}
    proofs = ProofSet(notes[4], path[3], (path[2],), path[1])
    unanchored = Receipt(
        record=LoggedRecord(records[3].public().decode(), 3),
        keys=(LoggedRecord(records[2].compact.decode(), 2),),
        beacon=LoggedBeacon(records[1].compact.decode(), 1, header),
        first=proofs,
        anchored=(),
    )
    proved, evidence_header = _anchor(log_id, roots[4], BlockHeader.parse(header))
    anchored = replace(unanchored, anchored=(Anchored(proofs, (proved,)),))
    policy = render_policy(
        origin=ORIGIN,
        root_key=ROOT.public,
        checkpoint_keys=[CheckpointKey(SIGNER.verifier, 1, None)],
        chains=[chain],
    )
    return World(
        entries=entries,
        records=records,
        leaves=leaves,
        roots=roots,
        notes=notes,
        tile=tlog.append(0, leaves, lambda *_: b"").tiles[0, 0],
        policy=Policy.parse(policy),
        receipts={"unanchored": unanchored, "anchored": anchored},
        evidence=evidence_header,
        log_id=log_id,
    )
