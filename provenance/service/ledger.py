"""A running ledger, and one method for each thing the API can ask of it.

Start order: writer's lock, database, managed node, signer's memory and recovery, then the loops
that talk to the chain. The chain may be away: records are taken all the same, and anchored when
it is back. Stopping goes the other way round and answers everybody first.
"""

from __future__ import annotations

import time
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from provenance.errors import (
    DamagedReceiptError,
    MalformedError,
    NotFoundError,
    VerificationError,
)
from provenance.ledger.audit_log import check_checkpoint
from provenance.ledger.find_people import names_person, opened_by
from provenance.ledger.load_record import load_record
from provenance.ledger.serve_holder import (
    check_publication,
    disclose_record,
    publish_manifest,
)
from provenance.receipt import to_tlog_proof
from provenance.record import parse_entry
from provenance.service.find_institution import AskedInstitution, find_institution
from provenance.service.loop_bridge import LoopBridge
from provenance.service.operator_keys import OperatorKeys
from provenance.service.rate_limits import Admission
from provenance.service.record_about import about_record
from provenance.service.running import RunningParts
from provenance.service.summary import summarise
from provenance.service.views import Levels, anchor_view, hit_views, record_view

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import BinaryIO

    from provenance.errors import FatalError
    from provenance.ledger.ports import FoundDigest
    from provenance.record import Record
    from provenance.record_standing import RecordStanding
    from provenance.service.measures import Measure
    from provenance.service.settings import LedgerFolder
    from provenance.service.writer import Answer
    from provenance.tlog import TileId

__all__ = ["Ledger", "Shown"]

_T = TypeVar("_T")


class Shown(NamedTuple):
    """A record with what is public of it, and what stands beside it."""

    record: Record
    """With the disclosures that are public and not erased."""
    leaf_index: int
    standing: RecordStanding
    has_manifest: bool


class Ledger:
    """The parts of one ledger folder, running; make it, ``start`` it, ``stop`` it."""

    def __init__(
        self,
        folder: LedgerFolder,
        *,
        read_only: bool = False,
        on_fatal: Callable[[FatalError], None] | None = None,
    ) -> None:
        """Read settings and policy; nothing runs yet.

        Args:
            read_only: answer readers, and take no records.
            on_fatal: told when going on could damage the log; the process should end.

        Raises:
            MalformedError: the folder is not a founded ledger.
        """
        self.folder = folder
        self.settings = folder.read_settings()
        self.trust = folder.read_policy()
        self.origin = self.trust.origin
        self._read_only = read_only
        self._on_fatal = on_fatal
        self._keys = OperatorKeys(folder.keys)
        self._bridge = LoopBridge()
        self._running: RunningParts | None = None
        # asked for again and again; another bit makes it another text
        self._check_checkpoint = lru_cache(maxsize=8)(self._check_signature)

    @property
    def policy(self) -> bytes:
        """The trust policy's exact bytes."""
        return self.trust.octets

    # --- life ------------------------------------------------------------------------------

    def start(self) -> None:
        """Take the locks, recover the log, and run.

        Raises:
            LockedError: another process writes or anchors this ledger.
            FatalError: database and signer's memory contradict each other.
        """
        write_policy = self.settings.write_policy
        self._running = RunningParts(
            folder=self.folder,
            settings=self.settings,
            policy=self.trust,
            keys=self._keys,
            admission=None if write_policy is None else Admission(write_policy),
            on_fatal=self._on_fatal,
            read_only=self._read_only,
        )
        if self.settings.database is None:
            # a process that was killed left its address, at which nobody answers now
            self.folder.address.unlink(missing_ok=True)
        try:
            self._running.start()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Finish the batch in hand, answer its callers, stop the loops and the node."""
        running, self._running = self._running, None
        if running is not None:
            running.stop()

    @property
    def parts(self) -> RunningParts:
        """The running parts; RuntimeError when the ledger is not started."""
        if self._running is None:
            raise RuntimeError("the ledger is not started")
        return self._running

    # --- writing ---------------------------------------------------------------------------

    async def submit(self, compacts: Sequence[bytes]) -> list[Answer]:
        """Integrate records; one answer each, in order, the receipt among it."""
        return await self._bridge.wait(self.parts.writer.accept(compacts))

    # --- the log ---------------------------------------------------------------------------

    def checkpoint(self) -> str:
        """Return the newest signed checkpoint.

        Raises:
            DamagedReceiptError: no key of the policy signed what is stored.
        """
        note_text = self.parts.log.checkpoint()
        self._check_checkpoint(note_text)
        return note_text

    def _check_signature(self, note_text: str) -> None:
        try:
            check_checkpoint(note_text, self.trust)
        except (MalformedError, VerificationError) as error:
            raise DamagedReceiptError(f"the newest checkpoint is damaged: {error}") from error

    def tile(self, tile: TileId) -> bytes:
        """Return the bytes of a tile or entry bundle, at exactly the width asked for."""
        return self.parts.log.tile(tile)

    def inclusion_proof(self, leaf_index: int, tree_size: int) -> Sequence[bytes]:
        """Return the path from an entry to the root of any size up to the signed one."""
        return self.parts.log.inclusion_path(leaf_index, tree_size)

    def consistency_proof(self, older: int, newer: int) -> Sequence[bytes]:
        """Return the proof that one tree extends another."""
        return self.parts.log.consistency_path(older, newer)

    # --- records ---------------------------------------------------------------------------

    def record(self, record_id: bytes) -> dict[str, Any]:
        """Return a record with the disclosures that are public and not erased."""
        parts = self.parts
        index = parts.log.index_of(record_id)
        return record_view(index, log=parts.store, key_store=parts.key_store)

    def standing(self, record_id: bytes) -> RecordStanding:
        """Return how a record stands today: withdrawn, found wrong, disputed."""
        parts = self.parts
        index = parts.log.index_of(record_id)
        record = load_record(index, log=parts.store, key_store=parts.key_store)
        return about_record(record, index, log=parts.store).standing

    def shown(self, record_id: bytes) -> Shown:
        """Return a record's public side as its page tells it to machines."""
        parts = self.parts
        index = parts.log.index_of(record_id)
        record = load_record(index, log=parts.store, key_store=parts.key_store)
        standing = about_record(record, index, log=parts.store).standing
        return Shown(record, index, standing, parts.store.manifest_room(index) is not None)

    def receipt(self, record_id: bytes) -> bytes:
        """Return the newest receipt of a record, verified before it is given away."""
        return self.parts.receipts.issue(self.parts.log.index_of(record_id)).to_bytes()

    def tlog_proof(self, record_id: bytes) -> str:
        """Return the receipt as a C2SP tlog-proof."""
        return to_tlog_proof(self.parts.receipts.issue(self.parts.log.index_of(record_id)))

    def check_publication(self, record_id: bytes, statement: str) -> None:
        """Check that a statement is its signer's order to publish; it is not used up by this."""
        self.parts.mode.check()
        check_publication(
            record_id,
            statement.encode(),
            log=self.parts.log,
            store=self.parts.store,
            origin=self.origin,
            now_unix=int(time.time()),
        )

    def publish_manifest(self, record_id: bytes, manifest: BinaryIO, statement: str) -> None:
        """Publish a deposit's manifest on its signer's order."""
        publish_manifest(
            record_id,
            manifest,
            statement.encode(),
            log=self.parts.log,
            store=self.parts.store,
            origin=self.origin,
            now_unix=int(time.time()),
        )

    def manifest_room(self, record_id: bytes) -> int:
        """Return the bytes that reading a published manifest keeps in memory."""
        room = self.parts.store.manifest_room(self.parts.log.index_of(record_id))
        return _published(room, record_id)

    def manifest(self, record_id: bytes) -> Iterator[bytes]:
        """Return, in parts, a manifest that its depositor has published."""
        chunks = self.parts.store.manifest_chunks(self.parts.log.index_of(record_id))
        return _published(chunks, record_id)

    def disclose(self, record_id: bytes, statement: bytes) -> bytes:
        """Return a record with its holder disclosures, on its signer's order."""
        return disclose_record(
            record_id,
            statement,
            log=self.parts.log,
            store=self.parts.store,
            key_store=self.parts.key_store,
            origin=self.origin,
            now_unix=int(time.time()),
        )

    # --- look-ups --------------------------------------------------------------------------

    def find_digest(self, digest: bytes, after: int, limit: int) -> list[dict[str, Any]]:
        """Return deposits of a dataset or of a file whose manifest is published, and openings."""
        log = self.parts.log
        found = set(log.deposits_of_digest(digest, after=after, limit=limit))
        openings = log.openings_of(digest, after=after, limit=limit)
        found |= {index for index in openings if self._opens(index, digest)}
        return self._hits(sorted(found)[:limit])

    def _opens(self, index: int, digest: bytes) -> bool:
        """Look at what the rows of openings say: it may have been erased since."""
        record = load_record(index, log=self.parts.store, key_store=self.parts.key_store)
        return digest in opened_by(record)

    def find_prefix(
        self, prefix: str, after: tuple[bytes, int] | None, limit: int
    ) -> tuple[list[dict[str, Any]], tuple[bytes, int] | None]:
        """Return deposits of all digests that begin alike, and where the next page goes on."""
        found, following = self.parts.log.digests_with_prefix(prefix, after=after, limit=limit)
        found = [
            one for one in found if not one.is_opened or self._opens(one.leaf_index, one.digest)
        ]
        hits = self._hits([one.leaf_index for one in found])
        for hit, one in zip(hits, found, strict=True):
            hit["digest"] = one.digest.hex()
            hit["of"] = self._found_as(one)
        return hits, following

    def _found_as(self, found: FoundDigest) -> str:
        """Tell what a digest is of: a dataset, one of its files, or a record that is named."""
        if not found.is_dataset:
            return "opened" if found.is_opened else "file"
        (entry,) = self.parts.store.entries(found.leaf_index, found.leaf_index + 1)
        is_own = parse_entry(entry).claims.get("dataset_digest") == found.digest.hex()
        return "dataset" if is_own else "record"

    def find_key(self, kid: str, after: int, limit: int) -> list[dict[str, Any]]:
        """Return what a key signed, its key record first."""
        return self._hits(self.parts.log.records_of_key(kid, after=after, limit=limit))

    def find_person(
        self, words: str, after: int, limit: int
    ) -> tuple[list[dict[str, Any]], int | None]:
        """Return the records whose public disclosures name a person or a DOI, and where to go on.

        Args:
            words: of ``find_people``, as ``orcid_words``. How well known the key of a
                hit is, the hit says; nobody vouches that a claimed name is that person's.
        """
        parts = self.parts
        found = parts.log.records_of_person(parts.key_store.tag(words), after=after, limit=limit)
        named = [index for index in found if self._names(index, words)]
        return self._hits(named), found[-1] if len(found) == limit else None

    def find_institution(
        self, text: str, after: int, limit: int
    ) -> tuple[list[dict[str, Any]], int | None]:
        """Return what keys signed that are bound under an institution, and what names it.

        Args:
            text: a ROR id, the id of an institution's key, or a name.
        """
        parts, asked = self.parts, AskedInstitution.of(text, self.trust)
        levels = Levels(parts.store, parts.key_store, self.trust)
        found, following = find_institution(asked, after, limit, parts=parts, levels=levels)
        hits = self._hits(found)
        for hit in hits:
            hit["signer_bound"] = found[hit["leaf_index"]]
        return hits, following

    def _names(self, index: int, words: str) -> bool:
        """Look at what the index found: it may have been erased, or be somebody else's tag."""
        record = load_record(index, log=self.parts.store, key_store=self.parts.key_store)
        return names_person(record, words)

    def _hits(self, indexes: Iterable[int]) -> list[dict[str, Any]]:
        parts = self.parts
        return hit_views(indexes, log=parts.store, key_store=parts.key_store, policy=self.trust)

    def anchors(self, after: int, limit: int) -> list[dict[str, Any]]:
        """Return anchors in the order they were bound, after anchor id ``after``.

        Raises:
            DamagedReceiptError: what is stored of one does not hold together.
        """
        parts = self.parts
        try:
            page = parts.anchor_store.page(after_id=max(after, 0), limit=limit)
        except MalformedError as error:
            raise DamagedReceiptError(f"an anchor is damaged: {error}") from error
        for anchor in page:
            parts.anchor_checker.check(anchor)
        return [anchor_view(anchor) for anchor in page]

    def anchor_now(self) -> int | None:
        """Anchor the newest checkpoint without waiting for the interval; return its tree size."""
        sizes = []
        for chain in self.parts.chains:
            sizes.append(self.parts.anchor_store.ask_now(chain.trust.chain_id))
            chain.loop.wake()
        return max((size for size in sizes if size is not None), default=None)

    # --- operation -------------------------------------------------------------------------

    def readiness(self) -> dict[str, tuple[bool, str]]:
        """Say of each part whether it can do its work, and why not."""
        return self.parts.readiness()

    def summary(self) -> dict[str, Any]:
        """Return the ledger in numbers."""
        return summarise(self.parts, self.trust, int(time.time()))

    def measures(self) -> Iterator[Measure]:
        """Return gauges for the metrics."""
        return self.parts.measures()


def _published(found: _T | None, record_id: bytes) -> _T:
    if found is None:
        raise NotFoundError(f"no manifest is published for record {record_id.hex()}")
    return found
