"""Trees of git-annex and DataLad: keys are read, content is not needed."""

from __future__ import annotations

import hashlib
import shutil
from typing import TYPE_CHECKING

import pytest
from import_trees import run_tool, tree_of

from provenance.errors import (
    MalformedError,
    NameCollisionError,
    ProvenanceError,
    UnsupportedVersionError,
)
from provenance.fingerprint import DeclaredEntry, FileEntry
from provenance.imports import kinds_of, read_source
from provenance.imports.git_annex import Key, parse_key
from provenance.imports.rehash import find_files, rehash

if TYPE_CHECKING:
    from pathlib import Path

SCAN = bytes(range(256)) * 4
ANNEXED = {"scan.nii.gz": SCAN, "sub/测 量.dat": b"\0measured\n", "pointer.dat": b"\0dropped\n"}


def test_links_and_pointers_of_sha256_keys_are_imported_without_content(tmp_path: Path) -> None:
    path = tree_of("datalad-sha256", tmp_path)
    shutil.rmtree(path / ".git" / "annex" / "objects")

    imported = read_source(path)

    files = {one.path: one for one in imported.entries if isinstance(one, FileEntry)}
    for name, octets in ANNEXED.items():
        digest = hashlib.sha256(octets).digest()
        assert files[name] == FileEntry(name, digest, len(octets), imported=True)


def test_what_git_holds_itself_is_hashed_here(tmp_path: Path) -> None:
    imported = read_source(tree_of("datalad-sha256", tmp_path))

    files = {one.path: one for one in imported.entries if isinstance(one, FileEntry)}
    assert not files["README.md"].imported
    assert files["README.md"].sha256 == hashlib.sha256(b"what this is\n").digest()
    assert ".datalad/config" in files
    assert not any(name.startswith(".git/") for name in files)
    assert any(one.startswith("Not in the annex") for one in imported.warnings)


def test_md5_keys_are_declared_and_all_files_with_them(tmp_path: Path) -> None:
    """DataLad makes such keys unless it is told otherwise."""
    path = tree_of("datalad-md5", tmp_path)

    imported = read_source(path)

    assert kinds_of(path) == ["git-annex"]
    assert imported.algorithm == "md5"
    digests = {one.path: one.digest for one in imported.entries if isinstance(one, DeclaredEntry)}
    for name, octets in {**ANNEXED, "README.md": b"what this is\n"}.items():
        assert digests[name] == hashlib.md5(octets).digest()


def test_content_that_is_there_is_re_hashed_through_the_links(tmp_path: Path) -> None:
    path = tree_of("datalad-md5", tmp_path)
    (path / "pointer.dat").unlink()
    imported = read_source(path)

    hashed = rehash(imported, find_files(imported, path, None), None)

    files = {one.path: one.sha256 for one in hashed.entries if isinstance(one, FileEntry)}
    assert files["scan.nii.gz"] == hashlib.sha256(SCAN).digest()
    assert files["sub/测 量.dat"] == hashlib.sha256(b"\0measured\n").digest()


def test_the_dataset_id_is_an_identifier_and_absent_subdatasets_are_told(tmp_path: Path) -> None:
    imported = read_source(tree_of("datalad-sha256", tmp_path))

    (identifier,) = imported.metadata["identifiers"]  # type: ignore[misc]  # it is a list
    assert identifier["type"] == "urn"  # type: ignore[has-type]
    assert any("not installed" in one and "inner" in one for one in imported.warnings)


# --- keys -----------------------------------------------------------------------------------

SHA256, MD5 = hashlib.sha256(b"1").hexdigest(), hashlib.md5(b"1").hexdigest()


@pytest.mark.parametrize(
    ("text", "algorithm", "length"),
    [
        (f"SHA256E-s1--{SHA256}.tar.gz", "sha256", 1),
        (f"SHA256-s1048576--{SHA256}", "sha256", 1_048_576),
        (f"SHA256E--{SHA256}", "sha256", None),
        (f"SHA256E-s1-m1700000000--{SHA256}.csv", "sha256", 1),
        (f"MD5E-s1--{MD5}.nii.gz", "md5", 1),
        (f"SHA3_256E-s1--{hashlib.sha3_256(b'1').hexdigest()}", "sha3-256", 1),
        (f"BLAKE2B512-s1--{hashlib.blake2b(b'1').hexdigest()}", "blake2b", 1),
    ],
)
def test_keys_say_length_and_digest(text: str, algorithm: str, length: int | None) -> None:
    digest = hashlib.new(algorithm.replace("-", "_"), b"1").digest()

    assert parse_key(text, "x") == Key(algorithm, digest, length)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("WORM-s1-m1700000000--a.csv", UnsupportedVersionError),
        ("URL-s1--https&c%%example.org%a.csv", UnsupportedVersionError),
        ("VURL-s1--x", UnsupportedVersionError),
        (f"SKEIN256-s1--{SHA256}", UnsupportedVersionError),
        (f"BLAKE2B256-s1--{SHA256}", UnsupportedVersionError),
        (f"XBLAKE3-s1--{SHA256}", UnsupportedVersionError),
        (f"SHA256E-s9-S4-C1--{SHA256}.csv", UnsupportedVersionError),
        (f"SHA256-s1--{SHA256}.csv", MalformedError),
        (f"SHA256E-s1--{SHA256[:-1]}.csv", MalformedError),
        (f"SHA256E-s1--{MD5}", MalformedError),
        (f"SHA256E-s1-{SHA256}", MalformedError),
        (f"sha256e-s1--{SHA256}", MalformedError),
        ("", MalformedError),
    ],
)
def test_keys_without_a_digest_we_know_are_refused(text: str, error: type[ProvenanceError]) -> None:
    with pytest.raises(error):
        parse_key(text, "x")


def plain_tree(folder: Path) -> Path:
    (folder / ".git" / "annex").mkdir(parents=True)
    (folder / "sub").mkdir()
    target = f"../.git/annex/objects/aa/bb/SHA256E-s1--{SHA256}/SHA256E-s1--{SHA256}"
    (folder / "sub" / "a").symlink_to(target)
    return folder


@pytest.mark.parametrize("key", ["WORM-s1-m1--b", "URL--http&c%%x", f"MD5E-s1--{MD5}"])
def test_a_key_without_digest_or_of_another_algorithm_names_the_file(
    tmp_path: Path, key: str
) -> None:
    tree = plain_tree(tmp_path)
    (tree / "z.csv").symlink_to(f".git/annex/objects/aa/bb/{key}/{key}")

    with pytest.raises(ProvenanceError) as caught:
        read_source(tree)

    assert caught.value.field == "z.csv"


def test_keys_of_two_algorithms_name_two_files_of_the_annex(tmp_path: Path) -> None:
    tree = plain_tree(tmp_path)
    (tree / ".gitattributes").write_text("* annex.backend=SHA256E\n")  # of git, without a key
    key = f"MD5E-s1--{MD5}"
    (tree / "z.csv").symlink_to(f".git/annex/objects/aa/bb/{key}/{key}")

    with pytest.raises(MalformedError, match="of sha256 as of 'sub/a', got one of md5") as caught:
        read_source(tree)

    assert caught.value.field == "z.csv"


def test_two_forms_of_one_name_in_a_tree_are_refused(tmp_path: Path) -> None:
    tree = plain_tree(tmp_path)
    for name in ("e\u0301.csv", "\u00e9.csv"):
        (tree / name).write_text("the same")

    with pytest.raises(NameCollisionError, match="are one name in NFC"):
        read_source(tree)


def test_a_link_that_is_none_of_the_annex_is_refused(tmp_path: Path) -> None:
    tree = plain_tree(tmp_path)
    (tree / "passwd").symlink_to("/etc/passwd")

    with pytest.raises(MalformedError, match="passwd"):
        read_source(tree)


def test_a_pointer_is_its_first_line_and_a_long_file_is_content(tmp_path: Path) -> None:
    tree = plain_tree(tmp_path)
    (tree / "pointer").write_text(f"/annex/objects/SHA256E-s7--{SHA256}\r\nmore\n")
    long = f"/annex/objects/SHA256E-s7--{SHA256}\n".encode().ljust(40_000, b"x")
    (tree / "content").write_bytes(long)

    files = {one.path: one for one in read_source(tree).entries if isinstance(one, FileEntry)}

    assert files["pointer"] == FileEntry("pointer", bytes.fromhex(SHA256), 7, imported=True)
    assert files["content"].sha256 == hashlib.sha256(long).digest()


def test_windows_writes_links_with_backslashes(tmp_path: Path) -> None:
    tree = plain_tree(tmp_path)
    (tree / "w").symlink_to(f".git\\annex\\objects\\SHA256E-s1--{SHA256}\\SHA256E-s1--{SHA256}")

    assert "w" in {one.path for one in read_source(tree).entries}


def test_a_tree_of_git_without_annex_is_another_thing(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()

    assert kinds_of(tmp_path) == []
    with pytest.raises(MalformedError):
        read_source(tmp_path, "git-annex")


def test_git_annex_and_datalad_make_what_we_read(tmp_path: Path) -> None:
    run_tool(tmp_path, tmp_path, "datalad", "create", "-c", "text2git", "tree")
    tree = tmp_path / "tree"
    (tree / "a.dat").write_bytes(SCAN)
    run_tool(tmp_path, tree, "git-annex", "add", "--backend=SHA256E", "a.dat")

    imported = read_source(tree)

    assert (
        FileEntry("a.dat", hashlib.sha256(SCAN).digest(), 1024, imported=True) in imported.entries
    )
    (tree / "b.dat").write_bytes(b"\0")
    run_tool(tmp_path, tree, "git-annex", "add", "--backend=WORM", "b.dat")
    with pytest.raises(UnsupportedVersionError, match=r"b\.dat.*WORM"):
        read_source(tree)
