"""Whatever has changed on the disk is an error for who asks for it, and never another answer."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING

import pytest
from databases import sqlite_place
from small_ledger import SmallLedger, accepted, deposit, deposit_of_files, key_of, key_record

from provenance import merkle, tlog
from provenance.digests import sha256
from provenance.errors import (
    DamagedDisclosureError,
    DamagedReceiptError,
    NotFoundError,
    ProofShapeError,
)
from provenance.fingerprint import FileEntry, write_manifest
from provenance.ledger.load_record import load_record
from provenance.ledger.read_log import SignedLog
from provenance.ledger.tile_cache import TileCache

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from provenance.record import Record

ALICE, BOB = key_of("alice"), key_of("bob")
FILES = [FileEntry(f"{name}.csv", sha256(name.encode()), 9) for name in ("one", "three", "two")]
HELD = deposit(ALICE, "held", hold=["title"])
KNOWN = deposit_of_files(ALICE, FILES)
SIZE = 300


@pytest.fixture
def filled(ledger: SmallLedger) -> SmallLedger:
    """300 entries under heads of size 2, 100, 200, 300; a manifest is published."""
    made = [key_record(ALICE), key_record(BOB), HELD, KNOWN, deposit(BOB, "bob's")]
    made += [deposit(ALICE, f"data {at}", contributors=1) for at in range(SIZE - 2 - len(made))]
    writer = ledger.writer()
    writer.start()
    for start, stop in ((0, 98), (98, 198), (198, 298)):
        for answer in writer.accept([one.compact for one in made[start:stop]]).result(60):
            accepted(answer)
    writer.close()
    digests = [one.sha256 for one in FILES]
    ledger.store.store_manifest(index_of(ledger, KNOWN), [write_manifest(FILES)], digests)
    return ledger


def signed(ledger: SmallLedger) -> SignedLog:
    return SignedLog(ledger.store, TileCache(ledger.store.read_tile))


def index_of(ledger: SmallLedger, record: Record) -> int:
    return ledger.store.record_indexes([record.id])[record.id]


def change(ledger: SmallLedger, *statements: str, values: Sequence[object] = ()) -> None:
    """Write past the ledger, as nothing of ours does: no foreign key is looked at."""
    place = sqlite_place(ledger.folder).ledger
    with closing(sqlite3.connect(place)) as connection, connection:
        for statement in statements:
            assert connection.execute(statement, values).rowcount > 0


def flip_tile(ledger: SmallLedger, level: int, index: int, offset: int) -> None:
    octets = bytearray(ledger.store.read_tile(level, index))
    octets[offset] ^= 1
    sql = "UPDATE tiles SET hashes = ? WHERE level = ? AND tile_index = ?"
    change(ledger, sql, values=(bytes(octets), level, index))


# --- tiles, bundles, proofs -------------------------------------------------------------------


def test_what_is_whole_is_shown(filled: SmallLedger) -> None:
    log = signed(filled)
    entries = filled.store.entries(0, SIZE)
    leaves = [merkle.leaf_hash(entry) for entry in entries]

    for width in (*range(1, 257, 51), 256):
        assert log.tile(tlog.TileId(tlog.ENTRIES, 0, width)) == tlog.encode_bundle(entries[:width])
        assert log.tile(tlog.TileId(0, 0, width)) == b"".join(leaves[:width])
    assert log.tile(tlog.TileId(0, 1, 44)) == b"".join(leaves[256:])
    assert log.tile(tlog.TileId(1, 0, 1)) == merkle.root_of(leaves[:256])
    for old in (1, 2, 99, 100, 101, 255, 256, 257, 299, 300):
        assert log.root_at(old) == merkle.root_of(leaves[:old])
        log.consistency_path(old, SIZE)
        log.inclusion_path(old - 1, old)
    with pytest.raises(ProofShapeError):
        log.inclusion_path(5, 5)
    with pytest.raises(ProofShapeError):
        log.consistency_path(6, 5)
    with pytest.raises(NotFoundError):
        log.tile(tlog.TileId(0, 1, 45))


def test_a_changed_entry_is_in_no_bundle(filled: SmallLedger) -> None:
    entry = bytearray(filled.store.entries(17, 18)[0])
    entry[40] ^= 1
    change(filled, "UPDATE entries SET entry = ? WHERE leaf_index = 17", values=(bytes(entry),))
    log = signed(filled)

    for width in (18, 256):
        with pytest.raises(DamagedReceiptError):
            log.tile(tlog.TileId(tlog.ENTRIES, 0, width))
    with pytest.raises(DamagedReceiptError):
        log.entry(17)
    assert log.tile(tlog.TileId(tlog.ENTRIES, 0, 17))


@pytest.mark.parametrize("tile", [tlog.TileId(tlog.ENTRIES, 0), tlog.TileId(tlog.ENTRIES, 1, 44)])
def test_a_missing_entry_is_no_shorter_bundle(filled: SmallLedger, tile: tlog.TileId) -> None:
    last = tile.index * 256 + tile.width - 1
    change(filled, f"DELETE FROM entries WHERE leaf_index = {last}")

    with pytest.raises(DamagedReceiptError):
        signed(filled).tile(tile)


@pytest.mark.parametrize("place", [(0, 0), (0, 1), (1, 0)])
def test_no_tile_with_a_changed_hash_is_served(filled: SmallLedger, place: tuple[int, int]) -> None:
    level, index = place
    tile = tlog.tile_at(level, index, SIZE)
    flip_tile(filled, level, index, random.Random(7).randrange(32 * tile.width))
    log = signed(filled)

    with pytest.raises(DamagedReceiptError):
        log.tile(tile)


def test_a_tile_that_is_gone_is_damage_and_not_unknown(filled: SmallLedger) -> None:
    change(filled, "DELETE FROM tiles WHERE level = 0 AND tile_index = 1")
    log = signed(filled)

    for ask in (
        lambda: log.tile(tlog.TileId(0, 1, 44)),
        lambda: log.inclusion_path(290, SIZE),
        lambda: log.consistency_path(256, SIZE),
    ):
        with pytest.raises(DamagedReceiptError):
            ask()


def test_a_path_is_the_right_one_or_none(filled: SmallLedger) -> None:
    """Any one node, the inner ones too, which no reader of tiles sees."""
    whole = signed(filled)
    asked = [(at, size) for size in (100, 257, SIZE) for at in range(0, size, 19)]
    paths = {pair: whole.inclusion_path(*pair) for pair in asked}
    grown = {old: whole.consistency_path(old, SIZE) for old in range(1, SIZE, 23)}
    rng = random.Random(7)
    refused = 0

    for level, index in [(0, 0), (0, 1), (1, 0)] * 4:
        at = rng.randrange(len(filled.store.read_tile(level, index)))
        flip_tile(filled, level, index, at)
        log = signed(filled)
        for pair, path in paths.items():
            refused += differs(partial(log.inclusion_path, *pair), path)
        for old, path in grown.items():
            refused += differs(partial(log.consistency_path, old, SIZE), path)
        flip_tile(filled, level, index, at)

    assert refused > 0


def differs(ask: Callable[[], object], expected: object) -> bool:
    """Tell whether the answer is refused; another answer is the failure."""
    try:
        assert ask() == expected
    except DamagedReceiptError:
        return True
    return False


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE checkpoints SET tree_size = 301 WHERE tree_size = 300",
        "UPDATE checkpoints SET note = replace(note, '300', '301') WHERE tree_size = 300",
        "UPDATE checkpoints SET note = 'x' WHERE tree_size = 300",
    ],
)
def test_no_proof_leads_to_a_changed_checkpoint(filled: SmallLedger, sql: str) -> None:
    change(filled, sql)

    with pytest.raises(DamagedReceiptError):
        signed(filled).inclusion_path(290, SIZE)


# --- look-ups ---------------------------------------------------------------------------------


def test_look_ups_that_are_whole_are_answered(filled: SmallLedger) -> None:
    log = signed(filled)

    assert log.index_of(KNOWN.id) == index_of(filled, KNOWN)
    assert log.records_of_key(BOB.public.thumbprint) == [3, 6]
    assert log.records_of_key(BOB.public.thumbprint, after=3) == [6]
    assert log.deposits_of_digest(DATASET) == [index_of(filled, KNOWN)]
    assert log.deposits_of_digest(FILES[1].sha256) == [index_of(filled, KNOWN)]
    found, _ = log.digests_with_prefix(FILES[1].sha256.hex()[:10])
    assert [one.leaf_index for one in found] == [index_of(filled, KNOWN)]


BOBS, ALICES = BOB.public.thumbprint, ALICE.public.thumbprint
DATASET = bytes.fromhex(str(KNOWN.claims["dataset_digest"]))
OTHER = b"\xab" * 32

LOOK_UPS: dict[str, tuple[list[str], Callable[[SignedLog], object]]] = {
    "a record": (
        ["UPDATE records SET leaf_index = 7 WHERE leaf_index = 5"],
        lambda log: log.index_of(KNOWN.id),
    ),
    "another key's place": (
        [
            f"DELETE FROM keys WHERE kid = '{ALICES}'",
            f"UPDATE keys SET leaf_index = 2 WHERE kid = '{BOBS}'",
        ],
        lambda log: log.records_of_key(BOBS),
    ),
    "a place of no key": (
        [f"UPDATE keys SET leaf_index = 9 WHERE kid = '{BOBS}'"],
        lambda log: log.records_of_key(BOBS),
    ),
    "what a key signed": (
        ["UPDATE records_by_key SET leaf_index = 7 WHERE leaf_index = 6"],
        lambda log: log.records_of_key(BOBS),
    ),
    "a key's own row": (
        ["DELETE FROM records_by_key WHERE leaf_index = 3"],
        lambda log: log.records_of_key(BOBS),
    ),
    "a dataset": (
        ["UPDATE dataset_digests SET leaf_index = 7 WHERE leaf_index = 5"],
        lambda log: log.deposits_of_digest(DATASET),
    ),
    "a file": (
        [f"UPDATE file_digests SET digest = x'{OTHER.hex()}'"],
        lambda log: log.deposits_of_digest(OTHER),
    ),
    "a prefix": (
        [f"UPDATE dataset_digests SET digest = x'{OTHER.hex()}' WHERE leaf_index = 5"],
        lambda log: log.digests_with_prefix(OTHER.hex()[:8]),
    ),
}


@pytest.mark.parametrize("what", LOOK_UPS)
def test_a_look_up_of_another_entry_is_refused(filled: SmallLedger, what: str) -> None:
    statements, ask = LOOK_UPS[what]
    if what == "a file":
        change(filled, f"DELETE FROM file_digests WHERE digest <> x'{FILES[0].sha256.hex()}'")
    change(filled, *statements)

    with pytest.raises(DamagedReceiptError):
        ask(signed(filled))


# --- disclosures ------------------------------------------------------------------------------


def show(ledger: SmallLedger, record: Record) -> bytes:
    place = index_of(ledger, record)
    return load_record(place, log=ledger.store, key_store=ledger.key_store).compact


def test_a_holders_disclosure_does_not_become_public_by_a_bit(filled: SmallLedger) -> None:
    assert b"~" in show(filled, HELD)
    change(filled, "UPDATE disclosures SET held = 0 WHERE held = 1")

    with pytest.raises(DamagedDisclosureError):
        show(filled, HELD)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE disclosures SET held = 1 WHERE leaf_index = 5",
        "DELETE FROM disclosures WHERE leaf_index = 5 AND position = 0",
        "DELETE FROM disclosures WHERE leaf_index = 5",
    ],
)
def test_a_disclosure_that_is_gone_is_not_taken_for_one_that_was_held(
    filled: SmallLedger, sql: str
) -> None:
    change(filled, sql)

    with pytest.raises(DamagedDisclosureError):
        show(filled, KNOWN)


@pytest.mark.parametrize("key", [bytes(32), bytes(31), b"", "x" * 32, 7])
def test_a_key_that_does_not_open_is_damage_and_no_erasure(
    filled: SmallLedger, key: object
) -> None:
    with filled.key_store._engine.begin() as connection:  # noqa: SLF001 -- flips its bits
        connection.exec_driver_sql(
            "UPDATE disclosure_keys SET key = ? WHERE record_id = ?", (key, KNOWN.id)
        )

    with pytest.raises(DamagedDisclosureError):
        show(filled, KNOWN)


def test_a_key_that_is_not_there_was_erased(filled: SmallLedger) -> None:
    filled.key_store.erase(KNOWN.id)

    assert show(filled, KNOWN) == KNOWN.entry + b"~"
