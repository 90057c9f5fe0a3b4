"""The X.509 certificate that vouches for an institution's key in a policy (RFC 5280).

A policy may hold, beside the key, a chain in PEM: the key's own certificate first, then those of
its issuers. That its public key is the policy's is checked when the policy is read; what it says
is shown, and believed by nobody, unless the reader names CA certificates of his own. Then each
certificate has to be signed by the next one, a CA, and the last by one of the reader's; whether
one was withdrawn (CRL, OCSP) is not asked, and validity is shown, not compared with a clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from provenance.errors import MalformedError, VerificationError
from provenance.keys import PublicKey

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

__all__ = ["MAX_PEM", "Certificate", "check_issued", "read_chain"]

MAX_PEM: Final = 65_536
"""Characters; a chain of four P-256 certificates has some 4,000."""

_MAX_CERTIFICATES: Final = 16


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a certificate says of a key; nobody has to believe it."""

    subject: str
    """As RFC 4514 writes it; so is ``issuer``."""
    issuer: str
    not_before: datetime
    not_after: datetime

    def __str__(self) -> str:
        """Say it in one line of people's words that need no translation."""
        return (
            f"{self.subject} ({self.issuer}; {self.not_before:%Y-%m-%d}/{self.not_after:%Y-%m-%d})"
        )


def read_chain(pem: str, key: PublicKey | None = None, field: str = "certificate") -> Certificate:
    """Read a chain in PEM and return what its first certificate says.

    Args:
        key: which has to be the first certificate's; None where any will do.

    Raises:
        MalformedError: not certificates, too many of them, or another key.
    """
    first = _load(pem, field)[0]
    if key is not None and _public_key(first, field) != key:
        raise MalformedError(f"expected a certificate of the key {key.thumbprint}", field=field)
    return Certificate(
        subject=first.subject.rfc4514_string(),
        issuer=first.issuer.rfc4514_string(),
        not_before=first.not_valid_before_utc,
        not_after=first.not_valid_after_utc,
    )


def check_issued(pem: str, authorities: str, field: str = "certificate") -> str:
    """Check that a chain ends in one of the reader's CA certificates; return that one's subject.

    Raises:
        MalformedError: not certificates.
        VerificationError: a link is missing, or signed by another key, or its issuer is no CA.
    """
    chain, trusted = _load(pem, field), _load(authorities, "ca")
    for certificate, issuer in pairwise(chain):
        if certificate in trusted:
            break
        _check_link(certificate, issuer, field)
    for certificate in chain:
        if certificate in trusted:
            return certificate.subject.rfc4514_string()
    for authority in trusted:
        if authority.subject == chain[-1].issuer:
            _check_link(chain[-1], authority, field)
            return authority.subject.rfc4514_string()
    issuer_name = chain[-1].issuer.rfc4514_string()
    raise VerificationError(
        f"expected the CA {issuer_name!a:.200}, which was not given", field=field
    )


def _check_link(certificate: x509.Certificate, issuer: x509.Certificate, field: str) -> None:
    name = certificate.subject.rfc4514_string()
    try:
        limits = issuer.extensions.get_extension_for_class(x509.BasicConstraints).value
        if not limits.ca:
            raise VerificationError(f"the issuer of {name!a:.200} is no CA", field=field)
        certificate.verify_directly_issued_by(issuer)
    except x509.ExtensionNotFound as error:
        raise VerificationError(f"the issuer of {name!a:.200} is no CA", field=field) from error
    except (InvalidSignature, ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise VerificationError(
            f"{name!a:.200} is not signed by the next one", field=field
        ) from error


def _load(pem: str, field: str) -> Sequence[x509.Certificate]:
    if len(pem) > MAX_PEM or not pem.isascii():
        raise MalformedError(f"expected PEM of at most {MAX_PEM} characters", field=field)
    try:
        chain = x509.load_pem_x509_certificates(pem.encode("ascii"))
    except ValueError as error:
        raise MalformedError("expected X.509 certificates in PEM", field=field) from error
    if len(chain) > _MAX_CERTIFICATES:
        message = f"expected at most {_MAX_CERTIFICATES} certificates, got {len(chain)}"
        raise MalformedError(message, field=field)
    return chain


def _public_key(certificate: x509.Certificate, field: str) -> PublicKey:
    try:
        found = certificate.public_key()
    except (ValueError, UnsupportedAlgorithm) as error:
        raise MalformedError("a key that cannot be read", field=field) from error
    if isinstance(found, ed25519.Ed25519PublicKey):
        return PublicKey("Ed25519", found.public_bytes_raw())
    if isinstance(found, ec.EllipticCurvePublicKey) and isinstance(found.curve, ec.SECP256R1):
        numbers = found.public_numbers()
        return PublicKey("ES256", numbers.x.to_bytes(32, "big") + numbers.y.to_bytes(32, "big"))
    raise MalformedError("expected a key of Ed25519 or P-256", field=field)
