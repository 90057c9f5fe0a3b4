"""Lists of checksums, against the tools that write them."""

from __future__ import annotations

import hashlib
import subprocess
import time
import tracemalloc
from typing import TYPE_CHECKING

import pytest

from provenance.errors import (
    MalformedError,
    NameCollisionError,
    NotNormalizedError,
    UnsupportedVersionError,
)
from provenance.fingerprint import FileEntry, to_sha256sum
from provenance.imports import kinds_of, read_source
from provenance.imports.sha256sums import sniff

if TYPE_CHECKING:
    from pathlib import Path

A = hashlib.sha256(b"a\n").hexdigest()
B = hashlib.sha256(b"b\n").hexdigest()
SIGNED = """-----BEGIN PGP SIGNED MESSAGE-----
Hash: SHA512

{}
-----BEGIN PGP SIGNATURE-----

iQIz
-----END PGP SIGNATURE-----
"""


def paths(path: Path) -> list[str]:
    return [entry.path for entry in read_source(path, "sha256sums").entries]


def write(folder: Path, text: str | bytes, name: str = "SHA256SUMS") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize("options", [[], ["--binary"], ["--tag"], ["--zero"], ["--tag", "--zero"]])
def test_what_coreutils_writes_is_read(tmp_path: Path, options: list[str]) -> None:
    names = ["plain.csv", "with space.csv", "back\\slash.csv", "测量.csv", "(x) = y.csv", "-dash"]
    for name in names:
        (tmp_path / name).write_text(name)
    done = subprocess.run(
        ["sha256sum", *options, "--", *names], cwd=tmp_path, capture_output=True, check=True
    )
    (tmp_path / "out").mkdir()

    imported = read_source(write(tmp_path / "out", done.stdout))

    assert {entry.path for entry in imported.entries} == set(names)
    for entry in imported.entries:
        assert isinstance(entry, FileEntry)
        assert entry.sha256 == hashlib.sha256(entry.path.encode()).digest()
        assert entry.imported
    assert imported.warnings == ()


@pytest.mark.parametrize(
    ("tool", "algorithm"),
    [("md5sum", "md5"), ("sha1sum", "sha1"), ("sha512sum", "sha512"), ("b2sum", "blake2b")],
)
def test_other_digests_are_declared(tmp_path: Path, tool: str, algorithm: str) -> None:
    (tmp_path / "a").write_text("a\n")
    done = subprocess.run([tool, "a"], cwd=tmp_path, capture_output=True, check=True)

    imported = read_source(write(tmp_path, done.stdout, f"{tool}s.txt"))

    assert imported.is_declared
    assert imported.algorithm == algorithm


@pytest.mark.parametrize(
    ("bits", "form"), [("256", []), ("504", []), ("8", ["--tag"]), ("256", ["--tag"])]
)
def test_a_shorter_blake2b_is_refused_in_its_own_words(
    tmp_path: Path, bits: str, form: list[str]
) -> None:
    (tmp_path / "a").write_text("a\n")
    command = ["b2sum", "--length", bits, *form, "a"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=True)

    with pytest.raises(UnsupportedVersionError, match="512 bits only, got .*" + bits):
        read_source(write(tmp_path, done.stdout, "B2SUMS"), "sha256sums")


def test_what_openssl_writes_is_read(tmp_path: Path) -> None:
    (tmp_path / "a b.csv").write_text("a\n")
    command = ["openssl", "dgst", "-sha256", "a b.csv"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=True)

    assert paths(write(tmp_path, done.stdout)) == ["a b.csv"]


def test_our_own_list_comes_back(tmp_path: Path) -> None:
    entries = [
        FileEntry(path, bytes.fromhex(A), None, imported=True) for path in ("-", "a\\b", "测量")
    ]

    imported = read_source(write(tmp_path, b"".join(to_sha256sum(entries))))

    assert list(imported.entries) == entries


@pytest.mark.parametrize("second", [A, B])
def test_two_forms_of_one_name_are_refused_with_both_shown(tmp_path: Path, second: str) -> None:
    path = write(tmp_path, f"{A}  e\u0301\n{second}  \u00e9\n")

    with pytest.raises(NameCollisionError) as caught:
        read_source(path)

    assert str(caught.value) == r"SHA256SUMS:2: 'e\u0301' and '\xe9' are one name in NFC"


@pytest.mark.parametrize(
    "text",
    [
        f"# made by hand\n\n{A}  a\n  \n#{B}  no\n{B} *b\n",
        f"{A}  a\r\n{B}  b\r\n",
        f"\ufeff{A}  a\n{B}  b",
        f"{A.upper()}  a\nSHA256 (b) = {B}\n",
        f"{A}  ./a\n{A}  a\n{B}  b\n",
        SIGNED.format(f"{A}  a\n{B}  b"),
    ],
    ids=["comments", "crlf", "bom", "both forms", "twice", "signed"],
)
def test_variants_of_one_list(tmp_path: Path, text: str) -> None:
    path = write(tmp_path, text)

    assert sniff(path)
    assert paths(path) == ["a", "b"]


def test_powershell_writes_utf_16(tmp_path: Path) -> None:
    path = write(tmp_path, f"{A}  a\r\n".encode("utf-16"))

    assert kinds_of(path) == ["sha256sums"]
    assert paths(path) == ["a"]


def test_a_signature_that_was_not_checked_is_told(tmp_path: Path) -> None:
    (said,) = read_source(write(tmp_path, SIGNED.format(f"{A}  a"))).warnings

    assert "not checked" in said


def test_escapes_are_undone_and_a_line_feed_in_a_name_is_refused(tmp_path: Path) -> None:
    assert paths(write(tmp_path, f"\\{A}  a\\\\b\n")) == ["a\\b"]
    assert paths(write(tmp_path, f"{A}  a\\\\b\n")) == ["a\\\\b"]
    for name in ("a\\nb", "a\\rb", "a\\xb", "a\\"):
        with pytest.raises(MalformedError, match="SHA256SUMS:1"):
            paths(write(tmp_path, f"\\{A}  {name}\n"))


@pytest.mark.parametrize("name", ["data.zip.sha256", "data.zip.SHA256SUM", "data.zip.sha256sums"])
def test_a_bare_digest_is_of_the_file_that_its_list_is_named_after(
    tmp_path: Path, name: str
) -> None:
    assert paths(write(tmp_path, f"{A}\n", name)) == ["data.zip"]


@pytest.mark.parametrize(
    ("text", "where"),
    [
        (f"{A}  a\n{A[:32]}  b\n", "SHA256SUMS:2"),
        (f"{A}  a\nMD5 (b) = {A[:32]}\n", "SHA256SUMS:2"),
        (f"{A}  a\nhello\n", "SHA256SUMS:2"),
        (f"{A}  /etc/passwd\n", "SHA256SUMS:1"),
        (f"{A}  ../up\n", "SHA256SUMS:1"),
        (f"{A}  -\n", "SHA256SUMS:1"),
        (f"{A}\n", "SHA256SUMS:1"),
        (f"{A}  a\n{B}  a\n", "SHA256SUMS:2"),
        (f"SHA256 (a) = {A[:-2]}\n", "SHA256SUMS:1"),
        (f"BLAKE2b-256 (a) = {A}\n", "SHA256SUMS:1"),
        (b"%b  na\xefve\n" % A.encode(), "SHA256SUMS:1"),
        ("# nothing\n", "SHA256SUMS"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_line(
    tmp_path: Path, text: str | bytes, where: str
) -> None:
    with pytest.raises(MalformedError) as caught:
        paths(write(tmp_path, text))

    assert caught.value.field == where


def test_blake3_is_not_taken_for_sha256(tmp_path: Path) -> None:
    """Both have 64 hex digits; only the list's name tells."""
    imported = read_source(write(tmp_path, f"{A}  a\n", "B3SUMS"))

    assert imported.algorithm == "blake3"
    with pytest.raises(UnsupportedVersionError):
        paths(write(tmp_path, f"{A}  a\n", "blake2s.txt"))


def test_an_algorithm_guessed_from_the_length_is_told(tmp_path: Path) -> None:
    # "b3" inside a word says nothing
    (said,) = read_source(write(tmp_path, f"{A}  a\n", "web3-checksums.txt")).warnings

    assert "taken for sha256" in said


def test_a_name_in_another_normal_form_becomes_nfc(tmp_path: Path) -> None:
    assert paths(write(tmp_path, f"{A}  ma\u0308rz\n")) == ["märz"]
    with pytest.raises(NotNormalizedError):
        paths(write(tmp_path, f"{A}  a\u0897\n"))


def test_any_other_text_is_no_list(tmp_path: Path) -> None:
    assert not sniff(write(tmp_path, "hello\n"))
    assert not sniff(write(tmp_path, b"\0\1\2"))
    assert not sniff(write(tmp_path, ""))
    assert not sniff(tmp_path)


def test_a_long_list_takes_time_in_proportion(tmp_path: Path) -> None:
    """A search through the whole text for each line once made an hour of it."""
    path = write(tmp_path, "".join(f"{A}  folder/{number:07}.csv\n" for number in range(100_000)))

    started = time.process_time()
    count = len(read_source(path).entries)

    assert count == 100_000
    assert time.process_time() - started < 10  # some 1.5 on one core; the search took 25


def test_a_long_list_is_read_without_holding_its_text(tmp_path: Path) -> None:
    """Nothing but the entries stays: text, lines and places are gone when they are read."""
    name, count = "a/rather/long/name/of/a/folder/in/which/the/file/lies/", 20_000
    with (tmp_path / "SHA256SUMS").open("w") as file:
        for number in range(count):
            digest = hashlib.sha256(str(number).encode()).hexdigest()
            file.write(f"{digest}  {name}{number:06d}.dat\n")

    tracemalloc.start()
    imported = read_source(tmp_path / "SHA256SUMS")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert len(imported.entries) == count
    assert peak < 480 * count  # of which the entries are some 270
