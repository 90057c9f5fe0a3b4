from __future__ import annotations

import hashlib
import unicodedata

import pytest

from provenance.errors import (
    HashOfNothingError,
    MalformedError,
    NameCollisionError,
    UnsupportedVersionError,
)
from provenance.fingerprint import DeclaredEntry, FileEntry
from provenance.imported import (
    ALGORITHMS,
    Imported,
    Listed,
    algorithm_named,
    clean_path,
    entries_of,
    read_digest,
    remark,
)

ONE, OTHER = (hashlib.sha256(text).digest() for text in (b"1", b"2"))


def listed(path: str, digest: bytes = ONE, *, length: int | None = 1, where: str = "l:1") -> Listed:
    return Listed(path, "sha256", digest, length, where)


def test_what_a_source_lists_comes_out_in_order_and_is_imported() -> None:
    entries = entries_of([listed("b"), listed("a/c", OTHER), listed("a.csv")])

    assert entries == (
        FileEntry("a.csv", ONE, 1, imported=True),
        FileEntry("a/c", OTHER, 1, imported=True),
        FileEntry("b", ONE, 1, imported=True),
    )


def test_what_the_reader_hashed_itself_is_not_imported() -> None:
    (entry,) = entries_of([listed("a")._replace(hashed=True)])

    assert entry == FileEntry("a", ONE, 1, imported=False)


def test_a_weak_digest_is_declared_and_no_identity() -> None:
    digest = hashlib.md5(b"1").digest()

    entries = entries_of([Listed("a", "md5", digest, None, "l:1")])

    assert entries == (DeclaredEntry("a", "md5", digest, None),)
    assert Imported("dvc", entries).is_declared


def test_two_algorithms_in_one_list_are_refused_with_the_line() -> None:
    weak = Listed("z", "md5", bytes(16), None, "sums:7")

    with pytest.raises(MalformedError, match=r"sums:7.*sha256 as at l:1") as caught:
        entries_of([weak, listed("a")])

    assert caught.value.field == "sums:7"


def test_a_path_listed_twice_is_one_file_only_with_one_content() -> None:
    assert len(entries_of([listed("a", length=None), listed("a", length=1)])) == 1
    with pytest.raises(NameCollisionError, match="other content at l:1"):
        entries_of([listed("a"), listed("a", OTHER, where="l:2")])
    with pytest.raises(NameCollisionError, match="another length"):
        entries_of([listed("a"), listed("a", length=2, where="l:2")])


def test_names_that_differ_in_case_alone_are_both_shown() -> None:
    with pytest.raises(NameCollisionError, match=r"'a\.csv' and 'A\.csv'"):
        entries_of([listed("A.csv"), listed("a.csv")])


@pytest.mark.parametrize("other", [ONE, OTHER])
def test_two_forms_of_one_name_are_both_shown_whatever_the_content(other: bytes) -> None:
    composed, decomposed = "d/\u00e9", "./d/e\u0301"

    with pytest.raises(NameCollisionError) as caught:
        entries_of(
            [
                listed(clean_path(composed, "l:1")),
                listed(clean_path(decomposed, "l:2"), other, where="l:2"),
            ]
        )

    assert r"'d/\xe9'" in str(caught.value)
    assert r"'d/e\u0301'" in str(caught.value)


@pytest.mark.parametrize("name", ["e\u0301", "\u00e9", "a"])
def test_one_form_of_a_name_twice_is_one_file(name: str) -> None:
    (entry,) = entries_of([listed(clean_path(one, "l")) for one in (name, f"./{name}")])

    assert (type(entry.path), entry.path) == (str, unicodedata.normalize("NFC", name))


def test_the_digest_of_nothing_is_refused_where_there_should_be_data() -> None:
    nothing = hashlib.sha256(b"").digest()

    with pytest.raises(HashOfNothingError):
        entries_of([listed("a", nothing, length=5)])
    assert entries_of([listed("a", nothing, length=0)])


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("SHA-256", "sha256"),
        ("sha_512", "sha512"),
        ("SHA3-256", "sha3-256"),
        ("blake2b-512", "blake2b"),
        ("BLAKE3", "blake3"),
    ],
)
def test_spellings_of_algorithms(name: str, known: str) -> None:
    assert algorithm_named(name, "x") == known


@pytest.mark.parametrize("name", ["crc32", "whirlpool", "sha512/256", "", "sha256-chunks"])
def test_other_algorithms_are_refused(name: str) -> None:
    with pytest.raises(UnsupportedVersionError):
        algorithm_named(name, "x")


@pytest.mark.parametrize(
    "text", ["ab" * 31, "ab" * 33, " " + "ab" * 31 + "a", "g" * 64, "ａ" * 64, "ab cd" * 13]
)
def test_a_digest_is_exactly_its_hex_digits(text: str) -> None:
    with pytest.raises(MalformedError):
        read_digest("sha256", text, "x")


def test_upper_case_hex_is_the_same_digest() -> None:
    assert read_digest("sha256", ONE.hex().upper(), "x") == ONE
    assert "sha256-chunks" not in ALGORITHMS


@pytest.mark.parametrize("path", ["/a", "../a", "a/../b", "a//b", "", ".", "a/", "a\nb", "\u202ea"])
def test_paths_that_lead_out_or_cannot_be_shown_are_refused(path: str) -> None:
    with pytest.raises(MalformedError):
        clean_path(path, "x")


def test_a_path_is_made_nfc_and_loses_its_leading_dot() -> None:
    assert clean_path("././/ma\u0308rz.csv", "x") == "märz.csv"


def test_a_remark_reads_as_english_and_keeps_what_a_translation_needs() -> None:
    said = remark("{count} files", count=3)

    assert said == "3 files"
    assert (said.key, said.facts) == ("{count} files", {"count": 3})
