"""Files read again by the names of their manifest: what is found, and what it costs."""

from __future__ import annotations

import itertools
import os
import shutil
import tracemalloc
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from provenance.errors import FileAccessError, LockedError, MalformedError
from provenance.files import recheck as module
from provenance.files.fixity_state import Begun, FixityState, Names, newest_report, unsent
from provenance.files.manifest_file import read_manifest, write_manifest_file
from provenance.files.recheck import Rechecked, portions, recheck
from provenance.files.walk import hash_dataset
from provenance.fingerprint import FileEntry, in_order
from provenance.fixity_report import BadFile, draw

if TYPE_CHECKING:
    from collections.abc import Iterator

DATA = Path(__file__).parents[2] / ".tools" / "data"


@pytest.fixture(params=["pvlib", "iers-2026-10-12"])
def real(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A copy of real data, to be damaged, with its manifest beside it."""
    folder = tmp_path / "data"
    shutil.copytree(DATA / request.param, folder)
    write_manifest_file(tmp_path / "manifest.jsonl", hash_dataset(folder))
    return folder


def listed(folder: Path) -> list[FileEntry]:
    return list(read_manifest(folder.parent / "manifest.jsonl"))


def made(place: Path, /, **files: str) -> list[FileEntry]:
    """Write files and return their entries; ``__`` in a name stands for a folder's ``/``."""
    for name, text in files.items():
        path = place / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return list(hash_dataset(place))


def outcomes(found: Rechecked) -> dict[str, str]:
    return {one.path: one.outcome for one in found.bad}


def test_real_data_are_sound_and_every_byte_was_read(real: Path) -> None:
    entries = listed(real)
    (real / "new.txt").write_text("no part of the deposit")

    found = recheck(real, entries)

    length = sum(entry.length or 0 for entry in entries)
    assert found == Rechecked(length=length, until=entries[-1].path)


def test_one_flipped_bit_and_one_missing_file_are_found_and_named(real: Path) -> None:
    entries = listed(real)
    longest = max(entries, key=lambda one: one.length or 0)
    gone = next(one for one in entries if one != longest)
    octets = bytearray((real / longest.path).read_bytes())
    before = (real / longest.path).stat()
    octets[len(octets) // 2] ^= 1
    (real / longest.path).write_bytes(octets)
    os.utime(real / longest.path, ns=(before.st_atime_ns, before.st_mtime_ns))  # as rot would
    (real / gone.path).unlink()

    found = recheck(real, entries)

    assert (found.failed, found.missing) == (1, 1)
    assert outcomes(found) == {longest.path: "changed", gone.path: "missing"}
    changed = next(one for one in found.bad if one.outcome == "changed")
    assert changed.expected == longest.sha256
    assert changed.found not in {None, longest.sha256}


def test_only_what_is_due_is_read(tmp_path: Path) -> None:
    entries = made(tmp_path, a="a", b__c="c", d="d")
    (tmp_path / "d").write_text("D")

    assert outcomes(recheck(tmp_path, entries[:2])) == {}
    assert outcomes(recheck(tmp_path, entries[2:])) == {"d": "changed"}


def test_what_cannot_be_read_is_told_apart(tmp_path: Path) -> None:
    names = ["link", "pipe", "folder", "gone__x", "linked__y", "file__z"]
    entries = made(tmp_path, **dict.fromkeys(names, "text"))
    shutil.copytree(tmp_path, tmp_path.parent / "copy")
    for name in ("link", "pipe", "folder"):
        (tmp_path / name).unlink()
    for name in ("gone", "linked", "file"):
        shutil.rmtree(tmp_path / name)
    (tmp_path / "link").symlink_to(tmp_path.parent / "copy" / "link")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    (tmp_path / "linked").symlink_to(tmp_path.parent / "copy" / "linked")
    (tmp_path / "file").write_text("no folder any more")

    found = recheck(tmp_path, entries)

    reasons = {one.path: one.reason for one in found.bad if one.outcome == "unreadable"}
    assert (found.failed, found.missing) == (4, 2)
    assert outcomes(found) == {
        "file/z": "missing",
        "folder": "unreadable",
        "gone/x": "missing",
        "link": "unreadable",
        "linked/y": "unreadable",
        "pipe": "unreadable",
    }
    assert reasons["link"] == reasons["linked/y"] == "it is a symbolic link"


def test_names_in_another_unicode_form_are_the_same_files(tmp_path: Path) -> None:
    folder = tmp_path / "data" / unicodedata.normalize("NFD", "é")
    folder.mkdir(parents=True)
    (folder / unicodedata.normalize("NFD", "ü.csv")).write_text("decomposed")
    (folder / "\u212a.csv").write_text("a kelvin sign: its NFC is ASCII")
    (folder / "测量 📈.csv").write_text("as it is")
    entries = list(hash_dataset(tmp_path / "data"))

    assert [one.path for one in entries] == ["é/K.csv", "é/ü.csv", "é/测量 📈.csv"]
    assert recheck(tmp_path / "data", entries).bad == ()
    (folder / "\u212a.csv").unlink()
    assert outcomes(recheck(tmp_path / "data", entries)) == {"é/K.csv": "missing"}


def test_a_dataset_of_one_file_may_have_another_name(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("x\n1\n")
    entries = list(hash_dataset(path))
    path.rename(tmp_path / "copy.csv")
    path.write_text("another one")

    assert recheck(tmp_path / "copy.csv", entries, only_file=True).bad == ()
    assert outcomes(recheck(path, entries, only_file=True)) == {"a.csv": "changed"}
    with pytest.raises(MalformedError):
        recheck(path, entries)
    with pytest.raises(FileAccessError):
        recheck(tmp_path / "nowhere", entries, only_file=True)


def huge(count: int) -> Iterator[FileEntry]:
    """The manifest of a dataset of which only a few files exist here."""
    digest = bytes.fromhex("9c" * 32)
    names = (f"{number // 1_000:04}/{number % 1_000:03}.csv" for number in range(count))
    return in_order(FileEntry(name, digest, 10) for name in names)


def test_a_sample_of_a_huge_dataset_takes_little_memory(tmp_path: Path) -> None:
    tracemalloc.start()
    try:
        due = draw(huge(100_000), 50, bytes(32))
        for entry in due[:40]:
            (tmp_path / entry.path).parent.mkdir(exist_ok=True)
            (tmp_path / entry.path).write_text("0123456789")
        found = recheck(tmp_path, due)
        _now, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert (found.failed, found.missing) == (40, 10)
    assert peak < 4_000_000


def test_of_very_many_bad_files_the_first_are_listed_and_all_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_LISTED", 30)

    found = recheck(tmp_path, huge(2_000))

    assert found.missing == 2_000
    assert [one.path for one in found.bad] == [one.path for one in huge(30)]


# --- broken off and gone on with --------------------------------------------------------------


def test_portions_say_together_what_the_whole_says(
    real: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entries = listed(real)
    for entry in entries[::9]:
        (real / entry.path).unlink()
    monkeypatch.setattr(module, "PORTION_FILES", 7)

    some = [list(one) for one in portions(entries)]
    together = Rechecked()
    for portion in portions(entries):
        together = together.then(recheck(real, portion))

    assert list(itertools.chain.from_iterable(some)) == entries
    assert {len(one) for one in some[:-1]} == {7}
    assert together == recheck(real, entries)


def test_what_was_begun_is_kept_and_goes_on_only_if_it_is_the_same(tmp_path: Path) -> None:
    state = FixityState(tmp_path, bytes(range(32)))
    bad = BadFile("a", "changed", b"\1" * 32, found=b"\2" * 32)
    begun = Begun(b"\7" * 32, "sample", 5, b"\3" * 32, 1_000, Rechecked(1, 0, 9, (bad,), "a"))
    now = Begun(begun.data, "sample", 5, b"\4" * 32, 2_000)

    assert state.begun() is None
    state.keep(begun)

    assert state.begun() == begun
    assert FixityState(tmp_path, b"\1" * 32).begun() is None
    assert begun.may_go_on(now, has_own_seed=False)
    assert not begun.may_go_on(now, has_own_seed=True)
    for other in (
        Begun(b"\0" * 32, "sample", 5, b"\3" * 32, 2_000),
        Begun(begun.data, "sample", 6, b"\3" * 32, 2_000),
        Begun(begun.data, "all", 5, None, 2_000),
        Begun(begun.data, "sample", 5, b"\3" * 32, 999),
        Begun(begun.data, "sample", 5, b"\3" * 32, 1_000 + 31 * 86_400),
    ):
        assert not begun.may_go_on(other, has_own_seed=False)
    state.end()
    assert state.begun() is None


def test_damaged_state_is_begun_anew(tmp_path: Path) -> None:
    state = FixityState(tmp_path, bytes(32))
    state.keep(Begun(bytes(32), "all", 5, None, 1_000))
    (path,) = tmp_path.glob(".fixity-*.begun")

    for octets in (b"", b"{}", path.read_bytes()[:-20], path.read_bytes().replace(b"all", b"\xff")):
        path.write_bytes(octets)
        assert state.begun() is None


def test_only_one_run_reads_a_deposit(tmp_path: Path) -> None:
    state = FixityState(tmp_path, bytes(32))

    with state.lock():
        with pytest.raises(LockedError):
            FixityState(tmp_path, bytes(32)).lock()
        FixityState(tmp_path, b"\1" * 32).lock().release()
    state.lock().release()


def test_readings_of_one_second_have_names_of_their_own(tmp_path: Path) -> None:
    state = FixityState(tmp_path, bytes(32))
    first = state.names(1_790_000_000)
    first.report.write_text("{}")

    second = state.names(1_790_000_000)

    assert first.report.name == "fixity-20260921T141320Z.json"
    assert second == Names(tmp_path / "fixity-20260921T141320Z-2.json")
    assert second.receipt.name == "fixity-20260921T141320Z-2.receipt.json"
    assert unsent(tmp_path) == []  # nothing was signed
    assert newest_report(tmp_path, bytes(32)) is None
