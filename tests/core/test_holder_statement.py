"""A holder's statement: one form, one key, one record, two minutes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.digests import sha256
from provenance.errors import (
    BadSignatureError,
    MalformedError,
    ProvenanceError,
    StatementExpiredError,
    WrongAudienceError,
)
from provenance.holder_statement import (
    DISCLOSURE,
    LIFETIME,
    MAX_BYTES,
    PUBLICATION,
    HolderStatement,
    check_statement,
    issue_statement,
    parse_statement,
)
from provenance.keys import Algorithm, PrivateKey

ORIGIN, NOW = "ledger.example/log", 1_760_000_000
RECORD = sha256(b"record")
JTI = "0123456789abcdef"


def key_of(alg: Algorithm = "Ed25519", name: bytes = b"alice") -> PrivateKey:
    return PrivateKey.from_seed(alg, sha256(name))


def issued(key: PrivateKey, typ: str = DISCLOSURE, jti: str = JTI) -> bytes:
    return issue_statement(
        typ, record_id=RECORD.hex(), private_key=key, aud=ORIGIN, iat=NOW, jti=jti
    ).encode()


def check(
    statement: HolderStatement,
    key: PrivateKey,
    *,
    origin: str = ORIGIN,
    record_id: bytes = RECORD,
    now_unix: int = NOW,
) -> None:
    check_statement(
        statement, key=key.public, origin=origin, record_id=record_id, now_unix=now_unix
    )


@pytest.mark.parametrize("alg", ["Ed25519", "ES256"])
@pytest.mark.parametrize("typ", [DISCLOSURE, PUBLICATION])
def test_what_is_issued_parses_and_is_good(alg: Algorithm, typ: str) -> None:
    key = key_of(alg)

    statement = parse_statement(issued(key, typ), typ)

    assert (statement.record_id, statement.jti, statement.kid) == (
        RECORD,
        JTI,
        key.public.thumbprint,
    )
    check(statement, key)
    check(statement, key, now_unix=NOW + LIFETIME)
    check(statement, key, now_unix=NOW - LIFETIME)


def test_every_flipped_byte_is_refused() -> None:
    key = key_of()
    good = issued(key)

    for at in range(len(good)):
        bad = good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :]
        with pytest.raises(ProvenanceError):
            check(parse_statement(bad, DISCLOSURE), key)


@given(octets=st.binary(max_size=200))
def test_random_bytes_leak_no_foreign_error(octets: bytes) -> None:
    with pytest.raises(MalformedError):
        parse_statement(octets, DISCLOSURE)


def test_what_is_wrong_is_named() -> None:
    key = key_of()
    statement = parse_statement(issued(key), DISCLOSURE)

    with pytest.raises(WrongAudienceError):
        check(statement, key, origin="other.example")
    with pytest.raises(BadSignatureError):
        check(statement, key_of(name=b"bob"))
    with pytest.raises(MalformedError) as wrong_record:
        check(statement, key, record_id=bytes(32))
    for now in (NOW - LIFETIME - 1, NOW + LIFETIME + 1):
        with pytest.raises(StatementExpiredError):
            check(statement, key, now_unix=now)

    assert wrong_record.value.field == "record"


def test_the_other_kind_and_too_much_of_it_are_refused() -> None:
    with pytest.raises(MalformedError):
        parse_statement(issued(key_of(), PUBLICATION), DISCLOSURE)
    with pytest.raises(MalformedError):
        parse_statement(issued(key_of()) + b"a" * MAX_BYTES, DISCLOSURE)
    with pytest.raises(MalformedError):
        parse_statement(issued(key_of(), jti="short"), DISCLOSURE)
