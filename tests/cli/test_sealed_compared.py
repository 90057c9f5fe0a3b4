"""A sealed deposit beside commands that would have to name its digest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from command_line import CommandLine


@pytest.mark.parametrize(
    ("command", "says"),
    [("fixity", "would name it"), ("diff", "its manifest instead"), ("overlap", "manifest")],
)
def test_a_sealed_digest_is_told_by_no_other_command(
    line: CommandLine, dataset: Path, tmp_path: Path, command: str, says: str
) -> None:
    made = tmp_path / "made"
    line.here("deposit", dataset, "--sealed", "--title", "T", "-o", made)

    ran = line.here(command, made / "receipt.json", dataset, "--json")
    with_manifest = line.here("diff", made / "manifest.jsonl", dataset)

    assert (ran.code, says in str(ran.json()["detail"])) == (2, True)
    assert "seal" in str(ran.json()["detail"])
    assert sorted(path.name for path in made.iterdir()) == [
        *("manifest.jsonl", "receipt.json", "sealed.json"),
    ]
    assert with_manifest.code == 0
