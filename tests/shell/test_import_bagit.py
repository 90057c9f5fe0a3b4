"""Bags: the conformance suite, bags by bagit-python, and each trap of the format."""

from __future__ import annotations

import hashlib
import shutil
import tarfile
import unicodedata
import zipfile
from typing import TYPE_CHECKING

import bagit  # type: ignore[import-untyped]  # it has no types
import pytest
from published import FOLDER, published

from provenance.errors import (
    MalformedError,
    NameCollisionError,
    ProvenanceError,
    UnsoundSourceError,
    UnsupportedVersionError,
)
from provenance.files.walk import fingerprint_dataset
from provenance.fingerprint import FileEntry, summarize
from provenance.imports import kinds_of, read_source
from provenance.imports.rehash import find_files, rehash

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from provenance.imported import Imported

SUITE = "bagit-conformance/v0.97"


def suite(*parts: str) -> list[str]:
    """The bags of some parts of the suite, by their path in it."""
    root = FOLDER / SUITE
    if not root.exists():
        return ["valid/basic-bag"]  # the test itself then skips
    return [
        f"{part}/{one.name}" for part in parts for one in (root / part).iterdir() if one.is_dir()
    ]


def read_and_check(path: Path) -> Imported:
    """Read a bag and hash all of its payload, as ``import --rehash all`` does."""
    imported = read_source(path, "bagit")
    return rehash(imported, find_files(imported, path, None), None)


@pytest.mark.parametrize("name", suite("valid"))
def test_valid_bags_of_the_suite_are_read(name: str) -> None:
    path = published(SUITE) / name

    imported = read_and_check(path)

    found = fingerprint_dataset(path / "data")
    assert summarize(imported.entries) == found


@pytest.mark.parametrize("name", suite("invalid", "linux-only", "windows-only"))
def test_invalid_bags_of_the_suite_are_refused_with_their_place(name: str) -> None:
    path = published(SUITE) / name

    with pytest.raises(ProvenanceError) as caught:
        read_and_check(path)

    assert caught.value.field is not None


WARNED = {
    "made-with-md5sum-tools": None,
    "relative-path": None,
    "same-filename-listed-twice-with-different-normalization": "listed twice",
    "same-filename-listed-twice-with-the-same-hash": "listed twice",
    # these two lost a file on their way here: git and file systems drop or merge such names
    "duplicate-file-with-different-case": UnsoundSourceError,
    "special-system-files": UnsoundSourceError,
}


@pytest.mark.parametrize("name", suite("warning"))
def test_bags_that_deserve_a_warning(name: str) -> None:
    path = published(SUITE) / name
    if path.parent.name != "warning":
        pytest.skip("the suite is absent")
    expected = WARNED[path.name]
    if isinstance(expected, type):
        with pytest.raises(expected):
            read_and_check(path)
        return

    said = " ".join(read_and_check(path).warnings)

    assert expected is None or expected in said


# --- bags made here ---------------------------------------------------------------------------

FILES = {"a.csv": b"x\n1\n", "sub/\u6d4b\u91cf.csv": b"y\n2\n", "100%.txt": b"z\n", "empty": b""}


def make_bag(folder: Path, *, algorithms: tuple[str, ...] = ("sha256",)) -> Path:
    """A bag by bagit-python, which says it is 0.97 and leaves ``%`` as it is."""
    for name, octets in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(octets)
    info = {
        "Source-Organization": "Polar Institute",
        "External-Identifier": ["doi:10.5072/abc", "box 17"],
        "External-Description": "Penguins of three islands, measured by hand and by eye",
        "Contact-Name": "Ann Example",
    }
    bagit.make_bag(str(folder), info, checksums=list(algorithms))
    return folder


@pytest.fixture
def bag(tmp_path: Path) -> Path:
    return make_bag(tmp_path / "bag")


def edit(path: Path, change: Callable[[str], str]) -> None:
    """Change a tag file, and leave the tag manifests out so that only this is wrong."""
    path.write_text(change(path.read_text()))
    for one in path.parent.glob("tagmanifest-*"):
        one.unlink()


def test_the_payload_has_the_digest_of_the_folder_that_was_bagged(bag: Path) -> None:
    imported = read_source(bag)

    assert [entry.path for entry in imported.entries] == sorted(FILES)
    found = fingerprint_dataset(bag / "data")
    assert summarize(imported.entries).digest == found.digest
    assert all(isinstance(entry, FileEntry) and entry.imported for entry in imported.entries)
    assert [entry.length for entry in imported.entries] == [
        len(FILES[one]) for one in sorted(FILES)
    ]


def test_what_the_bag_says_of_itself_fills_the_deposit(bag: Path) -> None:
    imported = read_source(bag)

    assert imported.metadata == {
        "title": "Penguins of three islands, measured by hand and by eye",
        "contributors": [{"name": "Polar Institute"}],
        "identifiers": [{"type": "doi", "value": "10.5072/abc"}],
    }
    (said,) = imported.warnings
    assert "contact-name" in said
    assert "box 17" in said


def test_a_bag_with_sha512_alone_is_declared_and_one_with_both_is_not(tmp_path: Path) -> None:
    assert read_source(make_bag(tmp_path / "a", algorithms=("sha512",))).algorithm == "sha512"
    assert not read_source(make_bag(tmp_path / "b", algorithms=("sha512", "sha256"))).is_declared


def pack(bag: Path, kind: str) -> Path:
    """Pack a bag as one folder in an archive."""
    target = bag.parent / f"packed.{kind}"
    if kind == "zip":
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(bag.rglob("*")):
                archive.write(path, path.relative_to(bag.parent))
    else:
        mode = {"tar": "w", "tgz": "w:gz", "tar.xz": "w:xz", "tar.bz2": "w:bz2"}[kind]
        with tarfile.open(target, mode) as tar:  # type: ignore[call-overload]
            tar.add(bag, bag.name)
    return target


@pytest.mark.parametrize("kind", ["zip", "tar", "tgz", "tar.xz", "tar.bz2"])
def test_a_packed_bag_is_the_same_and_is_not_unpacked(bag: Path, kind: str) -> None:
    packed = pack(bag, kind)
    before = set(bag.parent.iterdir())

    imported = read_and_check(packed)

    assert kinds_of(packed) == ["bagit"]
    assert summarize(imported.entries) == fingerprint_dataset(bag / "data")
    assert set(bag.parent.iterdir()) == before


def test_a_tar_of_the_bags_content_without_a_folder_is_read(bag: Path) -> None:
    packed = bag.parent / "flat.tar"
    with tarfile.open(packed, "w") as archive:
        archive.add(bag, ".")

    assert len(read_source(packed).entries) == len(FILES)


# --- percent signs and normal forms -------------------------------------------------------


def write_bag(
    folder: Path, files: dict[str, bytes], lines: dict[str, bytes], version: str = "1.0"
) -> Path:
    """A bag written by hand: ``lines`` are the paths of the manifest as written there."""
    (folder / "data").mkdir(parents=True)
    for name, octets in files.items():
        (folder / "data" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "data" / name).write_bytes(octets)
    (folder / "bagit.txt").write_text(
        f"BagIt-Version: {version}\nTag-File-Character-Encoding: UTF-8\n"
    )
    manifest = [
        f"{hashlib.sha256(octets).hexdigest()}  data/{path}\n" for path, octets in lines.items()
    ]
    (folder / "manifest-sha256.txt").write_text("".join(manifest))
    return folder


@pytest.mark.parametrize("version", ["0.97", "1.0"])
@pytest.mark.parametrize("written", ["50%25 done.csv", "50% done.csv"])
def test_a_percent_sign_is_read_in_both_spellings(
    tmp_path: Path, written: str, version: str
) -> None:
    files = {"50% done.csv": b"1", "b": b"2"}

    bag = write_bag(tmp_path / "bag", files, {written: b"1", "b": b"2"}, version)

    assert [entry.path for entry in read_source(bag).entries] == ["50% done.csv", "b"]


def test_a_name_that_looks_encoded_and_is_not_stays_as_it_is(tmp_path: Path) -> None:
    """Decoding ``%25`` here would give the other file, and swap the two contents."""
    files = {"a%25": b"1", "a%": b"2"}
    raw = write_bag(tmp_path / "raw", files, files, "0.97")
    encoded = write_bag(tmp_path / "encoded", files, {"a%2525": b"1", "a%25": b"2"})

    for bag in (raw, encoded):
        entries = read_source(bag).entries
        digests = {one.path: one.sha256 for one in entries if isinstance(one, FileEntry)}
        assert digests == {name: hashlib.sha256(one).digest() for name, one in files.items()}


def test_other_percent_codes_are_not_decoded(tmp_path: Path) -> None:
    files = {"%7Ea": b"1", "%20": b"2"}

    assert len(read_source(write_bag(tmp_path / "bag", files, files)).entries) == 2


def test_an_encoded_line_feed_cannot_become_a_path(tmp_path: Path) -> None:
    bag = write_bag(tmp_path / "bag", {"a\nb": b"1"}, {"a%0Ab": b"1"})

    with pytest.raises(MalformedError):
        read_source(bag)


@pytest.mark.parametrize("forms", [("NFC", "NFD"), ("NFD", "NFC")])
def test_list_and_disk_may_be_in_different_normal_forms(
    tmp_path: Path, forms: tuple[str, str]
) -> None:
    on_disk, written = (unicodedata.normalize(form, "März.csv") for form in forms)  # type: ignore[arg-type]

    imported = read_and_check(write_bag(tmp_path / "bag", {on_disk: b"1"}, {written: b"1"}))

    assert [entry.path for entry in imported.entries] == ["März.csv"]


def test_one_name_in_two_normal_forms_on_the_disk_is_refused(tmp_path: Path) -> None:
    names = [unicodedata.normalize(form, "ä") for form in ("NFC", "NFD")]
    bag = write_bag(tmp_path / "bag", dict.fromkeys(names, b"1"), dict.fromkeys(names, b"1"))

    with pytest.raises(NameCollisionError):
        read_source(bag)


# --- what makes a bag wrong ---------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["../a", "/etc/passwd", "data/../../a", "~/a", "data//a", "data/\ta"]
)
def test_a_path_out_of_the_payload_is_refused(bag: Path, name: str) -> None:
    edit(bag / "manifest-sha256.txt", lambda text: text + f"{'0' * 64}  {name}\n")

    with pytest.raises(MalformedError, match=r"manifest-sha256\.txt:5"):
        read_source(bag)


def test_a_payload_file_that_no_manifest_lists_is_told(bag: Path) -> None:
    (bag / "data" / "extra").write_text("1")

    with pytest.raises(UnsoundSourceError, match="data/extra"):
        read_source(bag)


def test_a_missing_payload_file_is_told_with_its_line(bag: Path) -> None:
    (bag / "data" / "a.csv").unlink()

    with pytest.raises(UnsoundSourceError, match=r"manifest-sha256.txt:\d.*a\.csv"):
        read_source(bag)


@pytest.mark.parametrize("oxum", ["9.4", "10.3", "1.2.3", "x", "10"])
def test_payload_oxum_has_to_fit(bag: Path, oxum: str) -> None:
    edit(
        bag / "bag-info.txt",
        lambda text: text.replace("Payload-Oxum: 10.4", f"Payload-Oxum: {oxum}"),
    )

    with pytest.raises(ProvenanceError, match=r"bag-info\.txt"):
        read_source(bag)


def test_two_payload_oxums_that_differ_are_refused(bag: Path) -> None:
    edit(bag / "bag-info.txt", lambda text: text + "payload-oxum: 11.4\n")

    with pytest.raises(MalformedError, match="one Payload-Oxum"):
        read_source(bag)


def test_folded_lines_and_repeated_tags(bag: Path) -> None:
    folded = "Source-Organization: Institute of\n  Polar\tResearch\nSOURCE-organization : Other\n"
    edit(bag / "bag-info.txt", lambda text: text + folded + "no colon here\n")

    imported = read_source(bag)

    assert imported.metadata["contributors"] == [
        {"name": "Polar Institute"},
        {"name": "Institute of Polar Research"},
        {"name": "Other"},
    ]
    assert any("left out" in one and "bag-info.txt:" in one for one in imported.warnings)


def test_a_licence_is_taken_and_an_address_is_nobody(bag: Path) -> None:
    """As our own export writes them."""
    tags = "Source-Organization: https://ror.org/03yrm5c26\nLicense: CC-BY-4.0\n"
    edit(bag / "bag-info.txt", lambda text: text + tags)

    imported = read_source(bag)

    assert imported.metadata["contributors"] == [{"name": "Polar Institute"}]
    assert imported.metadata["license"] == "CC-BY-4.0"
    assert any("Source-Organization" in one for one in imported.warnings)


def test_a_changed_tag_file_is_told(bag: Path) -> None:
    (bag / "bag-info.txt").write_text("Contact-Name: Somebody Else\n")

    with pytest.raises(UnsoundSourceError, match=r"bag-info\.txt.*another digest"):
        read_source(bag)


def test_a_link_in_the_payload_is_refused(bag: Path) -> None:
    (bag / "data" / "a.csv").unlink()
    (bag / "data" / "a.csv").symlink_to("/etc/hostname")

    with pytest.raises(MalformedError, match=r"data/a\.csv"):
        read_source(bag)


@pytest.mark.parametrize("version", ["2.0", "0.92", "1.1", "99999999999.0"])
def test_other_versions_are_refused(bag: Path, version: str) -> None:
    edit(bag / "bagit.txt", lambda text: text.replace("0.97", version))

    with pytest.raises(UnsupportedVersionError):
        read_source(bag)


@pytest.mark.parametrize("version", ["0.93", "0.94", "0.95", "0.96", "0.97"])
def test_drafts_are_read_and_lax_about_white_space(bag: Path, version: str) -> None:
    edit(
        bag / "bagit.txt",
        lambda text: text.replace("BagIt-Version: 0.97", f"BagIt-Version : {version} "),
    )

    assert len(read_source(bag).entries) == len(FILES)


def test_version_1_is_strict_about_white_space(bag: Path) -> None:
    edit(bag / "bagit.txt", lambda text: text.replace("BagIt-Version: 0.97", "BagIt-Version : 1.0"))

    with pytest.raises(MalformedError, match=r"bagit\.txt"):
        read_source(bag)


def test_a_manifest_that_leaves_files_out_is_completed_by_another_in_a_draft_only(
    tmp_path: Path,
) -> None:
    bag = make_bag(tmp_path / "bag", algorithms=("sha512", "sha256"))
    edit(bag / "manifest-sha256.txt", lambda text: "".join(text.splitlines(keepends=True)[1:]))

    assert read_source(bag).algorithm == "sha512"
    edit(bag / "bagit.txt", lambda text: text.replace("0.97", "1.0"))
    with pytest.raises(UnsoundSourceError, match=r"manifest-sha256\.txt"):
        read_source(bag)


def test_an_unknown_algorithm_beside_a_known_one_is_told(bag: Path) -> None:
    (bag / "manifest-whirlpool.txt").write_text("abc  data/a.csv\n")

    assert any("whirlpool" in one for one in read_source(bag).warnings)


# --- fetch.txt ----------------------------------------------------------------------------


def make_holey(bag: Path, length: str, name: str = "data/a.csv") -> None:
    (bag / "fetch.txt").write_text(f"https://example.org/a {length} {name}\n")
    (bag / "data" / "a.csv").unlink()


def test_a_file_to_fetch_has_the_length_that_is_stated(bag: Path) -> None:
    make_holey(bag, "4")

    imported = read_source(bag)

    assert imported.entries[1] == FileEntry(
        "a.csv", hashlib.sha256(FILES["a.csv"]).digest(), 4, imported=True
    )
    assert any("fetched" in one and "a.csv" in one for one in imported.warnings)


def test_a_file_to_fetch_may_be_of_unknown_length(bag: Path) -> None:
    make_holey(bag, "-")

    assert read_source(bag).entries[1].length is None


def test_a_fetched_length_that_payload_oxum_contradicts_is_refused(bag: Path) -> None:
    make_holey(bag, "5")

    with pytest.raises(UnsoundSourceError, match="Payload-Oxum"):
        read_source(bag)


@pytest.mark.parametrize("name", ["../a.csv", "/a.csv", "bag-info.txt", "data/other"])
def test_a_fetch_line_for_anything_but_a_listed_payload_file_is_refused(
    bag: Path, name: str
) -> None:
    make_holey(bag, "4", name)

    with pytest.raises(ProvenanceError):
        read_source(bag)


def test_one_file_twice_in_fetch_is_refused(bag: Path) -> None:
    make_holey(bag, "4")
    text = (bag / "fetch.txt").read_text()
    (bag / "fetch.txt").write_text(text * 2)

    with pytest.raises(NameCollisionError, match=r"fetch\.txt:2"):
        read_source(bag)


# --- bagit-python judges --------------------------------------------------------------------


def test_bagit_python_takes_what_we_take_and_refuses_what_we_refuse(bag: Path) -> None:
    bagit.Bag(str(bag)).validate()
    read_and_check(bag)
    shutil.copy(bag / "data" / "a.csv", bag / "data" / "empty")

    with pytest.raises(bagit.BagValidationError):
        bagit.Bag(str(bag)).validate()
    with pytest.raises(UnsoundSourceError):
        read_and_check(bag)
