"""``import`` and ``deposit --import``, by the command line."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import subprocess
from typing import TYPE_CHECKING

import bagit  # type: ignore[import-untyped]  # it has no types
import pytest
from command_line import CommandLine, Ran, tree
from import_trees import REPO, tree_of

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def alone(tmp_path: Path) -> CommandLine:
    return CommandLine(tmp_path, tmp_path / "home")


@pytest.fixture
def sums(dataset: Path, tmp_path: Path) -> Path:
    """A list of checksums beside the dataset, by ``sha256sum``."""
    names = sorted(str(one.relative_to(dataset)) for one in dataset.rglob("*") if one.is_file())
    done = subprocess.run(["sha256sum", *names], cwd=dataset, capture_output=True, check=True)
    (tmp_path / "SHA256SUMS").write_bytes(done.stdout)
    return tmp_path / "SHA256SUMS"


def imported(line: CommandLine, *words: object) -> dict[str, object]:
    ran = line.here("import", *words, "--json")
    assert ran.code == 0, ran
    return ran.json()


def test_an_imported_list_has_the_digest_of_the_data_and_says_its_level(
    alone: CommandLine, dataset: Path, sums: Path, tmp_path: Path
) -> None:
    hashed = alone.succeed("fingerprint", dataset, "-o", "f.jsonl", "--json").json()

    answer = alone.succeed("import", sums, "-o", "m.jsonl", "--json").json()

    assert answer["dataset_digest"] == hashed["dataset_digest"]
    assert answer["assurance"] == {"source": "sha256sums", "imported": 3}
    assert "bytes" not in answer
    header, *lines = (tmp_path / "m.jsonl").read_text().splitlines()
    assert json.loads(header)["imported"] == 3
    assert all(json.loads(one)["assurance"] == "imported" for one in lines)


def test_re_hashing_all_makes_the_manifest_that_fingerprint_makes(
    alone: CommandLine, dataset: Path, sums: Path, tmp_path: Path
) -> None:
    alone.here("fingerprint", dataset, "-o", "f.jsonl")

    answer = imported(alone, sums, "--data", dataset, "--rehash", "all", "-o", "m.jsonl")

    assert answer["assurance"] == {"rehashed": 3}
    assert (tmp_path / "m.jsonl").read_bytes() == (tmp_path / "f.jsonl").read_bytes()


def test_a_sample_is_drawn_by_a_seed_that_is_shown(
    alone: CommandLine, dataset: Path, sums: Path
) -> None:
    answer = imported(alone, sums, "--data", dataset, "--rehash", "2")

    assert answer["assurance"] == {"source": "sha256sums", "imported": 1, "rehashed": 2}
    sample = answer["sample"]
    assert isinstance(sample, dict)
    assert sample["files"] == 2
    assert len(bytes.fromhex(sample["seed"])) == 16
    shown = alone.here("import", sums, "--data", dataset, "--rehash", "2").out
    assert "2 of 3 files" in shown
    assert "33.3 %" in shown  # that the one file of three that is left is the wrong one


def test_a_sample_of_all_is_all(alone: CommandLine, dataset: Path, sums: Path) -> None:
    answer = imported(alone, sums, "--data", dataset, "--rehash", "99")

    assert answer["assurance"] == {"rehashed": 3}
    assert "sample" not in answer


def refused(ran: Ran, code: int) -> Ran:
    assert ran.code == code, ran
    return ran


def test_files_that_disagree_are_named_and_nothing_is_written(
    alone: CommandLine, dataset: Path, sums: Path, tmp_path: Path
) -> None:
    (dataset / "readme.txt").write_text("what was this\n")
    words = ["import", sums, "--data", dataset, "--rehash", "all", "-o", "m.jsonl"]

    people = refused(alone.here(*words), 1)
    script = refused(alone.here(*words, "--json"), 1).json()

    found, stated = (
        hashlib.sha256(one).hexdigest() for one in (b"what was this\n", b"what this is\n")
    )
    told = f"readme.txt: the content has another digest (found {found}, stated {stated})"
    assert told in people.err
    assert script["error"] == "source-mismatch"
    assert not (tmp_path / "m.jsonl").exists()


def test_missing_and_extra_files_are_said(alone: CommandLine, dataset: Path, sums: Path) -> None:
    (dataset / "readme.txt").rename(dataset / "other.txt")

    ran = alone.here("import", sums, "--data", dataset)

    assert ran.code == 0
    assert "Listed, but not there (1): readme.txt" in ran.err
    assert "There, but not listed, so not part of the dataset (1): other.txt" in ran.err


@pytest.mark.parametrize("wish", ["0", "-1", "some", "1.5", "１"])
def test_what_to_re_hash_is_none_all_or_a_number(alone: CommandLine, sums: Path, wish: str) -> None:
    ran = refused(alone.here("import", sums, "--rehash", wish, "--json"), 2)

    assert ran.json()["field"] == "--rehash"


def test_what_is_of_no_known_format_says_which_there_are(alone: CommandLine, dataset: Path) -> None:
    ran = refused(alone.here("import", dataset / "readme.txt"), 2)

    assert "bagit" in ran.err
    assert "sha256sums" in ran.err
    refused(alone.here("import", dataset / "readme.txt", "--as", "bagit"), 2)
    refused(alone.here("import", dataset / "absent"), 2)
    assert "--as" in refused(alone.here("import", dataset, "--as", "zip"), 2).err


def test_metadata_are_shown_and_written_for_a_deposit(
    alone: CommandLine, dataset: Path, tmp_path: Path
) -> None:
    bagit.make_bag(str(dataset), {"External-Description": "Penguins", "Contact-Name": "Ann"})

    ran = alone.here("import", dataset, "--metadata-out", "meta.json")

    assert json.loads((tmp_path / "meta.json").read_text()) == {"title": "Penguins"}
    assert "title: Penguins" in ran.out
    assert "Note: Found, but a deposit has no place for it: contact-name." in ran.err


def test_a_weak_list_is_called_declared(alone: CommandLine, tmp_path: Path) -> None:
    tree_of("dvc", tmp_path)

    answer = imported(alone, "dvc/raw.dvc", "-o", "m.jsonl")
    shown = alone.here("import", "dvc/raw.dvc", "-o", "m.jsonl").out

    assert answer["assurance"] == {"source": "dvc", "declared": 2}
    assert "dataset_digest" not in answer
    assert "declared by the source, no identity  2" in shown
    assert "(md5)" in shown


def test_the_source_is_never_written_to(alone: CommandLine, tmp_path: Path) -> None:
    path = tree_of("ocfl-sha512", tmp_path)
    before = tree(path)

    imported(alone, path, "--rehash", "all")

    assert tree(path) == before
    assert (tmp_path / "ocfl-sha512.manifest.jsonl").exists()


# --- real data --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["penguins/palmerpenguins", "pvlib/pvlib/data"])
def test_real_data_bagged_packed_and_imported_keep_their_digest(
    alone: CommandLine, tmp_path: Path, name: str
) -> None:
    source = REPO / ".tools" / "data" / name
    if not source.exists():
        pytest.skip("scripts/test fetches the data")
    shutil.copytree(source, tmp_path / "bag", ignore=shutil.ignore_patterns("__pycache__"))
    hashed = alone.here("fingerprint", "bag", "--json").json()
    bagit.make_bag(str(tmp_path / "bag"), checksums=["sha256", "sha512"])
    shutil.make_archive(str(tmp_path / "packed"), "zip", tmp_path, "bag")

    answer = imported(alone, "packed.zip", "--rehash", "3")

    for member in ("dataset_digest", "files", "bytes"):
        assert answer[member] == hashed[member]


# --- deposits ---------------------------------------------------------------------------------


def test_a_deposit_of_a_bag_takes_its_metadata_and_says_its_level(
    line: CommandLine, dataset: Path, tmp_path: Path
) -> None:
    bagit.make_bag(
        str(dataset),
        {"External-Description": "Penguins", "External-Identifier": "doi:10.5072/x"},
        checksums=["sha256"],
    )
    words = [
        "deposit",
        "--import",
        dataset,
        "--title",
        "Better title",
        "-o",
        "made",
        "--rehash",
        "1",
    ]

    ran = line.succeed(*words, "--publish-manifest", "--json").json()

    text = (tmp_path / "made" / "receipt.json").read_text()
    assert '"assurance":{"source":"bagit","imported":2,"rehashed":1}' in payload_of(text)
    found = line.succeed("show", tmp_path / "made" / "receipt.json").out
    assert "Better title" in found
    assert "10.5072/x" in found
    assert ran["status"] == "integrated"


def payload_of(receipt: str) -> str:
    """The signed claims of a receipt's record, as they stand in it."""
    compact = json.loads(receipt)["record"]["sd_jwt"]
    payload = compact.split("~")[0].split(".")[1]
    return base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)).decode()


def test_a_declared_deposit_has_no_dataset_digest(line: CommandLine, tmp_path: Path) -> None:
    tree_of("dvc", tmp_path)
    words = ["deposit", "--import", "dvc/raw.dvc", "-o", "made", "--title", "Declared"]

    refused(line.here(*words, "--publish-manifest"), 2)
    assert not (tmp_path / "made").exists()
    line.succeed(*words)

    payload = json.loads(payload_of((tmp_path / "made" / "receipt.json").read_text()))
    assert payload["declared_digest"]["algorithm"] == "md5"
    assert payload["assurance"] == {"source": "dvc", "declared": 2}
    assert "dataset_digest" not in payload


def test_an_ordinary_deposit_says_that_it_hashed_the_files(
    line: CommandLine, dataset: Path, tmp_path: Path
) -> None:
    line.succeed("deposit", dataset, "-o", "made", "--title", "T", "--contributor", "A")

    payload = json.loads(payload_of((tmp_path / "made" / "receipt.json").read_text()))
    assert payload["assurance"] == {"rehashed": 3}


def test_metadata_of_a_source_without_files_go_with_data_that_are_hashed(
    alone: CommandLine, dataset: Path, tmp_path: Path
) -> None:
    shutil.copy(REPO / "tests" / "data" / "imports" / "CITATION.cff", tmp_path)
    alone.succeed("key", "new", "--name", "Ann")
    words = ["deposit", "--import", "CITATION.cff", "--sign-only", "--origin", "a.example/b"]

    missing = refused(alone.here(*words, "-o", "none", "--json"), 2)
    alone.succeed(*words, "--data", dataset, "-o", "made")

    assert missing.json()["field"] == "--data"
    assert not (tmp_path / "none").exists()
    manifest = (tmp_path / "made" / "manifest.jsonl").read_text()
    assert hashlib.sha256(b"x\n1\n").hexdigest() in manifest
    assert '"imported"' not in manifest


def test_options_of_an_import_say_nothing_without_one(alone: CommandLine, dataset: Path) -> None:
    for words in (["--data", "x"], ["--rehash", "all"], ["--as", "bagit"]):
        ran = refused(alone.here("deposit", dataset, *words, "--json"), 2)
        assert ran.json()["field"] == words[0]


def test_a_deposit_that_disagrees_with_its_source_is_not_made(
    alone: CommandLine, dataset: Path, sums: Path, tmp_path: Path
) -> None:
    alone.succeed("key", "new", "--name", "Ann")
    (dataset / "readme.txt").write_text("WHAT this is\n")
    words = ["--sign-only", "--origin", "a.example/b", "-o", "made", "--rehash", "all"]

    refused(alone.here("deposit", "--import", sums, "--data", dataset, *words), 1)

    assert not (tmp_path / "made").exists()
