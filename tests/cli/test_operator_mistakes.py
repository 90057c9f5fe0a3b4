"""What an operator may get wrong: each is said in words, names its place, and changes nothing."""

from __future__ import annotations

import shutil
import socket
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from command_line import CommandLine, served

from provenance.errors import DriverMissingError
from provenance.service.settings import LedgerFolder
from provenance.store.log_store import open_log_store

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Served

WRITE_POLICY = b'"write_policy":{"allowed_keys":[],"requests_per_minute":60,"records_per_minute":9}'


@pytest.fixture
def still(ledger: Served, tmp_path: Path) -> Path:
    """A copy of the ledger that nobody serves."""
    copy = tmp_path / "still"
    ignored = shutil.ignore_patterns("anvil", "address", "*.lock")
    shutil.copytree(ledger.folder, copy, ignore=ignored)
    return copy


@pytest.fixture
def unreachable(still: Path) -> Path:
    """The same, with nobody at its chain's address."""
    folder = LedgerFolder(still)
    settings = folder.read_settings()
    nobody = replace(settings.chains[0], nodes=("http://127.0.0.1:9",))
    folder.write_settings(replace(settings, chains=(nobody,)))
    return still


# --- where to listen --------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["", "example.org", "[::1]", "127.0.0.1:8000", "127.1"])
def test_a_host_that_is_no_address_is_refused(line: CommandLine, still: Path, host: str) -> None:
    settings = still / "ledger.json"
    # with a write policy too: then others may reach it, but at an address all the same
    settings.write_bytes(settings.read_bytes().replace(b'"write_policy":null', WRITE_POLICY))

    ran = line.run("serve", still, "--host", host)

    assert ran.code == 2
    assert f"--host: expected an IP address, got {host!r}" in ran.err


def test_an_address_of_another_machine_is_refused_before_anything_starts(
    line: CommandLine, still: Path
) -> None:
    settings = still / "ledger.json"
    settings.write_bytes(settings.read_bytes().replace(b'"write_policy":null', WRITE_POLICY))

    ran = line.run("serve", still, "--host", "192.0.2.9", "--port", "0")

    assert ran.code == 4
    assert ran.err.startswith("It cannot be listened on that address: 192.0.2.9, port any: ")
    assert "\n" not in ran.err.strip(), "nothing was started that writes a log"


@pytest.mark.parametrize("command", ["serve", "signer"])
@pytest.mark.parametrize("port", ["-1", "65536"])
def test_a_port_that_there_is_not_is_refused(
    line: CommandLine, still: Path, command: str, port: str
) -> None:
    ran = line.run(command, still, "--port", port)

    assert ran.code == 2
    assert "--port" in ran.err


def test_a_signer_on_a_busy_port_says_so(line: CommandLine, still: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ran = line.run("signer", still, "--port", port)

    assert ran.code == 4
    assert ran.err.startswith(f"It cannot be listened on that address: 127.0.0.1, port {port}: ")


# --- the signer's token -----------------------------------------------------------------------


@pytest.mark.parametrize("token", [None, "abc"])
def test_a_missing_or_short_token_is_named_with_what_to_do(
    line: CommandLine, still: Path, token: str | None
) -> None:
    folder = LedgerFolder(still)
    folder.write_settings(replace(folder.read_settings(), signer="http://127.0.0.1:9"))
    if token is not None:
        (still / "signer.token").write_text(token)

    ran = line.run("serve", still, "--port", "0")

    assert ran.code == 2
    assert str(still / "signer.token") in ran.err
    assert "copy the one in the signer's own folder" in ran.err


# --- the chain is away ------------------------------------------------------------------------


def test_a_restored_copy_waits_for_the_word_of_its_chain(
    line: CommandLine, unreachable: Path, tmp_path: Path
) -> None:
    restored = tmp_path / "restored"
    line.succeed("backup", unreachable, tmp_path / "archive")
    made = line.succeed("restore", tmp_path / "archive", restored, "--json").json()
    shutil.copytree(unreachable / "keys", restored / "keys")
    shutil.copy(unreachable / "signer.memory", restored)

    ran = line.run("serve", restored, "--port", "0")

    assert int(str(made["tree_size"])) >= 2
    assert ran.code == 4
    assert "chain 31337 has to say first whether this restored copy is the newest" in ran.err
    assert (restored / "restored").exists()


def test_an_audit_whose_chain_is_away_says_that_what_is_stored_is_whole(
    line: CommandLine, unreachable: Path
) -> None:
    ran = line.here("audit", unreachable)

    assert ran.code == 4
    assert "what is stored holds together, but chain 31337 was not asked" in ran.err


# --- a driver that is not installed ------------------------------------------------------------


def test_a_missing_driver_is_named_with_what_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    # as an environment without psycopg answers the import
    monkeypatch.setitem(sys.modules, "provenance.store.postgresql", None)

    with pytest.raises(DriverMissingError, match=r"pip install 'psycopg\[binary\]>=3\.3'"):
        open_log_store("postgresql://ledger@127.0.0.1/ledger")


# --- read-only --------------------------------------------------------------------------------


def test_a_deposit_to_a_read_only_service_is_told_so(
    line: CommandLine, unreachable: Path, dataset: Path
) -> None:
    flags = ["--title", "Penguins", "--license", "CC0-1.0", "--access", "open"]
    flags += ["--contributor", "Ann Example; roles=software"]
    with served(unreachable, line, "--read-only") as url:
        words = line.here("deposit", dataset, "--ledger", url, *flags)
        as_json = line.here("deposit", dataset, "--ledger", url, *flags, "--json")

    assert words.code == as_json.code == 4
    assert "The ledger takes no records at the moment; reading goes on: " in words.err
    assert "this service was started read-only" in words.err
    assert as_json.json()["error"] == "read-only"
