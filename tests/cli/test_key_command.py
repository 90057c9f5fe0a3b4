from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from command_line import PASSPHRASE, CommandLine, tree

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def alone(tmp_path: Path) -> CommandLine:
    """Somebody without any ledger."""
    return CommandLine(tmp_path, tmp_path / "home")


def test_a_key_travels_to_another_machine(alone: CommandLine, tmp_path: Path) -> None:
    made = alone.succeed("key", "new", "--label", "work", "--alg", "ES256", "--json").json()
    alone.succeed("key", "export", "work", "-o", "work.jwe")
    other = CommandLine(tmp_path, tmp_path / "elsewhere")

    taken = other.succeed("key", "import", "work.jwe", "--name", "Ann", "--json").json()

    assert (taken["key"], taken["alg"], taken["name"]) == (made["key"], "ES256", "Ann")
    assert PASSPHRASE not in (tmp_path / "work.jwe").read_text()
    assert (tmp_path / "work.jwe").stat().st_mode & 0o077 == 0
    listed = other.succeed("key", "list").out
    assert str(made["key"]) in listed
    assert "default" in listed


def test_a_passphrase_is_read_from_a_file_and_a_wrong_one_refused(
    alone: CommandLine, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("from a file\n")
    alone.succeed("key", "new", "--passphrase-file", "secret")
    alone.succeed("key", "export", "-o", "key.jwe")
    other = CommandLine(tmp_path, tmp_path / "elsewhere")

    ran = other.here("key", "import", "key.jwe", "--json")

    assert (ran.code, ran.json()["error"]) == (2, "wrong-passphrase")
    assert not (tmp_path / "elsewhere" / "keys").exists()


@pytest.mark.parametrize(
    ("words", "field"),
    [
        (["--orcid", "0000-0002-1825-0098"], "orcid"),
        (["--ror", "05dxps056"], "ror"),
        (["--name", "x" * 201], "name"),
        (["--alg", "RS256"], "alg"),
    ],
)
def test_what_a_key_says_of_its_holder_is_checked_before_it_is_made(
    alone: CommandLine, tmp_path: Path, words: list[str], field: str
) -> None:
    ran = alone.here("key", "new", *words, "--json")

    assert ran.code == 2
    assert field in str(ran.json()["field"])
    assert not (tmp_path / "home").exists()


def test_a_label_is_never_taken_twice(alone: CommandLine, tmp_path: Path) -> None:
    alone.here("key", "new")
    before = tree(tmp_path)

    ran = alone.here("key", "new", "--json")

    assert (ran.code, ran.json()["error"], ran.json()["field"]) == (2, "already-exists", "label")
    assert tree(tmp_path) == before
