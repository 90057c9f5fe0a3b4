"""What only a record's holder gets: hidden disclosures, a published manifest, erasure."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from erasing import erase_stored
from small_ledger import (
    ORIGIN,
    SmallLedger,
    accepted,
    deposit,
    deposit_of_files,
    key_of,
    key_record,
    policy,
)

from provenance.digests import sha256
from provenance.errors import (
    BadSignatureError,
    MalformedError,
    ManifestMismatchError,
    StatementExpiredError,
    StatementUsedError,
    WrongAudienceError,
)
from provenance.fingerprint import FileEntry, write_manifest
from provenance.holder_statement import DISCLOSURE, PUBLICATION, issue_statement
from provenance.ledger.read_log import SignedLog
from provenance.ledger.serve_holder import disclose_record, publish_manifest
from provenance.verify import verify_receipt

if TYPE_CHECKING:
    from provenance.keys import PrivateKey
    from provenance.record import Record

ALICE, BOB = key_of("alice"), key_of("bob")
FILES = [FileEntry("a.csv", sha256(b"a"), 1), FileEntry("b/c.csv", sha256(b"c"), 2)]


@dataclass
class Holder:
    """A ledger with one deposit that hides its title, and one of known files."""

    ledger: SmallLedger
    log: SignedLog
    hidden: Record
    filed: Record

    def statement(
        self,
        typ: str,
        record: Record,
        *,
        key: PrivateKey = ALICE,
        aud: str = ORIGIN,
        age: int = 0,
        jti: str = "0123456789abcdef",
    ) -> bytes:
        return issue_statement(
            typ,
            record_id=record.id_hex,
            private_key=key,
            aud=aud,
            iat=self.ledger.now - age,
            jti=jti,
        ).encode()

    def disclose(self, statement: bytes) -> bytes:
        return disclose_record(
            self.hidden.id,
            statement,
            log=self.log,
            store=self.ledger.store,
            key_store=self.ledger.key_store,
            origin=ORIGIN,
            now_unix=self.ledger.now,
        )

    def publish(self, manifest: bytes, statement: bytes) -> None:
        publish_manifest(
            self.filed.id,
            io.BytesIO(manifest),
            statement,
            log=self.log,
            store=self.ledger.store,
            origin=ORIGIN,
            now_unix=self.ledger.now,
        )


@pytest.fixture
def holder(ledger: SmallLedger) -> Holder:
    hidden = deposit(ALICE, "hidden", hold=["title", "contributors[0]"])
    filed = deposit_of_files(ALICE, FILES)
    writer = ledger.writer()
    writer.start()
    compacts = [key_record(ALICE).compact, key_record(BOB).compact, hidden.compact, filed.compact]
    for answer in writer.accept(compacts).result(timeout=20):
        accepted(answer)
    writer.close()
    return Holder(ledger, SignedLog(ledger.store, ledger.tiles), hidden, filed)


def test_the_holder_gets_every_disclosure_back(holder: Holder) -> None:
    assert holder.disclose(holder.statement(DISCLOSURE, holder.hidden)) == holder.hidden.compact


def test_nobody_else_gets_them(holder: Holder) -> None:
    with pytest.raises(BadSignatureError):
        holder.disclose(holder.statement(DISCLOSURE, holder.hidden, key=BOB))


def test_a_statement_for_another_log_is_refused(holder: Holder) -> None:
    with pytest.raises(WrongAudienceError):
        holder.disclose(holder.statement(DISCLOSURE, holder.hidden, aud="other.example"))


@pytest.mark.parametrize("age", [-121, 121])
def test_a_statement_is_good_for_two_minutes(holder: Holder, age: int) -> None:
    with pytest.raises(StatementExpiredError):
        holder.disclose(holder.statement(DISCLOSURE, holder.hidden, age=age))


def test_a_statement_about_another_record_is_refused(holder: Holder) -> None:
    with pytest.raises(MalformedError) as caught:
        holder.disclose(holder.statement(DISCLOSURE, holder.filed))

    assert caught.value.field == "record"


def test_a_short_jti_is_refused(holder: Holder) -> None:
    with pytest.raises(MalformedError) as caught:
        holder.disclose(holder.statement(DISCLOSURE, holder.hidden, jti="short"))

    assert caught.value.field == "jti"


@pytest.mark.parametrize("character", ["\0", "\n", "\u00e9", "\U0001f600"])
def test_a_jti_is_visible_ascii(holder: Holder, character: str) -> None:
    # PostgreSQL's text holds no zero byte, and its indexes nothing long
    with pytest.raises(MalformedError) as caught:
        holder.disclose(holder.statement(DISCLOSURE, holder.hidden, jti=character * 16))

    assert caught.value.field == "jti"


def test_a_statement_of_the_other_kind_is_refused(holder: Holder) -> None:
    with pytest.raises(MalformedError):
        holder.disclose(holder.statement(PUBLICATION, holder.hidden))


def test_a_statement_is_good_once_even_after_a_restart(holder: Holder) -> None:
    statement = holder.statement(DISCLOSURE, holder.hidden)
    holder.disclose(statement)
    holder.ledger.reopen()

    with pytest.raises(StatementUsedError):
        holder.disclose(statement)


def test_a_refused_statement_is_not_used_up(holder: Holder) -> None:
    with pytest.raises(BadSignatureError):
        holder.disclose(holder.statement(DISCLOSURE, holder.hidden, key=BOB))

    assert holder.disclose(holder.statement(DISCLOSURE, holder.hidden))


def test_a_published_manifest_is_found_by_its_files(holder: Holder) -> None:
    manifest = write_manifest(FILES)

    holder.publish(manifest, holder.statement(PUBLICATION, holder.filed))

    index = holder.log.index_of(holder.filed.id)
    assert holder.ledger.store.manifest(index) == manifest
    assert holder.log.deposits_of_digest(sha256(b"c")) == [index]
    assert holder.log.deposits_of_digest(sha256(b"nothing")) == []


@pytest.mark.parametrize(
    "files",
    [
        FILES[:1],
        [FILES[0], FILES[1]._replace(length=3)],
        [FILES[0], FILES[1]._replace(length=None)],
        [FILES[0], FILES[1]._replace(path="b/d.csv")],
    ],
)
def test_a_manifest_that_is_not_the_signed_one_is_refused(
    holder: Holder, files: list[FileEntry]
) -> None:
    with pytest.raises(ManifestMismatchError):
        holder.publish(write_manifest(files), holder.statement(PUBLICATION, holder.filed))

    assert holder.ledger.store.manifest(holder.log.index_of(holder.filed.id)) is None


def test_entries_that_are_not_those_of_the_header_are_refused(holder: Holder) -> None:
    header = write_manifest(FILES).splitlines(keepends=True)[0]
    other = [FILES[0], FILES[1]._replace(sha256=sha256(b"other"))]
    lines = write_manifest(other).splitlines(keepends=True)[1:]

    with pytest.raises(ManifestMismatchError):
        holder.publish(b"".join([header, *lines]), holder.statement(PUBLICATION, holder.filed))


def test_erasure_takes_all_that_names_people_and_leaves_the_proofs(holder: Holder) -> None:
    ledger = holder.ledger
    holder.publish(write_manifest(FILES), holder.statement(PUBLICATION, holder.filed))
    index = holder.log.index_of(holder.filed.id)

    assert erase_stored(
        holder.filed.id, log=holder.log, store=ledger.store, key_store=ledger.key_store
    )

    receipt = ledger.receipts.issue(index)
    verdict = verify_receipt(receipt.to_bytes(), policy(), now_unix=0)
    assert verdict.exit_code == 3
    assert receipt.record.sd_jwt == holder.filed.entry.decode() + "~"
    assert ledger.store.manifest(index) is None
    assert holder.log.deposits_of_digest(sha256(b"c")) == []
    assert not any(b"b/c.csv" in file.read_bytes() for file in ledger.folder.iterdir())
