"""A file of the ledger folder that is missing or damaged is named by whatever meets it."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING

import pytest
from running_service import copy, found, running

from provenance.errors import (
    AlreadyExistsError,
    FatalError,
    MalformedError,
    ProvenanceError,
    StorageUnusableError,
)
from provenance.ledger.ports import Mode
from provenance.service.anchor_orders import anchoring_status
from provenance.service.high_water import DiskMark, LedgerMode
from provenance.service.ledger import Ledger
from provenance.service.renew_memory import renew_memory
from provenance.service.standing import read_standing
from provenance.store import anchor_rows

if TYPE_CHECKING:
    from pathlib import Path

    from provenance.service.settings import LedgerFolder


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> LedgerFolder:
    return found(tmp_path_factory.mktemp("founded") / "ledger")


@pytest.fixture
def folder(tmp_path: Path, founded: LedgerFolder) -> LedgerFolder:
    return copy(founded, tmp_path / "ledger")


def refusal(folder: LedgerFolder) -> ProvenanceError:
    """Return what a start is refused with."""
    with pytest.raises(ProvenanceError) as refused, running(folder):
        pass
    return refused.value


@pytest.mark.parametrize("name", ["checkpoint", "beacon"])
@pytest.mark.parametrize(("text", "other"), [('"}', '"'), ('"x":"', '"x":"_')])
def test_a_damaged_key_is_named(folder: LedgerFolder, name: str, text: str, other: str) -> None:
    path = folder.keys / f"{name}.jwk"
    path.write_text(path.read_text().replace(text, other))

    error = refusal(folder)

    assert isinstance(error, MalformedError)
    assert f"the {name} key is damaged: {path}" in str(error)


def test_a_damaged_policy_is_named(folder: LedgerFolder) -> None:
    folder.policy.write_text("{" + folder.policy.read_text())

    with pytest.raises(MalformedError, match=f"^{folder.policy}: "):
        Ledger(folder)


def test_a_bit_of_the_policy_that_stands_in_no_entry_is_seen_at_the_next_start(
    folder: LedgerFolder, caplog: pytest.LogCaptureFixture
) -> None:
    with running(folder) as service:
        before = service.ledger.trust.digest.hex()
    folder.policy.write_text(folder.policy.read_text().replace('"local"', '"lobal"'))

    said, now = [], ""
    for _ in range(2):
        caplog.clear()
        with running(folder) as service:
            now = service.ledger.trust.digest.hex()
        said.append([one.getMessage() for one in caplog.records if "policy" in one.name])

    assert said[0] == [
        (
            f"{folder.policy} is not the one of the last start: its digest was {before} and is "
            f"{now}. If you changed it, publish the new one; "
            "if not, put back the file that readers have"
        )
    ]
    assert said[1] == [], "said once: the new one is remembered"


def test_a_policy_that_is_not_there_is_named(folder: LedgerFolder) -> None:
    folder.policy.unlink()

    with pytest.raises(MalformedError, match=f"^no trust policy: {folder.policy}: "):
        Ledger(folder)


@pytest.mark.parametrize("is_empty", [False, True])
def test_no_empty_log_is_made_in_the_place_of_one_that_is_gone(
    folder: LedgerFolder, *, is_empty: bool
) -> None:
    folder.database.unlink()
    if is_empty:
        folder.database.touch()

    error = refusal(folder)
    for command in (anchoring_status, read_standing):
        with pytest.raises(StorageUnusableError):
            command(folder)

    assert isinstance(error, StorageUnusableError)
    assert str(folder.database) in str(error)
    assert is_empty == folder.database.exists()
    assert not is_empty or folder.database.stat().st_size == 0


def test_a_damaged_memory_is_not_renewed_but_said_to_be_moved_away(folder: LedgerFolder) -> None:
    folder.signer_memory.write_bytes(b"{}" + folder.signer_memory.read_bytes())

    error = refusal(folder)
    with pytest.raises(AlreadyExistsError, match="If it is damaged, move it away"):
        renew_memory(folder, tree_size=2)

    assert isinstance(error, FatalError)
    assert str(folder.signer_memory) in str(error)


# --- what is found again and again is said once -------------------------------------------------


class _ReadOnlyStore:
    """A database that says how it stands, and takes nothing down: its disk has become read-only."""

    def mode(self) -> Mode:
        return Mode()

    def mark_damage(self, damage: str) -> None:
        raise FatalError(f"the database failed: SQLITE_IOERR_WRITE: {damage}")


def test_damage_that_cannot_be_written_down_is_said_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "provenance")
    mode = LedgerMode(DiskMark(tmp_path, 0), _ReadOnlyStore())  # type: ignore[arg-type] # as above

    for _ in range(3):
        mode.note_damage("entry 1: it rots")
    mode.note_damage("entry 2: it rots too")

    said = [one.getMessage() for one in caplog.records]
    assert len(said) == 4
    assert [one.rpartition("found damage: ")[2] for one in said[::2]] == [
        "entry 1: it rots",
        "entry 2: it rots too",
    ]
    assert all(one.startswith("the damage could not be written down") for one in said[1::2])


# --- an anchor whose evidence has lost a bit ----------------------------------------------------


def test_a_damaged_anchor_is_named() -> None:
    class Row:
        tx_hash, block_hash, mined_number, block_number = b"", b"", 1, 1
        tree_size, evidence, histories = 12, json.dumps({"kine": "storage"}), "[]"

    with pytest.raises(MalformedError, match="stored of the anchor of tree size 12 is damaged"):
        anchor_rows._inclusion(Row())  # type: ignore[arg-type] # noqa: SLF001 -- its columns
