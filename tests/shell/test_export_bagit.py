"""Bags and checksum lists: made of real data, judged by bagit-python and ``sha256sum``."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import bagit  # type: ignore[import-untyped]  # it has no types
import pytest
from exporting import ORCID, hostile_lines, put_dataset, subject_of, text_of, with_data

from provenance.errors import (
    AlreadyExistsError,
    MalformedError,
    ManifestMismatchError,
    SourceMismatchError,
    UnusableDatasetError,
)
from provenance.exports import make_folder, remarks
from provenance.files.walk import fingerprint_dataset
from provenance.fingerprint import summarize
from provenance.imports import read_source
from provenance.imports.rehash import find_files, rehash

if TYPE_CHECKING:
    from provenance.exports import Subject

DATA = Path(__file__).parents[2] / ".tools" / "data"
NAMES = {"-": b"dash", "a\\b.txt": b"backslash", " x/测 量.csv": b"spaces", "e\u0301.txt": b"nfd"}


@pytest.fixture
def subject(tmp_path: Path) -> Subject:
    return with_data(put_dataset(tmp_path / "data"), tmp_path)


def bag_of(subject: Subject, folder: Path) -> Path:
    make_folder("bagit", subject, folder / "bag")
    return folder / "bag"


def test_a_bag_is_valid_and_says_who_made_the_data(subject: Subject, tmp_path: Path) -> None:
    bag = bag_of(replace(subject, policy=b"{}", ledger="https://log.example"), tmp_path)

    judge = bagit.Bag(str(bag))
    assert judge.validate(completeness_only=False)
    assert (judge.version_info, judge.algorithms) == ((1, 0), ["sha256"])
    info = judge.info
    assert info["Source-Organization"] == ["https://ror.org/05dxps055", "https://ror.org/013q1eq08"]
    assert info["Contact-Name"] == ["王小明", "Kristen Gorman", "龔𠮷 (Team)"]
    assert info["Contact-Identifier"] == f"https://orcid.org/{ORCID}"
    assert info["External-Description"] == "企鹅 – Palmer penguins"
    assert "https://doi.org/10.5072/penguins" in info["External-Identifier"]
    assert (
        f"https://log.example/v1/records/{subject.record_id}/receipt"
        in (info["External-Identifier"])
    )
    assert info["Payload-Oxum"] == "18.3"
    assert (bag / "provenance" / "receipt.json").read_bytes() == subject.octets
    assert (bag / "provenance" / "policy.json").read_bytes() == b"{}"


@pytest.mark.parametrize("name", ["penguins/palmerpenguins/data", "iers-2026-10-12"])
def test_real_data_come_back_from_a_bag_with_the_same_digest(name: str, tmp_path: Path) -> None:
    if not (DATA / name).exists():
        pytest.skip("fetched by scripts/test")
    bag = bag_of(with_data(DATA / name, tmp_path), tmp_path)

    assert bagit.Bag(str(bag)).validate()
    imported = read_source(bag)
    read_back = rehash(imported, find_files(imported, bag, None), None)
    assert imported.source == "bagit"
    assert summarize(read_back.entries) == fingerprint_dataset(DATA / name)


def test_without_a_manifest_the_data_themselves_must_be_the_signed_ones(
    subject: Subject, tmp_path: Path
) -> None:
    bag = bag_of(replace(subject, manifest=None), tmp_path)

    assert bagit.Bag(str(bag)).validate()
    assert subject.manifest is not None
    assert (bag / "provenance" / "manifest.jsonl").read_bytes() == subject.manifest.read_bytes()
    put_dataset(tmp_path / "data", {"a.txt": b"another"})
    with pytest.raises(ManifestMismatchError):
        make_folder("bagit", replace(subject, manifest=None), tmp_path / "other")
    assert not (tmp_path / "other").exists()


def test_every_name_that_a_bag_can_carry_comes_back(tmp_path: Path) -> None:
    bag = bag_of(with_data(put_dataset(tmp_path / "data", NAMES), tmp_path), tmp_path)

    assert bagit.Bag(str(bag)).validate()
    assert fingerprint_dataset(bag / "data") == fingerprint_dataset(tmp_path / "data")


def test_a_percent_sign_is_encoded_as_the_standard_says_and_remarked(tmp_path: Path) -> None:
    data = put_dataset(tmp_path / "data", {"50%0A.csv": b"half", "a.csv": b"a"})
    subject = with_data(data, tmp_path)

    bag = bag_of(subject, tmp_path)

    assert "  data/50%250A.csv\n" in (bag / "manifest-sha256.txt").read_text()
    imported = read_source(bag)
    assert {one.path for one in imported.entries} == {"50%0A.csv", "a.csv"}
    (said,) = remarks("bagit", subject)
    assert said.facts == {"count": 1}


@pytest.mark.parametrize("name", ["a ", "a\u3000", "a\u2028b", "a\u2029b/c"])
def test_names_that_readers_would_change_are_refused(name: str, tmp_path: Path) -> None:
    subject = with_data(put_dataset(tmp_path / "data", {name: b"x"}), tmp_path)

    with pytest.raises(MalformedError) as caught:
        bag_of(subject, tmp_path)
    assert caught.value.field == "path"
    assert sorted(one.name for one in tmp_path.iterdir()) == ["data", "data.manifest.jsonl"]


def test_data_that_are_not_as_signed_make_no_bag(subject: Subject, tmp_path: Path) -> None:
    put_dataset(tmp_path / "data", {"a.txt": b"Alpha\n", "added.txt": b"new"})
    (tmp_path / "data" / "b" / "d.txt").unlink()

    with pytest.raises(SourceMismatchError) as caught:
        bag_of(subject, tmp_path)

    assert [one[0] for one in caught.value.problems] == ["a.txt", "added.txt", "b/d.txt"]
    assert not (tmp_path / "bag").exists()
    assert not list(tmp_path.glob(".writing-*"))


def test_a_link_among_the_data_is_not_followed(subject: Subject, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"alpha\n")
    (tmp_path / "data" / "a.txt").unlink()
    (tmp_path / "data" / "a.txt").symlink_to(secret)

    with pytest.raises(UnusableDatasetError):
        bag_of(subject, tmp_path)
    assert not (tmp_path / "bag").exists()


def test_nothing_that_exists_is_replaced(subject: Subject, tmp_path: Path) -> None:
    (tmp_path / "bag").mkdir()
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")

    for name in ("bag", "dangling"):
        with pytest.raises(AlreadyExistsError):
            make_folder("bagit", subject, tmp_path / name)


def test_another_manifest_is_refused(subject: Subject, tmp_path: Path) -> None:
    other = with_data(put_dataset(tmp_path / "other", {"x": b"y"}), tmp_path / "other")

    with pytest.raises(ManifestMismatchError):
        bag_of(replace(subject, manifest=other.manifest), tmp_path)
    with pytest.raises(MalformedError) as caught:
        make_folder("bagit", subject_of(), tmp_path / "none")
    assert caught.value.field == "--data"


def test_no_title_breaks_out_of_its_tag(tmp_path: Path) -> None:
    data = put_dataset(tmp_path / "data")
    titles = hostile_lines()
    for at in range(0, len(titles), 50):
        people: list[dict[str, object]] = [{"name": one[:200].strip()} for one in titles[at:][:50]]
        claims = {"title": titles[at], "contributors": people}
        bag = bag_of(with_data(data, tmp_path, claims), tmp_path)
        judge = bagit.Bag(str(bag))

        assert judge.validate()
        assert judge.info["Payload-Oxum"] == "18.3"
        assert len(judge.info["Contact-Name"]) == len(people)
        shutil.rmtree(bag)


# --- sha256sums -----------------------------------------------------------------------------


def test_coreutils_checks_the_list(tmp_path: Path) -> None:
    files = NAMES | {"a b\u2028%.csv": b"odd", "\u304b\u3099/\u6570/\u304d\u3099": b"nfd in nfd"}
    data = put_dataset(tmp_path / "data", files)
    subject = with_data(data, tmp_path)

    def check() -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            ["sha256sum", "--strict", "-c", str(tmp_path / "SHA256SUMS")],
            cwd=data,
            capture_output=True,
            check=False,
        )

    # coreutils opens names byte by byte: with the data at hand they are spelled as there
    (tmp_path / "SHA256SUMS").write_text(text_of("sha256sums", subject))
    assert check().returncode == 0
    (tmp_path / "SHA256SUMS").write_text(text_of("sha256sums", replace(subject, data=None)))
    assert check().returncode == 1
    (data / "e\u0301.txt").rename(data / "\u00e9.txt")
    (data / "\u304b\u3099").rename(data / "\u304c")
    (data / "\u304c" / "\u6570" / "\u304d\u3099").rename(data / "\u304c" / "\u6570" / "\u304e")
    assert check().returncode == 0
    (data / "-").write_bytes(b"other")
    assert check().returncode == 1


def test_a_list_is_of_the_signed_manifest_only(subject: Subject, tmp_path: Path) -> None:
    with pytest.raises(MalformedError) as caught:
        text_of("sha256sums", replace(subject, manifest=None))
    assert caught.value.field == "--manifest"
    assert subject.manifest is not None
    lines = subject.manifest.read_bytes().splitlines(keepends=True)
    other = hashlib.sha256(b"other").hexdigest().encode()
    known = hashlib.sha256(b"alpha\n").hexdigest().encode()
    changed = tmp_path / "changed.jsonl"
    changed.write_bytes(b"".join(line.replace(known, other) for line in lines))
    with pytest.raises(ManifestMismatchError):
        text_of("sha256sums", replace(subject, manifest=changed))
