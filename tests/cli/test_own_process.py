"""Each command in a process of its own: it imports what it needs, prints and ends.

The other tests run most command lines in their own process (``CommandLine.here``).
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from command_line import CommandLine

from provenance.digests import from_b64url

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Deposited, Served


def test_what_a_person_types(
    line: CommandLine, ledger: Served, deposited: Deposited, dataset: Path
) -> None:
    policy = ("--policy", ledger.policy)
    flags = ("--title", "T", "--license", "CC0-1.0", "--access", "open", "--contributor", "Ann")
    manifest = ("fingerprint", dataset, "-o", "m.jsonl")
    typed = (
        ("key", "list"),
        ("policy", "fetch", ledger.url),
        ("policy", "show", "policy.json"),
        manifest,
        ("file-proof", "m.jsonl", "tables/a.csv", "-o", "proof.json"),
        ("deposit", dataset, "--sealed", *flags, "-o", "sealed", *policy),
        ("open", "sealed/receipt.json", *policy),
        ("receipt", deposited.record_id, "--wait", "-o", "receipt.json"),
        ("show", "receipt.json"),
        ("verify", "receipt.json", "--block-hash", deposited.block, "--allow-dev-chain", *policy),
        ("lookup", deposited.data),
        ("diff", deposited.data, deposited.receipt),
        ("overlap", deposited.data, deposited.receipt),
        ("export", "receipt.json"),
        ("credit", deposited.record_id),
        ("lineage", deposited.record_id),
        ("timeline", deposited.record_id),
    )

    ran = [(words[:2], line.run(*words)) for words in typed]

    assert [(name, one) for name, one in ran if one.code or not one.out] == []


def test_what_an_operator_types(ledger: Served, deposited: Deposited, tmp_path: Path) -> None:
    line = CommandLine(tmp_path, tmp_path / "home")
    still = tmp_path / "still"
    ignored = shutil.ignore_patterns("anvil", "address", "*.lock")
    shutil.copytree(ledger.folder, still, ignore=ignored)
    typed = (
        ("key", "new"),
        ("init", "founded", "--origin", "own-process.example/log"),
        ("mode", still),
        ("scrub", still),
        ("audit", still, "--offline"),
        ("anchor", "status", still),
        ("backup", still, "archive"),
        ("restore", "archive", "restored"),
        ("erase", still, deposited.record_id),
    )

    ran = [(words[:1], line.run(*words)) for words in typed]

    assert [(name, one) for name, one in ran if one.code or not one.out] == []
    (own,) = (line.home / "keys").glob("*.jwe")
    for sealed in (own, tmp_path / "founded" / "keys" / "root.jwe"):
        header = from_b64url(sealed.read_text().partition(".")[0])
        assert b'"p2c":600000,' in header
