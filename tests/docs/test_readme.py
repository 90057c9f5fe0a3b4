"""What the README tells people to type exists: commands, options, scripts, links."""

import re
import shlex
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
OPERATING = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")

LINKS = sorted(set(re.findall(r"\]\(([^)#]+)\)", README + OPERATING)))


def typed() -> list[list[str]]:
    """The ``provenance`` commands after a prompt or in backquotes, as words."""
    joined = README.replace("\\\n", " ")
    lines = re.findall(r"^ +\$ (provenance .*)$", joined, re.MULTILINE)
    lines += re.findall(r"`(provenance [^`]*)`", joined + OPERATING)
    return [shlex.split(line.replace("...", "WORD")) for line in sorted(set(lines))]


@cache
def help_of(*words: str) -> str:
    """The help text of a command, wide enough that nothing is cut."""
    done = subprocess.run(
        [sys.executable, "-m", "provenance.cli.main", *words, "--help"],
        capture_output=True,
        text=True,
        check=False,
        env={"COLUMNS": "300", "LANG": "C.UTF-8", "TERM": "dumb", "NO_COLOR": "1"},
    )
    assert done.returncode == 0, (words, done.stderr)
    return done.stdout


def command_of(words: list[str]) -> tuple[str, ...]:
    """The command's own words: one, or two for a group such as ``key new``."""
    first = words[1]
    in_group = len(words) > 2 and re.fullmatch("[a-z]+", words[2]) and "COMMAND" in help_of(first)
    return (first, words[2]) if in_group else (first,)


def test_readme_names_enough_commands_to_be_worth_a_test() -> None:
    assert len(typed()) > 15


@pytest.mark.parametrize("words", typed(), ids=" ".join)
def test_command_in_the_readme_exists_with_its_options(words: list[str]) -> None:
    if words[1].startswith("-"):
        return
    text = help_of(*command_of(words))

    for option in (word.partition("=")[0] for word in words if word.startswith("--")):
        assert option in text or option == "--json", option


@pytest.mark.parametrize(
    "script", sorted(set(re.findall(r"^ +\./(scripts/\w+)", README, re.MULTILINE)))
)
def test_script_in_the_readme_can_be_run(script: str) -> None:
    assert (ROOT / script).stat().st_mode & 0o111


@pytest.mark.parametrize("link", LINKS)
def test_link_leads_to_a_file(link: str) -> None:
    assert (ROOT / link).exists() or (ROOT / "docs" / link).exists()


def test_readme_is_short() -> None:
    assert len(README.splitlines()) < 150
