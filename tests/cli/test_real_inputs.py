"""Real data in the formats that researchers have them in, from the tool to a verified receipt."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from import_trees import REPO, run_tool

from provenance.files.walk import fingerprint_dataset

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from command_line import CommandLine
    from conftest import Served

DATA = REPO / ".tools" / "data"
SCANS = DATA / "nilearn" / "nilearn" / "datasets" / "data"
RELEASES = [
    DATA / f"iers-2026-{day}" / "astropy_iers_data" / "data" for day in ("10-12", "10-19", "11-02")
]

pytestmark = pytest.mark.skipif(not DATA.exists(), reason="real data are fetched by scripts/test")


def scans(folder: Path) -> Path:
    """Copy the NIfTI images of nilearn into a new folder."""
    folder.mkdir()
    for path in sorted(SCANS.glob("*.nii.gz")):
        shutil.copy(path, folder)
    return folder


def checksums(place: Path) -> tuple[Path, Path]:
    names = [path.name for path in sorted(scans(place / "scans").iterdir())]
    done = subprocess.run(
        ["sha256sum", *names], cwd=place / "scans", capture_output=True, check=True
    )
    (place / "SHA256SUMS").write_bytes(done.stdout)
    return place / "SHA256SUMS", place / "scans"


def bag(place: Path) -> tuple[Path, Path]:
    run_tool(place, place, "bagit.py", "--sha256", "--contact-name", "Ann", scans(place / "bag"))
    return place / "bag", place / "bag" / "data"


def ocfl(place: Path) -> tuple[Path, Path]:
    scans(place / "scans")
    words = ["--digest", "sha256", "--lax-digests", "--srcdir", "scans", "--objdir", "object"]
    run_tool(place, place, "ocfl-object.py", "create", *words, "--id", "urn:x:scans")
    return place / "object", place / "object" / "v1" / "content"


def datalad(place: Path) -> tuple[Path, Path]:
    run_tool(place, place, "datalad", "create", "tree")
    with (place / "tree" / ".gitattributes").open("a") as file:
        file.write("* annex.backend=SHA256E\n")
    shutil.copytree(scans(place / "scans"), place / "tree", dirs_exist_ok=True)
    run_tool(place, place / "tree", "datalad", "save", "-m", "scans")
    return place / "tree", place / "scans"


def dvc(place: Path) -> tuple[Path, Path]:
    run_tool(place, place, "dvc", "init", "-q", "--no-scm")
    run_tool(place, place, "dvc", "add", "-q", scans(place / "scans").name)
    return place / "scans.dvc", place / "scans"


def completed(line: CommandLine, folder: Path) -> list[object]:
    """Wait until the chain has a deposit; returns what ``verify`` is to be told."""
    receipt = folder / "receipt.json"
    record_id = line.succeed("show", receipt, "--json").json()["id"]
    assert line.here("receipt", record_id, "--wait", "-o", receipt).code == 0
    blocks: Any = line.here("show", receipt, "--json").json()["blocks"]
    return [receipt, "--block-hash", blocks[0]["hash"], "--allow-dev-chain"]


MADE_BY = [bag, datalad]
"""Ten seconds each. Every format is read as its own tool makes it in ``tests/interop``, and goes
this whole way too where the environment holds ``PROVENANCE_ALL_SOURCES``."""
if "PROVENANCE_ALL_SOURCES" in os.environ:
    MADE_BY += [checksums, ocfl, dvc]


@pytest.mark.parametrize("made_by", MADE_BY)
def test_scans_are_deposited_as_their_format_lists_them(
    made_by: Callable[[Path], tuple[Path, Path]], line: CommandLine, ledger: Served, tmp_path: Path
) -> None:
    source, data = made_by(tmp_path)
    policy = ["--policy", ledger.policy]

    line.succeed("deposit", "--import", source, "-o", tmp_path / "made", "--title", "Scans")
    again = ["--data", data, "--rehash", "all", "-o", tmp_path / "read", "--title", "Scans"]
    if made_by is not datalad:  # whose tree has files of its own beside the scans
        line.succeed("deposit", "--import", source, *again)

    manifest = tmp_path / "made" / "manifest.jsonl"
    header, *files = map(json.loads, manifest.read_text().splitlines())
    receipt, *rest = completed(line, tmp_path / "made")
    if made_by is dvc:
        assert header["algorithm"] == "md5"
        verdict = line.here("verify", receipt, *rest, *policy)
        assert "declared" in verdict.out
        assert verdict.code == 0
    else:
        names = {path.name for path in SCANS.glob("*.nii.gz")}
        imported = {one["path"] for one in files if one.get("assurance") == "imported"}
        assert imported == names
        scan = data / min(names)
        part = [scan, "--manifest", manifest]
        verdict = line.here("verify", receipt, *part, *rest, *policy)
        assert verdict.code == 0, verdict
        assert header["imported"] == len(names)
    if made_by is not datalad:
        receipt, *rest = completed(line, tmp_path / "read")
        verdict = line.here("verify", receipt, data, *rest, *policy)
        assert verdict.code == 0, verdict
        assert "hashed every file itself" in verdict.out


def test_three_releases_are_told_apart_and_stand_in_a_line(
    line: CommandLine, ledger: Served, tmp_path: Path
) -> None:
    """The lineage of the Earth rotation series: each release revises the one before."""
    ids: list[str] = []
    for number, release in enumerate(RELEASES):
        words = ["deposit", release, "-o", tmp_path / str(number), "--title", f"IERS {number}"]
        words += [f"--relation=wasRevisionOf={ids[-1]}"] if ids else []
        ids.append(str(line.succeed(*words, "--publish-manifest", "--json").json()["id"]))
    receipts = [tmp_path / str(number) / "receipt.json" for number in range(3)]
    receipt, *rest = completed(line, receipts[2].parent)

    shown = line.here("show", receipt).out
    verdict = line.here("verify", receipt, RELEASES[2], *rest, "--policy", ledger.policy)
    other = line.here("verify", receipt, RELEASES[1], *rest, "--policy", ledger.policy)
    differences = line.here("diff", receipts[0], receipts[2], "--json")
    overlap = line.here("overlap", RELEASES[0], RELEASES[2], "--json").json()
    hits = json.loads(line.here("lookup", RELEASES[0] / "Leap_Second.dat", "--json").out)

    assert ids[1] in shown
    assert (verdict.code, other.code) == (0, 1)
    assert differences.code == 1
    found: Any = differences.json()["differences"]
    assert [(one["kind"], one["before"]) for one in found] == [
        ("changed", "eopc04.1962-now"),
        ("changed", "finals2000A.all"),
    ]
    rows: Any = overlap["near_rows"]
    series = next(one for one in rows if one["a"] == "eopc04.1962-now")
    assert series["jaccard"] > 0.99
    assert [hit["id"] for hit in hits] == ids  # the leap seconds are the same in all three


def test_a_package_of_many_files_is_deposited_and_found_again(
    line: CommandLine, ledger: Served, tmp_path: Path
) -> None:
    package = DATA / "pvlib" / "pvlib"
    copy = shutil.copytree(package, tmp_path / "pvlib")

    line.succeed("deposit", copy, "--publish-manifest", "--title", "pvlib")

    receipt, *rest = completed(line, tmp_path / "pvlib.provenance")
    manifest = tmp_path / "pvlib.provenance" / "manifest.jsonl"
    words = [receipt, package, "--manifest", manifest, *rest, "--policy", ledger.policy]
    part = [receipt, package / "data", "--manifest", manifest, *rest, "--policy", ledger.policy]
    assert line.here("verify", *words).code == 0
    assert "part of the dataset" in line.here("verify", *part).out
    assert fingerprint_dataset(package).files == fingerprint_dataset(copy).files
