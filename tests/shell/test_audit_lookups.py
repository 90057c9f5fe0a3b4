"""The audit finds it when a row is gone by which a record would be found, or how it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from openings import issue_opening
from small_ledger import ORIGIN, START, deposit, key_of, key_record, policy, salts

from provenance.digests import sha256
from provenance.errors import AuditError
from provenance.ledger.audit_store import audit_store
from provenance.ledger.rebuild_lookups import rebuild_lookups
from provenance.record import issue_record
from provenance.sealed import SealedSecret, seal_claims
from provenance.store.engine import open_writer

if TYPE_CHECKING:
    from small_ledger import SmallLedger

ALICE = key_of("alice")


@pytest.fixture
def filled(ledger: SmallLedger) -> SmallLedger:
    """A ledger with a sealed deposit, its opening, and a withdrawal."""
    hidden = {"dataset_digest": sha256(b"it").hex(), "salted_digest": sha256(b"salted").hex()}
    made = seal_claims(hidden, key=ALICE.public.thumbprint, salts=salts(b"hidden"))
    sealed = issue_record(
        "deposit",
        {"files": 3},
        private_key=ALICE,
        aud=ORIGIN,
        iat=START,
        salts=salts(b"sealed"),
        made=made,
    )
    opening = issue_opening(
        SealedSecret(sealed.id, made),
        list(hidden),
        private_key=ALICE,
        aud=ORIGIN,
        iat=START,
    )
    record = deposit(ALICE, "withdrawn")
    withdrawal = issue_record(
        "withdrawal",
        {"record": record.id_hex},
        private_key=ALICE,
        aud=ORIGIN,
        iat=START,
        salts=salts(b"withdrawal"),
    )
    writer = ledger.writer()
    writer.start()
    records = [key_record(ALICE), sealed, opening, record, withdrawal]
    for one in records:
        writer.accept([one.compact]).result(timeout=20)
    writer.close()
    return ledger


def _audit(ledger: SmallLedger) -> None:
    audit_store(ledger.store, ledger.key_store, policy(), memory=ledger.memory)


@pytest.mark.parametrize("table", ["opened_digests", "records_about"])
def test_a_missing_row_is_damage_and_a_rebuild_brings_it_back(
    filled: SmallLedger, table: str
) -> None:
    _audit(filled)
    engine = open_writer(filled.folder / "ledger.sqlite")
    with engine.begin() as connection:
        assert connection.exec_driver_sql(f"DELETE FROM {table}").rowcount == 1
    engine.dispose()

    with pytest.raises(AuditError):
        _audit(filled)

    rebuild_lookups(filled.store, filled.key_store)
    _audit(filled)
