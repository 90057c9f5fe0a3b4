"""Deposits that say how their digests came about, and fixity records, in a ledger: both databases.

Accepted, found again, verified from the receipt, rebuilt and audited like every other record.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from small_ledger import (
    ORIGIN,
    START,
    SmallLedger,
    accepted,
    key_of,
    key_record,
    policy,
    salts,
)

from provenance.digests import sha256
from provenance.errors import ManifestMismatchError
from provenance.fingerprint import FileEntry, summarize, write_manifest
from provenance.holder_statement import PUBLICATION, issue_statement
from provenance.ledger.audit_store import audit_store
from provenance.ledger.projections import project_all
from provenance.ledger.read_log import SignedLog
from provenance.ledger.serve_holder import publish_manifest
from provenance.ledger.tile_cache import TileCache
from provenance.record import fixity_of, issue_record, parse_entry
from provenance.service.views import hit_views
from provenance.verify import read_fixity, verify_receipt

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provenance.fingerprint import Summary
    from provenance.keys import PrivateKey
    from provenance.record import Record
    from provenance.service.writer import Writer

ALICE, BOB = key_of("alice"), key_of("bob")
FILES = [
    FileEntry("a.csv", sha256(b"a"), 1, imported=True),
    FileEntry("b/c.csv", sha256(b"c"), 2),
    FileEntry("b/d.csv", sha256(b"d"), 3),
]
SAMPLED = {"source": "bagit", "imported": 1, "rehashed": 2}


@pytest.fixture
def writer(either: SmallLedger) -> Iterator[Writer]:
    writer = either.writer()
    writer.start()
    for answer in writer.accept([key_record(ALICE).compact, key_record(BOB).compact]).result(20):
        accepted(answer)
    yield writer
    writer.close()


def deposit_of(summary: Summary, **claims: object) -> Record:
    own: dict[str, object] = {"dataset_digest": summary.digest.hex(), "files": summary.files}
    return issue_record(
        "deposit", own | claims, private_key=ALICE, aud=ORIGIN, iat=START, salts=salts(b"d")
    )


def fixity_about(deposit: Record, key: PrivateKey = BOB, **other: object) -> Record:
    claims: dict[str, object] = {
        "record": deposit.id_hex,
        "dataset_digest": deposit.claims["dataset_digest"],
        "files": deposit.claims["files"],
        "checked": deposit.claims["files"],
        "failed": 0,
        "missing": 0,
        "started": START,
        "ended": START + 1,
        "report_digest": "7f" * 32,
        **other,
    }
    return issue_record("fixity", claims, private_key=key, aud=ORIGIN, iat=START, salts=salts(b"f"))


def publish(ledger: SmallLedger, deposit: Record, manifest: bytes) -> None:
    statement = issue_statement(
        PUBLICATION,
        record_id=deposit.id_hex,
        private_key=ALICE,
        aud=ORIGIN,
        iat=START,
        jti=f"statement {sha256(manifest).hex()}",
    )
    publish_manifest(
        deposit.id,
        io.BytesIO(manifest),
        statement.encode(),
        log=signed(ledger),
        store=ledger.store,
        origin=ORIGIN,
        now_unix=START,
    )


def signed(ledger: SmallLedger) -> SignedLog:
    return SignedLog(ledger.store, TileCache(ledger.store.read_tile))


def test_fixity_records_are_found_by_the_deposits_id(either: SmallLedger, writer: Writer) -> None:
    deposit, other = deposit_of(summarize(FILES)), deposit_of(summarize(FILES[1:]))
    own, bobs = fixity_about(deposit, ALICE), fixity_about(deposit, failed=1)
    elsewhere = fixity_about(other)

    records = [deposit, other, own, elsewhere, bobs]
    answers = writer.accept([one.compact for one in records]).result(20)
    indexes = [accepted(one).leaf_index for one in answers]

    log = signed(either)
    assert log.deposits_of_digest(deposit.id) == [indexes[2], indexes[4]]
    assert log.deposits_of_digest(other.id) == [indexes[3]]
    assert log.deposits_of_digest(summarize(FILES).digest) == [indexes[0]]
    hits = hit_views(
        [indexes[2]], log=either.store, key_store=either.key_store, policy=either.trust
    )
    assert (hits[0]["type"], hits[0]["assurance"]) == ("fixity", None)
    assert not fixity_of(parse_entry(either.store.entries(indexes[4], indexes[4] + 1)[0])).is_sound


def test_look_ups_of_fixity_records_are_rebuilt_and_audited(
    either: SmallLedger, writer: Writer
) -> None:
    deposit = deposit_of(summarize(FILES))
    fixity = fixity_about(deposit)
    writer.accept([deposit.compact, fixity.compact]).result(20)
    before = signed(either).deposits_of_digest(deposit.id)

    either.store.replace_projections(project_all(map(parse_entry, either.store.entries(0, 99))))
    report = audit_store(either.store, either.key_store, policy(), memory=either.memory)

    assert signed(either).deposits_of_digest(deposit.id) == before == [5]
    assert report.by_type["fixity"] == 1


def test_a_receipt_says_how_the_digests_came_about_and_who_looked_again(writer: Writer) -> None:
    deposit = deposit_of(summarize(FILES), assurance=SAMPLED)
    answers = writer.accept([deposit.compact, fixity_about(deposit).compact]).result(20)
    first, second = (accepted(one).receipt.to_bytes() for one in answers)

    alone = verify_receipt(first, policy(), now_unix=0)
    given = read_fixity(second, policy(), now_unix=0)
    seen = verify_receipt(first, policy(), now_unix=0, fixity=[given])

    assert (alone.assurance, seen.assurance) == ("sampled", "witnessed")
    assert alone.exit_code == seen.exit_code == 3
    assert "2 of 3 files" in alone.check("assurance").text()


@pytest.mark.parametrize(
    ("claims", "level"),
    [
        ({}, None),
        ({"assurance": {"rehashed": 3}}, "rehashed"),
        ({"assurance": SAMPLED}, "sampled"),
        ({"assurance": {"source": "s3", "imported": 3}}, "imported"),
    ],
)
def test_a_hit_says_the_level_of_a_deposit(
    either: SmallLedger, writer: Writer, claims: dict[str, object], level: str | None
) -> None:
    deposit = deposit_of(summarize(FILES), **claims)
    (answer,) = writer.accept([deposit.compact]).result(20)

    (hit,) = hit_views(
        [accepted(answer).leaf_index],
        log=either.store,
        key_store=either.key_store,
        policy=either.trust,
    )

    assert hit["assurance"] == level


def test_a_manifest_must_have_the_marks_that_were_signed(
    either: SmallLedger, writer: Writer
) -> None:
    deposit = deposit_of(summarize(FILES), bytes=6, assurance=SAMPLED)
    writer.accept([deposit.compact]).result(20)
    unmarked = [one._replace(imported=False) for one in FILES]

    with pytest.raises(ManifestMismatchError) as caught:
        publish(either, deposit, write_manifest(unmarked))
    publish(either, deposit, write_manifest(FILES))

    assert caught.value.field == "imported"
    assert either.store.manifest(4) == write_manifest(FILES)
    audit_store(either.store, either.key_store, policy(), memory=either.memory)


def test_marks_that_nobody_signed_are_refused(either: SmallLedger, writer: Writer) -> None:
    deposit = deposit_of(summarize(FILES))
    writer.accept([deposit.compact]).result(20)

    with pytest.raises(ManifestMismatchError):
        publish(either, deposit, write_manifest(FILES))


def test_an_audit_passes_a_manifest_whose_length_was_not_signed(
    either: SmallLedger, writer: Writer
) -> None:
    unmarked = [one._replace(imported=False) for one in FILES]
    deposit = deposit_of(summarize(FILES))
    writer.accept([deposit.compact]).result(20)
    publish(either, deposit, write_manifest(unmarked))

    report = audit_store(either.store, either.key_store, policy(), memory=either.memory)

    assert report.manifests == 1
