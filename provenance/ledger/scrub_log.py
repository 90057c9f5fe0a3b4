"""Re-read what is stored, a bundle at a time and round after round, while the service runs.

    (1) entries        every one there, and hashing to what its tile says
    (2) tiles          inner nodes those of the hashes; a full tile's root stands in the one above
    (3) heads          the root at each size, from the entries again
    (4) checkpoints    signed by a key of the policy, over that head
    (5) look-ups       every row that the entry makes, so that no record is taken a second time
    (6) disclosures    the record's own, and decrypting to their digests where they still can;
                       those whose key is gone, though nobody erased it, are counted
    (7) anchors        at a round's end: those that are final, proved again (``scrub_anchors``)

What the audit does in one go with nothing else in mind, this does slowly and for ever: it goes on
from the stored tiles, whose word is then judged by the signed heads. A head far beyond the bundle
proves those peaks too, since no other peaks make a root that was signed.

Only what is below a signed head is read. None of it ever changes: whatever differs is damage.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from provenance import tlog
from provenance.errors import AuditError, VerificationError
from provenance.ledger.audit_log import at_place, check_checkpoint
from provenance.ledger.audit_store import check_disclosures
from provenance.ledger.ports import ScrubState
from provenance.ledger.projections import project
from provenance.merkle import RootAccumulator, leaf_hash, root_of
from provenance.record import OPERATOR_TYPES, parse_entry

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from provenance.ledger.ports import Head, KeyStore, LogReader
    from provenance.ledger.projections import Projection
    from provenance.ledger.scrub_anchors import AnchorScrubber
    from provenance.policy import Policy
    from provenance.record import Record

__all__ = ["LogScrubber"]

_BUNDLE: Final = tlog.TILE_WIDTH

_AT_ONCE: Final = 16
"""Entries between two rests: some milliseconds of work, so that no request waits for more."""


class LogScrubber:
    """Reads one bundle at each call; belongs to one thread."""

    def __init__(
        self,
        store: LogReader,
        key_store: KeyStore,
        policy: Policy,
        *,
        rest: Callable[[int], object] | None = None,
        anchors: AnchorScrubber | None = None,
    ) -> None:
        """Read from these.

        Args:
            policy: whose checkpoint keys signed the heads.
            rest: called with a number of entries after they were read; it keeps the rate.
            anchors: None for a log without a chain.
        """
        self._store = store
        self._key_store = key_store
        self._policy = policy
        self._rest = rest or (lambda _: None)
        self._anchors = anchors
        self.lost_keys = 0
        """Records of this round so far whose disclosures have lost their key."""

    def step(self, state: ScrubState, now_unix: int) -> ScrubState:
        """Check the bundle at ``state.next_index``; return where to go on.

        Args:
            now_unix: our clock, only to say when a round ended.

        Raises:
            AuditError: the place and what is wrong with it: something stored has changed.
            UnavailableError: a database is away, which says nothing of what it holds.
        """
        with at_place("newest checkpoint"):
            signed = self._store.newest_signed()
            if signed is None:
                raise VerificationError("the log has no checkpoint")
        size = signed.tree_size
        start = state.next_index if state.next_index < size else 0
        if start == 0:
            self.lost_keys = 0
        stop = min(start + _BUNDLE, size)
        self._check(start, stop)
        if stop < size:
            return replace(state, next_index=stop)
        self._check_edge(size)
        if self._anchors is not None and not self._anchors.run(self._rest):
            return state
        return ScrubState(0, state.rounds + 1, now_unix, state.damage)

    def read_again(self, state: ScrubState, entries: int) -> None:
        """Check the bundle that ``state`` is at, and what follows it in the round.

        Args:
            entries: how far behind the damage ``state`` may have been written down.

        Raises:
            AuditError, UnavailableError: as ``step`` does.
        """
        end, round_ = state.next_index + entries, state.rounds
        while state.rounds == round_ and state.next_index <= end:
            state = self.step(state, 0)

    def _check(self, start: int, stop: int) -> None:
        with at_place(f"entries {start} to {stop - 1}"):
            entries = self._store.entries(start, stop)
            if len(entries) != stop - start:
                raise VerificationError(f"expected {stop - start} entries, got {len(entries)}")
        leaves = [leaf_hash(entry) for entry in entries]
        self._check_tile(start, leaves)
        self._check_heads(start, stop, leaves)
        for at in range(0, len(entries), _AT_ONCE):
            some = entries[at : at + _AT_ONCE]
            self._check_beside(start + at, some)
            self._rest(len(some))

    # --- (1), (2) ------------------------------------------------------------------------------

    def _check_tile(self, start: int, leaves: Sequence[bytes]) -> None:
        """Compare a bundle's leaf hashes with their tile, and climb while tiles are full."""
        index, hashes, level = start // _BUNDLE, list(leaves), 0
        first_place = 0
        while True:
            tile = tlog.TileId(level, index, first_place + len(hashes))
            with at_place(tile.path()):
                stored = self._read_tile(tile)
                found = stored[32 * first_place : 32 * tile.width]
                if found != b"".join(hashes):
                    raise VerificationError(_which(start, level, found, hashes))
            if tile.width < _BUNDLE:
                return
            whole = [stored[at : at + 32] for at in range(0, 32 * _BUNDLE, 32)]
            hashes, level = [root_of(whole)], level + 1
            index, first_place = divmod(index, _BUNDLE)

    def _read_tile(self, tile: tlog.TileId) -> bytes:
        """Return a tile's hashes, its inner nodes having been made of them again."""
        stored = self._store.read_tile(tile.level, tile.index)
        if tlog.expand_tile(tlog.tile_hashes(stored, tlog.width_of(stored))) != stored:
            raise VerificationError("the inner nodes are not those of the tile's hashes")
        return tlog.tile_hashes(stored, tile.width)

    def _check_edge(self, size: int) -> None:
        """Check the tiles that were not full, and that together they make the signed root."""
        for tile in tlog.partial_tiles(size):
            with at_place(tile.path()):
                self._read_tile(tile)
        head = self._head_at(size)
        with at_place(f"head {size}"):
            if tlog.root_from_edge(size, self._store.read_tile) != head.root_hash:
                raise VerificationError("the stored tiles do not make the root")

    # --- (3), (4) ------------------------------------------------------------------------------

    def _check_heads(self, start: int, stop: int, leaves: Sequence[bytes]) -> None:
        with at_place(f"heads {start + 1} to {stop}"):
            heads = [head for head in self._store.heads(start, _BUNDLE) if head.tree_size <= stop]
            tree = RootAccumulator(start, tlog.peaks(start, self._store.read_tile))
        for head in heads:
            for leaf in leaves[tree.size - start : head.tree_size - start]:
                tree.add(leaf)
            with at_place(f"head {head.tree_size}"):
                if tree.root() != head.root_hash:
                    raise VerificationError("the head is not the root of its entries")
            self._check_checkpoint(head)

    def _check_checkpoint(self, head: Head) -> None:
        with at_place(f"checkpoint {head.tree_size}"):
            signed = self._store.signed_head(head.tree_size)
            if signed is None:
                return  # overtaken: it stays unsigned for ever
            said = check_checkpoint(signed.note, self._policy)
            if (said.tree_size, said.root_hash) != (head.tree_size, head.root_hash):
                raise VerificationError("the checkpoint signs another head")

    def _head_at(self, size: int) -> Head:
        with at_place(f"head {size}"):
            found = self._store.heads(size - 1, 1)
            if not found or found[0].tree_size != size:
                raise VerificationError("the signed size has no head")
            return found[0]

    # --- (5), (6) ------------------------------------------------------------------------------

    def _check_beside(self, start: int, entries: Sequence[bytes]) -> None:
        records = []
        for index, entry in enumerate(entries, start):
            with at_place(f"entry {index}"):
                records.append(parse_entry(entry))
        last = start + len(records) - 1
        with at_place(f"look-ups of entries {start} to {last}"):
            wrong = self._store.find_wrong_projection(self._projections(start, records))
            if wrong is not None:
                table, index = wrong
                raise AuditError("a row is missing", place=f"projection {table} of entry {index}")
            disclosures = self._store.disclosures_between(start, last + 1)
        for index, record in enumerate(records, start):
            with at_place(f"disclosures of entry {index}"):
                stored = disclosures.get(index, ())
                is_open = check_disclosures(record, stored, self._key_store) is not None
                self.lost_keys += not is_open and not self._key_store.was_erased(record.id)

    def _projections(self, start: int, records: Sequence[Record]) -> list[Projection]:
        keys = self._store.stored_keys(list({record.kid for record in records}))
        made = []
        for index, record in enumerate(records, start):
            key = None if record.type in OPERATOR_TYPES else keys.get(record.kid)
            if record.type not in OPERATOR_TYPES and (key is None or key.leaf_index > index):
                raise AuditError("its key is not known", place=f"projection keys of entry {index}")
            made.append(project(record, index, None if key is None else key.leaf_index))
        return made


def _which(start: int, level: int, found: bytes, hashes: Sequence[bytes]) -> str:
    """Name the first hash that differs."""
    at = next(at for at, hash_ in enumerate(hashes) if found[32 * at : 32 * at + 32] != hash_)
    if level == 0:
        return f"entry {start + at} does not hash to what the tile says"
    return "the root of the full tile below is not what this tile says"
