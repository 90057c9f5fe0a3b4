"""Each version of BagIt, in the bags of ``tests/data/imports/record_bags.py``."""

from __future__ import annotations

import gzip
import hashlib
import sys
from typing import TYPE_CHECKING

import bagit  # type: ignore[import-untyped]  # it has no types
import pytest
from import_trees import REPO, tree_of

from provenance.errors import (
    MalformedError,
    NameCollisionError,
    ProvenanceError,
    UnsoundSourceError,
)
from provenance.files.walk import fingerprint_dataset
from provenance.fingerprint import summarize
from provenance.imports import read_source

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

sys.path.append(str(REPO / "tests" / "data" / "imports"))
import record_bags  # the program that made them, which is no package

DRAFTS = ["0.93", "0.94", "0.95", "0.95-windows", "0.96", "0.97"]
EARLY = DRAFTS[:4]
every_version = pytest.mark.parametrize("version", [*DRAFTS, "1.0"])


@pytest.fixture
def bag(version: str, tmp_path: Path) -> Path:
    """The bag of a version, of which one file is still to be fetched."""
    return tree_of("bags", tmp_path) / version


def edit(path: Path, change: Callable[[str], str]) -> None:
    """Change a tag file, and leave the tag manifests out so that only this is wrong."""
    path.write_bytes(change(path.read_bytes().decode()).encode())
    for one in path.parent.glob("tagmanifest-*"):
        one.unlink()


def fetch(bag: Path) -> None:
    """Put the missing file there, as a program that fetches would."""
    for name, octets in record_bags.FETCHED.items():
        path = bag / "data" / name
        path.parent.mkdir(parents=True)
        path.write_bytes(octets)


def test_the_recorded_bags_are_those_that_the_program_makes() -> None:
    recorded = (REPO / "tests" / "data" / "imports" / "bags.tar.gz").read_bytes()

    assert gzip.decompress(recorded) == record_bags.archive()


@every_version
def test_a_bag_with_a_file_to_fetch_is_read(bag: Path) -> None:
    imported = read_source(bag)

    listed = summarize(imported.entries)
    fetch(bag)
    there = fingerprint_dataset(bag / "data")
    assert (listed.files, listed.length) == (there.files, there.length)
    assert imported.is_declared == (bag.name == "0.96")  # its list of MD5 alone is complete
    assert (listed.digest == there.digest) != imported.is_declared
    assert any("fetched" in one and "far/away.bin" in one for one in imported.warnings)
    assert imported.metadata == {"contributors": [{"name": "Polar Institute"}]}


@every_version
def test_a_fetched_bag_is_the_same_and_bagit_python_takes_it(bag: Path, version: str) -> None:
    before = read_source(bag)
    fetch(bag)

    after = read_source(bag)

    assert after.entries == before.entries
    assert len(after.warnings) == len(before.warnings) - 1
    # bagit-python takes paths of Windows for names, and does not decode a percent sign
    if version not in {"0.95-windows", "1.0"}:
        bagit.Bag(str(bag)).validate()


@every_version
def test_payload_oxum_has_to_fit_in_each_version(bag: Path) -> None:
    (info,) = bag.glob("*-info.txt")
    edit(info, lambda text: text.replace(".4", ".5"))

    with pytest.raises(UnsoundSourceError) as caught:
        read_source(bag)

    assert caught.value.field == info.name


TRAPS = ["/tmp/foo", "~/foo", "~root/foo", "../foo", "data/../../foo", "data", "data/"]


@pytest.mark.parametrize("trap", [*TRAPS, "data\\..\\..\\foo", "..\\foo", "C:\\foo"])
@every_version
def test_a_path_that_leads_out_is_refused_in_a_manifest(bag: Path, trap: str) -> None:
    digest = hashlib.sha256(b"test").hexdigest()
    edit(bag / "manifest-sha256.txt", lambda text: f"{text}{digest}  {trap}\n")

    with pytest.raises(ProvenanceError) as caught:
        read_source(bag)

    assert (caught.value.field or "").startswith("manifest-sha256.txt:")


@pytest.mark.parametrize("trap", TRAPS)
@every_version
def test_a_path_that_leads_out_is_refused_in_fetch(bag: Path, trap: str) -> None:
    edit(bag / "fetch.txt", lambda text: f"{text}https://example.org/foo - {trap}\n")

    with pytest.raises(MalformedError) as caught:
        read_source(bag)

    assert caught.value.field == "fetch.txt:2"


@every_version
def test_a_file_listed_twice_is_refused_from_version_1_on(bag: Path, version: str) -> None:
    edit(bag / "manifest-sha256.txt", lambda text: text + text.splitlines(keepends=True)[-1])

    if version == "1.0":
        with pytest.raises(NameCollisionError, match="same digest"):
            read_source(bag)
    else:
        assert any("listed twice" in one for one in read_source(bag).warnings)


@pytest.mark.parametrize("version", EARLY)
def test_a_backslash_may_be_a_part_of_a_name(bag: Path) -> None:
    """On a disk that separates by ``/``; the list then says ``data/`` where Windows would not."""
    name = "a\\b"
    (bag / "data" / name).write_bytes(b"1")
    for algorithm in ("md5", "sha256"):
        line = f"{hashlib.new(algorithm, b'1').hexdigest()}  data/{name}\n"
        edit(bag / f"manifest-{algorithm}.txt", lambda text, line=line: text + line)  # type: ignore[misc]
    (info,) = bag.glob("*-info.txt")
    edit(info, lambda text: text.replace("18.4", "19.5"))

    assert name in {entry.path for entry in read_source(bag).entries}


@pytest.mark.parametrize("version", ["0.96", "0.97", "1.0"])
def test_a_backslash_separates_nothing_in_later_versions(bag: Path) -> None:
    edit(bag / "manifest-md5.txt", lambda text: text.replace("data/sub/", "data\\sub\\"))

    with pytest.raises(MalformedError, match="below data/"):
        read_source(bag)
