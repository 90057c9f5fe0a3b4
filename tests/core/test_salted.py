"""The salted fingerprint: one file is proved, and its neighbours cannot be guessed."""

from __future__ import annotations

import hashlib
import hmac

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import naive_merkle
from strategies import private_key, salts

from provenance.digests import sha256
from provenance.errors import MalformedError, NotFoundError, ProvenanceError, VerificationError
from provenance.file_proof import file_proof
from provenance.fingerprint import FileEntry, parse_manifest, summarize, write_manifest
from provenance.merkle import leaf_hash
from provenance.salted import (
    FileOpening,
    file_opening,
    salt_of,
    salted_digest,
    verify_file_opening,
)
from provenance.sealed import seal_claims

SALTS = bytes(range(32))
FILES = [FileEntry(f"f{number:02}.csv", sha256(b"%d" % number), 1) for number in range(13)]
HIDDEN = {"salted_digest": salted_digest(FILES, SALTS).hex(), "files": len(FILES)}
PARTS = seal_claims(HIDDEN, key=private_key().public.thumbprint, salts=salts())


def opening(path: str = "f05.csv") -> FileOpening:
    return file_opening(FILES, path, SALTS, PARTS)


def test_the_digest_is_the_tree_over_salted_entries() -> None:
    entries = [
        one.sha256
        + hmac.new(SALTS, one.path.encode(), hashlib.sha256).digest()[:16]
        + one.path.encode()
        for one in FILES
    ]

    assert salted_digest(FILES, SALTS) == naive_merkle.root(entries)


@pytest.mark.parametrize("count", [1, 2, 3, 7, 8, 13])
def test_every_file_is_proved_alone(count: int) -> None:
    files = FILES[:count]
    digest = salted_digest(files, SALTS)

    for one in files:
        made = FileOpening.parse(file_opening(files, one.path, SALTS, PARTS).to_bytes())
        verify_file_opening(made, digest=digest, files=count)
        assert made.entry.sha256 == one.sha256


def test_another_digest_salt_or_count_is_refused() -> None:
    digest, made = salted_digest(FILES, SALTS), opening()

    with pytest.raises(VerificationError):
        verify_file_opening(made, digest=summarize(FILES).digest, files=13)
    with pytest.raises(VerificationError):
        verify_file_opening(made, digest=digest, files=12)


@settings(max_examples=200)
@given(at=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_any_flipped_bit_is_refused_or_says_the_same(at: int, bit: int) -> None:
    octets = bytearray(opening().to_bytes())
    octets[at % len(octets)] ^= 1 << bit

    try:
        made = FileOpening.parse(bytes(octets))
        verify_file_opening(made, digest=salted_digest(FILES, SALTS), files=13)
    except ProvenanceError:
        return
    same = (made.entry.path, made.entry.sha256, made.salt)
    assert same == ("f05.csv", FILES[5].sha256, salt_of(SALTS, "f05.csv"))


def test_a_guess_of_a_neighbour_is_confirmed_by_a_plain_proof_and_by_no_opening() -> None:
    neighbour = FILES[4]
    guess = leaf_hash(neighbour.sha256 + neighbour.path.encode())

    assert guess in file_proof(FILES, "f05.csv").path
    shown = opening()
    assert guess not in shown.path
    # not even with the salt that is shown
    assert leaf_hash(neighbour.sha256 + shown.salt + neighbour.path.encode()) not in shown.path
    assert SALTS.hex() not in shown.to_bytes().decode()


def test_a_file_that_is_not_there_has_no_opening() -> None:
    with pytest.raises(NotFoundError):
        opening("f99.csv")


def test_the_owners_manifest_keeps_the_salts() -> None:
    lines = write_manifest(FILES).splitlines(keepends=True)
    header = lines[0].rstrip(b"}\n") + b',"salts":"%s"}\n' % SALTS.hex().encode()

    assert parse_manifest([header, *lines[1:]]).salts == SALTS
    assert parse_manifest(lines).salts is None
    with pytest.raises(MalformedError):
        parse_manifest([header.replace(b'"salts":"00', b'"salts":"'), *lines[1:]])


@settings(max_examples=100)
@given(octets=st.binary(max_size=200))
def test_random_bytes_are_refused_in_words(octets: bytes) -> None:
    with pytest.raises(MalformedError):
        FileOpening.parse(octets)
