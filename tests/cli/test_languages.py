"""What a person reads is in the person's language; what a script reads is not."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from command_line import CommandLine, Ran

from provenance.cli.commands import COMMANDS

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Deposited, Served

CHINESE = re.compile("[\u4e00-\u9fff]")
ENGLISH_OF_TYPER = "Options|Arguments|Usage|Show this|required|default:|env var"
GROUPS = {"key": ["import"], "policy": ["fetch"], "anchor": ["status"]}


@pytest.fixture
def alone(tmp_path: Path) -> CommandLine:
    return CommandLine(tmp_path, tmp_path / "home", environment={"COLUMNS": "200"})


def say_all(line: CommandLine, language: str, wanted: list[list[str]]) -> list[Ran]:
    """Run many command lines in one process, which speaks one language."""
    script = (
        "import io, json, sys\n"
        "from contextlib import redirect_stderr, redirect_stdout\n"
        "from provenance.cli.main import main\n"
        "ran = []\n"
        "for words in json.load(sys.stdin):\n"
        "    out, err = io.StringIO(), io.StringIO()\n"
        "    with redirect_stdout(out), redirect_stderr(err):\n"
        "        code = main(words)\n"
        "    ran.append([code, out.getvalue(), err.getvalue()])\n"
        "json.dump(ran, sys.stdout)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        input=json.dumps(wanted),
        env=line.environ(LANG=language),
        cwd=line.folder,
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    return [Ran(*one) for one in json.loads(done.stdout)]


def test_every_commands_help_is_in_both_languages(alone: CommandLine) -> None:
    wanted = [[one, *GROUPS.get(one, []), "--help"] for one in COMMANDS]
    english = say_all(alone, "en_US.UTF-8", wanted)
    chinese = say_all(alone, "zh_CN.UTF-8", wanted)

    for words, one, other in zip(wanted, english, chinese, strict=True):
        assert (one.code, other.code) == (0, 0), words
        assert "Usage: " in one.out, words
        assert "Show this message and exit." in one.out, words
        assert not CHINESE.search(one.out), words
        assert "用法：" in other.out, words
        assert "显示此帮助并退出。" in other.out, words
        assert not re.search(ENGLISH_OF_TYPER, other.out), words


def test_the_locale_chooses_and_lang_decides(alone: CommandLine) -> None:
    assert "用法" in alone.run(LC_ALL="zh_CN.UTF-8", LANG="en_US.UTF-8").out
    assert "用法" in alone.run("--help", LANG="zh_Hans").out
    assert "Usage" in alone.run("--lang=en", "--help", LANG="zh_CN.UTF-8").out
    ran = alone.here("--lang", "fr", "key", "list")
    assert (ran.code, "--lang" in ran.err) == (2, True)


def test_a_verdict_is_told_in_chinese(
    line: CommandLine, ledger: Served, deposited: Deposited
) -> None:
    words = [deposited.data, "--block-hash", deposited.block, "--allow-dev-chain"]

    ran = line.succeed(
        "--lang", "zh", "verify", deposited.receipt, *words, "--policy", ledger.policy
    )

    assert ran.out.startswith("已证明：所要求的各项均已核验且属实\n注意：这是一条开发链")
    # what stays are names, numbers and technical terms, never an English sentence
    assert not re.search(r"[a-z]{3,} [a-z]{2,} [a-z]{2,}", ran.out)


def test_a_wrong_command_line_is_told_in_the_readers_language(alone: CommandLine) -> None:
    wanted = {
        "verfy：没有此命令": ["verfy"],
        "RECEIPT：必须给出此参数": ["verify"],
        "--policy：必须给出此选项": ["verify", "x"],
        "--polcy：没有此选项": ["verify", "x", "--polcy"],
        "--policy：此选项须带值": ["verify", "x", "--policy"],
        "--json：此选项不带值": ["verify", "x", "--json=1"],
        "more：此处不应再有内容": ["key", "list", "more"],
        "--port：此值不可用": ["serve", "x", "--port", "y"],
    }

    told = say_all(alone, "zh_CN.UTF-8", list(wanted.values()))

    for chinese, ran in zip(wanted, told, strict=True):
        assert ran.code == 2
        assert ran.err.startswith(f"无法理解此命令行：{chinese}")
        assert "详见：provenance" in ran.err


def test_an_error_is_the_same_to_a_script_in_every_language(alone: CommandLine) -> None:
    wrong = [["show", "absent"], ["verify", "--nonsense"], ["nothing"], ["key", "export"]]
    wanted = [[*words, "--json"] for words in wrong]

    english, chinese = (say_all(alone, lang, wanted) for lang in ("en_US.UTF-8", "zh_CN.UTF-8"))

    assert english == chinese
    assert all(one.json().keys() >= {"error", "detail", "field"} for one in english[:3])
