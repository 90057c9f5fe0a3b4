"""Anchors are stored whole, move along their states only, and no nonce is bound twice."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from anchored_log import AnchoredLog
from sqlalchemy import insert, select, update

from provenance import note
from provenance.anchor import AnchorState
from provenance.anchor_evidence import HistoryProof, StatedEvidence, StorageEvidence
from provenance.anchor_statement import AnchorStatement, sign_statement
from provenance.digests import RootHash
from provenance.errors import ConflictError, LeaseLostError, NotFoundError
from provenance.keys import PrivateKey
from provenance.ledger.anchor_port import Halt, Inclusion
from provenance.ledger.anchor_rules import LONGEST_LEASE_SECONDS
from provenance.ledger.chain_port import Attempt, NamedBlock
from provenance.store import tables
from provenance.store.anchor_store import SqlAnchorStore
from provenance.store.engine import open_reader, open_writer
from provenance.store.migrate import migrate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from databases import Place

    from provenance.ledger.anchor_port import Anchor
    from provenance.store.engine import Database

CHAIN = 31337
SENDER = b"\x5e" * 20

STATEMENT = sign_statement(
    AnchorStatement(
        origin="ledger.example/log",
        chain_id=CHAIN,
        contract=bytes(20),
        log_id=bytes(32),
        tree_size=2,
        root_hash=RootHash(bytes(32)),
        block_number=7,
        block_hash=bytes(32),
        timestamp=1,
        tx_hash=bytes(32),
    ),
    note.NoteSigner("ledger.example/log", PrivateKey.from_seed("Ed25519", bytes(32))),
)


class Stored:
    """A database with a log that wants anchors, and the store under test."""

    def __init__(self, path: Database) -> None:
        self.path = path
        self.engine = open_writer(path)
        migrate(self.engine)
        self.reader = self.again = open_reader(path)
        self.log = AnchoredLog(self.engine)
        self.store = SqlAnchorStore(self.engine, self.reader)
        lease = self.store.acquire(CHAIN, "a worker", 60)
        assert lease is not None
        self.lease = lease

    def reopen(self) -> SqlAnchorStore:
        self.again = open_reader(self.path)
        return SqlAnchorStore(self.again)

    def close(self) -> None:
        for engine in (self.engine, self.reader, self.again):
            engine.dispose()

    def bind(self, tree_size: int, nonce: int, *, sender: bytes = SENDER) -> Anchor:
        return self.store.bind(
            self.lease,
            sender=sender,
            nonce=nonce,
            base_size=0,
            tree_size=tree_size,
            root_hash=RootHash(bytes([nonce]) * 32),
            call_data=b"call",
            attempt=attempt(nonce),
            now_unix=1000 + nonce,
        )

    def rows(self) -> list[list[object]]:
        """Return everything the worker can write."""
        written = (tables.anchors, tables.anchor_attempts, tables.worker_halts)
        with self.reader.connect() as connection:
            return [[tuple(row) for row in connection.execute(select(t))] for t in written]

    def finish(self, anchor: Anchor, *, now_unix: int = 2) -> None:
        tx_hash = anchor.attempts[0].tx_hash
        self.store.note_broadcast(self.lease, anchor.anchor_id, tx_hash, 1)
        self.store.include(self.lease, anchor.anchor_id, inclusion())
        self.store.finalize(self.lease, anchor.anchor_id, now_unix)


@pytest.fixture
def stored(place: Place) -> Iterator[Stored]:
    made = Stored(place.ledger)
    yield made
    made.close()


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

    assert stored.store.wanted(CHAIN) == (6, False)
    stored.bind(6, 0)
    assert stored.store.wanted(CHAIN) is None

    stored.log.grow(1)
    assert stored.store.wanted(CHAIN) == (7, False)


def test_marker_that_came_after_binding_stays_wanted(stored: Stored) -> None:
    stored.log.grow(2)
    stored.log.grow(2)

    stored.bind(2, 0)

    assert stored.store.wanted(CHAIN) == (4, False)


def test_now_is_remembered_until_bound(stored: Stored) -> None:
    assert stored.store.ask_now(CHAIN) is None
    stored.log.grow(2)

    assert stored.store.ask_now(CHAIN) == 2
    assert stored.store.wanted(CHAIN) == (2, True)
    stored.bind(2, 0)
    stored.log.grow(2)
    assert stored.store.wanted(CHAIN) == (4, False)


def test_everything_comes_back_as_it_was_stored(stored: Stored) -> None:
    stored.log.grow(2)
    anchor = stored.bind(2, 0)
    dearer = attempt(9, max_fee_wei=4 * 10**9)

    stored.store.note_broadcast(stored.lease, anchor.anchor_id, anchor.attempts[0].tx_hash, 1010)
    stored.store.add_attempt(stored.lease, anchor.anchor_id, dearer)
    stored.store.include(stored.lease, anchor.anchor_id, inclusion())
    stored.store.finalize(stored.lease, anchor.anchor_id, 1100)

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
        stored.store.note_broadcast(stored.lease, anchor.anchor_id, anchor.attempts[0].tx_hash, now)

    assert stored.store.anchor(anchor.anchor_id).attempts[0].broadcast_unix == 1010


def test_displaced_anchor_is_sent_again_without_its_evidence(stored: Stored) -> None:
    stored.log.grow(2)
    anchor = stored.bind(2, 0)
    stored.store.note_broadcast(stored.lease, anchor.anchor_id, anchor.attempts[0].tx_hash, 1010)
    stored.store.include(stored.lease, anchor.anchor_id, inclusion())

    stored.store.displace(stored.lease, anchor.anchor_id)

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
    wanted = stored.store.wanted(CHAIN)

    with pytest.raises(ConflictError):
        stored.bind(tree_size, nonce)

    assert len(stored.store.page()) == 1
    assert stored.store.wanted(CHAIN) == wanted


def test_states_are_not_skipped_or_left(stored: Stored) -> None:
    stored.log.grow(2)
    anchor_id = stored.bind(2, 0).anchor_id

    with pytest.raises(ConflictError):
        stored.store.include(stored.lease, anchor_id, inclusion())
    with pytest.raises(ConflictError):
        stored.store.displace(stored.lease, anchor_id)
    with pytest.raises(ConflictError):
        stored.store.finalize(stored.lease, anchor_id, 1)

    assert stored.store.anchor(anchor_id).state is AnchorState.PREPARED


def test_final_anchor_is_never_taken_back(stored: Stored) -> None:
    stored.log.grow(2)
    anchor = stored.bind(2, 0)
    stored.store.note_broadcast(stored.lease, anchor.anchor_id, anchor.attempts[0].tx_hash, 1)
    stored.store.include(stored.lease, anchor.anchor_id, inclusion())
    stored.store.finalize(stored.lease, anchor.anchor_id, 2)

    with pytest.raises(ConflictError):
        stored.store.displace(stored.lease, anchor.anchor_id)

    assert stored.store.unfinished(CHAIN) == []


def test_covering_anchor_is_the_earliest_that_holds_the_entry(stored: Stored) -> None:
    for nonce, entries in enumerate((2, 3, 5)):
        size = stored.log.grow(entries)
        anchor = stored.bind(size, nonce)
        stored.store.note_broadcast(stored.lease, anchor.anchor_id, anchor.attempts[0].tx_hash, 1)
        stored.store.include(stored.lease, anchor.anchor_id, inclusion())
        if nonce < 2:
            stored.store.finalize(stored.lease, anchor.anchor_id, 2)

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
    stored.store.add_attempt(stored.lease, first.anchor_id, attempt(9, max_fee_wei=2**40))
    stored.log.grow(2)
    stored.bind(4, 1)

    both = 80_000 * (2**40 + 3 * 10**9)
    assert stored.store.fees_since(CHAIN, 0) == both
    assert stored.store.fees_since(CHAIN, 1002) == both  # neither is final: both may yet be paid
    # bound at 1000, mined at some time before it was seen final: counted until a day after that
    stored.finish(first, now_unix=90_000)
    assert stored.store.fees_since(CHAIN, 90_000) == both
    assert stored.store.fees_since(CHAIN, 90_001) == 80_000 * 3 * 10**9
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


# --- leases and halts ------------------------------------------------------------------------


def test_lease_is_one_holders_until_it_ends_or_is_released(stored: Stored) -> None:
    store = stored.store

    assert store.acquire(CHAIN, "a worker", 60) == stored.lease
    assert store.acquire(CHAIN, "another", 60) is None
    store.release(stored.lease)
    taken = store.acquire(CHAIN, "another", 60)

    assert taken is not None
    assert taken.epoch == stored.lease.epoch + 1
    assert store.acquire(CHAIN, "a worker", 60) is None


def test_lease_that_ended_is_taken_over(stored: Stored) -> None:
    short = stored.store.acquire(2, "a worker", 0)
    taken = stored.store.acquire(2, "another", 60)
    late = stored.store.acquire(2, "a worker", 60)

    assert short is not None
    assert taken is not None
    assert taken.epoch == short.epoch + 1
    assert late is None


def test_prolonging_keeps_others_out_and_takes_nothing(stored: Stored) -> None:
    store = stored.store
    short = store.acquire(2, "a worker", 0)
    assert short is not None
    store.prolong(short, 60)  # it had ended, and nobody had taken it
    kept_out = store.acquire(2, "another", 60)
    store.release(short)
    taken = store.acquire(2, "another", 60)

    assert kept_out is None
    assert taken is not None
    with pytest.raises(LeaseLostError):
        store.prolong(short, 60)
    assert store.acquire(2, "a worker", 60) is None


def test_chains_have_leases_of_their_own(stored: Stored) -> None:
    other = stored.store.acquire(2, "another", 60)

    assert other is not None
    assert stored.store.acquire(CHAIN, "a worker", 60) == stored.lease


def set_clock_back(stored: Stored, seconds: int) -> None:
    """Let every lease be one that was made before the database's clock was set back."""
    leases = tables.worker_leases
    with stored.engine.begin() as connection:
        later = leases.c.expires_ms + seconds * 1000
        connection.execute(update(leases).values(expires_ms=later))


@pytest.mark.parametrize("seconds", [120, 1_800, 7 * 86_400])
def test_lease_made_before_the_clock_was_set_back_counts_as_ended(
    stored: Stored, seconds: int
) -> None:
    set_clock_back(stored, seconds)

    taken = stored.store.acquire(CHAIN, "another", 60)

    assert taken is not None
    assert taken.epoch == stored.lease.epoch + 1


def test_clock_that_is_slewed_takes_nobodys_lease_away(stored: Stored) -> None:
    set_clock_back(stored, 30)

    assert stored.store.acquire(CHAIN, "another", 60) is None


def test_no_lease_is_long_enough_for_a_frozen_holder_to_block_others(stored: Stored) -> None:
    stored.store.acquire(2, "frozen soon", 7 * 86_400)

    with stored.reader.connect() as connection:
        ends = connection.execute(
            select(tables.worker_leases.c.expires_ms).where(tables.worker_leases.c.chain_id == 2)
        ).scalar_one()

    assert ends / 1000 - time.time() <= LONGEST_LEASE_SECONDS


def test_late_release_ends_nobody_elses_lease(stored: Stored) -> None:
    stored.store.release(stored.lease)
    taken = stored.store.acquire(CHAIN, "another", 60)

    stored.store.release(stored.lease)

    assert taken is not None
    assert stored.store.acquire(CHAIN, "a third", 60) is None


def test_worker_that_lost_its_lease_changes_nothing(stored: Stored) -> None:
    stored.log.grow(2)
    bound, old = stored.bind(2, 0), stored.lease
    stored.log.grow(2)
    stored.store.release(old)
    taken = stored.store.acquire(CHAIN, "another", 60)
    assert taken is not None
    before = stored.rows()

    store, anchor_id = stored.store, bound.anchor_id
    for write in (
        lambda: stored.bind(4, 1),
        lambda: store.add_attempt(old, anchor_id, attempt(9)),
        lambda: store.note_broadcast(old, anchor_id, bound.attempts[0].tx_hash, 1),
        lambda: store.include(old, anchor_id, inclusion()),
        lambda: store.displace(old, anchor_id),
        lambda: store.finalize(old, anchor_id, 1),
        lambda: store.violate(old, anchor_id, 1),
        lambda: store.halt(old, "code", "message", 1),
    ):
        with pytest.raises(LeaseLostError):
            write()

    assert stored.rows() == before


def test_first_reason_to_halt_stays_until_resumed(stored: Stored) -> None:
    store = stored.store
    assert store.halted(CHAIN) is None
    store.halt(stored.lease, "anchor-lost", "gone", 5)
    store.halt(stored.lease, "foreign-transaction", "used", 6)

    assert stored.reopen().halted(CHAIN) == Halt(CHAIN, "anchor-lost", "gone", 5)
    assert store.halted(2) is None
    assert store.resume(CHAIN)
    assert not store.resume(CHAIN)
    assert store.halted(CHAIN) is None


def test_violated_anchor_keeps_its_evidence_and_covers_nothing(stored: Stored) -> None:
    for nonce, entries in enumerate((2, 3)):
        stored.finish(stored.bind(stored.log.grow(entries), nonce))
    first, second = stored.store.page()

    stored.store.violate(stored.lease, first.anchor_id, 77)
    found = stored.store.covering(CHAIN, 1)
    marked = stored.store.anchor(first.anchor_id)
    stored.store.violate(stored.lease, first.anchor_id, None)

    assert found is not None
    assert found.anchor_id == second.anchor_id
    assert (marked.violated_unix, marked.state, marked.inclusion) == (
        77,
        AnchorState.FINAL,
        inclusion(),
    )
    assert stored.store.covering(CHAIN, 1) == first


# --- several chains, witnesses, chains without proofs ----------------------------------------


def test_each_chain_wants_what_is_not_bound_there(stored: Stored) -> None:
    stored.log.grow(2)
    stored.bind(2, 0)
    stored.log.grow(2)
    stored.store.ask_now(2)

    assert stored.store.wanted(CHAIN) == (4, True)
    assert stored.store.wanted(2) == (4, True)
    stored.bind(4, 1)
    assert stored.store.wanted(CHAIN) is None
    assert stored.store.wanted(2) == (4, True)


def test_cosigned_checkpoint_is_preferred_and_a_slow_witness_delays_nobody(
    stored: Stored,
) -> None:
    store = SqlAnchorStore(stored.engine, quorum=2)
    for entries in (2, 2, 2):
        stored.log.grow(entries)

    def cosign(tree_size: int, *witnesses: str) -> None:
        rows = [{"tree_size": tree_size, "witness": w, "line": w} for w in witnesses]
        with stored.engine.begin() as connection:
            connection.execute(insert(tables.cosignatures), rows)

    cosign(4, "one")
    assert store.wanted(CHAIN) == (6, False)
    cosign(4, "two")
    cosign(2, "one", "two", "three")
    assert store.wanted(CHAIN) == (4, False)
    assert stored.store.wanted(CHAIN) == (6, False)
    stored.bind(4, 0)
    assert store.wanted(CHAIN) == (6, False)


def test_statement_is_stored_only_when_final(stored: Stored) -> None:
    stored.log.grow(2)
    anchor = stored.bind(2, 0)
    bare = replace(inclusion(), evidence=None, histories=())
    stored.store.note_broadcast(stored.lease, anchor.anchor_id, anchor.attempts[0].tx_hash, 1)
    stored.store.include(stored.lease, anchor.anchor_id, bare)
    included = stored.store.anchor(anchor.anchor_id)

    stored.store.finalize(stored.lease, anchor.anchor_id, 2, StatedEvidence(STATEMENT))

    assert included.inclusion == bare
    final = stored.store.anchor(anchor.anchor_id).inclusion
    assert final == replace(bare, evidence=StatedEvidence(STATEMENT))
