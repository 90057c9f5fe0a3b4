"""``init`` on chains that others run: what is refused, and what is warned of."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from provenance.cli.main import main

if TYPE_CHECKING:
    from pathlib import Path

NOBODY = "http://127.0.0.1:9"
KEY = "0x" + "11" * 32


def init(folder: Path, *words: str) -> list[str]:
    return ["init", str(folder / "ledger"), "--origin", "public.example/log", *words]


def test_a_plain_key_is_refused_before_anything_is_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--chain", "sepolia", "--rpc", NOBODY, "--sender", "file"]

    assert main(init(tmp_path, *words)) == 2

    assert "--sender" in capsys.readouterr().err
    assert not (tmp_path / "ledger").exists()


def test_without_a_passphrase_the_usual_key_is_asked_for_by_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PROVENANCE_SENDER_PASSPHRASE", raising=False)

    assert main(init(tmp_path, "--chain", "sepolia", "--rpc", NOBODY, "--dry-run")) == 2

    assert "PROVENANCE_SENDER_PASSPHRASE" in capsys.readouterr().err
    assert not (tmp_path / "ledger" / "keys" / "sender.key").exists()


@pytest.mark.parametrize(
    ("nodes", "few"),
    [
        ([NOBODY], True),
        ([NOBODY, NOBODY + "/other"], True),
        ([NOBODY, "http://127.0.0.1:10"], False),
    ],
)
def test_one_node_of_a_public_chain_is_warned_of(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    nodes: list[str],
    few: bool,  # noqa: FBT001 -- a case
) -> None:
    monkeypatch.setenv("SENDING_KEY", KEY)
    words = [word for node in nodes for word in ("--rpc", node)]
    words += ["--chain", "sepolia", "--sender", "environment:SENDING_KEY", "--dry-run", "--json"]

    assert main(init(tmp_path, *words)) == 4

    said = capsys.readouterr()
    assert ("Only one node is asked" in said.err) is few
    assert json.loads(said.out)["error"] == "unavailable"


def test_one_node_of_a_chain_of_ones_own_is_enough(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(init(tmp_path, "--chain", "custom", "--rpc", NOBODY, "--dry-run")) == 4

    assert "Only one node" not in capsys.readouterr().err


def test_one_node_twice_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--chain", "sepolia", "--rpc", "https://x", "--rpc", "https://x/"]

    assert main(init(tmp_path, *words)) == 2

    assert "--rpc: https://x is there twice" in capsys.readouterr().err
