"""What signs for people: a key of ours, or one that never leaves a token or an HSM.

    SigningKey   public, sign(message)     PrivateKey is one; an adapter of PKCS#11 is another
    sign_jws     signing input -> compact JWS, in the one form that is accepted

Everything that is signed as a person (records, bindings, orders to the service) is signed through
here, so that another kind of key needs an adapter of two members and no change elsewhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from provenance.digests import to_b64url
from provenance.keys import PrivateKey, to_low_s

if TYPE_CHECKING:
    from provenance.keys import PublicKey

__all__ = ["SigningKey", "sign_jws"]


class SigningKey(Protocol):
    """A key that somebody may sign with, wherever its secret lies."""

    @property
    def public(self) -> PublicKey:
        """The public key; its algorithm is what ``sign`` signs with."""

    def sign(self, message: bytes) -> bytes:
        """Return the signature of ``message``, 64 bytes.

        Ed25519: R ‖ S (PKCS#11 ``CKM_EDDSA``). ES256: r ‖ s of ECDSA over the SHA-256 of
        ``message`` (``CKM_ECDSA_SHA256``), of which s may be either of the two.
        """


def sign_jws(signing_input: str, key: SigningKey) -> str:
    """Return ``signing_input`` (header, point, payload; ASCII) with its signature behind it.

    Raises:
        BadSignatureError: the token signed something else, or with another key.
    """
    message = signing_input.encode("ascii")
    signature = key.sign(message)
    if not isinstance(key, PrivateKey):
        # a token knows nothing of low s, and one that errs must not make a record that is saved
        signature = to_low_s(signature) if key.public.alg == "ES256" else signature
        key.public.verify(signature, message)
    return f"{signing_input}.{to_b64url(signature)}"
