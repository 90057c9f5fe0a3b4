"""Erase a person from a ledger by the command line, and audit what is left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from command_line import ORIGIN, CommandLine, served

if TYPE_CHECKING:
    from pathlib import Path

ORCID = "0000-0001-5109-3700"


def test_a_person_is_erased_and_every_proof_goes_on(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("1\n")
    alone = CommandLine(tmp_path, tmp_path / "home")
    alone.succeed("init", "ledger", "--origin", ORIGIN, "--json")
    alone.succeed("key", "new", "--name", "Ann Example")
    person = f"Otto Weg; orcid={ORCID}; roles=software"
    with served(tmp_path / "ledger", alone) as url:
        line = CommandLine(tmp_path, tmp_path / "home", url)
        line.succeed("policy", "fetch", url)
        words = ["--contributor", person, "--contributor", "Ann Example", "-o", "out"]
        made = line.succeed("deposit", "a.csv", *words, "--json").json()

    while_none_serves = alone.succeed("erase", "ledger", "--person", ORCID, "--json").json()
    again = alone.here("erase", "ledger", "--person", ORCID, "--json")

    records = while_none_serves["records"]
    assert isinstance(records, list)
    (erased,) = records
    assert erased["record"] == made["id"]
    assert len(erased["digests"]) == 1
    assert again.code == 2
    assert again.json()["error"] == "not-found"
    report = alone.succeed("audit", "ledger", "--json", "--offline").json()
    assert (report["erased"], report["lost_keys"]) == ([made["leaf_index"]], [])
    with served(tmp_path / "ledger", alone) as url:
        line = CommandLine(tmp_path, tmp_path / "home", url)
        # 3 before the erasure's own checkpoint is anchored
        got = line.here("receipt", made["id"], "--ledger", url, "-o", "new.json", "--json")
        assert got.code in {0, 3}
        assert "Otto Weg" not in got.out
        shown = line.succeed("show", "new.json", "--json").json()["claims"]
        assert isinstance(shown, dict)
        assert [one["name"] for one in shown["contributors"]] == ["Ann Example"]
        busy = alone.here("erase", "ledger", made["id"], "--json")
        assert (busy.code, busy.json()["error"]) == (4, "locked")


def test_what_goes_ill_together_is_refused(tmp_path: Path) -> None:
    line = CommandLine(tmp_path, tmp_path / "home")
    for words, field in (
        (["--digest", "x", "--person", ORCID], "--digest"),
        (["--person", "0000-0001-5109-3701"], "--person"),
        (["zz"], "ID"),
    ):
        refused = line.here("erase", "ledger", *words, "--json")
        assert (refused.code, refused.json()["field"]) == (2, field)
