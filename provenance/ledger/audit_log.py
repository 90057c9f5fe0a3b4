"""Re-prove a whole log, from its storage or from outside with public endpoints only.

    (1) the newest checkpoint: signed by a key of the policy
    (2) every entry: form, order, signature, key rule          audit_entries
    (3) every tile and bundle: what the entries hash to        audit_tree
    (4) every head and checkpoint: the root at its size, so each is consistent with the next, and
        signed by a key that the entries themselves put in force for it
    (5) every anchor: that root, proved from its block's header
    (6) from storage only: projections, disclosures, manifests, as the entries say

The first wrong place is named and ends the audit: what follows from it would only mislead. A chain
is asked about the anchors' blocks afterwards (``audit_anchors``): its word is none on the log.
"""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

from provenance import tlog
from provenance.anchor import Evidence, StatedEvidence, verify_proof, verify_statement
from provenance.checkpoint import Checkpoint, open_checkpoint
from provenance.errors import (
    AuditError,
    NotFoundError,
    ProvenanceError,
    UnavailableError,
    VerificationError,
)
from provenance.given import KeyStatus
from provenance.identity import BoundKey, standing_of
from provenance.key_life import words_on
from provenance.key_values import revocation_of
from provenance.ledger.audit_entries import EntryAuditor
from provenance.ledger.audit_tree import TreeAuditor
from provenance.note import Note

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from provenance.digests import RootHash
    from provenance.key_values import Revocation
    from provenance.policy import Chain, Policy
    from provenance.record import Record
    from provenance.tlog import TileId

__all__ = [
    "AnchorClaim",
    "AuditReport",
    "EntrySource",
    "PublicLog",
    "at_place",
    "audit_entries",
    "audit_public_log",
    "check_anchors",
    "check_checkpoint",
    "check_evidence",
    "key_status_from",
]

BUNDLE: Final = tlog.TILE_WIDTH


@dataclass(frozen=True, slots=True)
class AnchorClaim:
    """What a ledger says of one anchor; ``evidence`` is None until it has any."""

    chain_id: int
    tree_size: int
    evidence: Evidence | None
    widened_by: int = 0
    """Blocks from the one that holds the transaction to the evidence's, as the ledger says."""


@dataclass
class AuditReport:
    """What was proved; nothing in it was taken on trust but the policy."""

    tree_size: int
    root_hash: RootHash
    by_type: Counter[str] = field(default_factory=Counter)
    """Entries by record type."""
    tiles: int = 0
    heads: int = 0
    checkpoints: int = 1
    anchors: int = 0
    """Anchors whose evidence was proved."""
    anchors_stated: int = 0
    """Anchors for which there is the operator's signed word only."""
    anchors_widened: int = 0
    """Proved anchors whose evidence is of a later block than the one they were made in."""
    widest: int = 0
    """By how many blocks at most."""
    anchors_without_evidence: int = 0
    blocks_confirmed: int = 0
    """Evidence blocks that a chain confirmed."""
    disclosures: int = 0
    lost_keys: list[int] = field(default_factory=list)
    """Entries with disclosures whose key is gone, and no erasure on record: each is a loss, or a
    copy that was restored without its keys."""
    erased: list[int] = field(default_factory=list)
    """Entries of which something was erased by order, and found to be."""
    manifests: int = 0
    memory_is_checked: bool = False
    """Whether the signer's memory was compared with the heads."""
    memory_away: str | None = None
    """Why it could not be asked."""


@contextmanager
def at_place(place: str) -> Iterator[None]:
    """Name the place of whatever goes wrong inside.

    Raises:
        AuditError: something is not as it must be, ``place`` first.
        UnavailableError: as it comes: the audit could not go on, which says nothing of the log.
    """
    try:
        yield
    except (AuditError, UnavailableError):
        raise
    except ProvenanceError as error:
        raise AuditError(f"{error.code}: {error}", place=place) from error


def check_checkpoint(note_text: str, policy: Policy) -> Checkpoint:
    """Open a checkpoint under the policy's keys for its size.

    Raises:
        MalformedError: not a checkpoint of the policy's log.
        BadSignatureError: no key of the policy for that size signed it.
    """
    size = Checkpoint.from_text(Note.parse(note_text).text).tree_size
    keys = [key.verifier for key in policy.checkpoint_keys if key.covers(size)]
    return open_checkpoint(note_text, policy.origin, keys)


class EntrySource(Protocol):
    """Gives entries ``start`` to below ``stop``, at most 256 and all of one bundle."""

    def __call__(self, start: int, stop: int) -> Sequence[bytes]:
        """Read them; raises NotFoundError or MalformedError when it cannot."""


def audit_entries(  # noqa: PLR0913 -- three readers of the same pass
    checkpoint: Checkpoint,
    policy: Policy,
    read_entries: EntrySource,
    *,
    wanted: Collection[int] = (),
    on_tile: Callable[[TileId, bytes], None] | None = None,
    on_record: Callable[[int, Record], None] | None = None,
) -> tuple[TreeAuditor, EntryAuditor]:
    """Read every entry below a checkpoint, check each, and rebuild the root.

    Args:
        wanted: tree sizes whose roots are to be noted.
        on_tile: called with each tile's C2SP bytes as the entries make it.
        on_record: called with each entry's index and record after it was checked.

    Raises:
        AuditError: the first entry or tile that is wrong, or the root.
    """
    tree = TreeAuditor(wanted)
    rules = EntryAuditor(origin=policy.origin, root_key=policy.root_key)
    while tree.size < checkpoint.tree_size:
        start = tree.size
        entries = _read_all(read_entries, start, min(start + BUNDLE, checkpoint.tree_size))
        for index, entry in enumerate(entries, start):
            with at_place(f"entry {index}"):
                record = rules.take(entry)
            if on_record is not None:
                on_record(index, record)
            for tile, octets in tree.take(entry):
                _offer(on_tile, tile, octets)
    for tile, octets in tree.rest():
        _offer(on_tile, tile, octets)
    if tree.root() != checkpoint.root_hash:
        raise AuditError(
            f"the entries make root {tree.root().hex()}, the checkpoint signs "
            f"{checkpoint.root_hash.hex()}",
            place=f"checkpoint {checkpoint.tree_size}",
        )
    return tree, rules


def _read_all(read_entries: EntrySource, start: int, stop: int) -> Sequence[bytes]:
    with at_place(f"entries {start} to {stop - 1}"):
        entries = read_entries(start, stop)
        if len(entries) != stop - start:
            raise VerificationError(f"expected {stop - start} entries, got {len(entries)}")
    return entries


def _offer(on_tile: Callable[[TileId, bytes], None] | None, tile: TileId, octets: bytes) -> None:
    if on_tile is not None:
        with at_place(tile.path()):
            on_tile(tile, octets)


def check_anchors(
    claims: Iterable[AnchorClaim],
    policy: Policy,
    tree: TreeAuditor,
    report: AuditReport,
) -> None:
    """Prove each anchor's evidence against the root that the entries make at its size.

    Raises:
        AuditError: an anchor proves another root.
    """
    for claim in claims:
        with at_place(f"anchor of tree size {claim.tree_size} on chain {claim.chain_id}"):
            chain = policy.chain_named(claim.chain_id)
            if chain is None:
                raise VerificationError("the policy does not know this chain")
            if claim.evidence is None:
                report.anchors_without_evidence += 1
                continue
            root_hash = tree.roots.get(claim.tree_size)
            if root_hash is None:
                raise VerificationError("no signed head has this size")
            check_evidence(claim, claim.evidence, policy, chain, root_hash)
            if isinstance(claim.evidence, StatedEvidence):
                report.anchors_stated += 1
            else:
                report.anchors += 1
                report.anchors_widened += claim.widened_by > 0
                report.widest = max(report.widest, claim.widened_by)


def check_evidence(
    claim: AnchorClaim, evidence: Evidence, policy: Policy, chain: Chain, root_hash: RootHash
) -> None:
    """Prove the evidence of an anchor, or check who signed it.

    Raises:
        MalformedError: it does not parse.
        VerificationError: it proves another root, or is about another log or contract.
    """
    if isinstance(evidence, StatedEvidence):
        verify_statement(
            evidence,
            policy.keys_at(claim.tree_size),
            origin=policy.origin,
            chain_id=claim.chain_id,
            contract=chain.contract,
            log_id=chain.log_id,
            tree_size=claim.tree_size,
            root_hash=root_hash,
        )
        return
    verify_proof(
        evidence,
        contract=chain.contract,
        code_hash=chain.code_hash,
        log_id=chain.log_id,
        tree_size=claim.tree_size,
        root_hash=root_hash,
        roots_slot=chain.roots_slot,
    )


# --- from outside -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PublicLog:
    """A log as anybody sees it: over HTTP, or a folder of the same files."""

    read: Callable[[str], bytes]
    """Reads ``checkpoint`` or a path of C2SP tlog-tiles; NotFoundError when there is none."""
    anchors: Sequence[AnchorClaim] = ()

    def checkpoint(self) -> str:
        """Return the newest checkpoint's text."""
        try:
            return self.read("checkpoint").decode()
        except UnicodeDecodeError as error:
            raise AuditError("not UTF-8", place="checkpoint") from error

    def entries(self, start: int, stop: int) -> list[bytes]:
        """Return the entries of one bundle, from its start."""
        tile = tlog.TileId(tlog.ENTRIES, start // BUNDLE, stop - start)
        return tlog.parse_bundle(self._read(tile))[: tile.width]

    def tile(self, tile: TileId) -> bytes:
        """Return the hashes of a tile, 32 bytes each."""
        return self._read(tile)[: 32 * tile.width]

    def _read(self, tile: TileId) -> bytes:
        """Read a tile; a partial one may have been deleted once the full one was there."""
        try:
            return self.read(tile.path())
        except NotFoundError:
            if tile.width == tlog.TILE_WIDTH:
                raise
            return self.read(tlog.TileId(tile.level, tile.index).path())


def audit_public_log(log: PublicLog, policy: Policy) -> AuditReport:
    """Audit a log from outside: checkpoint, every entry, every tile, every anchor.

    Raises:
        AuditError: the first wrong place.
        UnavailableError: the log did not answer.
    """
    with at_place("checkpoint"):
        note_text = log.checkpoint()
        checkpoint = check_checkpoint(note_text, policy)
    report = AuditReport(checkpoint.tree_size, checkpoint.root_hash)
    # an anchor may be of a head that became newer than the checkpoint while it was read
    claims = [claim for claim in log.anchors if claim.tree_size <= checkpoint.tree_size]

    def on_tile(tile: TileId, octets: bytes) -> None:
        if log.tile(tile) != octets:
            raise VerificationError("the tile is not what the entries hash to")
        report.tiles += 1

    tree, rules = audit_entries(
        checkpoint,
        policy,
        log.entries,
        wanted={claim.tree_size for claim in claims},
        on_tile=on_tile,
    )
    with at_place("checkpoint"):
        rules.check_signer(note_text)
    report.by_type = rules.by_type
    check_anchors(claims, policy, tree, report)
    return report


def key_status_from(
    log: PublicLog, policy: Policy, kid: str, leaf_index: int | None = None
) -> tuple[Checkpoint, KeyStatus]:
    """Read every entry of a log to say what was said of a key (``verify --log``).

    Args:
        leaf_index: of the record that the key signed: a binding above it is named as later.

    Raises:
        AuditError: the log does not hold together; then nothing is said about the key.
    """
    with at_place("checkpoint"):
        checkpoint = check_checkpoint(log.checkpoint(), policy)
    keys: list[BoundKey] = []
    revocations: list[tuple[int, Revocation]] = []

    def on_record(index: int, record: Record) -> None:
        # every key: whoever bound this one may have been bound long before
        if record.type == "key":
            keys.append(BoundKey(record, index))
        elif record.type == "revocation":
            revocations.append((index, revocation_of(record)))

    audit_entries(checkpoint, policy, log.entries, on_record=on_record)
    words = words_on(kid, keys, revocations, policy.institutions)
    later = None if leaf_index is None else _bound_later(kid, leaf_index, keys, policy)
    first = words[0].leaf_index if words else None
    return checkpoint, KeyStatus(checkpoint.tree_size, first, words, later)


def _bound_later(
    kid: str, leaf_index: int, keys: Sequence[BoundKey], policy: Policy
) -> tuple[int, str] | None:
    """Return the first entry above ``leaf_index`` from which on an institution binds the key."""
    own = [one.leaf_index for one in keys if one.record.kid == kid and one.leaf_index > leaf_index]
    for index in sorted(own):
        standing = standing_of(kid, index, keys, policy.institutions)
        if standing.binder is not None:
            return index, standing.binder
    return None
