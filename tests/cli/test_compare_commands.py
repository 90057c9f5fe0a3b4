"""``diff`` and ``overlap``: of data, manifests and deposits, for people and for scripts."""

from __future__ import annotations

import itertools
import json
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from command_line import CommandLine

if TYPE_CHECKING:
    from conftest import Deposited

DATA = Path(__file__).parents[2] / ".tools" / "data"
IERS = [DATA / f"iers-2026-{day}" / "astropy_iers_data" for day in ("10-12", "10-19", "11-02")]


@pytest.fixture
def alone(tmp_path: Path) -> CommandLine:
    return CommandLine(tmp_path, tmp_path / "home")


def as_json(line: CommandLine, *words: object) -> tuple[int, dict[str, Any]]:
    ran = line.here(*words, "--json")
    return ran.code, ran.json()


# --- diff -----------------------------------------------------------------------------------


def test_diff_names_every_kind_of_difference(
    alone: CommandLine, dataset: Path, tmp_path: Path
) -> None:
    other = shutil.copytree(dataset, tmp_path / "other")
    (other / "readme.txt").write_text("changed")
    (other / "tables" / "raw" / "测量.csv").rename(other / "tables" / "已改名.csv")
    (other / "tables" / "a.csv").unlink()
    (other / "new.txt").write_text("new")

    ran = alone.here("diff", dataset, other)
    code, said = as_json(alone, "diff", dataset, other)

    assert ran.code == code == 1
    for line in (
        "~ readme.txt",
        "> tables/raw/测量.csv -> tables/已改名.csv",
        "- tables/a.csv",
        "+ new.txt",
    ):
        assert line in ran.out.splitlines()
    assert [one["kind"] for one in said["differences"]] == [
        *("changed", "renamed", "removed", "added")
    ]
    assert said["counts"]["same"] == {"files": 0, "bytes_before": 0, "bytes_after": 0}
    assert said["counts"]["changed"] == {"files": 1, "bytes_before": 13, "bytes_after": 7}


def test_data_manifest_and_deposit_of_the_same_do_not_differ(
    alone: CommandLine, deposited: Deposited
) -> None:
    sources = [deposited.data, deposited.manifest, deposited.receipt]

    for first in sources:
        for second in sources:
            code, said = as_json(alone, "diff", first, second)
            assert (code, said["differences"], said["counts"]["same"]["files"]) == (0, [], 3)
    shown = alone.here("diff", deposited.receipt, deposited.data).out
    assert deposited.record_id in shown
    assert "not verified here" in shown


def test_a_receipt_without_its_manifest_is_no_list_of_files(
    alone: CommandLine, deposited: Deposited, tmp_path: Path
) -> None:
    lonely = shutil.copy(deposited.receipt, tmp_path / "receipt.json")

    code, said = as_json(alone, "diff", lonely, deposited.data)

    assert (code, said["error"]) == (2, "not-found")
    assert "manifest" in said["detail"]


@pytest.mark.parametrize("command", ["diff", "overlap"])
def test_a_list_without_sha256_is_not_taken_for_data(
    alone: CommandLine, dataset: Path, tmp_path: Path, command: str
) -> None:
    (tmp_path / "MD5SUMS").write_text("60b725f10c9c85c70d97880dfe8191b3  readme.txt\n")
    alone.succeed("import", "MD5SUMS", "-o", "declared.jsonl")
    alone.succeed("fingerprint", dataset, "--chunks", "-o", "m.jsonl")

    for name in ("declared.jsonl", "m.chunks.jsonl"):
        ran = alone.here(command, name, dataset)
        assert ran.code == 2
        assert "other digests only" in ran.err


@pytest.mark.parametrize("command", ["diff", "overlap"])
def test_a_pipe_is_refused_and_not_waited_for(
    alone: CommandLine, dataset: Path, tmp_path: Path, command: str
) -> None:
    os.mkfifo(tmp_path / "pipe")

    ran = alone.here(command, "pipe", dataset)

    assert ran.code == 2
    assert "neither a file nor a folder" in ran.err


def test_releases_differ_by_their_series(alone: CommandLine) -> None:
    for before, after in itertools.pairwise(IERS):
        code, said = as_json(alone, "diff", before, after)

        assert code == 1
        assert [(one["kind"], one["before"]) for one in said["differences"]] == [
            ("changed", "_version.py"),
            ("changed", "data/eopc04.1962-now"),
            ("changed", "data/finals2000A.all"),
        ]
        assert said["counts"]["same"]["files"] == 5


# --- overlap --------------------------------------------------------------------------------


def test_overlap_reports_what_is_exact_near_and_unseen(alone: CommandLine) -> None:
    ran = alone.succeed("overlap", IERS[0], IERS[2], "--report", "report.json")
    report = json.loads((alone.folder / "report.json").read_bytes())

    assert "62.50%" in ran.out
    assert "data/finals2000A.all: 16 of 256 bits differ" in ran.out
    assert "Not seen:" in ran.out
    assert "The salt was fresh" in ran.out
    assert (report["format"], report["v"], report["complete"]) == ("provenance-overlap", 1, True)
    assert report["exact"]["contents"] == 5
    series = next(one for one in report["near_rows"] if one["a"] == "data/eopc04.1962-now")
    assert series["common"] == 23_602
    assert series["jaccard"] > 0.99


def test_two_reports_under_one_salt_are_the_same_and_under_fresh_ones_are_not(
    alone: CommandLine, tmp_path: Path
) -> None:
    a, b = tmp_path / "a", tmp_path / "b"
    for folder, rows in ((a, range(50)), (b, range(10, 60))):
        folder.mkdir()
        (folder / "表.csv").write_text("".join(f"row {at}\n" for at in rows))
    (tmp_path / "salt").write_bytes(bytes(range(32)))
    salted = ["overlap", a, b, "--salt", "salt"]

    first, second = (as_json(alone, *salted)[1] for _ in range(2))
    fresh = as_json(alone, "overlap", a, b)[1]

    assert first == second
    (given,), (made) = first["near_rows"], fresh["near_rows"][0]
    assert given["row_sets"][0] != given["row_sets"][1]
    assert given["row_sets"] != made["row_sets"]
    assert {**given, "row_sets": None} == {**made, "row_sets": None}
    assert (given["common"], given["findings"]) == (40, ["rows-differ"])


def test_of_lists_alone_only_the_exact_part_is_told(
    alone: CommandLine, deposited: Deposited
) -> None:
    code, said = as_json(alone, "overlap", deposited.receipt, deposited.data)
    ran = alone.here("overlap", deposited.receipt, deposited.manifest)

    assert code == ran.code == 0
    assert said["exact"]["a"]["shared_files"] == said["exact"]["b"]["files"] == 3
    assert (said["near_bytes"], said["near_rows"], said["complete"]) == (None, None, False)
    assert "that needs the data of both" in ran.out


def test_a_salt_that_could_be_guessed_is_refused(
    alone: CommandLine, dataset: Path, tmp_path: Path
) -> None:
    (tmp_path / "salt").write_text("secret")

    code, said = as_json(alone, "overlap", dataset, dataset, "--salt", "salt")

    assert (code, said["field"]) == (2, "--salt")


def test_many_files_without_their_like_are_compared_quickly(alone: CommandLine) -> None:
    """pvlib's files against the penguins': nothing in common, and nothing found."""
    pvlib, penguins = DATA / "pvlib" / "pvlib", DATA / "penguins" / "palmerpenguins"

    code, said = as_json(alone, "overlap", pvlib, penguins)
    same = as_json(alone, "overlap", pvlib, pvlib)[1]

    assert code == 0
    assert said["exact"]["a"]["files"] > 60
    assert (said["exact"]["contents"], said["near_bytes"], said["near_rows"]) == (0, [], [])
    assert same["exact"]["a"]["shared_files"] == same["exact"]["a"]["files"]
