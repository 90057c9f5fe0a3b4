"""Deposit sealed, open later or for one reader, and verify both."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from provenance.standalone.build import verifier

if TYPE_CHECKING:
    from pathlib import Path

    from command_line import CommandLine
    from conftest import Served


@pytest.fixture
def sealed(line: CommandLine, dataset: Path, tmp_path: Path) -> Path:
    """A folder with manifest, secret and receipt of a sealed deposit."""
    words = ["--title", "Penguins", "--sealed", "--seal", "files", "--seal", "bytes"]
    line.succeed("deposit", dataset, *words, "-o", "out", "--json")
    return tmp_path / "out"


def verify(line: CommandLine, ledger: Served, *words: object) -> dict[str, object]:
    answer = line.here("verify", *words, "--policy", ledger.policy, "--allow-dev-chain", "--json")
    checks = answer.json()["checks"]
    assert isinstance(checks, list)
    (found,) = [one for one in checks if one["name"] == "dataset"]
    assert isinstance(found, dict)
    assert found == alone(line, ledger, *words)
    return found


def alone(line: CommandLine, ledger: Served, *words: object) -> dict[str, object]:
    """Return what the single file, which needs no library, says of the same."""
    program = line.folder / "verify.py"
    program.write_bytes(verifier())
    command = [sys.executable, "-I", "-S", program, *words]
    command += ["--policy", ledger.policy, "--allow-dev-chain", "--json"]
    done = subprocess.run([str(one) for one in command], capture_output=True, check=False)
    (found,) = [one for one in json.loads(done.stdout)["checks"] if one["name"] == "dataset"]
    assert isinstance(found, dict)
    return found


def test_nothing_sealed_reaches_the_ledger(line: CommandLine, sealed: Path) -> None:
    manifest = json.loads((sealed / "manifest.jsonl").read_text().splitlines()[0])
    receipt = (sealed / "receipt.json").read_text()
    secret = json.loads((sealed / "sealed.json").read_text())

    claims = line.here("show", sealed / "receipt.json", "--json").json()["claims"]

    assert isinstance(claims, dict)
    assert claims.keys() >= {"sealed", "title"}
    assert not claims.keys() & {"dataset_digest", "files", "bytes", "assurance"}
    assert len(manifest["salts"]) == 64
    assert manifest["digest"] not in receipt
    assert not [text for text in secret["disclosures"] if text in receipt]
    assert (sealed / "sealed.json").stat().st_mode & 0o077 == 0
    assert (sealed / "manifest.jsonl").stat().st_mode & 0o077 == 0
    # the same data may have been deposited openly beside it
    hits = json.loads(line.succeed("lookup", manifest["digest"], "--json").out)
    assert json.loads(receipt)["record"]["leaf_index"] not in [one["leaf_index"] for one in hits]


def test_data_cannot_be_compared_before_it_is_opened(
    line: CommandLine, sealed: Path, dataset: Path, ledger: Served
) -> None:
    found = verify(line, ledger, sealed / "receipt.json", dataset)

    assert (found["code"], found["outcome"]) == ("dataset-sealed", "not-checked")


def test_an_opening_shows_the_digest_and_the_data_are_equal(
    line: CommandLine, sealed: Path, dataset: Path, ledger: Served
) -> None:
    line.succeed("open", sealed / "receipt.json", "--json")
    words = (sealed / "receipt.json", "--opening", sealed / "opening.receipt.json")

    equal = verify(line, ledger, *words[:1], dataset, *words[1:])
    uncompared = verify(line, ledger, *words)
    (dataset / "more.csv").write_text("1\n")
    differs = verify(line, ledger, *words[:1], dataset, *words[1:])

    assert (equal["code"], equal["outcome"]) == ("opened-same", "proved")
    facts = equal["facts"]
    assert isinstance(facts, dict)
    assert facts["sealed"] < facts["opened"]
    assert uncompared["code"] == "opened-not-compared"
    assert (differs["code"], differs["outcome"]) == ("dataset-differs", "false")


def test_one_file_is_opened_without_the_ledger(
    line: CommandLine, sealed: Path, dataset: Path, ledger: Served, tmp_path: Path
) -> None:
    manifest = [json.loads(row) for row in (sealed / "manifest.jsonl").read_text().splitlines()[1:]]
    name, other = manifest[0]["path"], manifest[1]
    line.here("open", sealed / "receipt.json", "--file", name, "-o", tmp_path / "one.json")
    opening = (tmp_path / "one.json").read_text()
    words = ("--opening", tmp_path / "one.json")
    shutil.copy(dataset / other["path"], tmp_path / "other")

    same = verify(line, ledger, sealed / "receipt.json", dataset / name, *words)
    differs = verify(line, ledger, sealed / "receipt.json", tmp_path / "other", *words)

    assert (same["code"], same["outcome"]) == ("sealed-file-same", "proved")
    assert differs["outcome"] == "false"
    assert other["sha256"] not in opening
    assert (
        json.loads((sealed / "manifest.jsonl").read_text().splitlines()[0])["salts"] not in opening
    )


@pytest.mark.parametrize(
    ("words", "field"),
    [
        (["--seal", "title"], "--seal"),
        (["--sealed", "--seal", "license"], "--seal"),
        (["--sealed", "--publish-manifest"], "--publish-manifest"),
        (["--sealed", "--also", "sm3"], "--also"),
    ],
)
def test_options_that_would_show_what_is_sealed_are_refused(
    line: CommandLine, dataset: Path, tmp_path: Path, words: list[str], field: str
) -> None:
    answer = line.here("deposit", dataset, "--title", "x", *words, "-o", "out", "--json")

    assert answer.code == 2
    assert answer.json()["field"] == field
    assert not (tmp_path / "out" / "receipt.json").exists()
