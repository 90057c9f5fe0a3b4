"""Encrypt and decrypt disclosures, each under a key derived from its record's key.

    subkey      HKDF-Expand(K, "provenance disclosure v1" ‖ digest), 32 bytes (RFC 5869 §2.3)
    ciphertext  nonce (12) ‖ AES-256-GCM(subkey, nonce, text) ‖ tag (16); AAD: record id ‖ digest

``PLAIN_SCHEME`` is that of the first release, in which K itself encrypts.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from provenance.digests import sha256
from provenance.errors import DamagedDisclosureError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sqlalchemy import Row

__all__ = [
    "DERIVED_SCHEME",
    "ERASED_SCHEME",
    "NONCE_LENGTH",
    "PLAIN_SCHEME",
    "Key",
    "key_for",
    "mask_of",
    "open_left",
    "open_text",
    "seal_texts",
]

PLAIN_SCHEME: Final = 0
"""The record's key encrypts: in the first release."""
DERIVED_SCHEME: Final = 1
"""A key derived from it encrypts each disclosure."""
ERASED_SCHEME: Final = 2
"""The record's key is gone, and never comes back."""

NONCE_LENGTH: Final = 12
"""What NIST SP 800-38D gives random nonces; a key seals one disclosure, twice at most."""

_GCM_TAG: Final = 16
_EXPAND: Final = b"provenance disclosure v1"
"""Context of HKDF-Expand: the record's key is used for nothing else."""

Key: TypeAlias = "tuple[bytes, int]"
"""A record's key and its scheme."""


def key_for(key: Key, digest: bytes) -> bytes:
    """Return what encrypts one disclosure of a record."""
    octets, scheme = key
    if scheme == PLAIN_SCHEME:
        return octets
    # the key is random: nothing has to be extracted first; one block is all that is needed
    return hmac.digest(octets, _EXPAND + digest + b"\x01", "sha256")


def seal_texts(
    key: Key | None,
    record_id: bytes,
    texts: Sequence[tuple[bytes, str]],
    nonces: Iterator[bytes],
) -> list[bytes]:
    """Encrypt the disclosures of one record, given as (digest, text); none without a key."""
    if key is None:
        return []
    return [
        (nonce := next(nonces))
        + AESGCM(key_for(key, digest)).encrypt(nonce, text.encode("ascii"), record_id + digest)
        for digest, text in texts
    ]


def open_text(key: bytes, record_id: bytes, digest: bytes, octets: bytes) -> str:
    """Decrypt one disclosure.

    Raises:
        DamagedDisclosureError: the ciphertext is not what the key made.
    """
    nonce, ciphertext = octets[:NONCE_LENGTH], octets[NONCE_LENGTH:]
    try:
        return AESGCM(key).decrypt(nonce, ciphertext, record_id + digest).decode("ascii")
    except (InvalidTag, ValueError) as error:
        raise _damaged(record_id, digest) from error


def _damaged(record_id: bytes, digest: bytes) -> DamagedDisclosureError:
    return DamagedDisclosureError(
        f"disclosure {digest.hex()} of record {record_id.hex()} does not decrypt"
    )


def open_left(
    record_id: bytes, left: Sequence[Row[Any]], sealed: Iterable[tuple[bytes, bytes]]
) -> list[str | None]:
    """Decrypt what is left of a record that was erased in part; None for the rest.

    Args:
        left: rows of ``disclosure_subkeys``.
    """
    keys = {row.digest: (row.key, row.scheme) for row in left}
    texts: list[str | None] = []
    for digest, octets in sealed:
        key, scheme = keys.get(digest, (b"", DERIVED_SCHEME))
        if not key:
            texts.append(None)
        elif scheme == PLAIN_SCHEME:
            texts.append(_unmask(key, record_id, digest, octets))
        else:
            texts.append(open_text(key, record_id, digest, octets))
    return texts


def _unmask(mask: bytes, record_id: bytes, digest: bytes, octets: bytes) -> str:
    """Take off what AES-GCM had added; the digest says whether it is the text."""
    ciphertext = octets[NONCE_LENGTH:-_GCM_TAG]
    text = _xor(ciphertext, mask) if len(ciphertext) == len(mask) else b""
    if sha256(text) != digest:
        raise _damaged(record_id, digest)
    return text.decode("ascii")


def mask_of(octets: bytes, text: str) -> bytes:
    """Return what AES-GCM had added to a text: enough to read this ciphertext, and no other."""
    return _xor(octets[NONCE_LENGTH:-_GCM_TAG], text.encode("ascii"))


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))
