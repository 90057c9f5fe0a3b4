"""A running service with a witness that nobody here wrote, from the command to the receipt."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from running_service import copy, found, running
from small_ledger import key_of
from witness_program import WitnessProgram, need_witness

from provenance.errors import ConflictError, LockedError, MalformedError
from provenance.note import COSIGNATURE_V1, Note, NoteVerifier, verify_cosignature
from provenance.policy import Policy
from provenance.service.choose_witnesses import add_witness, remove_witness
from provenance.verify import verify_receipt

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from running_service import Service

    from provenance.service.settings import LedgerFolder

VKEY = NoteVerifier("witness.example/two", key_of("two").public, COSIGNATURE_V1).to_vkey()
URL = "http://127.0.0.1:9"


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> LedgerFolder:
    return found(tmp_path_factory.mktemp("founded") / "ledger")


@pytest.fixture
def folder(founded: LedgerFolder, tmp_path: Path) -> LedgerFolder:
    return copy(founded, tmp_path / "ledger")


@pytest.fixture
def aics(folder: LedgerFolder, tmp_path: Path) -> Iterator[WitnessProgram]:
    need_witness()
    policy = Policy.parse(folder.policy.read_bytes())
    program = WitnessProgram(tmp_path / "witness", "witness.example/one")
    program.trust(policy.origin, policy.checkpoint_keys[0].verifier.to_vkey())
    program.start()
    yield program
    program.stop()


def test_checkpoint_and_receipt_carry_the_cosignature_a_policy_demands(
    folder: LedgerFolder, aics: WitnessProgram
) -> None:
    trust = add_witness(folder, aics.vkey, aics.url, quorum=1)
    with running(folder) as service:
        record = service.deposited("dataset")
        head = _cosigned_head(service, aics.vkey)
        octets = service.client.get(f"/v1/records/{record.id.hex()}/receipt").content
        ready = service.client.get("/v1/ready").json()
        metrics = service.client.get("/metrics").text

    assert head >= 3
    found = verify_receipt(octets, trust, now_unix=int(time.time()))
    codes = {check.name: check.code for check in found.checks}
    assert codes["witnesses"] == "quorum-met"
    assert "witnesses" in str(ready)
    assert 'witness="witness.example/one+' in metrics


def test_a_witness_that_is_away_delays_nobody(folder: LedgerFolder) -> None:
    add_witness(folder, VKEY, URL, quorum=1)
    with running(folder) as service:
        began = time.monotonic()
        record = service.deposited("dataset")
        assert time.monotonic() - began < 5
        octets = b""
        until = time.monotonic() + 30
        while time.monotonic() < until:
            octets = service.client.get(f"/v1/records/{record.id.hex()}/receipt").content
            if b'"anchored":[]' not in octets:
                break
            time.sleep(0.2)
        ready = service.client.get("/v1/ready")
        gauges = [one for one in service.ledger.measures() if one.name == "witness_behind"]

    assert [one.value >= 2 for one in gauges] == [True]
    # anchored all the same; what a reader makes of the missing cosignature is the policy's
    assert b'"anchored":[]' not in octets
    assert ready.status_code == 200
    assert "unavailable" in ready.text


def _cosigned_head(service: Service, vkey: str) -> int:
    until = time.monotonic() + 20
    while time.monotonic() < until:
        note = Note.parse(service.client.get("/checkpoint").text)
        if len(note.signatures) > 1:
            assert verify_cosignature(note, vkey) > 1_700_000_000
            return int(note.text.splitlines()[1])
        time.sleep(0.05)
    raise AssertionError("no cosignature came")


# --- choosing ---------------------------------------------------------------------------------


def test_a_witness_is_added_moved_and_removed(folder: LedgerFolder) -> None:
    before = folder.policy.read_bytes()

    added = add_witness(folder, VKEY, URL, quorum=1)
    moved = add_witness(folder, VKEY, URL + "0", quorum=None)
    assert added.octets == moved.octets == folder.policy.read_bytes()
    assert (added.quorum, [one.to_vkey() for one in added.witnesses]) == (1, [VKEY])
    assert [(one.vkey, one.url) for one in folder.read_settings().witnesses] == [(VKEY, URL + "0")]

    removed = remove_witness(folder, "witness.example/two", quorum=0)
    assert removed.octets == folder.policy.read_bytes() == before
    assert folder.read_settings().witnesses == ()


def test_what_cannot_be_chosen_changes_nothing(folder: LedgerFolder) -> None:
    before = folder.policy.read_bytes(), folder.settings.read_bytes()
    log_key = Policy.parse(before[0]).checkpoint_keys[0].verifier.to_vkey()

    with pytest.raises(MalformedError, match="type 4"):
        add_witness(folder, log_key, URL, quorum=None)
    for address in ("witness.example.org", "ftp://witness.example.org", ""):
        with pytest.raises(MalformedError, match="begins with http"):
            add_witness(folder, VKEY, address, quorum=None)
    with pytest.raises(MalformedError, match="at most 1, got 2"):
        add_witness(folder, VKEY, URL, quorum=2)
    with pytest.raises(ConflictError, match="found 0"):
        remove_witness(folder, "witness.example/nobody", quorum=None)
    assert (folder.policy.read_bytes(), folder.settings.read_bytes()) == before

    add_witness(folder, VKEY, URL, quorum=1)
    with pytest.raises(MalformedError, match="at most 0, got 1"):
        remove_witness(folder, "witness.example/two", quorum=None)


def test_witnesses_are_chosen_while_the_service_is_stopped(folder: LedgerFolder) -> None:
    with running(folder), pytest.raises(LockedError):
        add_witness(folder, VKEY, URL, quorum=None)
