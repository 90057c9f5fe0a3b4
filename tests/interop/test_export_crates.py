"""Crates that we write: judged by rocrate-validator, loaded by rocrate, and read back by us."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import rocrate  # type: ignore[import-untyped]  # without stubs
from exporting import (
    CLAIMS,
    PEOPLE,
    built,
    hostile_lines,
    put_dataset,
    sealed_subject,
    subject_of,
    verified,
    with_data,
)
from rocrate.rocrate import ROCrate  # type: ignore[import-untyped]  # without stubs

from provenance.errors import MalformedError, ManifestMismatchError
from provenance.exports import Subject, make_folder, remarks
from provenance.fingerprint import FileEntry
from provenance.imports import read_source

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".tools" / "formats" / "bin" / "python"
PENGUINS = ROOT / ".tools" / "data" / "penguins" / "palmerpenguins" / "data"
FILES = {"a.txt": b"a\n", "b c/测量 50%#?.csv": b"y", "d:e/[x]&'\"<.txt": b"z"}


def crate_of(subject: Subject, folder: Path, name: str = "crate") -> Path:
    make_folder("ro-crate", subject, folder / name)
    return folder / name


def graph_of(crate: Path) -> dict[str, dict[str, Any]]:
    document = json.loads((crate / "ro-crate-metadata.json").read_bytes())
    return {one["@id"]: one for one in document["@graph"]}


def judged(folder: Path, *crates: Path) -> list[str]:
    """What rocrate-validator says of crates, held to version 1.2."""
    if not PYTHON.exists():
        pytest.skip("installed apart by scripts/test")
    # the library ships the context of 1.3, in which every term used here means the same
    context = json.loads((Path(rocrate.__file__).parent / "data" / "ro-crate.jsonld").read_bytes())
    context["@id"] = "https://w3id.org/ro/crate/1.2/context"
    (folder / "context.jsonld").write_text(json.dumps(context))
    program = [PYTHON, Path(__file__).with_name("judge_crate.py"), folder / "context.jsonld"]
    done = subprocess.run(
        [str(one) for one in (*program, folder / "cache.sqlite", *crates)],
        env={**os.environ, "NO_COLOR": "1", "HOME": str(folder), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_the_validator_passes_much_and_little(tmp_path: Path) -> None:
    good = crate_of(with_data(put_dataset(tmp_path / "data", FILES), tmp_path), tmp_path, "good")
    bare: dict[str, object] = dict.fromkeys(("title", "license", "contributors", "identifiers"))
    crate_of(subject_of(bare), tmp_path, "bare")

    assert judged(tmp_path, good, tmp_path / "bare") == ["passed", "passed"]

    crate = ROCrate(good)
    assert crate.name == CLAIMS["title"]
    assert crate.get("provenance/receipt.json")["about"].id == "./"


def test_our_importer_reads_people_roles_licence_and_digests_back(tmp_path: Path) -> None:
    data = PENGUINS if PENGUINS.exists() else put_dataset(tmp_path / "data", FILES)
    subject = with_data(data, tmp_path)

    imported = read_source(crate_of(subject, tmp_path))

    assert imported.source == "ro-crate"
    assert imported.metadata["title"] == CLAIMS["title"]
    assert imported.metadata["license"] == "CC0-1.0"
    assert imported.metadata["contributors"] == PEOPLE
    assert {"type": "doi", "value": "10.5072/penguins"} in imported.metadata["identifiers"]  # type: ignore[operator]  # a list, as compared
    files = {one.path: one for one in imported.entries if isinstance(one, FileEntry)}
    for entry in subject.entries():
        assert files[f"data/{entry.path}"][1:3] == entry[1:3]


def test_the_deposit_is_an_action_whose_time_is_only_claimed(tmp_path: Path) -> None:
    graph = graph_of(crate_of(subject_of(), tmp_path))

    assert graph["./"]["version"] == "1.10"
    action = graph["#deposit"]
    assert action["@type"] == "CreateAction"
    assert "claimed, not proved" in action["description"]
    assert "no later than" not in action["description"]
    assert not {"startTime", "endTime"} & action.keys()
    holder = graph[action["agent"]["@id"]]
    assert holder["name"] == "Josiah Carberry"
    assert graph[action["result"]["@id"]]["identifier"] == subject_of().record_id


def test_a_proved_interval_is_told(tmp_path: Path) -> None:
    subject = verified(built())

    said = graph_of(crate_of(subject, tmp_path))["#deposit"]["description"]

    assert "Existed no later than" in said
    assert "Entered the log no earlier than" in said


def test_roles_stand_between_the_dataset_and_the_person(tmp_path: Path) -> None:
    graph = graph_of(crate_of(subject_of(), tmp_path))

    roles = [graph[one["@id"]] for one in graph["./"]["contributor"]]
    assert [one["roleName"]["@id"].rsplit("/", 2)[-2] for one in roles] == [
        "data-curation",
        "investigation",
        "writing-original-draft",
    ]
    assert graph[roles[0]["contributor"]["@id"]]["name"] == "王小明"
    assert graph[roles[2]["roleName"]["@id"]]["name"] == "Writing – original draft"


def test_no_title_or_name_breaks_the_metadata(tmp_path: Path) -> None:
    for number, title in enumerate(hostile_lines()[::7]):
        people = [{"name": title[:200].strip()}]
        subject = subject_of({"title": title, "contributors": people, "license": "MIT OR CC0-1.0"})

        graph = graph_of(crate_of(subject, tmp_path, str(number)))

        assert graph["./"]["name"] == title
        assert graph["#person-0"]["name"] == people[0]["name"]
        assert graph["#license"]["name"] == "MIT OR CC0-1.0"


def test_the_files_of_the_receipt_have_their_digests(tmp_path: Path) -> None:
    subject = replace(subject_of(), policy=b'{"a":1}', ledger="https://log.example")

    graph = graph_of(crate_of(subject, tmp_path))

    assert graph["provenance/policy.json"]["contentSize"] == "7"
    assert graph["provenance/receipt.json"]["url"].endswith("/receipt")
    assert (tmp_path / "crate" / "provenance" / "receipt.json").read_bytes() == subject.octets


def test_a_crate_without_data_takes_no_manifest_but_the_signed_one(tmp_path: Path) -> None:
    subject = with_data(put_dataset(tmp_path / "data"), tmp_path)
    other = with_data(put_dataset(tmp_path / "other", {"x": b"x"}), tmp_path / "other")

    with pytest.raises(ManifestMismatchError):
        crate_of(replace(subject, data=None, manifest=other.manifest), tmp_path)

    assert not (tmp_path / "crate").exists()
    assert crate_of(replace(subject, data=None), tmp_path).is_dir()


@pytest.mark.parametrize("name", ["ro-crate", "bagit"])
def test_the_manifest_of_a_sealed_deposit_stays_where_it_is(tmp_path: Path, name: str) -> None:
    """It opens every file of the dataset to whoever gets the export."""
    there = with_data(put_dataset(tmp_path / "data"), tmp_path)

    for data in (None, there.data):
        subject = replace(sealed_subject(), manifest=there.manifest, data=data)
        with pytest.raises(MalformedError) as caught:
            make_folder(name, subject, tmp_path / "export")
        assert caught.value.field == "dataset_digest"

    assert not (tmp_path / "export").exists()


def test_relations_that_a_crate_has_no_word_for_are_told(tmp_path: Path) -> None:
    named = {"wasRevisionOf": "10.5072/v1", "alternateOf": "10.5072/copy"}
    relations = [{"relation": one, "identifier": value} for one, value in named.items()]
    subject = subject_of({"relations": relations})

    graph = graph_of(crate_of(subject, tmp_path))

    assert graph["./"]["isBasedOn"] == "10.5072/v1"
    (said,) = remarks("ro-crate", subject)
    assert said.facts == {"count": 1}
