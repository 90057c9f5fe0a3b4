"""``signer``, ``scrub`` and ``mode``."""

from __future__ import annotations

import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from provenance.service.settings import LedgerFolder
from provenance.store.log_store import open_log_store
from provenance.store.mode_store import SqlModeStore

if TYPE_CHECKING:
    from pathlib import Path

    from command_line import CommandLine
    from conftest import Served


@pytest.fixture
def still(ledger: Served, tmp_path: Path) -> Path:
    """A copy of the ledger that nobody serves."""
    copy = tmp_path / "still"
    shutil.copytree(
        ledger.folder, copy, ignore=shutil.ignore_patterns("anvil", "address", "*.lock")
    )
    return copy


def test_mode_shows_and_changes_whether_records_are_taken(line: CommandLine, still: Path) -> None:
    shown = line.succeed("mode", still, "--json").json()
    line.succeed("mode", still, "read-only", "--reason", "moving house")
    changed = line.succeed("mode", still, "--json").json()
    words = line.succeed("mode", still).out
    line.succeed("mode", still, "writable")
    back = line.succeed("mode", still, "--json").json()

    assert (shown["read_only"], shown["damage"]) == (False, None)
    assert (changed["read_only"], changed["reason"]) == (True, "moving house")
    assert isinstance(changed["since"], int)
    assert "moving house" in words
    assert (back["read_only"], back["since"]) == (False, None)


def test_scrub_shows_the_damage_and_clears_it_when_told(line: CommandLine, still: Path) -> None:
    store = open_log_store(LedgerFolder(still).database)
    SqlModeStore(store.writer, store.reader).mark_damage("tile/0/001: entry 270 rots")
    store.close()

    found = line.succeed("scrub", still).out
    cleared = line.succeed("scrub", still, "--clear", "--json").json()

    assert "tile/0/001: entry 270 rots" in found
    assert cleared["damage"] is None


def test_damage_that_is_still_there_is_not_cleared(line: CommandLine, still: Path) -> None:
    database = LedgerFolder(still).database
    store = open_log_store(database)
    SqlModeStore(store.writer, store.reader).mark_damage("head 2: it was found before")
    store.close()
    with closing(sqlite3.connect(database)) as connection, connection:
        (root,) = connection.execute("SELECT root_hash FROM heads WHERE tree_size = 2").fetchone()
        connection.execute("UPDATE heads SET root_hash = zeroblob(32) WHERE tree_size = 2")

    refused = line.here("scrub", still, "--clear")
    kept = line.succeed("scrub", still, "--json").json()
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("UPDATE heads SET root_hash = ? WHERE tree_size = 2", (root,))
    cleared = line.succeed("scrub", still, "--clear", "--json").json()

    assert refused.code == 1
    assert "head 2: verification-failed: the head is not the root of its entries" in refused.err
    assert (kept["damage"], cleared["damage"]) == ("head 2: it was found before", None)


@pytest.mark.parametrize("command", [["mode"], ["scrub"], ["signer", "--port", "0"]])
def test_what_is_no_ledger_is_refused_and_not_made_one(
    line: CommandLine, tmp_path: Path, command: list[str]
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()

    ran = line.run(command[0], empty, *command[1:])

    assert ran.code == 2
    assert list(empty.iterdir()) == []


def test_a_mode_that_there_is_not_is_refused(line: CommandLine, still: Path) -> None:
    assert line.here("mode", still, "sleeping").code == 2


def test_the_signer_answers_until_it_is_told_to_stop(line: CommandLine, still: Path) -> None:
    command = [sys.executable, "-m", "provenance.cli.main", "signer", str(still), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=line.environ()) as child:
        assert child.stdout is not None
        said = child.stdout.readline()
        child.send_signal(signal.SIGTERM)
        code = child.wait(20)

    assert "http://127.0.0.1:" in said
    assert code == 0
    assert (still / "signer.token").stat().st_mode & 0o077 == 0
