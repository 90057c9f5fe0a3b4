"""One ledger, founded and served by the command line, and one complete deposit in it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from command_line import ORIGIN, CommandLine, open_quickly, served

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass(frozen=True)
class Served:
    """A ledger that is being served, and a person with a key and its policy."""

    folder: Path
    url: str
    person: CommandLine
    founding: dict[str, object]

    @property
    def node(self) -> str:
        return (self.folder / "anvil" / "address").read_text().strip()

    @property
    def policy(self) -> Path:
        return self.person.folder / "policy.json"


@dataclass(frozen=True)
class Deposited:
    """A dataset, and what depositing it left."""

    data: Path
    made: Path
    record_id: str
    block: str
    """Hash of the evidence block."""
    header: bytes
    """Its RLP."""

    @property
    def receipt(self) -> Path:
        return self.made / "receipt.json"

    @property
    def manifest(self) -> Path:
        return self.made / "manifest.jsonl"


@pytest.fixture(scope="session")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    place = tmp_path_factory.mktemp("cli")
    person = CommandLine(place, place / "home")
    founding = person.succeed("init", "ledger", "--origin", ORIGIN, "--json").json()
    person.succeed("key", "new", "--name", "Ann Example", "--orcid", "0000-0002-1825-0097")
    open_quickly(person.home)
    with served(place / "ledger", person) as url:
        at_ledger = CommandLine(place, place / "home", url)
        at_ledger.succeed("policy", "fetch", url)
        yield Served(place / "ledger", url, at_ledger, founding)


@pytest.fixture
def line(ledger: Served, tmp_path: Path) -> CommandLine:
    """The person with the key, in an empty folder."""
    return CommandLine(tmp_path, ledger.person.home, ledger.url)


def make_dataset(folder: Path) -> Path:
    (folder / "tables" / "raw").mkdir(parents=True)
    (folder / "readme.txt").write_text("what this is\n")
    (folder / "tables" / "a.csv").write_text("x\n1\n")
    (folder / "tables" / "raw" / "测量.csv").write_text("y\n2\n")
    return folder


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    return make_dataset(tmp_path / "data")


@pytest.fixture(scope="session")
def deposited(ledger: Served, tmp_path_factory: pytest.TempPathFactory) -> Deposited:
    place = tmp_path_factory.mktemp("deposited")
    line = CommandLine(place, ledger.person.home, ledger.url)
    data = make_dataset(place / "data")
    flags = ["--title", "Penguins", "--license", "CC0-1.0", "--access", "open"]
    flags += ["--contributor", "Ann Example; roles=software,data-curation"]
    line.succeed("deposit", "data", "--publish-manifest", *flags)
    receipt = place / "data.provenance" / "receipt.json"
    shown = line.succeed("show", receipt, "--json").json()
    wait = ["--wait", "--timeout", "60", "-o", receipt, "--json"]
    assert line.succeed("receipt", str(shown["id"]), *wait).json()["complete"] is True
    evidence = json.loads(receipt.read_bytes())["anchored"][0]["anchors"][0]["evidence"]
    blocks = line.succeed("show", receipt, "--json").json()["blocks"]
    assert isinstance(blocks, list)
    return Deposited(
        data=data,
        made=receipt.parent,
        record_id=str(shown["id"]),
        block=blocks[0]["hash"],
        header=bytes.fromhex(evidence["header"][2:]),
    )
