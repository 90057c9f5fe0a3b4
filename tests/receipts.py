"""Builds complete, real receipts with fixed keys and a fixed clock, and without the ledger.

The tree is made by the naive oracle, the chain's side by the packages ``trie`` and ``rlp``: state
and storage tries, accounts, slots and headers share no code with what checks them. Keys, records
and notes are made by the project's own code, which has its own vectors.

    entry 0 genesis   1 beacon   2 filler   3 key (depositor's)   4 beacon   5 filler
    entry 6 deposit   7 filler   | first checkpoint: 8 entries
    entry 8 to 12 fillers        | anchored checkpoint: 13 entries, or less where ``sizes`` says so
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from eth_hash.auto import keccak
from oracles import evm_state, naive_merkle
from receipt_anchor import (
    BEACON_NUMBER,
    BEACON_TIME,
    CONTRACT,
    CONTRACT_CODE,
    EVIDENCE_NUMBER,
    EVIDENCE_TIME,
    ORIGIN,
    ROOTS_SLOT,
    T0,
    log_id,
    make_anchor,
)

from provenance import checkpoint as checkpoints
from provenance.anchor_evidence import block_of
from provenance.checkpoint import Checkpoint
from provenance.digests import RootHash
from provenance.fingerprint import Summary
from provenance.keys import PrivateKey
from provenance.note import COSIGNATURE_V1, Note, NoteSigner, NoteVerifier, Signature
from provenance.policy import Chain, CheckpointKey, InstitutionKey, Policy, render_policy
from provenance.receipt import (
    Anchored,
    LoggedBeacon,
    LoggedRecord,
    ProofSet,
    Proven,
    Receipt,
    Revocations,
)
from provenance.record import Record, issue_record, parse_record

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from provenance.anchor_evidence import Level
    from provenance.policy import BlockTime
    from provenance.receipt import ReceiptAnchor

__all__ = [
    "BEACON_KEY",
    "BEACON_NUMBER",
    "BEACON_TIME",
    "CONTRACT",
    "CONTRACT_CODE",
    "DATASET",
    "DEPOSITOR_KEY",
    "DEVNET",
    "EVIDENCE_NUMBER",
    "EVIDENCE_TIME",
    "INSTITUTION_KEY",
    "LOG_KEY",
    "LOG_SIGNER",
    "MAINNET",
    "NOW",
    "ORIGIN",
    "OTHERNET",
    "ROOTS_SLOT",
    "ROOT_KEY",
    "T0",
    "THIRDNET",
    "WITNESSES",
    "WITNESS_KEYS",
    "Built",
    "Shape",
    "build",
    "chain_of",
    "cosign",
    "dataset_entries",
    "dataset_summary",
    "key_of",
    "log_id",
    "policy_octets",
    "salts",
]

NOW = T0 + 86_400

MAINNET, OTHERNET, THIRDNET, DEVNET = 1, 100, 1030, 31337

DATASET = {"a.txt": b"alpha\n", "b/c.txt": b"gamma\n", "b/d.txt": b"delta\n"}


def key_of(number: int, alg: str = "Ed25519") -> PrivateKey:
    """Return a fixed key; nothing outside the tests may ever use it."""
    return PrivateKey.from_seed("ES256" if alg == "ES256" else "Ed25519", bytes([number]) * 32)


ROOT_KEY, LOG_KEY, BEACON_KEY, DEPOSITOR_KEY = (key_of(number) for number in range(1, 5))
INSTITUTION_KEY = key_of(5)
WITNESS_KEYS = (key_of(6), key_of(7))
LOG_SIGNER = NoteSigner(ORIGIN, LOG_KEY)
WITNESSES = tuple(
    NoteVerifier(f"witness-{i}.example", key.public, COSIGNATURE_V1)
    for i, key in enumerate(WITNESS_KEYS)
)


@dataclass(frozen=True)
class Shape:
    """Which of the parts that may be missing a receipt has, and what its policy says."""

    anchors: tuple[int, ...] = (MAINNET,)
    """Chain ids; an empty tuple leaves the receipt without ``anchored``."""
    policy_chains: tuple[int, ...] = (MAINNET,)
    """The first is the beacon's."""
    not_independent: frozenset[int] = frozenset()
    """Chains of the policy that say of themselves that the operator runs them."""
    depth: int | None = None
    """Finality rule of every chain; None is the ``finalized`` tag."""
    beacon: bool = True
    beacon_chain: int = MAINNET
    beacon_header: bool = True
    history: bool = True
    keys: bool = True
    cosigned: int = 0
    """How many of the two witnesses have cosigned."""
    witnesses: int = 0
    """How many of them the policy names."""
    quorum: int = 0
    alg: str = "Ed25519"
    identity: Mapping[str, object] = field(
        default_factory=lambda: {"name": "Josiah Carberry", "orcid": "0000-0002-1825-0097"}
    )
    institution: bool = False
    """Whether the depositor's key is an institution's in the policy."""
    own_block: int | None = None
    """Chain id of the block named in the record: the beacon's block."""
    kind: str = "deposit"
    """Type of the record; of any other type than this one, ``claims`` are all it claims."""
    signer: int = 4
    """Number of the key that signs the record, which a ``key`` record makes known."""
    claims: Mapping[str, object] = field(default_factory=dict)
    """Further or other claims of the deposit; None takes one away."""
    hold: tuple[str, ...] = ()
    evidence_time: int = EVIDENCE_TIME
    crowd: int = 24
    """Accounts beside the two contracts, and other blocks remembered; few make short proofs."""
    key_index: int = 3
    beacon_index: int = 4
    filler: bytes = b"filler"
    """Makes the other entries, and so the root."""
    bad_signature: frozenset[int] = frozenset()
    """Entries that are in the log with a signature that does not match."""
    log_signer: NoteSigner = LOG_SIGNER
    checkpoint_key: CheckpointKey = CheckpointKey(LOG_SIGNER.verifier, 0, None)  # noqa: RUF009 -- frozen
    code: bytes = CONTRACT_CODE
    """Code of the contract on the chain; the policy wants ``CONTRACT_CODE``."""
    stored_root: bytes | None = None
    """What the contract holds instead of the root."""
    kinds: Mapping[int, str] = field(default_factory=dict)
    """Kind of evidence by chain id, where it is not ``storage``."""
    sizes: Mapping[int, int] = field(default_factory=dict)
    """Anchored tree size by chain id, where it is not 13."""
    levels: Mapping[int, Level] = field(default_factory=dict)
    """What the policy says that a chain can show, where it is not ``proof``."""
    block_times: Mapping[int, BlockTime] = field(default_factory=dict)
    """Who sets a chain's time by the policy, where it is not ``consensus``."""
    event: Mapping[str, object] = field(default_factory=dict)
    """What differs in the transaction receipt: status, kind, contract, log_id, size or root."""
    statement: Mapping[str, object] = field(default_factory=dict)
    """What differs in the operator's statement, by its member."""
    statement_signer: NoteSigner = LOG_SIGNER
    revoker: int | None = None
    """Number of the key whose ``key`` record is entry 5; the depositor's identity may name it."""
    words: Mapping[int, tuple[int, Mapping[str, object]]] = field(default_factory=dict)
    """Revocations of the depositor's key, of entries 8 to 12: the key that signs, and claims."""
    remembered: bytes | None = None
    """What the history contract holds instead of the beacon's block hash."""


@dataclass(frozen=True)
class Built:
    """A receipt with what its reader needs."""

    shape: Shape
    receipt: Receipt
    policy: Policy
    evidence_hashes: dict[int, bytes]
    """Block hash of the evidence, by chain id."""
    beacon_hash: bytes
    beacon_header: bytes

    @property
    def octets(self) -> bytes:
        return self.receipt.to_bytes()


def build(shape: Shape | None = None) -> Built:
    """Make the receipt of ``shape``; the same shape always gives the same bytes."""
    shape = shape or Shape()
    beacon_header = evm_state.header(
        BEACON_NUMBER, BEACON_TIME, keccak(b"state"), keccak(b"parent")
    )
    beacon_hash = keccak(beacon_header)
    records = _records(shape, beacon_hash)
    entries = [hashlib.sha256(shape.filler + b" %d" % i).digest() for i in range(13)]
    for index, record in records.items():
        entries[index] = record.entry
    first = _proofs(entries[:8], shape, cosigned=0 if shape.anchors else shape.cosigned)
    anchors = {
        chain: make_anchor(chain, entries[: shape.sizes.get(chain, 13)], beacon_hash, shape)
        for chain in shape.anchors
    }
    key = LoggedRecord(records[shape.key_index].compact.decode(), shape.key_index)
    return Built(
        shape=shape,
        receipt=Receipt(
            record=LoggedRecord(records[6].public().decode(), 6),
            keys=(key,) if shape.keys else (),
            beacon=_logged_beacon(shape, records, beacon_header),
            first=first,
            anchored=tuple(_anchored(entries, anchors, shape)),
            revocations=_revocations(entries, records, shape) if shape.words else None,
        ),
        policy=Policy.parse(policy_octets(shape)),
        evidence_hashes={
            chain: block_of(anchor.evidence).block_hash for chain, anchor in anchors.items()
        },
        beacon_hash=beacon_hash,
        beacon_header=beacon_header,
    )


def _anchored(
    entries: Sequence[bytes], anchors: Mapping[int, ReceiptAnchor], shape: Shape
) -> Iterator[Anchored]:
    """Yield a set of proofs for each size, with the anchors of that size."""
    sizes = {chain: shape.sizes.get(chain, 13) for chain in anchors}
    for size in sorted(set(sizes.values())):
        proofs = _proofs(entries[:size], shape, cosigned=shape.cosigned)
        of_size = tuple(anchor for chain, anchor in anchors.items() if sizes[chain] == size)
        yield Anchored(proofs, of_size)


def _revocations(
    entries: Sequence[bytes], records: Mapping[int, Record], shape: Shape
) -> Revocations:
    checkpoint = Checkpoint(ORIGIN, len(entries), RootHash(naive_merkle.root(entries)))

    def proven(index: int) -> Proven:
        logged = LoggedRecord(records[index].compact.decode(), index)
        return Proven(logged, tuple(naive_merkle.path(index, entries)))

    return Revocations(
        checkpoint=checkpoints.sign(checkpoint, shape.log_signer),
        keys=() if shape.revoker is None else (proven(5),),
        records=tuple(map(proven, sorted(shape.words))),
    )


def _logged_beacon(
    shape: Shape, records: Mapping[int, Record], header: bytes
) -> LoggedBeacon | None:
    if not shape.beacon:
        return None
    sd_jwt = records[shape.beacon_index].compact.decode()
    return LoggedBeacon(sd_jwt, shape.beacon_index, header if shape.beacon_header else None)


# --- policy -------------------------------------------------------------------------------


def chain_of(chain_id: int, shape: Shape) -> Chain:
    names = {MAINNET: "Ethereum", OTHERNET: "Gnosis", THIRDNET: "Conflux", DEVNET: "anvil"}
    return Chain(
        name=names.get(chain_id, f"chain {chain_id}"),
        chain_id=chain_id,
        genesis_hash=keccak(b"genesis %d" % chain_id),
        contract=CONTRACT,
        log_id=log_id(),
        code_hash=keccak(CONTRACT_CODE),
        roots_slot=ROOTS_SLOT,
        depth=shape.depth,
        claims_independence=chain_id not in shape.not_independent,
        evidence=shape.levels.get(chain_id, "proof"),
        block_time=shape.block_times.get(chain_id, "consensus"),
    )


def policy_octets(shape: Shape) -> bytes:
    institution = InstitutionKey("Brown University", "05gq02987", DEPOSITOR_KEY.public)
    return render_policy(
        origin=ORIGIN,
        root_key=ROOT_KEY.public,
        checkpoint_keys=[shape.checkpoint_key],
        chains=[chain_of(chain_id, shape) for chain_id in shape.policy_chains],
        institution_keys=[institution] if shape.institution else [],
        witnesses=WITNESSES[: shape.witnesses],
        quorum=shape.quorum,
    )


# --- records ------------------------------------------------------------------------------


def salts() -> Iterator[bytes]:
    """Yield salts that are the same every time, which only a test may do."""
    number = 0
    while True:
        yield hashlib.sha256(b"salt %d" % number).digest()[:16]
        number += 1


def dataset_entries() -> list[bytes]:
    """Return the tree's entries of ``DATASET``: SHA-256(content) ‖ path."""
    return [hashlib.sha256(DATASET[path]).digest() + path.encode() for path in sorted(DATASET)]


def dataset_summary() -> Summary:
    """Return what the deposit signs of ``DATASET``."""
    digest = naive_merkle.root(dataset_entries())
    return Summary(digest, len(DATASET), sum(map(len, DATASET.values())))


def _records(shape: Shape, beacon_hash: bytes) -> dict[int, Record]:
    depositor = key_of(shape.signer, shape.alg)
    block = {
        "chain_id": shape.beacon_chain,
        "number": BEACON_NUMBER,
        "block_hash": "0x" + beacon_hash.hex(),
    }
    data = dataset_summary()
    claims: dict[str, object] = {
        "dataset_digest": data.digest.hex(),
        "files": data.files,
        "bytes": data.length,
        "title": "Three files",
        "contributors": [{"name": "Josiah Carberry", "roles": ["data-curation"]}],
        "license": "CC0-1.0",
        "access": "open",
        **shape.claims,
    }
    if shape.kind != "deposit":
        claims = dict(shape.claims)
    claims = {name: value for name, value in claims.items() if value is not None}
    if shape.own_block is not None:
        claims["block"] = {**block, "chain_id": shape.own_block}
    records = {
        shape.key_index: _issue("key", shape.identity, depositor, T0 - 50),
        6: _issue(shape.kind, claims, depositor, T0, shape.hold),
    }
    if shape.revoker is not None:
        records[5] = _issue("key", {}, key_of(shape.revoker), T0 - 50)
    for index, (number, said) in shape.words.items():
        word = {"key": depositor.public.thumbprint, "reason": "keyCompromise", **said}
        signer = depositor if number == shape.signer else key_of(number)
        records[index] = _issue("revocation", word, signer, EVIDENCE_TIME + 1_000)
    if shape.beacon:
        beacon = {**block, "timestamp": BEACON_TIME}
        records[shape.beacon_index] = _issue("beacon", beacon, BEACON_KEY, T0 - 60)
    for index in shape.bad_signature:
        records[index] = _with_bad_signature(records[index])
    return records


def _with_bad_signature(record: Record) -> Record:
    """Return the record with one bit of R turned; it parses, and its digest is the same."""
    head, payload, signature = record.entry.decode().split(".")
    other = "B" if signature[0] == "A" else "A"
    tail = record.compact.decode().partition("~")[2]
    compact = f"{head}.{payload}.{other}{signature[1:]}~{tail}"
    return parse_record(compact.encode(), complete=False)


def _issue(
    record_type: str,
    claims: Mapping[str, object],
    key: PrivateKey,
    iat: int,
    hold: Sequence[str] = (),
) -> Record:
    return issue_record(
        record_type, claims, private_key=key, aud=ORIGIN, iat=iat, salts=salts(), hold=hold
    )


# --- log ----------------------------------------------------------------------------------


def _proofs(entries: Sequence[bytes], shape: Shape, *, cosigned: int) -> ProofSet:
    checkpoint = Checkpoint(ORIGIN, len(entries), RootHash(naive_merkle.root(entries)))
    note = checkpoints.sign(checkpoint, shape.log_signer)
    key_path = tuple(naive_merkle.path(shape.key_index, entries))
    beacon_path = tuple(naive_merkle.path(shape.beacon_index, entries))
    return ProofSet(
        checkpoint=cosign(note, cosigned),
        record=tuple(naive_merkle.path(6, entries)),
        keys=(key_path,) if shape.keys else (),
        beacon=beacon_path if shape.beacon else None,
    )


def cosign(note_text: str, count: int) -> str:
    """Add the cosignatures of the first ``count`` witnesses (c2sp.org/tlog-cosignature)."""
    note = Note.parse(note_text)
    lines = list(note.signatures)
    for verifier, key in list(zip(WITNESSES, WITNESS_KEYS, strict=True))[:count]:
        signature = key.sign(f"cosignature/v1\ntime {T0 + 10}\n{note.text}".encode())
        octets = (T0 + 10).to_bytes(8, "big") + signature
        lines.append(Signature(verifier.name, verifier.key_id, octets))
    return Note(note.text, tuple(lines)).to_text()
