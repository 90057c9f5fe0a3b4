"""Put a receipt together from what is stored, and verify it before anybody gets it.

    first      the smallest signed head that covers the record: what its caller was answered with
    anchored   for each chain the smallest final anchored head that covers it: the earliest time
               that this chain can show. Chains anchored at one size share a set of proofs
    keys       the signing key's record (none for the first ``key`` record of a key), and those of
               the keys that have bound it, up to an institution's
    beacon     the newest beacon below the record
    revocations  what was said against any of these keys, under the first signed head above it

The same record so has the same receipt each time, until its anchor is final and completes it.
"""

from __future__ import annotations

from collections import deque
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from provenance import tlog
from provenance.anchor import StatedEvidence
from provenance.errors import (
    DamagedReceiptError,
    FatalError,
    NotFoundError,
    ProvenanceError,
)
from provenance.given import Given
from provenance.keccak import keccak256
from provenance.ledger.key_chain import Place, chain_of, revocations_of
from provenance.ledger.load_record import load_record
from provenance.ledger.ports import SignedHead
from provenance.receipt import (
    Anchored,
    LoggedBeacon,
    LoggedRecord,
    ProofSet,
    Proven,
    Receipt,
    ReceiptAnchor,
    Revocations,
)
from provenance.record import parse_record
from provenance.verdict import not_in_log
from provenance.verify import Parts, check_parts
from provenance.verify_log import check_log

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from provenance.anchor import Evidence
    from provenance.ledger.anchor_port import Anchor
    from provenance.ledger.chain_port import ChainPin
    from provenance.ledger.key_chain import KeySource
    from provenance.ledger.known_keys import KnownKeys
    from provenance.ledger.ports import KeyEvent, KeyStore, LogReader, StoredBeacon, StoredKey
    from provenance.ledger.tile_cache import TileCache
    from provenance.policy import Policy
    from provenance.record import Record
    from provenance.verdict import Check

__all__ = ["AnchorView", "CosignatureView", "ReceiptIssuer"]

_NOTHING_GIVEN: Final = Given()

# the same few headers stand in all receipts
_hash_of = lru_cache(maxsize=64)(keccak256)


class AnchorView(Protocol):
    """What receipts need of the anchors; read-only, from any thread."""

    def covering(self, chain_id: int, tree_size: int) -> Anchor | None:
        """Return the final anchor with the smallest tree size not below ``tree_size``."""


class CosignatureView(Protocol):
    """What receipts need of the witnesses; read-only, from any thread."""

    def lines(self, tree_size: int) -> Sequence[str]:
        """Return the cosignatures of one checkpoint, each a verified line of its note."""


class _Cited(NamedTuple):
    """The entries that a receipt cites besides the record."""

    keys: tuple[LoggedRecord, ...]
    beacon: LoggedBeacon | None
    block: StoredBeacon | None
    revocations: Revocations | None = None


class ReceiptIssuer:
    """Makes receipts; for any thread."""

    def __init__(  # noqa: PLR0913 -- each is one place that a receipt's parts come from
        self,
        *,
        log: LogReader,
        key_store: KeyStore,
        known_keys: KnownKeys,
        tiles: TileCache,
        policy: Policy,
        anchors: AnchorView | None = None,
        pins: Sequence[ChainPin] = (),
        cosignatures: CosignatureView | None = None,
    ) -> None:
        """Read from these.

        Args:
            policy: the policy that this service serves; every receipt is verified under it.
            anchors: None for a ledger without a chain.
            pins: where the ledger anchors, the policy's first chain first.
            cosignatures: None for a ledger without witnesses.
        """
        self._log = log
        self._key_store = key_store
        self._known_keys = known_keys
        self._tiles = tiles
        self._policy = policy
        self._anchors = anchors
        self._pins = tuple(pins)
        self._cosignatures = cosignatures
        # the same for every record of a batch or of a key: erasures wait until no service runs
        self._path = lru_cache(maxsize=4_096)(self._read_path)
        self._key_record = lru_cache(maxsize=1_024)(self._read_key_record)
        self._beacon_entry = lru_cache(maxsize=64)(self._read_beacon_entry)
        self._newest_beacon = lru_cache(maxsize=64)(self._log.beacon_below)
        self._events_at = lru_cache(maxsize=256)(self._read_events)
        self._keys_at = lru_cache(maxsize=256)(self._read_keys)
        self._sound: deque[LoggedBeacon | None] = deque(maxlen=8)

    def acknowledge(
        self, record: Record, leaf_index: int, signed: SignedHead, *, has_events: bool = True
    ) -> Receipt:
        """Return the receipt of a record that was integrated a moment ago.

        Args:
            record: as it was submitted; holder disclosures are left out.
            signed: the first signed head that covers it.
            has_events: False when it is known that nobody has bound or revoked the signing key,
                which saves asking.

        Raises:
            DamagedReceiptError: our own verifier refuses it; nobody may get it.
        """
        shown = parse_record(record.public(), complete=False) if record.held else record
        source = _AsOf(self, signed.tree_size) if has_events else None
        cited = self._cite(shown, leaf_index, signed.tree_size, source)
        return self._make(shown, leaf_index, cited, self._prove(leaf_index, cited, signed), ())

    def issue(self, leaf_index: int) -> Receipt:
        """Return the receipt of a stored record, completed by the chain where it can be.

        Raises:
            NotFoundError: no signed head covers that index, or the entry is a beacon, which
                stands in the receipts of others.
            DamagedReceiptError: our own verifier refuses it; nobody may get it.
        """
        signed = self._log.first_signed_above(leaf_index)
        if signed is None or leaf_index < 0:
            raise NotFoundError(f"no signed checkpoint covers entry {leaf_index}")
        record = load_record(leaf_index, log=self._log, key_store=self._key_store)
        if record.type == "beacon":
            raise NotFoundError(f"entry {leaf_index} is a beacon, which has no receipt of its own")
        cited = self._cite(record, leaf_index, signed.tree_size, self._log)
        first = self._prove(leaf_index, cited, self._cosigned(signed))
        return self._make(record, leaf_index, cited, first, self._anchored(leaf_index, cited))

    def _make(
        self,
        record: Record,
        leaf_index: int,
        cited: _Cited,
        first: ProofSet,
        anchored: tuple[Anchored, ...],
    ) -> Receipt:
        receipt = Receipt(
            record=LoggedRecord(record.compact.decode("ascii"), leaf_index),
            keys=cited.keys,
            beacon=cited.beacon,
            first=first,
            anchored=anchored,
            revocations=cited.revocations,
        )
        self._verify(receipt, record)
        return receipt

    def _verify(self, receipt: Receipt, record: Record) -> None:
        """Refuse what our own verifier refuses: a bit may have changed anywhere below."""
        try:
            parts = Parts.of(receipt, record)
        except ProvenanceError as error:
            raise DamagedReceiptError(f"a part does not parse: {error}") from error
        # Without an anchor, what checks 9 to 14 could refuse is the beacon, the same one in all
        # receipts of a minute: they are made on the first of them, the others on every receipt.
        if not receipt.anchored and receipt.beacon in self._sound:
            checks: Sequence[Check] = check_log(parts, self._policy)
        else:
            checks = check_parts(parts, self._policy, _NOTHING_GIVEN, now_unix=0).checks
        wrong = not_in_log(checks)
        if wrong is not None:
            raise DamagedReceiptError(f"check {wrong.number} {wrong.name}: {wrong.code}")
        if not receipt.anchored and receipt.beacon not in self._sound:
            self._sound.append(receipt.beacon)

    # --- parts ---------------------------------------------------------------------------------

    def _cite(
        self, record: Record, leaf_index: int, tree_size: int, source: KeySource | None
    ) -> _Cited:
        """Choose what the receipt cites; all but revocations has a lower index than the record.

        Args:
            source: where to ask who has bound or revoked keys; None when it is known that nobody.
        """
        chain: list[tuple[str, int]] = []
        revocations = None
        if source is not None and source.key_events([record.kid]):
            found = chain_of(record.kid, leaf_index + 1, source)
            chain = [(kid, index) for kid, index in found if index < leaf_index]
            revocations = self._revocations(record, leaf_index, chain, source)
        elif record.key is None:
            stored = self._known_keys.find([record.kid]).get(record.kid)
            chain = [] if stored is None else [(record.kid, stored.leaf_index)]
        keys = tuple(self._key_record(index) for _, index in chain)
        block = self._newest_beacon(tree_size)
        if block is not None and block.leaf_index >= leaf_index:
            block = self._log.beacon_below(leaf_index)
        beacon = None if block is None else self._beacon_entry(block)
        return _Cited(keys, beacon, block, revocations)

    def _revocations(
        self,
        record: Record,
        leaf_index: int,
        chain: Sequence[tuple[str, int]],
        source: KeySource,
    ) -> Revocations | None:
        """Find what was said against the keys of ``chain``, before the record or after it."""
        place = Place(record.kid, leaf_index if record.key is not None else None, tuple(chain))
        said = revocations_of(place, source)
        if not said.revocations:
            return None
        signed = self._log.first_signed_above(max(*said.keys, *said.revocations, -1))
        if signed is None:
            return None  # its own caller is not answered yet either; the next receipt shows it
        return Revocations(
            checkpoint=signed.note,
            keys=tuple(self._proven(one, signed.tree_size) for one in said.keys),
            records=tuple(self._proven(one, signed.tree_size) for one in said.revocations),
        )

    def _proven(self, leaf_index: int, tree_size: int) -> Proven:
        return Proven(self._key_record(leaf_index), self._path(leaf_index, tree_size))

    def _prove(self, leaf_index: int, cited: _Cited, signed: SignedHead) -> ProofSet:
        size = signed.tree_size
        record = tlog.inclusion_proof(leaf_index, size, self._tiles.at(size))
        return ProofSet(
            checkpoint=signed.note,
            record=tuple(record),
            keys=tuple(self._path(key.leaf_index, size) for key in cited.keys),
            beacon=None if cited.beacon is None else self._path(cited.beacon.leaf_index, size),
        )

    def _anchored(self, leaf_index: int, cited: _Cited) -> tuple[Anchored, ...]:
        """Find each chain's first final anchor that covers the record, smallest size first."""
        if self._anchors is None:
            return ()
        found: dict[int, list[ReceiptAnchor]] = {}
        for pin in self._pins:
            anchor = self._anchors.covering(pin.chain_id, leaf_index + 1)
            if anchor is not None:
                shown = _receipt_anchor(pin, anchor, cited.block)
                found.setdefault(anchor.tree_size, []).append(shown)
        return tuple(
            Anchored(self._prove_at(leaf_index, cited, tree_size), tuple(anchors))
            for tree_size, anchors in sorted(found.items())
        )

    def _prove_at(self, leaf_index: int, cited: _Cited, tree_size: int) -> ProofSet:
        signed = self._log.signed_head(tree_size)
        if signed is None:
            raise FatalError(f"tree size {tree_size} is anchored but not signed")
        return self._prove(leaf_index, cited, self._cosigned(signed))

    def _cosigned(self, signed: SignedHead) -> SignedHead:
        """Add the witnesses' lines; who was answered at once did not wait for them."""
        if self._cosignatures is None:
            return signed
        lines = self._cosignatures.lines(signed.tree_size)
        return SignedHead(signed.tree_size, signed.note + "".join(lines))

    def _read_events(self, kids: tuple[str, ...], _: int) -> Mapping[str, Sequence[KeyEvent]]:
        return self._log.key_events(kids)

    def _read_keys(self, kids: tuple[str, ...], _: int) -> Mapping[str, StoredKey]:
        return self._log.stored_keys(kids)

    def _read_path(self, index: int, tree_size: int) -> tuple[bytes, ...]:
        return tuple(tlog.inclusion_proof(index, tree_size, self._tiles.at(tree_size)))

    def _read_key_record(self, leaf_index: int) -> LoggedRecord:
        record = load_record(leaf_index, log=self._log, key_store=self._key_store)
        return LoggedRecord(record.compact.decode("ascii"), leaf_index)

    def _read_beacon_entry(self, beacon: StoredBeacon) -> LoggedBeacon:
        record = load_record(beacon.leaf_index, log=self._log, key_store=self._key_store)
        compact = record.compact.decode("ascii")
        return LoggedBeacon(compact, beacon.leaf_index, beacon.header)


class _AsOf(NamedTuple):
    """What is said of keys, asked once for all records that one signed head answers.

    Below that head nothing changes any more. What came in behind it may be missing here, and is
    in the receipts that are fetched later.
    """

    issuer: ReceiptIssuer
    tree_size: int

    def key_events(self, kids: Sequence[str]) -> Mapping[str, Sequence[KeyEvent]]:
        """Return what is said of keys (``key_chain.KeySource``)."""
        return self.issuer._events_at(tuple(kids), self.tree_size)  # noqa: SLF001 -- its own part

    def stored_keys(self, kids: Sequence[str]) -> Mapping[str, StoredKey]:
        """Return the keys that the log knows (``key_chain.KeySource``)."""
        return self.issuer._keys_at(tuple(kids), self.tree_size)  # noqa: SLF001 -- its own part


def _receipt_anchor(pin: ChainPin, anchor: Anchor, beacon: StoredBeacon | None) -> ReceiptAnchor:
    inclusion = anchor.inclusion
    if inclusion is None or inclusion.evidence is None:
        raise FatalError(f"anchor {anchor.anchor_id} is final but has no evidence")
    _check_header(anchor.anchor_id, inclusion.evidence, inclusion.block.block_hash)
    history = None
    if beacon is not None and beacon.chain_id == pin.chain_id:
        named = ((one.block_hash, proof) for one, proof in inclusion.histories)
        history = next((proof for found, proof in named if found == beacon.block_hash), None)
    return ReceiptAnchor(pin.chain_id, pin.contract, pin.log_id, inclusion.evidence, history)


def _check_header(anchor_id: int, evidence: Evidence, block_hash: bytes) -> None:
    """Check that the header is the block's that became final: the verifier cannot know which.

    A bit that changed where no proof leads, in the header's time, would go out unnoticed.
    """
    if isinstance(evidence, StatedEvidence):
        return  # signed words, without a header
    if _hash_of(evidence.header) != block_hash:
        raise DamagedReceiptError(f"anchor {anchor_id}: its evidence is of another block")
