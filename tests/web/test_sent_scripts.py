"""Scripts are sent without their comments: the same programs, line for line."""

from __future__ import annotations

import json
import subprocess
from importlib import resources
from pathlib import Path

import provenance_api
from in_node import node
from provenance_api.pages import load_site

WEB = Path(str(resources.files(provenance_api))) / "web"
MAX_PACKED = 300_000
OTHER_LANGUAGE = ("messages/zh", "core/words.zh")


def sent_scripts() -> dict[str, str]:
    assets = load_site().assets
    return {path: one.octets.decode() for path, one in assets.items() if path.endswith(".js")}


def unlike(pairs: list[dict[str, str]]) -> list[str]:
    done = subprocess.run(
        [node(), Path(__file__).with_name("same_programs.mjs")],
        input=json.dumps(pairs).encode(),
        capture_output=True,
        check=True,
    )
    found: list[str] = json.loads(done.stdout)
    return found


def test_what_is_sent_is_the_same_program() -> None:
    pairs = [
        {"name": path, "one": (WEB / path).read_text("utf-8"), "other": sent}
        for path, sent in sent_scripts().items()
    ]

    assert len(pairs) > 100
    assert unlike(pairs) == []


def test_a_changed_program_would_be_noticed() -> None:
    assert unlike([
        {"name": "same", "one": "let a = 1; // x", "other": "let a =\n1;"},
        {"name": "text", "one": "let a = `\n// x\n`;", "other": "let a = `\n\n`;"},
        {"name": "code", "one": "/* a */\nb();", "other": "/* a */"},
    ]) == ["text", "code"]  # fmt: skip


def test_every_line_keeps_its_number_and_licences_stay() -> None:
    for path, sent in sent_scripts().items():
        source = (WEB / path).read_text("utf-8")
        assert sent.count("\n") == source.count("\n"), path
        assert sent.count("/*!") == source.count("/*!"), path
        assert len(sent) <= len(source), path


def test_all_that_a_reader_of_one_language_can_load_is_light() -> None:
    assets = load_site().assets
    weights = [
        len(one.packed) for path, one in assets.items() if not path.startswith(OTHER_LANGUAGE)
    ]

    assert sum(weights) < MAX_PACKED
