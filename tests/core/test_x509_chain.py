"""X.509 certificates beside institution keys: what they say, and under whom they were issued."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from certificates import (
    CA_KEY,
    FORGED,
    LEAF,
    MIDDLE,
    NO_CA,
    OTHER_ROOT,
    ROOT,
    certificate,
    pem,
)
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from key_records import ACADEMY
from small_ledger import key_of, policy

from provenance.errors import MalformedError, ProvenanceError, VerificationError
from provenance.keys import PrivateKey
from provenance.policy import InstitutionKey, Policy
from provenance.x509_chain import MAX_PEM, check_issued, read_chain

if TYPE_CHECKING:
    from cryptography.x509 import Certificate


def test_a_certificate_says_whose_key_it_is_by_whom_and_how_long() -> None:
    found = read_chain(pem(LEAF, MIDDLE), ACADEMY.public)

    assert str(found) == "CN=Academy of Sciences (CN=Middle CA; 2026-01-01/2028-01-01)"


@pytest.mark.parametrize("alg", ["Ed25519", "ES256"])
def test_both_algorithms_are_read(alg: str) -> None:
    key = PrivateKey.from_seed("ES256" if alg == "ES256" else "Ed25519", key_of("x").seed)
    native: ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey
    if key.alg == "ES256":
        native = ec.derive_private_key(int.from_bytes(key.seed, "big"), ec.SECP256R1())
    else:
        native = ed25519.Ed25519PrivateKey.from_private_bytes(key.seed)

    made = pem(certificate("X", native, "Root CA", CA_KEY))

    assert read_chain(made, key.public).subject == "CN=X"
    with pytest.raises(MalformedError):
        read_chain(made, ACADEMY.public)


@pytest.mark.parametrize("chain", [(LEAF, MIDDLE), (LEAF, MIDDLE, ROOT)])
def test_a_chain_that_ends_in_the_readers_ca_is_good(chain: tuple[Certificate, ...]) -> None:
    assert check_issued(pem(*chain), pem(ROOT)) == "CN=Root CA"
    assert check_issued(pem(*chain), pem(MIDDLE)) == "CN=Middle CA"


@pytest.mark.parametrize(
    ("chain", "authority"),
    [
        ((LEAF,), ROOT),
        ((FORGED, MIDDLE), ROOT),
        ((LEAF, NO_CA), ROOT),
        ((LEAF, MIDDLE), OTHER_ROOT),
        ((LEAF, ROOT), ROOT),
        ((MIDDLE, LEAF), ROOT),
    ],
    ids=["gap", "forged", "no-ca", "other-root", "left-out", "order"],
)
def test_a_broken_chain_is_refused(chain: tuple[Certificate, ...], authority: Certificate) -> None:
    with pytest.raises(VerificationError):
        check_issued(pem(*chain), pem(authority))


@pytest.mark.parametrize("text", ["", "x", "é", "x" * (MAX_PEM + 1), pem(LEAF) * 17])
def test_what_is_no_chain_is_malformed(text: str) -> None:
    with pytest.raises(MalformedError):
        read_chain(text)
    with pytest.raises(ProvenanceError):
        check_issued(pem(LEAF), text)


def test_a_policy_keeps_a_certificate_of_its_own_key_only() -> None:
    good = InstitutionKey("Academy", None, ACADEMY.public, pem(LEAF, MIDDLE))

    read = Policy.parse(policy([good]).octets)

    assert read.institution_keys == (good,)
    with pytest.raises(MalformedError) as caught:
        policy([InstitutionKey("Academy", None, key_of("x").public, pem(LEAF))])
    assert caught.value.field == "institution_keys[0].certificate"
