"""A key in a token signs what a key of ours signs, through the same door."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from small_ledger import ORIGIN, START, key_of, salts

from provenance.cli.signer import Signer, sign_record
from provenance.errors import BadSignatureError
from provenance.files.keystore import Profile, StoredKey
from provenance.holder_statement import PUBLICATION, issue_statement
from provenance.key_binder import issue_binder, parse_binder
from provenance.keys import PublicKey
from provenance.record import issue_record, parse_record, verify_signature
from provenance.signing_key import SigningKey, sign_jws

if TYPE_CHECKING:
    from collections.abc import Callable

_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


@dataclass
class Token:
    """What stands behind PKCS#11: random nonces, and always the s that is not accepted here."""

    secret: ec.EllipticCurvePrivateKey
    change: Callable[[bytes], bytes] = bytes

    @property
    def public(self) -> PublicKey:
        numbers = self.secret.public_key().public_numbers()
        return PublicKey("ES256", numbers.x.to_bytes(32, "big") + numbers.y.to_bytes(32, "big"))

    def sign(self, message: bytes) -> bytes:
        done = self.secret.sign(self.change(message), ec.ECDSA(hashes.SHA256()))
        r, s = decode_dss_signature(done)
        return r.to_bytes(32, "big") + max(s, _ORDER - s).to_bytes(32, "big")


@pytest.fixture
def token() -> Token:
    return Token(ec.generate_private_key(ec.SECP256R1()))


def test_a_token_signs_records_that_are_accepted(token: Token) -> None:
    stored = StoredKey("card", token.public, Profile(name="龔㐂"))

    compacts = sign_record(
        "statement",
        {"record": "ab" * 32, "text": "signed in a token"},
        signer=Signer(stored, token),
        origin=ORIGIN,
    )

    for compact in compacts:
        record = parse_record(compact, complete=True)
        verify_signature(record, token.public)
        assert record.kid == token.public.thumbprint


def test_a_token_binds_and_orders_as_well(token: Token) -> None:
    bound = issue_binder(
        private_key=token, key=key_of("li").public.thumbprint, digests=[], aud=ORIGIN, iat=START
    )
    ordered = issue_statement(
        PUBLICATION,
        record_id="ab" * 32,
        private_key=token,
        aud=ORIGIN,
        iat=START,
        jti="0" * 32,
    )

    parse_binder(bound).verify(token.public)
    assert ordered.count(".") == 2


def test_a_token_that_signs_something_else_makes_no_record(token: Token) -> None:
    token.change = lambda message: message + b"x"

    with pytest.raises(BadSignatureError):
        issue_record(
            "statement",
            {"record": "ab" * 32, "text": "x"},
            private_key=token,
            aud=ORIGIN,
            iat=START,
            salts=salts(b"token"),
        )


def test_a_key_of_ours_is_such_a_key() -> None:
    ours: SigningKey = key_of("li")

    _signed, _point, signature = sign_jws("e30.e30", ours).rpartition(".")

    assert signature == sign_jws("e30.e30", ours).rpartition(".")[2]
