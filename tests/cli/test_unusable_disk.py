"""A ledger whose disk is full or read-only when somebody begins with it: nothing is damaged."""

from __future__ import annotations

import shutil
import subprocess
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from faults.disk_full import why_not

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from command_line import CommandLine, Ran
    from conftest import Served

pytestmark = pytest.mark.skipif(why_not() is not None, reason="mounting a tmpfs needs root")

COMMANDS = (
    ("serve", "--port", "0"),
    ("audit", "--offline"),
    ("anchor", "status"),
    ("mode",),
    ("scrub",),
)


@pytest.fixture
def disk(ledger: Served, tmp_path: Path) -> Iterator[Path]:
    """A copy of the ledger that nobody serves, on a small disk of its own."""
    place = tmp_path / "disk"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=32m", "tmpfs", str(place)], check=True)
    try:
        ignored = shutil.ignore_patterns("anvil", "address", "*.lock", "*-wal", "*-shm")
        shutil.copytree(ledger.folder, place / "ledger", ignore=ignored)
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def fill(disk: Path) -> None:
    with suppress(OSError), (disk / "ballast").open("wb", buffering=0) as ballast:
        while True:
            ballast.write(bytes(4096))


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_a_full_disk_is_said_and_nothing_is_called_damaged(
    line: CommandLine, disk: Path, command: tuple[str, ...]
) -> None:
    folder = disk / "ledger"
    fill(disk)

    full = said_by(line, command, folder)
    (disk / "ballast").unlink()
    sound = line.here("audit", folder, "--offline")

    assert full.code == 4
    assert f"no space left where {folder} lies (0 bytes free); free some" in full.err
    assert "damage" not in full.err.lower()
    assert sound.code == 0


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_a_read_only_disk_is_said_and_nothing_is_called_damaged(
    line: CommandLine, disk: Path, command: tuple[str, ...]
) -> None:
    folder = disk / "ledger"
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)

    refused = said_by(line, command, folder)

    assert refused.code == 4
    assert f"{folder} is on a read-only disk" in refused.err
    assert "damage" not in refused.err.lower()


def test_a_database_that_cannot_be_opened_is_named(line: CommandLine, disk: Path) -> None:
    database = disk / "ledger" / "ledger.sqlite"
    database.unlink()
    database.mkdir()

    refused = line.here("audit", database.parent, "--offline")

    assert refused.code == 4
    assert f"{database} cannot be opened: SQLITE_CANTOPEN" in refused.err


def test_a_damaged_database_is_still_called_so(line: CommandLine, disk: Path) -> None:
    database = disk / "ledger" / "ledger.sqlite"
    database.write_bytes(b"no database at all" * 1000)

    damaged = line.here("audit", database.parent, "--offline")

    assert damaged.code == 1
    assert "SQLITE_NOTADB" in damaged.err


def said_by(line: CommandLine, command: tuple[str, ...], folder: Path) -> Ran:
    # what serves leaves open to the end of its process what it listened with
    run = line.run if command[0] == "serve" else line.here
    return run(*_on(command, folder))


def _on(command: tuple[str, ...], folder: Path) -> list[str | Path]:
    group = 2 if command[0] == "anchor" else 1
    return [*command[:group], folder, *command[group:]]
