"""Compare a policy's certificate with its key: ``provenance.x509_chain`` of the single file.

Only what reading a policy needs, that the first certificate is of the key beside it: its
SubjectPublicKeyInfo (RFC 5280 §4.1) must be the key's own. What the certificate says, and who
issued it, this file does not tell; ``provenance`` does.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING, Final

from provenance.errors import MalformedError

if TYPE_CHECKING:
    from provenance.keys import PublicKey

__all__ = ["read_chain"]

_PEM: Final = re.compile(
    r"-----BEGIN CERTIFICATE-----\s([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----"
)
_SPKI: Final = {
    "Ed25519": bytes.fromhex("302a300506032b6570032100"),
    "ES256": bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d03010703420004"),
}
_VERSION: Final = 0xA0


def read_chain(pem: str, key: PublicKey | None = None, field: str = "certificate") -> None:
    """Check that the first certificate of a chain in PEM is of ``key``.

    Raises:
        MalformedError: not a certificate, or of another key.
    """
    found = _PEM.search(pem)
    if found is None:
        raise MalformedError("expected X.509 certificates in PEM", field=field)
    try:
        octets = base64.b64decode("".join(found[1].split()), validate=True)
        info = _public_key_info(octets)
    except (binascii.Error, IndexError, ValueError) as error:
        raise MalformedError("expected X.509 certificates in PEM", field=field) from error
    if key is not None and info != _SPKI[key.alg] + key.raw:
        raise MalformedError(f"expected a certificate of the key {key.thumbprint}", field=field)


def _public_key_info(certificate: bytes) -> bytes:
    """Return the seventh member of the first member, or the sixth where no version is written."""
    _tag, body, _whole, rest = _element(certificate)
    if rest:
        raise ValueError("more than a certificate")
    members = _members(_element(body)[1])
    return members[6 if members[0][0] == _VERSION else 5]


def _members(body: bytes) -> list[bytes]:
    found = []
    while body:
        _tag, _content, whole, body = _element(body)
        found.append(whole)
    return found


def _element(octets: bytes) -> tuple[int, bytes, bytes, bytes]:
    """Return tag, content, the whole element, and what follows it (X.690 §8.1, definite form)."""
    length, start = octets[1], 2
    if length >= 0x80:
        count = length & 0x7F
        if not 1 <= count <= 4:
            raise ValueError("a length of another form")
        start += count
        length = int.from_bytes(octets[2:start], "big")
    end = start + length
    if end > len(octets):
        raise ValueError("shorter than its length says")
    return octets[0], octets[start:end], octets[:end], octets[end:]
