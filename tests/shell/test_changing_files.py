"""Files that are changed while they are hashed: a short share of ``scripts/torture_hashing``."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from hashlib import sha256
from pathlib import Path

import pytest

from provenance.errors import UnusableDatasetError
from provenance.files import hash_file
from provenance.files.hash_file import Answer, BatchHasher
from provenance.files.walk import CHANGED_FILE, hash_dataset

SCRIPTS = Path(__file__).resolve().parent.parent.parent / "scripts"


def test_mischief_never_leads_to_a_wrong_manifest() -> None:
    command = [sys.executable, str(SCRIPTS / "torture_hashing"), "--times", "80", "--seed", "3"]

    done = subprocess.run(command, check=False, capture_output=True, text=True)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "error" in done.stdout
    assert "manifest" in done.stdout


def written_during(
    monkeypatch: pytest.MonkeyPatch, file: Path, change: str
) -> tuple[int, tuple[int, ...]]:
    """Hash a short file and change it between reading and the second look."""
    kept = os.readv

    def read_and_change(descriptor: int, buffers: list[memoryview]) -> int:
        count = kept(descriptor, buffers)
        if change == "grow":
            with file.open("ab") as writer:
                writer.write(b"more")
        elif change == "cut":
            os.truncate(file, 1)
        else:
            file.write_bytes(b"other")
        return count

    folder = os.open(file.parent, os.O_RDONLY)
    try:
        with monkeypatch.context() as patch:
            patch.setattr(os, "readv", read_and_change)
            octets = BatchHasher().hash_batch([folder], b"\0" + file.name.encode())
    finally:
        os.close(folder)
    answer = Answer(octets, 1, 0, has_states=False)
    return answer.outcomes[0], answer.numbers


@pytest.mark.parametrize("change", ["grow", "cut", "write over"])
def test_short_file_that_changes_while_it_is_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"first")

    # even at once: two changes in one tick of the kernel's clock have the same time
    assert written_during(monkeypatch, file, change)[0] == hash_file.CHANGED


def test_file_that_changed_just_now_is_waited_for(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"new")

    (entry,) = hash_dataset(tmp_path)

    assert entry.sha256 == sha256(b"new").digest()
    age_ns = time.time_ns() - (tmp_path / "file").stat().st_ctime_ns
    assert age_ns >= hash_file.TICK_NS


def hash_again_and_again(folder: Path) -> None:
    """A writer that gets no processor for 20 ms is not writing."""
    for _ in range(100):
        list(hash_dataset(folder))


def test_file_that_is_being_written_is_named(tmp_path: Path) -> None:
    for name in ("a", "busy", "z"):
        (tmp_path / name).write_bytes(b"content")
    program = "import sys, time\nwhile True: open(sys.argv[1], 'r+b').write(b'x'); time.sleep(.001)"
    writer = subprocess.Popen([sys.executable, "-c", program, str(tmp_path / "busy")])
    try:
        before = (tmp_path / "busy").stat().st_mtime_ns
        while (tmp_path / "busy").stat().st_mtime_ns == before:
            time.sleep(0.01)
        with pytest.raises(UnusableDatasetError) as caught:
            hash_again_and_again(tmp_path)
    finally:
        writer.kill()
        writer.wait()
    assert caught.value.problems == (("busy", CHANGED_FILE, ""),)
