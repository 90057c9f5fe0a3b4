"""RFC 3161 tokens, made by OpenSSL, checked offline by another library."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given, settings
from hypothesis import strategies as st
from time_authority import TimeAuthority, make_authority

from provenance.digests import sha256
from provenance.errors import (
    BadSignatureError,
    MalformedError,
    ProvenanceError,
    TooLargeError,
    VerificationError,
)
from provenance.files.time_token import read_roots, read_token, token_of, verify_token

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

RECORD, DATASET = sha256(b"record"), sha256(b"dataset")


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> TimeAuthority:
    return make_authority(tmp_path_factory.mktemp("tsa") / "good")


@pytest.fixture(scope="module")
def roots(authority: TimeAuthority) -> list[Certificate]:
    return read_roots(authority.root.read_bytes())


@pytest.fixture(scope="module")
def token(authority: TimeAuthority) -> bytes:
    return authority.token(RECORD)


def test_a_token_says_who_saw_what_and_when(token: bytes, roots: list[Certificate]) -> None:
    found = verify_token(token, [DATASET, RECORD], roots)

    assert found.digest == RECORD
    assert abs(found.time_unix - time.time()) < 600
    assert found.accuracy_ms == 1500
    assert found.authority == "CN=Time of the tests"
    assert found.policy == "1.2.3.4.1"
    assert found == read_token(token)


def test_a_whole_answer_is_reduced_to_the_token_in_it(authority: TimeAuthority) -> None:
    answer = authority.answer(RECORD)
    token = authority.folder / "token.der"

    found = token_of(answer)

    assert found in answer
    assert token_of(found) == found
    assert token.exists() or found.startswith(b"\x30")


def test_an_authority_need_not_state_its_accuracy(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    vague = make_authority(tmp_path_factory.mktemp("tsa") / "vague", accuracy="")

    found = verify_token(vague.token(DATASET), [DATASET], read_roots(vague.root.read_bytes()))

    assert found.accuracy_ms in {None, 0}


def test_a_token_over_something_else_is_refused(token: bytes, roots: list[Certificate]) -> None:
    with pytest.raises(VerificationError) as caught:
        verify_token(token, [DATASET], roots)

    assert caught.value.field == "time_token"


def test_a_stranger_with_the_same_name_is_refused(
    token: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = make_authority(tmp_path_factory.mktemp("tsa") / "other")

    with pytest.raises(BadSignatureError):
        verify_token(token, [RECORD], read_roots(other.root.read_bytes()))
    with pytest.raises(MalformedError):
        verify_token(token, [RECORD], [])


def test_a_certificate_for_another_purpose_stamps_no_time(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    # OpenSSL itself refuses to stamp with such a certificate: it is put in place afterwards
    folder = tmp_path_factory.mktemp("tsa") / "purpose"
    good = make_authority(folder)
    stamped = good.token(RECORD)
    wrong = make_authority(folder.with_name("wrong"), purpose="other")

    with pytest.raises(BadSignatureError):
        verify_token(stamped, [RECORD], read_roots(wrong.root.read_bytes()))


def test_another_hash_is_refused(authority: TimeAuthority) -> None:
    answer = authority.answer(bytes(64), "sha512")

    with pytest.raises(MalformedError, match="SHA-256"):
        token_of(answer)


def test_any_changed_byte_of_what_is_signed_is_noticed(
    token: bytes, roots: list[Certificate]
) -> None:
    sent_along = roots[0].public_bytes(Encoding.DER)
    begin = token.index(sent_along)
    told, quiet = read_token(token), []
    for place in range(len(token)):
        changed = bytearray(token)
        changed[place] ^= 0x01
        try:
            found = verify_token(bytes(changed), [RECORD], roots)
        except ProvenanceError:
            continue
        said = (found.digest, found.time_unix, found.serial)
        assert said == (told.digest, told.time_unix, told.serial), place
        if not begin <= place < begin + len(sent_along):
            quiet.append(place)

    # the root that is sent along is the reader's own; else no signature is over the names of
    # algorithms (RFC 5652 §5.4), of which the verifier takes those that it knows to be in use
    assert len(quiet) <= 12, quiet


def test_a_name_of_a_type_that_there_is_not_is_refused(token: bytes) -> None:
    """Found by a token of a run of the above: the name by which its signer is looked for."""
    name = b"\x0c\x11Root of the tests"  # as UTF8String
    before, found, after = token.rpartition(name)
    assert found

    with pytest.raises(MalformedError):
        read_token(before + b"\x0d" + name[1:] + after)


@settings(max_examples=150, deadline=None)
@given(junk=st.binary(max_size=300))
def test_junk_is_refused_by_name(junk: bytes) -> None:
    with pytest.raises(MalformedError):
        read_token(junk)
    with pytest.raises(MalformedError):
        read_token(b"\x30" + junk)


def test_what_is_too_long_or_no_certificate_is_refused() -> None:
    with pytest.raises(TooLargeError):
        token_of(bytes(70_000))
    with pytest.raises(MalformedError):
        read_roots(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
