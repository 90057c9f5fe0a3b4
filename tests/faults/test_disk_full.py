"""A disk that fills up, twice on each test run; hundreds of offsets are for the campaign."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from faults.disk_full import MARK_BYTES, offsets, run, why_not
from provenance.errors import StorageFullError
from provenance.files.signer_memory import FileSignerMemory
from provenance.merkle import RootAccumulator

if TYPE_CHECKING:
    from pathlib import Path

SEED = 31


def test_half_of_the_offsets_are_met_without_a_mark() -> None:
    found = offsets(SEED, 200)

    assert sum(offset.mark == 0 for offset in found) == 100
    assert all(offset.free < MARK_BYTES for offset in found)
    assert {offset.mark for offset in offsets(SEED, 2)} == {0, MARK_BYTES}


def test_a_full_disk_leaves_the_signers_memory_as_it_was(tmp_path: Path) -> None:
    """The service once ended over this, and did not come back when there was room."""
    memory = FileSignerMemory(tmp_path / "signer.memory", origin="ledger.example/log")
    memory.create()
    tree = RootAccumulator()
    tree.add(b"\1" * 32)
    (tmp_path / "signer.memory.new").symlink_to("/dev/full")

    with pytest.raises(StorageFullError):
        memory.remember(1, tree.root(), tree.peaks)

    assert memory.read().tree_size == 0
    (tmp_path / "signer.memory.new").unlink()
    memory.remember(1, tree.root(), tree.peaks)
    assert memory.read().tree_size == 1


@pytest.mark.timeout(240)
def test_a_full_disk_loses_nothing_and_is_got_over(campaign_folder: Path) -> None:
    reason = why_not()
    if reason is not None:
        pytest.skip(reason)

    counts = run(campaign_folder, SEED, 2, print)["counts"]

    assert isinstance(counts, dict)
    assert counts["offsets"] == 2
    assert counts["answers 507 on a full disk"] > 0
    assert counts["records acknowledged"] > 0
