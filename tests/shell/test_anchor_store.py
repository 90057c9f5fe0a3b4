"""Anchors are stored whole, move along their states only, and no nonce is bound twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from anchored_log import AnchoredLog

from provenance.anchor import AnchorState, HistoryProof, StorageEvidence
from provenance.digests import RootHash
from provenance.errors import ConflictError, NotFoundError
from provenance.ledger.chain_port import Attempt, Inclusion, NamedBlock
from provenance.store.anchor_store import SqlAnchorStore
from provenance.store.engine import open_reader, open_writer
from provenance.store.migrate import migrate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from provenance.ledger.chain_port import Anchor

CHAIN = 31337
SENDER = b"\x5e" * 20


class Stored:
    """A database with a log that wants anchors, and the store under test."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.engine = open_writer(path)
        migrate(self.engine)
        self.reader = open_reader(path)
        self.log = AnchoredLog(self.engine)
        self.store = SqlAnchorStore(self.engine, self.reader)

    def reopen(self) -> SqlAnchorStore:
        return SqlAnchorStore(open_reader(self.path))

    def bind(self, tree_size: int, nonce: int, *, sender: bytes = SENDER) -> Anchor:
        return self.store.bind(
            chain_id=CHAIN,
            sender=sender,
            nonce=nonce,
            base_size=0,
            tree_size=tree_size,
            root_hash=RootHash(bytes([nonce]) * 32),
            call_data=b"call",
            attempt=attempt(nonce),
            now_unix=1000 + nonce,
        )


@pytest.fixture
def stored(tmp_path: Path) -> Iterator[Stored]:
    made = Stored(tmp_path / "ledger.sqlite")
    yield made
    made.engine.dispose()
    made.reader.dispose()


def attempt(number: int, *, max_fee_wei: int = 3 * 10**9) -> Attempt:
    return Attempt(bytes([number]) * 32, b"raw%d" % number, max_fee_wei, 10**9, 80_000, None)


def inclusion(number: int = 7) -> Inclusion:
    history = HistoryProof((b"h1", b"h2"), (b"h3",))
    return Inclusion(
        tx_hash=bytes([1]) * 32,
        mined_number=number,
        block=NamedBlock(number + 1, b"\xbb" * 32),
        evidence=StorageEvidence(b"header", (b"a1", b"a2"), (b"s1",)),
        histories=((NamedBlock(3, b"\x33" * 32), history), (NamedBlock(4, b"\x44" * 32), history)),
    )


def test_newest_marker_is_bound_and_older_ones_are_covered(stored: Stored) -> None:
    for entries in (2, 2, 2):
        stored.log.grow(entries)

    assert stored.store.wanted() == (6, False)
    stored.bind(6, 0)
    assert stored.store.wanted() is None

    stored.log.grow(1)
    assert stored.store.wanted() == (7, False)


def test_marker_that_came_after_binding_stays_wanted(stored: Stored) -> None:
    stored.log.grow(2)
    stored.log.grow(2)

    stored.bind(2, 0)

    assert stored.store.wanted() == (4, False)


def test_now_is_remembered_until_bound(stored: Stored) -> None:
    assert stored.store.ask_now() is None
    stored.log.grow(2)

    assert stored.store.ask_now() == 2
    assert stored.store.wanted() == (2, True)
    stored.bind(2, 0)
    stored.log.grow(2)
    assert stored.store.wanted() == (4, False)


def test_everything_comes_back_as_it_was_stored(stored: Stored) -> None:
    stored.log.grow(2)
    anchor = stored.bind(2, 0)
    dearer = attempt(9, max_fee_wei=4 * 10**9)

    stored.store.note_broadcast(anchor.anchor_id, anchor.attempts[0].tx_hash, 1010)
    stored.store.add_attempt(anchor.anchor_id, dearer)
    stored.store.include(anchor.anchor_id, inclusion())
    stored.store.finalize(anchor.anchor_id, 1100)

    found = stored.reopen().anchor(anchor.anchor_id)
    assert found.state is AnchorState.FINAL
    assert found.inclusion == inclusion()
    assert found.final_unix == 1100
    assert [a.tx_hash for a in found.attempts] == [anchor.attempts[0].tx_hash, dearer.tx_hash]
    assert [a.broadcast_unix for a in found.attempts] == [1010, None]
    assert (found.call_data, found.nonce, found.sender) == (b"call", 0, SENDER)


def test_first_broadcast_time_is_kept(stored: Stored) -> None:
    stored.log.grow(2)
    anchor = stored.bind(2, 0)

    for now in (1010, 1020):
        stored.store.note_broadcast(anchor.anchor_id, anchor.attempts[0].tx_hash, now)

    assert stored.store.anchor(anchor.anchor_id).attempts[0].broadcast_unix == 1010


def test_displaced_anchor_is_sent_again_without_its_evidence(stored: Stored) -> None:
    stored.log.grow(2)
    anchor = stored.bind(2, 0)
    stored.store.note_broadcast(anchor.anchor_id, anchor.attempts[0].tx_hash, 1010)
    stored.store.include(anchor.anchor_id, inclusion())

    stored.store.displace(anchor.anchor_id)

    found = stored.store.anchor(anchor.anchor_id)
    assert (found.state, found.inclusion) == (AnchorState.SENT, None)
    assert found.attempts[0].raw == anchor.attempts[0].raw


@pytest.mark.parametrize("nonce_and_size", [(0, 4), (1, 2)])
def test_nonce_and_tree_size_are_bound_once(
    stored: Stored, nonce_and_size: tuple[int, int]
) -> None:
    nonce, tree_size = nonce_and_size
    stored.log.grow(2)
    stored.bind(2, 0)
    stored.log.grow(2)
    wanted = stored.store.wanted()

    with pytest.raises(ConflictError):
        stored.bind(tree_size, nonce)

    assert len(stored.store.page()) == 1
    assert stored.store.wanted() == wanted


def test_states_are_not_skipped_or_left(stored: Stored) -> None:
    stored.log.grow(2)
    anchor_id = stored.bind(2, 0).anchor_id

    with pytest.raises(ConflictError):
        stored.store.include(anchor_id, inclusion())
    with pytest.raises(ConflictError):
        stored.store.displace(anchor_id)
    with pytest.raises(ConflictError):
        stored.store.finalize(anchor_id, 1)

    assert stored.store.anchor(anchor_id).state is AnchorState.PREPARED


def test_final_anchor_is_never_taken_back(stored: Stored) -> None:
    stored.log.grow(2)
    anchor = stored.bind(2, 0)
    stored.store.note_broadcast(anchor.anchor_id, anchor.attempts[0].tx_hash, 1)
    stored.store.include(anchor.anchor_id, inclusion())
    stored.store.finalize(anchor.anchor_id, 2)

    with pytest.raises(ConflictError):
        stored.store.displace(anchor.anchor_id)

    assert stored.store.unfinished(CHAIN) == []


def test_covering_anchor_is_the_earliest_that_holds_the_entry(stored: Stored) -> None:
    for nonce, entries in enumerate((2, 3, 5)):
        size = stored.log.grow(entries)
        anchor = stored.bind(size, nonce)
        stored.store.note_broadcast(anchor.anchor_id, anchor.attempts[0].tx_hash, 1)
        stored.store.include(anchor.anchor_id, inclusion())
        if nonce < 2:
            stored.store.finalize(anchor.anchor_id, 2)

    def covering(tree_size: int) -> int | None:
        found = stored.store.covering(CHAIN, tree_size)
        return None if found is None else found.tree_size

    assert [covering(n) for n in (1, 2, 3, 5, 6)] == [2, 2, 5, 5, None]
    assert [a.tree_size for a in stored.store.page(after_id=1)] == [5, 10]
    newest_final, newest = stored.store.newest_final(CHAIN), stored.store.newest(CHAIN)
    assert newest_final is not None
    assert newest is not None
    assert (newest_final.tree_size, newest.tree_size) == (5, 10)


def test_fees_count_the_dearest_attempt_of_each_anchor(stored: Stored) -> None:
    stored.log.grow(2)
    first = stored.bind(2, 0)
    stored.store.add_attempt(first.anchor_id, attempt(9, max_fee_wei=2**40))
    stored.log.grow(2)
    stored.bind(4, 1)

    assert stored.store.fees_since(CHAIN, 0) == 80_000 * (2**40 + 3 * 10**9)
    assert stored.store.fees_since(CHAIN, 1001) == 80_000 * 3 * 10**9
    assert stored.store.fees_since(1, 0) == 0


def test_nonces_are_counted_for_each_sender_and_chain(stored: Stored) -> None:
    stored.log.grow(2)
    stored.bind(2, 5)

    assert stored.store.last_nonce(CHAIN, SENDER) == 5
    assert stored.store.last_nonce(CHAIN, bytes(20)) is None
    assert stored.store.last_nonce(1, SENDER) is None


def test_unknown_anchor_is_not_found(stored: Stored) -> None:
    with pytest.raises(NotFoundError):
        stored.store.anchor(1)
