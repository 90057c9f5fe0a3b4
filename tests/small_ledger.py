"""A small ledger of real parts (SQLite, files, keys) for the tests of the write path.

Keys are of fixed seeds and the clock is set by hand, so that a ledger begins the same each time.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from databases import Place, give_schema, sqlite_place
from eth_hash.auto import keccak
from oracles import evm_state

from provenance.digests import sha256, to_evm_hex
from provenance.files.signer_memory import FileSignerMemory
from provenance.fingerprint import FileEntry, summarize
from provenance.keys import PrivateKey
from provenance.ledger.accept_records import check_records
from provenance.ledger.chain_port import Block, ChainPin, DatedBlock
from provenance.ledger.integrate_entries import integrate_entries
from provenance.ledger.issue_beacon import BeaconIssuer, issue_beacon
from provenance.ledger.issue_receipt import AnchorView, ReceiptIssuer
from provenance.ledger.known_keys import KnownKeys
from provenance.ledger.local_signer import LocalSigner
from provenance.ledger.signing_keys import SigningKeys
from provenance.ledger.start_log import start_log
from provenance.ledger.tile_cache import TileCache
from provenance.note import NoteSigner
from provenance.policy import Chain, CheckpointKey, InstitutionKey, Policy, render_policy
from provenance.record import Record, issue_record
from provenance.service.writer import Accepted, Answer, Writer
from provenance.store.key_store import SqlKeyStore, open_key_store
from provenance.store.log_store import SqlLogStore, open_log_store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from provenance.errors import FatalError
    from provenance.ledger.ports import SignedHead, Signer
    from provenance.service.writer import Gate

ORIGIN = "ledger.example/log"
START = 1_760_000_000
"""What the clock of a new small ledger says."""

PIN = ChainPin(
    chain_id=31337,
    genesis_hash=sha256(b"genesis block"),
    contract=sha256(b"contract")[:20],
    log_id=sha256(b"log id"),
    code_hash=keccak(b"code"),
    roots_slot=0,
)

ROOT = PrivateKey.from_seed("Ed25519", sha256(b"root key"))
BEACON = PrivateKey.from_seed("Ed25519", sha256(b"beacon key"))
SIGNER = NoteSigner(ORIGIN, PrivateKey.from_seed("Ed25519", sha256(b"checkpoint key")))
KEYS = SigningKeys.of_one(SIGNER)


def key_of(name: str) -> PrivateKey:
    return PrivateKey.from_seed("Ed25519", sha256(name.encode()))


def salts(seed: bytes) -> Iterator[bytes]:
    """Yield salts that differ for every seed and place."""
    return (sha256(seed + b"%d" % count)[:16] for count in itertools.count())


def key_record(key: PrivateKey, *, iat: int = START, aud: str = ORIGIN, **claims: str) -> Record:
    seed = salts(key.seed + b"key" + repr(sorted(claims.items())).encode())
    return issue_record("key", claims, private_key=key, aud=aud, iat=iat, salts=seed)


def deposit(
    key: PrivateKey,
    name: str,
    *,
    iat: int = START,
    aud: str = ORIGIN,
    hold: Sequence[str] = (),
    contributors: int = 3,
) -> Record:
    return _deposit(key, name, iat, aud, tuple(hold), contributors)


@lru_cache(2_000)  # many a test fills a log with the same hundreds
def _deposit(  # noqa: PLR0917 -- those of deposit()
    key: PrivateKey, name: str, iat: int, aud: str, hold: tuple[str, ...], contributors: int
) -> Record:
    claims = {
        "dataset_digest": sha256(name.encode()).hex(),
        "files": 3,
        "bytes": 4_096,
        "license": "CC0-1.0",
        "access": "open",
        "title": f"The data of {name}",
        "contributors": [
            {
                "name": f"Contributor {number} of {name}",
                "orcid": "0000-0002-1825-0097",
                "roles": ["data-curation", "investigation"],
            }
            for number in range(contributors)
        ],
    }
    seed = salts(key.seed + name.encode() + b"%d" % iat)
    return issue_record("deposit", claims, private_key=key, aud=aud, iat=iat, salts=seed, hold=hold)


def deposit_of_files(key: PrivateKey, files: Sequence[FileEntry]) -> Record:
    summary = summarize(files)
    claims = {
        "dataset_digest": summary.digest.hex(),
        "files": summary.files,
        "bytes": summary.length,
        "title": "Known files",
    }
    return issue_record(
        "deposit",
        claims,
        private_key=key,
        aud=ORIGIN,
        iat=START,
        salts=salts(summary.digest),
    )


def genesis(*, iat: int = START, origin: str = ORIGIN) -> Record:
    claims = {
        "root_key": ROOT.public.jwk(),
        "checkpoint_keys": [SIGNER.verifier.to_vkey()],
        "beacon_key": BEACON.public.jwk(),
        "chains": [
            {
                "chain_id": PIN.chain_id,
                "genesis_hash": to_evm_hex(PIN.genesis_hash),
                "contract": to_evm_hex(PIN.contract),
                "log_id": to_evm_hex(PIN.log_id),
                "code_hash": to_evm_hex(PIN.code_hash),
                "roots_slot": PIN.roots_slot,
            }
        ],
    }
    return issue_record("genesis", claims, private_key=ROOT, aud=origin, iat=iat, salts=iter(()))


def block(number: int) -> Block:
    time = START - 600 + 12 * number
    header = evm_state.header(number, time, sha256(b"state"), sha256(b"parent"))
    return Block(number, keccak(header), time, header)


def policy(institutions: Sequence[InstitutionKey] = ()) -> Policy:
    chain = Chain(
        name="development",
        chain_id=PIN.chain_id,
        genesis_hash=PIN.genesis_hash,
        contract=PIN.contract,
        log_id=PIN.log_id,
        code_hash=PIN.code_hash,
        roots_slot=PIN.roots_slot,
        depth=None,
        claims_independence=False,
    )
    octets = render_policy(
        origin=ORIGIN,
        root_key=ROOT.public,
        checkpoint_keys=[CheckpointKey(SIGNER.verifier, 0, None)],
        chains=[chain],
        institution_keys=institutions,
    )
    return Policy.parse(octets)


@dataclass
class SmallLedger:
    """One ledger folder, opened; ``reopen`` is what a restart does."""

    folder: Path
    now: int = START
    held: DatedBlock | None = None
    """The finalized block that the poller would hold."""
    anchors: AnchorView | None = None
    keys: SigningKeys = field(default_factory=lambda: KEYS)
    beacon_key: PrivateKey = BEACON
    trust: Policy = field(default_factory=policy)
    signer: Signer | None = None
    """None signs with ``keys`` and ``memory``."""
    place: Place | None = None
    """Where the databases lie; None means as files in ``folder``."""
    store: SqlLogStore = field(init=False)
    key_store: SqlKeyStore = field(init=False)
    memory: FileSignerMemory = field(init=False)
    known_keys: KnownKeys = field(init=False)
    tiles: TileCache = field(init=False)
    receipts: ReceiptIssuer = field(init=False)
    beacons: BeaconIssuer = field(init=False)

    def __post_init__(self) -> None:
        self.open()

    def open(self) -> None:
        place = self.place or sqlite_place(self.folder)
        give_schema(place)
        self.store = open_log_store(place.ledger)
        self.key_store = open_key_store(place.keys)
        self.memory = FileSignerMemory(self.folder / "signer.memory", origin=ORIGIN)
        self.known_keys = KnownKeys(self.store)
        self.tiles = TileCache(self.store.read_tile)
        self.receipts = ReceiptIssuer(
            log=self.store,
            key_store=self.key_store,
            known_keys=self.known_keys,
            tiles=self.tiles,
            policy=self.trust,
            anchors=self.anchors,
            pins=[PIN],
        )
        self.beacons = BeaconIssuer(
            newest_block=lambda: self.held, key=self.beacon_key, origin=ORIGIN
        )

    def close(self) -> None:
        self.store.close()
        self.key_store.close()

    def reopen(self) -> None:
        self.close()
        self.open()

    def begin(self) -> SignedHead:
        """Integrate genesis and the first beacon."""
        return start_log(
            store=self.store,
            memory=self.memory,
            signer=SIGNER,
            origin=ORIGIN,
            genesis=genesis(iat=self.now).compact,
            beacon=issue_beacon(PIN.chain_id, block(1), BEACON, ORIGIN, self.now),
        )

    def integrate(self, *records: Record) -> None:
        """Take only the first durable step, as a process does that dies after it."""
        items = check_records(
            [one.compact for one in records],
            origin=ORIGIN,
            find_keys=lambda kids: {
                kid: one.key for kid, one in self.known_keys.find(kids).items()
            },
        )
        integrate_entries(
            [items],
            store=self.store,
            key_store=self.key_store,
            beacons=self.beacons,
            now_unix=self.now,
            institutions=self.trust.institutions,
        )

    def hold_block(self, number: int) -> None:
        self.held = DatedBlock(PIN.chain_id, block(number), self.now)

    def writer(
        self,
        *,
        max_waiting: int = 20_000,
        gate: Gate | None = None,
        on_fatal: Callable[[FatalError], None] | None = None,
    ) -> Writer:
        return Writer(
            store=self.store,
            key_store=self.key_store,
            signer=self.signer or LocalSigner(self.memory, self.keys, ORIGIN),
            origin=ORIGIN,
            known_keys=self.known_keys,
            tiles=self.tiles,
            receipts=self.receipts,
            now_unix=lambda: self.now,
            beacons=self.beacons,
            gate=gate,
            max_waiting=max_waiting,
            on_fatal=on_fatal,
            institutions=self.trust.institutions,
        )


def accepted(answer: Answer) -> Accepted:
    assert isinstance(answer, Accepted), repr(answer)
    return answer
