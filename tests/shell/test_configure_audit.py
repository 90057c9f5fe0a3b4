"""The audit holds every checkpoint and beacon to the keys that the log itself put in force."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from key_changes import ALICE, OLD, Place, configuration, make_place, public
from small_ledger import (
    BEACON,
    ORIGIN,
    PIN,
    SIGNER,
    START,
    SmallLedger,
    block,
    key_of,
    key_record,
    policy,
)

from provenance import tlog
from provenance.checkpoint import Checkpoint, sign
from provenance.errors import (
    AuditError,
)
from provenance.ledger.audit_log import audit_public_log, check_checkpoint
from provenance.ledger.audit_store import audit_store
from provenance.ledger.configure_log import (
    KeyKind,
)
from provenance.ledger.issue_beacon import issue_beacon
from provenance.ledger.ports import NewEntry, SignedHead
from provenance.ledger.projections import project
from provenance.merkle import leaf_hash
from provenance.note import NoteSigner
from provenance.policy import Policy
from provenance.record import Record, parse_record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from provenance.keys import PrivateKey
    from provenance.ledger.audit_log import AuditReport


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    place = make_place(tmp_path)
    yield place
    place.close()


def append(ledger: SmallLedger, records: Sequence[Record], signer: NoteSigner) -> None:
    """Integrate records and sign their head as an operator can who keeps no rule of ours."""
    store = ledger.store
    with store.integrate() as transaction:
        size = transaction.head().tree_size
        leaves = [leaf_hash(record.entry) for record in records]
        extension = tlog.append(size, leaves, transaction.read_tile)
        entries = [
            NewEntry(record.entry, project(record, at, at if record.type == "key" else None))
            for at, record in enumerate(records, size)
        ]
        transaction.append(entries, extension)
    checkpoint = Checkpoint(ORIGIN, extension.tree_size, extension.root_hash)
    store.store_signature(SignedHead(extension.tree_size, sign(checkpoint, signer)))
    peaks = tlog.peaks(extension.tree_size, store.read_tile)
    ledger.memory.remember(extension.tree_size, extension.root_hash, peaks)


def places_found(place: Place, trust: Policy) -> set[str]:
    """Return where the audits from inside and from outside say that the log is wrong."""
    found = set()
    ledger = place.open()
    audits: tuple[Callable[[], AuditReport], ...] = (
        lambda: audit_public_log(public(ledger), trust),
        lambda: audit_store(ledger.store, ledger.key_store, trust, memory=ledger.memory),
    )
    for audit in audits:
        with pytest.raises(AuditError) as caught:
            audit()
        found.add(caught.value.place)
    return found


def test_a_head_signed_by_a_retired_key_is_found_whatever_the_policy_says(place: Place) -> None:
    old_policy = place.policy
    place.change()
    ledger = place.open()
    append(ledger, [key_record(key_of("bob"))], SIGNER)
    note = ledger.store.newest_signed()

    assert note is not None
    assert check_checkpoint(note.note, old_policy).tree_size == 5  # the old policy knows no better
    assert places_found(place, old_policy) == {"checkpoint", "checkpoint 5"}
    assert places_found(place, place.policy) == {"checkpoint"}


def test_a_head_signed_by_the_new_key_too_early_is_found(place: Place) -> None:
    new = NoteSigner(ORIGIN, key_of("new"))
    keys = {"checkpoint_keys": [new.verifier.to_vkey()]}
    ledger = place.open()
    append(ledger, [configuration({"from_tree_size": 5, "add": keys})], new)
    written = json.loads(policy().octets)
    written["checkpoint_keys"].append({"vkey": new.verifier.to_vkey(), "from": 0, "to": None})

    trust = Policy.parse(json.dumps(written).encode())

    assert places_found(place, trust) == {"checkpoint", "checkpoint 4"}


ADD_ALICE = {"beacon_keys": [ALICE.public.jwk()]}
RETIRE_OLD = {"checkpoint_keys": [OLD.to_vkey()]}


@pytest.mark.parametrize(
    "record",
    [
        configuration({"from_tree_size": 5, "add": ADD_ALICE}, root=ALICE),
        configuration({"from_tree_size": 5, "add": ADD_ALICE}, root=BEACON),
        configuration({"from_tree_size": 4, "retire": RETIRE_OLD}),
        configuration({"from_tree_size": 1, "add": ADD_ALICE}),
    ],
    ids=["by a depositor", "by the beacon key", "below its own checkpoint", "for the past"],
)
def test_a_configuration_that_breaks_the_rules_is_found(place: Place, record: Record) -> None:
    ledger = place.open()
    append(ledger, [record], SIGNER)

    assert places_found(place, place.policy) == {"entry 3"}


def beacon_by(key: PrivateKey, number: int, iat: int) -> Record:
    new = issue_beacon(PIN.chain_id, block(number), key, ORIGIN, iat)
    return parse_record(new.compact, complete=True)


def test_a_beacon_of_a_retired_key_is_found(place: Place) -> None:
    place.change(KeyKind.BEACON)
    ledger = place.open()
    append(ledger, [beacon_by(BEACON, 9, START)], SIGNER)

    with pytest.raises(AuditError) as caught:
        audit_public_log(public(ledger), place.policy)

    assert caught.value.place == "entry 4"


def test_a_beacon_of_a_key_not_yet_in_force_is_found(place: Place) -> None:
    keys = {"beacon_keys": [ALICE.public.jwk()]}
    change = configuration({"from_tree_size": 6, "add": keys})
    ledger = place.open()

    append(ledger, [change, beacon_by(ALICE, 9, START)], SIGNER)

    with pytest.raises(AuditError) as caught:
        audit_public_log(public(ledger), place.policy)
    assert caught.value.place == "entry 4"
