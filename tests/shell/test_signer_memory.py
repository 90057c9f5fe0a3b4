"""The signer's memory survives anything but being lost, and says so when it is damaged."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from provenance.errors import FatalError, LockedError
from provenance.files.lock import FolderLock
from provenance.files.signer_memory import FileSignerMemory, Remembered
from provenance.merkle import RootAccumulator, leaf_hash

if TYPE_CHECKING:
    from pathlib import Path

ORIGIN = "ledger.example/log"


def remembered(size: int) -> Remembered:
    tree = RootAccumulator()
    for index in range(size):
        tree.add(leaf_hash(b"%d" % index))
    return Remembered(size, tree.root(), tree.peaks)


def test_a_new_memory_is_of_the_empty_tree(tmp_path: Path) -> None:
    memory = FileSignerMemory(tmp_path / "signer.memory", origin=ORIGIN)

    memory.create()

    assert memory.read() == remembered(0)


def test_creating_again_keeps_what_is_remembered(tmp_path: Path) -> None:
    memory = FileSignerMemory(tmp_path / "signer.memory", origin=ORIGIN)
    memory.remember(*remembered(3))

    memory.create()

    assert memory.read() == remembered(3)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(size=st.integers(0, 300))
def test_what_is_written_is_read_back(tmp_path: Path, size: int) -> None:
    path = tmp_path / "signer.memory"
    FileSignerMemory(path, origin=ORIGIN).remember(*remembered(size))

    assert FileSignerMemory(path, origin=ORIGIN).read() == remembered(size)


def test_no_file_is_fatal_and_is_not_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "signer.memory"

    with pytest.raises(FatalError):
        FileSignerMemory(path, origin=ORIGIN).read()

    assert not path.exists()


def test_the_memory_of_another_log_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "signer.memory"
    FileSignerMemory(path, origin="other.example/log").remember(*remembered(2))

    with pytest.raises(FatalError):
        FileSignerMemory(path, origin=ORIGIN).read()


def test_every_flipped_byte_and_every_truncation_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "signer.memory"
    memory = FileSignerMemory(path, origin=ORIGIN)
    memory.remember(*remembered(5))
    good = path.read_bytes()

    for at in range(len(good)):
        path.write_bytes(good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :])
        with pytest.raises(FatalError):
            memory.read()
        path.write_bytes(good[:at])
        with pytest.raises(FatalError):
            memory.read()


def test_peaks_that_do_not_make_the_root_are_refused(tmp_path: Path) -> None:
    memory = FileSignerMemory(tmp_path / "signer.memory", origin=ORIGIN)
    good = remembered(5)
    memory.remember(*good._replace(root_hash=bytes(32)))

    with pytest.raises(FatalError):
        memory.read()


def test_a_half_written_new_file_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "signer.memory"
    memory = FileSignerMemory(path, origin=ORIGIN)
    memory.remember(*remembered(5))
    (tmp_path / "signer.memory.new").write_bytes(b'{"format":"provenance-si')

    assert memory.read() == remembered(5)


def test_a_folder_that_cannot_be_written_is_fatal(tmp_path: Path) -> None:
    memory = FileSignerMemory(tmp_path / "missing" / "signer.memory", origin=ORIGIN)

    with pytest.raises(FatalError):
        memory.remember(*remembered(1))


def test_a_second_lock_is_refused_and_names_the_holder(tmp_path: Path) -> None:
    path = tmp_path / "writer.lock"

    with FolderLock(path, purpose="write"), pytest.raises(LockedError) as caught:
        FolderLock(path, purpose="write")

    assert str(os.getpid()) in str(caught.value)


def test_a_lock_file_left_behind_locks_nothing(tmp_path: Path) -> None:
    path = tmp_path / "writer.lock"
    with FolderLock(path, purpose="write"):
        pass

    with FolderLock(path, purpose="write"):
        assert path.exists()
