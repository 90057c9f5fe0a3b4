from __future__ import annotations

import hashlib
import os
import stat
import subprocess
from typing import TYPE_CHECKING

import pytest
from command_line import CommandLine

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def alone(tmp_path: Path) -> CommandLine:
    return CommandLine(tmp_path, tmp_path / "home")


def test_a_fingerprint_is_printed_and_its_manifest_written(
    alone: CommandLine, dataset: Path, tmp_path: Path
) -> None:
    ran = alone.succeed("fingerprint", dataset, "-o", "m.jsonl", "--json").json()

    header, *lines = (tmp_path / "m.jsonl").read_text().splitlines()
    assert str(ran["dataset_digest"]) in header
    assert (ran["files"], ran["bytes"]) == (3, 21)
    assert hashlib.sha256(b"x\n1\n").hexdigest() in lines[1]


def test_a_manifest_lies_beside_the_data(alone: CommandLine, dataset: Path) -> None:
    CommandLine(dataset, alone.home).succeed("fingerprint", ".")

    assert (dataset.parent / "data.manifest.jsonl").exists()
    assert not list(dataset.glob("*.jsonl"))


def test_coreutils_checks_what_sha256sum_prints(
    alone: CommandLine, dataset: Path, tmp_path: Path
) -> None:
    (dataset / "\u304b\u3099.txt").write_text("a name in NFD, as a Mac writes it")
    printed = alone.succeed("fingerprint", dataset, "-o", "m.jsonl", "--sha256sum").out
    (tmp_path / "sums").write_text(printed)

    checked = subprocess.run(
        ["sha256sum", "-c", "--strict", tmp_path / "sums"],
        cwd=dataset,
        capture_output=True,
        check=False,
    )

    assert checked.returncode == 0, checked


def test_every_reason_against_a_dataset_is_told_and_nothing_written(
    alone: CommandLine, dataset: Path, tmp_path: Path
) -> None:
    (dataset / "link").symlink_to("readme.txt")
    (dataset / "A.txt").write_text("")
    (dataset / "a.txt").write_text("")

    ran = alone.here("fingerprint", dataset, "-o", "m.jsonl", "--json")

    problems = ran.json()["problems"]
    assert isinstance(problems, list)
    assert {one["path"] for one in problems} >= {"link"}
    assert len(problems) == 2
    assert ran.code == 2
    assert not (tmp_path / "m.jsonl").exists()


def test_a_place_that_cannot_be_written_is_named(alone: CommandLine, dataset: Path) -> None:
    ran = alone.here("fingerprint", dataset, "-o", "nowhere/m.jsonl")

    assert ran.code == 2
    assert "nowhere/m.jsonl" in ran.err


def test_device_as_output_is_refused_before_anything_is_hashed(
    alone: CommandLine, dataset: Path, tmp_path: Path
) -> None:
    os.mkfifo(dataset / "refused while hashing")
    os.mkfifo(tmp_path / "pipe")

    ran = alone.here("fingerprint", dataset, "-o", "pipe")

    assert ran.code == 2
    assert "pipe: a device or a pipe" in ran.err
    assert stat.S_ISFIFO((tmp_path / "pipe").lstat().st_mode)
