"""The audit of a whole folder: what leans on others never hides what is wrong with the log."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import ExitStack, closing
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from running_service import copy, found, running
from running_signer import serving_signer
from waiting import wait_until

from provenance.errors import AnchorTroubleError, AuditError
from provenance.service.anchor_orders import anchoring_status
from provenance.service.audit import audit_folder
from provenance.service.settings import LedgerFolder

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def anchored(tmp_path_factory: pytest.TempPathFactory) -> LedgerFolder:
    """A ledger with three more entries and a final anchor; its first node lies in ``first``."""
    folder = found(tmp_path_factory.mktemp("anchored") / "ledger")
    shutil.copytree(folder.node, folder.root / "first")
    with running(folder) as service:
        for name in ("one", "two"):
            service.deposited(name)

        def is_final() -> bool:
            final = anchoring_status(folder).chains[0].newest_final
            return final is not None and final.tree_size == service.size()

        wait_until(is_final, tell=service.ledger.readiness)
    return folder


@pytest.fixture
def folder(anchored: LedgerFolder, tmp_path: Path) -> LedgerFolder:
    return copy(anchored, tmp_path / "ledger")


def spoil(folder: LedgerFolder, statement: str, *, database: str = "ledger.sqlite") -> None:
    with closing(sqlite3.connect(folder.root / database)) as connection, connection:
        assert connection.execute(statement).rowcount == 1


ROT = "UPDATE entries SET entry = zeroblob(9) WHERE leaf_index = 3"


# --- the signer's memory ----------------------------------------------------------------------


@pytest.fixture
def elsewhere(folder: LedgerFolder, tmp_path: Path) -> LedgerFolder:
    """The folder of a signer process, to which key and memory were moved."""
    signer = LedgerFolder(tmp_path / "signer")
    signer.keys.mkdir(parents=True)
    shutil.copy(folder.policy, signer.policy)
    shutil.move(folder.keys / "checkpoint.jwk", signer.keys / "checkpoint.jwk")
    shutil.move(folder.signer_memory, signer.signer_memory)
    with serving_signer(signer) as server:
        url = server.url
    shutil.copy(signer.root / "signer.token", folder.root / "signer.token")
    folder.write_settings(replace(folder.read_settings(), signer=url))
    return signer


def port_of(folder: LedgerFolder) -> int:
    return int(str(folder.read_settings().signer).rpartition(":")[2])


def test_a_memory_in_a_signer_process_is_asked_for_there(
    folder: LedgerFolder, elsewhere: LedgerFolder
) -> None:
    with serving_signer(elsewhere, port_of(folder)):
        report, _ = audit_folder(folder, ask_chain=False)

    assert report.tree_size == 5
    assert (report.memory_is_checked, report.memory_away) == (True, None)


@pytest.mark.usefixtures("elsewhere")
def test_a_signer_that_is_away_is_said_and_nothing_else_is_left_out(folder: LedgerFolder) -> None:
    report, findings = audit_folder(folder)

    assert (report.tree_size, report.anchors > 0) == (5, True)
    assert findings[0].is_of_log
    assert not report.memory_is_checked
    assert "the signer process is away" in str(report.memory_away)
    assert str(port_of(folder)) not in str(report.memory_away)


@pytest.mark.usefixtures("elsewhere")
def test_without_the_signers_token_the_log_is_audited_all_the_same(folder: LedgerFolder) -> None:
    (folder.root / "signer.token").unlink()
    report, _ = audit_folder(folder, ask_chain=False)
    spoil(folder, ROT)
    with pytest.raises(AuditError) as caught:
        audit_folder(folder, ask_chain=False)

    assert "token" in str(report.memory_away)
    assert caught.value.place == "entry 3"


def test_a_signer_of_an_older_memory_is_found(
    folder: LedgerFolder, elsewhere: LedgerFolder, tmp_path: Path
) -> None:
    ahead = tmp_path / "older"
    shutil.copy(elsewhere.signer_memory, ahead)
    with running_elsewhere(folder, elsewhere):
        pass
    shutil.copy(ahead, elsewhere.signer_memory)
    with (
        serving_signer(elsewhere, port_of(folder)),
        pytest.raises(AuditError, match="the signer remembers 5, but 6 is signed") as caught,
    ):
        audit_folder(folder, ask_chain=False)

    assert caught.value.place == "signer memory"


def running_elsewhere(folder: LedgerFolder, elsewhere: LedgerFolder) -> ExitStack:
    """Deposit once more, signed by the signer process."""
    there = ExitStack()
    there.enter_context(serving_signer(elsewhere, port_of(folder)))
    service = there.enter_context(running(folder))
    service.deposited("three")
    return there


def test_a_missing_memory_is_told_after_what_is_wrong_with_the_log(folder: LedgerFolder) -> None:
    folder.signer_memory.unlink()
    with pytest.raises(AuditError) as missing:
        audit_folder(folder, ask_chain=False)
    spoil(folder, ROT)
    with pytest.raises(AuditError) as both:
        audit_folder(folder, ask_chain=False)

    assert (missing.value.place, both.value.place) == ("signer memory", "entry 3")


# --- the chain --------------------------------------------------------------------------------


def test_a_final_block_that_is_gone_is_the_anchors_trouble_and_not_the_logs(
    folder: LedgerFolder,
) -> None:
    # the node forgets what it called final: its state of before the anchor comes back
    shutil.rmtree(folder.node)
    shutil.move(folder.root / "first", folder.node)

    with pytest.raises(AnchorTroubleError, match="tree size 5: ") as caught:
        audit_folder(folder)
    assert caught.value.code == "anchor-unconfirmed"
    assert caught.value.place == "anchors on chain 31337"
    assert audit_folder(folder, ask_chain=False)[0].tree_size == 5

    spoil(folder, ROT)
    with pytest.raises(AuditError) as damaged:
        audit_folder(folder)
    assert (damaged.value.code, damaged.value.place) == ("audit-failed", "entry 3")


def test_a_node_of_another_chain_hides_no_damage(folder: LedgerFolder) -> None:
    shutil.rmtree(folder.node)  # the managed node begins a chain of its own

    with pytest.raises(AnchorTroubleError, match="wrong-chain"):
        audit_folder(folder)
    spoil(folder, ROT)
    with pytest.raises(AuditError) as damaged:
        audit_folder(folder)

    assert (damaged.value.code, damaged.value.place) == ("audit-failed", "entry 3")


# --- the disclosures' keys --------------------------------------------------------------------


def test_records_whose_keys_are_missing_are_counted_and_named(folder: LedgerFolder) -> None:
    spoil(
        folder,
        "DELETE FROM disclosure_keys WHERE sequence = (SELECT max(sequence) FROM disclosure_keys)",
        database="keys.sqlite",
    )

    report, _ = audit_folder(folder, ask_chain=False)

    assert report.lost_keys == [4]
    assert report.disclosures > 0
