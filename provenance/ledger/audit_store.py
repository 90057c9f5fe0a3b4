"""Audit a ledger from its storage: all that ``audit_log`` does, and what only the operator sees.

What lies beside the entries must say what they say: stored tiles down to their inner nodes,
every head and checkpoint, the look-ups row by row, every disclosure that can still be decrypted,
every published manifest. The signer's memory must not be behind what it signed.
"""

from __future__ import annotations

import io
from collections import Counter
from typing import TYPE_CHECKING, Final, Protocol

from provenance import tlog
from provenance.digests import sha256, to_b64url
from provenance.erasure import read_erasure
from provenance.errors import (
    AuditError,
    ProvenanceError,
    UnavailableError,
    VerificationError,
)
from provenance.fingerprint import check_published, parse_manifest
from provenance.ledger.audit_log import (
    AuditReport,
    at_place,
    audit_entries,
    check_anchors,
    check_checkpoint,
)
from provenance.ledger.find_people import opened_by
from provenance.ledger.load_record import load_record
from provenance.ledger.projections import project
from provenance.record import deposit_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from provenance.checkpoint import Checkpoint
    from provenance.erasure import Erased
    from provenance.ledger.audit_entries import EntryAuditor
    from provenance.ledger.audit_log import AnchorClaim
    from provenance.ledger.audit_tree import TreeAuditor
    from provenance.ledger.ports import (
        Head,
        KeyStore,
        LogReader,
        SealedDisclosure,
        SignerState,
    )
    from provenance.ledger.projections import Projection
    from provenance.policy import Policy
    from provenance.record import Record
    from provenance.tlog import TileId

__all__ = ["HeadMemory", "audit_store", "check_disclosures"]

_AT_ONCE: Final = 256
_PAGE: Final = 1_000


class HeadMemory(Protocol):
    """The signer's memory, here or with a signer in another process."""

    def read(self) -> SignerState:
        """Return what it remembers.

        Raises:
            FatalError: it is missing or damaged.
            UnavailableError: the signer is away.
        """


def audit_store(
    store: LogReader,
    key_store: KeyStore,
    policy: Policy,
    *,
    memory: HeadMemory | None = None,
    claims: Sequence[AnchorClaim] = (),
) -> AuditReport:
    """Audit everything that a ledger has stored, up to its newest signed head.

    Safe while a service writes: what comes in meanwhile is left to the next audit, and rows are
    counted only when nothing did.

    Args:
        memory: the signer's; None where it is not at hand. What is wrong with it is told last,
            and a signer that is away is noted.
        claims: every anchor of the ledger.

    Raises:
        AuditError: the first wrong place.
    """
    checkpoint = _newest_checkpoint(store, policy)
    report = AuditReport(checkpoint.tree_size, checkpoint.root_hash)
    # before the heads are read: it is never ahead of all that are durable then
    remembered = None if memory is None else _ask(memory, report)
    with at_place("heads"):
        heads = list(_heads(store))
    beside = _BesideEntries(store, key_store, report)
    tree, rules = audit_entries(
        checkpoint,
        policy,
        store.entries,
        wanted={head.tree_size for head in heads} | {claim.tree_size for claim in claims},
        on_tile=beside.check_tile,
        on_record=beside.take,
    )
    report.by_type = rules.by_type
    beside.finish()
    _check_heads(heads, tree, rules, store, policy, report)
    check_anchors(claims, policy, tree, report)
    if remembered is not None:
        with at_place("signer memory"):
            _check_memory(remembered, checkpoint.tree_size, heads)
        report.memory_is_checked = True
    return report


def _newest_checkpoint(store: LogReader, policy: Policy) -> Checkpoint:
    with at_place("checkpoint"):
        signed = store.newest_signed()
        if signed is None:
            raise VerificationError("the log has no checkpoint")
        return check_checkpoint(signed.note, policy)


# --- heads ------------------------------------------------------------------------------------


def _heads(store: LogReader) -> Iterator[Head]:
    after = 0
    while page := store.heads(after, _PAGE):
        yield from page
        after = page[-1].tree_size


def _check_heads(  # noqa: PLR0913, PLR0917 -- private, and each is one side of the comparison
    heads: Sequence[Head],
    tree: TreeAuditor,
    rules: EntryAuditor,
    store: LogReader,
    policy: Policy,
    report: AuditReport,
) -> None:
    """Check every head, signed or overtaken, against the root the entries make at its size.

    All those roots are of prefixes of one sequence of entries: each head is so consistent with
    every other one.
    """
    report.checkpoints = 0
    for head in heads:
        if head.tree_size > report.tree_size:
            break  # not signed when the audit began
        with at_place(f"head {head.tree_size}"):
            if tree.roots[head.tree_size] != head.root_hash:
                raise VerificationError("the head is not the root of its entries")
        report.heads += 1
        with at_place(f"checkpoint {head.tree_size}"):
            signed = store.signed_head(head.tree_size)
            if signed is None:
                continue  # overtaken: it stays unsigned for ever
            said = check_checkpoint(signed.note, policy)
            rules.check_signer(signed.note)
            if (said.tree_size, said.root_hash) != (head.tree_size, head.root_hash):
                raise VerificationError("the checkpoint signs another head")
        report.checkpoints += 1
    if report.tree_size not in tree.roots:
        raise AuditError("the signed size has no head", place=f"head {report.tree_size}")


def _ask(memory: HeadMemory, report: AuditReport) -> SignerState | ProvenanceError | None:
    """Read the signer's memory; what is wrong with it must not hide what is wrong with the log."""
    try:
        return memory.read()
    except UnavailableError as error:
        report.memory_away = str(error)
        return None
    except ProvenanceError as error:
        return error


def _check_memory(
    remembered: SignerState | ProvenanceError, signed_size: int, heads: Sequence[Head]
) -> None:
    """Check that the signer remembers the newest signed head, or a durable one after it."""
    if isinstance(remembered, ProvenanceError):
        raise remembered
    if remembered.tree_size < signed_size:
        raise VerificationError(
            f"the signer remembers {remembered.tree_size}, but {signed_size} is signed"
        )
    head = next((head for head in heads if head.tree_size == remembered.tree_size), None)
    # a service that writes may have gone on since the heads were read
    if head is None and heads and remembered.tree_size < heads[-1].tree_size:
        raise VerificationError(f"the signer remembers {remembered.tree_size}, which is no head")
    if head is not None and head.root_hash != remembered.root_hash:
        raise VerificationError(f"the signer remembers another root at {head.tree_size}")


# --- beside the entries -----------------------------------------------------------------------


class _BesideEntries:
    """Compares what is stored beside the entries, some hundred at a time."""

    def __init__(self, store: LogReader, key_store: KeyStore, report: AuditReport) -> None:
        self._store = store
        self._key_store = key_store
        self._report = report
        self._key_indexes: dict[str, int] = {}
        self._records: list[Record] = []
        self._start = 0
        self._expected: Counter[str] = Counter()
        self._erased: list[Erased] = []
        with at_place("manifests"):
            self._manifests = set(store.manifest_indexes())

    def check_tile(self, tile: TileId, octets: bytes) -> None:
        """Compare a stored tile: its hashes with the entries', its inner nodes with its hashes."""
        stored = self._store.read_tile(tile.level, tile.index)
        if tlog.tile_hashes(stored, tile.width) != octets:
            raise VerificationError("the stored tile is not what the entries hash to")
        if tlog.expand_tile(tlog.tile_hashes(stored, tlog.width_of(stored))) != stored:
            raise VerificationError("the stored tile's inner nodes are not those of its hashes")
        self._report.tiles += 1

    def take(self, index: int, record: Record) -> None:
        """Take the next checked entry."""
        if record.type == "key":
            self._key_indexes.setdefault(record.kid, index)
        if record.type == "erasure":
            self._erased += read_erasure(record)
        self._records.append(record)
        if len(self._records) == _AT_ONCE:
            self._compare()

    def finish(self) -> None:
        """Compare the rest, what is erased, and the numbers of rows."""
        self._compare()
        self._check_erased()
        with at_place("manifests"):
            stray = self._store.stray_manifest()
            if stray is not None and stray not in self._store.manifest_indexes():
                raise VerificationError(f"files are found in entry {stray}, which publishes none")
        with at_place("projections"):
            if self._store.head().tree_size != self._report.tree_size:
                return  # somebody writes: rows of newer entries are there already
            for table, count in self._store.projection_counts().items():
                if count != self._expected[table]:
                    raise AuditError(
                        f"expected {self._expected[table]} rows, got {count}",
                        place=f"projection {table}",
                    )

    def _check_erased(self) -> None:
        """Check that what the log says is erased can be read no more; that is no loss."""
        ordered = {one.record for one in self._erased}
        indexes: dict[bytes, int] = {}
        for record_id in ordered:
            indexes.update(self._store.record_indexes([record_id]))
        for one in self._erased:
            index = indexes.get(one.record)
            if index is None:
                continue
            with at_place(f"disclosures of entry {index}"):
                stored = self._store.disclosures(index)
                pairs = [
                    (part.digest, part.ciphertext)
                    for part in stored
                    if one.digests is None or part.digest in one.digests
                ]
                if any(self._key_store.open(one.record, pairs) or ()):
                    raise VerificationError("it is erased on record, and can still be read")
            with at_place(f"manifest of entry {index}"):
                if one.manifest and index in self._store.manifest_indexes():
                    raise VerificationError("it is erased on record, and can still be read")
        self._report.erased = sorted(indexes.values())
        lost = set(self._report.lost_keys) - set(indexes.values())
        self._report.lost_keys = sorted(lost)

    def _compare(self) -> None:
        start, records = self._start, self._records
        self._start, self._records = start + len(records), []
        projections = [
            project(record, index, self._key_indexes.get(record.kid))
            for index, record in enumerate(records, start)
        ]
        self._count(projections)
        with at_place(f"projections of entries {start} to {self._start - 1}"):
            wrong = self._store.find_wrong_projection(projections)
            if wrong is not None:
                table, index = wrong
                raise AuditError("a row is missing", place=f"projection {table} of entry {index}")
            disclosures = self._store.disclosures_between(start, self._start)
        for index, record in enumerate(records, start):
            with at_place(f"disclosures of entry {index}"):
                opened = check_disclosures(record, disclosures.get(index, ()), self._key_store)
                if opened is None:
                    self._report.lost_keys.append(index)
                else:
                    self._report.disclosures += opened
                    self._check_opening(index, record)
            if index in self._manifests:
                with at_place(f"manifest of entry {index}"):
                    self._check_manifest(index, record)

    def _check_opening(self, index: int, record: Record) -> None:
        """Check that what an opening shows is found by its digest."""
        if record.type != "opening":
            return
        shown = load_record(index, log=self._store, key_store=self._key_store)
        for digest in opened_by(shown):
            if index not in self._store.openings_of(digest, index - 1, 1):
                raise VerificationError("the opened digest does not lead to it")

    def _count(self, projections: Sequence[Projection]) -> None:
        expected = self._expected
        expected["records"] += len(projections)
        for one in projections:
            expected["keys"] += one.key is not None
            expected["records_by_key"] += one.key_index is not None
            expected["dataset_digests"] += len(one.targets)
            expected["records_about"] += 0 if one.about_as is None else len(one.targets)
            expected["beacons"] += one.beacon is not None
            expected["key_events"] += one.key_event is not None
            expected["erasures"] += one.is_erasure

    def _check_manifest(self, index: int, record: Record) -> None:
        """Check a published manifest as when it came in, and the look-ups of its files."""
        manifest = self._store.manifest(index)
        if manifest is None:
            return  # erased since the audit began
        signed = deposit_of(record).summary
        if signed is None:
            raise VerificationError("the record has no dataset digest")
        parsed = parse_manifest(io.BytesIO(manifest))
        check_published(parsed.header, signed)
        if {entry.sha256 for entry in parsed} != set(self._store.file_digests(index)):
            raise VerificationError("the look-ups are not those of the manifest")
        self._report.manifests += 1


def check_disclosures(
    record: Record, stored: Sequence[SealedDisclosure], key_store: KeyStore
) -> int | None:
    """Check that what is stored for a record are its disclosures, as far as they open.

    Returns:
        How many were opened; None if the record's key is gone.

    Raises:
        VerificationError: one is missing, too many, differently marked, or something else.
        DamagedDisclosureError: one does not decrypt.
    """
    if {to_b64url(one.digest) for one in stored} != record.withheld:
        raise VerificationError("the stored disclosures are not those of the record")
    for one in stored:
        if one.held is not (to_b64url(one.digest) in record.held):
            raise VerificationError("a disclosure is not marked as the record says")
    if not stored:
        return 0
    texts = key_store.open(record.id, [(one.digest, one.ciphertext) for one in stored])
    if texts is None:
        return None
    for text, one in zip(texts, stored, strict=True):
        if text is not None and sha256(text.encode("ascii")) != one.digest:
            raise VerificationError("a disclosure decrypts to something else")
    return sum(text is not None for text in texts)
