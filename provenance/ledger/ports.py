"""What the use cases need from outside: a store, a key store, the signer's memory, a clock.

Each contract is in prose, because it is what a crash leaves behind that matters, and no type
says that. "Durable" means: survives the loss of power once the call has returned. Every method
may raise ``UnavailableError`` (nothing was changed) and ``FatalError`` (the process must end).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

from provenance.ledger.projections import KeyEvent

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from provenance.digests import RootHash
    from provenance.keys import PublicKey
    from provenance.ledger.projections import Projection
    from provenance.note import NoteVerifier
    from provenance.signing_request import SigningRequest
    from provenance.tlog import Extension

__all__ = [
    "BeaconSource",
    "FoundDigest",
    "Head",
    "KeyEvent",
    "KeyStore",
    "LogReader",
    "LogStore",
    "LogTransaction",
    "Mode",
    "ModeStore",
    "Named",
    "NewBeacon",
    "NewEntry",
    "ScrubState",
    "SealedDisclosure",
    "SignedHead",
    "Signer",
    "SignerMemory",
    "SignerState",
    "SigningTurn",
    "StoredBeacon",
    "StoredKey",
    "Sweep",
]

# --- values ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Head:
    """The end of the log, durable, whether signed or not."""

    tree_size: int
    root_hash: RootHash


@dataclass(frozen=True, slots=True)
class SignedHead:
    """A head and the signed note over it, both durable."""

    tree_size: int
    note: str


@dataclass(frozen=True, slots=True)
class StoredKey:
    """A key that the log knows, and where its first ``key`` record lies."""

    kid: str
    leaf_index: int
    key: PublicKey
    newest_event: int | None = None
    """Where the last entry lies that binds or revokes it, as it was when this was read; None when
    there is none."""


@dataclass(frozen=True, slots=True)
class StoredBeacon:
    """A ``beacon`` entry: the block it names, and that block's header where it was observed."""

    leaf_index: int
    chain_id: int
    number: int
    block_hash: bytes
    issued_unix: int
    header: bytes | None


@dataclass(frozen=True, slots=True)
class FoundDigest:
    """A digest that a look-up found, and the entry it stands in."""

    digest: bytes
    """32 bytes."""
    leaf_index: int
    is_dataset: bool
    """What the entry itself names, not one file of its published manifest."""
    is_opened: bool = False
    """What was sealed, and the entry opens."""


@dataclass(frozen=True, slots=True)
class SealedDisclosure:
    """One disclosure as it is stored: nobody reads it without the key store."""

    digest: bytes
    """SHA-256 of the disclosure's text, 32 bytes."""
    held: bool
    """Only for the record's holder."""
    ciphertext: bytes


@dataclass(frozen=True, slots=True)
class NewEntry:
    """What one integrated entry adds to the store."""

    entry: bytes
    projection: Projection
    disclosures: tuple[SealedDisclosure, ...] = ()
    beacon_header: bytes | None = None
    people: tuple[bytes, ...] = ()
    """Tags of whom and what its public disclosures name (``KeyStore.tag``)."""
    opened: tuple[bytes, ...] = ()
    """Dataset digests that it opens, 32 bytes each."""


class Named(NamedTuple):
    """What an entry is found by as long as its public disclosures are there."""

    leaf_index: int
    tags: tuple[bytes, ...]
    opened: tuple[bytes, ...] = ()
    """Dataset digests that an ``opening`` shows."""


@dataclass(frozen=True, slots=True)
class NewBeacon:
    """A signed ``beacon`` record, ready to begin a batch."""

    compact: bytes
    header: bytes | None
    """RLP header of the block it names."""


@dataclass(frozen=True, slots=True)
class Mode:
    """Whether the ledger may be written, as its database says it to every process."""

    read_only: bool = False
    reason: str | None = None
    """Why an operator made it read-only, in their words."""
    since_unix: int = 0
    damage: str | None = None
    """What the scrub found; nothing is signed until a person has cleared it."""


@dataclass(frozen=True, slots=True)
class ScrubState:
    """How far the scrub of what is stored has come."""

    next_index: int = 0
    """Leaf index that the present round goes on from."""
    rounds: int = 0
    """Whole rounds since the ledger began."""
    completed_unix: int | None = None
    """When the last of them ended, POSIX seconds."""
    damage: str | None = None


@dataclass(frozen=True, slots=True)
class Sweep:
    """What one look at the disclosure keys made since the last one has found."""

    removed: int
    """Keys of no entry."""
    is_done: bool
    """No key is left to look at; else another sweep goes on."""


class SignerState(Protocol):
    """What the signer remembers: the last head it signed or was about to sign."""

    @property
    def tree_size(self) -> int:
        """Entries of that head."""

    @property
    def root_hash(self) -> bytes:
        """Root of that head, 32 bytes."""

    @property
    def peaks(self) -> tuple[bytes, ...]:
        """Roots of its perfect subtrees, largest first; they make ``root_hash``."""


# --- ports ----------------------------------------------------------------------------------


class SigningTurn(Protocol):
    """What a caller of the signer may do while it has its turn."""

    @property
    def remembered(self) -> SignerState:
        """What the signer remembered when the turn began."""

    def sign(self, request: SigningRequest) -> str:
        """Return the signed note of a head that extends the memory; it is remembered before.

        Asked twice for the same head, the answer is the same, byte for byte.

        Raises:
            SignerMovedError: the memory has moved on since the turn began; begin another.
            FatalError: the head does not extend the memory, or no key at hand may sign it.
            UnavailableError: the signer is away; it may have remembered the head, or not.
        """


class Signer(Protocol):
    """The one signer of a log: its checkpoint key and its memory, outside the ledger's database.

    It never sees the database: it signs what provably extends what it remembers. Any number of
    processes may call it. ``remember`` is durable before a signature leaves it.
    """

    def turn(self) -> AbstractContextManager[SigningTurn]:
        """Read what it remembers, to sign what extends that.

        Whoever keeps the turn for itself (a lock of one host) spares others vain work; that
        nobody is overtaken unseen is for ``SigningTurn.sign`` to see to.
        """

    def verifiers(self, tree_size: int) -> Sequence[NoteVerifier]:
        """Return the keys one of which has to have signed the checkpoint of ``tree_size``."""

    def check_key(self, tree_size: int) -> None:
        """Check that it holds a key for ``tree_size``; FatalError: what comes stays unsigned."""


class SignerMemory(Protocol):
    """The one memory of the one signer of a log, outside the ledger's database."""

    def hold(self) -> AbstractContextManager[None]:
        """Keep every other process and thread of this host from the memory meanwhile.

        Raises:
            UnavailableError: somebody else has held it for too long.
        """

    def create(self) -> None:
        """Begin the memory of a log without entries; keep one that is there."""

    def read(self) -> SignerState:
        """Return what was remembered; FatalError when it is missing or damaged."""

    def remember(self, tree_size: int, root_hash: bytes, peaks: Sequence[bytes]) -> None:
        """Replace the memory, atomically; durable on return."""


class BeaconSource(Protocol):
    """Signed beacons, made of a block that somebody else fetched: asking never waits."""

    def beacon_after(self, newest: StoredBeacon | None, now_unix: int) -> NewBeacon | None:
        """Return a beacon if one is due after ``newest``, else None."""


class KeyStore(Protocol):
    """Random keys of records' disclosures, apart from the log and from its backups."""

    def seal(
        self, records: Sequence[tuple[bytes, Sequence[tuple[bytes, str]]]]
    ) -> list[list[bytes]]:
        """Encrypt disclosures, (digest, text) per record id; the keys are durable on return."""

    def open(
        self, record_id: bytes, sealed: Iterable[tuple[bytes, bytes]]
    ) -> list[str | None] | None:
        """Decrypt (digest, ciphertext) pairs of one record; None for one that was erased.

        None instead of the list when all were erased, or the record's key was lost.
        """

    def was_erased(self, record_id: bytes) -> bool:
        """Tell whether a record's key was erased, in whole or in part, and not lost."""
        ...

    def tag(self, words: str) -> bytes:
        """Return the tag, 16 bytes, by which the index of people finds ``words``."""

    def erase(
        self,
        record_id: bytes,
        digests: Collection[bytes] | None = None,
        sealed: Iterable[tuple[bytes, bytes]] = (),
    ) -> bool:
        """Destroy the keys of some disclosures of a record, or of all; say if any was there.

        Args:
            sealed: all that is stored of the record, where some of it is kept.
        """

    def forget(self) -> None:
        """Leave nothing of erased keys in the files; UnavailableError: ask again."""

    def erased_size(self) -> int:
        """Return how many entries were looked at for erasures, all of them carried out."""

    def note_erased(self, tree_size: int) -> None:
        """Say that every erasure among the first entries was carried out; durable on return."""

    def sweep(self, known: Callable[[Sequence[bytes]], Collection[bytes]]) -> Sweep:
        """Remove keys of records that never became entries, of a bounded number that come next.

        Only under the lock of the log's head; durable on return. The next call goes on there.
        """


class LogTransaction(Protocol):
    """One integration, under the lock of the log's head row. Nobody else assigns indexes."""

    def head(self) -> Head:
        """Return the durable head as this transaction found it."""

    def record_indexes(self, record_ids: Sequence[bytes]) -> Mapping[bytes, int]:
        """Return the leaf index of those ids that are entries."""

    def stored_keys(self, kids: Sequence[str]) -> Mapping[str, StoredKey]:
        """Return those keys that the log knows."""

    def key_events(self, kids: Sequence[str]) -> Mapping[str, Sequence[KeyEvent]]:
        """Return what is said of keys, oldest first; keys of which nothing is are left out."""

    def entry(self, leaf_index: int) -> bytes:
        """Return a stored entry; NotFoundError where there is none."""

    def signed_about(self, target: bytes, key_index: int) -> Sequence[int]:
        """Return leaf indexes of what a key signed about a record, smallest first.

        Args:
            target: what ``Projection.targets`` may hold.
            key_index: of the signing key's first ``key`` record.
        """

    def newest_beacon(self) -> StoredBeacon | None:
        """Return the last ``beacon`` entry."""

    def read_tile(self, level: int, index: int) -> bytes:
        """Return a stored tile (see ``provenance.tlog``)."""

    def append(self, entries: Sequence[NewEntry], extension: Extension) -> None:
        """Write entries, projections, disclosures, tiles and the new head, unsigned."""


class LogReader(Protocol):
    """Reads of what is durable, from any thread; what is not yet signed included.

    Answers may come from different moments; the log only grows, so they never contradict.
    """

    def origin(self) -> str | None:
        """Return the log's name; None while there is no log."""

    def head(self) -> Head:
        """Return the newest durable head."""

    def heads(self, after: int, limit: int) -> Sequence[Head]:
        """Return durable heads of a size above ``after``, smallest first."""

    def newest_signed(self) -> SignedHead | None:
        """Return the newest stored signed head."""

    def first_signed_above(self, leaf_index: int) -> SignedHead | None:
        """Return the smallest signed head that covers an entry."""

    def signed_head(self, tree_size: int) -> SignedHead | None:
        """Return the signed head of exactly this size."""

    def entries(self, start: int, stop: int) -> Sequence[bytes]:
        """Return entries ``start`` to below ``stop``, fewer at the end of the log."""

    def read_tile(self, level: int, index: int) -> bytes:
        """Return a stored tile, as wide as it is now; NotFoundError where there is none."""

    def record_indexes(self, record_ids: Sequence[bytes]) -> Mapping[bytes, int]:
        """Return the leaf index of those ids that are entries."""

    def stored_keys(self, kids: Sequence[str]) -> Mapping[str, StoredKey]:
        """Return those keys that the log knows."""

    def key_events(self, kids: Sequence[str]) -> Mapping[str, Sequence[KeyEvent]]:
        """Return what is said of keys, oldest first; keys of which nothing is are left out."""

    def records_of_key(self, key_index: int, after: int, limit: int) -> Sequence[int]:
        """Return leaf indexes above ``after`` of what a key signed, smallest first."""

    def deposits_of_dataset(self, digest: bytes, after: int, limit: int) -> Sequence[int]:
        """Return leaf indexes above ``after`` of deposits of a dataset digest."""

    def deposits_of_file(self, digest: bytes, after: int, limit: int) -> Sequence[int]:
        """Return leaf indexes above ``after`` of deposits whose manifest lists a file."""

    def records_of_person(self, tag: bytes, after: int, limit: int) -> Sequence[int]:
        """Return leaf indexes above ``after`` of entries that name a person, smallest first."""

    def records_about(
        self, target: bytes, types: Sequence[str], limit: int
    ) -> Mapping[str, Sequence[int]]:
        """Return by type the leaf indexes of records about one, at most ``limit`` of each."""

    def openings_of(self, digest: bytes, after: int, limit: int) -> Sequence[int]:
        """Return leaf indexes above ``after`` of what opens a dataset digest, smallest first."""

    def keys_bound_by(self, kids: Collection[str]) -> Sequence[int]:
        """Return where the keys lie that these bound, and those that those bound, and so on."""

    def records_of_keys(self, key_indexes: Sequence[int], start: int, stop: int) -> Sequence[int]:
        """Return leaf indexes from ``start`` to below ``stop`` of what keys signed, in order."""

    def erasures(self, start: int) -> Sequence[int]:
        """Return the leaf indexes of ``erasure`` entries from ``start`` on."""

    def digests_between(
        self, low: bytes, high: bytes, *, after: tuple[bytes, int] | None, limit: int
    ) -> Sequence[FoundDigest]:
        """Return digests of datasets and files in a range, both ends included, in order.

        Args:
            after: digest and leaf index of the last one that is known already.
        """

    def stray_manifest(self) -> int | None:
        """Return a leaf index that is found by files and has no manifest; None when all have."""

    def beacon_below(self, leaf_index: int) -> StoredBeacon | None:
        """Return the newest ``beacon`` entry with a lower index."""

    def beacon_before(self, unix: int) -> StoredBeacon | None:
        """Return the newest ``beacon`` entry issued at a time or before it."""

    def count_beacons(self, start: int, stop: int) -> int:
        """Return how many ``beacon`` entries lie at ``start`` to below ``stop``."""

    def beacons(self, start: int, stop: int) -> Sequence[StoredBeacon]:
        """Return the ``beacon`` entries at indexes from ``start`` to below ``stop``."""

    def disclosures(self, leaf_index: int) -> Sequence[SealedDisclosure]:
        """Return a record's disclosures in the record's order."""

    def manifest_room(self, leaf_index: int) -> int | None:
        """Return the bytes that reading a manifest keeps in memory; None where there is none."""
        ...

    def manifest_chunks(self, leaf_index: int) -> Iterator[bytes] | None:
        """Return a published manifest in parts; None where there is none."""
        ...

    def manifest(self, leaf_index: int) -> bytes | None:
        """Return a published manifest, exactly as it was received."""

    def disclosures_between(
        self, start: int, stop: int
    ) -> Mapping[int, Sequence[SealedDisclosure]]:
        """Return the disclosures of entries ``start`` to below ``stop``, by leaf index."""

    def manifest_indexes(self) -> Sequence[int]:
        """Return the leaf indexes of all published manifests."""

    def file_digests(self, leaf_index: int) -> Sequence[bytes]:
        """Return the file digests by which a manifest's deposit is found."""

    def find_wrong_projection(self, expected: Sequence[Projection]) -> tuple[str, int] | None:
        """Compare the look-ups of neighbouring entries; None when every row is there.

        Returns:
            Table and leaf index of the first row that is missing or says something else.
        """

    def projection_counts(self) -> Mapping[str, int]:
        """Return how many rows each projection has, by its table's name."""


class LogStore(LogReader, Protocol):
    """The store with its writing side, which belongs to one thread of one process."""

    def create(self, origin: str) -> None:
        """Begin an empty log, or find the one with this origin; ConflictError for another."""

    def integrate(self) -> AbstractContextManager[LogTransaction]:
        """Open an integration; leaving it normally commits, durably, and by an error undoes it."""

    def store_signature(self, signed: SignedHead) -> None:
        """Store a signature with its anchor marker, in one transaction; durable on return.

        Unique on size: the same note again changes nothing, another one is FatalError.
        """

    def store_manifest(
        self, leaf_index: int, manifest: Iterable[bytes], file_digests: Iterable[bytes]
    ) -> None:
        """Publish a deposit's manifest, replacing what was published before; durable.

        Args:
            manifest: its bytes in parts, of which one at a time is held.
            file_digests: of its files, some perhaps more than once.
        """

    def erase_manifest(self, leaf_index: int) -> bool:
        """Take back a published manifest with its look-ups; say whether there was one."""

    def replace_people(self, people: Iterable[Named]) -> None:
        """Replace what entries are found by; nothing of the old is left.

        Raises:
            UnavailableError: the old state is still held by a reader; ask again.
        """

    def rebuild_people(self, people: Iterable[Named]) -> None:
        """Throw away what all entries are found by and write this, in one transaction."""

    def use_token(self, kid: str, jti: str, *, expires_unix: int, now_unix: int) -> bool:
        """Mark a holder's request as answered, durably; False if it had been."""

    def replace_projections(self, projections: Iterable[Projection]) -> None:
        """Throw the projections away and write these, in one transaction.

        Headers of beacons are kept where the entry is the same. What published manifests are
        found by is made anew too, from the manifests.
        """


class ModeStore(Protocol):
    """What must hold over restarts and for every process of a ledger; any thread may call it."""

    def mode(self) -> Mode:
        """Return whether the ledger may be written."""

    def set_read_only(self, reason: str | None, now_unix: int) -> None:
        """Make the ledger read-only for ``reason``, or with None writable again; durable."""

    def scrub_state(self) -> ScrubState:
        """Return how far the scrub has come."""

    def advance_scrub(self, old: ScrubState, new: ScrubState) -> bool:
        """Move the scrub on; False, and nothing changed, if another process has moved it."""

    def mark_damage(self, damage: str) -> None:
        """Write down what the scrub found, durably; what was found first stays."""

    def clear_damage(self) -> bool:
        """Forget the damage, on a person's word; say whether there was any."""
