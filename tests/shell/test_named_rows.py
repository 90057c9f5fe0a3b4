"""Rows beside the log, on both databases: what is about a record, and what bound keys signed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from key_records import ACADEMY, bound, named, revoked
from small_ledger import ORIGIN, START, deposit, key_of, key_record, salts

from provenance.record import issue_record

if TYPE_CHECKING:
    from small_ledger import SmallLedger

    from provenance.record import Record


def _about(kind: str, target: Record, number: int, **claims: object) -> Record:
    return issue_record(
        kind,
        {"record": target.id_hex, **claims},
        private_key=key_of("alice"),
        aud=ORIGIN,
        iat=START,
        salts=salts(f"{kind} {number}".encode()),
    )


def test_each_type_about_a_record_is_read_apart(either: SmallLedger) -> None:
    alice = key_of("alice")
    record = deposit(alice, "read apart")
    withdrawal = _about("withdrawal", record, 0)
    corrections = [_about("correction", record, number, reason="No.") for number in range(3)]
    statements = [_about("statement", record, number, text="x") for number in range(3)]
    either.integrate(key_record(alice), record, *statements, *corrections, withdrawal)
    first = either.store.record_indexes([record.id])[record.id]

    found = either.store.records_about(record.id, ("correction", "dispute", "withdrawal"), 2)

    assert found == {
        "correction": [first + 4, first + 5],
        "dispute": [],
        "withdrawal": [first + 7],
    }


def test_bound_keys_are_found_over_any_number_of_steps(either: SmallLedger) -> None:
    office, dora, eve = key_of("office"), key_of("dora"), key_of("eve")
    either.integrate(
        named(ACADEMY, "Academy"),
        bound(office, ACADEMY, "Office", may_bind=True),
        bound(dora, office, "Dora"),
        bound(office, dora, "Office, by its own child"),  # a ring does not go on for ever
        key_record(eve),
        deposit(dora, "by dora"),
        deposit(eve, "by eve"),
    )
    keys = either.store.stored_keys([one.public.thumbprint for one in (office, dora, eve)])
    places = {kid: one.leaf_index for kid, one in keys.items()}
    by_dora = either.store.record_indexes([deposit(dora, "by dora").id])

    found = either.store.keys_bound_by([ACADEMY.public.thumbprint])

    assert list(found) == sorted([places[office.public.thumbprint], places[dora.public.thumbprint]])
    size = either.store.head().tree_size
    signed = either.store.records_of_keys(found, 0, size)
    assert next(iter(by_dora.values())) in signed
    assert signed == sorted(signed)
    assert either.store.records_of_keys(found, size, size) == []
    assert either.store.keys_bound_by([eve.public.thumbprint]) == []


def test_a_revocation_is_no_binding(either: SmallLedger) -> None:
    alice = key_of("alice")
    either.integrate(key_record(alice))
    either.integrate(revoked(alice, alice))

    assert either.store.keys_bound_by([alice.public.thumbprint]) == []
