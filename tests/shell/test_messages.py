from __future__ import annotations

import gettext
import importlib.machinery
import importlib.util
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import typer

from provenance import wordings
from provenance.cli.application import TYPER_WORDS
from provenance.messages import choose_language, translator

if TYPE_CHECKING:
    from types import ModuleType

ROOT = Path(__file__).parents[2]


def load_script() -> ModuleType:
    """The script as a module: it has no suffix, being a command."""
    loader = importlib.machinery.SourceFileLoader("catalogue", str(ROOT / "scripts" / "catalogue"))
    spec = importlib.util.spec_from_loader("catalogue", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


def test_every_sentence_is_translated_with_its_placeholders_and_compiled() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "catalogue", "--check"],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )

    assert (done.returncode, done.stdout) == (0, "")


def test_the_catalogue_covers_what_a_verdict_and_a_walk_may_say() -> None:
    keys = set(load_script().keys())

    assert set(wordings.WORDINGS.values()) <= keys
    assert set(wordings.CONCLUSIONS.values()) <= keys
    assert {"it is a symbolic link", "the file changed while it was read"} <= keys
    assert {"The log is damaged", "The command line cannot be understood", "Usage: "} <= keys


def test_a_missing_a_stale_and_a_maimed_message_are_each_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = load_script()
    folder = tmp_path / "zh_Hans" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    good = (script.LOCALE / "zh_Hans" / "LC_MESSAGES" / "provenance.po").read_text("utf-8")
    bad = good.replace('msgstr "账本文件夹。"', 'msgstr ""', 1)
    bad = bad.replace("{seconds} 秒内", "数秒内", 1) + '\nmsgid "gone"\nmsgstr "已废"\n'
    (folder / "provenance.po").write_text(bad, "utf-8")
    (folder / "provenance.mo").write_bytes(b"old")
    monkeypatch.setattr(script, "LOCALE", tmp_path)

    found = script.problems("zh_Hans")

    assert found == [
        "zh_Hans: not translated: 'The ledger folder.'",
        "zh_Hans: no longer used: 'gone'",
        "zh_Hans: other placeholders: 'Not anchored within {seconds} s: ask again later.'",
        "zh_Hans: provenance.mo is older than provenance.po: run scripts/catalogue",
    ]


def test_renewing_keeps_translations_and_the_glossary(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = load_script()
    source = script.LOCALE / "zh_Hans" / "LC_MESSAGES" / "provenance.po"
    target = tmp_path / "zh_Hans" / "LC_MESSAGES" / "provenance.po"
    target.parent.mkdir(parents=True)
    target.write_bytes(source.read_bytes())
    monkeypatch.setattr(script, "LOCALE", tmp_path)

    script.renew("zh_Hans")

    assert target.read_bytes() == source.read_bytes()
    assert "receipt 存证凭据" in target.read_text("utf-8")


def test_typer_still_asks_for_the_words_that_are_translated_for_it() -> None:
    package = Path(typer.__file__).parent
    source = "".join(path.read_text("utf-8") for path in package.rglob("*.py"))

    for word in (*TYPER_WORDS, "Usage: ", "Show this message and exit."):
        assert f'"{word}"' in source, word


@pytest.mark.parametrize(
    ("wishes", "language"),
    [
        (["zh"], "zh_Hans"),
        (["zh_CN.UTF-8"], "zh_Hans"),
        (["en;q=0.5,zh-Hans;q=0.9"], "zh_Hans"),
        (["zh;q=0,en"], "en"),
        (["zh;q=none,en"], "en"),
        (["C.UTF-8", "zh"], "en"),
        (["fr", "zh"], "zh_Hans"),
        ([None, ""], "en"),
    ],
)
def test_a_language_is_chosen_from_any_usual_spelling(
    wishes: list[str | None], language: str
) -> None:
    assert choose_language(*wishes) == language


def test_what_is_not_translated_stays_english() -> None:
    assert translator("zh_Hans")("no such sentence") == "no such sentence"
    assert translator("en")("proved") == "proved"
    assert translator("zh_Hans")("proved") == "已证明"


def test_the_catalogue_is_read_by_plain_gettext() -> None:
    folder = ROOT / "provenance" / "messages" / "locale"

    found = gettext.translation("provenance", folder, languages=["zh_Hans"])

    assert found.gettext("FALSE") == "不成立"
