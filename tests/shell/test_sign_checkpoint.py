"""One signer for a log that several processes write: nothing is forked, and nobody goes unanswered.

Two small ledgers over one place and one folder are what two processes of a host are: each has its
own connections and caches, and only the databases and the signer's memory in common.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from databases import fresh_place
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small_ledger import KEYS, ORIGIN, SmallLedger, accepted, deposit, key_of, key_record, policy

from provenance import tlog
from provenance.errors import FatalError, ProvenanceError, SignerMovedError, UnavailableError
from provenance.files.lock import TurnLock
from provenance.files.signer_memory import FileSignerMemory
from provenance.ledger.audit_store import audit_store
from provenance.ledger.local_signer import LocalSigner
from provenance.ledger.recover_log import recover_log
from provenance.ledger.sign_checkpoint import sign_newest_head
from provenance.merkle import RootAccumulator, leaf_hash
from provenance.receipt import Receipt
from provenance.signing_request import Remembered, SigningRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from databases import PostgresServer

    from provenance.ledger.local_signer import LocalTurn
    from provenance.ledger.ports import SignedHead
    from provenance.note import NoteVerifier
    from provenance.record import Record
    from provenance.service.writer import Answer, Writer

ALICE, BOB = key_of("alice"), key_of("bob")


@pytest.fixture
def other(either: SmallLedger) -> Iterator[SmallLedger]:
    """Another process on the same log."""
    other = SmallLedger(either.folder, place=either.place)
    yield other
    other.close()


@contextmanager
def running(ledger: SmallLedger) -> Iterator[Writer]:
    writer = ledger.writer()
    writer.start()
    yield writer
    writer.close()


def send(writer: Writer, *records: Record) -> list[Answer]:
    return writer.accept([one.compact for one in records]).result(timeout=20)


def local(ledger: SmallLedger) -> LocalSigner:
    return LocalSigner(ledger.memory, KEYS, ORIGIN)


def sign(ledger: SmallLedger) -> SignedHead:
    return sign_newest_head(store=ledger.store, signer=local(ledger), origin=ORIGIN)


def check(ledger: SmallLedger, size: int) -> None:
    report = audit_store(ledger.store, ledger.key_store, policy(), memory=ledger.memory)
    assert (report.tree_size, report.lost_keys) == (size, [])


def remembered_by(signer: LocalSigner) -> Remembered:
    state = signer.memory.read()
    return Remembered(state.tree_size, state.root_hash, state.peaks)


class Interrupted:
    """A signer of one process, to which another one does something first."""

    def __init__(self, signer: LocalSigner, before: Callable[[], object] | None = None) -> None:
        self._signer = signer
        self.before = before

    def turn(self) -> AbstractContextManager[LocalTurn]:
        before, self.before = self.before, None
        if before is not None:
            before()
        return self._signer.turn()

    def verifiers(self, tree_size: int) -> Sequence[NoteVerifier]:
        return self._signer.verifiers(tree_size)

    def check_key(self, tree_size: int) -> None:
        self._signer.check_key(tree_size)


class Unguarded(Interrupted):
    """A signer in another process: between asking and signing others may come."""

    @contextmanager
    def turn(self) -> Iterator[UnguardedTurn]:  # type: ignore[override]  # as a port, it fits
        remembered = remembered_by(self._signer)
        before, self.before = self.before, None
        if before is not None:
            before()
        yield UnguardedTurn(self._signer, remembered)


class UnguardedTurn:
    def __init__(self, signer: LocalSigner, remembered: Remembered) -> None:
        self._signer = signer
        self.remembered = remembered

    def sign(self, request: SigningRequest) -> str:
        with self._signer.turn() as turn:
            return turn.sign(request)


# --- two processes ----------------------------------------------------------------------------


def test_an_overtaken_head_stays_unsigned_and_is_covered(
    either: SmallLedger, other: SmallLedger
) -> None:
    either.integrate(key_record(ALICE))
    other.integrate(key_record(BOB), deposit(BOB, "penguins"))

    assert sign(either).tree_size == 5
    assert sign(other).tree_size == 5

    assert either.store.signed_head(3) is None
    check(either, 5)


def test_an_equal_head_is_signed_to_the_same_bytes(either: SmallLedger, other: SmallLedger) -> None:
    either.integrate(key_record(ALICE))
    first = sign(either)

    assert sign(other) == first
    with local(other).turn() as turn:
        head = other.store.head()
        state = turn.remembered
        again = SigningRequest(head.tree_size, head.root_hash, state.peaks, head.tree_size, ())
        assert turn.sign(again) == first.note
    other.store.store_signature(first)


def test_callers_are_answered_under_another_process_signature(
    either: SmallLedger, other: SmallLedger
) -> None:
    with running(either) as writer:
        send(writer, key_record(ALICE))
    with running(other) as theirs:
        signer = Interrupted(local(either))
        either.signer = signer
        with running(either) as writer:
            # both integrate, and the other one's signature covers both
            signer.before = lambda: send(theirs, key_record(BOB), deposit(BOB, "theirs"))
            (mine,) = (accepted(one) for one in send(writer, deposit(ALICE, "mine")))

    assert mine.leaf_index == 3
    assert either.store.signed_head(4) is None
    assert Receipt.parse(mine.receipt.to_bytes()) == either.receipts.issue(3)
    check(either, 6)


def test_the_first_of_others_signatures_that_covers_a_batch_answers_it(
    either: SmallLedger, other: SmallLedger
) -> None:
    with running(either) as writer:
        send(writer, key_record(ALICE))

    def meanwhile() -> None:
        sign(other)  # exactly this batch
        with running(other) as theirs:
            send(theirs, key_record(BOB))

    signer = Interrupted(local(either))
    either.signer = signer
    with running(either) as writer:
        signer.before = meanwhile
        (mine,) = (accepted(one) for one in send(writer, deposit(ALICE, "mine")))

    assert either.store.newest_signed() == either.store.signed_head(5)
    first = either.store.signed_head(4)
    assert first is not None
    assert mine.receipt.first.checkpoint == first.note
    assert mine.receipt == either.receipts.issue(3)


def test_a_repeat_of_what_another_process_has_not_signed_yet_is_signed_for(
    either: SmallLedger, other: SmallLedger
) -> None:
    with running(either) as writer:
        send(writer, key_record(ALICE))
        record = deposit(ALICE, "penguins")
        other.integrate(record)  # and there it dies

        (again,) = (accepted(one) for one in send(writer, record))

    assert (again.leaf_index, again.is_new) == (3, False)
    assert again.receipt == either.receipts.issue(3)


def test_keys_and_tiles_of_another_process_are_found(
    either: SmallLedger, other: SmallLedger
) -> None:
    with running(either) as writer, running(other) as theirs:
        assert either.known_keys.find([ALICE.public.thumbprint]) == {}
        send(theirs, key_record(ALICE))
        for number in range(50):  # beyond a full tile, both ledgers' caches in between
            some = [deposit(ALICE, f"dataset {number} {part}") for part in range(6)]
            send(writer if number % 2 else theirs, *some)

    size = either.store.head().tree_size
    assert size == 303
    for ledger in (either, other):
        root = tlog.root_hash(size, ledger.tiles.at(size))
        assert root == either.store.head().root_hash
    assert accepted_index(either) == accepted_index(other) == 302
    check(either, 303)


def accepted_index(ledger: SmallLedger) -> int:
    return ledger.receipts.issue(302).record.leaf_index


@pytest.mark.parametrize("grown", [False, True])
def test_a_signer_that_signed_for_another_process_meanwhile_is_asked_again(
    either: SmallLedger,
    other: SmallLedger,
    grown: bool,  # noqa: FBT001 -- whether the other process has integrated more
) -> None:
    either.integrate(key_record(ALICE))

    def meanwhile() -> None:
        if grown:
            other.integrate(key_record(BOB))
        sign(other)

    signed = sign_newest_head(
        store=either.store, signer=Unguarded(local(either), meanwhile), origin=ORIGIN
    )

    assert signed.tree_size == (4 if grown else 3)
    assert signed == either.store.newest_signed()
    check(either, signed.tree_size)


def test_a_signer_that_others_keep_busy_says_so(either: SmallLedger) -> None:
    either.integrate(key_record(ALICE))

    class Busy(Interrupted):
        turns = 0

        @contextmanager
        def turn(self) -> Iterator[UnguardedTurn]:  # type: ignore[override]  # as a port, it fits
            self.turns += 1
            yield Moved(self._signer, remembered_by(self._signer))

    class Moved(UnguardedTurn):
        def sign(self, request: SigningRequest) -> str:
            raise SignerMovedError(f"{request.tree_size} was overtaken")

    busy = Busy(local(either))
    with pytest.raises(UnavailableError):
        sign_newest_head(store=either.store, signer=busy, origin=ORIGIN)

    assert busy.turns > 1
    assert either.store.signed_head(3) is None


# --- disclosure keys of batches under way -----------------------------------------------------


def test_a_start_waits_for_another_process_batch_and_keeps_its_keys(
    either: SmallLedger, other: SmallLedger
) -> None:
    with running(either) as writer:
        send(writer, key_record(ALICE))
    record = deposit(ALICE, "under way")
    sealed, go_on = threading.Event(), threading.Event()
    seal = either.key_store.seal

    def seal_and_wait(records: Sequence[tuple[bytes, Sequence[tuple[bytes, str]]]]) -> object:
        result = seal(records)
        sealed.set()  # the keys are durable, the batch is not
        assert go_on.wait(20)
        return result

    either.key_store.seal = seal_and_wait  # type: ignore[method-assign, assignment]  # slowed down
    with ThreadPoolExecutor(2) as threads:
        batch = threads.submit(either.integrate, record)
        assert sealed.wait(20)
        start = threads.submit(
            recover_log,
            store=other.store,
            key_store=other.key_store,
            signer=local(other),
            origin=ORIGIN,
        )
        time.sleep(0.3)
        assert not start.done()
        go_on.set()
        batch.result(20)
        start.result(20)
    sign(other)

    assert other.key_store.open(record.id, []) is not None
    check(other, 4)


def test_orphaned_keys_are_swept_at_the_next_start(either: SmallLedger, other: SmallLedger) -> None:
    orphan = deposit(ALICE, "never integrated")
    parts = [(leaf_hash(b"any"), orphan.parts[0].text)]
    either.key_store.seal([(orphan.id, parts)])

    recover_log(store=other.store, key_store=other.key_store, signer=local(other), origin=ORIGIN)

    assert other.key_store.open(orphan.id, []) is None


# --- the signer's own rule --------------------------------------------------------------------


def tree(size: int, salt: bytes = b"") -> tuple[RootAccumulator, dict[tuple[int, int], bytes]]:
    leaves = [leaf_hash(salt + b"%d" % index) for index in range(size)]
    accumulator = RootAccumulator()
    for leaf in leaves:
        accumulator.add(leaf)
    tiles = tlog.append(0, leaves, lambda *_: b"").tiles
    return accumulator, tiles


def request(old: int, new: int) -> SigningRequest:
    after, tiles = tree(new)
    proof = (
        tlog.consistency_proof(old, new, lambda level, index: tiles[level, index]) if old else ()
    )
    return SigningRequest(new, after.root(), after.peaks, old, tuple(proof))


def signer_at(folder: Path, size: int) -> LocalSigner:
    memory = FileSignerMemory(folder / "a.memory", origin=ORIGIN)
    before, _ = tree(size)
    memory.remember(size, before.root(), before.peaks)
    return LocalSigner(memory, KEYS, ORIGIN)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(old=st.integers(0, 300), more=st.integers(0, 300))
def test_what_extends_the_memory_is_remembered_and_signed(
    tmp_path: Path, old: int, more: int
) -> None:
    signer = signer_at(tmp_path, old)
    if old + more == 0:
        return

    with signer.turn() as turn:
        note = turn.sign(request(old, old + more))

    assert f"\n{old + more}\n" in note
    assert signer.memory.read().tree_size == old + more


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(old=st.integers(2, 70), more=st.integers(1, 70), data=st.data())
def test_whatever_else_is_refused_and_changes_nothing(
    tmp_path: Path, old: int, more: int, data: st.DataObject
) -> None:
    signer = signer_at(tmp_path, old)
    good = request(old, old + more)
    fork, _ = tree(old + more, b"another history")
    changed = data.draw(
        st.sampled_from(
            [
                SigningRequest(good.tree_size, fork.root(), fork.peaks, old, good.proof),
                SigningRequest(good.tree_size, fork.root(), good.peaks, old, good.proof),
                SigningRequest(good.tree_size, good.root_hash, fork.peaks, old, good.proof),
                SigningRequest(good.tree_size, good.root_hash, good.peaks, old, ()),
                SigningRequest(
                    good.tree_size, good.root_hash, good.peaks, old, (*good.proof, bytes(32))
                ),
                SigningRequest(good.tree_size, good.root_hash, good.peaks, old - 1, good.proof),
                SigningRequest(good.tree_size, good.root_hash, good.peaks[1:], old, good.proof),
                SigningRequest(old, bytes(32), good.peaks, old, ()),
                request(0, old - 1),
            ]
        )
    )

    with signer.turn() as turn, pytest.raises((FatalError, SignerMovedError)):
        turn.sign(changed)

    assert signer.memory.read().tree_size == old


def test_from_an_empty_memory_only_a_head_with_its_own_peaks(tmp_path: Path) -> None:
    signer = signer_at(tmp_path, 0)
    good = request(0, 5)

    with signer.turn() as turn, pytest.raises(FatalError):
        turn.sign(SigningRequest(5, good.root_hash, good.peaks[:1], 0, ()))

    assert signer.memory.read().tree_size == 0


# --- real processes ---------------------------------------------------------------------------

PROGRAM = Path(__file__).parents[1] / "writer_process.py"


@pytest.mark.parametrize("killed", [False, True])
def test_three_processes_write_one_log_and_lose_nothing_when_one_is_killed(
    postgresql: PostgresServer,
    tmp_path: Path,
    killed: bool,  # noqa: FBT001 -- the two campaigns
) -> None:
    place = fresh_place(postgresql)
    ledger = SmallLedger(tmp_path, place=place)
    ledger.begin()
    assert isinstance(place.ledger, str)
    assert isinstance(place.keys, str)
    command = [sys.executable, str(PROGRAM), str(tmp_path), place.ledger, place.keys]
    names = ["alice", "bob", "carol"]
    processes = [
        subprocess.Popen([*command, name, "120"], stdout=subprocess.PIPE, text=True)
        for name in names
    ]
    said: list[list[str]] = [[], [], []]
    try:
        if killed:
            assert processes[0].stdout is not None
            said[0] += [processes[0].stdout.readline() for _ in range(30)]
            processes[0].kill()
        for lines, process in zip(said, processes, strict=True):
            out, _ = process.communicate(timeout=120)
            lines.extend(out.splitlines())
    finally:
        for process in processes:
            process.kill()

    assert [process.returncode for process in processes[1:]] == [0, 0]
    acknowledged = [
        json.loads(line) for lines in said for line in lines if line.strip().endswith("}")
    ]
    assert len(acknowledged) >= (270 if killed else 360)
    indexes = [one["leaf_index"] for one in acknowledged]
    assert len(set(indexes)) == len(indexes)
    stored = ledger.store.record_indexes([bytes.fromhex(one["id"]) for one in acknowledged])
    assert stored == {bytes.fromhex(one["id"]): one["leaf_index"] for one in acknowledged}
    with running(ledger) as writer:  # takes up what the killed one left
        send(writer, key_record(key_of("dave")))
    check(ledger, ledger.store.head().tree_size)
    ledger.close()


def test_a_lost_turn_is_not_waited_for_for_ever(tmp_path: Path) -> None:
    first = TurnLock(tmp_path / "lock")
    second = TurnLock(tmp_path / "lock", patience=0.1)

    with first.hold(), pytest.raises(UnavailableError), second.hold():
        pass
    with second.hold():
        pass
    with pytest.raises(ProvenanceError), TurnLock(tmp_path / "no" / "lock").hold():
        pass
