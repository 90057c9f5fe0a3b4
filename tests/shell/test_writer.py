"""The group commit: acknowledged means durable, proved, and never at another index."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, NoReturn

import pytest
from small_ledger import ORIGIN, SmallLedger, accepted, deposit, genesis, key_of, key_record, policy
from waiting import wait_until

from provenance.errors import (
    BadSignatureError,
    ClockAheadError,
    FatalError,
    MalformedError,
    OperatorTypeError,
    OverloadedError,
    SignerAwayError,
    TooLargeError,
    UnavailableError,
    UnknownKeyError,
    WrongAudienceError,
)
from provenance.ledger.known_keys import KnownKeys
from provenance.ledger.local_signer import LocalSigner
from provenance.receipt import Receipt
from provenance.record import parse_record
from provenance.verdict import Outcome
from provenance.verify import verify_receipt

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager

    from provenance.ledger.ports import SigningTurn
    from provenance.note import NoteVerifier
    from provenance.service.writer import Answer, Writer

ALICE, BOB = key_of("alice"), key_of("bob")


@pytest.fixture
def writer(ledger: SmallLedger) -> Iterator[Writer]:
    writer = ledger.writer()
    writer.start()
    yield writer
    writer.close()


def send(writer: Writer, *compacts: bytes) -> list[Answer]:
    return writer.accept(compacts).result(timeout=20)


def test_a_key_and_its_first_deposit_in_one_request(ledger: SmallLedger, writer: Writer) -> None:
    key, first = key_record(ALICE), deposit(ALICE, "penguins")

    answers = [accepted(one) for one in send(writer, key.compact, first.compact)]

    assert [(one.leaf_index, one.is_new) for one in answers] == [(2, True), (3, True)]
    assert [one.record_id for one in answers] == [key.id, first.id]
    assert ledger.store.head().tree_size == 4


def test_the_acknowledgement_is_a_receipt_that_verifies(writer: Writer) -> None:
    answers = send(writer, key_record(ALICE).compact, deposit(ALICE, "penguins").compact)

    for answer in answers:
        octets = accepted(answer).receipt.to_bytes()
        verdict = verify_receipt(octets, policy(), now_unix=0)
        assert verdict.exit_code == 3
        assert verdict.check("inclusion").outcome is Outcome.PROVED


def test_a_repeat_gets_the_same_index_and_the_same_receipt(writer: Writer) -> None:
    send(writer, key_record(ALICE).compact)
    record = deposit(ALICE, "penguins").compact

    first = accepted(send(writer, record)[0])
    send(writer, deposit(ALICE, "other").compact)
    again = accepted(send(writer, record)[0])

    assert (again.leaf_index, again.is_new) == (first.leaf_index, False)
    assert again.receipt == first.receipt


def test_a_repeat_within_one_request_gets_one_index(ledger: SmallLedger, writer: Writer) -> None:
    send(writer, key_record(ALICE).compact)
    record = deposit(ALICE, "penguins").compact

    answers = [accepted(one) for one in send(writer, record, record)]

    assert [one.leaf_index for one in answers] == [3, 3]
    assert [one.is_new for one in answers] == [True, False]
    assert ledger.store.head().tree_size == 4


def test_a_second_key_record_of_a_known_key_is_a_repeat_of_the_first(writer: Writer) -> None:
    first = key_record(ALICE)
    other = key_record(ALICE, name="Alice")

    here = accepted(send(writer, first.compact)[0])
    again = accepted(send(writer, other.compact)[0])

    assert first.id != other.id
    assert (again.leaf_index, again.record_id, again.is_new) == (2, first.id, False)
    assert again.receipt == here.receipt


def test_a_record_of_an_unknown_key_is_refused(ledger: SmallLedger, writer: Writer) -> None:
    (answer,) = send(writer, deposit(ALICE, "penguins").compact)

    assert isinstance(answer, UnknownKeyError)
    assert answer.field == "header.kid"
    assert ledger.store.head().tree_size == 2


def test_a_key_later_in_the_request_does_not_help(writer: Writer) -> None:
    before, key = send(writer, deposit(ALICE, "penguins").compact, key_record(ALICE).compact)

    assert isinstance(before, UnknownKeyError)
    assert accepted(key).leaf_index == 2


def test_the_deposit_of_a_refused_key_fails_with_it(ledger: SmallLedger, writer: Writer) -> None:
    key = key_record(ALICE, iat=ledger.now + 601)

    refused, orphan = send(writer, key.compact, deposit(ALICE, "penguins").compact)

    assert isinstance(refused, ClockAheadError)
    assert refused.field == "iat"
    assert isinstance(orphan, UnknownKeyError)
    assert ledger.store.head().tree_size == 2


def test_ten_minutes_ahead_is_allowed(ledger: SmallLedger, writer: Writer) -> None:
    (answer,) = send(writer, key_record(ALICE, iat=ledger.now + 600).compact)

    assert accepted(answer).leaf_index == 2


def test_a_retry_never_fails_on_the_clock(ledger: SmallLedger, writer: Writer) -> None:
    record = key_record(ALICE, iat=ledger.now + 600).compact
    send(writer, record)

    ledger.now -= 3 * 86_400
    (answer,) = send(writer, record)

    assert accepted(answer).leaf_index == 2


@pytest.mark.parametrize("kind", ["genesis", "beacon"])
def test_operator_types_never_come_through_the_public_accept(
    ledger: SmallLedger, writer: Writer, kind: str
) -> None:
    ledger.hold_block(5)
    beacon = ledger.beacons.beacon_after(None, ledger.now)
    assert beacon is not None
    compact = genesis(iat=ledger.now + 1).compact if kind == "genesis" else beacon.compact

    (answer,) = send(writer, compact)

    assert isinstance(answer, OperatorTypeError)
    assert ledger.store.head().tree_size == 2


def test_each_record_of_a_batch_is_judged_alone(writer: Writer) -> None:
    good, other = deposit(ALICE, "penguins"), deposit(ALICE, "elsewhere", aud="other.example")
    head, _, tail = good.compact.partition(b"~")
    forged = head[:-2] + (b"AA" if head[-2:] != b"AA" else b"BA") + b"~" + tail

    answers = send(
        writer, key_record(ALICE).compact, b"nonsense", other.compact, forged, good.compact
    )

    kinds = [type(answer) for answer in answers[1:4]]
    assert kinds[0] is MalformedError
    assert kinds[1] is WrongAudienceError
    assert issubclass(kinds[2], BadSignatureError | MalformedError)
    assert [accepted(answers[0]).leaf_index, accepted(answers[4]).leaf_index] == [2, 3]


def test_a_deposit_signed_by_somebody_else_is_refused(writer: Writer) -> None:
    send(writer, key_record(ALICE).compact, key_record(BOB).compact)
    alice, bob = deposit(ALICE, "penguins"), deposit(BOB, "penguins")
    signature = bob.entry.rpartition(b".")[2]
    forged = alice.entry.rpartition(b".")[0] + b"." + signature
    tail = alice.compact.partition(b"~")[2]

    (answer,) = send(writer, forged + b"~" + tail)

    assert isinstance(answer, BadSignatureError)


def test_holder_disclosures_are_stored_but_not_in_the_receipt(
    ledger: SmallLedger, writer: Writer
) -> None:
    record = deposit(ALICE, "penguins", hold=["title", "contributors[1]"])

    answer = accepted(send(writer, key_record(ALICE).compact, record.compact)[1])

    shown = parse_record(answer.receipt.record.sd_jwt.encode(), complete=False)
    assert shown.withheld == record.held
    assert "title" not in shown.payload
    stored = ledger.store.disclosures(3)
    assert [one.held for one in stored].count(True) == 2
    opened = ledger.key_store.open(record.id, [(one.digest, one.ciphertext) for one in stored])
    assert opened == list(record.disclosures)


def test_no_disclosure_is_readable_in_the_ledgers_files(
    ledger: SmallLedger, writer: Writer
) -> None:
    record = deposit(ALICE, "penguins")
    send(writer, key_record(ALICE).compact, record.compact)

    for file in ledger.folder.iterdir():
        octets = file.read_bytes()
        assert not any(text.encode() in octets for text in record.disclosures), file


def test_a_beacon_begins_a_batch_after_a_minute_and_not_before(
    ledger: SmallLedger, writer: Writer
) -> None:
    ledger.hold_block(5)
    send(writer, key_record(ALICE).compact)
    assert [one.leaf_index for one in ledger.store.beacons(0, 100)] == [1]

    ledger.now += 61
    answer = accepted(send(writer, deposit(ALICE, "penguins").compact)[0])

    assert answer.leaf_index == 4
    assert answer.receipt.beacon is not None
    assert answer.receipt.beacon.leaf_index == 3


def test_no_beacon_repeats_a_block_and_none_stands_alone(
    ledger: SmallLedger, writer: Writer
) -> None:
    record = key_record(ALICE).compact
    send(writer, record)
    ledger.now += 3_600
    ledger.hold_block(1)
    send(writer, deposit(ALICE, "penguins").compact)

    ledger.hold_block(9)
    send(writer, record)

    assert [one.number for one in ledger.store.beacons(0, 100)] == [1]
    assert ledger.store.head().tree_size == 4


def test_many_callers_at_once_get_gapless_indexes_and_receipts_that_stay_true(
    ledger: SmallLedger, writer: Writer
) -> None:
    send(writer, key_record(ALICE).compact)
    records = [deposit(ALICE, f"dataset {number}") for number in range(60)]
    answers: list[Answer] = []

    def work(mine: list[bytes]) -> None:
        for compact in mine:
            answers.extend(send(writer, compact))

    threads = [
        threading.Thread(target=work, args=([one.compact for one in records[at::6]],))
        for at in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    found = [accepted(one) for one in answers]
    assert sorted(one.leaf_index for one in found) == list(range(3, 63))
    assert all(Receipt.parse(one.receipt.to_bytes()) == one.receipt for one in found)
    assert all(ledger.receipts.issue(one.leaf_index) == one.receipt for one in found)


def test_what_cannot_be_taken_on_is_refused_before_it_is_promised(ledger: SmallLedger) -> None:
    writer = ledger.writer(max_waiting=1)
    writer.start()

    with pytest.raises(TooLargeError) as caught:  # nor ever: asking again would be in vain
        writer.accept([b"a", b"b"])
    assert (caught.value.limit, caught.value.length) == (1, 2)

    assert writer.waiting == 0
    writer.close()


def test_who_comes_while_too_many_wait_is_told_how_many(ledger: SmallLedger) -> None:
    writer = ledger.writer(max_waiting=2)  # not started: what it takes on waits
    writer.accept([key_record(ALICE).compact])

    with pytest.raises(OverloadedError, match="1 records wait, 2 more came, limit 2"):
        writer.accept([b"a", b"b"])

    writer.start()
    writer.close()


def test_a_closed_writer_refuses(ledger: SmallLedger) -> None:
    writer = ledger.writer()
    writer.start()
    writer.close()

    with pytest.raises(UnavailableError):
        writer.accept([key_record(ALICE).compact])


def test_a_memory_ahead_of_the_database_ends_the_writer(ledger: SmallLedger) -> None:
    ended: list[FatalError] = []
    writer = ledger.writer(on_fatal=ended.append)
    writer.start()
    remembered = ledger.memory.read()
    ledger.memory.remember(2, bytes(32), remembered.peaks)

    with pytest.raises(FatalError):
        send(writer, key_record(ALICE).compact)

    assert ended == [writer.failure]
    with pytest.raises(FatalError):
        writer.accept([key_record(ALICE).compact])
    writer.close()
    assert ledger.store.first_signed_above(2) is None


def test_the_origin_is_the_audience() -> None:
    assert genesis().aud == ORIGIN


# --- stopping, and parts that are away --------------------------------------------------------


def test_an_orderly_stop_answers_all_that_was_taken_on(ledger: SmallLedger) -> None:
    writer = ledger.writer()
    writer.start()
    send(writer, key_record(ALICE).compact)
    small = [writer.accept([deposit(ALICE, f"small {n}").compact]) for n in range(40)]
    large = writer.accept([deposit(ALICE, f"large {n}", contributors=1).compact for n in range(90)])

    writer.close()

    assert all(future.done() for future in (*small, large))
    answers = [accepted(one) for future in (*small, large) for one in future.result()]
    assert {one.leaf_index for one in answers} == set(range(3, 133))
    assert ledger.store.head().tree_size == 133


class AwaySigner:
    """A signer in another process that is away as long as a test wants it."""

    def __init__(self, signer: LocalSigner) -> None:
        self._signer = signer
        self.is_away = False
        self.asked = 0

    def turn(self) -> AbstractContextManager[SigningTurn]:
        self.asked += 1
        if self.is_away:
            raise SignerAwayError("connection refused")
        return self._signer.turn()

    def verifiers(self, tree_size: int) -> Sequence[NoteVerifier]:
        return self._signer.verifiers(tree_size)

    def check_key(self, tree_size: int) -> None:
        self._signer.check_key(tree_size)


@pytest.fixture
def signer(either: SmallLedger) -> AwaySigner:
    either.signer = AwaySigner(LocalSigner(either.memory, either.keys, ORIGIN))
    assert isinstance(either.signer, AwaySigner)
    return either.signer


def test_without_its_signer_a_writer_adds_nothing_and_tries_again(
    either: SmallLedger, signer: AwaySigner
) -> None:
    writer = either.writer()
    writer.start()
    send(writer, key_record(ALICE).compact)
    records = [deposit(ALICE, f"dataset {number}").compact for number in range(4)]

    signer.is_away = True
    for record in records:
        with pytest.raises(SignerAwayError):
            send(writer, record)
    size, asked = either.store.head().tree_size, signer.asked
    standing, waiting = writer.standing(), writer.waiting
    wait_until(lambda: signer.asked >= asked + 2)  # nobody deposits, and yet
    signer.is_away = False
    wait_until(lambda: writer.standing()[0])
    signed = either.store.newest_signed()
    answers = [accepted(one) for one in send(writer, *records)]
    writer.close()

    assert (size, standing, waiting) == (4, (False, "signer-away"), 0)
    assert signed is not None
    assert signed.tree_size == 4
    assert [(one.leaf_index, one.is_new) for one in answers] == [
        (3, False),
        (4, True),
        (5, True),
        (6, True),
    ]
    assert all(either.receipts.issue(one.leaf_index) == one.receipt for one in answers)


def test_a_stop_without_the_signer_ends_and_leaves_what_is_durable_to_the_next_start(
    either: SmallLedger, signer: AwaySigner
) -> None:
    writer = either.writer()
    writer.start()
    send(writer, key_record(ALICE).compact)
    signer.is_away = True
    futures = [writer.accept([deposit(ALICE, f"dataset {n}").compact]) for n in range(5)]

    writer.close()

    assert all(isinstance(future.exception(), SignerAwayError) for future in futures)
    signer.is_away = False
    writer = either.writer()
    signed = writer.start()
    writer.close()
    assert signed is not None
    assert signed.tree_size == either.store.head().tree_size


def test_a_start_without_the_signer_serves_readers(either: SmallLedger, signer: AwaySigner) -> None:
    signer.is_away = True
    writer = either.writer()

    assert writer.start() is None
    with pytest.raises(SignerAwayError):
        send(writer, key_record(ALICE).compact)
    assert either.store.newest_signed() is not None
    assert either.store.head().tree_size == 2
    signer.is_away = False
    assert accepted(send(writer, key_record(ALICE).compact)[0]).leaf_index == 2
    writer.close()


def test_large_requests_meet_a_signer_that_goes_away_too(
    either: SmallLedger, signer: AwaySigner
) -> None:
    writer = either.writer()
    writer.start()
    send(writer, key_record(ALICE).compact)
    records = [deposit(ALICE, f"dataset {n}", contributors=1).compact for n in range(70)]

    signer.is_away = True
    with pytest.raises(SignerAwayError):
        send(writer, *records)
    signer.is_away = False
    answers = [accepted(one) for one in send(writer, *records)]
    writer.close()

    assert [one.leaf_index for one in answers] == list(range(3, 73))
    assert not any(one.is_new for one in answers)


# --- what the database says of itself ---------------------------------------------------------


class RottenAnchors:
    """Anchors in a database that says of itself, while a receipt is made, that it is damaged."""

    def covering(self, chain_id: int, tree_size: int) -> NoReturn:
        raise FatalError(f"database disk image is malformed: {chain_id}, {tree_size}")


@pytest.mark.parametrize("others", [0, 40])
def test_a_receipt_that_finds_the_database_damaged_ends_the_writer(
    ledger: SmallLedger, others: int
) -> None:
    ended: list[FatalError] = []
    ledger.anchors = RottenAnchors()
    ledger.reopen()
    writer = ledger.writer(on_fatal=ended.append)
    writer.start()
    send(writer, key_record(ALICE).compact)
    # a repeat gets its newest receipt; with more than 32 records it is made in the pool
    compacts = [deposit(ALICE, f"dataset {number}").compact for number in range(others)]

    with pytest.raises(FatalError, match="malformed"):
        send(writer, key_record(ALICE).compact, *compacts)
    wait_until(lambda: len(ended) == 1)

    assert ended == [writer.failure]
    assert writer.standing() == (False, "fatal")
    with pytest.raises(FatalError):
        writer.accept([key_record(BOB).compact])
    assert writer.close()
    assert writer.waiting == 0


class RottenKeys(KnownKeys):
    """Look-ups in such a database."""

    def find(self, kids: Sequence[str]) -> NoReturn:
        raise FatalError(f"database disk image is malformed: {kids}")


@pytest.mark.parametrize("count", [1, 40])
def test_a_look_up_that_finds_the_database_damaged_ends_the_writer(
    ledger: SmallLedger, count: int
) -> None:
    ended: list[FatalError] = []
    ledger.known_keys = RottenKeys(ledger.store)
    writer = ledger.writer(on_fatal=ended.append)
    writer.start()

    with pytest.raises(FatalError, match="malformed"):
        send(writer, *(deposit(ALICE, f"dataset {number}").compact for number in range(count)))
    wait_until(lambda: len(ended) == 1)

    assert ended == [writer.failure]
    assert writer.close()
    assert ledger.store.head().tree_size == 2
