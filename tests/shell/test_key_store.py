"""Disclosure keys: sealed is openable, erased is gone, orphans are swept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text, update

from provenance.digests import sha256
from provenance.errors import DamagedDisclosureError, FatalError
from provenance.ledger.ports import Sweep
from provenance.store.disclosure_cipher import PLAIN_SCHEME
from provenance.store.engine import open_writer
from provenance.store.key_store import SWEPT_AT_ONCE, SqlKeyStore, open_key_store
from provenance.store.tables import disclosure_keys, disclosure_subkeys, key_store_state

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from databases import Place, PostgresServer

A, B = sha256(b"record a"), sha256(b"record b")
TEXTS = [(sha256(b"WyJzYWx0Il0"), "WyJzYWx0Il0"), (sha256(b"WyJzIl0"), "WyJzIl0")]


@pytest.fixture
def store(place: Place) -> Iterator[SqlKeyStore]:
    store = open_key_store(place.keys)
    yield store
    store.close()


def key_of_a(store: SqlKeyStore) -> bytes:
    with store._engine.connect() as connection:  # noqa: SLF001 -- to find the key on disk
        question = select(disclosure_keys.c.key).where(disclosure_keys.c.record_id == A)
        return bytes(connection.execute(question).scalar_one())


def sealed(store: SqlKeyStore, record_id: bytes) -> list[tuple[bytes, bytes]]:
    [ciphertexts] = store.seal([(record_id, TEXTS)])
    return [(digest, octets) for (digest, _), octets in zip(TEXTS, ciphertexts, strict=True)]


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(record_id=st.binary(min_size=32, max_size=32), texts=st.lists(st.text("aZ_-9"), max_size=6))
def test_what_is_sealed_opens(store: SqlKeyStore, record_id: bytes, texts: list[str]) -> None:
    pairs = [(sha256(text.encode()), text) for text in texts]

    [ciphertexts] = store.seal([(record_id, pairs)])

    digests = [digest for digest, _ in pairs]
    if texts:
        assert store.open(record_id, zip(digests, ciphertexts, strict=True)) == texts


def test_keys_are_durable_before_the_ciphertexts_are_handed_out(
    store: SqlKeyStore, place: Place
) -> None:
    ciphertexts = sealed(store, A)

    other = open_key_store(place.keys)

    assert other.open(A, ciphertexts) == [text for _, text in TEXTS]
    other.close()


def test_every_record_has_a_key_of_its_own(store: SqlKeyStore) -> None:
    of_a = sealed(store, A)
    sealed(store, B)

    with pytest.raises(DamagedDisclosureError):
        store.open(B, of_a)


def test_a_ciphertext_moved_to_another_digest_is_refused(store: SqlKeyStore) -> None:
    (first, octets), (second, _) = sealed(store, A)

    assert store.open(A, [(first, octets)]) == [TEXTS[0][1]]
    with pytest.raises(DamagedDisclosureError):
        store.open(A, [(second, octets)])


def test_every_flipped_byte_of_a_ciphertext_is_found(store: SqlKeyStore) -> None:
    digest, octets = sealed(store, A)[0]

    for at in range(len(octets)):
        bad = octets[:at] + bytes([octets[at] ^ 128]) + octets[at + 1 :]
        with pytest.raises(DamagedDisclosureError):
            store.open(A, [(digest, bad)])
        with pytest.raises(DamagedDisclosureError):
            store.open(A, [(digest, octets[:at])])


def test_sealing_again_keeps_the_key_a_record_has(store: SqlKeyStore) -> None:
    before = sealed(store, A)

    sealed(store, A)

    assert store.open(A, before) == [text for _, text in TEXTS]


def test_an_erased_key_leaves_no_trace_on_disk(tmp_path: Path) -> None:
    store = open_key_store(tmp_path / "keys.sqlite")
    ciphertexts = sealed(store, A)
    sealed(store, B)
    key = key_of_a(store)
    assert any(key in file.read_bytes() for file in tmp_path.iterdir())

    assert store.erase(A)
    store.forget()

    assert store.open(A, ciphertexts) is None
    assert not any(key in file.read_bytes() for file in tmp_path.iterdir())
    assert not store.erase(A)
    store.close()


def test_an_erased_key_leaves_no_trace_in_the_tables_of_postgresql(
    postgresql: PostgresServer,
) -> None:
    address = postgresql.create()
    store = open_key_store(address)
    ciphertexts = sealed(store, A)
    of_b = sealed(store, B)
    key = key_of_a(store)
    files = postgresql.folder / "base"
    postgresql.execute("CHECKPOINT")
    assert any(key in file.read_bytes() for file in files.glob("*/*"))

    assert store.erase(A)
    store.forget()

    # files that were replaced go with the next checkpoint
    postgresql.execute("CHECKPOINT")
    assert store.open(A, ciphertexts) is None
    assert store.open(B, of_b) is not None
    assert not any(key in file.read_bytes() for file in files.glob("*/*"))
    store.close()


def make_plain(store: SqlKeyStore) -> list[tuple[bytes, bytes]]:
    """Let record A look as the first release sealed it: under the record's key itself."""
    sealed(store, A)
    key = key_of_a(store)
    with store._engine.begin() as connection:  # noqa: SLF001 -- as an earlier release left it
        connection.execute(update(disclosure_keys).values(scheme=PLAIN_SCHEME))
    nonce = bytes(range(12))
    return [
        (digest, nonce + AESGCM(key).encrypt(nonce, text.encode(), A + digest))
        for digest, text in TEXTS
    ]


@pytest.mark.parametrize("is_plain", [False, True], ids=["derived", "plain"])
def test_one_disclosure_is_erased_and_the_others_still_open(
    store: SqlKeyStore, *, is_plain: bool
) -> None:
    pairs = make_plain(store) if is_plain else sealed(store, A)
    of_b = sealed(store, B)
    assert store.open(A, pairs) == [text for _, text in TEXTS]

    assert store.erase(A, {TEXTS[0][0]}, pairs)

    assert store.open(A, pairs) == [None, TEXTS[1][1]]
    assert store.open(B, of_b) == [text for _, text in TEXTS]
    assert store.was_erased(A)
    assert not store.was_erased(B)
    assert store.count() == 2


@pytest.mark.parametrize("is_plain", [False, True], ids=["derived", "plain"])
def test_what_is_left_of_a_record_opens_nothing_that_was_erased(
    store: SqlKeyStore, *, is_plain: bool
) -> None:
    pairs = make_plain(store) if is_plain else sealed(store, A)
    key = key_of_a(store)

    store.erase(A, {TEXTS[0][0]}, pairs)

    with store._engine.connect() as connection:  # noqa: SLF001 -- to see what is kept
        kept = connection.execute(select(disclosure_subkeys)).all()
        left = connection.execute(select(disclosure_keys.c.key)).scalars().all()
    assert [bytes(row.digest) for row in kept] == [TEXTS[1][0]]
    assert key not in {bytes(row.key) for row in kept} | set(map(bytes, left))
    digest, octets = pairs[0]
    for candidate in [bytes(row.key) for row in kept]:
        if len(candidate) == 32:
            with pytest.raises(InvalidTag):
                AESGCM(candidate).decrypt(octets[:12], octets[12:], A + digest)


def test_a_second_erasure_takes_the_rest_and_a_repeat_nothing(store: SqlKeyStore) -> None:
    pairs = sealed(store, A)
    store.erase(A, {TEXTS[0][0]}, pairs)

    assert not store.erase(A, {TEXTS[0][0]}, pairs)
    assert store.open(A, pairs) == [None, TEXTS[1][1]]
    assert store.erase(A, {TEXTS[1][0]}, pairs)
    assert store.open(A, pairs) is None
    assert not store.erase(A)


def test_a_damaged_ciphertext_stops_an_erasure_that_would_keep_it(store: SqlKeyStore) -> None:
    pairs = sealed(store, A)
    (first, octets), second = pairs
    damaged = [(first, octets), (second[0], second[1][:-1] + b"\0")]

    with pytest.raises(DamagedDisclosureError):
        store.erase(A, {first}, damaged)

    assert store.open(A, pairs) == [text for _, text in TEXTS]


def test_a_record_that_comes_again_after_its_erasure_cannot_be_read(store: SqlKeyStore) -> None:
    sealed(store, A)
    store.erase(A)

    again = sealed(store, A)

    assert store.open(A, again) is None
    assert store.was_erased(A)


def test_a_store_of_the_first_release_is_taken_over(place: Place) -> None:
    store = open_key_store(place.keys)
    pairs = make_plain(store)
    store.close()
    engine = open_writer(place.keys)
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE disclosure_subkeys")
        connection.exec_driver_sql("ALTER TABLE disclosure_keys DROP COLUMN scheme")
        connection.exec_driver_sql("ALTER TABLE key_store_state DROP COLUMN person_key")
        connection.exec_driver_sql("ALTER TABLE key_store_state DROP COLUMN erased_size")
        connection.execute(text("UPDATE key_store_state SET schema_version = 1"))
    engine.dispose()

    store = open_key_store(place.keys)

    assert store.open(A, pairs) == [text for _, text in TEXTS]
    assert store.open(B, sealed(store, B)) == [text for _, text in TEXTS]
    assert store.erased_size() == 0
    tag = store.tag("name:somebody")
    store.close()
    store = open_key_store(place.keys)
    assert store.tag("name:somebody") == tag
    store.close()


def test_the_sweep_removes_keys_of_no_record_and_no_others(store: SqlKeyStore) -> None:
    of_a, of_b = sealed(store, A), sealed(store, B)

    swept = store.sweep(lambda ids: {record_id for record_id in ids if record_id == A})

    assert swept == Sweep(1, is_done=True)
    assert store.open(A, of_a) is not None
    assert store.open(B, of_b) is None


def test_the_sweep_asks_only_about_keys_made_since_the_last_one(store: SqlKeyStore) -> None:
    sealed(store, A)
    store.sweep(set)
    sealed(store, B)
    asked: list[bytes] = []

    def known(ids: object) -> set[bytes]:
        assert isinstance(ids, list)
        asked.extend(ids)
        return set(ids)

    store.sweep(known)

    assert asked == [B]


def test_a_sweep_of_many_keys_is_done_in_turns(store: SqlKeyStore) -> None:
    records = [sha256(b"%d" % number) for number in range(SWEPT_AT_ONCE + 700)]
    store.seal([(record_id, TEXTS) for record_id in records])
    lost = {*records[:3], *records[1_000:1_600], *records[-2:]}
    asked: list[bytes] = []

    def known(ids: Sequence[bytes]) -> set[bytes]:
        asked.extend(ids)
        return set(ids) - lost

    first, second, third = store.sweep(known), store.sweep(known), store.sweep(known)

    assert (first, second) == (Sweep(603, is_done=False), Sweep(2, is_done=True))
    assert third == Sweep(0, is_done=True)
    assert asked == records
    with store._engine.connect() as connection:  # noqa: SLF001 -- to see what is left
        left = connection.execute(select(disclosure_keys.c.record_id)).scalars().all()
    assert set(left) == set(records) - lost


def test_a_rotten_page_is_told_and_not_walked_round(tmp_path: Path) -> None:
    """A bit of a row's number turned once: row 7 says 71, and is found above every number."""
    path = tmp_path / "keys.sqlite"
    store = open_key_store(path)
    records = [sha256(b"%d" % number) for number in range(9)]
    store.seal([(record_id, TEXTS) for record_id in records])
    store.close()
    octets = bytearray(path.read_bytes())
    octets[octets.rindex(7, 0, octets.index(records[6]))] ^= 64
    path.write_bytes(octets)
    store = open_key_store(path)

    with pytest.raises(FatalError, match="out of order"):
        store.sweep(set)

    store.close()


def test_a_store_of_a_later_release_is_refused(place: Place) -> None:
    open_key_store(place.keys).close()
    engine = open_writer(place.keys)
    with engine.begin() as connection:
        connection.execute(update(key_store_state).values(schema_version=3))
    engine.dispose()

    with pytest.raises(FatalError):
        open_key_store(place.keys)
