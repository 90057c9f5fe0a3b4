"""Some flipped bits on each test run; ten thousand are for the campaign."""

from __future__ import annotations

import shutil
from collections import Counter
from itertools import islice
from typing import TYPE_CHECKING

import pytest

from faults import bit_rot
from faults.bit_rot import SHARES, Flip, flips, run
from faults.bit_rot_base import make_rotting
from faults.bit_rot_service import FILES
from faults.storage_forks import founded_in
from provenance.errors import FatalError
from provenance.store.log_store import open_log_store

if TYPE_CHECKING:
    from pathlib import Path

SEED = 41
VERDICTS = (
    "found",
    "harmless",
    "shown as erased",
    "wrong answer served, found later",
    "another policy served, found later",
    "another policy served, found by nobody",
)
FLIPS = 24


@pytest.fixture(scope="module")
def rotting_once(founded_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The anchored ledger whose copies rot, as a campaign makes it when it begins."""
    folder = tmp_path_factory.mktemp("rotting")
    shutil.copytree(founded_once, folder / "founded")
    make_rotting(founded_in(folder), folder / f"bit_rot-base-{SEED}", SEED)
    return folder


@pytest.fixture
def rotting_folder(rotting_once: Path, tmp_path: Path) -> Path:
    return shutil.copytree(rotting_once, tmp_path / "campaign")


def test_a_flip_changes_one_bit() -> None:
    assert Flip("receipt", 1, 7).of(b"\0\0\0") == b"\0\x80\0"


def test_half_of_the_flips_are_where_something_is_written() -> None:
    files = dict.fromkeys(SHARES, b"x" + bytes(999))

    found = list(islice(flips(files, SEED), 1000))

    assert 400 < sum(flip.offset == 0 for flip in found) < 600
    assert {flip.file for flip in found} == set(SHARES)


def test_a_damaged_schema_is_an_error_of_ours(tmp_path: Path) -> None:
    """SQLite quotes what it cannot read, and its driver once failed at the quotation."""
    path = tmp_path / "ledger.sqlite"
    open_log_store(path).close()
    octets = path.read_bytes()
    place = octets.index(b"CREATE TABLE entries")
    refused = 0
    for offset in range(place, place + 40):
        path.write_bytes(Flip("ledger.sqlite", offset, 7).of(octets))

        try:
            open_log_store(path).close()
        except FatalError:
            refused += 1

    assert refused > 20


@pytest.mark.timeout(240)
def test_no_flipped_bit_is_silent(rotting_folder: Path) -> None:
    counts = run(rotting_folder, SEED, FLIPS, print)["counts"]

    assert isinstance(counts, dict)
    assert counts["flips"] == FLIPS
    judged = Counter[str]()
    for name, count in counts.items():
        judged[name.partition(":")[0]] += count
    assert judged["found"] > 0
    assert sum(judged[name] for name in VERDICTS) == FLIPS


@pytest.mark.timeout(240)
def test_no_flip_in_what_the_service_reads_at_its_start_is_silent(
    rotting_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bit_rot, "SHARES", dict.fromkeys(FILES, 1))

    counts = run(rotting_folder, SEED, 8, print)["counts"]

    assert isinstance(counts, dict)
    assert sum(counts.get(f"flips of {name}", 0) for name in FILES) == 8
    assert any(name.startswith("found: at the start of the service") for name in counts)
