"""X.509 certificates for tests: a root, one below it, an institution's own, and false ones."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509.oid import NameOID
from key_records import ACADEMY

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

BEGUN, ENDS = datetime(2026, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC)
CA_KEY, MIDDLE_KEY, STRANGER = (ec.generate_private_key(ec.SECP256R1()) for _ in range(3))
OWN = ed25519.Ed25519PrivateKey.from_private_bytes(ACADEMY.seed)


def name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def certificate(
    subject: str,
    key: ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey,
    issuer: str,
    by: ec.EllipticCurvePrivateKey,
    *,
    ca: bool = False,
) -> Certificate:
    builder = x509.CertificateBuilder(
        name(issuer), name(subject), key.public_key(), x509.random_serial_number(), BEGUN, ENDS
    )
    limits = x509.BasicConstraints(ca=ca, path_length=None)
    return builder.add_extension(limits, critical=True).sign(by, hashes.SHA256())


def pem(*certificates: Certificate) -> str:
    made = [one.public_bytes(serialization.Encoding.PEM).decode() for one in certificates]
    return "".join(made)


ROOT = certificate("Root CA", CA_KEY, "Root CA", CA_KEY, ca=True)
MIDDLE = certificate("Middle CA", MIDDLE_KEY, "Root CA", CA_KEY, ca=True)
LEAF = certificate("Academy of Sciences", OWN, "Middle CA", MIDDLE_KEY)
FORGED = certificate("Academy of Sciences", OWN, "Middle CA", STRANGER)
NO_CA = certificate("Middle CA", MIDDLE_KEY, "Root CA", CA_KEY)
OTHER_ROOT = certificate("Root CA", STRANGER, "Root CA", STRANGER, ca=True)
